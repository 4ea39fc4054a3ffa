//! LZ4 frames one behind the other, and the difference between their end and a cut.
//!
//! The decoder of `lz4_flex` takes the end of the file between two blocks for the end of the frame, and must not be
//! used for a second frame; both are seen to here.

use std::io::{self, BufRead, BufReader, Read};

use lz4_flex::frame::FrameDecoder;

/// The legacy format has no end mark: its frame ends with the file.
const LEGACY: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

/// Unpacks all frames of a stream.
pub(super) struct Lz4Reader<R: Read> {
    /// Never `None` but while one decoder takes the place of another.
    frame: Option<FrameDecoder<Watched<R>>>,
    legacy: bool,
}

/// Remembers whether the end of the file was met.
struct Watched<R: Read> {
    stream: BufReader<R>,
    ended: bool,
}

impl<R: Read> Lz4Reader<R> {
    /// The caller has seen from the magic number that `stream` begins with a frame.
    pub(super) fn new(stream: BufReader<R>) -> Self {
        let mut reader = Self { frame: None, legacy: false };
        reader.begin(Watched { stream, ended: false });
        reader
    }

    fn begin(&mut self, mut input: Watched<R>) {
        self.legacy = input.stream.fill_buf().is_ok_and(|bytes| bytes.starts_with(&LEGACY));
        self.frame = Some(FrameDecoder::new(input));
    }
}

impl<R: Read> Read for Lz4Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(frame) = &mut self.frame {
            let n = frame.read(buffer)?;
            if n > 0 || buffer.is_empty() {
                return Ok(n);
            }
            let input = frame.get_mut();
            if input.ended {
                if !self.legacy {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the last LZ4 frame is cut"));
                }
                break;
            }
            if input.stream.fill_buf()?.is_empty() {
                break;
            }
            if let Some(frame) = self.frame.take() {
                self.begin(frame.into_inner());
            }
        }
        Ok(0)
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.stream.read(buffer)?;
        self.ended |= n == 0 && !buffer.is_empty();
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    fn packed(data: &[u8], linked: bool) -> Vec<u8> {
        let mode =
            if linked { lz4_flex::frame::BlockMode::Linked } else { lz4_flex::frame::BlockMode::Independent };
        let info = lz4_flex::frame::FrameInfo::new()
            .block_mode(mode)
            .block_size(lz4_flex::frame::BlockSize::Max64KB);
        let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(bytes: &[u8]) -> (Vec<u8>, io::Result<()>) {
        let (mut out, mut buffer) = (Vec::new(), [0; 1000]);
        let mut reader = Lz4Reader::new(BufReader::new(bytes));
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return (out, Ok(())),
                Ok(n) => out.extend(&buffer[..n]),
                Err(e) => return (out, Err(e)),
            }
        }
    }

    #[test]
    fn a_cut_between_two_blocks_is_noticed() {
        let mut state = 1u64;
        let noise = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        });
        let data: Vec<u8> = noise.take(200_000).collect();
        let bytes = packed(&data, false);
        // Header, then incompressible blocks of 64 KiB, each behind its length.
        let (read, end) = unpacked(&bytes[..7 + 4 + 65536]);
        assert_eq!(read.len(), 65536);
        assert!(end.unwrap_err().to_string().contains("cut"));
        assert!(unpacked(&bytes).1.is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn damaged_frames_do_not_panic(
            data in prop::collection::vec(0..4u8, 0..100_000),
            linked: bool, at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = [packed(&data, linked), packed(b"next", !linked)].concat();
            let (whole, end) = unpacked(&bytes);
            prop_assert!(end.is_ok() && whole.len() == data.len() + 4);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(cut.index(bytes.len() + 1).max(4));
            unpacked(&bytes).0.clear();
        }
    }
}
