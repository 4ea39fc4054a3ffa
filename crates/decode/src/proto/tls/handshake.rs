//! Handshake messages (RFC 8446 §4, RFC 5246 §7.4), whatever carries them: records, datagrams, QUIC.

use super::extensions::{self, Host, signature_algorithm};
use super::*;
use crate::proto::tls_names::{CIPHER_SUITES, HANDSHAKE_TYPES};
use crate::proto::{ber, x509af};

/// Handshake types.
pub(in crate::proto) mod kind {
    pub(in crate::proto) const CLIENT_HELLO: u8 = 1;
    pub(in crate::proto) const SERVER_HELLO: u8 = 2;
    pub(in crate::proto) const HELLO_VERIFY_REQUEST: u8 = 3;
    pub(in crate::proto) const NEW_SESSION_TICKET: u8 = 4;
    pub(in crate::proto) const ENCRYPTED_EXTENSIONS: u8 = 8;
    pub(in crate::proto) const CERTIFICATE: u8 = 11;
    pub(in crate::proto) const SERVER_KEY_EXCHANGE: u8 = 12;
    pub(in crate::proto) const CERTIFICATE_REQUEST: u8 = 13;
    pub(in crate::proto) const CERTIFICATE_VERIFY: u8 = 15;
    pub(in crate::proto) const CLIENT_KEY_EXCHANGE: u8 = 16;
    pub(in crate::proto) const FINISHED: u8 = 20;
    pub(in crate::proto) const CERTIFICATE_STATUS: u8 = 22;
    pub(in crate::proto) const KEY_UPDATE: u8 = 24;
    pub(in crate::proto) const COMPRESSED_CERTIFICATE: u8 = 25;
}

/// What messages lie in, as far as that decides how they are read.
#[derive(Clone, Copy, Debug)]
pub(in crate::proto) struct Context {
    /// The version of the connection as TLS numbers it, as far as it is known.
    pub(in crate::proto) version: u16,
    /// How the keys are agreed on.
    pub(in crate::proto) key_exchange: KeyExchange,
    /// What carries the messages.
    pub(in crate::proto) carrier: Carrier,
}

/// What carries handshake messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proto) enum Carrier {
    /// TLS records.
    Records,
    /// QUIC's CRYPTO frames.
    Quic,
    /// DTLS records.
    Datagrams(DatagramFields),
}

/// The rows of what only messages in DTLS hold: the cookie of a hello (RFC 6347 §4.2.1), and the keys for SRTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proto) struct DatagramFields {
    pub(in crate::proto) cookie_length: FieldIndex,
    pub(in crate::proto) cookie: FieldIndex,
    pub(in crate::proto) srtp_profiles_length: FieldIndex,
    pub(in crate::proto) srtp_profile: FieldIndex,
    pub(in crate::proto) srtp_mki_length: FieldIndex,
    pub(in crate::proto) srtp_mki: FieldIndex,
}

/// How a cipher suite before TLS 1.3 agrees on keys: it decides the shape of the key exchange messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum KeyExchange {
    /// The suite was not seen, or needs no such message.
    #[default]
    Unknown,
    Rsa,
    Dhe,
    Ecdhe,
    Psk,
    DhePsk,
    EcdhePsk,
    RsaPsk,
}

impl KeyExchange {
    const ALL: [Self; 8] = [
        Self::Unknown,
        Self::Rsa,
        Self::Dhe,
        Self::Ecdhe,
        Self::Psk,
        Self::DhePsk,
        Self::EcdhePsk,
        Self::RsaPsk,
    ];

    /// That of a cipher suite, by the first words of its registered name.
    pub(crate) fn of_suite(suite: u16) -> Self {
        let name = crate::field::value_name(CIPHER_SUITES, suite.into()).unwrap_or("");
        let words = name.strip_prefix("TLS_").and_then(|name| name.split_once("_WITH_")).map_or("", |w| w.0);
        match words {
            "RSA" | "RSA_EXPORT" => Self::Rsa,
            "PSK" => Self::Psk,
            "DHE_PSK" => Self::DhePsk,
            "ECDHE_PSK" => Self::EcdhePsk,
            "RSA_PSK" => Self::RsaPsk,
            _ if words.starts_with("DH") => Self::Dhe,
            _ if words.starts_with("ECDH") => Self::Ecdhe,
            _ => Self::Unknown,
        }
    }

    /// A number of three bits for it.
    pub(crate) const fn number(self) -> u32 {
        self as u32
    }

    /// The one with this number.
    pub(crate) fn of_number(number: u32) -> Self {
        Self::ALL.get(number as usize & 7).copied().unwrap_or_default()
    }
}

/// Gives out one message of TLS, its header of 4 bytes included.
pub(in crate::proto) fn message(
    r: &mut Reader<'_>,
    context: Context,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let at = r.at();
    let kind = r.u8()?;
    let length = r.number(3)?;
    let mut body = r.sub(length as usize)?;
    out.open(at..r.at(), format_args!("Handshake Protocol: {}", name_of(kind)));
    out.put(HANDSHAKE, at..r.at(), Value::Present);
    out.put(HANDSHAKE_TYPE, at..at + 1, Value::Unsigned(kind.into()));
    out.put(HANDSHAKE_LENGTH, at + 1..at + 4, Value::Unsigned(length));
    let found = content(kind, &mut body, context, out);
    out.close();
    found
}

/// The name of a handshake type.
pub(in crate::proto) fn name_of(kind: u8) -> &'static str {
    crate::field::value_name(HANDSHAKE_TYPES, kind.into()).unwrap_or("Unknown")
}

/// Gives out what stands behind the header of a message.
pub(in crate::proto) fn content(
    kind: u8,
    body: &mut Reader<'_>,
    context: Context,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let Context { version, carrier, .. } = context;
    let host = Host { kind, carrier };
    match kind {
        kind::CLIENT_HELLO | kind::SERVER_HELLO => hello(body, kind, context, out),
        kind::HELLO_VERIFY_REQUEST => {
            put_number(body, 2, HANDSHAKE_VERSION, out)?;
            cookie(body, context, out)
        }
        kind::NEW_SESSION_TICKET => ticket(body, version, host, out),
        kind::ENCRYPTED_EXTENSIONS => extensions::list(body, host, out),
        kind::CERTIFICATE => certificates(body, version, host, out),
        kind::CERTIFICATE_REQUEST => certificate_request(body, version, host, out),
        kind::SERVER_KEY_EXCHANGE => server_key_exchange(body, context, out),
        kind::CLIENT_KEY_EXCHANGE => client_key_exchange(body, context, out),
        kind::CERTIFICATE_VERIFY => signature(body, version, [VERIFY_SIG_LEN, VERIFY_SIG], out),
        kind::FINISHED => {
            out.put(VERIFY_DATA, body.at()..body.end(), Value::Present);
            Ok(())
        }
        kind::CERTIFICATE_STATUS => extensions::certificate_status(body, out),
        kind::KEY_UPDATE => put_number(body, 1, KEY_UPDATE_REQUEST, out).map(drop),
        kind::COMPRESSED_CERTIFICATE => {
            put_number(body, 2, COMPRESS_ALGORITHM, out)?;
            put_number(body, 3, UNCOMPRESSED_LENGTH, out)?;
            put_counted(body, 3, [COMPRESSED_LENGTH, COMPRESSED_MESSAGE], out)
        }
        _ => Ok(()),
    }
}

/// Gives out a length of `width` bytes and the bytes that it counts.
pub(super) fn put_counted(
    r: &mut Reader<'_>,
    width: usize,
    [length_field, field]: [FieldIndex; 2],
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let length = put_number(r, width, length_field, out)?;
    put_bytes(r, length as usize, field, out)
}

fn hello(r: &mut Reader<'_>, kind: u8, context: Context, out: &mut dyn FieldSink) -> Result<(), Short> {
    let whole = *r;
    let version = put_number(r, 2, HANDSHAKE_VERSION, out)?;
    random(r, context.version, out)?;
    let is_short = kind == kind::SERVER_HELLO && version::SHORT_DRAFTS.contains(&(version as u16));
    if !is_short {
        let length = put_number(r, 1, SESSION_ID_LENGTH, out)?;
        if length > 0 {
            put_bytes(r, length as usize, SESSION_ID, out)?;
        }
    }
    if kind == kind::SERVER_HELLO {
        put_number(r, 2, CIPHERSUITE, out)?;
        if !is_short {
            put_number(r, 1, COMP_METHOD, out)?;
        }
    } else {
        if matches!(context.carrier, Carrier::Datagrams(_)) {
            cookie(r, context, out)?;
        }
        let length = put_number(r, 2, CIPHER_SUITES_LENGTH, out)?;
        out.put(CIPHERSUITES, r.at()..r.at() + length as usize, Value::Present);
        put_list(r, length, 2, CIPHERSUITE, out)?;
        let length = put_number(r, 1, COMP_METHODS_LENGTH, out)?;
        out.put(COMP_METHODS, r.at()..r.at() + length as usize, Value::Present);
        put_list(r, length, 1, COMP_METHOD, out)?;
    }
    let found =
        if r.left() > 0 { extensions::list(r, Host { kind, carrier: context.carrier }, out) } else { Ok(()) };
    fingerprint::put(&whole, kind, context.carrier, out);
    found
}

/// The first 4 bytes were a time before TLS 1.3 (RFC 5246 §7.4.1.2).
fn random(r: &mut Reader<'_>, version: u16, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut parts = *r;
    put_bytes(r, 32, RANDOM, out)?;
    if version < version::TLS_1_3 {
        let at = parts.at();
        let seconds = parts.number(4)? as i64;
        out.put(RANDOM_TIME, at..at + 4, Value::Time(Nanos(seconds * 1_000_000_000)));
        put_bytes(&mut parts, 28, RANDOM_BYTES, out)?;
    }
    Ok(())
}

fn cookie(r: &mut Reader<'_>, context: Context, out: &mut dyn FieldSink) -> Result<(), Short> {
    let Carrier::Datagrams(fields) = context.carrier else { return Ok(()) };
    let length = put_number(r, 1, fields.cookie_length, out)?;
    if length > 0 { put_bytes(r, length as usize, fields.cookie, out) } else { Ok(()) }
}

/// RFC 8446 §4.4.2; before TLS 1.3 there is neither a request context nor extensions.
fn certificates(r: &mut Reader<'_>, version: u16, host: Host, out: &mut dyn FieldSink) -> Result<(), Short> {
    let with_extensions = version >= version::TLS_1_3;
    if with_extensions {
        request_context(r, out)?;
    }
    let length = put_number(r, 3, CERTIFICATES_LENGTH, out)?;
    let mut list = r.sub(length as usize)?;
    if list.left() > 0 {
        out.put(CERTIFICATES, list.at()..list.end(), Value::Present);
    }
    while list.left() > 0 {
        let at = list.at();
        put_counted(&mut list, 3, [CERTIFICATE_LENGTH, CERTIFICATE], out)?;
        let certificate = Reader::between(list.whole(), at + 3, list.at());
        if let Some(mut value) = x509af::extension(&certificate, extensions::TIMESTAMPS_OID) {
            let mut timestamps = ber::expect(&mut value, ber::tag::OCTET_STRING)?;
            extensions::timestamps(&mut timestamps, out)?;
        }
        if with_extensions {
            extensions::list(&mut list, host, out)?;
        }
    }
    Ok(())
}

fn request_context(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = put_number(r, 1, REQUEST_CONTEXT_LENGTH, out)?;
    if length > 0 { put_bytes(r, length as usize, REQUEST_CONTEXT, out) } else { Ok(()) }
}

/// RFC 8446 §4.3.2, RFC 5246 §7.4.4; the signature algorithms came with TLS 1.2.
fn certificate_request(
    r: &mut Reader<'_>,
    version: u16,
    host: Host,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    if version >= version::TLS_1_3 {
        request_context(r, out)?;
        return extensions::list(r, host, out);
    }
    let count = put_number(r, 1, CERT_TYPES_COUNT, out)?;
    out.put(REQUEST_CERT_TYPES, r.at()..r.at() + count as usize, Value::Present);
    put_list(r, count, 1, REQUEST_CERT_TYPE, out)?;
    if version >= version::TLS_1_2 {
        extensions::signature_algorithms(r, out)?;
    }
    extensions::distinguished_names(r, out)
}

/// RFC 8422 §5.4, RFC 5246 §7.4.3, RFC 4279, RFC 5489. Where the cipher suite is not known, a named curve tells that
/// it is one: a Diffie-Hellman prime of a usual length does not begin with 3.
fn server_key_exchange(r: &mut Reader<'_>, context: Context, out: &mut dyn FieldSink) -> Result<(), Short> {
    use KeyExchange::{Dhe, DhePsk, Ecdhe, EcdhePsk, Psk, Rsa, RsaPsk, Unknown};
    let exchange = match (context.key_exchange, r.whole().get(r.at())) {
        (Unknown, Some(3)) => Ecdhe,
        (Unknown, Some(0..=8)) => Dhe,
        (known, _) => known,
    };
    if matches!(exchange, Psk | DhePsk | EcdhePsk | RsaPsk) {
        put_counted(r, 2, [HINT_LEN, HINT], out)?;
    }
    match exchange {
        Ecdhe | EcdhePsk => {
            // Explicit curves are not in use (RFC 8422 §5.4).
            if put_number(r, 1, CURVE_TYPE, out)? != 3 {
                return Ok(());
            }
            put_number(r, 2, NAMED_CURVE, out)?;
            put_counted(r, 1, [SERVER_POINT_LEN, SERVER_POINT], out)?;
        }
        Dhe | DhePsk => {
            for fields in [[DH_P_LEN, DH_P], [DH_G_LEN, DH_G], [DH_YS_LEN, DH_YS]] {
                put_counted(r, 2, fields, out)?;
            }
        }
        Unknown | Rsa | Psk | RsaPsk => {}
    }
    match exchange {
        Ecdhe | Dhe => signature(r, context.version, [SIG_LEN, SIG], out),
        _ => Ok(()),
    }
}

/// RFC 5246 §7.4.7, RFC 8422 §5.7, RFC 4279.
fn client_key_exchange(r: &mut Reader<'_>, context: Context, out: &mut dyn FieldSink) -> Result<(), Short> {
    /// It has no length in front of the secret (RFC 6101 §5.6.7.1).
    const SSL_3_0: u16 = 0x0300;
    use KeyExchange::{Dhe, DhePsk, Ecdhe, EcdhePsk, Psk, Rsa, RsaPsk, Unknown};
    let exchange = context.key_exchange;
    if matches!(exchange, Psk | DhePsk | EcdhePsk | RsaPsk) {
        put_counted(r, 2, [IDENTITY_LEN, IDENTITY], out)?;
    }
    match exchange {
        Ecdhe | EcdhePsk => put_counted(r, 1, [CLIENT_POINT_LEN, CLIENT_POINT], out),
        Dhe | DhePsk => put_counted(r, 2, [DH_YC_LEN, DH_YC], out),
        Rsa if context.version == SSL_3_0 => put_rest(r, EPMS, out),
        Rsa | RsaPsk => put_counted(r, 2, [EPMS_LEN, EPMS], out),
        Psk | Unknown => Ok(()),
    }
}

/// The algorithm is named from TLS 1.2 on.
fn signature(
    r: &mut Reader<'_>,
    version: u16,
    fields: [FieldIndex; 2],
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    if r.left() == 0 {
        return Ok(());
    }
    if version >= version::TLS_1_2 {
        signature_algorithm(r, out)?;
    }
    put_counted(r, 2, fields, out)
}

/// RFC 8446 §4.6.1 and RFC 5077 §3.3.
fn ticket(r: &mut Reader<'_>, version: u16, host: Host, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 4, TICKET_LIFETIME, out)?;
    if version >= version::TLS_1_3 {
        put_number(r, 4, TICKET_AGE_ADD, out)?;
        put_counted(r, 1, [TICKET_NONCE_LENGTH, TICKET_NONCE], out)?;
    }
    put_counted(r, 2, [TICKET_LENGTH, TICKET], out)?;
    if r.left() > 0 { extensions::list(r, host, out) } else { Ok(()) }
}
