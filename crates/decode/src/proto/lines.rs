//! What the protocols of text lines share: SMTP, IMAP, POP, FTP.

use crate::field::{FieldIndex, FieldSink, Value};
use crate::flow::Framing;
use crate::registry::{Length, Stream};
use crate::view::View;

/// How these protocols lie in a stream, cut by `frame`. They are known by their ports alone: any text may be theirs.
pub(super) const fn stream(frame: fn(&[u8], &mut Framing<'_>) -> Length) -> Option<Stream> {
    Some(Stream { probe: is_text, any_port: false, frame, prefix: 0, partial_counts: true })
}

/// A PDU that ends with a line feed. How far it was searched is remembered.
pub(super) fn line(b: &[u8], framing: &mut Framing<'_>) -> Length {
    let searched = usize::try_from(framing.progress[0]).map_or(b.len(), |n| n.min(b.len()));
    match memchr::memchr(b'\n', &b[searched..]) {
        Some(end) => Length::Known((searched + end + 1) as u64),
        None => {
            framing.progress[0] = b.len() as u64;
            Length::Need
        }
    }
}

/// A line, or a reply of several: all but the last have a hyphen behind the number (RFC 5321 §4.2.1, RFC 959 §4.2).
/// Remembered are how far it was searched and whether there is more to come.
pub(super) fn line_or_reply(b: &[u8], framing: &mut Framing<'_>) -> Length {
    let mut start = usize::try_from(framing.progress[1]).map_or(b.len(), |n| n.min(b.len()));
    loop {
        let Length::Known(end) = line(b, framing) else { return Length::Need };
        let several = b.get(3) == Some(&b'-') && reply(first(b)).is_some();
        let text = first(&b[start..]);
        if !several || text.get(..3) == b.get(..3) && text.get(3) != Some(&b'-') {
            return Length::Known(end);
        }
        start = end as usize;
        *framing.progress = [end, end];
    }
}

/// The first line without its end.
pub(super) fn first(b: &[u8]) -> &[u8] {
    let line = memchr::memchr(b'\n', b).map_or(b, |end| &b[..end]);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The first word, and where what follows its blank begins.
pub(super) fn word(line: &[u8]) -> (&[u8], usize) {
    match memchr::memchr(b' ', line) {
        Some(end) => (&line[..end], end + 1),
        None => (line, line.len()),
    }
}

/// The number of a reply: three digits, with a blank, a hyphen or nothing behind (RFC 5321 §4.2, RFC 959 §4.2).
pub(super) fn reply(line: &[u8]) -> Option<u64> {
    let digits = line.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    if !matches!(line.get(3), None | Some(b' ' | b'-')) {
        return None;
    }
    Some(digits.iter().fold(0, |n, &digit| n * 10 + u64::from(digit - b'0')))
}

/// Whether these bytes are text of a line: printable, as far as the first one goes.
pub(super) fn is_text(b: &[u8]) -> bool {
    !b.is_empty() && first(b).iter().take(16).all(|&byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
}

/// Gives out the first word of a line that begins at `at`, and what follows it, where there is any.
pub(super) fn put_words(line: &[u8], at: usize, fields: [FieldIndex; 2], out: &mut dyn FieldSink) {
    let (first, behind) = word(line);
    out.put(fields[0], at..at + first.len(), Value::Text(first));
    if behind < line.len() {
        out.put(fields[1], at + behind..at + line.len(), Value::Text(&line[behind..]));
    }
}

/// For people: who speaks, and the first line.
pub(super) fn append(view: &View<'_>, who: &str, out: &mut String) {
    out.push_str(who);
    crate::text::write_escaped(first(view.header().0), out);
}

/// Whether the sender's port is one of the protocol's.
pub(super) fn from_server(view: &View<'_>, ports: &[u16]) -> bool {
    view.decoded.addresses().ports.is_some_and(|(source, _)| ports.contains(&source))
}
