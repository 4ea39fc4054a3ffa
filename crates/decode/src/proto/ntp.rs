//! Network Time Protocol, RFC 5905; of control messages (RFC 9327) the first byte.

use super::prelude::*;
use crate::exchanges::{self, Exchange, Turn};

fields! {
    FLAGS: U8 at(0..1), "ntp.flags", "Flags", hex;
    LI: U8 bits(0..1, 0xc0), "ntp.flags.li", "Leap Indicator", names(LEAP), when(|v| mode(v.bytes) != 7);
    VN: U8 bits(0..1, 0x38), "ntp.flags.vn", "Version number";
    MODE: U8 bits(0..1, 0x07), "ntp.flags.mode", "Mode", names(MODES);
    STRATUM: U8 at(1..2), "ntp.stratum", "Peer Clock Stratum", names(STRATA), when(is_time);
    PPOLL: U8 at(2..3), "ntp.ppoll", "Peer Polling Interval", when(is_time);
    PRECISION: U8 at(3..4), "ntp.precision", "Peer Clock Precision", when(is_time);
    ROOTDELAY: U32 at(4..8), "ntp.rootdelay", "Root Delay", when(is_time);
    ROOTDISPERSION: U32 at(8..12), "ntp.rootdispersion", "Root Dispersion", when(is_time);
    REFID: Bytes at(12..16), "ntp.refid", "Reference ID", when(is_time);
    REFTIME: Time walk, "ntp.reftime", "Reference Timestamp";
    ORG: Time walk, "ntp.org", "Origin Timestamp";
    REC: Time walk, "ntp.rec", "Receive Timestamp";
    XMT: Time walk, "ntp.xmt", "Transmit Timestamp";
    REQUEST_IN: FrameNumber exchange(exchanges::request_frame), "ntp.request_in", "Request In";
    DELTA_TIME: Duration exchange(exchanges::elapsed), "ntp.delta_time", "Delta Time";
    EXT: None walk, "ntp.ext", "Extension";
    EXT_TYPE: U16 walk, "ntp.ext.type", "Field Type", hex;
    EXT_LENGTH: U16 walk, "ntp.ext.length", "Length";
    EXT_VALUE: Bytes walk, "ntp.ext.value", "Value";
    CTRL_FLAGS2: U8 at(1..2), "ntp.ctrl.flags2", "Flags 2", hex, when(is_control);
    CTRL_R: U8 bits(1..2, 0x80), "ntp.ctrl.flags2.r", "Response bit", names(&[(0, "Request"), (1, "Response")]), when(is_control);
    CTRL_ERROR: U8 bits(1..2, 0x40), "ntp.ctrl.flags2.error", "Error bit", when(is_control);
    CTRL_MORE: U8 bits(1..2, 0x20), "ntp.ctrl.flags2.more", "More bit", when(is_control);
    CTRL_OPCODE: U8 bits(1..2, 0x1f), "ntp.ctrl.flags2.opcode", "Opcode", names(OPCODES), when(is_control);
    CTRL_SEQUENCE: U16 at(2..4), "ntp.ctrl.sequence", "Sequence", when(is_control);
    CTRL_STATUS: U16 walk, "ntp.ctrl.status", "Status", hex;
    SYS_LI: U16 walk, "ntp.ctrl.sys_status.li", "Leap Indicator", names(LEAP);
    SYS_CLKSRC: U16 walk, "ntp.ctrl.sys_status.clksrc", "Clock Source";
    SYS_COUNT: U16 walk, "ntp.ctrl.sys_status.count", "System Event Counter";
    SYS_CODE: U16 walk, "ntp.ctrl.sys_status.code", "System Event Code";
    ERR_STATUS: U16 walk, "ntp.ctrl.err_status", "Error Status Word";
    PEER_CONFIG: Bool walk, "ntp.ctrl.peer_status.config", "Peer Status";
    PEER_AUTHENABLE: Bool walk, "ntp.ctrl.peer_status.authenable", "Peer Status";
    PEER_AUTHENTIC: Bool walk, "ntp.ctrl.peer_status.authentic", "Peer Status";
    PEER_REACH: Bool walk, "ntp.ctrl.peer_status.reach", "Peer Status";
    PEER_BCAST: Bool walk, "ntp.ctrl.peer_status.bcast", "Peer Status broadcast association";
    PEER_SELECTION: U16 walk, "ntp.ctrl.peer_status.selection", "Peer Selection";
    PEER_COUNT: U16 walk, "ntp.ctrl.peer_status.count", "Peer Event Counter";
    PEER_CODE: U16 walk, "ntp.ctrl.peer_status.code", "Peer Event Code";
    CTRL_ASSOCID: U16 walk, "ntp.ctrl.associd", "AssociationID";
    CTRL_OFFSET: U16 walk, "ntp.ctrl.offset", "Offset";
    CTRL_COUNT: U16 walk, "ntp.ctrl.count", "Count";
    CTRL_DATA: None walk, "ntp.ctrl.data", "Data";
    CTRL_ITEM: None walk, "ntp.ctrl.item", "Item";
    KEYID: Bytes walk, "ntp.keyid", "Key ID";
    MAC: Bytes walk, "ntp.mac", "Message Authentication Code";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(123)],
    fields: FIELDS,
    walk: Some(walk),
    exchange: Some(Exchange::new(turns)),
    info: Some(|view, out| {
        let first = view.bytes.u8(0);
        let name = crate::field::value_name(MODES, u64::from(first & 7)).unwrap_or("");
        put!(out, "NTP Version {}, {name}", first >> 3 & 7);
    }),
    ..Protocol::new("ntp", "Network Time Protocol", "NTP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(if mode(b) < 6 { 48 } else { 1 })?;
    Ok(Step::last(b))
}

/// A server's response has the time in it that its client sent (RFC 5905 §8).
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    let (origin, transmit) = (view.bytes.number(24, 32), view.bytes.number(40, 48));
    match (mode(view.bytes), origin, transmit) {
        (CLIENT, _, Some(transmit)) => out(Turn::Request(transmit)),
        (SERVER, Some(origin), _) => out(Turn::Response(origin)),
        _ => {}
    }
}

const CLIENT: u8 = 3;
const SERVER: u8 = 4;

const LEAP: crate::field::ValueNames = &[
    (0, "no warning"),
    (1, "last minute of the day has 61 seconds"),
    (2, "last minute of the day has 59 seconds"),
    (3, "unknown (clock unsynchronized)"),
];

const MODES: crate::field::ValueNames = &[
    (0, "reserved"),
    (1, "symmetric active"),
    (2, "symmetric passive"),
    (3, "client"),
    (4, "server"),
    (5, "broadcast"),
    (6, "control message"),
    (7, "private"),
];

const STRATA: crate::field::ValueNames =
    &[(0, "unspecified or invalid"), (1, "primary reference"), (16, "unsynchronized")];

/// The longest message authentication code with its key number (RFC 5905 §7.3).
const MAC_LENGTH: usize = 24;

fn mode(b: Bytes<'_>) -> u8 {
    b.u8(0) & 7
}

fn is_time(view: &View<'_>) -> bool {
    mode(view.bytes) < 6
}

fn is_control(view: &View<'_>) -> bool {
    mode(view.bytes) == 6
}

/// RFC 9327 §2.
const OPCODES: crate::field::ValueNames = &[
    (0, "Reserved"),
    (1, "Read status"),
    (2, "Read variables"),
    (3, "Write variables"),
    (4, "Read clock variables"),
    (5, "Write clock variables"),
    (6, "Set trap address/port"),
    (7, "Trap response"),
    (8, "Runtime configuration"),
    (9, "Export configuration to file"),
    (10, "Retrieve remote address stats"),
    (11, "Retrieve ordered list"),
    (12, "Request client-specific nonce"),
    (31, "Unset trap address/port"),
];

/// Control messages (RFC 9327 §2): what the status tells depends on whom it is of; a list of associations has one for each.
fn control(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const RESPONSE: u8 = 0x80;
    const ERROR: u8 = 0x40;
    let flags = view.bytes.u8(1);
    let opcode = flags & 0x1f;
    let mut r = Reader::new(view.header().0, 4);
    let status = put_number(&mut r, 2, CTRL_STATUS, out)?;
    let association = view.bytes.u16(6);
    if flags & ERROR != 0 {
        put_parts(&r, 2, status, &[(ERR_STATUS, 0xff00)], out);
    } else if flags & RESPONSE != 0 && matches!(opcode, 1 | 2) {
        if association == 0 {
            let parts = [(SYS_LI, 0xc000), (SYS_CLKSRC, 0x3f00), (SYS_COUNT, 0xf0), (SYS_CODE, 0x0f)];
            put_parts(&r, 2, status, &parts, out);
        } else {
            peer_status(&r, status, out);
        }
    }
    put_number(&mut r, 2, CTRL_ASSOCID, out)?;
    put_number(&mut r, 2, CTRL_OFFSET, out)?;
    let count = put_number(&mut r, 2, CTRL_COUNT, out)? as usize;
    if count == 0 {
        return Ok(());
    }
    let mut data = r.sub(count.min(r.left()))?;
    out.put(CTRL_DATA, data.at()..data.end(), Value::Present);
    while flags & RESPONSE != 0 && opcode == 1 && data.left() >= 4 {
        out.put(CTRL_ITEM, data.at()..data.at() + 4, Value::Present);
        put_number(&mut data, 2, CTRL_ASSOCID, out)?;
        let status = put_number(&mut data, 2, CTRL_STATUS, out)?;
        peer_status(&data, status, out);
    }
    Ok(())
}

fn peer_status(r: &Reader<'_>, status: u64, out: &mut dyn FieldSink) {
    let flags = [
        (PEER_CONFIG, 0x8000),
        (PEER_AUTHENABLE, 0x4000),
        (PEER_AUTHENTIC, 0x2000),
        (PEER_REACH, 0x1000),
        (PEER_BCAST, 0x0800),
    ];
    put_flags(r, 2, status, &flags, out);
    put_parts(r, 2, status, &[(PEER_SELECTION, 0x0700), (PEER_COUNT, 0xf0), (PEER_CODE, 0x0f)], out);
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if is_control(view) {
        return control(view, out);
    }
    if !is_time(view) {
        return Ok(());
    }
    let mut r = Reader::new(view.header().0, 16);
    for field in [REFTIME, ORG, REC, XMT] {
        let at = r.at();
        if let Some(time) = timestamp(r.number(4)?, r.number(4)?) {
            out.put(field, at..at + 8, Value::Time(time));
        }
    }
    while r.left() > MAC_LENGTH {
        extension(&mut r, out)?;
    }
    if r.left() >= 4 {
        put_bytes(&mut r, 4, KEYID, out)?;
    }
    put_rest(&mut r, MAC, out)
}

/// RFC 7822 §3.
fn extension(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let (kind, length) = (r.u16()?, r.u16()?);
    if length < 4 {
        return Err(Short::new(4, length.into()));
    }
    let value = r.take(usize::from(length) - 4)?;
    out.put(EXT, at..r.at(), Value::Present);
    out.put(EXT_TYPE, at..at + 2, Value::Unsigned(kind.into()));
    out.put(EXT_LENGTH, at + 2..at + 4, Value::Unsigned(length.into()));
    out.put(EXT_VALUE, at + 4..r.at(), Value::Bytes(value));
    Ok(())
}

/// Seconds since 1900, or since 2036 where the highest bit is 0 (RFC 4330 §3). Zero is no time (RFC 5905 §6).
pub(super) fn timestamp(seconds: u64, fraction: u64) -> Option<plaintap_packet::Nanos> {
    /// Seconds from 1900 to 1970.
    const TO_UNIX: i64 = 2_208_988_800;
    if seconds == 0 && fraction == 0 {
        return None;
    }
    let era = if seconds & 0x8000_0000 == 0 { 1_i64 << 32 } else { 0 };
    let seconds = seconds as i64 + era - TO_UNIX;
    Some(plaintap_packet::Nanos(seconds * 1_000_000_000 + ((fraction * 1_000_000_000) >> 32) as i64))
}
