//! Trivial File Transfer Protocol, RFC 1350, and its options, RFC 2347. Only the request goes to the well-known port: the
//! transfer goes on between that of the client and another one.

use super::prelude::*;
use super::setup;
use crate::flow::{Announcements, Transport};

fields! {
    OPCODE: U16 at(0..2), "tftp.opcode", "Opcode", names(OPCODES);
    REQUEST_FRAME: FrameNumber meta(setup::frame), "tftp.request_frame", "Request frame";
    SOURCE_FILE: Text walk, "tftp.source_file", "Source File";
    DESTINATION_FILE: Text walk, "tftp.destination_file", "Destination File";
    TYPE: Text walk, "tftp.type", "Type";
    BLOCK: U16 walk, "tftp.block", "Block";
    ERROR_CODE: U16 walk, "tftp.error.code", "Error code", names(ERRORS);
    ERROR_MESSAGE: Text walk, "tftp.error.message", "Error message";
    OPTION_NAME: Text walk, "tftp.option.name", "Option name";
    OPTION_VALUE: Text walk, "tftp.option.value", "Option value";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(69)],
    fields: FIELDS,
    walk: Some(walk),
    datagrams: Some(Datagrams { admits, recognise: None, keeps: false, follow: None }),
    announce: Some(announce),
    info: Some(info),
    ..Protocol::new("tftp", "Trivial File Transfer Protocol", "TFTP")
};

/// Behind the block number of a data packet is the file.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(2)?;
    Ok(if b.u16(0) == DATA { Step::next(4, id::data) } else { Step::last(b) })
}

fn admits(bytes: &[u8]) -> bool {
    crate::field::value_name(OPCODES, Bytes(bytes).u16(0).into()).is_some()
}

/// The answer to a request comes from a port of the server's choice (RFC 1350 §4).
fn announce(bytes: &[u8], announcements: &mut Announcements<'_>) {
    if let (READ | WRITE, Some(client)) = (Bytes(bytes).u16(0), announcements.source) {
        let (port, _) = announcements.ports;
        announcements.expect(Transport::Udp, client, port, id::tftp);
    }
}

const READ: u16 = 1;
const WRITE: u16 = 2;
const DATA: u16 = 3;

const OPCODES: crate::field::ValueNames = &[
    (1, "Read Request"),
    (2, "Write Request"),
    (3, "Data Packet"),
    (4, "Acknowledgement"),
    (5, "Error Code"),
    (6, "Option Acknowledgement"),
];

const ERRORS: crate::field::ValueNames = &[
    (0, "Not defined"),
    (1, "File not found"),
    (2, "Access violation"),
    (3, "Disk full or allocation exceeded"),
    (4, "Illegal TFTP Operation"),
    (5, "Unknown transfer ID"),
    (6, "File already exists"),
    (7, "No such user"),
    (8, "Option negotiation failed"),
];

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 0);
    match r.u16()? {
        opcode @ (READ | WRITE) => {
            put_text_z(&mut r, if opcode == READ { SOURCE_FILE } else { DESTINATION_FILE }, out)?;
            put_text_z(&mut r, TYPE, out)?;
            options(&mut r, out)
        }
        3 | 4 => put_number(&mut r, 2, BLOCK, out).map(drop),
        5 => {
            put_number(&mut r, 2, ERROR_CODE, out)?;
            put_text_z(&mut r, ERROR_MESSAGE, out).map(drop)
        }
        6 => options(&mut r, out),
        _ => Ok(()),
    }
}

fn options(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        put_text_z(r, OPTION_NAME, out)?;
        put_text_z(r, OPTION_VALUE, out)?;
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    out.push_str(crate::field::value_name(OPCODES, b.u16(0).into()).unwrap_or("Unknown opcode"));
    match b.u16(0) {
        READ | WRITE => {
            let mut r = Reader::new(b.0, 2);
            for label in ["File", "Transfer type"] {
                let text = text_z(&mut r).unwrap_or(b"");
                put!(out, ", {label}: ");
                crate::text::write_escaped(text, out);
            }
        }
        3 | 4 => put!(out, ", Block: {}", b.u16(2)),
        5 => {
            let name = crate::field::value_name(ERRORS, b.u16(2).into()).unwrap_or("Unknown");
            put!(out, ", Code: {name}, Message: ");
            crate::text::write_escaped(without_padding(b.clamped(4, b.len())), out);
        }
        _ => {}
    }
}
