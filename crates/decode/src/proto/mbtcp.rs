//! Modbus over TCP: the header in front of each request and response (Modbus Messaging on TCP/IP, §3.1.3).

use super::modbus::{EXCEPTION, EXCEPTIONS, FUNCTIONS};
use super::prelude::*;
use super::waiting::Waiting;
use crate::decryptor::Side;
use crate::flow::Unpacker;
use crate::limits::Counters;

fields! {
    TRANS_ID: U16 at(0..2), "mbtcp.trans_id", "Transaction Identifier";
    PROT_ID: U16 at(2..4), "mbtcp.prot_id", "Protocol Identifier";
    LEN: U16 at(4..6), "mbtcp.len", "Length";
    UNIT_ID: U8 at(6..7), "mbtcp.unit_id", "Unit Identifier";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(502)],
    fields: FIELDS,
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: true }),
    unpacker: Some(|| Box::<Requests>::default()),
    info: Some(info),
    ..Protocol::new("mbtcp", "Modbus/TCP", "Modbus/TCP")
};

const HEADER: usize = 7;

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(HEADER)?;
    Ok(Step::next(HEADER, id::modbus))
}

/// The protocol number is 0, the length that of at most 254 bytes with the unit.
fn probe(b: &[u8]) -> bool {
    let b = Bytes(b);
    b.len() >= HEADER && b.u16(2) == 0 && (2..=254).contains(&b.u16(4))
}

fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    match b.len() {
        0..HEADER => Length::Need,
        _ if probe(b) => Length::Known(6 + u64::from(Bytes(b).u16(4))),
        _ => Length::NotMine,
    }
}

/// What a message is in its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exchanged {
    Request,
    Response {
        /// The first of the registers or bits that were asked for, and how many, where the request is known.
        asked: Option<(u16, u16)>,
    },
}

impl Exchanged {
    /// Reads what was unpacked of a message. None outside of a connection.
    pub(super) fn of(view: &View<'_>) -> Option<Self> {
        match *view.unpacked() {
            [side] if side == Side::Initiator as u8 => Some(Self::Request),
            [_] => Some(Self::Response { asked: None }),
            [_, a, b, c, d] => {
                let asked = Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])));
                Some(Self::Response { asked })
            }
            _ => None,
        }
    }
}

/// The requests that wait for their responses.
#[derive(Default)]
struct Requests(Waiting<Request>);

struct Request {
    transaction: u16,
    function: u8,
    /// Its first four bytes: in most functions the first register or bit, and how many.
    asked: [u8; 4],
}

/// Unpacked is the side, and of a response what its request asked for.
impl Unpacker for Requests {
    fn pdu(
        &mut self,
        side: Side,
        message: &[u8],
        out: &mut Vec<u8>,
        _: &mut Counters,
    ) -> Option<(ProtocolId, usize)> {
        let b = Bytes(message);
        let (transaction, function) = (b.u16(0), b.u8(HEADER));
        out.push(side as u8);
        if side == Side::Initiator {
            self.0.ask(Request { transaction, function, asked: b.array(HEADER + 1)? });
            return None;
        }
        let request = self.0.answer(|request| request.transaction == transaction)?;
        if request.function == function {
            out.extend_from_slice(&request.asked);
        }
        None
    }

    fn forget(&mut self, _: Side) {
        self.0.clear();
    }

    fn kept(&self) -> usize {
        self.0.bytes()
    }
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    let direction = match Exchanged::of(view) {
        Some(Exchanged::Request) => "Query",
        Some(Exchanged::Response { .. }) => "Response",
        None => "Message",
    };
    let code = b.u8(HEADER);
    let function = code & !EXCEPTION;
    let name = crate::field::value_name(FUNCTIONS, function.into()).unwrap_or("Unknown function");
    put!(out, "{direction}: Trans: {:5}; Unit: {:3}, Func: {function:3}: {name}", b.u16(0), b.u8(6));
    if code & EXCEPTION != 0 {
        let exception = crate::field::value_name(EXCEPTIONS, b.u8(HEADER + 1).into());
        put!(out, ". Exception returned: {}", exception.unwrap_or("unknown"));
    }
}
