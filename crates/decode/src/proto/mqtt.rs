//! MQ Telemetry Transport 3.1.1 and 5 (OASIS): the fixed header of all packets, and what connects, publishes and
//! subscribes. Properties of version 5 are passed over.

use super::prelude::*;

fields! {
    HDRFLAGS: U8 at(0..1), "mqtt.hdrflags", "Header Flags", hex;
    MSGTYPE: U8 bits(0..1, 0xf0), "mqtt.msgtype", "Message Type", names(TYPES);
    HDR_RESERVED: U8 bits(0..1, 0x0f), "mqtt.hdr_reserved", "Reserved", when(|v| kind(v) != PUBLISH);
    DUPFLAG: Bool bits(0..1, 0x08), "mqtt.dupflag", "DUP Flag", when(|v| kind(v) == PUBLISH);
    QOS: U8 bits(0..1, 0x06), "mqtt.qos", "QoS Level", names(QOS_LEVELS), when(|v| kind(v) == PUBLISH);
    RETAIN: Bool bits(0..1, 0x01), "mqtt.retain", "Retain", when(|v| kind(v) == PUBLISH);
    LEN: U64 walk, "mqtt.len", "Msg Len";
    PROTO_LEN: U16 walk, "mqtt.proto_len", "Protocol Name Length";
    PROTONAME: Text walk, "mqtt.protoname", "Protocol Name";
    VER: U8 walk, "mqtt.ver", "Version", names(&[(3, "MQTT v3.1"), (4, "MQTT v3.1.1"), (5, "MQTT v5.0")]);
    CONFLAGS: U8 walk, "mqtt.conflags", "Connect Flags", hex;
    CONFLAG_UNAME: Bool walk, "mqtt.conflag.uname", "User Name Flag";
    CONFLAG_PASSWD: Bool walk, "mqtt.conflag.passwd", "Password Flag";
    CONFLAG_RETAIN: Bool walk, "mqtt.conflag.retain", "Will Retain";
    CONFLAG_QOS: U8 walk, "mqtt.conflag.qos", "QoS Level", names(QOS_LEVELS);
    CONFLAG_WILL: Bool walk, "mqtt.conflag.willflag", "Will Flag";
    CONFLAG_CLEAN: Bool walk, "mqtt.conflag.cleansess", "Clean Session Flag";
    CONFLAG_RESERVED: Bool walk, "mqtt.conflag.reserved", "(Reserved)";
    KALIVE: U16 walk, "mqtt.kalive", "Keep Alive";
    CLIENTID_LEN: U16 walk, "mqtt.clientid_len", "Client ID Length";
    CLIENTID: Text walk, "mqtt.clientid", "Client ID";
    WILLTOPIC_LEN: U16 walk, "mqtt.willtopic_len", "Will Topic Length";
    WILLTOPIC: Text walk, "mqtt.willtopic", "Will Topic";
    WILLMSG_LEN: U16 walk, "mqtt.willmsg_len", "Will Message Length";
    WILLMSG: Bytes walk, "mqtt.willmsg", "Will Message";
    USERNAME_LEN: U16 walk, "mqtt.username_len", "User Name Length";
    USERNAME: Text walk, "mqtt.username", "User Name";
    PASSWD_LEN: U16 walk, "mqtt.passwd_len", "Password Length";
    PASSWD: Text walk, "mqtt.passwd", "Password";
    CONACK_FLAGS: U8 walk, "mqtt.conack.flags", "Acknowledge Flags", hex;
    CONACK_RESERVED: Bool walk, "mqtt.conack.flags.reserved", "Reserved";
    CONACK_SP: Bool walk, "mqtt.conack.flags.sp", "Session Present";
    CONACK_VAL: U8 walk, "mqtt.conack.val", "Return Code", names(RETURN_CODES);
    TOPIC_LEN: U16 walk, "mqtt.topic_len", "Topic Length";
    TOPIC: Text walk, "mqtt.topic", "Topic";
    MSGID: U16 walk, "mqtt.msgid", "Message Identifier";
    MSG: Bytes walk, "mqtt.msg", "Message";
    SUB_QOS: U8 walk, "mqtt.sub.qos", "Requested QoS", names(QOS_LEVELS);
    SUBACK_QOS: U8 walk, "mqtt.suback.qos", "Granted QoS", names(QOS_LEVELS);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(1883), Claim::Alpn("mqtt")],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: false }),
    info: Some(info),
    ..Protocol::new("mqtt", "MQ Telemetry Transport Protocol", "MQTT")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(2)?;
    Ok(Step::last(b))
}

const CONNECT: u8 = 1;
const PUBLISH: u8 = 3;
const SUBSCRIBE: u8 = 8;
const UNSUBSCRIBE: u8 = 10;

const TYPES: crate::field::ValueNames = &[
    (0, "Reserved"),
    (1, "Connect Command"),
    (2, "Connect Ack"),
    (3, "Publish Message"),
    (4, "Publish Ack"),
    (5, "Publish Received"),
    (6, "Publish Release"),
    (7, "Publish Complete"),
    (8, "Subscribe Request"),
    (9, "Subscribe Ack"),
    (10, "Unsubscribe Request"),
    (11, "Unsubscribe Ack"),
    (12, "Ping Request"),
    (13, "Ping Response"),
    (14, "Disconnect Req"),
    (15, "Authentication Exchange"),
];

const QOS_LEVELS: crate::field::ValueNames = &[
    (0, "At most once delivery (Fire and Forget)"),
    (1, "At least once delivery (Acknowledged deliver)"),
    (2, "Exactly once delivery (Assured Delivery)"),
    (3, "Reserved"),
    (128, "Failure"),
];

const RETURN_CODES: crate::field::ValueNames = &[
    (0, "Connection Accepted"),
    (1, "Connection Refused: unacceptable protocol version"),
    (2, "Connection Refused: identifier rejected"),
    (3, "Connection Refused: server unavailable"),
    (4, "Connection Refused: bad user name or password"),
    (5, "Connection Refused: not authorized"),
];

fn kind(view: &View<'_>) -> u8 {
    view.bytes.u8(0) >> 4
}

/// A packet type with the flags that it must have (MQTT 3.1.1 §2.2.2).
fn probe(b: &[u8]) -> bool {
    b.first().is_some_and(|&first| match first >> 4 {
        0 => false,
        PUBLISH => first & 6 != 6,
        6 | SUBSCRIBE | UNSUBSCRIBE => first & 15 == 2,
        _ => first & 15 == 0,
    })
}

fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    match remaining_length(b) {
        Ok(Some((length, behind))) => Length::Known(behind as u64 + length),
        Ok(None) => Length::Need,
        Err(TooLong) => Length::NotMine,
    }
}

/// The number has more than four bytes.
struct TooLong;

/// Seven bits a byte, the lowest first, at most four bytes (§2.2.3), and the offset behind them.
fn remaining_length(b: &[u8]) -> Result<Option<(u64, usize)>, TooLong> {
    let mut length = 0;
    for i in 0..4 {
        let Some(&byte) = b.get(1 + i) else { return Ok(None) };
        length |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Ok(Some((length, 2 + i)));
        }
    }
    Err(TooLong)
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let bytes = view.header().0;
    let Ok(Some((length, behind))) = remaining_length(bytes) else { return Ok(()) };
    out.put(LEN, 1..behind, Value::Unsigned(length));
    let mut r = Reader::new(bytes, behind);
    match kind(view) {
        CONNECT => connect(&mut r, out),
        2 => {
            let flags = put_number(&mut r, 1, CONACK_FLAGS, out)?;
            put_flags(&r, 1, flags, &[(CONACK_RESERVED, 0xfe), (CONACK_SP, 1)], out);
            put_number(&mut r, 1, CONACK_VAL, out).map(drop)
        }
        PUBLISH => {
            put_string(&mut r, [TOPIC_LEN, TOPIC], out)?;
            if view.bytes.u8(0) & 6 != 0 {
                put_number(&mut r, 2, MSGID, out)?;
            }
            put_rest(&mut r, MSG, out)
        }
        4..=7 | 11 => put_number(&mut r, 2, MSGID, out).map(drop),
        SUBSCRIBE => {
            put_number(&mut r, 2, MSGID, out)?;
            while r.left() > 0 {
                put_string(&mut r, [TOPIC_LEN, TOPIC], out)?;
                let at = r.at();
                out.put(SUB_QOS, at..at + 1, Value::Unsigned(u64::from(r.u8()? & 3)));
            }
            Ok(())
        }
        9 => {
            put_number(&mut r, 2, MSGID, out)?;
            put_list(&mut r, length.saturating_sub(2), 1, SUBACK_QOS, out)
        }
        UNSUBSCRIBE => {
            put_number(&mut r, 2, MSGID, out)?;
            while r.left() > 0 {
                put_string(&mut r, [TOPIC_LEN, TOPIC], out)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// MQTT 3.1.1 §3.1.
fn connect(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_string(r, [PROTO_LEN, PROTONAME], out)?;
    let version = put_number(r, 1, VER, out)?;
    let flags = put_number(r, 1, CONFLAGS, out)?;
    put_flags(r, 1, flags, &[(CONFLAG_UNAME, 0x80), (CONFLAG_PASSWD, 0x40), (CONFLAG_RETAIN, 0x20)], out);
    out.put(CONFLAG_QOS, r.at() - 1..r.at(), Value::Unsigned(flags >> 3 & 3));
    put_flags(r, 1, flags, &[(CONFLAG_WILL, 4), (CONFLAG_CLEAN, 2), (CONFLAG_RESERVED, 1)], out);
    put_number(r, 2, KALIVE, out)?;
    let properties = |r: &mut Reader<'_>| match version {
        5 => skip_properties(r),
        _ => Ok(()),
    };
    properties(r)?;
    put_string(r, [CLIENTID_LEN, CLIENTID], out)?;
    if flags & 4 != 0 {
        properties(r)?;
        put_string(r, [WILLTOPIC_LEN, WILLTOPIC], out)?;
        let length = put_number(r, 2, WILLMSG_LEN, out)?;
        put_bytes(r, length as usize, WILLMSG, out)?;
    }
    if flags & 0x80 != 0 {
        put_string(r, [USERNAME_LEN, USERNAME], out)?;
    }
    if flags & 0x40 != 0 {
        put_string(r, [PASSWD_LEN, PASSWD], out)?;
    }
    Ok(())
}

/// MQTT 5 §2.2.2: their length in the form of the remaining length, and they themselves.
fn skip_properties(r: &mut Reader<'_>) -> Result<(), Short> {
    let mut length = 0;
    for i in 0..4 {
        let byte = r.u8()?;
        length |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            break;
        }
    }
    r.take(length).map(drop)
}

fn put_string(
    r: &mut Reader<'_>,
    [length_field, field]: [FieldIndex; 2],
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let length = put_number(r, 2, length_field, out)?;
    put_text(r, length as usize, field, out)
}

fn info(view: &View<'_>, out: &mut String) {
    out.push_str(crate::field::value_name(TYPES, kind(view).into()).unwrap_or("Reserved"));
    for (field, open, close) in [(MSGID, " (id=", ")"), (TOPIC, " [", "]")] {
        let Some(row) = FIELDS.get(usize::from(field.0)) else { continue };
        view.values(field, row, &mut |_, value| {
            out.push_str(open);
            crate::text::write_value(None, &value, out);
            out.push_str(close);
        });
    }
}
