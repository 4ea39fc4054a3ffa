//! The transport-layer segment in a captured packet, as recording needs it.

use plaintap_decode::{Address, Decoder, Options, id};
use plaintap_packet::{Direction, LinkType, Nanos, Packet};

/// One transport-layer packet.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Sender's address and port.
    pub source: (Address, u16),
    /// Receiver's address and port.
    pub destination: (Address, u16),
    /// Whether it is TCP; the flags are only given for TCP.
    pub tcp: bool,
    /// TCP flags (RFC 9293 section 3.1).
    pub flags: u8,
    /// Payload of TCP or UDP.
    pub payload: &'a [u8],
}

/// Finds segments in packets.
pub struct Segments {
    decoder: Decoder,
    link_type: LinkType,
}

impl Segments {
    /// For packets of `link_type`.
    pub fn new(link_type: LinkType) -> Self {
        let options = Options { flows: false, reassemble: false, ..Options::default() };
        Self { decoder: Decoder::new(options), link_type }
    }

    /// The segment in a packet's bytes; `None` where there are no two addresses.
    pub fn find<'a>(&'a mut self, data: &'a [u8]) -> Option<Segment<'a>> {
        let packet = Packet {
            data,
            time: Nanos(0),
            original_length: data.len() as u32,
            link_type: self.link_type,
            interface: 0,
            direction: Direction::Unknown,
            process: None,
        };
        let decoded = self.decoder.decode(&packet, 1);
        let addresses = decoded.addresses();
        let (source_port, destination_port) = addresses.ports.unwrap_or((0, 0));
        let mut segment = Segment {
            source: (addresses.source?, source_port),
            destination: (addresses.destination?, destination_port),
            tcp: false,
            flags: 0,
            payload: &[],
        };
        if let Some(tcp) = decoded.layers().iter().find(|layer| layer.protocol == id::tcp) {
            segment.tcp = true;
            segment.flags = *data.get(tcp.offset as usize + 13)?;
            segment.payload = data.get((tcp.offset + tcp.header) as usize..tcp.end as usize)?;
        } else if let Some(udp) = decoded.layers().iter().find(|layer| layer.protocol == id::udp) {
            segment.payload = data.get((udp.offset + udp.header) as usize..udp.end as usize)?;
        }
        Some(segment)
    }
}
