//! The protocol of Redis, RESP2 (redis.io/docs/reference/protocol-spec).

use super::prelude::*;

fields! {
    STRING: Text walk, "resp.string", "String";
    ERROR: Text walk, "resp.error", "Error";
    BULK_STRING: None walk, "resp.bulk_string", "Bulk String";
    BULK_LENGTH: I32 walk, "resp.bulk_string.length", "Length";
    BULK_VALUE: Bytes walk, "resp.bulk_string.value", "Value";
    INTEGER: I64 walk, "resp.integer", "Integer";
    ARRAY: None walk, "resp.array", "Array";
    ARRAY_LENGTH: I64 walk, "resp.array.length", "Length";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(6379)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: true }),
    info: Some(info),
    ..Protocol::new("resp", "REdis Serialization Protocol", "RESP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

/// The longest first line of a value that is looked for.
const MAX_LINE: usize = 64 << 10;

fn probe(b: &[u8]) -> bool {
    matches!(b.first(), Some(b'+' | b'-' | b':' | b'$' | b'*'))
}

/// One line of a value: its kind, its text, the number in it, and the offset behind the line.
struct Line<'a> {
    kind: u8,
    text: &'a [u8],
    behind: usize,
}

impl<'a> Line<'a> {
    fn at(b: &'a [u8], at: usize) -> Option<Self> {
        let rest = b.get(at..)?;
        let end = memchr::memchr(b'\n', rest)?;
        let text = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        let (&kind, text) = text.split_first()?;
        Some(Self { kind, text, behind: at + end + 1 })
    }

    fn number(&self) -> Option<i64> {
        std::str::from_utf8(self.text).ok()?.parse().ok()
    }

    /// The bytes of a bulk string behind its line, without the line end that follows them.
    fn bulk(&self) -> Option<usize> {
        if self.kind == b'$' { usize::try_from(self.number()?).ok() } else { None }
    }
}

/// One value with all that it contains. Remembered is how far it was read and how many values are still to come.
fn frame(b: &[u8], framing: &mut Framing<'_>) -> Length {
    let [at, to_come] = framing.progress;
    if *at == 0 {
        *to_come = 1;
    }
    while *to_come > 0 {
        let here = usize::try_from(*at).unwrap_or(usize::MAX);
        let Some(line) = Line::at(b, here) else {
            let waiting = b.len().saturating_sub(here);
            return if waiting > MAX_LINE || !b.get(here..).is_none_or(|rest| rest.is_empty() || probe(rest)) {
                Length::NotMine
            } else {
                Length::Need
            };
        };
        if !probe(&[line.kind]) {
            return Length::NotMine;
        }
        let bulk = line.bulk().map_or(0, |length| length.saturating_add(2));
        *at = (line.behind as u64).saturating_add(bulk as u64);
        let children = if line.kind == b'*' { line.number().unwrap_or(0).max(0) as u64 } else { 0 };
        *to_come = (*to_come - 1).saturating_add(children);
    }
    Length::Known(*at)
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let bytes = view.header().0;
    let mut at = 0;
    while let Some(line) = Line::at(bytes, at) {
        let here = at..line.behind;
        let text = at + 1..at + 1 + line.text.len();
        at = line.behind;
        match line.kind {
            b'+' => out.put(STRING, text, Value::Text(line.text)),
            b'-' => out.put(ERROR, text, Value::Text(line.text)),
            b'*' => {
                out.put(ARRAY, here, Value::Present);
                if let Some(length) = line.number() {
                    out.put(ARRAY_LENGTH, text, Value::Signed(length));
                }
            }
            b'$' => {
                let Some(length) = line.number() else { return Ok(()) };
                out.put(BULK_STRING, here, Value::Present);
                out.put(BULK_LENGTH, text, Value::Signed(length));
                if let Some(length) = line.bulk() {
                    let mut r = Reader::new(bytes, at);
                    put_rest(&mut r.sub(length)?, BULK_VALUE, out)?;
                    at = r.at() + 2;
                }
            }
            b':' => {
                if let Some(number) = line.number() {
                    out.put(INTEGER, text, Value::Signed(number));
                }
            }
            _ => return Ok(()),
        }
    }
    Ok(())
}

/// The words of a command, or what the value says.
fn info(view: &View<'_>, out: &mut String) {
    const MOST: usize = 80;
    let bytes = view.header().0;
    let (mut at, start) = (0, out.len());
    while let Some(line) = Line::at(bytes, at)
        && out.len() - start < MOST
    {
        at = line.behind;
        let said = match (line.kind, line.bulk()) {
            (_, Some(length)) => {
                let said = Bytes(bytes).clamped(at, at.saturating_add(length.min(MOST)));
                at = at.saturating_add(length).saturating_add(2);
                said
            }
            (b'*', _) => continue,
            _ => line.text,
        };
        if out.len() > start {
            out.push(' ');
        }
        crate::text::write_escaped(said, out);
    }
}
