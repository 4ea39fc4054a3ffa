//! WireGuard: its four messages, as they are sent (Donenfeld, "WireGuard: Next Generation Kernel Network Tunnel", §5.4).
//! Numbers are little-endian.

use super::prelude::*;

fields! {
    TYPE: U8 at(0..1), "wg.type", "Type", names(TYPES);
    RESERVED: Bytes at(1..4), "wg.reserved", "Reserved";
    SENDER: U32 walk, "wg.sender", "Sender", hex;
    RECEIVER: U32 walk, "wg.receiver", "Receiver", hex;
    MAC1: Bytes walk, "wg.mac1", "mac1";
    MAC2: Bytes walk, "wg.mac2", "mac2";
    NONCE: Bytes walk, "wg.nonce", "Nonce";
    COUNTER: U64 walk, "wg.counter", "Counter";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    // WireGuard has no registered port; this one is in all examples.
    claims: &[Claim::UdpPort(51820)],
    fields: FIELDS,
    walk: Some(walk),
    datagrams: Some(Datagrams { admits, recognise: Some(is_message), keeps: true, follow: None }),
    info: Some(info),
    ..Protocol::new("wg", "WireGuard Protocol", "WireGuard")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    b.need(length(b.u8(0)).unwrap_or(4))?;
    Ok(Step::last(b))
}

/// The least length of a message.
fn length(kind: u8) -> Option<usize> {
    match kind {
        INITIATION => Some(148),
        RESPONSE => Some(92),
        COOKIE_REPLY => Some(64),
        TRANSPORT => Some(32),
        _ => None,
    }
}

/// The first byte and the three zeroes behind it.
fn admits(bytes: &[u8]) -> bool {
    let b = Bytes(bytes);
    length(b.u8(0)).is_some() && b.number(1, 4) == Some(0)
}

/// The messages that open a session have just one length; transported packets are padded to 16 bytes (§5.4.6).
fn is_message(bytes: &[u8]) -> bool {
    let kind = Bytes(bytes).u8(0);
    let fits = |least| if kind == TRANSPORT { bytes.len().is_multiple_of(16) } else { bytes.len() == least };
    admits(bytes) && length(kind).is_some_and(|least| bytes.len() >= least && fits(least))
}

const INITIATION: u8 = 1;
const RESPONSE: u8 = 2;
const COOKIE_REPLY: u8 = 3;
const TRANSPORT: u8 = 4;

const TYPES: crate::field::ValueNames =
    &[(1, "Handshake Initiation"), (2, "Handshake Response"), (3, "Cookie Reply"), (4, "Transport Data")];

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 4);
    match view.header().u8(0) {
        INITIATION => {
            put_little(&mut r, 4, SENDER, out)?;
            r.skip_to(116)?;
            put_bytes(&mut r, 16, MAC1, out)?;
            put_bytes(&mut r, 16, MAC2, out)?;
        }
        RESPONSE => {
            put_little(&mut r, 4, SENDER, out)?;
            put_little(&mut r, 4, RECEIVER, out)?;
            r.skip_to(60)?;
            put_bytes(&mut r, 16, MAC1, out)?;
            put_bytes(&mut r, 16, MAC2, out)?;
        }
        COOKIE_REPLY => {
            put_little(&mut r, 4, RECEIVER, out)?;
            put_bytes(&mut r, 24, NONCE, out)?;
        }
        TRANSPORT => {
            put_little(&mut r, 4, RECEIVER, out)?;
            put_little(&mut r, 8, COUNTER, out)?;
        }
        _ => {}
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.header();
    let number = |at: usize| b.u32(at).swap_bytes();
    match b.u8(0) {
        INITIATION => put!(out, "Handshake Initiation, sender=0x{:08X}", number(4)),
        RESPONSE => {
            put!(out, "Handshake Response, sender=0x{:08X}, receiver=0x{:08X}", number(4), number(8));
        }
        COOKIE_REPLY => put!(out, "Cookie Reply, receiver=0x{:08X}", number(4)),
        TRANSPORT => {
            let counter = b.array(8).map_or(0, u64::from_le_bytes);
            let what = if b.len() == 32 { "Keepalive" } else { "Transport Data" };
            put!(out, "{what}, receiver=0x{:08X}, counter={counter}", number(4));
            if b.len() > 32 {
                put!(out, ", datalen={}", b.len() - 32);
            }
        }
        _ => {}
    }
}
