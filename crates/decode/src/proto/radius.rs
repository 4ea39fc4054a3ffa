//! Remote Authentication Dial In User Service, RFC 2865, its accounting, RFC 2866, and its dynamic authorization, RFC 5176.

mod attributes;
mod names;

use self::attributes::attribute_fields;
use super::prelude::*;
use super::put::put_typed;
use crate::exchanges::{self, Exchange, Turn};
use crate::field::Kind;

/// Attributes of one vendor: number and field, sorted by number.
type Attributes = &'static [(u8, FieldIndex)];

attribute_fields! {
    CODE: U8 at(0..1), "radius.code", "Code", names(CODES);
    ID: U8 at(1..2), "radius.id", "Packet identifier";
    LENGTH: U16 at(2..4), "radius.length", "Length";
    AUTHENTICATOR: Bytes at(4..20), "radius.authenticator", "Authenticator";
    REQUEST: Bool meta(|v, out| if is_request(v) { out(Value::Bool(true)) }), "radius.req", "Request", hidden;
    RESPONSE: Bool meta(|v, out| if is_response(v) { out(Value::Bool(true)) }), "radius.rsp", "Response", hidden;
    REQFRAME: FrameNumber exchange(exchanges::request_frame), "radius.reqframe", "Request Frame";
    TIME: Duration exchange(exchanges::elapsed), "radius.time", "Time from request";
    DUP: U32 exchange(duplicate), "radius.dup", "Duplicate Message ID";
    REQ_DUP: FrameNumber exchange(exchanges::repeated_request), "radius.req.dup", "Duplicate Request Frame Number";
    RSP_DUP: FrameNumber exchange(exchanges::repeated_response), "radius.rsp.dup", "Duplicate Response Frame Number";
    AVP: Bytes walk, "radius.avp", "AVP";
    AVP_TYPE: U8 walk, "radius.avp.type", "Type";
    AVP_LENGTH: U8 walk, "radius.avp.length", "Length";
    EXTENDED_TYPE: U8 walk, "radius.avp.extended_type", "Extended Type";
    EXTENDED_MORE: Bool walk, "radius.avp.extended_more", "Extended More";
    VENDOR_ID: U32 walk, "radius.avp.vendor_id", "Vendor ID", names(VENDORS);
    VENDOR_TYPE: U8 walk, "radius.avp.vendor_type", "Type";
    VENDOR_LEN: U8 walk, "radius.avp.vendor_len", "Length";
    UNKNOWN: Bytes walk, "radius.Unknown_Attribute", "Unknown-Attribute";
    CHAP_IDENT: U8 walk, "radius.CHAP_Ident", "CHAP Ident", hex;
    CHAP_STRING: Bytes walk, "radius.CHAP_String", "CHAP String";
    EAP_FRAGMENT: Bytes walk, "radius.eap_fragment", "EAP fragment";
    EGRESS_VLANID_TAG: U32 walk, "radius.egress_vlanid_tag", "Tag", hex, names(VLAN_TAGS);
    EGRESS_VLANID_PAD: U32 walk, "radius.egress_vlanid_pad", "Pad", hex;
    EGRESS_VLANID: U32 walk, "radius.egress_vlanid", "Vlan ID";
    EGRESS_VLAN_NAME_TAG: U8 walk, "radius.egress_vlan_name_tag", "Tag", hex, names(VLAN_TAGS);
    EGRESS_VLAN_NAME: Text walk, "radius.egress_vlan_name", "Vlan Name";
    TUNNEL_TYPE_TAG: U8 walk, "radius.Tunnel_Type.tag", "Tag", hex;
    TUNNEL_MEDIUM_TYPE_TAG: U8 walk, "radius.Tunnel_Medium_Type.tag", "Tag", hex;
    TUNNEL_CLIENT_ENDPOINT_TAG: U8 walk, "radius.Tunnel_Client_Endpoint.tag", "Tag", hex;
    TUNNEL_SERVER_ENDPOINT_TAG: U8 walk, "radius.Tunnel_Server_Endpoint.tag", "Tag", hex;
    TUNNEL_PASSWORD_TAG: U8 walk, "radius.Tunnel_Password.tag", "Tag", hex;
    TUNNEL_PRIVATE_GROUP_ID_TAG: U8 walk, "radius.Tunnel_Private_Group_Id.tag", "Tag", hex;
    TUNNEL_ASSIGNMENT_ID_TAG: U8 walk, "radius.Tunnel_Assignment_Id.tag", "Tag", hex;
    TUNNEL_PREFERENCE_TAG: U8 walk, "radius.Tunnel_Preference.tag", "Tag", hex;
    TUNNEL_CLIENT_AUTH_ID_TAG: U8 walk, "radius.Tunnel_Client_Auth_Id.tag", "Tag", hex;
    TUNNEL_SERVER_AUTH_ID_TAG: U8 walk, "radius.Tunnel_Server_Auth_Id.tag", "Tag", hex;
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[
        Claim::UdpPort(1645),
        Claim::UdpPort(1646),
        Claim::UdpPort(1812),
        Claim::UdpPort(1813),
        Claim::UdpPort(3799),
    ],
    fields: FIELDS,
    walk: Some(walk),
    exchange: Some(Exchange::new(turns)),
    info: Some(|view, out| {
        let b = view.bytes;
        out.push_str(crate::field::value_name(CODES, b.u8(0).into()).unwrap_or("Unknown Packet"));
        put!(out, " id={}", b.u8(1));
    }),
    ..Protocol::new("radius", "RADIUS Protocol", "RADIUS")
};

/// Bytes behind the length are padding (RFC 2865 §3).
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(20)?;
    let length = u32::from(b.u16(2)).max(20);
    Ok(Step { header: length, end: length, next: ProtocolId::NONE, detail: 0 })
}

const CODES: crate::field::ValueNames = &[
    (1, "Access-Request"),
    (2, "Access-Accept"),
    (3, "Access-Reject"),
    (4, "Accounting-Request"),
    (5, "Accounting-Response"),
    (11, "Access-Challenge"),
    (12, "Status-Server"),
    (13, "Status-Client"),
    (40, "Disconnect-Request"),
    (41, "Disconnect-ACK"),
    (42, "Disconnect-NAK"),
    (43, "CoA-Request"),
    (44, "CoA-ACK"),
    (45, "CoA-NAK"),
];

/// Those that ask (RFC 2865 §3, RFC 5176 §2.3).
/// A response has the identifier of its request (RFC 2865 §3).
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    let id = view.bytes.u8(1).into();
    if is_request(view) {
        out(Turn::Request(id));
    } else if is_response(view) {
        out(Turn::Response(id));
    }
}

fn duplicate(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let mut found = false;
    exchanges::repeated_request(view, &mut |_| found = true);
    exchanges::repeated_response(view, &mut |_| found = true);
    if found {
        out(Value::Unsigned(view.bytes.u8(1).into()));
    }
}

fn is_request(view: &View<'_>) -> bool {
    matches!(view.bytes.u8(0), 1 | 4 | 12 | 40 | 43)
}

fn is_response(view: &View<'_>) -> bool {
    matches!(view.bytes.u8(0), 2 | 3 | 5 | 11 | 41 | 42 | 44 | 45)
}

/// Enterprise numbers (IANA) of the vendors whose attributes are known.
const VENDORS: crate::field::ValueNames =
    &[(9, "ciscoSystems"), (311, "Microsoft"), (10415, "3GPP"), (14122, "WISPr")];

/// RFC 4675 §2.1.
const VLAN_TAGS: crate::field::ValueNames = &[(0x31, "Tagged"), (0x32, "Untagged")];

/// Attributes that begin with a tag, which groups those of one tunnel (RFC 2868 §3).
const TAGGED: &[(FieldIndex, FieldIndex)] = &[
    (TUNNEL_TYPE, TUNNEL_TYPE_TAG),
    (TUNNEL_MEDIUM_TYPE, TUNNEL_MEDIUM_TYPE_TAG),
    (TUNNEL_CLIENT_ENDPOINT, TUNNEL_CLIENT_ENDPOINT_TAG),
    (TUNNEL_SERVER_ENDPOINT, TUNNEL_SERVER_ENDPOINT_TAG),
    (TUNNEL_PASSWORD, TUNNEL_PASSWORD_TAG),
    (TUNNEL_PRIVATE_GROUP_ID, TUNNEL_PRIVATE_GROUP_ID_TAG),
    (TUNNEL_ASSIGNMENT_ID, TUNNEL_ASSIGNMENT_ID_TAG),
    (TUNNEL_PREFERENCE, TUNNEL_PREFERENCE_TAG),
    (TUNNEL_CLIENT_AUTH_ID, TUNNEL_CLIENT_AUTH_ID_TAG),
    (TUNNEL_SERVER_AUTH_ID, TUNNEL_SERVER_AUTH_ID_TAG),
];

/// Attributes whose values have parts of their own.
mod number {
    pub(super) const CHAP_PASSWORD: u8 = 3;
    pub(super) const VENDOR_SPECIFIC: u8 = 26;
    pub(super) const EGRESS_VLANID: u8 = 56;
    pub(super) const EGRESS_VLAN_NAME: u8 = 58;
    pub(super) const EAP_MESSAGE: u8 = 79;
    pub(super) const EXTENDED_FIRST: u8 = 241;
    pub(super) const LONG_EXTENDED_FIRST: u8 = 245;
    pub(super) const EXTENDED_LAST: u8 = 246;
}

fn find(attributes: Attributes, number: u8) -> Option<FieldIndex> {
    let found = attributes.binary_search_by_key(&number, |&(number, _)| number).ok()?;
    Some(attributes[found].1)
}

fn label(field: Option<FieldIndex>) -> &'static str {
    field.and_then(|field| FIELDS.get(usize::from(field.0))).map_or("Unknown-Attribute", |row| row.label)
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 20);
    while r.left() > 0 {
        let at = r.at();
        let (kind, length) = (r.u8()?, r.u8()?);
        if length < 2 {
            return Err(Short::new(2, length.into()));
        }
        let value = r.sub(usize::from(length) - 2)?;
        let field = find(STANDARD, kind);
        let name = match kind {
            number::VENDOR_SPECIFIC => "Vendor-Specific",
            number::EGRESS_VLANID => "Egress-VLANID",
            number::EGRESS_VLAN_NAME => "Egress-VLAN-Name",
            number::EAP_MESSAGE => "EAP-Message",
            number::EXTENDED_FIRST..=number::EXTENDED_LAST => "Extended-Attribute",
            _ => label(field),
        };
        out.open(at..r.at(), format_args!("AVP: t={name}({kind}) l={length}"));
        out.put(AVP, at..r.at(), Value::Bytes(&r.whole()[at..r.at()]));
        out.put(AVP_TYPE, at..at + 1, Value::Unsigned(kind.into()));
        out.put(AVP_LENGTH, at + 1..at + 2, Value::Unsigned(length.into()));
        // A value of a wrong length does not hide the next attribute.
        let _ = attribute(kind, field, value, out);
        out.close();
    }
    Ok(())
}

fn attribute(
    kind: u8,
    field: Option<FieldIndex>,
    mut value: Reader<'_>,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    match kind {
        number::CHAP_PASSWORD => {
            put_rest(&mut { value }, CHAP_PASSWORD, out)?;
            put_number(&mut value, 1, CHAP_IDENT, out)?;
            put_rest(&mut value, CHAP_STRING, out)
        }
        number::VENDOR_SPECIFIC => vendor_specific(&mut value, out),
        // RFC 4675 §2.1: a tag, 12 bits of padding and 12 of the number.
        number::EGRESS_VLANID => {
            let at = value.at();
            let number = value.number(4)?;
            for (field, shift, mask) in
                [(EGRESS_VLANID_TAG, 24, 0xff), (EGRESS_VLANID_PAD, 12, 0xfff), (EGRESS_VLANID, 0, 0xfff)]
            {
                out.put(field, at..at + 4, Value::Unsigned(number >> shift & mask));
            }
            Ok(())
        }
        number::EGRESS_VLAN_NAME => {
            put_number(&mut value, 1, EGRESS_VLAN_NAME_TAG, out)?;
            let length = value.left();
            put_text(&mut value, length, EGRESS_VLAN_NAME, out)
        }
        number::EAP_MESSAGE => put_rest(&mut value, EAP_FRAGMENT, out),
        // RFC 6929 §2.1, §2.2.
        number::EXTENDED_FIRST..=number::EXTENDED_LAST => {
            put_number(&mut value, 1, EXTENDED_TYPE, out)?;
            if kind >= number::LONG_EXTENDED_FIRST {
                let at = value.at();
                out.put(EXTENDED_MORE, at..at + 1, Value::Bool(value.u8()? & 0x80 != 0));
            }
            put_rest(&mut value, UNKNOWN, out)
        }
        _ => match field {
            Some(field) => put_attribute(&mut value, field, out),
            None => put_rest(&mut value, UNKNOWN, out),
        },
    }
}

/// RFC 2865 §5.26: the vendor, and its attributes in the same form.
fn vendor_specific(value: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let attributes = match put_number(value, 4, VENDOR_ID, out)? {
        9 => CISCO,
        311 => MICROSOFT,
        10415 => THREE_GPP,
        14122 => WISPR,
        _ => &[],
    };
    while value.left() > 0 {
        let at = value.at();
        let (kind, length) = (value.u8()?, value.u8()?);
        if length < 2 {
            return Err(Short::new(2, length.into()));
        }
        let mut content = value.sub(usize::from(length) - 2)?;
        let field = find(attributes, kind);
        out.open(at..value.at(), format_args!("VSA: t={}({kind}) l={length}", label(field)));
        out.put(VENDOR_TYPE, at..at + 1, Value::Unsigned(kind.into()));
        out.put(VENDOR_LEN, at + 1..at + 2, Value::Unsigned(length.into()));
        let _ = put_attribute(&mut content, field.unwrap_or(UNKNOWN), out);
        out.close();
    }
    Ok(())
}

/// Gives out a value as the type of its row says.
fn put_attribute(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let Some(row) = FIELDS.get(usize::from(field.0)) else { return Ok(()) };
    if let Some((_, tag)) = TAGGED.iter().find(|(tagged, _)| *tagged == field) {
        // In front of text a larger byte is its first letter; the other values have a tag always (RFC 2868 §3.3).
        if row.kind != Kind::Text || r.left() > 0 && r.whole()[r.at()] <= 0x1f {
            put_number(r, 1, *tag, out)?;
        }
    }
    match row.kind {
        // Numbers may be shorter than their type (RFC 2868 §3.5).
        Kind::U32 => put_number(r, r.left().min(4), field, out).map(drop),
        _ => put_typed(r, FIELDS, field, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_sorted_by_number() {
        for list in [STANDARD, MICROSOFT, CISCO, THREE_GPP, WISPR] {
            assert!(list.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
        assert_eq!(label(find(STANDARD, 1)), "User-Name");
        assert_eq!(label(find(STANDARD, 101)), "Error-Cause");
        assert_eq!(label(find(MICROSOFT, 16)), "MS-MPPE-Send-Key");
    }
}
