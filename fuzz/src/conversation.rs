//! TCP conversations: framing, reassembly and decryption of what streams carry.
//!
//! The first byte chooses the protocol whose port the server has; `any_port` leaves it to recognition. Then come
//! segments: flags, two bytes of length, the payload.

use plaintap_decode::registry::{self, Claim};
use plaintap_decode::{Decoder, Decryptor, Options, Outcome, PacketNumber, QuicPacket, Side, Unreadable};
use plaintap_packet::LinkType;

use crate::decoding::{Check, packet};

/// The segment goes from the server to the client.
pub(crate) const MARK_REVERSED: u8 = 1;
/// Its first bytes are missing in the capture.
const MARK_GAP: u8 = 2;
/// It comes twice.
const MARK_AGAIN: u8 = 4;
/// It ends its direction.
const MARK_FIN: u8 = 8;
/// It comes behind the next one.
const MARK_LATE: u8 = 16;

const CLIENT_PORT: u16 = 50_000;
const UNKNOWN_PORT: u16 = 49_999;

/// The first byte for a server on this port.
pub(crate) fn with_port(port: u16) -> u8 {
    let claims = |p: &&&registry::Protocol| p.claims.contains(&Claim::TcpPort(port));
    registry::PROTOCOLS.iter().position(|p| claims(&p)).map_or(any_port(), |number| number as u8)
}

/// The first byte for a server on a port that nobody claims.
fn any_port() -> u8 {
    u8::MAX
}

/// Decodes a conversation.
pub(crate) fn streams(data: &[u8]) {
    let Some((&number, data)) = data.split_first() else { return };
    let claims = registry::PROTOCOLS.get(usize::from(number)).map_or(&[][..], |p| p.claims);
    let port = claims.iter().find_map(|claim| match claim {
        Claim::TcpPort(port) => Some(*port),
        _ => None,
    });
    let mut capture = Capture::new(port.unwrap_or(UNKNOWN_PORT));
    let mut rest = data;
    while let [flags, high, low, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(tail.len());
        capture.segment(*flags, &tail[..length]);
        rest = &tail[length..];
    }
    capture.decode();
}

struct Capture {
    ports: [u16; 2],
    next: [u32; 2],
    packets: Vec<Vec<u8>>,
    late: Option<Vec<u8>>,
}

impl Capture {
    fn new(port: u16) -> Self {
        let mut capture = Self {
            ports: [CLIENT_PORT, port],
            next: [u32::MAX - 70_000, 1],
            packets: Vec::new(),
            late: None,
        };
        for (from, flags) in [(0, 0x02), (1, 0x12)] {
            let syn = capture.packet(from, flags, &[]);
            capture.packets.push(syn);
            capture.next[from] = capture.next[from].wrapping_add(1);
        }
        capture
    }

    fn segment(&mut self, flags: u8, payload: &[u8]) {
        let from = usize::from(flags & MARK_REVERSED);
        let shown = if flags & MARK_GAP == 0 { payload } else { &payload[payload.len() / 2..] };
        let before = payload.len() - shown.len();
        self.next[from] = self.next[from].wrapping_add(before as u32);
        let packet = self.packet(from, if flags & MARK_FIN == 0 { 0x18 } else { 0x19 }, shown);
        self.next[from] = self.next[from].wrapping_add(shown.len() as u32);
        if flags & MARK_AGAIN != 0 {
            self.packets.push(packet.clone());
        }
        if flags & MARK_LATE != 0 && self.late.is_none() {
            self.late = Some(packet);
        } else {
            self.packets.push(packet);
            self.packets.extend(self.late.take());
        }
    }

    fn packet(&self, from: usize, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() + 40).min(65_535) as u16;
        let mut packet = vec![0x45, 0];
        packet.extend(length.to_be_bytes());
        packet.extend([0, 0, 0, 0, 64, 6, 0, 0]);
        packet.extend([10, 0, 0, from as u8, 10, 0, 0, 1 - from as u8]);
        packet.extend(self.ports[from].to_be_bytes());
        packet.extend(self.ports[1 - from].to_be_bytes());
        packet.extend(self.next[from].to_be_bytes());
        packet.extend(self.next[1 - from].to_be_bytes());
        packet.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        packet.extend(payload);
        packet
    }

    fn decode(mut self) {
        self.packets.extend(self.late.take());
        let options = Options { decryptor: Some(Box::new(Identity)), exchanges: true, ..Options::default() };
        let (mut decoder, mut check) = (Decoder::new(options), Check::default());
        for (number, data) in self.packets.iter().enumerate() {
            let packet = packet(data, LinkType::RAW, number as i64);
            check.everything(&decoder.decode(&packet, number as u64 + 1));
        }
    }
}

/// "Decrypts" records to their own bytes, but for the last one, which is the type of the content; QUIC's packets too.
pub(crate) struct Identity;

impl Decryptor for Identity {
    fn record(&mut self, _: u32, _: Side, record: &[u8], plain: &mut Vec<u8>) -> Outcome {
        match (record.first(), record.get(5..).and_then(|content| content.split_last())) {
            (Some(0x17), Some((kind, content))) if !content.is_empty() => {
                plain.extend_from_slice(content);
                Outcome::Decrypted(*kind)
            }
            (Some(0x17), _) => Outcome::Encrypted(Unreadable::BadTag),
            _ => Outcome::Clear,
        }
    }

    fn gap(&mut self, _: u32, _: Side) {}

    fn end(&mut self, _: u32) {}

    fn dtls_record(&mut self, _: u32, _: Side, record: &[u8], plain: &mut Vec<u8>) -> Outcome {
        match record.get(13..).and_then(|content| content.split_last()) {
            Some((kind, content)) if !content.is_empty() => {
                plain.extend_from_slice(content);
                Outcome::Decrypted(*kind)
            }
            _ => Outcome::Encrypted(Unreadable::BadTag),
        }
    }

    fn dtls_handshake(&mut self, _: u32, _: Side, _: u8, _: &[u8]) {}

    fn dtls_end(&mut self, _: u32) {}

    fn quic_packet(
        &mut self,
        packet: QuicPacket<'_>,
        plain: &mut Vec<u8>,
    ) -> Result<PacketNumber, Unreadable> {
        plain.extend_from_slice(packet.bytes);
        Ok(PacketNumber(plain.len() as u64))
    }

    fn quic_handshake(&mut self, _: u32, _: bool, _: &[u8]) {}

    fn quic_end(&mut self, _: u32) {}
}
