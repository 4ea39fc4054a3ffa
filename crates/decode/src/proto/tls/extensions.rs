//! Extensions of hellos, certificates and tickets (RFC 8446 §4.2, RFC 6066, and those named at each).

use super::handshake::{Carrier, DatagramFields, kind, put_counted};
use super::*;
use crate::proto::tls_names::EXTENSIONS;

/// Extension types (IANA, TLS ExtensionType Values).
pub(super) mod number {
    pub(in super::super) const SERVER_NAME: u16 = 0;
    pub(in super::super) const MAX_FRAGMENT_LENGTH: u16 = 1;
    pub(in super::super) const STATUS_REQUEST: u16 = 5;
    pub(in super::super) const SUPPORTED_GROUPS: u16 = 10;
    pub(in super::super) const EC_POINT_FORMATS: u16 = 11;
    pub(in super::super) const SIGNATURE_ALGORITHMS: u16 = 13;
    pub(in super::super) const USE_SRTP: u16 = 14;
    pub(in super::super) const HEARTBEAT: u16 = 15;
    pub(in super::super) const ALPN: u16 = 16;
    pub(in super::super) const STATUS_REQUEST_V2: u16 = 17;
    pub(in super::super) const SIGNED_CERTIFICATE_TIMESTAMP: u16 = 18;
    pub(in super::super) const CLIENT_CERTIFICATE_TYPE: u16 = 19;
    pub(in super::super) const SERVER_CERTIFICATE_TYPE: u16 = 20;
    pub(in super::super) const PADDING: u16 = 21;
    pub(in super::super) const COMPRESS_CERTIFICATE: u16 = 27;
    pub(in super::super) const RECORD_SIZE_LIMIT: u16 = 28;
    pub(in super::super) const DELEGATED_CREDENTIALS: u16 = 34;
    pub(in super::super) const SESSION_TICKET: u16 = 35;
    /// The number of KEY_SHARE up to draft-ietf-tls-tls13-22.
    pub(in super::super) const KEY_SHARE_DRAFT: u16 = 40;
    pub(in super::super) const PRE_SHARED_KEY: u16 = 41;
    pub(in super::super) const EARLY_DATA: u16 = 42;
    pub(in super::super) const SUPPORTED_VERSIONS: u16 = 43;
    pub(in super::super) const COOKIE: u16 = 44;
    pub(in super::super) const PSK_KEY_EXCHANGE_MODES: u16 = 45;
    pub(in super::super) const CERTIFICATE_AUTHORITIES: u16 = 47;
    pub(in super::super) const SIGNATURE_ALGORITHMS_CERT: u16 = 50;
    pub(in super::super) const KEY_SHARE: u16 = 51;
    pub(in super::super) const CONNECTION_ID: u16 = 54;
    pub(in super::super) const QUIC_TRANSPORT_PARAMETERS: u16 = 57;
    pub(in super::super) const NEXT_PROTOCOL_NEGOTIATION: u16 = 13172;
    pub(in super::super) const APPLICATION_SETTINGS: u16 = 17513;
    pub(in super::super) const ENCRYPTED_CLIENT_HELLO: u16 = 65037;
    pub(in super::super) const RENEGOTIATION_INFO: u16 = 65281;
    pub(in super::super) const ENCRYPTED_SERVER_NAME: u16 = 65486;
    pub(in super::super) const QUIC_TRANSPORT_PARAMETERS_DRAFT: u16 = 65445;
}

/// The message that holds a list of extensions: its type, and what carries it.
#[derive(Clone, Copy)]
pub(super) struct Host {
    pub(super) kind: u8,
    pub(super) carrier: Carrier,
}

/// Gives out a list of extensions, its length first.
pub(super) fn list(r: &mut Reader<'_>, host: Host, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = put_number(r, 2, EXTENSIONS_LENGTH, out)?;
    let mut list = r.sub(length as usize)?;
    while list.left() > 0 {
        let at = list.at();
        let number = list.u16()?;
        let length = list.u16()?;
        let mut body = list.sub(length.into())?;
        let name = crate::field::value_name(EXTENSIONS, number.into());
        let name = name.unwrap_or(if is_grease(number) { "Reserved (GREASE)" } else { "unknown" });
        out.open(at..list.at(), format_args!("Extension: {name} (len={length})"));
        out.put(EXTENSION_TYPE, at..at + 2, Value::Unsigned(number.into()));
        out.put(EXTENSION_LEN, at + 2..at + 4, Value::Unsigned(length.into()));
        // A damaged extension hides nothing but itself.
        let _ = extension(number, host, &mut body, out);
        out.close();
    }
    Ok(())
}

/// Values that clients make up so that servers learn to pass over what they do not know (RFC 8701 §2).
pub(super) const fn is_grease(number: u16) -> bool {
    number & 0x0f0f == 0x0a0a && number >> 8 == number & 0xff
}

fn extension(number: u16, host: Host, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let kind = host.kind;
    let client = kind == kind::CLIENT_HELLO;
    match number {
        // Empty, these acknowledge what the client said (RFC 6066 §3, RFC 6962 §3.3.1).
        number::SERVER_NAME | number::SIGNED_CERTIFICATE_TIMESTAMP if r.left() == 0 => {}
        number::SERVER_NAME => server_name(r, out)?,
        number::MAX_FRAGMENT_LENGTH => drop(put_number(r, 1, MAX_FRAGMENT_LENGTH, out)?),
        number::STATUS_REQUEST if client => status_request(r, out)?,
        number::STATUS_REQUEST if kind == kind::CERTIFICATE => certificate_status(r, out)?,
        number::STATUS_REQUEST_V2 if client => status_request_v2(r, out)?,
        number::SUPPORTED_GROUPS => {
            let length = put_number(r, 2, SUPPORTED_GROUPS_LENGTH, out)?;
            put_listed(r, length, 2, [SUPPORTED_GROUPS, SUPPORTED_GROUP], out)?;
        }
        number::EC_POINT_FORMATS => {
            let length = put_number(r, 1, EC_POINT_FORMATS_LENGTH, out)?;
            put_listed(r, length, 1, [EC_POINT_FORMATS, EC_POINT_FORMAT], out)?;
        }
        number::SIGNATURE_ALGORITHMS | number::SIGNATURE_ALGORITHMS_CERT | number::DELEGATED_CREDENTIALS => {
            signature_algorithms(r, out)?;
        }
        number::HEARTBEAT => drop(put_number(r, 1, HEARTBEAT_MODE, out)?),
        number::ALPN => {
            let length = put_number(r, 2, ALPN_LEN, out)?;
            put_names(r, length, ALPN_LIST, [ALPN_STR_LEN, ALPN_STR], out)?;
        }
        number::SIGNED_CERTIFICATE_TIMESTAMP => timestamps(r, out)?,
        number::CLIENT_CERTIFICATE_TYPE | number::SERVER_CERTIFICATE_TYPE if client => {
            let length = put_number(r, 1, CERT_TYPES_LEN, out)?;
            put_listed(r, length, 1, [CERT_TYPES, CERT_TYPE], out)?;
        }
        number::CLIENT_CERTIFICATE_TYPE | number::SERVER_CERTIFICATE_TYPE => {
            put_number(r, 1, CERT_TYPE, out)?;
        }
        number::PADDING => put_rest(r, PADDING_DATA, out)?,
        number::COMPRESS_CERTIFICATE => {
            let length = put_number(r, 1, COMPRESS_ALGORITHMS_LENGTH, out)?;
            put_list(r, length, 2, COMPRESS_ALGORITHM, out)?;
        }
        number::RECORD_SIZE_LIMIT => drop(put_number(r, 2, RECORD_SIZE_LIMIT, out)?),
        number::PRE_SHARED_KEY => pre_shared_key(r, kind, out)?,
        number::EARLY_DATA if kind == kind::NEW_SESSION_TICKET => {
            put_number(r, 4, MAX_EARLY_DATA_SIZE, out)?;
        }
        number::EARLY_DATA => {}
        number::SUPPORTED_VERSIONS if client => {
            let length = put_number(r, 1, SUPPORTED_VERSIONS_LEN, out)?;
            put_list(r, length, 2, SUPPORTED_VERSION, out)?;
        }
        number::SUPPORTED_VERSIONS => drop(put_number(r, 2, SUPPORTED_VERSION, out)?),
        number::COOKIE => put_counted(r, 2, [COOKIE_LEN, COOKIE], out)?,
        number::PSK_KEY_EXCHANGE_MODES => {
            let length = put_number(r, 1, PSK_KE_MODES_LENGTH, out)?;
            put_list(r, length, 1, PSK_KE_MODE, out)?;
        }
        number::CERTIFICATE_AUTHORITIES => distinguished_names(r, out)?,
        number::KEY_SHARE | number::KEY_SHARE_DRAFT => key_share(r, kind, out)?,
        number::ENCRYPTED_SERVER_NAME => encrypted_server_name(r, kind, out)?,
        number::CONNECTION_ID => put_counted(r, 1, [CONNECTION_ID_LENGTH, CONNECTION_ID], out)?,
        number::QUIC_TRANSPORT_PARAMETERS | number::QUIC_TRANSPORT_PARAMETERS_DRAFT => {
            quic_parameters::put(r, out)?;
        }
        number::NEXT_PROTOCOL_NEGOTIATION if !client => {
            while r.left() > 0 {
                let length = put_number(r, 1, NPN_STR_LEN, out)?;
                put_text(r, length as usize, NPN, out)?;
            }
        }
        number::APPLICATION_SETTINGS if client => {
            let length = put_number(r, 2, ALPS_LEN, out)?;
            put_names(r, length, ALPS_ALPN_LIST, [ALPS_ALPN_STR_LEN, ALPS_ALPN_STR], out)?;
        }
        number::APPLICATION_SETTINGS => put_rest(r, ALPS_SETTINGS, out)?,
        number::RENEGOTIATION_INFO => {
            let length = put_number(r, 1, RENEG_INFO_LEN, out)?;
            if length > 0 {
                put_bytes(r, length as usize, RENEG_INFO, out)?;
            }
        }
        number::USE_SRTP => {
            if let Carrier::Datagrams(fields) = host.carrier {
                use_srtp(r, fields, out)?;
            }
        }
        number::SESSION_TICKET | number::ENCRYPTED_CLIENT_HELLO => {
            put_bytes(r, r.left(), EXTENSION_DATA, out)?;
        }
        _ if crate::field::value_name(EXTENSIONS, number.into()).is_none() => {
            put_bytes(r, r.left(), EXTENSION_DATA, out)?;
        }
        _ => {}
    }
    Ok(())
}

/// Gives out a list as a whole, and its numbers.
fn put_listed(
    r: &mut Reader<'_>,
    length: u64,
    width: usize,
    [whole, each]: [FieldIndex; 2],
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    out.put(whole, r.at()..r.at() + length as usize, Value::Present);
    put_list(r, length, width, each, out)
}

/// Gives out a list of names, each behind a byte with its length.
fn put_names(
    r: &mut Reader<'_>,
    length: u64,
    whole: FieldIndex,
    [length_field, field]: [FieldIndex; 2],
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let mut names = r.sub(length as usize)?;
    out.put(whole, names.at()..names.end(), Value::Present);
    while names.left() > 0 {
        let length = put_number(&mut names, 1, length_field, out)?;
        put_text(&mut names, length as usize, field, out)?;
    }
    Ok(())
}

/// RFC 6066 §3.
fn server_name(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 2, SERVER_NAME_LIST_LEN, out)?;
    while r.left() > 0 {
        put_number(r, 1, SERVER_NAME_TYPE, out)?;
        let length = put_number(r, 2, SERVER_NAME_LEN, out)?;
        put_text(r, length as usize, SERVER_NAME, out)?;
    }
    Ok(())
}

/// RFC 6066 §8.
fn status_request(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, STATUS_REQUEST_TYPE, out)?;
    for field in [STATUS_RESPONDER_IDS_LEN, STATUS_EXTS_LEN] {
        let length = put_number(r, 2, field, out)?;
        r.take(length as usize)?;
    }
    Ok(())
}

/// RFC 6961 §2.2.
fn status_request_v2(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = put_number(r, 2, STATUS_REQUEST_LIST_LEN, out)?;
    let mut list = r.sub(length as usize)?;
    while list.left() > 0 {
        let mut request = list;
        put_number(&mut request, 1, STATUS_REQUEST_TYPE, out)?;
        put_number(&mut request, 2, STATUS_REQUEST_LEN, out)?;
        for field in [STATUS_RESPONDER_IDS_LEN, STATUS_EXTS_LEN] {
            let length = put_number(&mut request, 2, field, out)?;
            request.take(length as usize)?;
        }
        list = request;
    }
    Ok(())
}

/// The stapled OCSP response, as a message (RFC 6066 §8, RFC 6961 §2.2) or with a certificate (RFC 8446 §4.4.2.1).
pub(super) fn certificate_status(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    /// Several responses.
    const OCSP_MULTI: u64 = 2;
    if put_number(r, 1, STATUS_REQUEST_TYPE, out)? != OCSP_MULTI {
        let length = put_number(r, 3, OCSP_RESPONSE_LEN, out)?;
        return r.take(length as usize).map(drop);
    }
    let length = put_number(r, 3, OCSP_RESPONSE_LIST_LEN, out)?;
    let mut list = r.sub(length as usize)?;
    while list.left() > 0 {
        let length = put_number(&mut list, 3, OCSP_RESPONSE_LEN, out)?;
        list.take(length as usize)?;
    }
    Ok(())
}

/// RFC 8446 §4.2.3.
pub(super) fn signature_algorithms(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = put_number(r, 2, SIG_HASH_ALG_LEN, out)?;
    let mut list = r.sub(length as usize)?;
    out.put(SIG_HASH_ALGS, list.at()..list.end(), Value::Present);
    while list.left() > 0 {
        signature_algorithm(&mut list, out)?;
    }
    Ok(())
}

/// One signature algorithm: of TLS 1.2, a hash and a signature (RFC 5246 §7.4.1.4.1).
pub(super) fn signature_algorithm(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut parts = *r;
    put_number(r, 2, SIG_HASH_ALG, out)?;
    put_number(&mut parts, 1, SIG_HASH_HASH, out)?;
    put_number(&mut parts, 1, SIG_HASH_SIG, out).map(drop)
}

/// The names of authorities (RFC 5246 §7.4.4).
pub(super) fn distinguished_names(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = put_number(r, 2, DNAMES_LEN, out)?;
    let mut list = r.sub(length as usize)?;
    if list.left() > 0 {
        out.put(DNAMES, list.at()..list.end(), Value::Present);
    }
    while list.left() > 0 {
        let length = put_number(&mut list, 2, DNAME_LEN, out)?;
        let name = list.sub(length as usize)?;
        out.put(DNAME, name.at()..name.end(), Value::Present);
    }
    Ok(())
}

/// RFC 8446 §4.2.11.
fn pre_shared_key(r: &mut Reader<'_>, kind: u8, out: &mut dyn FieldSink) -> Result<(), Short> {
    if kind == kind::SERVER_HELLO {
        return put_number(r, 2, PSK_SELECTED, out).map(drop);
    }
    let length = put_number(r, 2, PSK_IDENTITIES_LENGTH, out)?;
    let mut list = r.sub(length as usize)?;
    while list.left() > 0 {
        put_counted(&mut list, 2, [PSK_IDENTITY_LENGTH, PSK_IDENTITY], out)?;
        put_number(&mut list, 4, PSK_TICKET_AGE, out)?;
    }
    let length = put_number(r, 2, PSK_BINDERS_LEN, out)?;
    out.put(PSK_BINDERS, r.at()..r.at() + length as usize, Value::Present);
    r.take(length as usize).map(drop)
}

/// RFC 8446 §4.2.8: a list from the client, one entry from the server, only the group in a HelloRetryRequest.
fn key_share(r: &mut Reader<'_>, kind: u8, out: &mut dyn FieldSink) -> Result<(), Short> {
    if kind == kind::CLIENT_HELLO {
        put_number(r, 2, KEY_SHARE_CLIENT_LENGTH, out)?;
    } else if r.left() == 2 {
        put_number(r, 2, KEY_SHARE_SELECTED, out)?;
    }
    while r.left() > 0 {
        put_number(r, 2, KEY_SHARE_GROUP, out)?;
        put_counted(r, 2, [KEY_SHARE_LENGTH, KEY_SHARE], out)?;
    }
    Ok(())
}

/// What came before Encrypted Client Hello (draft-ietf-tls-esni-02 §5.1): the client's share of a key, and the name under
/// it; the server says with the nonce that it could read the name.
fn encrypted_server_name(r: &mut Reader<'_>, kind: u8, out: &mut dyn FieldSink) -> Result<(), Short> {
    if kind != kind::CLIENT_HELLO {
        return put_bytes(r, 16, ESNI_NONCE, out);
    }
    put_number(r, 2, ESNI_SUITE, out)?;
    put_number(r, 2, KEY_SHARE_GROUP, out)?;
    put_counted(r, 2, [KEY_SHARE_LENGTH, KEY_SHARE], out)?;
    put_counted(r, 2, [ESNI_RECORD_DIGEST_LENGTH, ESNI_RECORD_DIGEST], out)?;
    put_counted(r, 2, [ESNI_ENCRYPTED_SNI_LENGTH, ESNI_ENCRYPTED_SNI], out)
}

/// RFC 5764 §4.1.1.
fn use_srtp(r: &mut Reader<'_>, fields: DatagramFields, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = put_number(r, 2, fields.srtp_profiles_length, out)?;
    put_list(r, length, 2, fields.srtp_profile, out)?;
    let length = put_number(r, 1, fields.srtp_mki_length, out)?;
    if length > 0 { put_bytes(r, length as usize, fields.srtp_mki, out) } else { Ok(()) }
}

/// The extension of certificates that holds timestamps, 1.3.6.1.4.1.11129.2.4.2 (RFC 6962 §3.3).
pub(super) const TIMESTAMPS_OID: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2];

/// Signed certificate timestamps (RFC 6962 §3.2), of an extension of TLS or of a certificate.
pub(super) fn timestamps(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = put_number(r, 2, SCTS_LENGTH, out)?;
    let mut list = r.sub(length as usize)?;
    while list.left() > 0 {
        let length = put_number(&mut list, 2, SCT_LENGTH, out)?;
        let mut timestamp = list.sub(length as usize)?;
        put_number(&mut timestamp, 1, SCT_VERSION, out)?;
        put_bytes(&mut timestamp, 32, SCT_LOGID, out)?;
        let at = timestamp.at();
        let milliseconds = i64::try_from(timestamp.number(8)?).unwrap_or(i64::MAX);
        out.put(SCT_TIMESTAMP, at..at + 8, Value::Time(Nanos(milliseconds.saturating_mul(1_000_000))));
        let length = put_number(&mut timestamp, 2, SCT_EXTENSIONS_LENGTH, out)?;
        if length > 0 {
            let at = timestamp.at();
            timestamp.take(length as usize)?;
            out.put(SCT_EXTENSIONS, at..timestamp.at(), Value::Present);
        }
        signature_algorithm(&mut timestamp, out)?;
        put_counted(&mut timestamp, 2, [SCT_SIGNATURE_LENGTH, SCT_SIGNATURE], out)?;
    }
    Ok(())
}
