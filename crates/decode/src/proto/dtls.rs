//! Datagram Transport Layer Security 1.0 and 1.2 (RFC 6347), and the records of 1.3 (RFC 9147). One record is one layer; the
//! handshake messages are those of TLS.
//!
//! Which epochs are encrypted is plain to see; version, key exchange and fragments are known to the flow stage, which leaves
//! them in [`tls::detail`](super::tls::detail).

use super::prelude::*;
use super::tls::handshake::{self, Carrier, Context, DatagramFields};
use super::tls::{KeyExchange, content, detail, handshake_fields};
use super::tls_names::{ALERT_LEVELS, ALERTS, CONTENT_TYPES, VERSIONS};

handshake_fields! { "dtls";
    RECORD: None walk, "dtls.record", "Record Layer";
    CONTENT_TYPE: U8 walk, "dtls.record.content_type", "Content Type", names(CONTENT_TYPES);
    VERSION: U16 walk, "dtls.record.version", "Version", hex, names(VERSIONS);
    EPOCH: U16 walk, "dtls.record.epoch", "Epoch";
    SEQUENCE_NUMBER: U64 walk, "dtls.record.sequence_number", "Sequence Number";
    RECORD_CONNECTION_ID: Bytes walk, "dtls.record.connection_id", "Connection ID";
    LENGTH: U16 walk, "dtls.record.length", "Length";
    APP_DATA: Bytes walk, "dtls.app_data", "Encrypted Application Data";
    ENC_CONTENT: Bytes walk, "dtls.enc_content", "Encrypted Record Content";
    CHANGE_CIPHER_SPEC: None walk, "dtls.change_cipher_spec", "Change Cipher Spec Message";
    ALERT_MESSAGE: None walk, "dtls.alert_message", "Alert Message";
    ALERT_LEVEL: U8 walk, "dtls.alert_message.level", "Level", names(ALERT_LEVELS);
    ALERT_DESC: U8 walk, "dtls.alert_message.desc", "Description", names(ALERTS);
    MESSAGE_SEQ: U16 walk, "dtls.handshake.message_seq", "Message Sequence";
    FRAGMENT_OFFSET: U24 walk, "dtls.handshake.fragment_offset", "Fragment Offset";
    FRAGMENT_LENGTH: U24 walk, "dtls.handshake.fragment_length", "Fragment Length";
    HELLO_COOKIE_LENGTH: U8 walk, "dtls.handshake.cookie_length", "Cookie Length";
    HELLO_COOKIE: Bytes walk, "dtls.handshake.cookie", "Cookie";
    SRTP_PROFILES_LENGTH: U16 walk, "dtls.use_srtp.protection_profiles_length",
        "SRTP Protection Profiles Length";
    SRTP_PROFILE: U16 walk, "dtls.use_srtp.protection_profile", "SRTP Protection Profile", hex;
    SRTP_MKI_LENGTH: U8 walk, "dtls.use_srtp.mki_length", "MKI Length";
    SRTP_MKI: Bytes walk, "dtls.use_srtp.mki", "MKI";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::Flow],
    fields: FIELDS,
    walk: Some(walk),
    datagrams: Some(Datagrams { admits: may_be_dtls, recognise: Some(is_dtls), keeps: true, follow: None }),
    column_of: Some(column),
    info: Some(info),
    ..Protocol::new("dtls", "Datagram Transport Layer Security", "DTLS")
};

/// Versions on the wire; each is the complement of that of TLS.
mod version {
    pub(super) const DTLS_1_0: u16 = 0xfeff;
    pub(super) const DTLS_1_2: u16 = 0xfefd;
    pub(super) const DTLS_1_3: u16 = 0xfefc;
    /// What OpenSSL used before the standard, and AnyConnect still does.
    pub(super) const OPENSSL: u16 = 0x0100;
}

/// The header of a record up to version 1.2.
pub(crate) const HEADER: usize = 13;
/// The header of a fragment of a handshake message (RFC 6347 §4.2.2).
pub(crate) const FRAGMENT_HEADER: usize = 12;
/// A record with a connection ID (RFC 9146 §4).
const TLS12_CID: u8 = 25;
/// Longer connection IDs are not looked for: they cost bytes in each record.
const MAX_CONNECTION_ID: usize = 20;

/// Whether a datagram begins with a record.
fn is_dtls(bytes: &[u8]) -> bool {
    let b = Bytes(bytes);
    let version = b.u16(1);
    b.len() >= HEADER
        && (20..=TLS12_CID).contains(&b.u8(0))
        && matches!(version, version::DTLS_1_0 | version::DTLS_1_2 | version::OPENSSL)
        && (b.u8(0) == TLS12_CID || b.len() >= HEADER + usize::from(b.u16(11)))
}

/// Whether a datagram of a conversation known to be DTLS is: once keys are agreed on, records of version 1.3 begin with their
/// own header.
fn may_be_dtls(bytes: &[u8]) -> bool {
    is_dtls(bytes) || bytes.first().is_some_and(|&first| is_unified(first))
}

/// The first three bits of a record of version 1.3 (RFC 9147 §4).
const fn is_unified(first: u8) -> bool {
    first >> 5 == 1
}

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(1)?;
    let length = if is_unified(b.u8(0)) {
        unified(b).map_or(b.len(), |record| record.end)
    } else {
        b.need(HEADER)?;
        if b.u8(0) == TLS12_CID {
            with_connection_id(b).map_or(b.len(), |record| record.end)
        } else {
            HEADER + usize::from(b.u16(11))
        }
    };
    let next = if b.len() > length { id::dtls } else { ProtocolId::NONE };
    let detail = if is_unified(b.u8(0)) { 0x0304 } else { as_tls(b.u16(1)).into() };
    Ok(Step { header: length as u32, end: Step::ALL, next, detail })
}

/// Where the parts of a record with a connection ID are.
#[derive(Clone, Copy)]
struct Parts {
    connection_id: usize,
    /// The offset of the length. None where the record has none and takes all that is left (RFC 9147 §4).
    length: Option<usize>,
    content: usize,
    end: usize,
}

/// The connection ID's length is known only to the two ends. It is the one with which the records fill the datagram: two
/// that do are as good as impossible, but where there is nothing to fill.
fn search(b: Bytes<'_>, parts: impl Fn(usize, usize) -> Option<Parts>) -> Option<Parts> {
    /// No datagram has more records.
    const MAX_RECORDS: usize = 64;
    (1..=MAX_CONNECTION_ID).find_map(|size| {
        let first = parts(0, size)?;
        let mut end = first.end;
        for _ in 1..MAX_RECORDS {
            if end >= b.len() {
                break;
            }
            end = parts(end, size)?.end;
        }
        (end == b.len()).then_some(first)
    })
}

/// A record of version 1.2 with a connection ID (RFC 9146 §4).
fn with_connection_id(b: Bytes<'_>) -> Option<Parts> {
    const CONNECTION_ID: usize = 11;
    search(b, |at, size| {
        let length = at + CONNECTION_ID + size;
        let end = length + 2 + b.number(length, length + 2)? as usize;
        let same = b.u8(at) == TLS12_CID && b.array::<2>(at + 1) == b.array(1);
        same.then_some(Parts {
            connection_id: at + CONNECTION_ID,
            length: Some(length),
            content: length + 2,
            end,
        })
    })
}

/// A record of version 1.3 (RFC 9147 §4): the first byte says whether there is a connection ID, how long the sequence number
/// is, and whether there is a length.
fn unified(b: Bytes<'_>) -> Option<Parts> {
    let parts = |at: usize, size: usize| {
        let first = b.0.get(at).copied().filter(|first| is_unified(*first))?;
        let length = at + 1 + size + if first & 8 != 0 { 2 } else { 1 };
        if first & 4 == 0 {
            return Some(Parts { connection_id: at + 1, length: None, content: length, end: b.len() });
        }
        let end = length + 2 + b.number(length, length + 2)? as usize;
        Some(Parts { connection_id: at + 1, length: Some(length), content: length + 2, end })
    };
    match b.u8(0) & 0x14 {
        0x14 => search(b, parts),
        // Without a length nothing tells where the connection ID ends.
        0x10 => None,
        _ => parts(0, 0),
    }
}

/// The version of TLS that one of DTLS is made of (RFC 6347 §1).
pub(crate) const fn as_tls(version: u16) -> u16 {
    match version {
        version::DTLS_1_3 => 0x0304,
        version::DTLS_1_2 => 0x0303,
        _ => 0x0302,
    }
}

/// A fragment of a handshake message in the clear.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fragment<'a> {
    pub(crate) kind: u8,
    /// Of the whole message.
    pub(crate) length: usize,
    pub(crate) message_seq: u16,
    pub(crate) offset: usize,
    pub(crate) bytes: &'a [u8],
}

/// Whether a record has a key: those of epoch 0 have none. Of records with a connection ID the length is not known.
pub(crate) fn is_protected(record: &[u8]) -> bool {
    let b = Bytes(record);
    b.len() >= HEADER && !is_unified(b.u8(0)) && b.u8(0) != TLS12_CID && b.u16(3) > 0
}

/// Whether a record holds handshake messages in the clear.
pub(crate) fn is_clear_handshake(record: &[u8]) -> bool {
    record.first() == Some(&content::HANDSHAKE) && record.get(3..5) == Some(&[0, 0])
}

/// The fragments of handshake messages from `at` on, with the offset of each.
pub(crate) fn fragments(bytes: &[u8], at: usize) -> impl Iterator<Item = (usize, Fragment<'_>)> {
    let mut r = Reader::new(bytes, at.min(bytes.len()));
    std::iter::from_fn(move || {
        let at = r.at();
        let kind = r.u8().ok()?;
        let length = r.number(3).ok()? as usize;
        let message_seq = r.u16().ok()?;
        let offset = r.number(3).ok()? as usize;
        let part = r.number(3).ok()? as usize;
        let bytes = r.take(part).ok()?;
        Some((at, Fragment { kind, length, message_seq, offset, bytes }))
    })
}

/// What DTLS protects on these ports: DNS (RFC 8094), CoAP (RFC 7252), syslog (RFC 6012), SNMP (RFC 6353), RADIUS (RFC 7360)
/// and STUN (RFC 7350).
pub(crate) const fn secured_by_port(port: u16) -> Option<ProtocolId> {
    match port {
        853 => Some(id::dns),
        5684 => Some(id::coap),
        6514 => Some(id::syslog),
        10161 | 10162 => Some(id::snmp),
        2083 => Some(id::radius),
        5349 => Some(id::stun),
        _ => None,
    }
}

const CARRIER: Carrier = Carrier::Datagrams(DatagramFields {
    cookie_length: HELLO_COOKIE_LENGTH,
    cookie: HELLO_COOKIE,
    srtp_profiles_length: SRTP_PROFILES_LENGTH,
    srtp_profile: SRTP_PROFILE,
    srtp_mki_length: SRTP_MKI_LENGTH,
    srtp_mki: SRTP_MKI,
});

fn context(view: &View<'_>) -> Context {
    let detail = view.layer.detail;
    Context { version: detail as u16, key_exchange: KeyExchange::of_number(detail >> 27), carrier: CARRIER }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 0);
    let detail = view.layer.detail;
    if detail & detail::BARE != 0 {
        let kind = (detail >> 16) as u8;
        if detail & detail::FRAGMENT == 0 {
            return handshake::content(kind, &mut r, context(view), out);
        }
        return readable(kind, &mut r, context(view), out);
    }
    if is_unified(view.bytes.u8(0)) {
        return unified_record(view, &mut r, out);
    }
    out.put(RECORD, 0..r.end(), Value::Present);
    let kind = put_number(&mut r, 1, CONTENT_TYPE, out)? as u8;
    put_number(&mut r, 2, VERSION, out)?;
    let epoch = put_number(&mut r, 2, EPOCH, out)?;
    put_number(&mut r, 6, SEQUENCE_NUMBER, out)?;
    if kind == TLS12_CID {
        // Those behind it in the datagram are layers of their own.
        let parts = with_connection_id(view.bytes).or_else(|| with_connection_id(view.header()));
        if let Some(Parts { connection_id, length: Some(length), .. }) = parts {
            put_bytes(&mut r, length - connection_id, RECORD_CONNECTION_ID, out)?;
            put_number(&mut r, 2, LENGTH, out)?;
        }
        return put_rest(&mut r, ENC_CONTENT, out);
    }
    put_number(&mut r, 2, LENGTH, out)?;
    let at = r.at()..r.end();
    if epoch == 0 && kind != content::APPLICATION_DATA {
        return readable(kind, &mut r, context(view), out);
    }
    let decrypted = detail & detail::ENCRYPTED != 0;
    match kind {
        content::APPLICATION_DATA => put_bytes(&mut r, at.len(), APP_DATA, out)?,
        // Decrypted: the plaintext has a layer of its own.
        _ if decrypted => {}
        content::CHANGE_CIPHER_SPEC => out.put(CHANGE_CIPHER_SPEC, at, Value::Present),
        content::ALERT => out.put(ALERT_MESSAGE, at, Value::Present),
        content::HANDSHAKE => out.put(HANDSHAKE, at, Value::Present),
        _ => {}
    }
    Ok(())
}

/// A record of version 1.3. Its sequence number is encrypted (RFC 9147 §4.2.3), of its epoch two bits are there.
fn unified_record(view: &View<'_>, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    out.put(RECORD, 0..r.end(), Value::Present);
    out.put(EPOCH, 0..1, Value::Unsigned(u64::from(view.bytes.u8(0) & 3)));
    let Some(parts) = unified(view.bytes).or_else(|| unified(view.header())) else {
        r.take(1)?;
        return put_rest(r, ENC_CONTENT, out);
    };
    let sequence = if view.bytes.u8(0) & 8 != 0 { 2 } else { 1 };
    let number = parts.length.unwrap_or(parts.content) - sequence;
    r.skip_to(parts.connection_id)?;
    if number > parts.connection_id {
        put_bytes(r, number - parts.connection_id, RECORD_CONNECTION_ID, out)?;
    }
    r.skip_to(parts.length.unwrap_or(parts.content))?;
    if parts.length.is_some() {
        put_number(r, 2, LENGTH, out)?;
    }
    put_rest(r, ENC_CONTENT, out)
}

/// The content of a record in the clear.
fn readable(kind: u8, r: &mut Reader<'_>, context: Context, out: &mut dyn FieldSink) -> Result<(), Short> {
    match kind {
        content::CHANGE_CIPHER_SPEC => out.put(CHANGE_CIPHER_SPEC, r.at()..r.end(), Value::Present),
        content::ALERT => {
            out.put(ALERT_MESSAGE, r.at()..r.end(), Value::Present);
            put_number(r, 1, ALERT_LEVEL, out)?;
            put_number(r, 1, ALERT_DESC, out)?;
        }
        content::HANDSHAKE => {
            while r.left() > 0 {
                fragment(r, context, out)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// A message or a part of one: what does not hold all of it is decoded where it is put together.
fn fragment(r: &mut Reader<'_>, context: Context, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let kind = Bytes(r.whole()).u8(at);
    let whole = r.whole().get(at + 6..at + 9) == Some(&[0; 3])
        && r.whole().get(at + 1..at + 4) == r.whole().get(at + 9..at + 12);
    let name = handshake::name_of(kind);
    out.open(
        at..r.end(),
        format_args!("Handshake Protocol: {name}{}", if whole { "" } else { " (fragment)" }),
    );
    out.put(HANDSHAKE, at..r.end(), Value::Present);
    put_number(r, 1, HANDSHAKE_TYPE, out)?;
    put_number(r, 3, HANDSHAKE_LENGTH, out)?;
    put_number(r, 2, MESSAGE_SEQ, out)?;
    put_number(r, 3, FRAGMENT_OFFSET, out)?;
    let length = put_number(r, 3, FRAGMENT_LENGTH, out)?;
    let mut body = r.sub(length as usize)?;
    let found = if whole { handshake::content(kind, &mut body, context, out) } else { Ok(()) };
    out.close();
    found
}

fn column(view: &View<'_>) -> &'static str {
    match view.layer.detail as u16 {
        0x0302 => "DTLSv1.0",
        0x0303 => "DTLSv1.2",
        0x0304 => "DTLSv1.3",
        _ => "DTLS",
    }
}

fn info(view: &View<'_>, out: &mut String) {
    let detail = view.layer.detail;
    let inner = (detail >> 16) as u8;
    match (detail & detail::BARE != 0, detail & detail::FRAGMENT != 0) {
        (true, false) => put!(out, "{} (reassembled)", handshake::name_of(inner)),
        (true, true) => readable_info(inner, view.bytes.0, 0, out),
        // What was decrypted speaks for itself; data may be of no known protocol.
        _ if detail & detail::ENCRYPTED != 0 && inner != content::APPLICATION_DATA => {}
        _ if view.bytes.u16(3) == 0 => readable_info(view.bytes.u8(0), view.header().0, HEADER, out),
        _ => out.push_str(match view.bytes.u8(0) {
            content::CHANGE_CIPHER_SPEC => "Change Cipher Spec",
            content::ALERT => "Encrypted Alert",
            content::HANDSHAKE => "Encrypted Handshake Message",
            content::APPLICATION_DATA => "Application Data",
            _ => "Encrypted Record",
        }),
    }
}

fn readable_info(kind: u8, bytes: &[u8], at: usize, out: &mut String) {
    match kind {
        content::CHANGE_CIPHER_SPEC => out.push_str("Change Cipher Spec"),
        content::ALERT => {
            let level = if Bytes(bytes).u8(at) == 2 { "Fatal" } else { "Warning" };
            let description = Bytes(bytes).u8(at + 1).into();
            let description = crate::field::value_name(ALERTS, description).unwrap_or("Unknown");
            put!(out, "Alert (Level: {level}, Description: {description})");
        }
        content::HANDSHAKE => {
            for (index, (_, fragment)) in fragments(bytes, at).enumerate() {
                let part = if fragment.bytes.len() < fragment.length { " (fragment)" } else { "" };
                let comma = if index > 0 { ", " } else { "" };
                put!(out, "{comma}{}{part}", handshake::name_of(fragment.kind));
            }
        }
        content::APPLICATION_DATA => out.push_str("Application Data"),
        _ => out.push_str("Encrypted Record"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the connection ID, the content and the record end.
    fn places(parts: Option<Parts>) -> Option<(usize, usize, usize)> {
        parts.map(|parts| (parts.connection_id, parts.content, parts.end))
    }

    #[test]
    fn connection_ids_are_found_by_what_fills_the_datagram() {
        let record = |id: &[u8], content: u8| {
            let mut record = vec![TLS12_CID, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9];
            record.extend_from_slice(id);
            record.extend([0, content]);
            record.extend((0..content).map(|byte| byte.wrapping_mul(37) ^ 0x5a));
            record
        };
        for id in [&b"a"[..], b"\x01\x02\x03\x04", b"01234567890123456789"] {
            let two = [record(id, 40), record(id, 33)].concat();
            let end = 13 + id.len() + 40;
            assert_eq!(places(with_connection_id(Bytes(&two))), Some((11, 13 + id.len(), end)));
            assert_eq!(places(with_connection_id(Bytes(&two[end..]))), Some((11, 13 + id.len(), end - 7)));
            assert!(with_connection_id(Bytes(&two[..two.len() - 1])).is_none());
        }
    }

    #[test]
    fn unified_headers() {
        // Without anything, with a length, with a long sequence number, and with a connection ID of two bytes.
        assert_eq!(places(unified(Bytes(&[0x20, 1, 7, 7]))), Some((1, 2, 4)));
        assert_eq!(places(unified(Bytes(&[0x25, 1, 0, 2, 7, 7, 0x21]))), Some((1, 4, 6)));
        assert_eq!(places(unified(Bytes(&[0x2f, 1, 2, 0, 1, 7]))), Some((1, 5, 6)));
        assert_eq!(places(unified(Bytes(&[0x3e, 0xaa, 0xbb, 1, 2, 0, 3, 7, 8, 9]))), Some((1, 7, 10)));
        assert_eq!(places(unified(Bytes(&[0x30, 0xaa, 1, 7]))), None);
        assert_eq!(places(unified(Bytes(&[0x25, 1, 0]))), None);
    }

    /// Handshake messages are read with the numbers of the rows of TLS: those of DTLS have to be the same.
    #[test]
    fn the_tables_begin_alike() {
        let tls = crate::proto::tls::PROTOCOL.fields;
        let shared = tls.iter().position(|row| row.name == "tls.record").unwrap();
        for (ours, theirs) in FIELDS[..shared].iter().zip(tls) {
            assert_eq!(ours.name.strip_prefix('d'), Some(theirs.name));
        }
        assert_eq!(FIELDS[shared].name, "dtls.record");
    }
}
