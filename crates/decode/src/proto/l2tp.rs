//! The Layer 2 Tunneling Protocol: version 2 (RFC 2661), and the headers of version 3 over UDP (RFC 3931 §4.1.2).

use super::prelude::*;

fields! {
    FLAGS: U16 at(0..2), "l2tp.flags", "Flags", hex;
    TYPE: U16 bits(0..2, 0x8000), "l2tp.type", "Type", names(&[(0, "Data Message"), (1, "Control Message")]);
    LENGTH_BIT: Bool bits(0..2, 0x4000), "l2tp.length_bit", "Length Bit";
    SEQ_BIT: Bool bits(0..2, 0x0800), "l2tp.seq_bit", "Sequence Bit";
    OFFSET_BIT: Bool bits(0..2, 0x0200), "l2tp.offset_bit", "Offset bit", when(is_version_2);
    PRIORITY: Bool bits(0..2, 0x0100), "l2tp.priority", "Priority", when(is_version_2);
    VERSION: U16 bits(0..2, 0x000f), "l2tp.version", "Version";
    LENGTH: U16 walk, "l2tp.length", "Length";
    TUNNEL: U16 walk, "l2tp.tunnel", "Tunnel ID";
    SESSION: U16 walk, "l2tp.session", "Session ID";
    SID: U32 walk, "l2tp.sid", "Session ID", hex;
    CCID: U32 walk, "l2tp.ccid", "Control Connection ID", hex;
    NS: U16 walk, "l2tp.Ns", "Ns";
    NR: U16 walk, "l2tp.Nr", "Nr";
    OFFSET: U16 walk, "l2tp.offset", "Offset";
    AVP_MANDATORY: Bool walk, "l2tp.avp.mandatory", "Mandatory";
    AVP_HIDDEN: Bool walk, "l2tp.avp.hidden", "Hidden";
    AVP_LENGTH: U16 walk, "l2tp.avp.length", "Length";
    AVP_TYPE: U16 walk, "l2tp.avp.type", "AVP Type";
    MESSAGE_TYPE: U16 walk, "l2tp.avp.message_type", "Message Type", names(MESSAGES);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(1701)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("l2tp", "Layer 2 Tunneling Protocol", "L2TP")
};

/// Control messages are all header; data messages carry PPP in version 2, what the session agreed on in version 3.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(2)?;
    let flags = b.u16(0);
    let needed = if flags & VERSION_BITS == 3 && flags & CONTROL == 0 { 8 } else { header_v2(b) };
    b.need(needed)?;
    match (flags & CONTROL != 0, flags & VERSION_BITS) {
        (true, _) => Ok(Step::last(b)),
        (false, 2) => {
            let end = if flags & HAS_LENGTH != 0 { b.u16(2).into() } else { Step::ALL };
            Ok(Step { end, ..Step::next(needed, id::ppp) })
        }
        (false, _) => Ok(Step::next(8.min(b.len()), id::data)),
    }
}

const CONTROL: u16 = 0x8000;
const HAS_LENGTH: u16 = 0x4000;
const HAS_SEQUENCE: u16 = 0x0800;
const HAS_OFFSET: u16 = 0x0200;
const VERSION_BITS: u16 = 0x000f;

const MESSAGES: crate::field::ValueNames = &[
    (1, "Start_Control_Request"),
    (2, "Start_Control_Reply"),
    (3, "Start_Control_Connected"),
    (4, "Stop_Control_Notification"),
    (6, "Hello"),
    (7, "Outgoing_Call_Request"),
    (8, "Outgoing_Call_Reply"),
    (9, "Outgoing_Call_Connected"),
    (10, "Incoming_Call_Request"),
    (11, "Incoming_Call_Reply"),
    (12, "Incoming_Call_Connected"),
    (14, "Call_Disconnect_Notification"),
    (15, "WAN_Error_Notify"),
    (16, "Set_Link_Info"),
];

fn is_version_2(view: &View<'_>) -> bool {
    view.bytes.u16(0) & VERSION_BITS == 2
}

/// The length of a header with 16-bit tunnel and session numbers, which a control message of version 3 shares
/// (RFC 2661 §3.1, RFC 3931 §3.2.1).
fn header_v2(b: Bytes<'_>) -> usize {
    let flags = b.u16(0);
    let mut length = 6;
    if flags & HAS_LENGTH != 0 {
        length += 2;
    }
    if flags & HAS_SEQUENCE != 0 {
        length += 4;
    }
    if flags & HAS_OFFSET != 0 {
        length += 2 + usize::from(b.u16(length));
    }
    length
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let flags = view.bytes.u16(0);
    let mut r = Reader::new(view.header().0, 2);
    let version_3 = flags & VERSION_BITS == 3;
    if version_3 && flags & CONTROL == 0 {
        r.skip_to(4)?;
        put_number(&mut r, 4, SID, out)?;
        return Ok(());
    }
    if flags & HAS_LENGTH != 0 {
        put_number(&mut r, 2, LENGTH, out)?;
    }
    if version_3 {
        put_number(&mut r, 4, CCID, out)?;
    } else {
        put_number(&mut r, 2, TUNNEL, out)?;
        put_number(&mut r, 2, SESSION, out)?;
    }
    if flags & HAS_SEQUENCE != 0 {
        put_number(&mut r, 2, NS, out)?;
        put_number(&mut r, 2, NR, out)?;
    }
    if flags & HAS_OFFSET != 0 {
        put_number(&mut r, 2, OFFSET, out)?;
    }
    while flags & CONTROL != 0 && r.left() > 0 {
        value_pair(&mut r, out)?;
    }
    Ok(())
}

/// An attribute value pair (RFC 2661 §4.1); the length counts its own header.
fn value_pair(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let word = Bytes(r.whole()).u16(at);
    let length = usize::from(word & 0x3ff);
    if length < 6 {
        return Err(Short::new(6, length));
    }
    let mut body = r.sub(length)?;
    body.take(4)?;
    out.open(at..at + length, format_args!("Attribute value pair"));
    out.put(AVP_MANDATORY, at..at + 2, Value::Bool(word & 0x8000 != 0));
    out.put(AVP_HIDDEN, at..at + 2, Value::Bool(word & 0x4000 != 0));
    out.put(AVP_LENGTH, at..at + 2, Value::Unsigned(length as u64));
    let vendor = Bytes(r.whole()).u16(at + 2);
    let kind = body.u16()?;
    if vendor == 0 {
        out.put(AVP_TYPE, at + 4..at + 6, Value::Unsigned(kind.into()));
        if kind == 0 && word & 0x4000 == 0 && body.left() >= 2 {
            put_number(&mut body, 2, MESSAGE_TYPE, out)?;
        }
    }
    out.close();
    Ok(())
}

/// The first pair of a control message says what it is; a message without one acknowledges (RFC 2661 §4.4.1, §5.8).
fn info(view: &View<'_>, out: &mut String) {
    let b = view.header();
    let flags = b.u16(0);
    let at = if flags & HAS_LENGTH != 0 { 4 } else { 2 };
    if flags & CONTROL == 0 {
        out.push_str("Data Message");
    } else {
        let message = b.u16(header_v2(b) + 6);
        let name = if b.len() <= header_v2(b) {
            Some("Zero Length Body")
        } else {
            crate::field::value_name(MESSAGES, message.into())
        };
        put!(out, "Control Message - {}", name.unwrap_or("Unknown"));
    }
    if is_version_2(view) {
        put!(out, " (tunnel id={}, session id={})", b.u16(at), b.u16(at + 2));
    }
}
