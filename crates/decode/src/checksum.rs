//! Checksums of headers and segments: what they are, and what they should be.

use std::fmt;

use crate::Bytes;
use crate::field::{Value, ValueNames};
use crate::layers::Layer;
use crate::proto::id;
use crate::registry::ProtocolId;
use crate::view::View;

/// What is known of a checksum, with the numbers that Wireshark has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// It should be another one.
    Bad(Difference),
    /// It is right.
    Good,
    /// It was not asked for, or not all bytes are there.
    Unverified,
    /// The sender did not calculate one.
    NotPresent,
}

/// The names of [`Status`] by number.
pub(crate) const STATUS: ValueNames = &[(0, "Bad"), (1, "Good"), (2, "Unverified"), (3, "Not present")];

/// A wrong checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    found: u32,
    expected: u32,
    /// Hexadecimal digits.
    digits: usize,
    /// It is what a sender leaves there whose network card calculates the rest.
    offloaded: bool,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (found, expected, width) = (self.found, self.expected, self.digits);
        write!(f, "[checksum 0x{found:0width$x} wrong, should be 0x{expected:0width$x}")?;
        f.write_str(if self.offloaded { "; probably checksum offload at the sender]" } else { "]" })
    }
}

/// Gives the number of a layer's status, for a field.
pub(crate) fn put_status(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if let Some(status) = status(view) {
        out(Value::Unsigned(match status {
            Status::Bad(_) => 0,
            Status::Good => 1,
            Status::Unverified => 2,
            Status::NotPresent => 3,
        }));
    }
}

/// The status of the checksum of a layer. None where it has none.
pub(crate) fn status(view: &View<'_>) -> Option<Status> {
    let b = view.bytes;
    let asked = view.decoded.work.settings.verify_checksums;
    let place = match view.layer.protocol {
        id::ip if !view.is_silent() => 10..12,
        id::tcp => 16..18,
        id::udp => 6..8,
        id::icmp | id::icmpv6 | id::igmp | id::dvmrp => 2..4,
        id::sctp => 8..12,
        id::vrrp => 6..8,
        _ => return None,
    };
    let found = b.number(place.start, place.end)? as u32;
    if view.layer.protocol == id::udp && found == 0 {
        return Some(Status::NotPresent);
    }
    Some(match view.layer.protocol {
        id::ip if asked => header(view, found),
        id::tcp | id::udp if asked => segment(view, found, place.start),
        id::sctp if asked => stream_control(b, view.layer, found),
        id::icmp | id::igmp | id::dvmrp => message(view, found, place.start),
        // Version 2 sums the message alone (RFC 3768 §5.3.8), version 3 adds the pseudo header (RFC 5798 §5.2.8), which
        // many senders leave out with IPv4.
        id::vrrp => match message(view, found, place.start) {
            Status::Bad(_) if b.u8(0) >> 4 == 3 => segment(view, found, place.start),
            status => status,
        },
        id::icmpv6 => segment(view, found, place.start),
        _ => Status::Unverified,
    })
}

/// RFC 791 §3.1: over the header alone. A zero is what is left to the network card.
fn header(view: &View<'_>, found: u32) -> Status {
    compare(found, sum(0, without(view.header().0, 10).as_slices()), found == 0)
}

/// A message without a pseudo header: ICMP (RFC 792), IGMP (RFC 2236 §2.3).
fn message(view: &View<'_>, found: u32, at: usize) -> Status {
    if !is_whole(view) {
        return Status::Unverified;
    }
    compare(found, sum(0, without(view.bytes.0, at).as_slices()), false)
}

/// A segment with the pseudo header of the network layer below it (RFC 9293 §3.1, RFC 8200 §8.1).
fn segment(view: &View<'_>, found: u32, at: usize) -> Status {
    let Some(pseudo) = pseudo_header(view).filter(|_| is_whole(view)) else { return Status::Unverified };
    // The length in the header of UDP may leave bytes out.
    let bytes = match view.layer.protocol {
        id::udp => view.bytes.clamped(0, view.bytes.u16(4).into()),
        _ => view.bytes.0,
    };
    let length = bytes.len() as u64;
    // What Linux leaves for the card (CHECKSUM_PARTIAL, include/linux/skbuff.h): the sum of the pseudo header alone,
    // with large segments also without the length.
    let offloaded = [pseudo + length, pseudo].map(fold).contains(&(found as u16));
    let mut expected = sum(pseudo + length, without(bytes, at).as_slices());
    if view.layer.protocol == id::udp && expected == 0 {
        // RFC 768: a zero would say that there is none.
        expected = 0xffff;
    }
    compare(found, expected, offloaded)
}

/// RFC 9260 §6.8 and appendix A: CRC32c with zeros in place of the checksum, lowest byte first.
fn stream_control(b: Bytes<'_>, layer: Layer, found: u32) -> Status {
    if layer.end != layer.reported_end {
        return Status::Unverified;
    }
    let parts = [b.clamped(0, 8), &[0; 4], b.clamped(12, b.len())];
    let crc =
        !parts.into_iter().flatten().fold(!0, |crc, &byte| crc >> 8 ^ CRC32C[usize::from(crc as u8 ^ byte)]);
    difference(found, crc.swap_bytes(), 8, false)
}

fn compare(found: u32, expected: u16, offloaded: bool) -> Status {
    difference(found, expected.into(), 4, offloaded)
}

fn difference(found: u32, expected: u32, digits: usize, offloaded: bool) -> Status {
    // In one's complement, 0 has two forms.
    let same = found == expected || digits == 4 && [(0, 0xffff), (0xffff, 0)].contains(&(found, expected));
    if same { Status::Good } else { Status::Bad(Difference { found, expected, digits, offloaded }) }
}

/// Whether all bytes of the layer are there: neither it nor the datagram that it lies in is cut, by the capture or as a
/// quote, and it is no piece of a datagram.
fn is_whole(view: &View<'_>) -> bool {
    if view.layer.end != view.layer.reported_end {
        return false;
    }
    let below = view.below();
    let Some(place) = below.iter().rposition(|layer| matches!(layer.protocol, id::ip | id::ipv6)) else {
        return true;
    };
    let network = view.decoded.view(below[place]);
    // What was put together from fragments lies in another buffer.
    if network.layer.buffer != view.layer.buffer {
        return true;
    }
    let b = network.bytes;
    let (declared, fragment) = if network.layer.protocol == id::ip {
        (usize::from(b.u16(2)), b.u16(6) & 0x3fff != 0)
    } else {
        let piece = |layer: &Layer| layer.protocol == id::ipv6_fraghdr && !is_atomic(view, layer);
        (40 + usize::from(b.u16(4)), below[place..].iter().any(piece))
    };
    declared <= b.len() && !fragment
}

/// A fragment header in front of a whole datagram (RFC 6946).
fn is_atomic(view: &View<'_>, layer: &Layer) -> bool {
    view.decoded.view(*layer).bytes.u16(2) & 0xfff9 == 0
}

/// The sum of the pseudo header but for the length. None where the addresses are not known, or not the final ones.
fn pseudo_header(view: &View<'_>) -> Option<u64> {
    let below = view.below();
    let place = below.iter().rposition(|layer| matches!(layer.protocol, id::ip | id::ipv6))?;
    let network = below[place];
    let b = view.decoded.view(network).bytes;
    let start = u64::from(number(view.layer.protocol));
    if network.protocol == id::ip {
        return Some(add(start, b.clamped(12, 20)));
    }
    let routing = below[place..].iter().find(|layer| layer.protocol == id::ipv6_routing);
    let destination = match routing.map(|layer| view.decoded.view(*layer).header()) {
        Some(header) if header.u8(3) > 0 => final_destination(header)?,
        _ => b.clamped(24, 40),
    };
    Some(add(add(start, b.clamped(8, 24)), destination))
}

/// Where a routing header leads in the end, by its type: the last address (RFC 2460 §4.4, RFC 6275 §6.4), or the first
/// (RFC 8754 §2).
fn final_destination(header: Bytes<'_>) -> Option<&[u8]> {
    let length = header.len();
    match header.u8(2) {
        0 | 2 if length >= 24 => Some(header.clamped(length - 16, length)),
        4 if length >= 24 => Some(header.clamped(8, 24)),
        _ => None,
    }
}

const fn number(protocol: ProtocolId) -> u8 {
    match protocol {
        id::tcp => 6,
        id::udp => 17,
        _ => 58,
    }
}

/// Bytes without the two of their checksum, which lies at an even offset.
struct Without<'a>([&'a [u8]; 2]);

impl<'a> Without<'a> {
    fn as_slices(&self) -> impl Iterator<Item = &'a [u8]> {
        self.0.into_iter()
    }
}

fn without(bytes: &[u8], at: usize) -> Without<'_> {
    let b = Bytes(bytes);
    Without([b.clamped(0, at), b.clamped(at + 2, bytes.len())])
}

/// The Internet checksum (RFC 1071): the complement of the one's complement sum.
fn sum<'a>(start: u64, parts: impl Iterator<Item = &'a [u8]>) -> u16 {
    !fold(parts.fold(start, add))
}

fn add(sum: u64, bytes: &[u8]) -> u64 {
    let words = bytes.chunks(2).map(|pair| match *pair {
        [high, low] => u64::from(u16::from_be_bytes([high, low])),
        [high] => u64::from(high) << 8,
        _ => 0,
    });
    words.fold(sum, u64::wrapping_add)
}

/// A checksum of bytes that `number` was taken out of (RFC 1624 §3). Of the two zeros it has one.
pub(crate) const fn without_number(checksum: u16, number: u16) -> u16 {
    ((checksum as u32 + number as u32) % 0xffff) as u16
}

const fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    sum as u16
}

/// The table of the Castagnoli polynomial 0x1EDC6F41, bits reversed.
static CRC32C: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standards() {
        // RFC 1071 §3.
        let words = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(sum(0, [&words[..]].into_iter()), !0xddf2);
        assert_eq!(fold(add(0, &[1, 2, 3])), 0x0402);
        // RFC 3720 §B.4: 32 bytes of zeros.
        let crc = !(0..32).fold(!0_u32, |crc, _| crc >> 8 ^ CRC32C[usize::from(crc as u8)]);
        assert_eq!(crc, 0x8a91_36aa);
    }

    #[test]
    fn what_is_wrong_is_said_with_the_reason() {
        let Status::Bad(difference) = compare(0x1234, 0x5678, true) else { panic!("it is wrong") };
        assert_eq!(
            difference.to_string(),
            "[checksum 0x1234 wrong, should be 0x5678; probably checksum offload at the sender]"
        );
        assert_eq!(compare(0xffff, 0, false), Status::Good);
    }
}
