//! Modbus over TCP: the header in front of each request and response (Modbus Messaging on TCP/IP, §3.1.3).

use super::prelude::*;

fields! {
    TRANS_ID: U16 walk, "mbtcp.trans_id", "Transaction Identifier";
    PROT_ID: U16 walk, "mbtcp.prot_id", "Protocol Identifier";
    LEN: U16 walk, "mbtcp.len", "Length";
    UNIT_ID: U8 walk, "mbtcp.unit_id", "Unit Identifier";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(502)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: true }),
    info: Some(|view, out| {
        let b = view.bytes;
        let function = b.u8(7);
        let name =
            crate::field::value_name(FUNCTIONS, u64::from(function & 0x7f)).unwrap_or("Unknown function");
        let exception = if function & 0x80 != 0 { " exception" } else { "" };
        put!(
            out,
            "Trans: {:5}; Unit: {:3}, Func: {:3}: {name}{exception}",
            b.u16(0),
            b.u8(6),
            function & 0x7f
        );
    }),
    ..Protocol::new("mbtcp", "Modbus/TCP", "Modbus/TCP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

const FUNCTIONS: crate::field::ValueNames = &[
    (1, "Read Coils"),
    (2, "Read Discrete Inputs"),
    (3, "Read Holding Registers"),
    (4, "Read Input Registers"),
    (5, "Write Single Coil"),
    (6, "Write Single Register"),
    (7, "Read Exception Status"),
    (8, "Diagnostics"),
    (15, "Write Multiple Coils"),
    (16, "Write Multiple Registers"),
    (17, "Report Slave ID"),
    (22, "Mask Write Register"),
    (23, "Read Write Register"),
    (43, "Encapsulated Interface Transport"),
];

/// The protocol number is 0, the length that of at most 254 bytes with the unit.
fn probe(b: &[u8]) -> bool {
    let b = Bytes(b);
    b.len() >= 7 && b.u16(2) == 0 && (2..=254).contains(&b.u16(4))
}

fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    match b.len() {
        0..7 => Length::Need,
        _ if probe(b) => Length::Known(6 + u64::from(Bytes(b).u16(4))),
        _ => Length::NotMine,
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let mut r = Reader::new(view.header().0, 0);
    put_number(&mut r, 2, TRANS_ID, out)?;
    put_number(&mut r, 2, PROT_ID, out)?;
    put_number(&mut r, 2, LEN, out)?;
    put_number(&mut r, 1, UNIT_ID, out).map(drop)
}
