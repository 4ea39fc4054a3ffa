//! The discovery stage of PPP over Ethernet, RFC 2516 §5: the tags behind the common header.

use super::prelude::*;

fields! {
    SERVICE_NAME: Text walk, "pppoed.tags.service_name", "Service-Name";
    AC_NAME: Text walk, "pppoed.tags.ac_name", "AC-Name";
    HOST_UNIQ: Bytes walk, "pppoed.tags.host_uniq", "Host-Uniq";
    AC_COOKIE: Bytes walk, "pppoed.tags.ac_cookie", "AC-Cookie";
    VENDOR_ID: U32 walk, "pppoed.tags.vendor_id", "Vendor id";
    RELAY_SESSION_ID: Bytes walk, "pppoed.tags.relay_session_id", "Relay-Session-Id";
    MAX_PAYLOAD: Bytes walk, "pppoed.tags.max_payload", "PPP-Max-Payload";
    SERVICE_NAME_ERROR: Text walk, "pppoed.tags.service_name_error", "Service-Name-Error";
    AC_SYSTEM_ERROR: Text walk, "pppoed.tags.ac_system_error", "AC-System-Error";
    GENERIC_ERROR: Text walk, "pppoed.tags.generic_error", "Generic-Error";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    walk: Some(walk),
    ..Protocol::new("pppoed", "PPP-over-Ethernet Discovery", "")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

const END_OF_LIST: u16 = 0;

const TAGS: crate::field::ValueNames = &[
    (0x0000, "End-Of-List"),
    (0x0101, "Service-Name"),
    (0x0102, "AC-Name"),
    (0x0103, "Host-Uniq"),
    (0x0104, "AC-Cookie"),
    (0x0105, "Vendor-Specific"),
    (0x0110, "Relay-Session-Id"),
    (0x0120, "PPP-Max-Payload"),
    (0x0201, "Service-Name-Error"),
    (0x0202, "AC-System-Error"),
    (0x0203, "Generic-Error"),
];

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.bytes.0, 0);
    while r.left() > 0 {
        let (at, tag, length) = (r.at(), r.u16()?, usize::from(r.u16()?));
        let mut body = r.sub(length)?;
        let name = crate::field::value_name(TAGS, tag.into()).unwrap_or("Unknown");
        out.open(at..body.end(), format_args!("{name}"));
        let read = value(tag, &mut body, out);
        out.close();
        read?;
        if tag == END_OF_LIST {
            break;
        }
    }
    Ok(())
}

fn value(tag: u16, body: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = body.left();
    match tag {
        0x0101 if length > 0 => put_text(body, length, SERVICE_NAME, out),
        0x0102 => put_text(body, length, AC_NAME, out),
        0x0103 => put_bytes(body, length, HOST_UNIQ, out),
        0x0104 => put_bytes(body, length, AC_COOKIE, out),
        0x0105 if length >= 4 => put_number(body, 4, VENDOR_ID, out).map(drop),
        0x0110 => put_bytes(body, length, RELAY_SESSION_ID, out),
        0x0120 => put_bytes(body, length, MAX_PAYLOAD, out),
        0x0201 => put_text(body, length, SERVICE_NAME_ERROR, out),
        0x0202 => put_text(body, length, AC_SYSTEM_ERROR, out),
        0x0203 => put_text(body, length, GENERIC_ERROR, out),
        _ => Ok(()),
    }
}
