//! What the packets of a connection say about those behind them: the method of the key exchange, and how many there were.

use crate::bytes::{Bytes, Reader};
use crate::decryptor::Side;
use crate::flow::Unpacker;
use crate::registry::ProtocolId;
use crate::{Counters, Short};

/// The kinds of key exchange, whose messages have the same numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Method {
    #[default]
    Unknown,
    /// Diffie-Hellman with a group known by name (RFC 4253 §8).
    Group,
    /// With a group of the server's choice (RFC 4419).
    GroupExchange,
    /// On an elliptic curve (RFC 5656 §4, RFC 8731).
    EllipticCurve,
}

impl Method {
    fn of(name: &[u8]) -> Self {
        if name.starts_with(b"diffie-hellman-group-exchange-") {
            Self::GroupExchange
        } else if name.starts_with(b"diffie-hellman-group") {
            Self::Group
        } else if name.starts_with(b"ecdh-sha2-") || name.starts_with(b"curve") {
            Self::EllipticCurve
        } else {
            Self::Unknown
        }
    }
}

/// The longest list of methods that is kept until that of the other side comes.
const MAX_LIST: usize = 4096;

#[derive(Default)]
pub(super) struct Connection {
    /// What the side whose KEXINIT came first offered.
    offered: Option<(Side, Vec<u8>)>,
    method: Method,
    /// The numbers of each side's next packet (RFC 4253 §6.4); none where one was missed, or they are not read any more.
    next: [Option<u32>; 2],
}

/// Unpacked is the side, and of a clear packet the method and its number.
impl Unpacker for Connection {
    fn pdu(
        &mut self,
        side: Side,
        packet: &[u8],
        out: &mut Vec<u8>,
        _: &mut Counters,
    ) -> Option<(ProtocolId, usize)> {
        out.push(side as u8);
        let index = side as usize;
        if packet.starts_with(b"SSH-") {
            self.next[index] = Some(0);
            return None;
        }
        let code = super::message(Bytes(packet))?;
        if code == super::KEX_INIT {
            // None where the packet is cut.
            let _ = self.offer(side, packet);
        }
        out.push(self.method as u8);
        if let Some(number) = self.next[index] {
            out.extend_from_slice(&number.to_be_bytes());
            self.next[index] = (code != super::NEW_KEYS).then(|| number.wrapping_add(1));
        }
        None
    }

    fn forget(&mut self, side: Side) {
        self.next[side as usize] = None;
        self.offered = None;
    }

    fn kept(&self) -> usize {
        self.offered.as_ref().map_or(0, |(_, list)| list.len())
    }
}

impl Connection {
    /// The method is the first of the client's that the server has too (RFC 4253 §7.1).
    fn offer(&mut self, side: Side, packet: &[u8]) -> Result<(), Short> {
        // Lengths, code and cookie.
        let mut r = Reader::new(packet, 22);
        let length = r.number(4)? as usize;
        let list = r.take(length)?;
        match self.offered.take() {
            Some((first, other)) if first != side => {
                let (client, server) =
                    if side == Side::Initiator { (list, &other[..]) } else { (&other[..], list) };
                self.method = client
                    .split(|&byte| byte == b',')
                    .find(|name| server.split(|&byte| byte == b',').any(|other| other == *name))
                    .map_or(Method::Unknown, Method::of);
            }
            _ => {
                self.method = Method::Unknown;
                self.offered = (list.len() <= MAX_LIST).then(|| (side, list.to_vec()));
            }
        }
        Ok(())
    }
}

/// What was found of a packet when it passed: its side, and of a clear one the method and its number.
pub(super) fn found(unpacked: &[u8]) -> (Option<Side>, Method, Option<u32>) {
    let side = match unpacked.first() {
        Some(0) => Some(Side::Initiator),
        Some(_) => Some(Side::Responder),
        None => None,
    };
    let method = match unpacked.get(1) {
        Some(1) => Method::Group,
        Some(2) => Method::GroupExchange,
        Some(3) => Method::EllipticCurve,
        _ => Method::Unknown,
    };
    (side, method, unpacked.get(2..).and_then(|rest| rest.first_chunk()).map(|&n| u32::from_be_bytes(n)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn init(methods: &[u8]) -> Vec<u8> {
        let mut packet = vec![0, 0, 0, 0, 4, super::super::KEX_INIT];
        packet.extend_from_slice(&[0; 16]);
        packet.extend_from_slice(&(methods.len() as u32).to_be_bytes());
        packet.extend_from_slice(methods);
        packet.extend_from_slice(&[0; 4]);
        let length = packet.len() as u32 - 4;
        packet[..4].copy_from_slice(&length.to_be_bytes());
        packet
    }

    fn pdu(connection: &mut Connection, side: Side, packet: &[u8]) -> (Method, Option<u32>) {
        let mut out = Vec::new();
        connection.pdu(side, packet, &mut out, &mut Counters::default());
        let (found_side, method, number) = found(&out);
        assert_eq!(found_side, Some(side));
        (method, number)
    }

    /// The client's order decides, whoever speaks first (RFC 4253 §7.1).
    #[test]
    fn the_method_is_the_clients_first_that_both_have() {
        let client = init(b"sntrup761x25519-sha512,diffie-hellman-group14-sha256,curve25519-sha256");
        let server = init(b"curve25519-sha256,diffie-hellman-group14-sha256");
        for order in [[Side::Initiator, Side::Responder], [Side::Responder, Side::Initiator]] {
            let mut connection = Connection::default();
            let packet = |side| if side == Side::Initiator { &client } else { &server };
            assert_eq!(pdu(&mut connection, order[0], packet(order[0])), (Method::Unknown, None));
            assert_eq!(pdu(&mut connection, order[1], packet(order[1])).0, Method::Group);
        }
    }

    #[test]
    fn packets_are_counted_from_the_identification_to_the_new_keys() {
        let mut connection = Connection::default();
        pdu(&mut connection, Side::Initiator, b"SSH-2.0-x\r\n");
        assert_eq!(pdu(&mut connection, Side::Initiator, &init(b"a")).1, Some(0));
        let new_keys = [0, 0, 0, 12, 10, super::super::NEW_KEYS, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(pdu(&mut connection, Side::Initiator, &new_keys).1, Some(1));
        assert_eq!(pdu(&mut connection, Side::Initiator, &new_keys).1, None);
    }
}
