//! Every bound of decoding in one place. Whatever hits one is counted in [`Counters`], never lost silently.

/// Layers kept for one packet; tunnels need few, many small PDUs in one segment need more.
pub const MAX_LAYERS: usize = 1024;

/// Nested headers within one walk, against packets made of nothing but headers.
pub const MAX_DEPTH: usize = 64;

/// TCP connections and UDP conversations remembered, each. The longest unused go first.
pub const MAX_FLOWS: usize = 1 << 20;

/// Announced conversations remembered, like the data connections of FTP. The longest unused go first.
pub const MAX_ANNOUNCED: usize = 1 << 14;

/// Bytes of a PDU that spans segments; a longer one is shown with its beginning only.
pub const MAX_PDU: usize = 8 << 20;

/// Out-of-order bytes kept for one direction of a connection before the gap is given up.
pub const MAX_QUEUED_BYTES: usize = 1 << 20;

/// Out-of-order segments kept for one direction of a connection before the gap is given up.
pub const MAX_QUEUED_SEGMENTS: usize = 512;

/// The same while nothing of the other direction was captured, which alone could tell a reordered segment from one that
/// the capture lacks. Networks that reorder do so by a few segments.
pub const MAX_QUEUED_SEGMENTS_OF_ONE_DIRECTION: usize = 32;

/// Bytes buffered over all connections and fragments.
pub const MAX_BUFFERED: usize = 32 << 20;

/// Bytes of one TLS handshake message that spans records; certificates are the largest in practice.
pub const MAX_HANDSHAKE: usize = 256 << 10;

/// TLS inside TLS.
pub const MAX_NESTING: u8 = 3;

/// Segments of one direction of a connection that wait for their acknowledgment, for its analysis.
pub const MAX_UNACKNOWLEDGED: usize = 1024;

/// The same over all connections.
pub const MAX_UNACKNOWLEDGED_IN_ALL: usize = 1 << 19;

/// IP datagrams that wait for fragments, and directions of SCTP associations.
pub const MAX_DATAGRAMS: usize = 4096;

/// Fragments of one IP datagram, and of one direction of an SCTP association.
pub const MAX_FRAGMENTS: usize = 1024;

/// Bytes of what IPComp carries after decompression: an IP datagram has no more.
pub const MAX_INFLATED_DATAGRAM: usize = 64 << 10;

/// Header fields shown of one HTTP message.
pub const MAX_HTTP_HEADERS: usize = 256;

/// Bytes of the head of an HTTP message.
pub const MAX_HTTP_HEAD: usize = 256 << 10;

/// Bytes of a body or message after decompression.
pub const MAX_BODY: usize = 8 << 20;

/// Bytes of the table of header fields of one direction of an HTTP/2 connection, as RFC 7541 §4.1 counts them. Peers
/// agree on 64 KiB at most in practice; the oldest entries of larger tables are unknown here.
pub const MAX_HEADER_TABLE: usize = 64 << 10;

/// Bytes of the decoded header fields of one HTTP/2 frame; a byte can stand for a whole entry of the table.
pub const MAX_HEADER_LIST: usize = 1 << 20;

/// Streams of a connection of HTTP/2 that are followed as calls of gRPC.
pub const MAX_CALLS: usize = 1024;

/// Bytes of the first line of a SIP message.
pub const MAX_SIP_LINE: usize = 8 << 10;

/// Labels and compression pointers followed in one DNS name (RFC 1035 §3.1 allows 127 labels).
pub const MAX_DNS_JUMPS: usize = 256;

/// Requests remembered for their responses. The longest unused go first.
pub const MAX_EXCHANGES: usize = 1 << 16;

/// Bytes of what responses are to show of their requests, of all that wait.
pub const MAX_SUBJECTS: usize = 16 << 20;

/// Addresses whose names are remembered.
pub const MAX_HOSTS: usize = 1 << 16;

/// Bytes of a name (RFC 1035 §2.3.4).
pub const MAX_HOST_NAME: usize = 255;

/// What the limits and damaged traffic cost, since the decoder was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Layers beyond [`MAX_LAYERS`].
    pub layers_dropped: u64,
    /// Flows forgotten because of [`MAX_FLOWS`].
    pub flows_forgotten: u64,
    /// PDUs longer than [`MAX_PDU`] or than the memory left by [`MAX_BUFFERED`].
    pub pdus_cut: u64,
    /// Announced conversations forgotten because of [`MAX_ANNOUNCED`].
    pub announcements_forgotten: u64,
    /// TCP segments whose acknowledgment the analysis did not wait for, because of [`MAX_UNACKNOWLEDGED`] and
    /// [`MAX_UNACKNOWLEDGED_IN_ALL`].
    pub segments_forgotten: u64,
    /// Gaps in TCP streams that were given up.
    pub gaps: u64,
    /// Bytes of TCP payload behind a gap that was not given up: they wait, or went with their connection when it was
    /// forgotten or its ports were used again.
    pub bytes_waiting: u64,
    /// IP datagrams whose fragments were given up, and SCTP associations.
    pub datagrams_dropped: u64,
    /// HTTP/2 frames with more header fields than [`MAX_HEADER_LIST`] holds, or header fields that are damaged.
    pub header_lists_cut: u64,
    /// Compressed messages that are damaged, refer to what was not captured, or hold more than [`MAX_BODY`] or
    /// [`MAX_INFLATED_DATAGRAM`].
    pub bodies_cut: u64,
    /// Requests without a response that were forgotten because of [`MAX_EXCHANGES`].
    pub requests_forgotten: u64,
    /// Requests of which the response shows no target because of [`MAX_SUBJECTS`].
    pub subjects_dropped: u64,
    /// Names of addresses beyond [`MAX_HOSTS`].
    pub names_dropped: u64,
    /// Bytes of TCP payload that were seen again (retransmissions and overlaps).
    pub bytes_repeated: u64,
}
