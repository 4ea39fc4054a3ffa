//! Transport Layer Security: records and handshake messages (RFC 8446, RFC 5246). One record is one PDU.
//!
//! What stands in a record is known to the flow stage, which follows the handshake; it leaves it in [`detail`].

use super::prelude::*;
use super::tls_names::{ALERTS, CIPHER_SUITES, CONTENT_TYPES, EXTENSIONS, GROUPS, HANDSHAKE_TYPES, VERSIONS};

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
}

/// What [`crate::Layer::detail`] says about a record: the version in the low 16 bits, and these.
pub(crate) mod detail {
    /// The content is encrypted.
    pub(crate) const ENCRYPTED: u32 = 1 << 24;
    /// The bytes are the plaintext of a record, without its header.
    pub(crate) const BARE: u32 = 1 << 25;
    /// The content is a part of a handshake message that is decoded elsewhere.
    pub(crate) const FRAGMENT: u32 = 1 << 26;

    /// The content type of the plaintext.
    pub(crate) const fn content(content_type: u8) -> u32 {
        (content_type as u32) << 16
    }
}

fields! {
    CONTENT_TYPE: U8 walk, "tls.record.content_type", "Content Type", names(CONTENT_TYPES);
    OPAQUE_TYPE: U8 walk, "tls.record.opaque_type", "Opaque Type", names(CONTENT_TYPES);
    VERSION: U16 walk, "tls.record.version", "Version", hex, names(VERSIONS);
    LENGTH: U16 walk, "tls.record.length", "Length";
    APP_DATA: Bytes walk, "tls.app_data", "Encrypted Application Data";
    APP_DATA_PROTO: Text walk, "tls.app_data_proto", "Application Data Protocol";
    CHANGE_CIPHER_SPEC: None walk, "tls.change_cipher_spec", "Change Cipher Spec Message";
    ALERT_MESSAGE: None walk, "tls.alert_message", "Alert Message";
    ALERT_LEVEL: U8 walk, "tls.alert_message.level", "Level", names(&[(1, "Warning"), (2, "Fatal")]);
    ALERT_DESC: U8 walk, "tls.alert_message.desc", "Description", names(ALERTS);
    HANDSHAKE: None walk, "tls.handshake", "Handshake Protocol";
    HANDSHAKE_TYPE: U8 walk, "tls.handshake.type", "Handshake Type", names(HANDSHAKE_TYPES);
    HANDSHAKE_LENGTH: U24 walk, "tls.handshake.length", "Length";
    HANDSHAKE_VERSION: U16 walk, "tls.handshake.version", "Version", hex, names(VERSIONS);
    RANDOM: Bytes walk, "tls.handshake.random", "Random";
    SESSION_ID_LENGTH: U16 walk, "tls.handshake.session_id_length", "Session ID Length";
    SESSION_ID: Bytes walk, "tls.handshake.session_id", "Session ID";
    CIPHER_SUITES_LENGTH: U16 walk, "tls.handshake.cipher_suites_length", "Cipher Suites Length";
    CIPHERSUITE: U16 walk, "tls.handshake.ciphersuite", "Cipher Suite", hex, names(CIPHER_SUITES);
    COMP_METHODS_LENGTH: U8 walk, "tls.handshake.comp_methods_length", "Compression Methods Length";
    COMP_METHOD: U8 walk, "tls.handshake.comp_method", "Compression Method", names(&[(0, "null"), (1, "DEFLATE")]);
    EXTENSIONS_LENGTH: U16 walk, "tls.handshake.extensions_length", "Extensions Length";
    EXTENSION_TYPE: U16 walk, "tls.handshake.extension.type", "Type", names(EXTENSIONS);
    EXTENSION_LEN: U16 walk, "tls.handshake.extension.len", "Length";
    EXTENSION_DATA: Bytes walk, "tls.handshake.extension.data", "Data";
    SERVER_NAME_LIST_LEN: U16 walk, "tls.handshake.extensions_server_name_list_len", "Server Name list length";
    SERVER_NAME_TYPE: U8 walk, "tls.handshake.extensions_server_name_type", "Server Name Type";
    SERVER_NAME_LEN: U16 walk, "tls.handshake.extensions_server_name_len", "Server Name length";
    SERVER_NAME: Text walk, "tls.handshake.extensions_server_name", "Server Name";
    SUPPORTED_GROUPS_LENGTH: U16 walk, "tls.handshake.extensions_supported_groups_length",
        "Supported Groups List Length";
    SUPPORTED_GROUP: U16 walk, "tls.handshake.extensions_supported_group", "Supported Group", hex, names(GROUPS);
    EC_POINT_FORMATS_LENGTH: U8 walk, "tls.handshake.extensions_ec_point_formats_length",
        "EC point formats Length";
    EC_POINT_FORMAT: U8 walk, "tls.handshake.extensions_ec_point_format", "EC point format";
    SIG_HASH_ALG_LEN: U16 walk, "tls.handshake.sig_hash_alg_len", "Signature Hash Algorithms Length";
    SIG_HASH_ALG: U16 walk, "tls.handshake.sig_hash_alg", "Signature Algorithm", hex;
    ALPN_LEN: U16 walk, "tls.handshake.extensions_alpn_len", "ALPN Extension Length";
    ALPN_STR_LEN: U8 walk, "tls.handshake.extensions_alpn_str_len", "ALPN string length";
    ALPN_STR: Text walk, "tls.handshake.extensions_alpn_str", "ALPN Next Protocol";
    SUPPORTED_VERSIONS_LEN: U8 walk, "tls.handshake.extensions.supported_versions_len",
        "Supported Versions length";
    SUPPORTED_VERSION: U16 walk, "tls.handshake.extensions.supported_version", "Supported Version", hex,
        names(VERSIONS);
    KEY_SHARE_CLIENT_LENGTH: U16 walk, "tls.handshake.extensions_key_share_client_length",
        "Client Key Share Length";
    KEY_SHARE_GROUP: U16 walk, "tls.handshake.extensions_key_share_group", "Group", names(GROUPS);
    KEY_SHARE_LENGTH: U16 walk, "tls.handshake.extensions_key_share_key_exchange_length",
        "Key Exchange Length";
    KEY_SHARE: Bytes walk, "tls.handshake.extensions_key_share_key_exchange", "Key Exchange";
    KEY_SHARE_SELECTED: U16 walk, "tls.handshake.extensions_key_share_selected_group", "Selected Group",
        names(GROUPS);
    COOKIE_LEN: U16 walk, "tls.handshake.extensions.cookie_len", "Cookie length";
    COOKIE: Bytes walk, "tls.handshake.extensions.cookie", "Cookie";
    PSK_SELECTED: U16 walk, "tls.handshake.extensions.psk.identity.selected", "Selected Identity";
    CERTIFICATES_LENGTH: U24 walk, "tls.handshake.certificates_length", "Certificates Length";
    CERTIFICATE_LENGTH: U24 walk, "tls.handshake.certificate_length", "Certificate Length";
    CERTIFICATE: Bytes walk, "tls.handshake.certificate", "Certificate";
    REQUEST_CONTEXT_LENGTH: U8 walk, "tls.handshake.certificate_request_context_length",
        "Certificate Request Context Length";
    TICKET_LIFETIME: U32 walk, "tls.handshake.session_ticket_lifetime_hint", "Session Ticket Lifetime Hint";
    TICKET_AGE_ADD: U32 walk, "tls.handshake.session_ticket_age_add", "Session Ticket Age Add";
    TICKET_NONCE_LENGTH: U8 walk, "tls.handshake.session_ticket_nonce_length", "Session Ticket Nonce Length";
    TICKET_NONCE: Bytes walk, "tls.handshake.session_ticket_nonce", "Session Ticket Nonce";
    TICKET_LENGTH: U16 walk, "tls.handshake.session_ticket_length", "Session Ticket Length";
    TICKET: Bytes walk, "tls.handshake.session_ticket", "Session Ticket";
    CURVE_TYPE: U8 walk, "tls.handshake.server_curve_type", "Curve Type", hex;
    NAMED_CURVE: U16 walk, "tls.handshake.server_named_curve", "Named Curve", hex, names(GROUPS);
    SERVER_POINT_LEN: U8 walk, "tls.handshake.server_point_len", "Pubkey Length";
    SERVER_POINT: Bytes walk, "tls.handshake.server_point", "Pubkey";
    DH_P_LEN: U16 walk, "tls.handshake.p_len", "p Length";
    DH_P: Bytes walk, "tls.handshake.p", "p";
    DH_G_LEN: U16 walk, "tls.handshake.g_len", "g Length";
    DH_G: Bytes walk, "tls.handshake.g", "g";
    DH_YS_LEN: U16 walk, "tls.handshake.ys_len", "Pubkey Length";
    DH_YS: Bytes walk, "tls.handshake.ys", "Pubkey";
    SIG_LEN: U16 walk, "tls.handshake.sig_len", "Signature Length";
    SIG: Bytes walk, "tls.handshake.sig", "Signature";
    VERIFY_SIG_LEN: U16 walk, "tls.handshake.client_cert_vrfy.sig_len", "Signature length";
    VERIFY_SIG: Bytes walk, "tls.handshake.client_cert_vrfy.sig", "Signature";
    VERIFY_DATA: None walk, "tls.handshake.verify_data", "Verify Data";
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
        _ => false,
    }
}

fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    match *b {
        [20..=24, 3, 0..=4, high, low, ..] => Length::Known(5 + u64::from(u16::from_be_bytes([high, low]))),
        [20..=24, 3, 0..=4, ..] | [20..=24, 3] | [20..=24] | [] => Length::Need,
        _ => Length::NotMine,
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
        if self.kind != SERVER_HELLO {
            return None;
        }
        let listed = self.extension(SUPPORTED_VERSIONS).and_then(|data| Bytes(data).array(0));
        Some(u16::from_be_bytes(listed.or_else(|| Bytes(self.body).array(0))?))
    }

    /// The application protocol that a server chooses (RFC 7301 §3.1).
    pub(crate) fn chosen_application(&self) -> Option<&'a [u8]> {
        let data = self.extension(ALPN)?;
        let mut r = Reader::new(data, 2);
        let length = r.u8().ok()?;
        r.take(length.into()).ok()
    }

    /// An extension of what a server says.
    fn extension(&self, wanted: u16) -> Option<&'a [u8]> {
        let mut r = Reader::new(self.body, 0);
        match self.kind {
            SERVER_HELLO => {
                r.take(34).ok()?;
                let session_id = r.u8().ok()?;
                r.take(usize::from(session_id) + 3).ok()?;
            }
            ENCRYPTED_EXTENSIONS => {}
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

const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const NEW_SESSION_TICKET: u8 = 4;
const ENCRYPTED_EXTENSIONS: u8 = 8;
const CERTIFICATE_MESSAGE: u8 = 11;
const SERVER_KEY_EXCHANGE: u8 = 12;
const CERTIFICATE_REQUEST: u8 = 13;
const CERTIFICATE_VERIFY: u8 = 15;
const FINISHED: u8 = 20;

const ALPN: u16 = 16;
const SUPPORTED_VERSIONS: u16 = 43;

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
    if detail & detail::BARE == 0 {
        let inner = (detail >> 16) as u8;
        let version = version_of(view);
        let hidden = detail & detail::ENCRYPTED != 0 && version >= version::TLS_1_3;
        let outer = Value::Unsigned(r.u8()?.into());
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
            while r.left() > 0 {
                message(&mut r, version_of(view), out)?;
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

fn message(r: &mut Reader<'_>, version: u16, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let kind = r.u8()?;
    let length = r.number(3)?;
    let mut body = r.sub(length as usize)?;
    let name = crate::field::value_name(HANDSHAKE_TYPES, kind.into()).unwrap_or("Unknown");
    out.open(at..r.at(), format_args!("Handshake Protocol: {name}"));
    out.put(HANDSHAKE, at..r.at(), Value::Present);
    out.put(HANDSHAKE_TYPE, at..at + 1, Value::Unsigned(kind.into()));
    out.put(HANDSHAKE_LENGTH, at + 1..at + 4, Value::Unsigned(length));
    let found = match kind {
        CLIENT_HELLO | SERVER_HELLO => hello(&mut body, kind, out),
        NEW_SESSION_TICKET => ticket(&mut body, version, out),
        ENCRYPTED_EXTENSIONS => extensions(&mut body, kind, out),
        CERTIFICATE_MESSAGE => certificates(&mut body, version, out),
        CERTIFICATE_REQUEST if version >= version::TLS_1_3 => {
            let length = put_number(&mut body, 1, REQUEST_CONTEXT_LENGTH, out)?;
            body.take(length as usize)?;
            extensions(&mut body, kind, out)
        }
        SERVER_KEY_EXCHANGE => server_key_exchange(&mut body, version, out),
        CERTIFICATE_REQUEST => {
            let length = body.u8()?;
            body.take(length.into())?;
            let length = put_number(&mut body, 2, SIG_HASH_ALG_LEN, out)?;
            put_list(&mut body, length, 2, SIG_HASH_ALG, out)
        }
        CERTIFICATE_VERIFY => signature(&mut body, version, [VERIFY_SIG_LEN, VERIFY_SIG], out),
        FINISHED => {
            out.put(VERIFY_DATA, body.at()..body.end(), Value::Present);
            Ok(())
        }
        _ => Ok(()),
    };
    out.close();
    found
}

fn hello(r: &mut Reader<'_>, kind: u8, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 2, HANDSHAKE_VERSION, out)?;
    put_bytes(r, 32, RANDOM, out)?;
    let length = put_number(r, 1, SESSION_ID_LENGTH, out)?;
    if length > 0 {
        put_bytes(r, length as usize, SESSION_ID, out)?;
    }
    if kind == SERVER_HELLO {
        put_number(r, 2, CIPHERSUITE, out)?;
        put_number(r, 1, COMP_METHOD, out)?;
    } else {
        let length = put_number(r, 2, CIPHER_SUITES_LENGTH, out)?;
        put_list(r, length, 2, CIPHERSUITE, out)?;
        let length = put_number(r, 1, COMP_METHODS_LENGTH, out)?;
        put_list(r, length, 1, COMP_METHOD, out)?;
    }
    if r.left() == 0 {
        return Ok(());
    }
    extensions(r, kind, out)
}

fn extensions(r: &mut Reader<'_>, kind: u8, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = put_number(r, 2, EXTENSIONS_LENGTH, out)?;
    let mut list = r.sub(length as usize)?;
    while list.left() > 0 {
        let at = list.at();
        let number = list.u16()?;
        let length = list.u16()?;
        let mut body = list.sub(length.into())?;
        let name = crate::field::value_name(EXTENSIONS, number.into()).unwrap_or("unknown");
        out.open(at..list.at(), format_args!("Extension: {name} (len={length})"));
        out.put(EXTENSION_TYPE, at..at + 2, Value::Unsigned(number.into()));
        out.put(EXTENSION_LEN, at + 2..at + 4, Value::Unsigned(length.into()));
        // A damaged extension hides nothing but itself.
        let _ = extension(number, kind, &mut body, out);
        out.close();
    }
    Ok(())
}

fn extension(number: u16, kind: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let client = kind == CLIENT_HELLO;
    match number {
        // An empty server_name acknowledges the client's (RFC 6066 §3).
        0 if r.left() > 0 => {
            put_number(r, 2, SERVER_NAME_LIST_LEN, out)?;
            while r.left() > 0 {
                put_number(r, 1, SERVER_NAME_TYPE, out)?;
                let length = put_number(r, 2, SERVER_NAME_LEN, out)?;
                put_text(r, length as usize, SERVER_NAME, out)?;
            }
        }
        10 => {
            let length = put_number(r, 2, SUPPORTED_GROUPS_LENGTH, out)?;
            put_list(r, length, 2, SUPPORTED_GROUP, out)?;
        }
        11 => {
            let length = put_number(r, 1, EC_POINT_FORMATS_LENGTH, out)?;
            put_list(r, length, 1, EC_POINT_FORMAT, out)?;
        }
        13 | 34 | 50 => {
            let length = put_number(r, 2, SIG_HASH_ALG_LEN, out)?;
            put_list(r, length, 2, SIG_HASH_ALG, out)?;
        }
        ALPN => {
            put_number(r, 2, ALPN_LEN, out)?;
            while r.left() > 0 {
                let length = put_number(r, 1, ALPN_STR_LEN, out)?;
                put_text(r, length as usize, ALPN_STR, out)?;
            }
        }
        41 if kind == SERVER_HELLO => {
            put_number(r, 2, PSK_SELECTED, out)?;
        }
        SUPPORTED_VERSIONS if client => {
            let length = put_number(r, 1, SUPPORTED_VERSIONS_LEN, out)?;
            put_list(r, length, 2, SUPPORTED_VERSION, out)?;
        }
        SUPPORTED_VERSIONS => {
            put_number(r, 2, SUPPORTED_VERSION, out)?;
        }
        44 => {
            let length = put_number(r, 2, COOKIE_LEN, out)?;
            put_bytes(r, length as usize, COOKIE, out)?;
        }
        51 => key_share(kind, r, out)?,
        // Session tickets, encrypted hellos, and what is not known here.
        _ if matches!(number, 35 | 65037)
            || crate::field::value_name(EXTENSIONS, number.into()).is_none() =>
        {
            put_bytes(r, r.left(), EXTENSION_DATA, out)?;
        }
        _ => {}
    }
    Ok(())
}

/// RFC 8446 §4.2.8: a list from the client, one entry from the server, only the group in a HelloRetryRequest.
fn key_share(kind: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if kind == CLIENT_HELLO {
        put_number(r, 2, KEY_SHARE_CLIENT_LENGTH, out)?;
    } else if r.left() == 2 {
        put_number(r, 2, KEY_SHARE_SELECTED, out)?;
    }
    while r.left() > 0 {
        put_number(r, 2, KEY_SHARE_GROUP, out)?;
        let length = put_number(r, 2, KEY_SHARE_LENGTH, out)?;
        put_bytes(r, length as usize, KEY_SHARE, out)?;
    }
    Ok(())
}

/// RFC 8446 §4.4.2; before TLS 1.3 there is neither a request context nor extensions.
fn certificates(r: &mut Reader<'_>, version: u16, out: &mut dyn FieldSink) -> Result<(), Short> {
    let with_extensions = version >= version::TLS_1_3;
    if with_extensions {
        let length = put_number(r, 1, REQUEST_CONTEXT_LENGTH, out)?;
        r.take(length as usize)?;
    }
    let length = put_number(r, 3, CERTIFICATES_LENGTH, out)?;
    let mut list = r.sub(length as usize)?;
    while list.left() > 0 {
        let length = put_number(&mut list, 3, CERTIFICATE_LENGTH, out)?;
        put_bytes(&mut list, length as usize, CERTIFICATE, out)?;
        if with_extensions {
            extensions(&mut list, CERTIFICATE_MESSAGE, out)?;
        }
    }
    Ok(())
}

/// RFC 8422 §5.4 and RFC 5246 §7.4.3. Which of the two it is depends on the cipher suite; but one with a named curve
/// begins with 3, where a Diffie-Hellman prime of a usual length cannot.
fn server_key_exchange(r: &mut Reader<'_>, version: u16, out: &mut dyn FieldSink) -> Result<(), Short> {
    let named =
        r.whole().get(r.at() + 1..r.at() + 3).and_then(|n| n.first_chunk()).map(|&n| u16::from_be_bytes(n));
    let first = r.whole().get(r.at()).copied();
    if first == Some(3) && named.is_some_and(|n| crate::field::value_name(GROUPS, n.into()).is_some()) {
        put_number(r, 1, CURVE_TYPE, out)?;
        put_number(r, 2, NAMED_CURVE, out)?;
        let length = put_number(r, 1, SERVER_POINT_LEN, out)?;
        put_bytes(r, length as usize, SERVER_POINT, out)?;
        return signature(r, version, [SIG_LEN, SIG], out);
    }
    if first.is_none_or(|high| high > 8) {
        return Ok(());
    }
    for (length, bytes) in [(DH_P_LEN, DH_P), (DH_G_LEN, DH_G), (DH_YS_LEN, DH_YS)] {
        let length = put_number(r, 2, length, out)?;
        put_bytes(r, length as usize, bytes, out)?;
    }
    signature(r, version, [SIG_LEN, SIG], out)
}

/// The algorithm is named from TLS 1.2 on.
fn signature(
    r: &mut Reader<'_>,
    version: u16,
    [length_field, field]: [FieldIndex; 2],
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    if r.left() == 0 {
        return Ok(());
    }
    if version >= version::TLS_1_2 {
        put_number(r, 2, SIG_HASH_ALG, out)?;
    }
    let length = put_number(r, 2, length_field, out)?;
    put_bytes(r, length as usize, field, out)
}

/// RFC 8446 §4.6.1 and RFC 5077 §3.3.
fn ticket(r: &mut Reader<'_>, version: u16, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 4, TICKET_LIFETIME, out)?;
    if version >= version::TLS_1_3 {
        put_number(r, 4, TICKET_AGE_ADD, out)?;
        let length = put_number(r, 1, TICKET_NONCE_LENGTH, out)?;
        put_bytes(r, length as usize, TICKET_NONCE, out)?;
    }
    let length = put_number(r, 2, TICKET_LENGTH, out)?;
    put_bytes(r, length as usize, TICKET, out)?;
    if r.left() > 0 { extensions(r, NEW_SESSION_TICKET, out) } else { Ok(()) }
}

/// The protocol column names the version, where a whole record is there to tell it.
fn column(view: &View<'_>) -> &'static str {
    if view.is_silent() {
        return "";
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
    match readable(view) {
        // The plaintext of handshake messages and alerts has a layer of its own, which speaks for itself. Application
        // data may begin or end in other packets: then nobody else says anything.
        None if !matches!((detail >> 16 & 0xff) as u8, 0 | content::APPLICATION_DATA)
            && view.bytes.u8(0) == content::APPLICATION_DATA => {}
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
        out.push_str(crate::field::value_name(HANDSHAKE_TYPES, message.kind.into()).unwrap_or("Unknown"));
        if message.kind == CLIENT_HELLO {
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
