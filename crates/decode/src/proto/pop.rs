//! Post Office Protocol 3, RFC 1939: commands and the first lines of replies.

use super::lines;
use super::prelude::*;

fields! {
    INDICATOR: Text walk, "pop.response.indicator", "Response indicator";
    DESCRIPTION: Text walk, "pop.response.description", "Response description";
    COMMAND: Text walk, "pop.request.command", "Request command";
    PARAMETER: Text walk, "pop.request.parameter", "Request parameter";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(PORT)],
    fields: FIELDS,
    walk: Some(walk),
    stream: lines::stream(frame),
    info: Some(|view, out| {
        lines::append(view, if lines::from_server(view, &[PORT]) { "S: " } else { "C: " }, out);
    }),
    ..Protocol::new("pop", "Post Office Protocol", "POP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

const PORT: u16 = 110;

/// Behind the reply to STLS the content decides (RFC 2595 §4).
fn frame(b: &[u8], framing: &mut Framing<'_>) -> Length {
    let length = lines::line(b, framing);
    if let Length::Known(_) = length {
        let line = lines::first(b);
        if line.eq_ignore_ascii_case(b"STLS") {
            framing.memory[0] = 1;
        } else if framing.memory[0] == 1 && line.starts_with(b"+OK") {
            *framing.upgrade = Some(ProtocolId::NONE);
        }
    }
    length
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let line = lines::first(view.header().0);
    match lines::from_server(view, &[PORT]) {
        true if !matches!(lines::word(line).0, b"+OK" | b"-ERR") => {}
        true => lines::put_words(line, 0, [INDICATOR, DESCRIPTION], out),
        false => lines::put_words(line, 0, [COMMAND, PARAMETER], out),
    }
    Ok(())
}
