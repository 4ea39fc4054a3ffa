//! pcapng blocks as bytes: taken from a file as they stand, and built.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::pcapng_options::{Options, code};
use super::secrets_type;

/// Block types.
pub mod kind {
    /// Section Header Block; the same in both byte orders.
    pub const SECTION_HEADER: u32 = 0x0a0d_0d0a;
    /// Interface Description Block.
    pub const INTERFACE_DESCRIPTION: u32 = 1;
    /// The obsolete Packet Block.
    pub const PACKET: u32 = 2;
    /// Simple Packet Block.
    pub const SIMPLE_PACKET: u32 = 3;
    /// Name Resolution Block.
    pub const NAME_RESOLUTION: u32 = 4;
    /// Interface Statistics Block.
    pub const INTERFACE_STATISTICS: u32 = 5;
    /// Enhanced Packet Block.
    pub const ENHANCED_PACKET: u32 = 6;
    /// Decryption Secrets Block.
    pub const DECRYPTION_SECRETS: u32 = 10;
    /// Custom Block that may be copied into other files.
    pub const CUSTOM: u32 = 0x0000_0bad;
    /// Custom Block that must not be copied when the file is edited (pcapng draft, section 4.8).
    pub const CUSTOM_NOT_COPIED: u32 = 0x4000_0bad;
    /// Process information: a process id and options; packets name it with option 32769.
    pub const PROCESS_INFORMATION: u32 = 0x8000_0001;
    /// plaintap's own block for key tables that Decryption Secrets Blocks have no type for ("plt" in a number of the
    /// range for local use). Its body is laid out as that of a Decryption Secrets Block.
    pub const KEY_TABLE: u32 = 0x8070_6c74;
}

/// One block of a pcapng file, as it stands there.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// The block type, one of [`kind`] or any other.
    pub kind: u32,
    /// The whole block, its type, both lengths and padding included.
    pub raw: &'a [u8],
    /// The byte order of its section.
    pub big_endian: bool,
}

impl<'a> Block<'a> {
    /// What stands between the two block lengths.
    pub fn body(&self) -> &'a [u8] {
        self.raw.get(8..self.raw.len().saturating_sub(4)).unwrap_or_default()
    }

    /// The options; none where the block type has none or is not known.
    pub fn options(&self) -> Options<'a> {
        match self.parts() {
            Some(parts) => Options::new(parts.options, self.big_endian),
            None => Options::EMPTY,
        }
    }

    /// Fixed fields, data and options; `None` where the block type is not known or the block is damaged.
    pub(super) fn parts(&self) -> Option<Parts<'a>> {
        let body = self.body();
        let (fixed, data_length): (&[usize], usize) = match self.kind {
            kind::SECTION_HEADER => (&[4, 2, 2, 8], 0),
            kind::INTERFACE_DESCRIPTION => (&[2, 2, 4], 0),
            kind::ENHANCED_PACKET => (&[4; 5], self.u32(12)? as usize),
            kind::PACKET => (&[2, 2, 4, 4, 4, 4], self.u32(12)? as usize),
            kind::SIMPLE_PACKET => (&[4], body.len().checked_sub(4)?),
            kind::NAME_RESOLUTION => (&[], names_length(body, self.big_endian)),
            kind::INTERFACE_STATISTICS => (&[4; 3], 0),
            kind::DECRYPTION_SECRETS | kind::KEY_TABLE => (&[4; 2], self.u32(4)? as usize),
            kind::CUSTOM | kind::CUSTOM_NOT_COPIED => (&[4], body.len().checked_sub(4)?),
            kind::PROCESS_INFORMATION => (&[4], 0),
            _ => return None,
        };
        let start: usize = fixed.iter().sum();
        let end = start.checked_add(data_length)?;
        let data = body.get(start..end)?;
        // The padding may be missing at the end of the block.
        let options = body.get(end.next_multiple_of(4)..).unwrap_or_default();
        Some(Parts { widths: fixed, fixed: &body[..start], data, options })
    }

    /// The number at `at` of the body.
    pub(super) fn u32(&self, at: usize) -> Option<u32> {
        let bytes = *self.body().get(at..)?.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}

/// The parts of a block's body.
pub(super) struct Parts<'a> {
    /// Bytes of each fixed field.
    pub(super) widths: &'static [usize],
    /// The fixed fields.
    pub(super) fixed: &'a [u8],
    /// What comes between them and the options, without padding.
    pub(super) data: &'a [u8],
    /// The option list.
    pub(super) options: &'a [u8],
}

/// Builds one block after another, in either byte order.
#[derive(Debug, Default)]
pub struct BlockBuilder {
    bytes: Vec<u8>,
    big_endian: bool,
    has_options: bool,
}

impl BlockBuilder {
    /// A builder for a section of this byte order.
    pub const fn new(big_endian: bool) -> Self {
        Self { bytes: Vec::new(), big_endian, has_options: false }
    }

    /// The byte order in which it builds.
    pub const fn is_big_endian(&self) -> bool {
        self.big_endian
    }

    /// Begins a block; what stood here before is forgotten.
    pub fn begin(&mut self, kind: u32) {
        self.bytes.clear();
        self.has_options = false;
        self.u32(kind);
        self.u32(0); // the length; `end` knows it
    }

    /// Appends a number.
    pub fn u16(&mut self, value: u16) {
        self.bytes.extend_from_slice(&if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        });
    }

    /// Appends a number.
    pub fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        });
    }

    /// Appends a number.
    pub fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        });
    }

    /// Appends a number as two 32-bit words, the high one first in both byte orders: so blocks hold times.
    pub fn timestamp(&mut self, value: u64) {
        self.u32((value >> 32) as u32);
        self.u32(value as u32);
    }

    /// Appends bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends bytes, and zeros up to the next multiple of 4.
    pub fn padded(&mut self, data: &[u8]) {
        self.bytes.extend_from_slice(data);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    /// Appends an option. A value of 64 KiB and more cannot be said in an option: it is cut.
    pub fn option(&mut self, code: u16, value: &[u8]) {
        let value = &value[..value.len().min(usize::from(u16::MAX))];
        self.u16(code);
        self.u16(value.len() as u16);
        self.padded(value);
        self.has_options = true;
    }

    /// Appends an option of a 32-bit number.
    pub fn option_u32(&mut self, code: u16, value: u32) {
        self.option(code, &if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    /// Appends an option of a 64-bit number.
    pub fn option_u64(&mut self, code: u16, value: u64) {
        self.option(code, &if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    /// Appends a text option, unless it is empty.
    pub fn text(&mut self, code: u16, text: &str) {
        if !text.is_empty() {
            self.option(code, text.as_bytes());
        }
    }

    /// Appends a whole option list as it stands elsewhere in the same byte order.
    pub fn option_list(&mut self, list: &[u8]) {
        self.padded(list);
    }

    /// Builds a whole block of decryption secrets but its end. Types that only plaintap knows go into a block of its own.
    pub fn secrets(&mut self, secrets_type: u32, data: &[u8]) {
        let is_own = matches!(secrets_type, secrets_type::ESP_SA | secrets_type::IKEV2_DECRYPTION_TABLE);
        self.begin(if is_own { kind::KEY_TABLE } else { kind::DECRYPTION_SECRETS });
        self.u32(secrets_type);
        self.u32(data.len() as u32);
        self.padded(data);
    }

    /// Ends the block and returns it.
    pub fn end(&mut self) -> &[u8] {
        if self.has_options {
            self.u32(u32::from(code::END));
        }
        let length = (self.bytes.len() + 4) as u32;
        self.u32(length);
        let length = if self.big_endian { length.to_be_bytes() } else { length.to_le_bytes() };
        self.bytes[4..8].copy_from_slice(&length);
        &self.bytes
    }
}

/// The names of a Name Resolution Block (pcapng draft, section 4.5).
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    records: &'a [u8],
    big_endian: bool,
}

/// Record types of a Name Resolution Block.
const NAMES_END: u16 = 0;
const NAMES_IPV4: u16 = 1;
const NAMES_IPV6: u16 = 2;

impl<'a> Names<'a> {
    pub(super) const fn new(records: &'a [u8], big_endian: bool) -> Self {
        Self { records, big_endian }
    }

    /// Each address with each of its names. Records of other kinds (EUI-48, EUI-64) and damaged ones are passed over.
    pub fn hosts(self) -> impl Iterator<Item = (IpAddr, &'a [u8])> {
        self.filter_map(|(kind, value)| {
            let (address, names): (IpAddr, _) = match kind {
                NAMES_IPV4 => value.split_first_chunk::<4>().map(|(a, n)| (Ipv4Addr::from(*a).into(), n))?,
                NAMES_IPV6 => value.split_first_chunk::<16>().map(|(a, n)| (Ipv6Addr::from(*a).into(), n))?,
                _ => return None,
            };
            Some(names.split(|&b| b == 0).filter(|name| !name.is_empty()).map(move |name| (address, name)))
        })
        .flatten()
    }
}

/// The records: type and value.
impl<'a> Iterator for Names<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.records.split_first_chunk::<4>()?;
        let half =
            |bytes| if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
        let (kind, length) = (half([head[0], head[1]]), usize::from(half([head[2], head[3]])));
        if kind == NAMES_END || length > rest.len() {
            self.records = &[];
            return None;
        }
        self.records = &rest[length.next_multiple_of(4).min(rest.len())..];
        Some((kind, &rest[..length]))
    }
}

/// The bytes of all name records at the start of a block's body, their end mark included.
fn names_length(body: &[u8], big_endian: bool) -> usize {
    let mut names = Names::new(body, big_endian);
    let mut length = 0;
    while let Some((_, value)) = names.next() {
        length = body.len() - names.records.len();
        debug_assert!(length >= value.len());
    }
    (length + 4).min(body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_families_and_the_options_behind_them() {
        for big_endian in [false, true] {
            let mut builder = BlockBuilder::new(big_endian);
            builder.begin(kind::NAME_RESOLUTION);
            for (kind, value) in [
                (NAMES_IPV4, &b"\x7f\0\0\x01a.example\0b\0"[..]),
                (3, b"\0\x01\x02\x03\x04\x05mac\0"),
                (NAMES_IPV6, &[[0; 16].as_slice(), b"any\0"].concat()),
            ] {
                builder.u16(kind);
                builder.u16(value.len() as u16);
                builder.padded(value);
            }
            builder.u32(0);
            builder.text(2, "dns.example");
            let raw = builder.end();
            let block = Block { kind: kind::NAME_RESOLUTION, raw, big_endian };
            let parts = block.parts().expect("its parts");
            let hosts: Vec<_> = Names::new(parts.data, big_endian).hosts().collect();
            let local = IpAddr::from([127, 0, 0, 1]);
            assert_eq!(hosts, [(local, &b"a.example"[..]), (local, b"b"), (IpAddr::from([0; 16]), b"any")]);
            assert_eq!(block.options().value(2), Some(&b"dns.example"[..]));
        }
    }

    #[test]
    fn parts_of_damaged_blocks_are_none() {
        for kind in (0..12).chain([kind::CUSTOM, kind::PROCESS_INFORMATION, kind::KEY_TABLE]) {
            for length in 0..40 {
                let raw = vec![0xff; length];
                let block = Block { kind, raw: &raw, big_endian: length % 2 == 0 };
                let _ = (block.parts().is_some(), block.options().count());
            }
        }
    }
}
