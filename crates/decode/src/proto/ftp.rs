//! File Transfer Protocol, RFC 959: the control connection.

use super::lines;
use super::prelude::*;

fields! {
    REQUEST: Bool walk, "ftp.request", "Request";
    RESPONSE: Bool walk, "ftp.response", "Response";
    COMMAND: Text walk, "ftp.request.command", "Request command";
    ARG: Text walk, "ftp.request.arg", "Request arg";
    CODE: U32 walk, "ftp.response.code", "Response code";
    RESPONSE_ARG: Text walk, "ftp.response.arg", "Response arg";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(PORT)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe: lines::is_text, any_port: false, frame, prefix: 0, partial_counts: true }),
    info: Some(|view, out| {
        out.push_str(if is_response(view) { "Response: " } else { "Request: " });
        crate::text::write_escaped(lines::first(view.header().0), out);
    }),
    ..Protocol::new("ftp", "File Transfer Protocol (FTP)", "FTP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

const PORT: u16 = 21;

/// Behind the reply to AUTH the content decides (RFC 4217 §4).
fn frame(b: &[u8], framing: &mut Framing<'_>) -> Length {
    let length = lines::line_or_reply(b, framing);
    if matches!(length, Length::Known(_)) && lines::reply(lines::first(b)) == Some(234) {
        *framing.upgrade = Some(ProtocolId::NONE);
    }
    length
}

fn is_response(view: &View<'_>) -> bool {
    lines::from_server(view, &[PORT])
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let line = lines::first(view.header().0);
    let response = is_response(view);
    out.put(REQUEST, 0..0, Value::Bool(!response));
    out.put(RESPONSE, 0..0, Value::Bool(response));
    if response {
        let Some(code) = lines::reply(line) else { return Ok(()) };
        out.put(CODE, 0..3, Value::Unsigned(code));
        if let Some(arg) = line.get(4..) {
            out.put(RESPONSE_ARG, 4..line.len(), Value::Text(arg));
        }
        return Ok(());
    }
    let (command, behind) = lines::word(line);
    out.put(COMMAND, 0..command.len(), Value::Text(command));
    if behind < line.len() {
        out.put(ARG, behind..line.len(), Value::Text(&line[behind..]));
    }
    Ok(())
}
