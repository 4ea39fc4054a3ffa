//! The parts of header fields: addresses, the way of a message, credentials (RFC 3261 §20, §25.1).

use std::ops::Range;

use super::*;

/// The fields of an address, where it has them.
pub(super) struct Address {
    display: Option<FieldIndex>,
    uri: FieldIndex,
    user: FieldIndex,
    host: FieldIndex,
    port: FieldIndex,
    /// A parameter of the URI.
    uri_parameter: Option<FieldIndex>,
    /// A parameter of the header field.
    parameter: Option<FieldIndex>,
    tag: Option<FieldIndex>,
}

pub(super) const REQUEST_URI: Address = Address {
    display: None,
    uri: R_URI,
    user: R_URI_USER,
    host: R_URI_HOST,
    port: R_URI_PORT,
    uri_parameter: Some(R_URI_PARAM),
    parameter: None,
    tag: None,
};

const FROM_ADDRESS: Address = Address {
    display: Some(FROM_DISPLAY),
    uri: FROM_ADDR,
    user: FROM_USER,
    host: FROM_HOST,
    port: FROM_PORT,
    uri_parameter: Some(FROM_PARAM),
    parameter: None,
    tag: Some(FROM_TAG),
};

const TO_ADDRESS: Address = Address {
    display: Some(TO_DISPLAY),
    uri: TO_ADDR,
    user: TO_USER,
    host: TO_HOST,
    port: TO_PORT,
    uri_parameter: Some(TO_PARAM),
    parameter: None,
    tag: Some(TO_TAG),
};

const CONTACT_ADDRESS: Address = Address {
    display: None,
    uri: CONTACT_URI,
    user: CONTACT_USER,
    host: CONTACT_HOST,
    port: CONTACT_PORT,
    uri_parameter: Some(CONTACT_PARAM),
    parameter: Some(CONTACT_PARAMETER),
    tag: None,
};

const ROUTE_ADDRESS: Address = Address {
    display: None,
    uri: ROUTE_URI,
    user: ROUTE_USER,
    host: ROUTE_HOST,
    port: ROUTE_PORT,
    uri_parameter: Some(ROUTE_PARAM),
    parameter: None,
    tag: None,
};

const RECORD_ROUTE_ADDRESS: Address = Address {
    display: None,
    uri: RECORD_ROUTE_URI,
    user: RECORD_ROUTE_USER,
    host: RECORD_ROUTE_HOST,
    port: RECORD_ROUTE_PORT,
    uri_parameter: Some(RECORD_ROUTE_PARAM),
    parameter: None,
    tag: None,
};

/// Gives out the parts of the header field at `line` with this value.
pub(super) fn header(
    field: FieldIndex,
    bytes: &[u8],
    line: Range<usize>,
    value: &[u8],
    out: &mut dyn FieldSink,
) {
    // The value lies in the line, at its end but for blanks.
    let end = line.start + bytes[line.clone()].trim_ascii_end().len();
    let at = end - value.len()..end;
    match field {
        FROM => address(bytes, at, &FROM_ADDRESS, out),
        TO => address(bytes, at, &TO_ADDRESS, out),
        CONTACT => list(bytes, at, b',', &mut |at| address(bytes, at, &CONTACT_ADDRESS, out)),
        ROUTE => list(bytes, at, b',', &mut |at| address(bytes, at, &ROUTE_ADDRESS, out)),
        RECORD_ROUTE => list(bytes, at, b',', &mut |at| address(bytes, at, &RECORD_ROUTE_ADDRESS, out)),
        VIA => list(bytes, at, b',', &mut |at| via(bytes, at, out)),
        CSEQ => {
            let (number, behind) = lines::word(value);
            if let Some(number) = self::number(number) {
                out.put(CSEQ_SEQ, at.start..at.start + behind, Value::Unsigned(number.into()));
            }
            put(CSEQ_METHOD, bytes, at.start + behind..at.end, out);
        }
        AUTHORIZATION | PROXY_AUTHORIZATION | WWW_AUTHENTICATE | PROXY_AUTHENTICATE => {
            put(AUTH, bytes, whole_line(bytes, line), out);
            let (scheme, behind) = lines::word(value);
            put(AUTH_SCHEME, bytes, at.start..at.start + scheme.len(), out);
            list(bytes, at.start + behind..at.end, b',', &mut |at| named(bytes, at, CREDENTIALS, out));
        }
        AUTHENTICATION_INFO => {
            put(AUTH, bytes, whole_line(bytes, line), out);
            list(bytes, at, b',', &mut |at| named(bytes, at, CREDENTIALS, out));
        }
        SECURITY_CLIENT | SECURITY_SERVER | SECURITY_VERIFY => {
            list(bytes, at, b',', &mut |at| mechanism(bytes, at, out));
        }
        P_ACCESS_NETWORK_INFO => {
            let mut first = true;
            list(bytes, at, b';', &mut |at| match std::mem::take(&mut first) {
                true => put(ACCESS_TYPE, bytes, at, out),
                false => named(bytes, at, &[("utran-cell-id-3gpp", ACCESS_CELL)], out),
            });
        }
        _ => {}
    }
}

/// The line with its end.
fn whole_line(bytes: &[u8], line: Range<usize>) -> Range<usize> {
    let end = memchr::memchr(b'\n', &bytes[line.end..]).map_or(bytes.len(), |end| line.end + end + 1);
    line.start..end
}

fn put(field: FieldIndex, bytes: &[u8], at: Range<usize>, out: &mut dyn FieldSink) {
    if !at.is_empty() {
        out.put(field, at.clone(), Value::Text(&bytes[at]));
    }
}

/// Calls `each` with what stands between separators, without the blanks around it; those in quotes and in angle brackets
/// separate nothing.
fn list(bytes: &[u8], at: Range<usize>, separator: u8, each: &mut dyn FnMut(Range<usize>)) {
    let mut give = |start: usize, end: usize| {
        let text = &bytes[start..end];
        let start = end - text.trim_ascii_start().len();
        let end = start + text.trim_ascii().len();
        if start < end {
            each(start..end);
        }
    };
    let (mut start, mut quoted, mut inside) = (at.start, false, false);
    for here in at.clone() {
        match bytes[here] {
            b'"' => quoted = !quoted,
            b'<' if !quoted => inside = true,
            b'>' if !quoted => inside = false,
            byte if byte == separator && !quoted && !inside => {
                give(start, here);
                start = here + 1;
            }
            _ => {}
        }
    }
    give(start, at.end);
}

/// `"Bob" <sip:bob@host:5060;lr>;tag=1`, or the URI without brackets: then all parameters are the header field's (RFC 3261
/// §20.10).
fn address(bytes: &[u8], at: Range<usize>, fields: &Address, out: &mut dyn FieldSink) {
    let text = &bytes[at.clone()];
    let open = memchr::memchr(b'<', text);
    let close = open.and_then(|open| Some(open + memchr::memchr(b'>', &text[open..])?));
    let (address, behind) = match (open, close) {
        (Some(open), Some(close)) => {
            let name = text[..open].trim_ascii();
            if let (Some(field), false) = (fields.display, name.is_empty()) {
                let start = at.start + open - text[..open].trim_ascii_start().len();
                for field in [field, DISPLAY_INFO] {
                    put(field, bytes, start..start + name.len(), out);
                }
            }
            (at.start + open + 1..at.start + close, at.start + close + 1)
        }
        _ => {
            let end = memchr::memchr(b';', text).unwrap_or(text.len());
            (at.start..at.start + end, at.start + end)
        }
    };
    uri(bytes, address, fields, out);
    list(bytes, behind..at.end, b';', &mut |at| {
        if let (Some(field), Some(tag)) = (fields.tag, value_of(bytes, &at, "tag")) {
            put(field, bytes, tag.clone(), out);
            put(TAG, bytes, tag, out);
        } else if let Some(field) = fields.parameter {
            put(field, bytes, at, out);
        }
    });
}

/// A URI and its parts; only those of SIP have any (RFC 3261 §19.1.1).
pub(super) fn uri(bytes: &[u8], at: Range<usize>, fields: &Address, out: &mut dyn FieldSink) {
    put(fields.uri, bytes, at.clone(), out);
    let text = &bytes[at.clone()];
    let Some(colon) = memchr::memchr(b':', text) else { return };
    if !text[..colon].eq_ignore_ascii_case(b"sip") && !text[..colon].eq_ignore_ascii_case(b"sips") {
        return;
    }
    let mut start = colon + 1;
    if let Some(sign) = memchr::memchr(b'@', &text[start..]) {
        let user = memchr::memchr(b':', &text[start..start + sign]).unwrap_or(sign);
        put(fields.user, bytes, at.start + start..at.start + start + user, out);
        start += sign + 1;
    }
    let rest = &text[start..];
    let end = rest.iter().position(|byte| matches!(byte, b';' | b'?')).unwrap_or(rest.len());
    let (host, port) = host_port(&rest[..end]);
    let start = at.start + start;
    put(fields.host, bytes, start..start + host, out);
    put(fields.port, bytes, start + port..start + end, out);
    if let Some(field) = fields.uri_parameter {
        list(bytes, start + end..at.end, b';', &mut |at| put(field, bytes, at, out));
    }
}

/// Length of the host, and where the port begins; an IPv6 address stands in brackets.
fn host_port(text: &[u8]) -> (usize, usize) {
    let from = memchr::memchr(b']', text).unwrap_or(0);
    match memchr::memchr(b':', &text[from..]) {
        Some(colon) => (from + colon, from + colon + 1),
        None => (text.len(), text.len()),
    }
}

/// `SIP/2.0/UDP host:port;branch=...` (RFC 3261 §20.42).
fn via(bytes: &[u8], at: Range<usize>, out: &mut dyn FieldSink) {
    const PARAMETERS: &[(&str, FieldIndex)] = &[
        ("branch", VIA_BRANCH),
        ("maddr", VIA_MADDR),
        ("rport", VIA_RPORT),
        ("received", VIA_RECEIVED),
        ("ttl", VIA_TTL),
        ("comp", VIA_COMP),
    ];
    let (protocol, behind) = lines::word(&bytes[at.clone()]);
    let transport = memchr::memrchr(b'/', protocol).map_or(0, |slash| slash + 1);
    put(VIA_TRANSPORT, bytes, at.start + transport..at.start + protocol.len(), out);
    let mut first = true;
    list(bytes, at.start + behind..at.end, b';', &mut |at| {
        if !std::mem::take(&mut first) {
            return named(bytes, at, PARAMETERS, out);
        }
        let text = &bytes[at.clone()];
        let (host, port) = host_port(text);
        let brackets = usize::from(text.starts_with(b"["));
        put(VIA_ADDRESS, bytes, at.start + brackets..at.start + host.saturating_sub(brackets), out);
        if let Some(number) = number(&text[port..]) {
            out.put(VIA_PORT, at.start + port..at.end, Value::Unsigned(number.into()));
        }
    });
}

/// Parameters of the credentials of RFC 2617.
const CREDENTIALS: &[(&str, FieldIndex)] = &[
    ("response", AUTH_RESPONSE),
    ("nc", AUTH_NC),
    ("username", AUTH_USERNAME),
    ("realm", AUTH_REALM),
    ("nonce", AUTH_NONCE),
    ("algorithm", AUTH_ALGORITHM),
    ("opaque", AUTH_OPAQUE),
    ("qop", AUTH_QOP),
    ("cnonce", AUTH_CNONCE),
    ("uri", AUTH_URI),
    ("domain", AUTH_DOMAIN),
    ("stale", AUTH_STALE),
    ("auts", AUTH_AUTS),
    ("rspauth", AUTH_RSPAUTH),
    ("nextnonce", AUTH_NEXTNONCE),
];

/// How two ends may secure what they say (RFC 3329 §2.2, 3GPP TS 33.203 §H).
fn mechanism(bytes: &[u8], at: Range<usize>, out: &mut dyn FieldSink) {
    const PARAMETERS: &[(&str, FieldIndex)] =
        &[("alg", MECHANISM_ALG), ("ealg", MECHANISM_EALG), ("prot", MECHANISM_PROT)];
    const NUMBERS: &[(&str, FieldIndex)] = &[
        ("spi-c", MECHANISM_SPI_C),
        ("spi-s", MECHANISM_SPI_S),
        ("port-c", MECHANISM_PORT_C),
        ("port-s", MECHANISM_PORT_S),
    ];
    let mut first = true;
    list(bytes, at, b';', &mut |at| {
        if std::mem::take(&mut first) {
            return put(MECHANISM, bytes, at, out);
        }
        for &(name, field) in NUMBERS {
            if let Some(value) = value_of(bytes, &at, name)
                && let Some(number) = number(&bytes[value.clone()])
            {
                return out.put(field, value, Value::Unsigned(number.into()));
            }
        }
        named(bytes, at, PARAMETERS, out);
    });
}

/// Gives out the value of a parameter that has a field; the name where it has none.
fn named(bytes: &[u8], at: Range<usize>, fields: &[(&str, FieldIndex)], out: &mut dyn FieldSink) {
    if let Some((value, field)) =
        fields.iter().find_map(|&(name, field)| Some((value_of(bytes, &at, name)?, field)))
    {
        put(field, bytes, value, out);
    }
}

/// The value of the parameter at `at`, if that is its name; the name itself where there is no value.
fn value_of(bytes: &[u8], at: &Range<usize>, name: &str) -> Option<Range<usize>> {
    let text = &bytes[at.clone()];
    let equals = memchr::memchr(b'=', text);
    let same = text[..equals.unwrap_or(text.len())].trim_ascii().eq_ignore_ascii_case(name.as_bytes());
    same.then(|| equals.map_or(at.clone(), |equals| at.start + equals + 1..at.end))
}
