//! The control word of a pseudowire of Ethernet (RFC 4448 §4.6).

use super::prelude::*;

fields! {
    SEQUENCE: U16 at(2..4), "pweth.cw.sequence_number", "PW sequence number";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    claims: &[Claim::Flow],
    info: Some(|view, out| put!(out, "Control word, sequence number {}", view.bytes.u16(2))),
    ..Protocol::new("pwethcw", "PW Ethernet Control Word", "")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    Ok(Step::next(4, id::eth))
}
