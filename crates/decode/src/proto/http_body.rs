//! Bodies of HTTP/1 messages: chunks put together (RFC 9112 §7.1), and codings undone (RFC 9110 §8.4.1).

use std::borrow::Cow;
use std::io::Read;

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::id;
use crate::limits;
use crate::registry::ProtocolId;

/// One chunk.
pub(super) struct Chunk {
    /// None when it is not a number.
    pub(super) size: Option<u64>,
    /// Where its data begins.
    pub(super) data: usize,
}

impl Chunk {
    /// The chunk at `at`; None without a whole line.
    pub(super) fn at(b: &[u8], at: usize) -> Option<Self> {
        let rest = b.get(at..)?;
        let line = memchr::memchr(b'\n', rest)?;
        let digits = rest[..line].iter().take_while(|c| c.is_ascii_hexdigit()).count();
        let text = std::str::from_utf8(&rest[..digits]).ok()?;
        Some(Self { size: u64::from_str_radix(text, 16).ok(), data: at + line + 1 })
    }
}

/// A chunk that is there with its data, as far as that goes.
pub(super) struct Whole<'a> {
    /// Where its first line lies.
    pub(super) line: std::ops::Range<usize>,
    /// The size that the line names.
    pub(super) size: u64,
    data: &'a [u8],
}

/// The chunks of a body that begins at `at`, up to the last or to damage.
pub(super) fn chunks(b: &[u8], at: usize) -> impl Iterator<Item = Whole<'_>> {
    let mut next = Some(at);
    std::iter::from_fn(move || {
        let here = next.take()?;
        let Chunk { size: Some(size), data } = Chunk::at(b, here)? else { return None };
        let end = data.checked_add(usize::try_from(size).ok()?)?;
        let piece = b.get(data..end.min(b.len()))?;
        next = (size > 0).then_some(end.saturating_add(2));
        Some(Whole { line: here..data, size, data: piece })
    })
}

/// The content of a chunked body.
pub(super) fn join(body: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(body.len());
    chunks(body, 0).for_each(|chunk| joined.extend_from_slice(chunk.data));
    joined
}

/// The protocol of content of this type; without a type nobody knows.
pub(super) fn protocol_of(content_type: Option<&[u8]>) -> ProtocolId {
    let Some(content_type) = content_type else { return id::data };
    let name = content_type.split(|&c| c == b';').next().unwrap_or_default().trim_ascii();
    match name.to_ascii_lowercase().as_slice() {
        b"application/octet-stream" => id::data,
        b"application/x-www-form-urlencoded" => id::urlencoded_form,
        b"application/javascript" | b"application/x-javascript" => id::data_text_lines,
        b"application/json-rpc" | b"text/json" => id::json,
        b"application/xml" | b"text/xml" => id::xml,
        b"image/png" => id::png,
        b"image/gif" => id::image_gif,
        b"image/jpeg" | b"image/jpg" => id::image_jfif,
        other if other.ends_with(b"+xml") => id::xml,
        other
            if other.starts_with(b"application/")
                && (other.ends_with(b"/json") || other.ends_with(b"+json")) =>
        {
            id::json
        }
        other if other.starts_with(b"text/") => id::data_text_lines,
        _ => id::media,
    }
}

/// `content` as it was before the codings were applied, which are named in the order in which they were. None when one
/// is not known, or the content is damaged from its beginning on. A part is decoded as far as it goes.
pub(super) fn decoded<'c>(content: &'c [u8], codings: &[u8]) -> Option<Cow<'c, [u8]>> {
    let mut plain = Cow::Borrowed(content);
    for coding in codings.rsplit(|&byte| byte == b',').map(<[u8]>::trim_ascii).take(MAX_CODINGS) {
        plain = match coding.to_ascii_lowercase().as_slice() {
            b"" | b"identity" | b"chunked" => plain,
            b"gzip" | b"x-gzip" => Cow::Owned(read(MultiGzDecoder::new(&*plain))?),
            // Meant is zlib; some send what is inside it (RFC 9110 §8.4.1.2).
            b"deflate" => {
                Cow::Owned(read(ZlibDecoder::new(&*plain)).or_else(|| read(DeflateDecoder::new(&*plain)))?)
            }
            b"zstd" => Cow::Owned(zstd(&plain)?),
            _ => return None,
        };
    }
    Some(plain)
}

/// Nobody applies more than two, and each costs memory.
const MAX_CODINGS: usize = 4;

/// Windows are at most 8 MiB (RFC 9659 §3).
fn zstd(content: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = zstd::stream::read::Decoder::new(content).ok()?;
    decoder.window_log_max(23).ok()?;
    read(decoder)
}

fn read(from: impl Read) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let whole = from.take(limits::MAX_BODY as u64).read_to_end(&mut out).is_ok();
    (whole || !out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn undone(content: &[u8], codings: &str) -> Option<Vec<u8>> {
        decoded(content, codings.as_bytes()).map(Cow::into_owned)
    }

    #[test]
    fn each_coding_is_undone() {
        let text = b"text text text text".repeat(20);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&text).unwrap();
        let gzip = gzip.finish().unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(&gzip).unwrap();
        let both = zlib.finish().unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(&text).unwrap();
        let raw = raw.finish().unwrap();
        assert_eq!(undone(&gzip, "gzip").as_deref(), Some(&text[..]));
        assert_eq!(undone(&both, "GZIP, deflate").as_deref(), Some(&text[..]));
        assert_eq!(undone(&raw, "deflate").as_deref(), Some(&text[..]));
        let zstd = zstd::encode_all(&text[..], 1).unwrap();
        assert_eq!(undone(&zstd, "zstd").as_deref(), Some(&text[..]));
        assert_eq!(undone(b"x", "identity").as_deref(), Some(&b"x"[..]));
        assert_eq!(undone(b"x", "br"), None);
        assert_eq!(undone(b"x", "gzip"), None);
    }

    /// What was captured of a body is shown, and a small body cannot become a huge one.
    #[test]
    fn a_part_is_decoded_and_a_bomb_is_not() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&vec![0; limits::MAX_BODY * 2]).unwrap();
        let bomb = gzip.finish().unwrap();
        assert_eq!(undone(&bomb, "gzip").map(|plain| plain.len()), Some(limits::MAX_BODY));
        let part = undone(&bomb[..bomb.len() / 4], "gzip").unwrap();
        assert!(!part.is_empty() && part.iter().all(|&byte| byte == 0));
    }

    #[test]
    fn chunks_are_joined_up_to_the_last() {
        let body = b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\nrest";
        let sizes: Vec<u64> = chunks(body, 0).map(|chunk| chunk.size).collect();
        assert_eq!((join(body).as_slice(), sizes.as_slice()), (&b"abcde"[..], &[3, 2, 0][..]));
        assert_eq!(join(b"ffffffffffffffff\r\nabc"), b"");
        assert_eq!(join(b"9\r\nabc"), b"abc");
    }
}
