//! Kerberos 5, RFC 4120: what its messages say in clear.

use plaintap_packet::Nanos;

use self::Type::{Bits, List, Octets, Padata, Sequence, Signed, Text, Time, Unsigned};
use super::ber;
use super::kerberos_names::{ERRORS, ETYPES, MESSAGES, NAME_TYPES, PADATA_TYPES};
use super::prelude::*;
use crate::limits;

fields! {
    RM_RESERVED: Bool walk, "kerberos.rm.reserved", "Reserved";
    RM_LENGTH: U32 walk, "kerberos.rm.length", "Record Length";
    PVNO: U32 walk, "kerberos.pvno", "pvno";
    MSG_TYPE: I32 walk, "kerberos.msg_type", "msg-type", names(MESSAGES);
    PADATA: U32 walk, "kerberos.padata", "padata";
    PADATA_TYPE: I32 walk, "kerberos.padata_type", "padata-type", names(PADATA_TYPES);
    PADATA_VALUE: Bytes walk, "kerberos.padata_value", "padata-value";
    INCLUDE_PAC: Bool walk, "kerberos.include_pac", "include-pac";
    INFO2_SALT: Text walk, "kerberos.info2_salt", "salt";
    INFO_SALT: Bytes walk, "kerberos.info_salt", "salt";
    KDC_OPTIONS: Bytes walk, "kerberos.kdc_options", "kdc-options";
    FORWARDABLE: Bool walk, "kerberos.KDCOptions.forwardable", "forwardable";
    FORWARDED: Bool walk, "kerberos.KDCOptions.forwarded", "forwarded";
    PROXIABLE: Bool walk, "kerberos.KDCOptions.proxiable", "proxiable";
    PROXY: Bool walk, "kerberos.KDCOptions.proxy", "proxy";
    ALLOW_POSTDATE: Bool walk, "kerberos.KDCOptions.allow.postdate", "allow-postdate";
    POSTDATED: Bool walk, "kerberos.KDCOptions.postdated", "postdated";
    RENEWABLE: Bool walk, "kerberos.KDCOptions.renewable", "renewable";
    CONSTRAINED_DELEGATION: Bool walk, "kerberos.KDCOptions.constrained.delegation", "constrained-delegation";
    CANONICALIZE: Bool walk, "kerberos.KDCOptions.canonicalize", "canonicalize";
    DISABLE_TRANSITED_CHECK: Bool walk, "kerberos.KDCOptions.disable.transited.check", "disable-transited-check";
    RENEWABLE_OK: Bool walk, "kerberos.KDCOptions.renewable.ok", "renewable-ok";
    ENC_TKT_IN_SKEY: Bool walk, "kerberos.KDCOptions.enc.tkt.in.skey", "enc-tkt-in-skey";
    RENEW: Bool walk, "kerberos.KDCOptions.renew", "renew";
    VALIDATE: Bool walk, "kerberos.KDCOptions.validate", "validate";
    AP_OPTIONS: Bytes walk, "kerberos.ap_options", "ap-options";
    USE_SESSION_KEY: Bool walk, "kerberos.APOptions.use.session.key", "use-session-key";
    MUTUAL_REQUIRED: Bool walk, "kerberos.APOptions.mutual.required", "mutual-required";
    NAME_TYPE: I32 walk, "kerberos.name_type", "name-type", names(NAME_TYPES);
    CNAME_STRING: U32 walk, "kerberos.cname_string", "cname-string";
    C_NAME_STRING: Text walk, "kerberos.CNameString", "CNameString";
    SNAME_STRING: U32 walk, "kerberos.sname_string", "sname-string";
    S_NAME_STRING: Text walk, "kerberos.SNameString", "SNameString";
    REALM: Text walk, "kerberos.realm", "realm";
    CREALM: Text walk, "kerberos.crealm", "crealm";
    FROM: Time walk, "kerberos.from", "from";
    TILL: Time walk, "kerberos.till", "till";
    RTIME: Time walk, "kerberos.rtime", "rtime";
    NONCE: U32 walk, "kerberos.nonce", "nonce";
    ETYPE_COUNT: U32 walk, "kerberos.kdc-req-body.etype", "etype";
    ENCTYPE: I32 walk, "kerberos.ENCTYPE", "ENCTYPE", names(ETYPES);
    ADDRESSES: U32 walk, "kerberos.addresses", "addresses";
    ADDR_TYPE: I32 walk, "kerberos.addr_type", "addr-type";
    TKT_VNO: U32 walk, "kerberos.tkt_vno", "tkt-vno";
    ETYPE: I32 walk, "kerberos.etype", "etype", names(ETYPES);
    KVNO: U32 walk, "kerberos.kvno", "kvno";
    CIPHER: Bytes walk, "kerberos.cipher", "cipher";
    CTIME: Time walk, "kerberos.ctime", "ctime";
    CUSEC: U32 walk, "kerberos.cusec", "cusec";
    STIME: Time walk, "kerberos.stime", "stime";
    SUSEC: U32 walk, "kerberos.susec", "susec";
    ERROR_CODE: I32 walk, "kerberos.error_code", "error-code", names(ERRORS);
    E_TEXT: Text walk, "kerberos.e_text", "e-text";
    E_DATA: Bytes walk, "kerberos.e_data", "e-data";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(88), Claim::UdpPort(88)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: true }),
    column_of: Some(|view| match view.below().last() {
        // In the credentials of another protocol, whose line it is.
        Some(layer) if matches!(layer.protocol, id::ldap | id::smb2) => "",
        _ => "KRB5",
    }),
    info: Some(info),
    datagrams: Some(Datagrams {
        admits: |b| b.first().is_some_and(|&tag| message_of(tag).is_some()),
        recognise: None,
        keeps: false,
        follow: None,
    }),
    ..Protocol::new("kerberos", "Kerberos", "KRB5")
};

/// A datagram that begins with no message is not of this protocol; in a stream, a length of 4 bytes comes first.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    let message = if b.u8(0) == 0 { b.u8(4) } else { b.u8(0) };
    Ok(if message_of(message).is_some() { Step::last(b) } else { Step::next(0, id::data) })
}

fn probe(b: &[u8]) -> bool {
    matches!(b, [0, _, _, _]) || matches!(b, [0, _, _, _, tag, ..] if message_of(*tag).is_some())
}

/// RFC 4120 §7.2.2.
fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    match b.len() {
        0..4 => Length::Need,
        _ if probe(b) => Length::Known(4 + u64::from(Bytes(b).u32(0))),
        _ => Length::NotMine,
    }
}

/// What an element holds.
#[derive(Clone, Copy)]
enum Type {
    Signed(FieldIndex),
    Unsigned(FieldIndex),
    Text(FieldIndex),
    Octets(FieldIndex),
    Flag(FieldIndex),
    /// A GeneralizedTime (RFC 4120 §5.2.3).
    Time(FieldIndex),
    /// 32 bits, the first one the highest (§5.2.8), and those that have a field.
    Bits(FieldIndex, &'static [(FieldIndex, u64)]),
    /// Members, each with its context tag in front.
    Sequence(&'static [(u8, &'static str, Self)]),
    /// Elements of one type, and the field of their number.
    List(Option<FieldIndex>, &'static Self),
    /// The same within the tag of an application.
    Ticket,
    /// Data in front of authentication, of its own type (§5.2.7).
    Padata,
    /// What an error has to say about itself (§5.9.1): mostly more such data.
    ErrorData,
}

const INT: &Type = &Signed(ENCTYPE);
const CNAME: Type = Sequence(&[
    (0, "name-type", Signed(NAME_TYPE)),
    (1, "name-string", List(Some(CNAME_STRING), &Text(C_NAME_STRING))),
]);
const SNAME: Type = Sequence(&[
    (0, "name-type", Signed(NAME_TYPE)),
    (1, "name-string", List(Some(SNAME_STRING), &Text(S_NAME_STRING))),
]);
const ENCRYPTED: Type =
    Sequence(&[(0, "etype", Signed(ETYPE)), (1, "kvno", Unsigned(KVNO)), (2, "cipher", Octets(CIPHER))]);
const TICKET: Type = Sequence(&[
    (0, "tkt-vno", Unsigned(TKT_VNO)),
    (1, "realm", Text(REALM)),
    (2, "sname", SNAME),
    (3, "enc-part", ENCRYPTED),
]);
const PADATA_LIST: Type = List(Some(PADATA), &Padata);

/// RFC 4120 §5.4.1.
const KDC_REQ: Type = Sequence(&[
    (1, "pvno", Unsigned(PVNO)),
    (2, "msg-type", Signed(MSG_TYPE)),
    (3, "padata", PADATA_LIST),
    (4, "req-body", KDC_REQ_BODY),
]);
const KDC_REQ_BODY: Type = Sequence(&[
    (0, "kdc-options", Bits(KDC_OPTIONS, OPTION_BITS)),
    (1, "cname", CNAME),
    (2, "realm", Text(REALM)),
    (3, "sname", SNAME),
    (4, "from", Time(FROM)),
    (5, "till", Time(TILL)),
    (6, "rtime", Time(RTIME)),
    (7, "nonce", Unsigned(NONCE)),
    (8, "etype", List(Some(ETYPE_COUNT), INT)),
    (9, "addresses", List(Some(ADDRESSES), &Sequence(&[(0, "addr-type", Signed(ADDR_TYPE))]))),
    (10, "enc-authorization-data", ENCRYPTED),
    (11, "additional-tickets", List(None, &Type::Ticket)),
]);
/// §5.4.2.
const KDC_REP: Type = Sequence(&[
    (0, "pvno", Unsigned(PVNO)),
    (1, "msg-type", Signed(MSG_TYPE)),
    (2, "padata", PADATA_LIST),
    (3, "crealm", Text(CREALM)),
    (4, "cname", CNAME),
    (5, "ticket", Type::Ticket),
    (6, "enc-part", ENCRYPTED),
]);
/// §5.5.1.
const AP_REQ: Type = Sequence(&[
    (0, "pvno", Unsigned(PVNO)),
    (1, "msg-type", Signed(MSG_TYPE)),
    (2, "ap-options", Bits(AP_OPTIONS, &[(USE_SESSION_KEY, 0x4000_0000), (MUTUAL_REQUIRED, 0x2000_0000)])),
    (3, "ticket", Type::Ticket),
    (4, "authenticator", ENCRYPTED),
]);
/// §5.5.2.
const AP_REP: Type =
    Sequence(&[(0, "pvno", Unsigned(PVNO)), (1, "msg-type", Signed(MSG_TYPE)), (2, "enc-part", ENCRYPTED)]);
/// §5.9.1.
const KRB_ERROR: Type = Sequence(&[
    (0, "pvno", Unsigned(PVNO)),
    (1, "msg-type", Signed(MSG_TYPE)),
    (2, "ctime", Time(CTIME)),
    (3, "cusec", Unsigned(CUSEC)),
    (4, "stime", Time(STIME)),
    (5, "susec", Unsigned(SUSEC)),
    (6, "error-code", Signed(ERROR_CODE)),
    (7, "crealm", Text(CREALM)),
    (8, "cname", CNAME),
    (9, "realm", Text(REALM)),
    (10, "sname", SNAME),
    (11, "e-text", Text(E_TEXT)),
    (12, "e-data", Type::ErrorData),
]);

const OPTION_BITS: &[(FieldIndex, u64)] = &[
    (FORWARDABLE, 1 << 30),
    (FORWARDED, 1 << 29),
    (PROXIABLE, 1 << 28),
    (PROXY, 1 << 27),
    (ALLOW_POSTDATE, 1 << 26),
    (POSTDATED, 1 << 25),
    (RENEWABLE, 1 << 23),
    (CONSTRAINED_DELEGATION, 1 << 17),
    (CANONICALIZE, 1 << 16),
    (DISABLE_TRANSITED_CHECK, 1 << 5),
    (RENEWABLE_OK, 1 << 4),
    (ENC_TKT_IN_SKEY, 1 << 3),
    (RENEW, 1 << 1),
    (VALIDATE, 1),
];

/// The message behind an application tag (§5.10).
fn message_of(tag: u8) -> Option<Type> {
    Some(match tag {
        0x6a | 0x6c => KDC_REQ,
        0x6b | 0x6d => KDC_REP,
        0x6e => AP_REQ,
        0x6f => AP_REP,
        0x7e => KRB_ERROR,
        _ => return None,
    })
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let mut r = Reader::new(view.header().0, 0);
    if view.bytes.u8(0) == 0 {
        let word = r.number(4)?;
        out.put(RM_RESERVED, 0..4, Value::Bool(word >> 31 != 0));
        out.put(RM_LENGTH, 0..4, Value::Unsigned(word & 0x7fff_ffff));
    }
    message(&mut r, 0, out)
}

fn message(r: &mut Reader<'_>, depth: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    let (tag, mut body) = ber::element(r)?;
    message_of(tag).map_or(Ok(()), |kind| element(kind, &mut body, depth + 1, out))
}

/// Gives out the next element.
fn element(kind: Type, r: &mut Reader<'_>, depth: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    if depth > limits::MAX_DEPTH {
        return Ok(());
    }
    match kind {
        Signed(field) => ber::put_signed(r, field, out).map(drop),
        Unsigned(field) => ber::put_unsigned(r, field, out).map(drop),
        Text(field) => ber::put_text(r, field, out).map(drop),
        Octets(field) => ber::put_bytes(r, field, out),
        Type::Flag(field) => ber::put_bool(r, field, out),
        Time(field) => {
            let (_, body) = ber::element(r)?;
            if let Some(time) = generalized_time(ber::content(&body)) {
                out.put(field, body.at()..body.end(), Value::Time(time));
            }
            Ok(())
        }
        Bits(field, flags) => {
            let (_, mut body) = ber::element(r)?;
            // The first byte counts the bits that are not used (X.690 §8.6.2).
            body.take(1)?;
            let left = body.left();
            put_bytes(&mut body, left, field, out)?;
            let word = Bytes(r.whole()).number(body.at() - left, body.at()).unwrap_or(0);
            put_flags(&body, left, word, flags, out);
            Ok(())
        }
        Sequence(members) => sequence(members, r, depth, out),
        List(count, kind) => {
            let (_, mut list) = ber::element(r)?;
            if let Some(count) = count {
                out.put(count, list.at()..list.end(), Value::Unsigned(ber::count(&list)));
            }
            while list.left() > 0 {
                element(*kind, &mut list, depth + 1, out)?;
            }
            Ok(())
        }
        Type::Ticket => {
            let (_, mut body) = ber::element(r)?;
            element(TICKET, &mut body, depth + 1, out)
        }
        Padata => padata(r, depth, out),
        Type::ErrorData => {
            let at = r.at();
            let (_, mut body) = ber::element(r)?;
            out.put(E_DATA, at..body.end(), Value::Bytes(ber::content(&body)));
            // A list of such data, or in errors of Windows one by itself (MS-KILE §2.2.2); others end early.
            let mut inside = body;
            let kind = match ber::expect(&mut inside, ber::tag::SEQUENCE).map(|list| ber::peek(&list)) {
                Ok(Some(0xa1)) => Padata,
                Ok(_) => List(None, &Padata),
                Err(_) => return Ok(()),
            };
            let _ = element(kind, &mut body, depth + 1, out);
            Ok(())
        }
    }
}

fn sequence(
    members: &[(u8, &str, Type)],
    r: &mut Reader<'_>,
    depth: usize,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let mut list = ber::expect(r, ber::tag::SEQUENCE)?;
    while list.left() > 0 {
        let at = list.at();
        let (tag, mut member) = ber::element(&mut list)?;
        let Some(&(_, name, kind)) = members.iter().find(|(number, ..)| 0xa0 | number == tag) else {
            continue;
        };
        let nested = matches!(kind, Sequence(_) | List(..) | Type::Ticket);
        if nested {
            out.open(at..member.end(), format_args!("{name}"));
        }
        element(kind, &mut member, depth + 1, out)?;
        if nested {
            out.close();
        }
    }
    Ok(())
}

/// §5.2.7, and what is known of the value by its type.
fn padata(r: &mut Reader<'_>, depth: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    const ETYPE_INFO: Type =
        List(None, &Sequence(&[(0, "etype", Signed(ETYPE)), (1, "salt", Octets(INFO_SALT))]));
    const ETYPE_INFO2: Type =
        List(None, &Sequence(&[(0, "etype", Signed(ETYPE)), (1, "salt", Text(INFO2_SALT))]));
    const PAC_REQUEST: Type = Sequence(&[(0, "include-pac", Type::Flag(INCLUDE_PAC))]);
    let mut list = ber::expect(r, ber::tag::SEQUENCE)?;
    let (_, mut kind) = ber::element(&mut list)?;
    let kind = ber::put_signed(&mut kind, PADATA_TYPE, out)?;
    let (_, mut value) = ber::element(&mut list)?;
    let (_, mut value) = ber::element(&mut value)?;
    out.put(PADATA_VALUE, value.at()..value.end(), Value::Bytes(ber::content(&value)));
    let _ = match kind {
        1 => message(&mut value, depth + 1, out),
        // An empty value says that a timestamp is wanted (§5.2.7.5).
        2 | 138 if value.left() > 0 => element(ENCRYPTED, &mut value, depth + 1, out),
        11 => element(ETYPE_INFO, &mut value, depth + 1, out),
        19 => element(ETYPE_INFO2, &mut value, depth + 1, out),
        128 => element(PAC_REQUEST, &mut value, depth + 1, out),
        _ => Ok(()),
    };
    Ok(())
}

/// `YYYYMMDDhhmmssZ` as a time (§5.2.3).
fn generalized_time(text: &[u8]) -> Option<Nanos> {
    let number = |range: std::ops::Range<usize>| {
        let digits = text.get(range)?;
        digits
            .iter()
            .try_fold(0_i64, |n, byte| byte.is_ascii_digit().then(|| n * 10 + i64::from(byte - b'0')))
    };
    let days = crate::text::days_of_date(number(0..4)?, number(4..6)?, number(6..8)?);
    let seconds = days * 86_400 + number(8..10)? * 3600 + number(10..12)? * 60 + number(12..14)?;
    (text.get(14) == Some(&b'Z')).then_some(())?;
    seconds.checked_mul(1_000_000_000).map(Nanos)
}

fn info(view: &View<'_>, out: &mut String) {
    append_name(view, MSG_TYPE, "", out);
    append_name(view, ERROR_CODE, ": ", out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_the_second() {
        assert_eq!(generalized_time(b"20370913024805Z"), Some(Nanos(2_136_422_885_000_000_000)));
        assert_eq!(generalized_time(b"19700101000000Z"), Some(Nanos(0)));
        assert_eq!(generalized_time(b"20370913024805"), None);
        assert_eq!(generalized_time(b"2037091302480xZ"), None);
    }
}
