//! User Datagram Protocol, RFC 768.

use super::prelude::*;
use crate::checksum;

fields! {
    SRCPORT: U16 at(0..2), "udp.srcport", "Source Port";
    DSTPORT: U16 at(2..4), "udp.dstport", "Destination Port";
    LENGTH: U16 at(4..6), "udp.length", "Length";
    CHECKSUM: U16 at(6..8), "udp.checksum", "Checksum", hex;
    CHECKSUM_STATUS: U8 meta(checksum::put_status), "udp.checksum.status", "Checksum Status", names(checksum::STATUS);
    STREAM: U32 meta(|v, out| if let Some(f) = v.facts() { out(Value::Unsigned(f.stream.into())) }),
        "udp.stream", "Stream index";
    TIME_RELATIVE: Duration meta(|v, out| if let Some(f) = v.facts() { out(Value::Duration(f.since_first)) }),
        "udp.time_relative", "Time since first frame";
    TIME_DELTA: Duration meta(|v, out| if let Some(f) = v.facts() { out(Value::Duration(f.since_previous)) }),
        "udp.time_delta", "Time since previous frame";
    PAYLOAD: Bytes payload, "udp.payload", "Payload";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(17)],
    fields: FIELDS,
    aliases: &[Alias { name: "udp.port", label: "Source or Destination Port", fields: &[SRCPORT, DSTPORT] }],
    info: Some(|view, out| {
        append_ports(view, out);
        append(out, " Len=", view.payload_length());
    }),
    summary: Some(|view, out| {
        put!(out, ", Src Port: {}, Dst Port: {}", view.bytes.u16(0), view.bytes.u16(2));
    }),
    ..Protocol::new("udp", "User Datagram Protocol", "UDP")
};

/// A length of 0 is a jumbogram (RFC 2675 §4): take what is there.
#[inline]
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    let end = match u32::from(b.u16(4)) {
        0 => Step::ALL,
        length => length.max(8),
    };
    Ok(Step { header: 8, end, next: ProtocolId::DATAGRAM, detail: 0 })
}
