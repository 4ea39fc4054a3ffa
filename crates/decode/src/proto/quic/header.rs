//! The headers of packets (RFC 9000 §17), as far as they stand in the clear.

use crate::{Bytes, Reader, Short};

/// The longest connection ID of the versions known (RFC 9000 §17.2).
const MAX_CONNECTION_ID: u8 = 20;

/// Version 2 (RFC 9369 §3.1).
const VERSION_2: u32 = 0x6b33_43cf;

/// The header of one packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header<'a> {
    pub(crate) kind: Kind,
    /// 0 with a short header.
    pub(crate) version: u32,
    /// Of long headers.
    pub(crate) dcid: &'a [u8],
    pub(crate) scid: &'a [u8],
    /// Offset of the packet number, with a long header.
    pub(crate) number_at: usize,
    /// Offset behind the packet, which may not be there: cut by the capture, or without its tag after decryption.
    pub(crate) end: usize,
}

/// What a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Initial,
    ZeroRtt,
    Handshake,
    Retry,
    VersionNegotiation,
    Short,
    /// A long header of a version that is not known.
    Unknown,
    /// No packet: what fills up a datagram behind one.
    Padding,
}

impl Kind {
    /// Its name for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Initial => "Initial",
            Self::ZeroRtt => "0-RTT",
            Self::Handshake => "Handshake",
            Self::Retry => "Retry",
            Self::VersionNegotiation => "Version Negotiation",
            Self::Short => "Protected Payload",
            Self::Unknown => "Unknown version",
            Self::Padding => "Padding",
        }
    }
}

impl<'a> Header<'a> {
    /// Reads the header of the packet at the start of `bytes`, which has to be there as a whole; more may follow.
    pub(crate) fn of_whole(bytes: &'a [u8]) -> Result<Self, Short> {
        let header = Self::read(bytes)?;
        Bytes(bytes).need(header.end)?;
        Ok(header)
    }

    /// Reads the header at the start of `bytes`, which may hold more packets behind this one.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Short> {
        let mut r = Reader::new(bytes, 0);
        let first = r.u8()?;
        let empty =
            Self { kind: Kind::Short, version: 0, dcid: &[], scid: &[], number_at: 0, end: bytes.len() };
        if first & 0x80 == 0 {
            let kind = if first & 0x40 == 0 { Kind::Padding } else { Kind::Short };
            return Ok(Self { kind, ..empty });
        }
        let version = r.number(4)? as u32;
        let length = r.u8()?;
        let dcid = r.take(length.into())?;
        let length = r.u8()?;
        let scid = r.take(length.into())?;
        let kind = long_kind(first, version);
        let found = Self { kind, version, dcid, scid, ..empty };
        if matches!(kind, Kind::VersionNegotiation | Kind::Retry | Kind::Unknown) {
            return Ok(found);
        }
        if kind == Kind::Initial {
            let length = r.varint()?;
            r.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        }
        let length = r.varint()?;
        let number_at = r.at();
        let end = number_at.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(Self { number_at, end, ..found })
    }

    pub(super) const fn is_version_2(&self) -> bool {
        self.version == VERSION_2
    }
}

const fn long_kind(first: u8, version: u32) -> Kind {
    let number = first >> 4 & 3;
    // The types have other numbers in version 2 (RFC 9369 §3.2).
    let number = match version {
        0 => return Kind::VersionNegotiation,
        VERSION_2 => number.wrapping_sub(1) & 3,
        version if is_known(version) => number,
        _ => return Kind::Unknown,
    };
    match number {
        0 => Kind::Initial,
        1 => Kind::ZeroRtt,
        2 => Kind::Handshake,
        _ => Kind::Retry,
    }
}

/// Versions with the headers of RFC 9000: the standards, the drafts from 22 on, those of Facebook's mvfst, Google's last two,
/// and those that clients make up so that servers learn to refuse them (RFC 9000 §15).
const fn is_known(version: u32) -> bool {
    matches!(
        version,
        1 | VERSION_2 | 0xff00_0016
            ..=0xff00_0022 | 0xface_b001 | 0xface_b002 | 0xface_b00e | 0x5430_3530 | 0x5430_3531
    ) || is_made_up(version)
}

const fn is_made_up(version: u32) -> bool {
    version & 0x0f0f_0f0f == 0x0a0a_0a0a
}

/// Whether a datagram can belong to a conversation that is known to be QUIC.
pub(super) fn admits(bytes: &[u8]) -> bool {
    match bytes.first() {
        Some(first) if first & 0x80 == 0 => first & 0x40 != 0,
        _ => is_handshake(bytes),
    }
}

/// Whether a datagram surely begins with a long header: the version is known, and the lengths fit. The QUIC of Google, before
/// the standard, has versions of letters and digits.
pub(super) fn is_handshake(bytes: &[u8]) -> bool {
    let b = Bytes(bytes);
    let (first, version, dcid) = (b.u8(0), b.u32(1), b.u8(5));
    let scid = b.u8(6 + usize::from(dcid));
    let ids =
        dcid <= MAX_CONNECTION_ID && scid <= MAX_CONNECTION_ID && b.len() > 7 + usize::from(dcid + scid);
    if first & 0x80 == 0 || !ids {
        return false;
    }
    if version == 0 {
        // Version Negotiation: a list of versions.
        let list = b.len() - 7 - usize::from(dcid + scid);
        return list > 0 && list % 4 == 0;
    }
    // Others must tell by more than a version that is easily met: a client's first datagram has 1200 bytes (RFC 9000 §14.1).
    let sure = !is_made_up(version) || b.len() >= 1200;
    is_known(version) && sure && first & 0x40 != 0 && Header::read(bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Initial of RFC 9001 §A.2 as it begins, with a shorter payload.
    fn initial(length: u8) -> Vec<u8> {
        let mut packet = vec![0xc0, 0, 0, 0, 1, 8, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08, 0, 0];
        packet.extend([length]);
        packet.extend(vec![7; length.into()]);
        packet
    }

    #[test]
    fn packets_end_where_they_say() {
        let mut two = initial(20);
        let first = two.len();
        two.extend([0x40, 1, 2, 3]);
        let header = Header::read(&two).unwrap();
        assert_eq!(
            (header.kind, header.number_at, header.end, header.dcid.len()),
            (Kind::Initial, 17, first, 8)
        );
        assert_eq!(Header::read(&two[first..]).unwrap().kind, Kind::Short);
        assert!(Header::of_whole(&two[..first - 1]).is_err());
        assert!(is_handshake(&two) && admits(&two[first..]) && !is_handshake(&two[first..]));
    }

    #[test]
    fn other_protocols_are_not_taken_for_quic() {
        assert!(!is_handshake(b"\xc3Q046\x50\x01\x02\x03\x04\x05\x06\x07\x08\0\0"));
        assert!(!is_handshake(&[0x80, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0]));
        assert!(!is_handshake(&[]));
    }

    #[test]
    fn the_types_of_version_2_are_shifted() {
        let kinds = |version| [0xc0, 0xd0, 0xe0, 0xf0].map(|first| long_kind(first, version));
        assert_eq!(kinds(1), [Kind::Initial, Kind::ZeroRtt, Kind::Handshake, Kind::Retry]);
        assert_eq!(kinds(VERSION_2), [Kind::Retry, Kind::Initial, Kind::ZeroRtt, Kind::Handshake]);
    }
}
