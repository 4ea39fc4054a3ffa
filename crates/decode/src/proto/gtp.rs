//! GTP-U, the tunnels of mobile user data: 3GPP TS 29.281, version 1.

use super::prelude::*;

fields! {
    FLAGS: U8 at(0..1), "gtp.flags", "Flags", hex;
    VERSION: U8 bits(0..1, 0xe0), "gtp.flags.version", "Version", names(VERSIONS);
    PAYLOAD: U8 bits(0..1, 0x10), "gtp.flags.payload", "Protocol type", names(&[(0, "GTP'"), (1, "GTP")]);
    E: Bool bits(0..1, 0x04), "gtp.flags.e", "Is Next Extension Header present?";
    S: Bool bits(0..1, 0x02), "gtp.flags.s", "Is Sequence Number present?";
    PN: Bool bits(0..1, 0x01), "gtp.flags.pn", "Is N-PDU number present?";
    MESSAGE: U8 at(1..2), "gtp.message", "Message Type", hex, names(MESSAGES);
    LENGTH: U16 at(2..4), "gtp.length", "Length";
    TEID: U32 at(4..8), "gtp.teid", "TEID", hex;
    SEQ_NUMBER: U16 at(8..10), "gtp.seq_number", "Sequence number", hex, when(|v| v.bytes.u8(0) & 2 != 0);
    NPDU_NUMBER: U8 at(10..11), "gtp.npdu_number", "N-PDU Number", hex, when(|v| v.bytes.u8(0) & 1 != 0);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(2152)],
    fields: FIELDS,
    info: Some(|view, out| {
        let message = view.bytes.u8(1);
        match crate::field::value_name(MESSAGES, message.into()) {
            Some(name) => out.push_str(name),
            None => put!(out, "Message type {message}"),
        }
    }),
    summary: Some(|view, out| put!(out, ", TEID: 0x{:08x}", view.bytes.u32(4))),
    ..Protocol::new("gtp", "GPRS Tunneling Protocol", "GTP")
};

/// Any of the flags E, S and PN brings the 4 optional bytes (TS 29.281 §5.1); extension headers count words (§5.2.1).
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    let mut header = 8;
    if b.u8(0) & 7 != 0 {
        header = 12;
        b.need(header)?;
        let mut kind = if b.u8(0) & 4 != 0 { b.u8(11) } else { 0 };
        while kind != 0 {
            b.need(header + 1)?;
            let length = usize::from(b.u8(header)).max(1) * 4;
            b.need(header + length)?;
            header += length;
            kind = b.u8(header - 1);
        }
    }
    let next = match (b.u8(1), b.u8(header) >> 4) {
        (G_PDU, 4) => id::ip,
        (G_PDU, 6) => id::ipv6,
        _ => id::data,
    };
    Ok(Step { end: 8 + u32::from(b.u16(2)), ..Step::next(header, next) })
}

const G_PDU: u8 = 255;

const VERSIONS: crate::field::ValueNames =
    &[(0, "GTP release 97/98 version"), (1, "GTP release 99 version"), (2, "GTPv2-C")];

const MESSAGES: crate::field::ValueNames = &[
    (1, "Echo request"),
    (2, "Echo response"),
    (26, "Error indication"),
    (31, "Supported extension header notification"),
    (253, "Tunnel status"),
    (254, "End Marker"),
    (255, "T-PDU"),
];
