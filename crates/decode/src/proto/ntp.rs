//! Network Time Protocol, RFC 5905; of control messages (RFC 9327) the first byte.

use super::prelude::*;

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
    EXT: None walk, "ntp.ext", "Extension";
    EXT_TYPE: U16 walk, "ntp.ext.type", "Field Type", hex;
    EXT_LENGTH: U16 walk, "ntp.ext.length", "Length";
    EXT_VALUE: Bytes walk, "ntp.ext.value", "Value";
    KEYID: Bytes walk, "ntp.keyid", "Key ID";
    MAC: Bytes walk, "ntp.mac", "Message Authentication Code";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(123)],
    fields: FIELDS,
    walk: Some(walk),
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

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
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
