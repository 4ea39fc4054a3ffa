//! The one opening through which decrypted bytes enter decoding.

/// Decrypts records of TLS and DTLS, and QUIC packets; implemented by the `crypt` crate. The flow stage calls it with the records of each
/// TCP connection, whole and in the order of the stream, both directions interleaved as they were captured; and with the
/// records and packets of each conversation of DTLS and QUIC as they came.
pub trait Decryptor: Send {
    /// Takes one whole TLS record, the 5-byte header included (RFC 8446 §5.1), and follows the handshake in it.
    /// Where it is decrypted, `plain` is set to the inner content (without the TLS 1.3 inner type and padding);
    /// otherwise `plain` is left empty.
    fn record(&mut self, stream: u32, side: Side, record: &[u8], plain: &mut Vec<u8>) -> Outcome;

    /// Bytes of this direction are missing; the records after this call are not the next ones.
    fn gap(&mut self, stream: u32, side: Side);

    /// The connection is over, and its state can go.
    fn end(&mut self, stream: u32);

    /// Opens one whole DTLS record up to version 1.2, the 13-byte header included (RFC 6347 §4.1), of an epoch that has keys.
    /// Where it is decrypted, `plain` is set to its content. `side` is the initiator for the sender of the first datagram.
    fn dtls_record(&mut self, stream: u32, side: Side, record: &[u8], plain: &mut Vec<u8>) -> Outcome;

    /// Takes one whole handshake message of DTLS, without its header.
    fn dtls_handshake(&mut self, stream: u32, side: Side, kind: u8, body: &[u8]);

    /// The DTLS connections of this UDP conversation are over, and their state can go.
    fn dtls_end(&mut self, stream: u32);

    /// Opens one QUIC packet. `plain` is set to the packet without its protection: the header, packet number included, and
    /// the frames.
    ///
    /// # Errors
    /// Why it cannot be read; `plain` is of no use then.
    fn quic_packet(
        &mut self,
        packet: QuicPacket<'_>,
        plain: &mut Vec<u8>,
    ) -> Result<PacketNumber, Unreadable>;

    /// Takes the next bytes of the handshake in the Initial packets of one end, in order.
    fn quic_handshake(&mut self, stream: u32, from_client: bool, bytes: &[u8]);

    /// The QUIC connection of this UDP conversation is over, and its state can go.
    fn quic_end(&mut self, stream: u32);
}

/// The number of a QUIC packet in its space, as far as it was restored (RFC 9000 §A.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketNumber(pub u64);

/// A QUIC packet as it was captured.
#[derive(Clone, Copy, Debug)]
pub struct QuicPacket<'a> {
    /// Number of the UDP conversation.
    pub stream: u32,
    /// Who sent it.
    pub from_client: bool,
    /// The version of the connection.
    pub version: u32,
    /// Which keys protect it.
    pub level: QuicLevel,
    /// The connection ID that the keys of Initial packets are made of (RFC 9001 §5.2).
    pub initial_id: &'a [u8],
    /// The packet alone.
    pub bytes: &'a [u8],
    /// Offset of its number, which is protected.
    pub number_at: usize,
}

/// The keys that protect a QUIC packet (RFC 9001 §4.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuicLevel {
    /// Those that everybody can make.
    Initial,
    /// Those of early data.
    ZeroRtt,
    /// Those of the handshake.
    Handshake,
    /// Those of the connection.
    OneRtt,
}

/// Which end of a TCP connection sent the bytes. The initiator is the sender of the SYN, or of the first packet seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The end that opened the connection.
    Initiator = 0,
    /// The other end.
    Responder = 1,
}

impl Side {
    /// The peer.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Initiator => Self::Responder,
            Self::Responder => Self::Initiator,
        }
    }
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The record is not encrypted: its content is what stands behind the header.
    Clear,
    /// Decrypted; the inner content type (RFC 8446 §5.2; for TLS 1.2 that of the header).
    Decrypted(u8),
    /// Encrypted and not readable, with the reason.
    Encrypted(Unreadable),
}

/// Why an encrypted record cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unreadable {
    /// The ClientHello or ServerHello is not in the capture.
    HandshakeMissing,
    /// No secret with this connection's client random is known.
    NoSecret,
    /// The cipher suite (its registered number) is not supported.
    CipherSuite(u16),
    /// The authentication tag is wrong: the secret belongs to something else, or bytes are missing.
    BadTag,
}
