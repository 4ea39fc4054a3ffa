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
    stream: Some(Stream { probe: lines::is_text, any_port: false, frame, prefix: 0, partial_counts: true }),
    info: Some(|view, out| {
        out.push_str(if lines::from_server(view, &[PORT]) { "S: " } else { "C: " });
        crate::text::write_escaped(lines::first(view.header().0), out);
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
    let (first, behind) = lines::word(line);
    let fields = match lines::from_server(view, &[PORT]) {
        true if !matches!(first, b"+OK" | b"-ERR") => return Ok(()),
        true => [INDICATOR, DESCRIPTION],
        false => [COMMAND, PARAMETER],
    };
    out.put(fields[0], 0..first.len(), Value::Text(first));
    if behind < line.len() {
        out.put(fields[1], behind..line.len(), Value::Text(&line[behind..]));
    }
    Ok(())
}
