//! Remote Authentication Dial In User Service, RFC 2865, and its accounting, RFC 2866.

use super::prelude::*;

fields! {
    CODE: U8 at(0..1), "radius.code", "Code", names(CODES);
    ID: U8 at(1..2), "radius.id", "Packet identifier";
    LENGTH: U16 at(2..4), "radius.length", "Length";
    AUTHENTICATOR: Bytes at(4..20), "radius.authenticator", "Authenticator";
    AVP: Bytes walk, "radius.avp", "AVP";
    AVP_TYPE: U8 walk, "radius.avp.type", "Type";
    AVP_LENGTH: U8 walk, "radius.avp.length", "Length";
    USER_NAME: Text walk, "radius.User_Name", "User-Name";
    USER_PASSWORD: Bytes walk, "radius.User_Password_encrypted", "User-Password (encrypted)";
    NAS_IP_ADDRESS: Ip4 walk, "radius.NAS_IP_Address", "NAS-IP-Address";
    NAS_PORT: U32 walk, "radius.NAS_Port", "NAS-Port";
    SERVICE_TYPE: U32 walk, "radius.Service_Type", "Service-Type";
    FRAMED_IP_ADDRESS: Ip4 walk, "radius.Framed_IP_Address", "Framed-IP-Address";
    REPLY_MESSAGE: Text walk, "radius.Reply_Message", "Reply-Message";
    STATE: Bytes walk, "radius.State", "State";
    CLASS: Bytes walk, "radius.Class", "Class";
    SESSION_TIMEOUT: U32 walk, "radius.Session_Timeout", "Session-Timeout";
    CALLED_STATION_ID: Text walk, "radius.Called_Station_Id", "Called-Station-Id";
    CALLING_STATION_ID: Text walk, "radius.Calling_Station_Id", "Calling-Station-Id";
    NAS_IDENTIFIER: Text walk, "radius.NAS_Identifier", "NAS-Identifier";
    ACCT_STATUS_TYPE: U32 walk, "radius.Acct_Status_Type", "Acct-Status-Type";
    ACCT_SESSION_ID: Text walk, "radius.Acct_Session_Id", "Acct-Session-Id";
    ACCT_SESSION_TIME: U32 walk, "radius.Acct_Session_Time", "Acct-Session-Time";
    NAS_PORT_TYPE: U32 walk, "radius.NAS_Port_Type", "NAS-Port-Type";
    MESSAGE_AUTHENTICATOR: Bytes walk, "radius.Message_Authenticator", "Message-Authenticator";
    NAS_PORT_ID: Text walk, "radius.NAS_Port_Id", "NAS-Port-Id";
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

/// How an attribute's value is read.
enum Form {
    Text,
    Bytes,
    Number,
    Address,
}

/// The attributes whose values are shown.
fn attribute(kind: u8) -> Option<(FieldIndex, Form)> {
    Some(match kind {
        1 => (USER_NAME, Form::Text),
        2 => (USER_PASSWORD, Form::Bytes),
        4 => (NAS_IP_ADDRESS, Form::Address),
        5 => (NAS_PORT, Form::Number),
        6 => (SERVICE_TYPE, Form::Number),
        8 => (FRAMED_IP_ADDRESS, Form::Address),
        18 => (REPLY_MESSAGE, Form::Text),
        24 => (STATE, Form::Bytes),
        25 => (CLASS, Form::Bytes),
        27 => (SESSION_TIMEOUT, Form::Number),
        30 => (CALLED_STATION_ID, Form::Text),
        31 => (CALLING_STATION_ID, Form::Text),
        32 => (NAS_IDENTIFIER, Form::Text),
        40 => (ACCT_STATUS_TYPE, Form::Number),
        44 => (ACCT_SESSION_ID, Form::Text),
        46 => (ACCT_SESSION_TIME, Form::Number),
        61 => (NAS_PORT_TYPE, Form::Number),
        80 => (MESSAGE_AUTHENTICATOR, Form::Bytes),
        87 => (NAS_PORT_ID, Form::Text),
        _ => return None,
    })
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 20);
    while r.left() > 0 {
        let at = r.at();
        let (kind, length) = (r.u8()?, r.u8()?);
        if length < 2 {
            return Err(Short::new(2, length.into()));
        }
        let mut value = r.sub(usize::from(length) - 2)?;
        let field = attribute(kind);
        let name = field.as_ref().and_then(|(field, _)| FIELDS.get(usize::from(field.0)));
        out.open(
            at..r.at(),
            format_args!("AVP: t={}({kind}) l={length}", name.map_or("Unknown", |row| row.label)),
        );
        out.put(AVP, at..r.at(), Value::Bytes(&r.whole()[at..r.at()]));
        out.put(AVP_TYPE, at..at + 1, Value::Unsigned(kind.into()));
        out.put(AVP_LENGTH, at + 1..at + 2, Value::Unsigned(length.into()));
        if let Some((field, form)) = field {
            // A value of a wrong length does not hide the next attribute.
            let _ = match form {
                Form::Text => {
                    let length = value.left();
                    put_text(&mut value, length, field, out)
                }
                Form::Bytes => put_rest(&mut value, field, out),
                Form::Number => put_number(&mut value, 4, field, out).map(drop),
                Form::Address => put_ip4(&mut value, field, out),
            };
        }
        out.close();
    }
    Ok(())
}
