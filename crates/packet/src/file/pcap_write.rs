//! The pcap format: writing. Little-endian, with micro- or nanoseconds.

use std::io::{self, Write};

use super::PcapHeader;
use super::pcap::{FCS_PRESENT, MICROSECONDS, NANOSECONDS};
use crate::{Nanos, Packet};

/// What readers take for "not cut" where a file does not say its snap length.
const WHOLE_PACKETS: u32 = 262_144;

/// Writes a pcap file.
pub struct PcapWriter<W> {
    out: W,
    nanoseconds: bool,
}

impl<W: Write> PcapWriter<W> {
    /// Writes the file header. Of `header` the byte order and the variant do not count.
    ///
    /// # Errors
    /// What `out` answers; so do all methods.
    pub fn new(mut out: W, header: &PcapHeader) -> io::Result<Self> {
        let magic = if header.nanoseconds { NANOSECONDS } else { MICROSECONDS };
        let fcs = header.frame_check_sequence.map_or(0, |words| u32::from(words) << 28 | FCS_PRESENT);
        let snap_length = if header.snap_length == 0 { WHOLE_PACKETS } else { header.snap_length };
        let mut bytes = Vec::with_capacity(24);
        bytes.extend(magic.to_le_bytes());
        bytes.extend([2, 0, 4, 0]); // version 2.4
        bytes.extend([0; 8]); // time zone and accuracy: never used
        bytes.extend(snap_length.to_le_bytes());
        bytes.extend((fcs | u32::from(header.link_type.0)).to_le_bytes());
        out.write_all(&bytes)?;
        Ok(Self { out, nanoseconds: header.nanoseconds })
    }

    /// Adds a packet.
    ///
    /// # Errors
    /// What the output answers, and `InvalidInput` for a time that 32 bits of seconds cannot say (before 1970, after
    /// 2106).
    pub fn packet(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        let seconds = u32::try_from(packet.time.seconds()).map_err(|_| unspeakable(packet.time))?;
        let fraction = packet.time.subsecond() / if self.nanoseconds { 1 } else { 1000 };
        let mut header = [0; 16];
        let words = [seconds, fraction, packet.data.len() as u32, packet.original_length];
        for (place, word) in header.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        self.out.write_all(&header)?;
        self.out.write_all(packet.data)
    }

    /// The output.
    pub fn output(&mut self) -> &mut W {
        &mut self.out
    }

    /// Gives the output back.
    pub fn into_output(self) -> W {
        self.out
    }
}

fn unspeakable(time: Nanos) -> io::Error {
    let seconds = time.seconds();
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("pcap cannot say the time {seconds} s (it ends in 2106, pcapng does not)"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{Reader, Record};
    use crate::{Direction, LinkType};

    #[test]
    fn what_is_written_is_read_again() {
        let packet = |time| Packet {
            data: b"abc",
            time: Nanos(time),
            original_length: 60,
            link_type: LinkType::ETHERNET,
            interface: 0,
            direction: Direction::Unknown,
            process: None,
        };
        for nanoseconds in [false, true] {
            let header = PcapHeader {
                link_type: LinkType::ETHERNET,
                snap_length: 96,
                nanoseconds,
                frame_check_sequence: Some(2),
                ..PcapHeader::default()
            };
            let mut writer = PcapWriter::new(Vec::new(), &header).unwrap();
            writer.packet(&packet(1_700_000_000_123_456_789)).unwrap();
            assert!(writer.packet(&packet(-1)).unwrap_err().to_string().contains("cannot say the time"));
            let bytes = writer.into_output();
            let mut reader = Reader::new(&bytes[..]).unwrap();
            assert_eq!(reader.pcap_header(), Some(header));
            let Some(Record::Packet(read, _)) = reader.next_record().unwrap() else { panic!("no packet") };
            assert_eq!((read.data, read.original_length), (&b"abc"[..], 60));
            let lost = if nanoseconds { 0 } else { 789 };
            assert_eq!(read.time, Nanos(1_700_000_000_123_456_789 - lost));
            assert!(reader.next_record().unwrap().is_none());
        }
    }
}
