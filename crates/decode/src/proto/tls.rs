//! Transport Layer Security: records and handshake messages (RFC 8446, RFC 5246). One record is one PDU.
//!
//! What stands in a record is known to the flow stage, which follows the handshake; it leaves it in [`detail`].

mod extensions;
mod fields;
mod fingerprint;
pub(super) mod handshake;
mod quic_parameters;
pub(crate) mod ssl2;

use std::ops::Range;

use plaintap_packet::Nanos;

pub(super) use self::fields::handshake_fields;
pub(crate) use self::handshake::KeyExchange;
use self::handshake::{Carrier, Context, kind};
use super::prelude::*;
use super::tls_names::{ALERT_LEVELS, ALERTS, CONTENT_TYPES, VERSIONS};

/// Content types of records (RFC 8446 §5.1).
pub(crate) mod content {
    pub(crate) const CHANGE_CIPHER_SPEC: u8 = 20;
    pub(crate) const ALERT: u8 = 21;
    pub(crate) const HANDSHAKE: u8 = 22;
    pub(crate) const APPLICATION_DATA: u8 = 23;
}

/// Protocol versions on the wire.
pub(crate) mod version {
    pub(crate) const TLS_1_2: u16 = 0x0303;
    pub(crate) const TLS_1_3: u16 = 0x0304;
    /// Drafts of TLS 1.3 whose ServerHello has no session ID and no compression method (until
    /// draft-ietf-tls-tls13-21, §4.1.3).
    pub(crate) const SHORT_DRAFTS: std::ops::RangeInclusive<u16> = 0x7f01..=0x7f15;
}

/// What [`crate::Layer::detail`] says about a record: the version in the low 16 bits, and these.
pub(crate) mod detail {
    /// The content is encrypted.
    pub(crate) const ENCRYPTED: u32 = 1 << 24;
    /// The bytes are the plaintext of a record, without its header.
    pub(crate) const BARE: u32 = 1 << 25;
    /// The content is a part of a handshake message that is decoded elsewhere.
    pub(crate) const FRAGMENT: u32 = 1 << 26;
    /// The messages came in QUIC.
    pub(crate) const QUIC: u32 = 1 << 30;

    /// How the connection agrees on keys.
    pub(crate) const fn key_exchange(exchange: super::handshake::KeyExchange) -> u32 {
        exchange.number() << 27
    }

    /// The content type of the plaintext.
    pub(crate) const fn content(content_type: u8) -> u32 {
        (content_type as u32) << 16
    }
}

handshake_fields! { "tls";
    RECORD: None walk, "tls.record", "Record Layer";
    CONTENT_TYPE: U8 walk, "tls.record.content_type", "Content Type", names(CONTENT_TYPES);
    OPAQUE_TYPE: U8 walk, "tls.record.opaque_type", "Opaque Type", names(CONTENT_TYPES);
    VERSION: U16 walk, "tls.record.version", "Version", hex, names(VERSIONS);
    LENGTH: U16 walk, "tls.record.length", "Length";
    APP_DATA: Bytes walk, "tls.app_data", "Encrypted Application Data";
    APP_DATA_PROTO: Text walk, "tls.app_data_proto", "Application Data Protocol";
    CHANGE_CIPHER_SPEC: None walk, "tls.change_cipher_spec", "Change Cipher Spec Message";
    ALERT_MESSAGE: None walk, "tls.alert_message", "Alert Message";
    ALERT_LEVEL: U8 walk, "tls.alert_message.level", "Level", names(ALERT_LEVELS);
    ALERT_DESC: U8 walk, "tls.alert_message.desc", "Description", names(ALERTS);
    CIPHER_SPEC_LEN: U16 walk, "tls.handshake.cipher_spec_len", "Cipher Spec Length";
    CHALLENGE_LENGTH: U16 walk, "tls.handshake.challenge_length", "Challenge Length";
    CIPHER_SPEC: U24 walk, "tls.handshake.cipherspec", "Cipher Spec", hex, names(ssl2::CIPHER_SPECS);
    CHALLENGE: None walk, "tls.handshake.challenge", "Challenge";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[
        Claim::TcpPort(443),
        Claim::TcpPort(636),
        Claim::TcpPort(853),
        Claim::TcpPort(993),
        Claim::TcpPort(995),
        Claim::TcpPort(8443),
    ],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: true, frame, prefix: 0, partial_counts: true }),
    column_of: Some(column),
    info: Some(info),
    ..Protocol::new("tls", "Transport Layer Security", "TLS")
};

/// A record on its own; the flow stage does not come this way.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(5)?;
    let length = 5 + u32::from(b.u16(3));
    Ok(Step { header: length, end: length, next: ProtocolId::NONE, detail: b.u16(1).into() })
}

/// The longest record: 2^14 bytes of plaintext and what encryption may add (RFC 5246 §6.2.3).
const MAX_RECORD: u16 = (1 << 14) + 2048;

fn probe(b: &[u8]) -> bool {
    match *b {
        [20..=24, 3, 0..=4, high, low, ..] => (1..=MAX_RECORD).contains(&u16::from_be_bytes([high, low])),
        _ => ssl2::length(b).is_some(),
    }
}

fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    match *b {
        [20..=24, 3, 0..=4, high, low, ..] => Length::Known(5 + u64::from(u16::from_be_bytes([high, low]))),
        [20..=24, 3, 0..=4, ..] | [20..=24, 3] | [20..=24] | [] => Length::Need,
        _ => match ssl2::length(b) {
            Some(length) => Length::Known(length as u64),
            None => Length::NotMine,
        },
    }
}

/// One whole handshake message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    kind: u8,
    body: &'a [u8],
    /// Offset behind it.
    pub(crate) end: usize,
}

impl<'a> Message<'a> {
    /// The message of this type with this body, which is the start of what `end` counts from.
    pub(crate) const fn of(kind: u8, body: &'a [u8]) -> Self {
        Self { kind, body, end: body.len() }
    }

    /// The message at `at`, if all of it is there.
    pub(crate) fn at(bytes: &'a [u8], at: usize) -> Option<Self> {
        let mut r = Reader::new(bytes, at);
        let kind = r.u8().ok()?;
        let length = r.number(3).ok()? as usize;
        let body = r.take(length).ok()?;
        Some(Self { kind, body, end: r.at() })
    }

    /// The version that a ServerHello chooses: with TLS 1.3 the legacy field lies (RFC 8446 §4.1.3).
    pub(crate) fn chosen_version(&self) -> Option<u16> {
        if self.kind != kind::SERVER_HELLO {
            return None;
        }
        let listed =
            self.extension(extensions::number::SUPPORTED_VERSIONS).and_then(|data| Bytes(data).array(0));
        Some(u16::from_be_bytes(listed.or_else(|| Bytes(self.body).array(0))?))
    }

    /// How the suite that a ServerHello chooses agrees on keys.
    pub(crate) fn chosen_key_exchange(&self) -> Option<KeyExchange> {
        if self.kind != kind::SERVER_HELLO {
            return None;
        }
        let b = Bytes(self.body);
        let suite = 35 + usize::from(b.u8(34));
        Some(KeyExchange::of_suite(b.u16(suite)))
    }

    /// Calls `each` with the place of each certificate of a Certificate message, in the bytes that the message was
    /// read from.
    pub(crate) fn certificates(&self, version: u16, mut each: impl FnMut(Range<usize>)) -> Result<(), Short> {
        if self.kind != kind::CERTIFICATE {
            return Ok(());
        }
        let start = self.end - self.body.len();
        let mut r = Reader::new(self.body, 0);
        let with_extensions = version >= version::TLS_1_3;
        if with_extensions {
            let context = r.u8()?;
            r.take(context.into())?;
        }
        let length = r.number(3)?;
        let mut list = r.sub(length as usize)?;
        while list.left() > 0 {
            let length = list.number(3)?;
            let certificate = list.sub(length as usize)?;
            each(start + certificate.at()..start + certificate.end());
            if with_extensions {
                let length = list.u16()?;
                list.take(length.into())?;
            }
        }
        Ok(())
    }

    /// The application protocol that a server chooses (RFC 7301 §3.1).
    pub(crate) fn chosen_application(&self) -> Option<&'a [u8]> {
        let data = self.extension(extensions::number::ALPN)?;
        let mut r = Reader::new(data, 2);
        let length = r.u8().ok()?;
        r.take(length.into()).ok()
    }

    /// An extension of what a server says.
    fn extension(&self, wanted: u16) -> Option<&'a [u8]> {
        let mut r = Reader::new(self.body, 0);
        match self.kind {
            kind::SERVER_HELLO => {
                r.take(34).ok()?;
                let session_id = r.u8().ok()?;
                r.take(usize::from(session_id) + 3).ok()?;
            }
            kind::ENCRYPTED_EXTENSIONS => {}
            _ => return None,
        }
        let length = r.u16().ok()?;
        let mut list = r.sub(length.into()).ok()?;
        while list.left() > 0 {
            let kind = list.u16().ok()?;
            let length = list.u16().ok()?;
            let data = list.take(length.into()).ok()?;
            if kind == wanted {
                return Some(data);
            }
        }
        None
    }
}

/// The version of the connection as far as it was known at this record.
fn version_of(view: &View<'_>) -> u16 {
    view.layer.detail as u16
}

/// The content type of what can be read, after decryption.
fn readable(view: &View<'_>) -> Option<u8> {
    let detail = view.layer.detail;
    match (detail & detail::BARE != 0, detail & detail::ENCRYPTED != 0) {
        (true, _) => Some((detail >> 16) as u8),
        (false, false) => Some(view.bytes.u8(0)),
        (false, true) => None,
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 0);
    if view.is_silent() {
        return Ok(());
    }
    let detail = view.layer.detail;
    if detail == ssl2::VERSION.into() {
        return ssl2::walk(&mut r, out);
    }
    if detail & detail::BARE == 0 {
        let inner = (detail >> 16) as u8;
        let version = version_of(view);
        let hidden = detail & detail::ENCRYPTED != 0 && version >= version::TLS_1_3;
        let outer = Value::Unsigned(r.u8()?.into());
        out.put(RECORD, 0..r.end(), Value::Present);
        // With TLS 1.3 the type outside is always that of application data; the true one is inside (RFC 8446 §5.2).
        out.put(if hidden { OPAQUE_TYPE } else { CONTENT_TYPE }, 0..1, outer);
        if hidden && inner != 0 {
            out.put(CONTENT_TYPE, 0..0, Value::Unsigned(inner.into()));
        }
        put_number(&mut r, 2, VERSION, out)?;
        put_number(&mut r, 2, LENGTH, out)?;
        if detail & detail::ENCRYPTED != 0 && view.bytes.u8(0) == content::APPLICATION_DATA {
            out.put(APP_DATA, r.at()..r.end(), Value::Bytes(r.take(r.left())?));
            if let Some(name) = application(view) {
                out.put(APP_DATA_PROTO, 0..0, Value::Text(name.as_bytes()));
            }
        }
    }
    match readable(view) {
        // Encrypted with TLS 1.2 or older: what it is still shows.
        // Decrypted: the plaintext has a layer of its own.
        None if detail >> 16 & 0xff != 0 => {}
        None if view.bytes.u8(0) == content::ALERT => out.put(ALERT_MESSAGE, r.at()..r.end(), Value::Present),
        None if view.bytes.u8(0) == content::HANDSHAKE => out.put(HANDSHAKE, r.at()..r.end(), Value::Present),
        Some(content::CHANGE_CIPHER_SPEC) => {
            out.put(CHANGE_CIPHER_SPEC, r.at()..r.end(), Value::Present);
        }
        Some(content::ALERT) => {
            out.put(ALERT_MESSAGE, r.at()..r.end(), Value::Present);
            put_number(&mut r, 1, ALERT_LEVEL, out)?;
            put_number(&mut r, 1, ALERT_DESC, out)?;
        }
        Some(content::HANDSHAKE) if detail & detail::FRAGMENT == 0 => {
            let quic = detail & detail::QUIC != 0;
            let context = Context {
                version: version_of(view),
                key_exchange: KeyExchange::of_number(detail >> 27),
                carrier: if quic { Carrier::Quic } else { Carrier::Records },
            };
            while r.left() > 0 {
                handshake::message(&mut r, context, out)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The protocol of the decrypted data: that of the layers in a derived buffer behind this one.
fn application(view: &View<'_>) -> Option<&'static str> {
    let behind = view.decoded.layers().iter().skip(view.below().len() + 1);
    let first = behind.take_while(|layer| layer.protocol != id::tls).next()?;
    first.protocol.protocol().map(|p| p.title)
}

/// The protocol column names the version, where a whole record is there to tell it.
fn column(view: &View<'_>) -> &'static str {
    if view.is_silent() {
        return "";
    }
    if view.layer.detail & detail::QUIC != 0 {
        return "QUIC";
    }
    match version_of(view) {
        0x0300 => "SSLv3",
        0x0301 => "TLSv1",
        0x0302 => "TLSv1.1",
        0x0303 => "TLSv1.2",
        0x0304 => "TLSv1.3",
        _ => "TLS",
    }
}

fn info(view: &View<'_>, out: &mut String) {
    let detail = view.layer.detail;
    if detail == ssl2::VERSION.into() {
        return out.push_str("Client Hello");
    }
    match readable(view) {
        // The plaintext of handshake messages and alerts has a layer of its own, which speaks for itself. Application
        // data may begin or end in other packets: then nobody else says anything.
        None if !matches!((detail >> 16 & 0xff) as u8, 0 | content::APPLICATION_DATA) => {}
        None => match view.bytes.u8(0) {
            content::ALERT => out.push_str("Encrypted Alert"),
            content::HANDSHAKE => out.push_str("Encrypted Handshake Message"),
            _ => out.push_str("Application Data"),
        },
        Some(content::CHANGE_CIPHER_SPEC) => out.push_str("Change Cipher Spec"),
        Some(content::ALERT) => alert_info(view, out),
        Some(content::HANDSHAKE) if detail & detail::FRAGMENT != 0 => out.push_str("Handshake fragment"),
        Some(content::HANDSHAKE) => handshake_info(view, out),
        Some(_) => out.push_str("Application Data"),
    }
}

fn alert_info(view: &View<'_>, out: &mut String) {
    let at = if view.layer.detail & detail::BARE != 0 { 0 } else { 5 };
    let level = if view.bytes.u8(at) == 2 { "Fatal" } else { "Warning" };
    let description = crate::field::value_name(ALERTS, view.bytes.u8(at + 1).into()).unwrap_or("Unknown");
    put!(out, "Alert (Level: {level}, Description: {description})");
}

fn handshake_info(view: &View<'_>, out: &mut String) {
    let bytes = view.header().0;
    let mut at = if view.layer.detail & detail::BARE != 0 { 0 } else { 5 };
    let first = at;
    while let Some(message) = Message::at(bytes, at) {
        if at > first {
            out.push_str(", ");
        }
        out.push_str(handshake::name_of(message.kind));
        if message.kind == kind::CLIENT_HELLO {
            append_server_name(view, out);
        }
        at = message.end;
    }
}

fn append_server_name(view: &View<'_>, out: &mut String) {
    let Some(row) = FIELDS.get(usize::from(SERVER_NAME.0)) else { return };
    view.values(SERVER_NAME, row, &mut |_, value| {
        out.push_str(" (SNI=");
        crate::text::write_value(None, &value, out);
        out.push(')');
    });
}
