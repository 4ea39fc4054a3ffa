//! The one opening through which decrypted bytes enter decoding.

/// Decrypts TLS records; implemented by the `crypt` crate. The flow stage calls it with the records of each TCP
/// connection, whole and in the order of the stream, both directions interleaved as they were captured.
pub trait Decryptor: Send {
    /// Takes one whole TLS record, the 5-byte header included (RFC 8446 §5.1), and follows the handshake in it.
    /// Where it is decrypted, `plain` is set to the inner content (without the TLS 1.3 inner type and padding);
    /// otherwise `plain` is left empty.
    fn record(&mut self, stream: u32, side: Side, record: &[u8], plain: &mut Vec<u8>) -> Outcome;

    /// Bytes of this direction are missing; the records after this call are not the next ones.
    fn gap(&mut self, stream: u32, side: Side);

    /// The connection is over, and its state can go.
    fn end(&mut self, stream: u32);
}

/// Which end of a TCP connection sent the bytes. The initiator is the sender of the SYN, or of the first packet seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The end that opened the connection.
    Initiator = 0,
    /// The other end.
    Responder = 1,
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
