//! UDP datagrams that a program hands to the kernel in one go (`UDP_SEGMENT`, as QUIC servers do) pass the hook as one
//! packet; here they become what goes over the wire.

const PROTOCOL_UDP: u8 = 17;
const IPV4_MINIMUM: usize = 20;
const IPV6_HEADER: usize = 40;
const UDP_HEADER: usize = 8;

/// A packet with several UDP datagrams under one set of headers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagrams<'a> {
    ip_header: &'a [u8],
    udp_header: &'a [u8],
    payload: &'a [u8],
    size: usize,
}

impl<'a> Datagrams<'a> {
    /// Views a whole packet, from the IP header on, as datagrams of `size` bytes of payload and a shorter last one; `None`
    /// when it is just one packet. IPv6 extension headers do not come with this.
    pub(super) fn new(packet: &'a [u8], size: usize) -> Option<Self> {
        if size == 0 {
            return None;
        }
        let (length, protocol) = match packet.first()? >> 4 {
            4 => (usize::from(packet[0] & 15) * 4, *packet.get(9)?),
            6 => (IPV6_HEADER, *packet.get(6)?),
            _ => return None,
        };
        let (ip_header, rest) = packet.split_at_checked(length)?;
        let (udp_header, payload) = rest.split_at_checked(UDP_HEADER)?;
        let several = protocol == PROTOCOL_UDP && length >= IPV4_MINIMUM && payload.len() > size;
        several.then_some(Self { ip_header, udp_header, payload, size })
    }

    /// How many there are.
    pub(super) fn count(self) -> usize {
        self.payload.len().div_ceil(self.size)
    }

    /// Appends datagram `index` with its IP and UDP headers as the kernel or the card makes them.
    pub(super) fn append(self, index: usize, out: &mut Vec<u8>) {
        let start = index * self.size;
        let payload = &self.payload[start..self.payload.len().min(start + self.size)];
        let udp_length = UDP_HEADER + payload.len();
        let from = out.len();
        out.extend_from_slice(self.ip_header);
        out.extend_from_slice(self.udp_header);
        out.extend_from_slice(payload);
        let (ip, udp) = out[from..].split_at_mut(self.ip_header.len());
        let addresses = if ip[0] >> 4 == 4 {
            put_u16(ip, 2, ip.len() + udp_length);
            // The identification counts on, from datagram to datagram.
            put_u16(ip, 4, usize::from(u16::from_be_bytes([ip[4], ip[5]])) + index);
            put_u16(ip, 10, 0);
            let sum = !fold(sum_words(ip));
            put_u16(ip, 10, usize::from(sum));
            12..20
        } else {
            put_u16(ip, 4, udp_length);
            8..40
        };
        put_u16(udp, 4, udp_length);
        // RFC 768: over addresses, protocol, length and the datagram; 0 is written as all ones. A sender that wants none
        // has 0.
        if udp[6..8] != [0, 0] {
            put_u16(udp, 6, 0);
            let pseudo = sum_words(&ip[addresses]) + u64::from(PROTOCOL_UDP) + udp_length as u64;
            let sum = match !fold(pseudo + sum_words(udp)) {
                0 => 0xffff,
                sum => sum,
            };
            put_u16(udp, 6, usize::from(sum));
        }
    }
}

/// Writes the low 16 bits of `value` in network byte order.
fn put_u16(bytes: &mut [u8], offset: usize, value: usize) {
    bytes[offset..offset + 2].copy_from_slice(&(value as u16).to_be_bytes());
}

/// The sum of the 16-bit words, an odd last byte padded with 0 (RFC 1071).
fn sum_words(bytes: &[u8]) -> u64 {
    let (words, odd) = bytes.as_chunks::<2>();
    let sum: u64 = words.iter().map(|&word| u64::from(u16::from_be_bytes(word))).sum();
    sum + odd.first().map_or(0, |&byte| u64::from(byte) << 8)
}

/// The sum with its carries added in.
fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    const IPV4: [u8; 20] = [0x45, 0, 0, 0, 0x12, 0xff, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    const UDP: [u8; 8] = [0x30, 0x39, 1, 0xbb, 0, 0, 0x12, 0x34];

    fn datagram(packet: &[u8], size: usize, index: usize) -> Vec<u8> {
        let mut out = Vec::new();
        Datagrams::new(packet, size).unwrap().append(index, &mut out);
        out
    }

    #[test]
    fn each_datagram_has_sound_headers() {
        let packet = [IPV4.as_slice(), &UDP, b"abcdefg"].concat();
        assert_eq!(Datagrams::new(&packet, 3).unwrap().count(), 3);
        for (index, payload) in [b"abc".as_slice(), b"def", b"g"].into_iter().enumerate() {
            let out = datagram(&packet, 3, index);
            assert_eq!(&out[28..], payload);
            assert_eq!(usize::from(u16::from_be_bytes([out[2], out[3]])), out.len());
            assert_eq!(u16::from_be_bytes([out[4], out[5]]), 0x12ff + index as u16);
            assert_eq!(usize::from(u16::from_be_bytes([out[24], out[25]])), 8 + payload.len());
            // A sum over data with a right checksum is all ones.
            assert_eq!(fold(sum_words(&out[..20])), 0xffff);
            let pseudo = sum_words(&out[12..20]) + 17 + 8 + payload.len() as u64;
            assert_eq!(fold(pseudo + sum_words(&out[20..])), 0xffff);
        }
    }

    #[test]
    fn a_checksum_that_is_left_out_stays_out() {
        let mut packet = [IPV4.as_slice(), &UDP, b"abcdefg"].concat();
        packet[26..28].fill(0);
        assert_eq!(datagram(&packet, 3, 1)[26..28], [0, 0]);
    }

    #[test]
    fn what_is_one_packet_is_left_alone() {
        let packet = [IPV4.as_slice(), &UDP, b"abcdefg"].concat();
        let tcp = [&IPV4[..9], &[6], &IPV4[10..], &UDP, b"abcdefg"].concat();
        assert!(Datagrams::new(&packet, 0).is_none());
        assert!(Datagrams::new(&packet, 7).is_none());
        assert!(Datagrams::new(&tcp, 3).is_none());
        for length in 0..packet.len() {
            let _ =
                Datagrams::new(&packet[..length], 3).map(|datagrams| datagrams.append(0, &mut Vec::new()));
        }
    }
}
