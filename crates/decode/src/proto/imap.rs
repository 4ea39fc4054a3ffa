//! Internet Message Access Protocol, RFC 9051: lines, their tags, commands and results.

use super::lines;
use super::prelude::*;

fields! {
    ISREQUEST: Bool walk, "imap.isrequest", "Request";
    LINE: Text walk, "imap.line", "Line";
    TAG: Text walk, "imap.tag", "Tag", hidden;
    REQUEST: Text walk, "imap.request", "Request", hidden;
    RESPONSE: Text walk, "imap.response", "Response", hidden;
    REQUEST_UID: Bool walk, "imap.request.command.uid", "Request UID";
    REQUEST_TAG: Text walk, "imap.request_tag", "Request Tag";
    REQUEST_COMMAND: Text walk, "imap.request.command", "Request Command";
    RESPONSE_TAG: Text walk, "imap.response_tag", "Response Tag";
    RESPONSE_STATUS: Text walk, "imap.response.status", "Response Status";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(PORT)],
    fields: FIELDS,
    walk: Some(walk),
    stream: lines::stream(frame),
    info: Some(|view, out| {
        lines::append(view, if lines::from_server(view, &[PORT]) { "Response: " } else { "Request: " }, out);
    }),
    ..Protocol::new("imap", "Internet Message Access Protocol", "IMAP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

const PORT: u16 = 143;

/// Behind the reply to STARTTLS the content decides (RFC 9051 §6.2.1).
fn frame(b: &[u8], framing: &mut Framing<'_>) -> Length {
    let Some(end) = memchr::memrchr(b'\n', b) else { return lines::line(b, framing) };
    // All whole lines that came together are one PDU, as in tshark.
    for line in b[..end].split(|&byte| byte == b'\n') {
        let line = lines::first(line);
        let (tag, behind) = lines::word(line);
        let rest = &line[behind..];
        if rest.eq_ignore_ascii_case(b"STARTTLS") {
            framing.memory[0] = 1;
        } else if framing.memory[0] == 1 && tag != b"*" && rest.starts_with(b"OK") {
            *framing.upgrade = Some(ProtocolId::NONE);
        }
    }
    Length::Known(end as u64 + 1)
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let bytes = view.header().0;
    let response = lines::from_server(view, &[PORT]);
    out.put(ISREQUEST, 0..0, Value::Bool(!response));
    let mut at = 0;
    while at < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1);
        put_line(at, &bytes[at..end], response, out);
        at = end;
    }
    Ok(())
}

fn put_line(at: usize, bytes: &[u8], response: bool, out: &mut dyn FieldSink) {
    out.put(LINE, at..at + bytes.len(), Value::Text(bytes));
    let line = lines::first(bytes);
    let (tag, behind) = lines::word(line);
    let (mut word, mut behind) = (lines::word(&line[behind..]).0, behind);
    if !response && word.eq_ignore_ascii_case(b"UID") {
        behind = (behind + 4).min(line.len());
        word = lines::word(&line[behind..]).0;
        out.put(REQUEST_UID, 0..0, Value::Bool(true));
    }
    let fields = match response {
        true if !matches!(word, b"OK" | b"NO" | b"BAD") || tag == b"*" => return,
        true => [RESPONSE_TAG, RESPONSE_STATUS],
        false => [REQUEST_TAG, REQUEST_COMMAND],
    };
    out.put(TAG, at..at + tag.len(), Value::Text(tag));
    out.put(if response { RESPONSE } else { REQUEST }, at..at + line.len(), Value::Text(line));
    out.put(fields[0], at..at + tag.len(), Value::Text(tag));
    if !word.is_empty() {
        out.put(fields[1], at + behind..at + behind + word.len(), Value::Text(word));
    }
}
