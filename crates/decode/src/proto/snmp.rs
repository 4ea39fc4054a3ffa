//! Simple Network Management Protocol: version 1 (RFC 1157), 2c (RFC 1901, RFC 3416), and version 3 (RFC 3412) with the
//! user-based security model (RFC 3414).

use plaintap_packet::Nanos;

use super::ber::{self, tag};
use super::prelude::*;
use crate::exchanges::{self, Exchange, Turn};

fields! {
    VERSION: I32 walk, "snmp.version", "version", names(VERSIONS);
    COMMUNITY: Text walk, "snmp.community", "community";
    MSG_VERSION: I32 walk, "snmp.msgVersion", "msgVersion", names(VERSIONS);
    GLOBAL_DATA: None walk, "snmp.msgGlobalData_element", "msgGlobalData";
    MSG_ID: U32 walk, "snmp.msgID", "msgID";
    MSG_MAX_SIZE: U32 walk, "snmp.msgMaxSize", "msgMaxSize";
    MSG_FLAGS: Bytes walk, "snmp.msgFlags", "msgFlags";
    MSG_SECURITY_MODEL: U32 walk, "snmp.msgSecurityModel", "msgSecurityModel";
    FLAG_REPORT: Bool walk, "snmp.v3.flags.report", "Reportable";
    FLAG_CRYPT: Bool walk, "snmp.v3.flags.crypt", "Encrypted";
    FLAG_AUTH: Bool walk, "snmp.v3.flags.auth", "Authenticated";
    ENGINE_ID: Bytes walk, "snmp.msgAuthoritativeEngineID", "msgAuthoritativeEngineID";
    ENGINE_CONFORM: Bool walk, "snmp.engineid.conform", "Engine ID Conformance";
    ENGINE_ENTERPRISE: U32 walk, "snmp.engineid.enterprise", "Engine Enterprise ID";
    ENGINE_FORMAT: U8 walk, "snmp.engineid.format", "Engine ID Format", names(ENGINE_FORMATS);
    ENGINE_IPV4: Ip4 walk, "snmp.engineid.ipv4", "Engine ID Data: IPv4 address";
    ENGINE_IPV6: Ip6 walk, "snmp.engineid.ipv6", "Engine ID Data: IPv6 address";
    ENGINE_MAC: Mac walk, "snmp.engineid.mac", "Engine ID Data: MAC address";
    ENGINE_TEXT: Text walk, "snmp.engineid.text", "Engine ID Data: Text";
    ENGINE_TIME: Time walk, "snmp.engineid.time", "Engine ID Data: Creation Time";
    ENGINE_DATA: Bytes walk, "snmp.engineid.data", "Engine ID Data";
    ENGINE_BOOTS: U32 walk, "snmp.msgAuthoritativeEngineBoots", "msgAuthoritativeEngineBoots";
    ENGINE_TIME_SINCE: U32 walk, "snmp.msgAuthoritativeEngineTime", "msgAuthoritativeEngineTime";
    USER_NAME: Text walk, "snmp.msgUserName", "msgUserName";
    AUTHENTICATION: Bytes walk, "snmp.msgAuthenticationParameters", "msgAuthenticationParameters";
    PRIVACY: Bytes walk, "snmp.msgPrivacyParameters", "msgPrivacyParameters";
    MSG_DATA: U32 walk, "snmp.msgData", "msgData", names(&[(0, "plaintext"), (1, "encryptedPDU")]);
    PLAINTEXT: None walk, "snmp.plaintext_element", "plaintext";
    ENCRYPTED: Bytes walk, "snmp.encryptedPDU", "encryptedPDU";
    CONTEXT_ENGINE_ID: Bytes walk, "snmp.contextEngineID", "contextEngineID";
    CONTEXT_NAME: Text walk, "snmp.contextName", "contextName";
    DATA: U32 walk, "snmp.data", "data", names(PDUS);
    GET: None walk, "snmp.get_request_element", "get-request";
    GET_NEXT: None walk, "snmp.get_next_request_element", "get-next-request";
    RESPONSE: None walk, "snmp.get_response_element", "get-response";
    SET: None walk, "snmp.set_request_element", "set-request";
    TRAP_V1: None walk, "snmp.trap_element", "trap";
    BULK: None walk, "snmp.getBulkRequest_element", "getBulkRequest";
    INFORM: None walk, "snmp.informRequest_element", "informRequest";
    TRAP_V2: None walk, "snmp.snmpV2_trap_element", "snmpV2-trap";
    REPORT: None walk, "snmp.report_element", "report";
    REQUEST_ID: I32 walk, "snmp.request_id", "request-id";
    ERROR_STATUS: I32 walk, "snmp.error_status", "error-status", names(ERRORS);
    ERROR_INDEX: I32 walk, "snmp.error_index", "error-index";
    NON_REPEATERS: U32 walk, "snmp.non_repeaters", "non-repeaters";
    MAX_REPETITIONS: U32 walk, "snmp.max_repetitions", "max-repetitions";
    ENTERPRISE: Text walk, "snmp.enterprise", "enterprise";
    AGENT_ADDR: Ip4 walk, "snmp.agent_addr", "agent-addr";
    GENERIC_TRAP: I32 walk, "snmp.generic_trap", "generic-trap", names(TRAPS);
    SPECIFIC_TRAP: I32 walk, "snmp.specific_trap", "specific-trap";
    TIME_STAMP: U32 walk, "snmp.time_stamp", "time-stamp";
    VARIABLE_BINDINGS: U32 walk, "snmp.variable_bindings", "variable-bindings";
    RESPONSE_TO: FrameNumber exchange(exchanges::request_frame), "snmp.response_to", "Response To";
    TIME: Duration exchange(exchanges::elapsed), "snmp.time", "Time";
    NAME: Text walk, "snmp.name", "Object Name";
    VALUE_INT: I64 walk, "snmp.value.int", "Value (Integer32)";
    VALUE_GAUGE: I64 walk, "snmp.value.g32", "Value (Gauge32)";
    VALUE_COUNTER: U64 walk, "snmp.value.counter", "Value (Counter32)";
    VALUE_TIMETICKS: U64 walk, "snmp.value.timeticks", "Value (Timeticks)";
    VALUE_OPAQUE: Bytes walk, "snmp.value.opaque", "Value (Opaque)";
    NO_SUCH_OBJECT: None walk, "snmp.noSuchObject", "noSuchObject";
    NO_SUCH_INSTANCE: None walk, "snmp.noSuchInstance", "noSuchInstance";
    END_OF_MIB_VIEW: None walk, "snmp.endOfMibView", "endOfMibView";
    VALUE_OCTETS: Bytes walk, "snmp.value.octets", "Value (OctetString)";
    VALUE_OID: Text walk, "snmp.value.oid", "Value (OID)";
    VALUE_IPV4: Ip4 walk, "snmp.value.ipv4", "Value (IpAddress)";
    VALUE_NULL: None walk, "snmp.value.null", "Value (Null)";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(161), Claim::UdpPort(162)],
    fields: FIELDS,
    walk: Some(walk),
    exchange: Some(Exchange::new(turns)),
    info: Some(info),
    // A message is a SEQUENCE (RFC 3416 §3, RFC 3412 §6).
    datagrams: Some(Datagrams {
        admits: |b| b.first() == Some(&0x30),
        recognise: None,
        keeps: false,
        follow: None,
    }),
    ..Protocol::new("snmp", "Simple Network Management Protocol", "SNMP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

const VERSIONS: crate::field::ValueNames = &[(0, "version-1"), (1, "v2c"), (2, "v2u"), (3, "snmpv3")];

const PDUS: crate::field::ValueNames = &[
    (0, "get-request"),
    (1, "get-next-request"),
    (2, "get-response"),
    (3, "set-request"),
    (4, "trap"),
    (5, "getBulkRequest"),
    (6, "informRequest"),
    (7, "snmpV2-trap"),
    (8, "report"),
];

const ERRORS: crate::field::ValueNames = &[
    (0, "noError"),
    (1, "tooBig"),
    (2, "noSuchName"),
    (3, "badValue"),
    (4, "readOnly"),
    (5, "genErr"),
    (6, "noAccess"),
    (7, "wrongType"),
    (8, "wrongLength"),
    (9, "wrongEncoding"),
    (10, "wrongValue"),
    (11, "noCreation"),
    (12, "inconsistentValue"),
    (13, "resourceUnavailable"),
    (14, "commitFailed"),
    (15, "undoFailed"),
    (16, "authorizationError"),
    (17, "notWritable"),
    (18, "inconsistentName"),
];

const TRAPS: crate::field::ValueNames = &[
    (0, "coldStart"),
    (1, "warmStart"),
    (2, "linkDown"),
    (3, "linkUp"),
    (4, "authenticationFailure"),
    (5, "egpNeighborLoss"),
    (6, "enterpriseSpecific"),
];

/// A response has the number of its request (RFC 3416 §4.1).
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    let Some(id) = view.number(REQUEST_ID).map(i64::cast_unsigned) else { return };
    let is = |element: &FieldIndex| view.has(*element);
    if [GET, GET_NEXT, SET, BULK, INFORM].iter().any(is) {
        out(Turn::Request(id));
    } else if [RESPONSE, REPORT].iter().any(is) {
        out(Turn::Response(id));
    }
}

/// The PDUs, by their tags.
const ELEMENTS: [FieldIndex; 9] = [GET, GET_NEXT, RESPONSE, SET, TRAP_V1, BULK, INFORM, TRAP_V2, REPORT];

const TRAP: u8 = 4;
const GET_BULK: u8 = 5;

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 0);
    let mut message = ber::expect(&mut r, tag::SEQUENCE)?;
    let version = ber::expect(&mut message, tag::INTEGER)?;
    let number = ber::integer(&version);
    let at = version.at()..version.end();
    if number == 3 {
        out.put(MSG_VERSION, at, Value::Signed(number));
        return version_3(&mut message, out);
    }
    out.put(VERSION, at, Value::Signed(number));
    let mut community = ber::expect(&mut message, tag::OCTET_STRING)?;
    let length = community.left();
    put_text(&mut community, length, COMMUNITY, out)?;
    pdu(&mut message, out)
}

/// RFC 3412 §6. What is encrypted stays closed.
fn version_3(message: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const USER_BASED: u64 = 3;
    let at = message.at();
    let mut global = ber::expect(message, tag::SEQUENCE)?;
    out.put(GLOBAL_DATA, at..global.end(), Value::Present);
    ber::put_unsigned(&mut global, MSG_ID, out)?;
    ber::put_unsigned(&mut global, MSG_MAX_SIZE, out)?;
    let mut flags = ber::expect(&mut global, tag::OCTET_STRING)?;
    put_rest(&mut { flags }, MSG_FLAGS, out)?;
    let number = flags.u8()?.into();
    put_flags(&flags, 1, number, &[(FLAG_REPORT, 4), (FLAG_CRYPT, 2), (FLAG_AUTH, 1)], out);
    let model = ber::put_unsigned(&mut global, MSG_SECURITY_MODEL, out)?;
    let mut parameters = ber::expect(message, tag::OCTET_STRING)?;
    if model == USER_BASED {
        // A damaged security model does not hide the message.
        let _ = user_based(&mut parameters, out);
    }
    let at = message.at();
    let (kind, mut scoped) = ber::element(message)?;
    out.put(MSG_DATA, at..scoped.end(), Value::Unsigned((kind == tag::OCTET_STRING).into()));
    if kind == tag::OCTET_STRING {
        return put_rest(&mut scoped, ENCRYPTED, out);
    }
    out.put(PLAINTEXT, at..scoped.end(), Value::Present);
    let mut engine = ber::expect(&mut scoped, tag::OCTET_STRING)?;
    put_engine(&mut engine, CONTEXT_ENGINE_ID, out);
    ber::put_text(&mut scoped, CONTEXT_NAME, out)?;
    pdu(&mut scoped, out)
}

/// RFC 3414 §2.4.
fn user_based(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut parameters = ber::expect(r, tag::SEQUENCE)?;
    let mut engine = ber::expect(&mut parameters, tag::OCTET_STRING)?;
    put_engine(&mut engine, ENGINE_ID, out);
    ber::put_unsigned(&mut parameters, ENGINE_BOOTS, out)?;
    ber::put_unsigned(&mut parameters, ENGINE_TIME_SINCE, out)?;
    ber::put_text(&mut parameters, USER_NAME, out)?;
    ber::put_bytes(&mut parameters, AUTHENTICATION, out)?;
    ber::put_bytes(&mut parameters, PRIVACY, out)
}

const ENGINE_FORMATS: crate::field::ValueNames = &[
    (1, "IPv4 address"),
    (2, "IPv6 address"),
    (3, "MAC address"),
    (4, "Text, administratively assigned"),
    (5, "Octets, administratively assigned"),
    (128, "Enterprise specific"),
];

/// An engine's identifier, and what stands in it (RFC 3411 §5, SnmpEngineID).
fn put_engine(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) {
    let at = r.at();
    out.put(field, at..r.end(), Value::Bytes(ber::content(r)));
    if r.left() >= 5 {
        let _ = engine_parts(r, out);
    }
}

fn engine_parts(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    /// Made by Net-SNMP of random bytes and the time.
    const NET_SNMP: u64 = 8072;
    let at = r.at();
    let first = r.number(4)?;
    let conforms = first >> 31 != 0;
    let enterprise = first & 0x7fff_ffff;
    out.put(ENGINE_CONFORM, at..at + 1, Value::Bool(conforms));
    out.put(ENGINE_ENTERPRISE, at..at + 4, Value::Unsigned(enterprise));
    if !conforms {
        return put_rest(r, ENGINE_DATA, out);
    }
    match (put_number(r, 1, ENGINE_FORMAT, out)?, r.left()) {
        (1, 4) => put_ip4(r, ENGINE_IPV4, out),
        (2, 16) => put_ip6(r, ENGINE_IPV6, out),
        (3, 6) => put_mac(r, ENGINE_MAC, out),
        (4, length) => put_text(r, length, ENGINE_TEXT, out),
        (128, 8) if enterprise == NET_SNMP => {
            put_bytes(r, 4, ENGINE_DATA, out)?;
            let at = r.at();
            let seconds = Bytes(r.take(4)?).little(0, 4) as i64;
            out.put(ENGINE_TIME, at..at + 4, Value::Time(Nanos(seconds * 1_000_000_000)));
            Ok(())
        }
        _ => put_rest(r, ENGINE_DATA, out),
    }
}

/// RFC 3416 §3, and the trap of version 1, RFC 1157 §4.1.6.
fn pdu(message: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = message.at();
    let (number, mut body) = ber::element(message)?;
    let kind = number & 0x1f;
    out.put(DATA, at..at + 1, Value::Unsigned(kind.into()));
    if let Some(&element) = ELEMENTS.get(usize::from(kind)) {
        out.put(element, at..body.end(), Value::Present);
    }
    if kind == TRAP {
        ber::put_oid(&mut body, ENTERPRISE, out)?;
        let (_, mut address) = ber::element(&mut body)?;
        put_ip4(&mut address, AGENT_ADDR, out)?;
        ber::put_signed(&mut body, GENERIC_TRAP, out)?;
        ber::put_signed(&mut body, SPECIFIC_TRAP, out)?;
        ber::put_unsigned(&mut body, TIME_STAMP, out)?;
    } else {
        ber::put_signed(&mut body, REQUEST_ID, out)?;
        if kind == GET_BULK {
            ber::put_unsigned(&mut body, NON_REPEATERS, out)?;
            ber::put_unsigned(&mut body, MAX_REPETITIONS, out)?;
        } else {
            ber::put_signed(&mut body, ERROR_STATUS, out)?;
            ber::put_signed(&mut body, ERROR_INDEX, out)?;
        }
    }
    bindings(&mut body, out)
}

fn bindings(body: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut list = ber::expect(body, tag::SEQUENCE)?;
    out.put(VARIABLE_BINDINGS, list.at()..list.end(), Value::Unsigned(ber::count(&list)));
    while list.left() > 0 {
        let mut binding = ber::expect(&mut list, tag::SEQUENCE)?;
        ber::put_oid(&mut binding, NAME, out)?;
        value(&mut binding, out)?;
    }
    Ok(())
}

/// RFC 3416 §3, with the application types of RFC 2578 §7.1.
fn value(binding: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const NULL: u8 = 5;
    let start = binding.at();
    let (kind, mut content) = ber::element(binding)?;
    let at = content.at()..content.end();
    match kind {
        tag::INTEGER => out.put(VALUE_INT, at, Value::Signed(ber::integer(&content))),
        tag::OCTET_STRING => return put_bytes(&mut { content }, content.left(), VALUE_OCTETS, out),
        tag::OBJECT_IDENTIFIER => {
            let mut text = String::new();
            ber::write_oid(&content, &mut text);
            out.put(VALUE_OID, at, Value::Text(text.as_bytes()));
        }
        0x40 => return put_ip4(&mut content, VALUE_IPV4, out),
        // Counter32 and Counter64.
        0x41 | 0x46 => out.put(VALUE_COUNTER, at, Value::Unsigned(ber::integer(&content).cast_unsigned())),
        0x42 => out.put(VALUE_GAUGE, at, Value::Signed(ber::integer(&content))),
        0x43 => out.put(VALUE_TIMETICKS, at, Value::Unsigned(ber::integer(&content).cast_unsigned())),
        0x44 => return put_rest(&mut content, VALUE_OPAQUE, out),
        NULL => out.put(VALUE_NULL, start..binding.at(), Value::Present),
        0x80 => out.put(NO_SUCH_OBJECT, start..binding.at(), Value::Present),
        0x81 => out.put(NO_SUCH_INSTANCE, start..binding.at(), Value::Present),
        0x82 => out.put(END_OF_MIB_VIEW, start..binding.at(), Value::Present),
        _ => {}
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let row = |field: FieldIndex| FIELDS.get(usize::from(field.0));
    if let Some(data) = row(DATA) {
        view.values(DATA, data, &mut |_, value| {
            if let Value::Unsigned(number) = value {
                out.push_str(data.value_name(number).unwrap_or("unknown PDU"));
            }
        });
    }
    if let Some(name) = row(NAME) {
        view.values(NAME, name, &mut |_, value| {
            out.push(' ');
            crate::text::write_value(None, &value, out);
        });
    }
    if out.is_empty() {
        out.push_str("SNMP");
    }
}
