//! Session Traversal Utilities for NAT, RFC 8489, and TURN's attributes, RFC 8656.

use super::prelude::*;
use super::stun_names::{ATTRIBUTES, CLASSES, METHODS};
use crate::exchanges::{self, Exchange, Turn};

fields! {
    TYPE: U16 at(0..2), "stun.type", "Message Type", hex;
    TYPE_ASSIGNMENT: U16 bits(0..2, 0x2000), "stun.type.method-assignment", "Message Method Assignment", hex;
    TYPE_METHOD: U16 bits(0..2, 0x3eef), "stun.type.method", "Message Method", hex, names(METHODS);
    TYPE_CLASS: U16 bits(0..2, 0x0110), "stun.type.class", "Message Class", hex;
    LENGTH: U16 at(2..4), "stun.length", "Message Length";
    COOKIE: Bytes at(4..8), "stun.cookie", "Message Cookie";
    ID: Bytes at(8..20), "stun.id", "Message Transaction ID";
    RESPONSE_TO: FrameNumber exchange(exchanges::request_frame), "stun.response-to", "Request In";
    TIME: Duration exchange(exchanges::elapsed), "stun.time", "Time";
    REQDUPLICATE: FrameNumber exchange(duplicate), "stun.reqduplicate", "Duplicated original message in";
    ATTRIBUTES_LIST: None walk, "stun.attributes", "Attributes", hidden;
    ATTRIBUTE: U16 walk, "stun.attribute", "Attribute Type", hex, names(ATTRIBUTES), hidden;
    ATT_TYPE: U16 walk, "stun.att.type", "Attribute Type", hex, names(ATTRIBUTES);
    ATT_COMPREHENSION: U16 walk, "stun.att.type.comprehension", "Attribute Type Comprehension", hex,
        names(&[(0, "Required"), (1, "Optional")]);
    ATT_ASSIGNMENT: U16 walk, "stun.att.type.assignment", "Attribute Type Assignment", hex,
        names(&[(0, "IETF Review"), (1, "Designated Expert")]);
    ATT_LENGTH: U16 walk, "stun.att.length", "Attribute Length";
    ATT_RESERVED: Bytes walk, "stun.att.reserved", "Reserved";
    ATT_TRANSPORT: U8 walk, "stun.att.transp", "Transport", hex, names(&[(6, "TCP"), (17, "UDP")]);
    ATT_CHANNEL: U16 walk, "stun.att.channelnum", "Channel-Number", hex;
    ATT_TOKEN: Bytes walk, "stun.att.token", "Token";
    ATT_PADDING: U16 walk, "stun.att.padding", "Padding";
    VALUE: Bytes walk, "stun.value", "Value";
    ATT_FAMILY: U8 walk, "stun.att.family", "Protocol Family", hex, names(&[(1, "IPv4"), (2, "IPv6")]);
    ATT_PORT: U16 walk, "stun.att.port", "Port";
    ATT_IPV4: Ip4 walk, "stun.att.ipv4", "IP";
    ATT_IPV6: Ip6 walk, "stun.att.ipv6", "IP";
    ATT_PORT_XORD: Bytes walk, "stun.att.port-xord", "Port (XOR-d)";
    ATT_IPV4_XORD: Bytes walk, "stun.att.ipv4-xord", "IP (XOR-d)";
    ATT_IPV6_XORD: Bytes walk, "stun.att.ipv6-xord", "IP (XOR-d)";
    ATT_USERNAME: Text walk, "stun.att.username", "Username";
    ATT_HMAC: Bytes walk, "stun.att.hmac", "HMAC-SHA1";
    ATT_CRC32: U32 walk, "stun.att.crc32", "CRC-32", hex;
    ATT_ERROR_CLASS: U8 walk, "stun.att.error.class", "Error Class";
    ATT_ERROR: U8 walk, "stun.att.error", "Error Code";
    ATT_ERROR_REASON: Text walk, "stun.att.error.reason", "Error Reason Phrase";
    ATT_REALM: Text walk, "stun.att.realm", "Realm";
    ATT_NONCE: Text walk, "stun.att.nonce", "Nonce";
    ATT_SOFTWARE: Text walk, "stun.att.software", "Software";
    ATT_PRIORITY: U32 walk, "stun.att.priority", "Priority";
    ATT_TIE_BREAKER: Bytes walk, "stun.att.tie-breaker", "Tie breaker";
    ATT_LIFETIME: U32 walk, "stun.att.lifetime", "Lifetime";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(3478)],
    fields: FIELDS,
    walk: Some(walk),
    exchange: Some(Exchange { unique: true, ..Exchange::new(turns) }),
    stream: Some(Stream { probe: begins, any_port: true, frame, prefix: 0, partial_counts: false }),
    datagrams: Some(Datagrams { admits: is_stun, recognise: Some(is_stun), keeps: false, follow: None }),
    info: Some(info),
    ..Protocol::new("stun", "Session Traversal Utilities for NAT", "STUN")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(20)?;
    Ok(Step::last(b))
}

/// A response has the transaction ID of its request (RFC 8489 §5), of which the last 64 bits are enough. Two bits of the type
/// are the class.
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    let id = view.bytes.number(12, 20).unwrap_or(0);
    match view.bytes.u16(0) & 0x0110 {
        0x0000 => out(Turn::Request(id)),
        0x0100 | 0x0110 => out(Turn::Response(id)),
        _ => {}
    }
}

fn duplicate(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    exchanges::repeated_request(view, out);
    exchanges::repeated_response(view, out);
}

/// Over TCP the messages follow one another (RFC 8489 §6.2.2).
fn begins(bytes: &[u8]) -> bool {
    let b = Bytes(bytes);
    b.len() >= 20 && b.u32(4) == COOKIE_VALUE && has_method(b) && b.u16(2).is_multiple_of(4)
}

fn frame(bytes: &[u8], _: &mut Framing<'_>) -> Length {
    match bytes.len() {
        0..20 => Length::Need,
        _ if begins(bytes) => Length::Known(20 + u64::from(Bytes(bytes).u16(2))),
        _ => Length::NotMine,
    }
}

/// The type, the cookie and the length (RFC 8489 §5): strong enough to know a datagram on any port.
fn is_stun(bytes: &[u8]) -> bool {
    let b = Bytes(bytes);
    b.u32(4) == COOKIE_VALUE && has_method(b) && usize::from(b.u16(2)) + 20 == b.len()
}

/// The two highest bits are 0, and methods have eight bits (§18.2): others are of dialects whose attributes are not
/// known.
fn has_method(b: Bytes<'_>) -> bool {
    b.u8(0) & 0xc0 == 0 && method(b) <= 0xff
}

/// The bits of the class lie between those of the method (§5).
fn method(b: Bytes<'_>) -> u16 {
    let kind = b.u16(0);
    kind & 0xf | kind >> 1 & 0x70 | kind >> 2 & 0xf80
}

const COOKIE_VALUE: u32 = 0x2112_a442;

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 20);
    if r.left() > 0 {
        out.put(ATTRIBUTES_LIST, 20..r.end(), Value::Present);
    }
    while r.left() >= 4 {
        let at = r.at();
        let kind = r.u16()?;
        let length = usize::from(r.u16()?);
        let mut value = r.sub(length)?;
        let name = crate::field::value_name(ATTRIBUTES, kind.into()).unwrap_or("Unknown");
        out.open(at..r.at(), format_args!("{name}"));
        out.put(ATTRIBUTE, at..at + 2, Value::Unsigned(kind.into()));
        out.put(ATT_TYPE, at..at + 2, Value::Unsigned(kind.into()));
        // RFC 8489 §18.3.
        out.put(ATT_COMPREHENSION, at..at + 2, Value::Unsigned(u64::from(kind >> 15)));
        out.put(ATT_ASSIGNMENT, at..at + 2, Value::Unsigned(u64::from(kind >> 14 & 1)));
        out.put(ATT_LENGTH, at + 2..at + 4, Value::Unsigned(length as u64));
        // A value of a wrong length does not hide the next attribute.
        let _ = attribute(kind, &mut value, out);
        out.close();
        // Attributes begin at multiples of 4 bytes (§14).
        let padding = (4 - length % 4) % 4;
        if padding > 0 {
            out.put(ATT_PADDING, r.at()..r.at() + padding, Value::Unsigned(padding as u64));
        }
        r.take(padding)?;
    }
    Ok(())
}

fn attribute(kind: u16, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let left = r.left();
    match kind {
        0x0001 | 0x0002 | 0x0004 | 0x0005 | 0x000b | 0x8023 | 0x802b | 0x802c => address(r, out),
        0x0012 | 0x0016 | 0x0020 => xor_address(r, out),
        0x0006 => put_text(r, left, ATT_USERNAME, out),
        0x0008 => put_bytes(r, left, ATT_HMAC, out),
        0x0009 => {
            r.take(2)?;
            let at = r.at();
            out.put(ATT_ERROR_CLASS, at..at + 1, Value::Unsigned(u64::from(r.u8()? & 7)));
            put_number(r, 1, ATT_ERROR, out)?;
            put_text(r, left - 4, ATT_ERROR_REASON, out)
        }
        // TURN (RFC 8656 §18).
        0x000c => {
            put_number(r, 2, ATT_CHANNEL, out)?;
            put_rest(r, ATT_RESERVED, out)
        }
        0x000d => put_number(r, 4, ATT_LIFETIME, out).map(drop),
        0x0019 => {
            put_number(r, 1, ATT_TRANSPORT, out)?;
            put_bytes(r, 3, ATT_RESERVED, out)
        }
        0x0022 => put_bytes(r, 8, ATT_TOKEN, out),
        0x0014 => put_text(r, left, ATT_REALM, out),
        0x0015 => put_text(r, left, ATT_NONCE, out),
        0x0024 => put_number(r, 4, ATT_PRIORITY, out).map(drop),
        0x8022 => put_text(r, left, ATT_SOFTWARE, out),
        0x8028 => put_number(r, 4, ATT_CRC32, out).map(drop),
        0x8029 | 0x802a => put_bytes(r, 8, ATT_TIE_BREAKER, out),
        _ => put_rest(r, VALUE, out),
    }
}

/// RFC 8489 §14.1.
fn address(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_bytes(r, 1, ATT_RESERVED, out)?;
    let family = put_number(r, 1, ATT_FAMILY, out)?;
    put_number(r, 2, ATT_PORT, out)?;
    match family {
        1 => put_ip4(r, ATT_IPV4, out),
        2 => put_ip6(r, ATT_IPV6, out),
        _ => Ok(()),
    }
}

/// RFC 8489 §14.2: what was mixed with the cookie, and for IPv6 the transaction too, in its clear form as well.
fn xor_address(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_bytes(r, 1, ATT_RESERVED, out)?;
    let family = put_number(r, 1, ATT_FAMILY, out)?;
    let mask: [u8; 16] = Bytes(r.whole()).array(4).unwrap_or_default();
    let at = r.at();
    put_bytes(r, 2, ATT_PORT_XORD, out)?;
    let port = Bytes(r.whole()).u16(at) ^ (COOKIE_VALUE >> 16) as u16;
    out.put(ATT_PORT, at..at + 2, Value::Unsigned(port.into()));
    let at = r.at();
    if family == 1 {
        put_bytes(r, 4, ATT_IPV4_XORD, out)?;
        let address = Bytes(r.whole()).u32(at) ^ COOKIE_VALUE;
        out.put(ATT_IPV4, at..at + 4, Value::Ip4(address.to_be_bytes()));
    } else if family == 2 {
        put_bytes(r, 16, ATT_IPV6_XORD, out)?;
        let mut address: [u8; 16] = Bytes(r.whole()).array(at).unwrap_or_default();
        address.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
        out.put(ATT_IPV6, at..at + 16, Value::Ip6(address));
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let kind = view.bytes.u16(0);
    let method = u64::from(method(view.bytes));
    put!(
        out,
        "{} {}",
        crate::field::value_name(METHODS, method).unwrap_or("Unknown"),
        crate::field::value_name(CLASSES, u64::from(kind & 0x110)).unwrap_or("")
    );
    for (field, label) in [(ATT_USERNAME, " user: "), (ATT_IPV4, " "), (ATT_IPV6, " ")] {
        let Some(row) = FIELDS.get(usize::from(field.0)) else { continue };
        view.values(field, row, &mut |_, value| {
            out.push_str(label);
            crate::text::write_value(None, &value, out);
        });
    }
}
