//! Simple Network Management Protocol: version 1 (RFC 1157), 2c (RFC 1901, RFC 3416), and the head of version 3
//! (RFC 3412).

use super::ber::{self, tag};
use super::prelude::*;

fields! {
    VERSION: I32 walk, "snmp.version", "version", names(VERSIONS);
    COMMUNITY: Text walk, "snmp.community", "community";
    MSG_VERSION: I32 walk, "snmp.msgVersion", "msgVersion", names(VERSIONS);
    MSG_ID: U32 walk, "snmp.msgID", "msgID";
    MSG_MAX_SIZE: U32 walk, "snmp.msgMaxSize", "msgMaxSize";
    MSG_FLAGS: Bytes walk, "snmp.msgFlags", "msgFlags";
    MSG_SECURITY_MODEL: U32 walk, "snmp.msgSecurityModel", "msgSecurityModel";
    DATA: U32 walk, "snmp.data", "data", names(PDUS);
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
    NAME: Text walk, "snmp.name", "Object Name";
    VALUE_OCTETS: Bytes walk, "snmp.value.octets", "Value (OctetString)";
    VALUE_OID: Text walk, "snmp.value.oid", "Value (OID)";
    VALUE_IPV4: Ip4 walk, "snmp.value.ipv4", "Value (IpAddress)";
    VALUE_NULL: None walk, "snmp.value.null", "Value (Null)";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(161), Claim::UdpPort(162)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
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

/// RFC 3412 §6. What the security model wraps stays closed.
fn version_3(message: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut global = ber::expect(message, tag::SEQUENCE)?;
    ber::put_unsigned(&mut global, MSG_ID, out)?;
    ber::put_unsigned(&mut global, MSG_MAX_SIZE, out)?;
    let mut flags = ber::expect(&mut global, tag::OCTET_STRING)?;
    put_rest(&mut flags, MSG_FLAGS, out)?;
    ber::put_unsigned(&mut global, MSG_SECURITY_MODEL, out).map(drop)
}

/// RFC 3416 §3, and the trap of version 1, RFC 1157 §4.1.6.
fn pdu(message: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = message.at();
    let (number, mut body) = ber::element(message)?;
    let kind = number & 0x1f;
    out.put(DATA, at..at + 1, Value::Unsigned(kind.into()));
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

fn value(binding: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    /// The application tag of an address (RFC 2578 §7.1.5).
    const IP_ADDRESS: u8 = 0x40;
    let start = binding.at();
    let (kind, mut content) = ber::element(binding)?;
    match kind {
        tag::OCTET_STRING => {
            let length = content.left();
            put_bytes(&mut content, length, VALUE_OCTETS, out)
        }
        tag::OBJECT_IDENTIFIER => {
            let mut text = String::new();
            ber::write_oid(&content, &mut text);
            out.put(VALUE_OID, content.at()..content.end(), Value::Text(text.as_bytes()));
            Ok(())
        }
        IP_ADDRESS => put_ip4(&mut content, VALUE_IPV4, out),
        5 => {
            out.put(VALUE_NULL, start..binding.at(), Value::Present);
            Ok(())
        }
        _ => Ok(()),
    }
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
