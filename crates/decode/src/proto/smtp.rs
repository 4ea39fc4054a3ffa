//! Simple Mail Transfer Protocol, RFC 5321: commands and replies. A mail is one PDU without fields.

use super::lines;
use super::prelude::*;

fields! {
    REQ: Bool walk, "smtp.req", "Request";
    RSP: Bool walk, "smtp.rsp", "Response";
    COMMAND_LINE: Text walk, "smtp.command_line", "Command Line", hidden;
    RESPONSE: Text walk, "smtp.response", "Response", hidden;
    COMMAND: Text walk, "smtp.req.command", "Command";
    PARAMETER: Text walk, "smtp.req.parameter", "Request parameter";
    CODE: U32 walk, "smtp.response.code", "Response code";
    RSP_PARAMETER: Text walk, "smtp.rsp.parameter", "Response parameter";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(25), Claim::TcpPort(587)],
    fields: FIELDS,
    walk: Some(walk),
    stream: lines::stream(frame),
    info: Some(|view, out| {
        let bytes = view.header().0;
        if is_mail(bytes) {
            return put!(out, "C: DATA fragment, {} bytes", bytes.len());
        }
        lines::append(view, if lines::reply(lines::first(bytes)).is_some() { "S: " } else { "C: " }, out);
    }),
    ..Protocol::new("smtp", "Simple Mail Transfer Protocol", "SMTP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

/// What both sides have said, in [`Framing::memory`].
mod said {
    pub(super) const DATA: u64 = 1;
    pub(super) const STARTTLS: u64 = 2;
}

/// Commands and replies are lines. Behind DATA the client sends a mail, up to a line of one dot (RFC 5321 §4.1.1.4);
/// behind STARTTLS and its reply the content decides (RFC 3207 §4).
fn frame(b: &[u8], framing: &mut Framing<'_>) -> Length {
    const END: &[u8] = b"\r\n.\r\n";
    let client = framing.side == crate::decryptor::Side::Initiator;
    if client && framing.memory[0] & said::DATA != 0 {
        let searched = usize::try_from(framing.progress[0]).map_or(b.len(), |n| n.min(b.len()));
        if let Some(end) = memchr::memmem::find(&b[searched..], END) {
            framing.memory[0] &= !said::DATA;
            return Length::Known((searched + end + END.len()) as u64);
        }
        framing.progress[0] = b.len().saturating_sub(END.len()) as u64;
        return Length::Need;
    }
    let length = lines::line_or_reply(b, framing);
    if let Length::Known(_) = length {
        let line = lines::first(b);
        let begun = framing.memory[0] & said::STARTTLS != 0;
        match client {
            true if line.eq_ignore_ascii_case(b"DATA") => framing.memory[0] |= said::DATA,
            true if line.eq_ignore_ascii_case(b"STARTTLS") => framing.memory[0] |= said::STARTTLS,
            false if begun && lines::reply(line) == Some(220) => *framing.upgrade = Some(ProtocolId::NONE),
            _ => {}
        }
    }
    length
}

/// More than one line: no command is.
fn is_mail(b: &[u8]) -> bool {
    lines::reply(lines::first(b)).is_none() && memchr::memchr(b'\n', b).is_some_and(|end| end + 1 < b.len())
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let bytes = view.header().0;
    if view.is_silent() || is_mail(bytes) {
        return Ok(());
    }
    let line = lines::first(bytes);
    if let Some(code) = lines::reply(line) {
        out.put(RSP, 0..0, Value::Bool(true));
        let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
        out.put(RESPONSE, 0..end, Value::Text(&bytes[..end]));
        out.put(CODE, 0..3, Value::Unsigned(code));
        let mut at = 0;
        while at < bytes.len() {
            let line = lines::first(&bytes[at..]);
            if let Some(parameter) = line.get(4..) {
                out.put(RSP_PARAMETER, at + 4..at + line.len(), Value::Text(parameter));
            }
            at = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1);
        }
        return Ok(());
    }
    let (command, _) = lines::word(line);
    // What goes to and fro in an authentication is no command; none is longer than STARTTLS.
    if command.len() > 8 || !command.iter().all(u8::is_ascii_alphabetic) {
        return Ok(());
    }
    out.put(REQ, 0..0, Value::Bool(true));
    out.put(COMMAND_LINE, 0..bytes.len(), Value::Text(bytes));
    lines::put_words(line, 0, [COMMAND, PARAMETER], out);
    Ok(())
}
