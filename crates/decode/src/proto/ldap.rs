//! Lightweight Directory Access Protocol, RFC 4511; the wrapping of SASL, RFC 4422 §3.7.

use std::ops::Range;

use super::ldap_names::{DEREF_ALIASES, FILTERS, OPERATIONS, PROTOCOL_OPS, RESULT_CODES, SCOPES};
use super::prelude::*;
use super::{ber, gss};
use crate::exchanges::{self, Exchange, Turn};
use crate::limits;

fields! {
    SASL_BUFFER_LENGTH: U32 walk, "ldap.sasl_buffer_length", "SASL Buffer Length";
    GSSAPI_ENCRYPTED_PAYLOAD: Bytes walk, "ldap.gssapi_encrypted_payload", "GSS-API Encrypted payload";
    MESSAGE_ID: U32 walk, "ldap.messageID", "messageID";
    RESPONSE_TO: FrameNumber exchange(exchanges::request_frame), "ldap.response_to", "Response To";
    TIME: Duration exchange(exchanges::elapsed), "ldap.time", "Time";
    PROTOCOL_OP: U32 walk, "ldap.protocolOp", "protocolOp", names(PROTOCOL_OPS);
    VERSION: U32 walk, "ldap.version", "version";
    NAME: Text walk, "ldap.name", "name";
    AUTHENTICATION: U32 walk, "ldap.authentication", "authentication", names(&[(0, "simple"), (3, "sasl")]);
    SIMPLE: Text walk, "ldap.simple", "simple";
    MECHANISM: Text walk, "ldap.mechanism", "mechanism";
    CREDENTIALS: Bytes walk, "ldap.credentials", "credentials";
    RESULT_CODE: U32 walk, "ldap.resultCode", "resultCode", names(RESULT_CODES);
    MATCHED_DN: Text walk, "ldap.matchedDN", "matchedDN";
    ERROR_MESSAGE: Text walk, "ldap.errorMessage", "errorMessage";
    SERVER_SASL_CREDS: Bytes walk, "ldap.serverSaslCreds", "serverSaslCreds";
    BASE_OBJECT: Text walk, "ldap.baseObject", "baseObject";
    SCOPE: U32 walk, "ldap.scope", "scope", names(SCOPES);
    DEREF: U32 walk, "ldap.derefAliases", "derefAliases", names(DEREF_ALIASES);
    SIZE_LIMIT: U32 walk, "ldap.sizeLimit", "sizeLimit";
    TIME_LIMIT: U32 walk, "ldap.timeLimit", "timeLimit";
    TYPES_ONLY: Bool walk, "ldap.typesOnly", "typesOnly";
    FILTER: U32 walk, "ldap.filter", "filter", names(FILTERS);
    AND: U32 walk, "ldap.and", "and";
    AND_ITEM: U32 walk, "ldap.and_item", "and item", names(FILTERS);
    OR: U32 walk, "ldap.or", "or";
    OR_ITEM: U32 walk, "ldap.or_item", "or item", names(FILTERS);
    NOT: U32 walk, "ldap.not", "not", names(FILTERS);
    ATTRIBUTE_DESC: Text walk, "ldap.attributeDesc", "attributeDesc";
    ASSERTION_VALUE: Text walk, "ldap.assertionValue", "assertionValue";
    PRESENT: Text walk, "ldap.present", "present";
    SUBSTRINGS: U32 walk, "ldap.substrings", "substrings";
    INITIAL: Text walk, "ldap.initial", "initial";
    ANY: Text walk, "ldap.any", "any";
    FINAL: Text walk, "ldap.final", "final";
    MATCHING_RULE: Text walk, "ldap.matchingRule", "matchingRule";
    MATCH_VALUE: Text walk, "ldap.matchValue", "matchValue";
    DN_ATTRIBUTES: Bool walk, "ldap.dnAttributes", "dnAttributes";
    ATTRIBUTES: U32 walk, "ldap.attributes", "attributes";
    ATTRIBUTE_DESCRIPTION: Text walk, "ldap.AttributeDescription", "AttributeDescription";
    OBJECT_NAME: Text walk, "ldap.objectName", "objectName";
    TYPE: Text walk, "ldap.type", "type";
    VALS: U32 walk, "ldap.vals", "vals";
    ATTRIBUTE_VALUE: Bytes walk, "ldap.AttributeValue", "AttributeValue";
    LDAP_URL: Text walk, "ldap.LDAPURL", "LDAPURL";
    OBJECT: Text walk, "ldap.object", "object";
    MODIFICATION: U32 walk, "ldap.modification", "modification";
    OPERATION: U32 walk, "ldap.operation", "operation", names(OPERATIONS);
    ENTRY: Text walk, "ldap.entry", "entry";
    DEL_REQUEST: Text walk, "ldap.delRequest", "delRequest";
    NEWRDN: Text walk, "ldap.newrdn", "newrdn";
    DELETEOLDRDN: Bool walk, "ldap.deleteoldrdn", "deleteoldrdn";
    NEW_SUPERIOR: Text walk, "ldap.newSuperior", "newSuperior";
    ABANDON_REQUEST: U32 walk, "ldap.abandonRequest", "abandonRequest";
    REQUEST_NAME: Text walk, "ldap.requestName", "requestName";
    REQUEST_VALUE: Bytes walk, "ldap.requestValue", "requestValue";
    RESPONSE_NAME: Text walk, "ldap.responseName", "responseName";
    RESPONSE_VALUE: Bytes walk, "ldap.responseValue", "responseValue";
    CONTROLS: U32 walk, "ldap.controls", "controls";
    CONTROL_TYPE: Text walk, "ldap.controlType", "controlType";
    CRITICALITY: Bool walk, "ldap.criticality", "criticality";
    CONTROL_VALUE: Bytes walk, "ldap.controlValue", "controlValue";
    MESSAGE_ELEMENT: None walk, "ldap.LDAPMessage_element", "LDAPMessage", hidden;
    BIND_REQUEST_ELEMENT: None walk, "ldap.bindRequest_element", "bindRequest", hidden;
    BIND_RESPONSE_ELEMENT: None walk, "ldap.bindResponse_element", "bindResponse", hidden;
    UNBIND_REQUEST_ELEMENT: None walk, "ldap.unbindRequest_element", "unbindRequest", hidden;
    SEARCH_REQUEST_ELEMENT: None walk, "ldap.searchRequest_element", "searchRequest", hidden;
    SEARCH_ENTRY_ELEMENT: None walk, "ldap.searchResEntry_element", "searchResEntry", hidden;
    SEARCH_DONE_ELEMENT: None walk, "ldap.searchResDone_element", "searchResDone", hidden;
    MODIFY_REQUEST_ELEMENT: None walk, "ldap.modifyRequest_element", "modifyRequest", hidden;
    MODIFY_RESPONSE_ELEMENT: None walk, "ldap.modifyResponse_element", "modifyResponse", hidden;
    ADD_REQUEST_ELEMENT: None walk, "ldap.addRequest_element", "addRequest", hidden;
    ADD_RESPONSE_ELEMENT: None walk, "ldap.addResponse_element", "addResponse", hidden;
    DEL_RESPONSE_ELEMENT: None walk, "ldap.delResponse_element", "delResponse", hidden;
    MOD_DN_REQUEST_ELEMENT: None walk, "ldap.modDNRequest_element", "modDNRequest", hidden;
    MOD_DN_RESPONSE_ELEMENT: None walk, "ldap.modDNResponse_element", "modDNResponse", hidden;
    COMPARE_REQUEST_ELEMENT: None walk, "ldap.compareRequest_element", "compareRequest", hidden;
    COMPARE_RESPONSE_ELEMENT: None walk, "ldap.compareResponse_element", "compareResponse", hidden;
    EXTENDED_REQUEST_ELEMENT: None walk, "ldap.extendedReq_element", "extendedReq", hidden;
    EXTENDED_RESPONSE_ELEMENT: None walk, "ldap.extendedResp_element", "extendedResp", hidden;
    INTERMEDIATE_RESPONSE_ELEMENT: None walk, "ldap.intermediateResponse_element", "intermediateResponse", hidden;
    SASL_ELEMENT: None walk, "ldap.sasl_element", "sasl", hidden;
    EQUALITY_ELEMENT: None walk, "ldap.equalityMatch_element", "equalityMatch", hidden;
    SUBSTRINGS_ELEMENT: None walk, "ldap.substrings_element", "substrings", hidden;
    GREATER_ELEMENT: None walk, "ldap.greaterOrEqual_element", "greaterOrEqual", hidden;
    LESS_ELEMENT: None walk, "ldap.lessOrEqual_element", "lessOrEqual", hidden;
    APPROXIMATE_ELEMENT: None walk, "ldap.approxMatch_element", "approxMatch", hidden;
    EXTENSIBLE_ELEMENT: None walk, "ldap.extensibleMatch_element", "extensibleMatch", hidden;
    PARTIAL_ATTRIBUTE_ELEMENT: None walk, "ldap.PartialAttributeList_item_element", "PartialAttributeList item", hidden;
    ATTRIBUTE_ELEMENT: None walk, "ldap.AttributeList_item_element", "AttributeList item", hidden;
    MODIFICATION_ITEM_ELEMENT: None walk, "ldap.modification_item_element", "modification item", hidden;
    MODIFICATION_ELEMENT: None walk, "ldap.modification_element", "modification", hidden;
    ASSERTION_ELEMENT: None walk, "ldap.ava_element", "ava", hidden;
    CONTROL_ELEMENT: None walk, "ldap.Control_element", "Control", hidden;
    SUBSTRINGS_ITEM: U32 walk, "ldap.substrings_item", "substrings item", names(&[(0, "initial"), (1, "any"), (2, "final")]);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(389), Claim::TcpPort(3268)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: true }),
    column_of: Some(|view| match view.below().last() {
        Some(layer) if layer.protocol == id::cldap => "CLDAP",
        _ => "LDAP",
    }),
    carries: Some(carries),
    exchange: Some(Exchange::new(turns)),
    info: Some(info),
    ..Protocol::new("ldap", "Lightweight Directory Access Protocol", "LDAP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

/// A message is a sequence that begins with its number, of at most 4 bytes and a sign (RFC 4511 §4.1.1).
fn probe(b: &[u8]) -> bool {
    let mut r = Reader::new(b, 0);
    if is_wrapped(b) {
        return true;
    }
    r.u8() == Ok(ber::tag::SEQUENCE)
        && match r.u8() {
            Ok(long @ 0x81..=0x84) => r.take(usize::from(long & 0x7f)).is_ok(),
            Ok(length) => (5..0x80).contains(&length),
            Err(_) => false,
        }
        && r.u8() == Ok(ber::tag::INTEGER)
        && r.u8().is_ok_and(|length| (1..=5).contains(&length))
}

/// What a security layer has in front: a length, and a token of NTLM or of Kerberos (RFC 4121 §4.2.6, RFC 4757 §7.3).
fn is_wrapped(b: &[u8]) -> bool {
    matches!(b, [0, _, _, _, 1, 0, 0, 0, ..] | [0, _, _, _, 5, 4, ..] | [0, _, _, _, 0x60, ..])
}

fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    match b {
        [0, _, _] | [0, _] | [0] | [] => Length::Need,
        [0, a, b, c, ..] => Length::Known(4 + u64::from(u32::from_be_bytes([0, *a, *b, *c]))),
        [ber::tag::SEQUENCE, ..] => ber::frame(b),
        _ => Length::NotMine,
    }
}

/// Application tags of the operations (RFC 4511 §4.2 to §4.13).
mod op {
    pub(super) const BIND_REQUEST: u8 = 0;
    pub(super) const BIND_RESPONSE: u8 = 1;
    pub(super) const SEARCH_REQUEST: u8 = 3;
    pub(super) const SEARCH_ENTRY: u8 = 4;
    pub(super) const MODIFY_REQUEST: u8 = 6;
    pub(super) const ADD_REQUEST: u8 = 8;
    pub(super) const DEL_REQUEST: u8 = 10;
    pub(super) const MOD_DN_REQUEST: u8 = 12;
    pub(super) const COMPARE_REQUEST: u8 = 14;
    pub(super) const ABANDON_REQUEST: u8 = 16;
    pub(super) const SEARCH_REFERENCE: u8 = 19;
    pub(super) const EXTENDED_REQUEST: u8 = 23;
    pub(super) const EXTENDED_RESPONSE: u8 = 24;
    pub(super) const INTERMEDIATE_RESPONSE: u8 = 25;
}

/// The operations that are sequences; the others are a name or a number alone.
const ELEMENTS: &[(u8, FieldIndex)] = &[
    (op::BIND_REQUEST, BIND_REQUEST_ELEMENT),
    (op::BIND_RESPONSE, BIND_RESPONSE_ELEMENT),
    (2, UNBIND_REQUEST_ELEMENT),
    (op::SEARCH_REQUEST, SEARCH_REQUEST_ELEMENT),
    (op::SEARCH_ENTRY, SEARCH_ENTRY_ELEMENT),
    (5, SEARCH_DONE_ELEMENT),
    (op::MODIFY_REQUEST, MODIFY_REQUEST_ELEMENT),
    (7, MODIFY_RESPONSE_ELEMENT),
    (op::ADD_REQUEST, ADD_REQUEST_ELEMENT),
    (9, ADD_RESPONSE_ELEMENT),
    (11, DEL_RESPONSE_ELEMENT),
    (op::MOD_DN_REQUEST, MOD_DN_REQUEST_ELEMENT),
    (13, MOD_DN_RESPONSE_ELEMENT),
    (op::COMPARE_REQUEST, COMPARE_REQUEST_ELEMENT),
    (15, COMPARE_RESPONSE_ELEMENT),
    (op::EXTENDED_REQUEST, EXTENDED_REQUEST_ELEMENT),
    (op::EXTENDED_RESPONSE, EXTENDED_RESPONSE_ELEMENT),
    (op::INTERMEDIATE_RESPONSE, INTERMEDIATE_RESPONSE_ELEMENT),
];

/// The number of a tag in its class.
const NUMBER: u8 = 0x1f;
/// Context tags, as they stand in front of optional parts.
const CONTEXT: u8 = 0x80;
const CONTEXT_CONSTRUCTED: u8 = 0xa0;

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let mut r = Reader::new(view.header().0, 0);
    if view.bytes.u8(0) == 0 {
        put_number(&mut r, 4, SASL_BUFFER_LENGTH, out)?;
        return put_rest(&mut r, GSSAPI_ENCRYPTED_PAYLOAD, out);
    }
    let mut message = ber::expect(&mut r, ber::tag::SEQUENCE)?;
    out.put(MESSAGE_ELEMENT, 0..message.end(), Value::Present);
    ber::put_unsigned(&mut message, MESSAGE_ID, out)?;
    let at = message.at();
    let (tag, mut body) = ber::element(&mut message)?;
    let number = tag & NUMBER;
    out.put(PROTOCOL_OP, at..at + 1, Value::Unsigned(number.into()));
    out.open(at..body.end(), format_args!("{}", operation_name(number)));
    if let Ok(found) = ELEMENTS.binary_search_by_key(&number, |&(number, _)| number) {
        out.put(ELEMENTS[found].1, body.at()..body.end(), Value::Present);
    }
    // Controls stand behind the operation, be it damaged or not.
    let _ = operation(number, &mut body, out);
    out.close();
    if ber::peek(&message) == Some(CONTEXT_CONSTRUCTED) {
        let (_, list) = ber::element(&mut message)?;
        controls(list, out)?;
    }
    Ok(())
}

/// A response has the number of its request (RFC 4511 §4.1.1.1).
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    let Some(number) = view.number(MESSAGE_ID).map(i64::cast_unsigned) else { return };
    match view.number(PROTOCOL_OP) {
        Some(0 | 3 | 6 | 8 | 10 | 12 | 14 | 23) => out(Turn::Request(number)),
        Some(1 | 4 | 5 | 7 | 9 | 11 | 13 | 15 | 19 | 24 | 25) => out(Turn::Response(number)),
        _ => {}
    }
}

/// The Kerberos message in the credentials of a bind (RFC 4511 §4.2), which GSS-API and SPNEGO wrap (RFC 4752 §3.1).
fn carries(b: &[u8]) -> Option<(ProtocolId, Range<usize>)> {
    let mut r = Reader::new(b, 0);
    let mut message = ber::expect(&mut r, ber::tag::SEQUENCE).ok()?;
    ber::element(&mut message).ok()?;
    let (operation, mut body) = ber::element(&mut message).ok()?;
    let wanted = match operation & NUMBER {
        op::BIND_REQUEST => 0xa3,
        op::BIND_RESPONSE => 0x87,
        _ => return None,
    };
    while body.left() > 0 {
        let (tag, mut part) = ber::element(&mut body).ok()?;
        if tag == wanted {
            if tag == 0xa3 {
                ber::element(&mut part).ok()?;
                (_, part) = ber::element(&mut part).ok()?;
            }
            return gss::kerberos(b, part.at()..part.end());
        }
    }
    None
}

fn operation_name(number: u8) -> &'static str {
    crate::field::value_name(PROTOCOL_OPS, number.into()).unwrap_or("unknown")
}

fn operation(number: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match number {
        op::BIND_REQUEST => bind(r, out),
        op::SEARCH_REQUEST => search(r, out),
        op::SEARCH_ENTRY => {
            ber::put_text(r, OBJECT_NAME, out)?;
            attributes(r, PARTIAL_ATTRIBUTE_ELEMENT, out)
        }
        op::SEARCH_REFERENCE => urls(r, out),
        op::MODIFY_REQUEST => modify(r, out),
        op::ADD_REQUEST => {
            ber::put_text(r, ENTRY, out)?;
            attributes(r, ATTRIBUTE_ELEMENT, out)
        }
        op::DEL_REQUEST => {
            out.put(DEL_REQUEST, r.at()..r.end(), Value::Text(ber::content(r)));
            Ok(())
        }
        op::MOD_DN_REQUEST => {
            ber::put_text(r, ENTRY, out)?;
            ber::put_text(r, NEWRDN, out)?;
            ber::put_bool(r, DELETEOLDRDN, out)?;
            optional(r, &mut |_, r, out| ber::put_text(r, NEW_SUPERIOR, out).map(drop), out)
        }
        op::COMPARE_REQUEST => {
            ber::put_text(r, ENTRY, out)?;
            let mut assertion = sequence(r, ASSERTION_ELEMENT, out)?;
            ber::put_text(&mut assertion, ATTRIBUTE_DESC, out)?;
            ber::put_text(&mut assertion, ASSERTION_VALUE, out).map(drop)
        }
        op::ABANDON_REQUEST => {
            let number = u64::from(ber::integer(r) as u32);
            out.put(ABANDON_REQUEST, r.at()..r.end(), Value::Unsigned(number));
            Ok(())
        }
        op::EXTENDED_REQUEST => named_value(r, REQUEST_NAME, REQUEST_VALUE, out),

        op::INTERMEDIATE_RESPONSE => named_value(r, RESPONSE_NAME, RESPONSE_VALUE, out),
        op::BIND_RESPONSE | 5 | 7 | 9 | 11 | 13 | 15 | op::EXTENDED_RESPONSE => result(r, out),
        _ => Ok(()),
    }
}

/// The sequence that comes next, under `field` with its tag and length.
fn sequence<'a>(r: &mut Reader<'a>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<Reader<'a>, Short> {
    let at = r.at();
    let content = ber::expect(r, ber::tag::SEQUENCE)?;
    out.put(field, at..content.end(), Value::Present);
    Ok(content)
}

/// Gives out the next element, whose tag it is told, where it knows the tag.
type Part<'p> = &'p mut dyn FnMut(u8, &mut Reader<'_>, &mut dyn FieldSink) -> Result<(), Short>;

/// Gives every element that is left to `each`, with its tag.
fn optional(r: &mut Reader<'_>, each: Part<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while let Some(tag) = ber::peek(r) {
        let at = r.at();
        each(tag, r, out)?;
        if r.at() == at {
            ber::element(r)?;
        }
    }
    Ok(())
}

/// RFC 4511 §4.2.
fn bind(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    ber::put_unsigned(r, VERSION, out)?;
    ber::put_text(r, NAME, out)?;
    let at = r.at();
    let Some(tag) = ber::peek(r) else { return Ok(()) };
    out.put(AUTHENTICATION, at..at + 1, Value::Unsigned(u64::from(tag & NUMBER)));
    match tag {
        CONTEXT => ber::put_text(r, SIMPLE, out).map(drop),
        0xa3 => {
            let (_, mut sasl) = ber::element(r)?;
            out.put(SASL_ELEMENT, sasl.at()..sasl.end(), Value::Present);
            ber::put_text(&mut sasl, MECHANISM, out)?;
            if sasl.left() > 0 { ber::put_bytes(&mut sasl, CREDENTIALS, out) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

/// RFC 4511 §4.1.9, with what a bind response (§4.2.2) and an extended one (§4.12) have behind it.
fn result(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    ber::put_unsigned(r, RESULT_CODE, out)?;
    ber::put_text(r, MATCHED_DN, out)?;
    ber::put_text(r, ERROR_MESSAGE, out)?;
    let mut part = |tag: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink| match tag {
        0xa3 => urls(&mut ber::element(r)?.1, out),
        0x87 => ber::put_bytes(r, SERVER_SASL_CREDS, out),
        0x8a => ber::put_text(r, RESPONSE_NAME, out).map(drop),
        0x8b => ber::put_bytes(r, RESPONSE_VALUE, out),
        _ => Ok(()),
    };
    optional(r, &mut part, out)
}

/// What an extended request and an intermediate response are made of (RFC 4511 §4.12, §4.13).
fn named_value(
    r: &mut Reader<'_>,
    name: FieldIndex,
    value: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let mut part = |tag: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink| match tag {
        CONTEXT => ber::put_text(r, name, out).map(drop),
        0x81 => ber::put_bytes(r, value, out),
        _ => Ok(()),
    };
    optional(r, &mut part, out)
}

fn urls(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        ber::put_text(r, LDAP_URL, out)?;
    }
    Ok(())
}

/// RFC 4511 §4.5.1.
fn search(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    ber::put_text(r, BASE_OBJECT, out)?;
    for field in [SCOPE, DEREF, SIZE_LIMIT, TIME_LIMIT] {
        ber::put_unsigned(r, field, out)?;
    }
    ber::put_bool(r, TYPES_ONLY, out)?;
    filter(r, FILTER, 0, out)?;
    let mut list = ber::expect(r, ber::tag::SEQUENCE)?;
    out.put(ATTRIBUTES, list.at()..list.end(), Value::Unsigned(ber::count(&list)));
    while list.left() > 0 {
        ber::put_text(&mut list, ATTRIBUTE_DESCRIPTION, out)?;
    }
    Ok(())
}

/// The kinds of filters that are sequences, by number.
const FILTER_ELEMENTS: [Option<FieldIndex>; 10] = [
    None,
    None,
    None,
    Some(EQUALITY_ELEMENT),
    Some(SUBSTRINGS_ELEMENT),
    Some(GREATER_ELEMENT),
    Some(LESS_ELEMENT),
    None,
    Some(APPROXIMATE_ELEMENT),
    Some(EXTENSIBLE_ELEMENT),
];

/// A filter (RFC 4511 §4.5.1.7): which kind it is, under `field`, and what is in it.
fn filter(r: &mut Reader<'_>, field: FieldIndex, depth: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let (tag, mut body) = ber::element(r)?;
    let choice = tag & NUMBER;
    out.put(field, at..at + 1, Value::Unsigned(choice.into()));
    if depth >= limits::MAX_DEPTH {
        return Ok(());
    }
    if let Some(&Some(element)) = FILTER_ELEMENTS.get(usize::from(choice)) {
        out.put(element, body.at()..body.end(), Value::Present);
    }
    match choice {
        0 | 1 => {
            let (list, item) = if choice == 0 { (AND, AND_ITEM) } else { (OR, OR_ITEM) };
            out.put(list, body.at()..body.end(), Value::Unsigned(ber::count(&body)));
            while body.left() > 0 {
                filter(&mut body, item, depth + 1, out)?;
            }
            Ok(())
        }
        2 => filter(&mut body, NOT, depth + 1, out),
        3 | 5 | 6 | 8 => {
            ber::put_text(&mut body, ATTRIBUTE_DESC, out)?;
            ber::put_text(&mut body, ASSERTION_VALUE, out).map(drop)
        }
        4 => substrings(&mut body, out),
        7 => {
            out.put(PRESENT, body.at()..body.end(), Value::Text(ber::content(&body)));
            Ok(())
        }
        9 => optional(&mut body, &mut extensible, out),
        _ => Ok(()),
    }
}

fn substrings(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    ber::put_text(r, TYPE, out)?;
    let mut list = ber::expect(r, ber::tag::SEQUENCE)?;
    out.put(SUBSTRINGS, list.at()..list.end(), Value::Unsigned(ber::count(&list)));
    while let Some(tag) = ber::peek(&list) {
        let (item, field) = match tag {
            CONTEXT => (0, INITIAL),
            0x81 => (1, ANY),
            _ => (2, FINAL),
        };
        out.put(SUBSTRINGS_ITEM, list.at()..list.at() + 1, Value::Unsigned(item));
        ber::put_text(&mut list, field, out)?;
    }
    Ok(())
}

fn extensible(tag: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match tag {
        0x81 => ber::put_text(r, MATCHING_RULE, out).map(drop),
        0x82 => ber::put_text(r, TYPE, out).map(drop),
        0x83 => ber::put_text(r, MATCH_VALUE, out).map(drop),
        0x84 => ber::put_bool(r, DN_ATTRIBUTES, out),
        _ => Ok(()),
    }
}

/// The attributes of an entry (RFC 4511 §4.1.7).
fn attributes(r: &mut Reader<'_>, element: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut list = ber::expect(r, ber::tag::SEQUENCE)?;
    out.put(ATTRIBUTES, list.at()..list.end(), Value::Unsigned(ber::count(&list)));
    while list.left() > 0 {
        attribute(&mut list, element, out)?;
    }
    Ok(())
}

fn attribute(r: &mut Reader<'_>, element: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut attribute = sequence(r, element, out)?;
    ber::put_text(&mut attribute, TYPE, out)?;
    let (_, mut values) = ber::element(&mut attribute)?;
    out.put(VALS, values.at()..values.end(), Value::Unsigned(ber::count(&values)));
    while values.left() > 0 {
        ber::put_bytes(&mut values, ATTRIBUTE_VALUE, out)?;
    }
    Ok(())
}

/// RFC 4511 §4.6.
fn modify(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    ber::put_text(r, OBJECT, out)?;
    let mut list = ber::expect(r, ber::tag::SEQUENCE)?;
    out.put(MODIFICATION, list.at()..list.end(), Value::Unsigned(ber::count(&list)));
    while list.left() > 0 {
        let mut change = sequence(&mut list, MODIFICATION_ITEM_ELEMENT, out)?;
        ber::put_unsigned(&mut change, OPERATION, out)?;
        attribute(&mut change, MODIFICATION_ELEMENT, out)?;
    }
    Ok(())
}

/// RFC 4511 §4.1.11.
fn controls(mut list: Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    out.put(CONTROLS, list.at()..list.end(), Value::Unsigned(ber::count(&list)));
    while list.left() > 0 {
        let mut control = sequence(&mut list, CONTROL_ELEMENT, out)?;
        ber::put_text(&mut control, CONTROL_TYPE, out)?;
        if ber::peek(&control) == Some(1) {
            ber::put_bool(&mut control, CRITICALITY, out)?;
        }
        if control.left() > 0 {
            ber::put_bytes(&mut control, CONTROL_VALUE, out)?;
        }
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    if view.bytes.u8(0) == 0 {
        return put!(out, "SASL GSS-API privacy: {} bytes", view.bytes.len().saturating_sub(4));
    }
    let mut r = Reader::new(view.header().0, 0);
    let head = |r: &mut Reader<'_>| {
        let mut message = ber::expect(r, ber::tag::SEQUENCE)?;
        let id = ber::integer(&ber::expect(&mut message, ber::tag::INTEGER)?);
        Ok::<_, Short>((id, ber::element(&mut message)?.0 & NUMBER))
    };
    let Ok((id, number)) = head(&mut r) else { return out.push_str("damaged message") };
    put!(out, "{}({id})", operation_name(number));
    let (name, detail) = match number {
        op::BIND_REQUEST => (NAME, Some(AUTHENTICATION)),
        op::SEARCH_REQUEST => (BASE_OBJECT, Some(SCOPE)),
        op::SEARCH_ENTRY => (OBJECT_NAME, None),
        op::MODIFY_REQUEST => (OBJECT, None),
        op::ADD_REQUEST | op::COMPARE_REQUEST | op::MOD_DN_REQUEST => (ENTRY, None),
        op::DEL_REQUEST => (DEL_REQUEST, None),
        op::EXTENDED_REQUEST => return append_first(view, REQUEST_NAME, " ", out),
        _ => return append_name(view, RESULT_CODE, " ", out),
    };
    let start = out.len();
    append_first(view, name, " \"", out);
    match out.len() - start {
        0 => {}
        2 => out.push_str("<ROOT>\""),
        _ => out.push('"'),
    }
    if let Some(detail) = detail {
        append_name(view, detail, " ", out);
    }
}
