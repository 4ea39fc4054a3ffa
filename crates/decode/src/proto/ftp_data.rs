//! Data connections of FTP, RFC 959 §3.2: files and listings as they are. They are known by the control connection, or by
//! their port.

use super::prelude::*;

fields! {
    SETUP_FRAME: FrameNumber meta(setup_frame), "ftp-data.setup-frame", "Setup frame";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(20)],
    fields: FIELDS,
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: false }),
    info: Some(|view, out| put!(out, "FTP Data: {} bytes", view.bytes.len())),
    summary: Some(|view, out| put!(out, " ({} bytes data)", view.bytes.len())),
    ..Protocol::new("ftp-data", "FTP Data", "FTP-DATA")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

fn probe(b: &[u8]) -> bool {
    !b.is_empty()
}

/// All that came together is one PDU. Behind AUTH on the control connection, TLS is spoken here too (RFC 4217 §7).
fn frame(b: &[u8], framing: &mut Framing<'_>) -> Length {
    if framing.memory[0] == 0 && matches!(b, [22, 3, 0..=4, ..]) {
        return Length::NotMine;
    }
    framing.memory[0] = 1;
    Length::Known(b.len() as u64)
}

fn setup_frame(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if let Some(setup) = view.setup() {
        out(Value::Unsigned(setup.frame));
    }
}
