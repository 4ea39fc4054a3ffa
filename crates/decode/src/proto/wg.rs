//! WireGuard: its four messages, as they are sent (Donenfeld, "WireGuard: Next Generation Kernel Network Tunnel", §5.4).
//! Numbers are little-endian.

use super::prelude::*;
use crate::exchanges::{self, Exchange, Turn};

fields! {
    TYPE: U8 at(0..1), "wg.type", "Type", names(TYPES);
    RESERVED: Bytes at(1..4), "wg.reserved", "Reserved";
    SENDER: U32 walk, "wg.sender", "Sender", hex;
    RECEIVER: U32 walk, "wg.receiver", "Receiver", hex;
    EPHEMERAL: Text walk, "wg.ephemeral", "Ephemeral";
    ENCRYPTED_STATIC: None walk, "wg.encrypted_static", "Encrypted Static";
    ENCRYPTED_TIMESTAMP: None walk, "wg.encrypted_timestamp", "Encrypted Timestamp";
    ENCRYPTED_EMPTY: None walk, "wg.encrypted_empty", "Encrypted Empty";
    MAC1: Bytes walk, "wg.mac1", "mac1";
    MAC2: Bytes walk, "wg.mac2", "mac2";
    NONCE: Bytes walk, "wg.nonce", "Nonce";
    ENCRYPTED_COOKIE: Bytes walk, "wg.encrypted_cookie", "Encrypted Cookie";
    ENCRYPTED_PACKET: None walk, "wg.encrypted_packet", "Encrypted Packet";
    KEEPALIVE: None walk, "wg.keepalive", "This is a Keepalive message";
    COUNTER: U64 walk, "wg.counter", "Counter";
    RESPONSE_TO: FrameNumber exchange(exchanges::request_frame), "wg.response_to", "Response to Frame";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    // WireGuard has no registered port; this one is in all examples.
    claims: &[Claim::UdpPort(51820)],
    fields: FIELDS,
    walk: Some(walk),
    exchange: Some(Exchange::new(turns)),
    datagrams: Some(Datagrams { admits, recognise: Some(is_message), keeps: true, follow: None }),
    info: Some(info),
    ..Protocol::new("wg", "WireGuard Protocol", "WireGuard")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    b.need(length(b.u8(0)).unwrap_or(4))?;
    Ok(Step::last(b))
}

/// What answers an initiation names its sender (§5.4.3, §5.4.7).
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    let b = view.bytes;
    match b.u8(0) {
        INITIATION => out(Turn::Request(b.little(4, 4))),
        RESPONSE => out(Turn::Response(b.little(8, 4))),
        COOKIE_REPLY => out(Turn::Response(b.little(4, 4))),
        _ => {}
    }
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

/// What ChaCha20-Poly1305 adds; a keepalive is nothing else (§6.5).
const TAG: usize = 16;

const TYPES: crate::field::ValueNames =
    &[(1, "Handshake Initiation"), (2, "Handshake Response"), (3, "Cookie Reply"), (4, "Transport Data")];

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 4);
    match view.header().u8(0) {
        INITIATION => {
            put_little(&mut r, 4, SENDER, out)?;
            put_ephemeral(&mut r, out)?;
            put_encrypted(&mut r, 48, ENCRYPTED_STATIC, out)?;
            put_encrypted(&mut r, 28, ENCRYPTED_TIMESTAMP, out)?;
            put_bytes(&mut r, 16, MAC1, out)?;
            put_bytes(&mut r, 16, MAC2, out)?;
        }
        RESPONSE => {
            put_little(&mut r, 4, SENDER, out)?;
            put_little(&mut r, 4, RECEIVER, out)?;
            put_ephemeral(&mut r, out)?;
            put_encrypted(&mut r, 16, ENCRYPTED_EMPTY, out)?;
            put_bytes(&mut r, 16, MAC1, out)?;
            put_bytes(&mut r, 16, MAC2, out)?;
        }
        COOKIE_REPLY => {
            put_little(&mut r, 4, RECEIVER, out)?;
            put_bytes(&mut r, 24, NONCE, out)?;
            put_bytes(&mut r, 32, ENCRYPTED_COOKIE, out)?;
        }
        TRANSPORT => {
            put_little(&mut r, 4, RECEIVER, out)?;
            put_little(&mut r, 8, COUNTER, out)?;
            let (at, left) = (r.at(), r.left());
            if left == TAG {
                out.put(KEEPALIVE, at..r.end(), Value::Present);
            }
            put_encrypted(&mut r, left, ENCRYPTED_PACKET, out)?;
        }
        _ => {}
    }
    Ok(())
}

/// What is there can be seen; what it says cannot.
fn put_encrypted(
    r: &mut Reader<'_>,
    length: usize,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let at = r.at();
    r.take(length)?;
    out.put(field, at..r.at(), Value::Present);
    Ok(())
}

/// A key as the tools of WireGuard write it, in base 64 (RFC 4648 §4): 32 bytes are 43 digits and one `=`.
fn put_ephemeral(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let at = r.at();
    let key = r.take(32)?;
    let mut text = [b'='; 44];
    for (digits, bytes) in text.chunks_mut(4).zip(key.chunks(3)) {
        let number = (0..3).fold(0, |n, i| n << 8 | u32::from(bytes.get(i).copied().unwrap_or(0)));
        for (digit, shift) in digits.iter_mut().zip([18, 12, 6, 0]).take(bytes.len() + 1) {
            *digit = DIGITS[(number >> shift & 63) as usize];
        }
    }
    out.put(EPHEMERAL, at..r.at(), Value::Text(&text));
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
