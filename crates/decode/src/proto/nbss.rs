//! NetBIOS session service over TCP, RFC 1002 §4.3, and what is left of it in front of SMB on port 445 (MS-SMB2 §2.1).

use super::prelude::*;
use super::{nbns, smb};

fields! {
    TYPE: U8 at(0..1), "nbss.type", "Message Type", hex, names(TYPES), when(is_message);
    FLAGS: U8 at(1..2), "nbss.flags", "Flags", hex, when(has_flags);
    FLAGS_E: Bool bits(1..2, 0x01), "nbss.flags.e", "Extend", when(has_flags);
    LENGTH: U24 walk, "nbss.length", "Length";
    CALLED_NAME: Text walk, "nbss.called_name", "Called name";
    CALLING_NAME: Text walk, "nbss.calling_name", "Calling name";
    ERROR_CODE: U8 walk, "nbss.error_code", "Error code", hex, names(ERRORS);
    RETARGET_IP_ADDRESS: Ip4 walk, "nbss.retarget_ip_address", "Retarget IP address";
    RETARGET_PORT: U16 walk, "nbss.retarget_port", "Retarget port";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(139), Claim::TcpPort(CIFS)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: true }),
    info: Some(info),
    ..Protocol::new("nbss", "NetBIOS Session Service", "NBSS")
};

/// SMB without NetBIOS: of the header only the length is left, in three bytes.
const CIFS: u16 = 445;
const SESSION_MESSAGE: u8 = 0x00;
const SESSION_REQUEST: u8 = 0x81;
const NEGATIVE_RESPONSE: u8 = 0x83;
const RETARGET_RESPONSE: u8 = 0x84;
const KEEP_ALIVE: u8 = 0x85;

const TYPES: crate::field::ValueNames = &[
    (0x00, "Session message"),
    (0x81, "Session request"),
    (0x82, "Positive session response"),
    (0x83, "Negative session response"),
    (0x84, "Retarget session response"),
    (0x85, "Session keep-alive"),
];

const ERRORS: crate::field::ValueNames = &[
    (0x80, "Not listening on called name"),
    (0x81, "Not listening for called name"),
    (0x82, "Called name not present"),
    (0x83, "Called name present, but insufficient resources"),
    (0x8f, "Unspecified error"),
];

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    Ok(match b.u8(0) {
        SESSION_MESSAGE => Step::next(4, smb::dialect(Bytes(b.clamped(4, b.len())))),
        _ => Step::last(b),
    })
}

/// The type and, but for the lowest one, flags that have to be 0. A message is of SMB, as far as is to be seen.
fn probe(b: &[u8]) -> bool {
    let known = match b {
        [SESSION_MESSAGE, ..] => true,
        [SESSION_REQUEST..=KEEP_ALIVE, flags, ..] => flags & !1 == 0,
        _ => false,
    };
    known && (b[0] != SESSION_MESSAGE || b.len() < 8 || smb::dialect(Bytes(&b[4..])) != id::data)
}

/// The length is of 17 bits with NetBIOS, of 24 without; larger ones than of 17 bits have no NetBIOS flags.
fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    match b.len() {
        0..4 => Length::Need,
        _ if probe(b) => Length::Known(4 + u64::from(Bytes(b).u32(0) & 0x00ff_ffff)),
        _ => Length::NotMine,
    }
}

fn is_message(view: &View<'_>) -> bool {
    !view.is_silent()
}

/// Those of a message of the session are the high bits of its length, as tshark has it.
fn has_flags(view: &View<'_>) -> bool {
    view.bytes.u8(0) != SESSION_MESSAGE && is_netbios(view)
}

fn is_netbios(view: &View<'_>) -> bool {
    let tcp = view.below().iter().rev().find(|layer| layer.protocol == id::tcp);
    let cifs = |layer: &crate::Layer| {
        let ports = view.decoded.view(*layer).bytes;
        ports.u16(0) == CIFS || ports.u16(2) == CIFS
    };
    is_message(view) && !tcp.is_some_and(cifs)
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let mut r = Reader::new(view.header().0, 1);
    let length = r.number(3)?;
    let (at, mask) = if is_netbios(view) { (2, 0x1_ffff) } else { (1, 0xff_ffff) };
    out.put(LENGTH, at..4, Value::Unsigned(length & mask));
    match view.bytes.u8(0) {
        SESSION_REQUEST => {
            nbns::put_name(&mut r, CALLED_NAME, out)?;
            nbns::put_name(&mut r, CALLING_NAME, out)
        }
        NEGATIVE_RESPONSE => put_number(&mut r, 1, ERROR_CODE, out).map(drop),
        RETARGET_RESPONSE => {
            put_ip4(&mut r, RETARGET_IP_ADDRESS, out)?;
            put_number(&mut r, 2, RETARGET_PORT, out).map(drop)
        }
        _ => Ok(()),
    }
}

fn info(view: &View<'_>, out: &mut String) {
    let kind = view.bytes.u8(0);
    out.push_str(crate::field::value_name(TYPES, kind.into()).unwrap_or("Unknown message"));
    let mut r = Reader::new(view.header().0, 4);
    if kind == SESSION_REQUEST {
        let mut name = String::new();
        for label in [", to ", " from "] {
            if nbns::read_name(&mut r, &mut name).is_ok() {
                put!(out, "{label}{name}");
            }
        }
    } else if kind == NEGATIVE_RESPONSE {
        let reason = crate::field::value_name(ERRORS, view.bytes.u8(4).into());
        put!(out, ", {}", reason.unwrap_or("Unknown error"));
    }
}
