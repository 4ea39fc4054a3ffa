//! GTP-U, the tunnels of mobile user data (3GPP TS 29.281), and the headers of GTP-C version 1 (TS 29.060).

use super::prelude::*;

fields! {
    FLAGS: U8 at(0..1), "gtp.flags", "Flags", hex;
    VERSION: U8 bits(0..1, 0xe0), "gtp.flags.version", "Version", names(VERSIONS);
    PAYLOAD: U8 bits(0..1, 0x10), "gtp.flags.payload", "Protocol type", names(&[(0, "GTP'"), (1, "GTP")]);
    RESERVED: U8 meta(reserved), "gtp.flags.reserved", "Reserved";
    E: Bool bits(0..1, 0x04), "gtp.flags.e", "Is Next Extension Header present?";
    S: Bool bits(0..1, 0x02), "gtp.flags.s", "Is Sequence Number present?";
    PN: Bool bits(0..1, 0x01), "gtp.flags.pn", "Is N-PDU number present?";
    MESSAGE: U8 at(1..2), "gtp.message", "Message Type", hex, names(MESSAGES);
    LENGTH: U16 at(2..4), "gtp.length", "Length";
    TEID: U32 at(4..8), "gtp.teid", "TEID", hex;
    SEQ_NUMBER: U16 at(8..10), "gtp.seq_number", "Sequence number", hex, when(|v| v.bytes.u8(0) & 2 != 0);
    NPDU_NUMBER: U8 at(10..11), "gtp.npdu_number", "N-PDU Number", hex, when(|v| v.bytes.u8(0) & 1 != 0);
    EXTENSION: None walk, "gtp.ext_hdr", "Extension header";
    EXTENSION_LENGTH: U8 walk, "gtp.ext_hdr.length", "Extension Header Length";
    UDP_PORT: U16 walk, "gtp.ext_hdr.udp_port", "UDP Port";
    PDU_TYPE: U8 walk, "gtp.ext_hdr.pdu_ses_con.pdu_type", "PDU Type",
        names(&[(0, "DL PDU SESSION INFORMATION"), (1, "UL PDU SESSION INFORMATION")]);
    PAGING_POLICY: Bool walk, "gtp.ext_hdr.pdu_ses_cont.ppp", "Paging Policy Presence (PPP)";
    REFLECTIVE_QOS: Bool walk, "gtp.ext_hdr.pdu_ses_cont.rqi", "Reflective QoS Indicator (RQI)";
    QOS_FLOW: U8 walk, "gtp.ext_hdr.pdu_ses_con.qos_flow_id", "QoS Flow Identifier (QFI)";
    PAGING_POLICY_INDICATOR: U8 walk, "gtp.ext_hdr.pdu_ses_cont.ppi", "Paging Policy Indicator (PPI)";
    PDCP_NUMBER: U16 walk, "gtp.ext_hdr.pdcp_sn", "PDCP Sequence Number";
    LONG_PDCP_NUMBER: U24 walk, "gtp.ext_hdr.long_pdcp_sn", "Long PDCP Sequence Number";
    RAN_CONTAINER: Bytes walk, "gtp.ext_hdr.ran_cont", "RAN Container";
    XW_RAN_CONTAINER: Bytes walk, "gtp.ext_hdr.xw_ran_cont", "Xw RAN Container";
    EXTENSION_NEXT: U8 walk, "gtp.ext_hdr.next", "Next extension header type", hex, names(EXTENSIONS);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(2152)],
    fields: FIELDS,
    walk: Some(walk),
    // On the port of GTP-C, which version 2 claims, it is told by its header.
    datagrams: Some(Datagrams {
        admits: |b| b.first().is_some_and(|first| first >> 5 != 2),
        recognise: Some(is_control),
        keeps: false,
        follow: None,
    }),
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
/// Three bits of ones in version 0 (3GPP TS 09.60 §6), one in version 1 (TS 29.060 §6).
fn reserved(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let flags = view.bytes.u8(0);
    if !view.bytes.is_empty() {
        out(Value::Unsigned(u64::from(if flags >> 5 == 0 { flags >> 1 & 7 } else { flags >> 3 & 1 })));
    }
}

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

/// Whether this is a message of GTP-C version 1: a known type, and the length of the datagram.
fn is_control(b: &[u8]) -> bool {
    let b = Bytes(b);
    let known = crate::field::value_name(MESSAGES, b.u8(1).into()).is_some();
    b.len() >= 8 && b.u8(0) & 0xf8 == 0x30 && known && b.len() == 8 + usize::from(b.u16(2))
}

/// The extension headers (TS 29.281 §5.2.1). Each says its length in words, and what the next one is.
fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const NEXT_PRESENT: u8 = 4;
    if view.bytes.u8(0) & NEXT_PRESENT == 0 {
        return Ok(());
    }
    let mut r = Reader::new(view.header().0, 11);
    let mut kind = put_number(&mut r, 1, EXTENSION_NEXT, out)?;
    while kind != 0 {
        let at = r.at();
        let length = usize::from(Bytes(r.whole()).u8(at)).max(1) * 4;
        let mut body = r.sub(length)?;
        let name = crate::field::value_name(EXTENSIONS, kind).unwrap_or("unknown");
        out.open(at..body.end(), format_args!("Extension header ({name})"));
        out.put(EXTENSION, at..body.end(), Value::Present);
        put_number(&mut body, 1, EXTENSION_LENGTH, out)?;
        let content = body.sub(length - 2)?;
        // What is damaged hides nothing behind it.
        let _ = extension(kind, content, out);
        kind = put_number(&mut body, 1, EXTENSION_NEXT, out)?;
        out.close();
    }
    Ok(())
}

/// TS 29.281 §5.2.2; the PDU session container, TS 38.415 §5.5.2.
fn extension(kind: u64, mut r: Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match kind {
        0x40 => put_number(&mut r, 2, UDP_PORT, out).map(drop),
        0x82 => {
            let at = r.at();
            let number = r.number(3)? & 0x03_ffff;
            out.put(LONG_PDCP_NUMBER, at..at + 3, Value::Unsigned(number));
            Ok(())
        }
        0x81 => put_rest(&mut r, RAN_CONTAINER, out),
        0x83 => put_rest(&mut r, XW_RAN_CONTAINER, out),
        0x85 => {
            let at = r.at();
            let first = u64::from(r.u8()?);
            let second = u64::from(r.u8()?);
            out.put(PDU_TYPE, at..at + 1, Value::Unsigned(first >> 4));
            let downlink = first >> 4 == 0;
            if downlink {
                out.put(PAGING_POLICY, at + 1..at + 2, Value::Bool(second & 0x80 != 0));
                out.put(REFLECTIVE_QOS, at + 1..at + 2, Value::Bool(second & 0x40 != 0));
            }
            out.put(QOS_FLOW, at + 1..at + 2, Value::Unsigned(second & 0x3f));
            if downlink && second & 0x80 != 0 {
                let indicator = u64::from(r.u8()?) >> 5;
                out.put(PAGING_POLICY_INDICATOR, at + 2..at + 3, Value::Unsigned(indicator));
            }
            Ok(())
        }
        0xc0 => put_number(&mut r, 2, PDCP_NUMBER, out).map(drop),
        _ => Ok(()),
    }
}

const EXTENSIONS: crate::field::ValueNames = &[
    (0x00, "No more extension headers"),
    (0x01, "MBMS support indication"),
    (0x02, "MS Info Change Reporting support indication"),
    (0x20, "Service Class Indicator"),
    (0x40, "UDP Port number"),
    (0x81, "RAN container"),
    (0x82, "Long PDCP PDU number"),
    (0x83, "Xw RAN container"),
    (0x84, "NR RAN container"),
    (0x85, "PDU Session container"),
    (0xc0, "PDCP PDU number"),
    (0xc1, "Suspend Request"),
    (0xc2, "Suspend Response"),
];

const VERSIONS: crate::field::ValueNames =
    &[(0, "GTP release 97/98 version"), (1, "GTP release 99 version"), (2, "GTPv2-C")];

const MESSAGES: crate::field::ValueNames = &[
    (1, "Echo request"),
    (2, "Echo response"),
    (3, "Version not supported"),
    (4, "Node alive request"),
    (5, "Node alive response"),
    (6, "Redirection request"),
    (7, "Redirection response"),
    (16, "Create PDP context request"),
    (17, "Create PDP context response"),
    (18, "Update PDP context request"),
    (19, "Update PDP context response"),
    (20, "Delete PDP context request"),
    (21, "Delete PDP context response"),
    (22, "Initiate PDP context activation request"),
    (23, "Initiate PDP context activation response"),
    (26, "Error indication"),
    (27, "PDU notification request"),
    (28, "PDU notification response"),
    (29, "PDU notification reject request"),
    (30, "PDU notification reject response"),
    (31, "Supported extension header notification"),
    (32, "Send routing information for GPRS request"),
    (33, "Send routing information for GPRS response"),
    (34, "Failure report request"),
    (35, "Failure report response"),
    (36, "Note MS GPRS present request"),
    (37, "Note MS GPRS present response"),
    (48, "Identification request"),
    (49, "Identification response"),
    (50, "SGSN context request"),
    (51, "SGSN context response"),
    (52, "SGSN context acknowledgement"),
    (53, "Forward relocation request"),
    (54, "Forward relocation response"),
    (55, "Forward relocation complete"),
    (56, "Relocation cancel request"),
    (57, "Relocation cancel response"),
    (58, "Forward SRNS context"),
    (59, "Forward relocation complete acknowledge"),
    (60, "Forward SRNS context acknowledge"),
    (240, "Data record transfer request"),
    (241, "Data record transfer response"),
    (253, "Tunnel status"),
    (254, "End Marker"),
    (255, "T-PDU"),
];
