//! Compressed capture files: gzip, zstd and lz4, recognised by content when reading and by file name when writing.
//!
//! Everything streams: a file that unpacks to a thousand times its size costs time, not memory.

use std::fmt;
use std::io::{self, BufReader, Chain, Cursor, Read, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::lz4::Lz4Reader;

/// Compressed bytes that are read at once.
const CHUNK: usize = 64 << 10;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip (RFC 1952), several members too.
    Gzip,
    /// Zstandard (RFC 8878), several frames too.
    Zstd,
    /// The LZ4 frame format, the legacy one too.
    Lz4,
}

impl Compression {
    /// What a file name asks for: `.gz`, `.zst`, `.lz4`, otherwise none.
    pub fn of_file_name(path: &Path) -> Self {
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("gz") => Self::Gzip,
            Some("zst") => Self::Zstd,
            Some("lz4") => Self::Lz4,
            _ => Self::None,
        }
    }

    /// What the first bytes of a file say.
    fn of_magic(begin: &[u8]) -> Self {
        match begin {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Self::Zstd,
            // A skippable frame may come first (RFC 8878 section 3.1.2).
            [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Self::Zstd,
            [0x04, 0x22, 0x4d, 0x18] | [0x02, 0x21, 0x4c, 0x18] => Self::Lz4,
            _ => Self::None,
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        })
    }
}

/// A stream whose first bytes were looked at and are put before it again.
type Peeked<R> = Chain<Cursor<Vec<u8>>, R>;

/// The bytes of a stream, unpacked where they are compressed.
pub(super) enum Unpacked<R: Read> {
    Plain(Peeked<R>),
    Gzip(Box<MultiGzDecoder<BufReader<Peeked<R>>>>),
    Zstd(Box<zstd::Decoder<'static, BufReader<Peeked<R>>>>),
    Lz4(Box<Lz4Reader<Peeked<R>>>),
}

impl<R: Read> Unpacked<R> {
    /// Looks at the first bytes; `stream` may be a pipe.
    pub(super) fn new(mut stream: R) -> io::Result<Self> {
        let mut begin = Vec::with_capacity(4);
        stream.by_ref().take(4).read_to_end(&mut begin)?;
        let compression = Compression::of_magic(&begin);
        let stream = Cursor::new(begin).chain(stream);
        let buffered = |stream| BufReader::with_capacity(CHUNK, stream);
        Ok(match compression {
            Compression::None => Self::Plain(stream),
            Compression::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(buffered(stream)))),
            Compression::Zstd => Self::Zstd(Box::new(zstd::Decoder::with_buffer(buffered(stream))?)),
            Compression::Lz4 => Self::Lz4(Box::new(Lz4Reader::new(buffered(stream)))),
        })
    }

    pub(super) fn compression(&self) -> Compression {
        match self {
            Self::Plain(_) => Compression::None,
            Self::Gzip(_) => Compression::Gzip,
            Self::Zstd(_) => Compression::Zstd,
            Self::Lz4(_) => Compression::Lz4,
        }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Gzip(stream) => stream.read(buffer),
            Self::Zstd(stream) => stream.read(buffer),
            Self::Lz4(stream) => stream.read(buffer),
        }
    }
}

/// Compresses what is written to it. [`Compressor::finish`] must be called at the end: without it, the last bytes are
/// missing.
pub enum Compressor<W: Write> {
    /// Passes everything on as it is.
    Plain(W),
    /// gzip, level 6.
    Gzip(GzEncoder<W>),
    /// Zstandard, level 3, with a checksum.
    Zstd(zstd::Encoder<'static, W>),
    /// LZ4 frames with a checksum.
    Lz4(Box<lz4_flex::frame::FrameEncoder<W>>),
}

impl<W: Write> Compressor<W> {
    /// Compresses in this way onto `out`.
    ///
    /// # Errors
    /// When the compressor cannot be set up.
    pub fn new(out: W, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(out),
            Compression::Gzip => Self::Gzip(GzEncoder::new(out, flate2::Compression::default())),
            Compression::Zstd => {
                let mut encoder = zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                encoder.include_checksum(true)?;
                Self::Zstd(encoder)
            }
            Compression::Lz4 => {
                let info = lz4_flex::frame::FrameInfo::new()
                    .block_size(lz4_flex::frame::BlockSize::Max256KB)
                    .content_checksum(true);
                Self::Lz4(Box::new(lz4_flex::frame::FrameEncoder::with_frame_info(info, out)))
            }
        })
    }

    /// Writes what is still held back, and returns the output.
    ///
    /// # Errors
    /// What the output answers.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(mut out) => out.flush().map(|()| out),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
            Self::Lz4(encoder) => encoder.finish().map_err(io::Error::other),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Gzip(out) => out.write(bytes),
            Self::Zstd(out) => out.write(bytes),
            Self::Lz4(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(out) => out.flush(),
            Self::Zstd(out) => out.flush(),
            Self::Lz4(out) => out.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Compression; 4] = [Compression::None, Compression::Gzip, Compression::Zstd, Compression::Lz4];

    fn packed(compression: Compression, data: &[u8]) -> Vec<u8> {
        let mut out = Compressor::new(Vec::new(), compression).unwrap();
        out.write_all(data).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn several_members_and_frames_are_one_stream() {
        let data: Vec<u8> = (0..300_000u32).flat_map(u32::to_le_bytes).collect();
        for compression in ALL {
            let bytes =
                [packed(compression, &data), packed(compression, b""), packed(compression, b"end")].concat();
            let mut stream = Unpacked::new(&bytes[..]).unwrap();
            assert_eq!(stream.compression(), compression);
            let mut read = Vec::new();
            stream.read_to_end(&mut read).unwrap();
            assert!(read == [&data[..], b"end"].concat(), "{compression}");
        }
    }

    #[test]
    fn a_cut_stream_yields_what_stands_before_the_cut_and_an_error() {
        let data: Vec<u8> = (0..2_000_000u32).map(|i| (i.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect();
        for compression in &ALL[1..] {
            let bytes = packed(*compression, &data);
            let mut stream = Unpacked::new(&bytes[..bytes.len() - 100]).unwrap();
            let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
            let error = loop {
                match stream.read(&mut buffer) {
                    Ok(0) => panic!("{compression}: ended as if whole"),
                    Ok(n) => read.extend(&buffer[..n]),
                    Err(e) => break e,
                }
            };
            assert!(read.len() > data.len() / 2 && data.starts_with(&read), "{compression}: {error}");
        }
    }
}
