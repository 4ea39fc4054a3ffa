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
    VENDOR_ID: U16 walk, "l2tp.avp.vendor_id", "Vendor ID";
    TIE_BREAKER: U64 walk, "l2tp.tie_breaker", "Tie Breaker", hex;
    FIRMWARE_REVISION: U16 walk, "l2tp.avp.firmware_revision", "Firmware Revision";
    HOST_NAME: Text walk, "l2tp.avp.host_name", "Host Name";
    VENDOR_NAME: Text walk, "l2tp.avp.vendor_name", "Vendor Name";
    ASSIGNED_TUNNEL: U16 walk, "l2tp.avp.assigned_tunnel_id", "Assigned Tunnel ID";
    RECEIVE_WINDOW: U16 walk, "l2tp.avp.receive_window_size", "Receive Window Size";
    CHAP_CHALLENGE: Bytes walk, "l2tp.avp.chap_challenge", "CHAP Challenge";
    CHAP_RESPONSE: Bytes walk, "l2tp.avp.chap_challenge_response", "CHAP Challenge Response";
    ASSIGNED_SESSION: U16 walk, "l2tp.avp.assigned_session_id", "Assigned Session ID";
    CALL_SERIAL: U32 walk, "l2tp.avp.call_serial_number", "Call Serial Number";
    MINIMUM_BPS: U32 walk, "l2tp.avp.minimum_bps", "Minimum BPS";
    MAXIMUM_BPS: U32 walk, "l2tp.avp.maximum_bps", "Maximum BPS";
    CALLED_NUMBER: Text walk, "l2tp.avp.called_number", "Called Number";
    CALLING_NUMBER: Text walk, "l2tp.avp.calling_number", "Calling Number";
    SUB_ADDRESS: Text walk, "l2tp.avp.sub_address", "Sub-Address";
    CONNECT_SPEED: U32 walk, "l2tp.avp.connect_speed", "Connect Speed";
    PHYSICAL_CHANNEL: U32 walk, "l2tp.avp.physical_channel", "Physical Channel";
    LCP_RECEIVED_FIRST: Bytes walk, "l2tp.avp.initial_received_lcp_confreq", "Initial Received LCP CONFREQ";
    LCP_SENT_LAST: Bytes walk, "l2tp.avp.last_sent_lcp_confreq", "Last Sent LCP CONFREQ";
    LCP_RECEIVED_LAST: Bytes walk, "l2tp.avp.last_received_lcp_confreq", "Last Received LCP CONFREQ";
    AUTHEN_TYPE: U16 walk, "l2tp.avp.proxy_authen_type", "Proxy Authen Type";
    AUTHEN_NAME: Text walk, "l2tp.avp.proxy_authen_name", "Proxy Authen Name";
    AUTHEN_CHALLENGE: Bytes walk, "l2tp.avp.proxy_authen_challenge", "Proxy Authen Challenge";
    AUTHEN_RESPONSE: Bytes walk, "l2tp.avp.proxy_authen_response", "Proxy Authen Response";
    RANDOM_VECTOR: Bytes walk, "l2tp.avp.random_vector", "Random Vector";
    PRIVATE_GROUP: Bytes walk, "l2tp.avp.private_group_id", "Private Group ID";
    RX_CONNECT_SPEED: U32 walk, "l2tp.avp.rx_connect_speed", "Rx Connect Speed";
    ROUTER_ID: U32 walk, "l2tp.avp.router_id", "Router ID";
    ASSIGNED_CONTROL: U32 walk, "l2tp.avp.assigned_control_conn_id", "Assigned Control Connection ID";
    LOCAL_SESSION: U32 walk, "l2tp.avp.local_session_id", "Local Session ID";
    REMOTE_SESSION: U32 walk, "l2tp.avp.remote_session_id", "Remote Session ID";
    ASSIGNED_COOKIE: Bytes walk, "l2tp.avp.assigned_cookie", "Assigned Cookie";
    REMOTE_END: Text walk, "l2tp.avp.remote_end_id", "Remote End ID";
    PSEUDOWIRE: U16 walk, "l2tp.avp.pseudowire_type", "Pseudowire Type";
    L2_SUBLAYER: U16 walk, "l2tp.avp.layer2_specific_sublayer", "Layer2 Specific Sublayer";
    DATA_SEQUENCING: U16 walk, "l2tp.avp.data_sequencing", "Data Sequencing";
    PREFERRED_LANGUAGE: Text walk, "l2tp.avp.preferred_language", "Preferred Language";
    NONCE: Bytes walk, "l2tp.avp.nonce", "Nonce";
    RESULT_CODE: U16 walk, "l2tp.result_code", "Result code";
    ERROR_CODE: U16 walk, "l2tp.avp.error_code", "Error code";
    ERROR_MESSAGE: Text walk, "l2tp.avp.error_message", "Error Message";
    PROTOCOL_VERSION: U8 walk, "l2tp.avp.protocol_version", "Version";
    PROTOCOL_REVISION: U8 walk, "l2tp.avp.protocol_revision", "Revision";
    ASYNC_SUPPORTED: Bool walk, "l2tp.avp.async_framing_supported", "Async Framing Supported";
    SYNC_SUPPORTED: Bool walk, "l2tp.avp.sync_framing_supported", "Sync Framing Supported";
    ANALOG_SUPPORTED: Bool walk, "l2tp.avp.analog_access_supported", "Analog Access Supported";
    DIGITAL_SUPPORTED: Bool walk, "l2tp.avp.digital_access_supported", "Digital Access Supported";
    ANALOG_BEARER: Bool walk, "l2tp.avp.analog_bearer_type", "Analog Bearer Type";
    DIGITAL_BEARER: Bool walk, "l2tp.avp.digital_bearer_type", "Digital Bearer Type";
    ASYNC_FRAMING: Bool walk, "l2tp.avp.async_framing_type", "Async Framing Type";
    SYNC_FRAMING: Bool walk, "l2tp.avp.sync_framing_type", "Sync Framing Type";
    CAUSE_CODE: U16 walk, "l2tp.avp.cause_code", "Cause Code";
    CAUSE_MESSAGE: U8 walk, "l2tp.avp.cause_msg", "Cause Msg";
    ADVISORY: Text walk, "l2tp.avp.advisory_msg", "Advisory Msg";
    AUTHEN_ID: U8 walk, "l2tp.avp.proxy_authen_id", "Proxy Authen ID";
    CRC_ERRORS: U32 walk, "l2tp.avp.crc_errors", "CRC Errors";
    FRAMING_ERRORS: U32 walk, "l2tp.avp.framing_errors", "Framing Errors";
    HARDWARE_OVERRUNS: U32 walk, "l2tp.avp.hardware_overruns", "Hardware Overruns";
    BUFFER_OVERRUNS: U32 walk, "l2tp.avp.buffer_overruns", "Buffer Overruns";
    TIME_OUT_ERRORS: U32 walk, "l2tp.avp.time_out_errors", "Time-out Errors";
    ALIGNMENT_ERRORS: U32 walk, "l2tp.avp.alignment_errors", "Alignment Errors";
    SEND_ACCM: U32 walk, "l2tp.avp.send_accm", "Send ACCM";
    RECEIVE_ACCM: U32 walk, "l2tp.avp.receive_accm", "Receive ACCM";
    PW_TYPE: U16 walk, "l2tp.avp.pw_type", "PW Type";
    MESSAGE_DIGEST: Bytes walk, "l2tp.avp.message_digest", "Message Digest";
    CIRCUIT_STATUS: Bool walk, "l2tp.avp.circuit_status", "Circuit Status";
    CIRCUIT_TYPE: Bool walk, "l2tp.avp.circuit_type", "Circuit Type";
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
    out.put(VENDOR_ID, at + 2..at + 4, Value::Unsigned(vendor.into()));
    let kind = body.u16()?;
    if vendor == 0 {
        out.put(AVP_TYPE, at + 4..at + 6, Value::Unsigned(kind.into()));
        if word & 0x4000 == 0 {
            // A damaged value hides no other pair.
            let _ = value(kind, &mut body, out);
        }
    }
    out.close();
    Ok(())
}

/// How a value is read.
#[derive(Clone, Copy)]
enum How {
    Number(usize),
    Text,
    Bytes,
}

use How::{Bytes as Octets, Number, Text};

/// Attributes that are one value (RFC 2661 §4.4, RFC 3931 §5.4), by type.
const VALUES: &[(u16, How, FieldIndex)] = &[
    (6, Number(2), FIRMWARE_REVISION),
    (7, Text, HOST_NAME),
    (8, Text, VENDOR_NAME),
    (9, Number(2), ASSIGNED_TUNNEL),
    (10, Number(2), RECEIVE_WINDOW),
    (11, Octets, CHAP_CHALLENGE),
    (13, Octets, CHAP_RESPONSE),
    (14, Number(2), ASSIGNED_SESSION),
    (15, Number(4), CALL_SERIAL),
    (16, Number(4), MINIMUM_BPS),
    (17, Number(4), MAXIMUM_BPS),
    (21, Text, CALLED_NUMBER),
    (22, Text, CALLING_NUMBER),
    (23, Text, SUB_ADDRESS),
    (24, Number(4), CONNECT_SPEED),
    (25, Number(4), PHYSICAL_CHANNEL),
    (26, Octets, LCP_RECEIVED_FIRST),
    (27, Octets, LCP_SENT_LAST),
    (28, Octets, LCP_RECEIVED_LAST),
    (29, Number(2), AUTHEN_TYPE),
    (30, Text, AUTHEN_NAME),
    (31, Octets, AUTHEN_CHALLENGE),
    (33, Octets, AUTHEN_RESPONSE),
    (36, Octets, RANDOM_VECTOR),
    (37, Octets, PRIVATE_GROUP),
    (38, Number(4), RX_CONNECT_SPEED),
    (60, Number(4), ROUTER_ID),
    (61, Number(4), ASSIGNED_CONTROL),
    (63, Number(4), LOCAL_SESSION),
    (64, Number(4), REMOTE_SESSION),
    (65, Octets, ASSIGNED_COOKIE),
    (66, Text, REMOTE_END),
    (68, Number(2), PSEUDOWIRE),
    (69, Number(2), L2_SUBLAYER),
    (70, Number(2), DATA_SEQUENCING),
    (72, Text, PREFERRED_LANGUAGE),
    (73, Octets, NONCE),
];

/// RFC 2661 §4.4.
fn value(kind: u16, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if let Ok(found) = VALUES.binary_search_by_key(&kind, |&(kind, ..)| kind) {
        let (_, how, field) = VALUES[found];
        return match how {
            Number(width) => put_number(r, width, field, out).map(drop),
            Text => put_text(r, r.left(), field, out),
            Octets => put_rest(r, field, out),
        };
    }
    match kind {
        0 => put_number(r, 2, MESSAGE_TYPE, out).map(drop),
        1 => {
            put_number(r, 2, RESULT_CODE, out)?;
            if r.left() >= 2 {
                put_number(r, 2, ERROR_CODE, out)?;
            }
            if r.left() > 0 { put_text(r, r.left(), ERROR_MESSAGE, out) } else { Ok(()) }
        }
        2 => {
            put_number(r, 1, PROTOCOL_VERSION, out)?;
            put_number(r, 1, PROTOCOL_REVISION, out).map(drop)
        }
        3 => put_bits(r, [ASYNC_SUPPORTED, SYNC_SUPPORTED], out),
        4 => put_bits(r, [ANALOG_SUPPORTED, DIGITAL_SUPPORTED], out),
        5 => put_number(r, 8, TIE_BREAKER, out).map(drop),
        12 => {
            put_number(r, 2, CAUSE_CODE, out)?;
            put_number(r, 1, CAUSE_MESSAGE, out)?;
            if r.left() > 0 { put_text(r, r.left(), ADVISORY, out) } else { Ok(()) }
        }
        18 => put_bits(r, [ANALOG_BEARER, DIGITAL_BEARER], out),
        19 => put_bits(r, [ASYNC_FRAMING, SYNC_FRAMING], out),
        32 => {
            r.take(1)?;
            put_number(r, 1, AUTHEN_ID, out).map(drop)
        }
        34 => {
            r.take(2)?;
            for field in [
                CRC_ERRORS,
                FRAMING_ERRORS,
                HARDWARE_OVERRUNS,
                BUFFER_OVERRUNS,
                TIME_OUT_ERRORS,
                ALIGNMENT_ERRORS,
            ] {
                put_number(r, 4, field, out)?;
            }
            Ok(())
        }
        35 => {
            r.take(2)?;
            put_number(r, 4, SEND_ACCM, out)?;
            put_number(r, 4, RECEIVE_ACCM, out).map(drop)
        }
        // A digest behind its type (RFC 3931 §5.4.1).
        59 => {
            r.take(1)?;
            put_rest(r, MESSAGE_DIGEST, out)
        }
        62 => put_list(r, r.left() as u64 & !1, 2, PW_TYPE, out),
        71 => {
            let bits = r.u16()?;
            let at = r.at() - 2..r.at();
            out.put(CIRCUIT_STATUS, at.clone(), Value::Bool(bits & 1 != 0));
            out.put(CIRCUIT_TYPE, at, Value::Bool(bits & 2 != 0));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Two flags in 32 bits: the second one is the last bit (RFC 2661 §4.4.3).
fn put_bits(
    r: &mut Reader<'_>,
    [first, second]: [FieldIndex; 2],
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let bits = r.number(4)?;
    put_flags(r, 4, bits, &[(first, 2), (second, 1)], out);
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
