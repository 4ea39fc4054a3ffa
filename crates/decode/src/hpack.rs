//! HPACK, RFC 7541: the compressed header fields of HTTP/2. One decoder follows one direction of a connection.
//!
//! Where bytes of the connection are missing, the decoder forgets its table. Entries are counted from the newest one,
//! so what is added afterwards is found again, and what an index beyond it meant is known to be unknown.

mod huffman;

use std::collections::VecDeque;

use crate::limits;

/// Why a block, or what is left of it, cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// It goes on in the next frame.
    Incomplete,
    /// No encoder writes this.
    Invalid,
}

/// How a header field stands in the block (RFC 7541 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Representation {
    Indexed,
    Incremental,
    WithoutIndexing,
    NeverIndexed,
    TableSize,
}

/// One decoded header field or change of the table size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) representation: Representation,
    /// The index of the field or of its name, 0 for a new name; the size for [`Representation::TableSize`].
    pub(crate) index: u32,
    /// Where its representation ends in the block.
    pub(crate) end: u32,
    /// None where it stands in a part of the table that was not captured.
    pub(crate) name: Option<&'a [u8]>,
    /// The same.
    pub(crate) value: Option<&'a [u8]>,
}

/// The dynamic table of one direction (§2.3.2).
#[derive(Debug)]
pub(crate) struct Decoder {
    /// Newest first.
    table: VecDeque<Field>,
    /// Sum of the entries' sizes as §4.1 counts them.
    size: usize,
    capacity: usize,
}

/// An entry of the table: name and value in one piece. The name is unknown when it was added under an unknown index.
#[derive(Debug)]
struct Field {
    bytes: Box<[u8]>,
    name_length: Option<usize>,
}

/// The size of the table before anybody changes it (§4.2 and RFC 9113 §6.5.2).
const DEFAULT_CAPACITY: usize = 4096;

impl Default for Decoder {
    fn default() -> Self {
        Self { table: VecDeque::new(), size: 0, capacity: DEFAULT_CAPACITY }
    }
}

impl Decoder {
    /// Bytes kept, as §4.1 counts them.
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// Bytes of the connection are missing: what the table holds is not known any more.
    pub(crate) fn forget(&mut self) {
        self.table.clear();
        self.size = 0;
    }

    /// Decodes what stands at `at` of `block`, appends it to `out` for [`Entries`], and returns the offset behind it.
    /// After an error, `out` and the table are as before. The first `earlier` bytes of the block came with another
    /// frame, and do not count for [`Entry::end`].
    pub(crate) fn entry(
        &mut self,
        block: &[u8],
        at: usize,
        earlier: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, Error> {
        let start = out.len();
        let result = self.try_entry(block, at, out);
        if let (Ok(end), Some(record)) = (result, out.get_mut(start..)) {
            record_end(record, end.saturating_sub(earlier));
        }
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    fn try_entry(&mut self, block: &[u8], mut at: usize, out: &mut Vec<u8>) -> Result<usize, Error> {
        let first = *block.get(at).ok_or(Error::Incomplete)?;
        let (representation, prefix) = match first {
            0x80.. => (Representation::Indexed, 7),
            0x40.. => (Representation::Incremental, 6),
            0x20.. => (Representation::TableSize, 5),
            0x10.. => (Representation::NeverIndexed, 4),
            _ => (Representation::WithoutIndexing, 4),
        };
        let index = integer(block, &mut at, prefix)?;
        let mut record = Record::begin(out, representation, index);
        match representation {
            Representation::TableSize => {
                record.unknown(out);
                record.unknown(out);
                self.resize(index as usize);
            }
            Representation::Indexed => {
                let [name, value] = self.field(index).ok_or(Error::Invalid)?;
                record.known(out, name);
                record.known(out, value);
            }
            _ => {
                if index == 0 {
                    record.literal(out, block, &mut at)?;
                } else {
                    record.known(out, self.field(index).ok_or(Error::Invalid)?[0]);
                }
                record.literal(out, block, &mut at)?;
                if representation == Representation::Incremental {
                    self.add(&record, out);
                }
            }
        }
        Ok(at)
    }

    /// Name and value of an index, None for each that is not known. No field has the index 0 (§6.1).
    fn field(&self, index: u32) -> Option<[Option<&[u8]>; 2]> {
        let index = (index as usize).checked_sub(1)?;
        if let Some((name, value)) = STATIC_TABLE.get(index) {
            return Some([Some(name.as_bytes()), Some(value.as_bytes())]);
        }
        let Some(field) = self.table.get(index - STATIC_TABLE.len()) else { return Some([None; 2]) };
        let (name, value) = field.bytes.split_at(field.name_length.unwrap_or(0));
        Some([field.name_length.map(|_| name), Some(value)])
    }

    /// Adds the field just written to `out`. One larger than the table empties it, and is not kept (§4.4).
    fn add(&mut self, record: &Record, out: &[u8]) {
        let (name, value) = record.strings(out);
        let bytes: Box<[u8]> = [name.unwrap_or_default(), value].concat().into();
        let field = Field { bytes, name_length: name.map(<[u8]>::len) };
        let size = field.size();
        self.shrink(self.capacity.saturating_sub(size));
        if size <= self.capacity {
            self.size += size;
            self.table.push_front(field);
        }
    }

    fn resize(&mut self, capacity: usize) {
        self.capacity = capacity.min(limits::MAX_HEADER_TABLE);
        self.shrink(self.capacity);
    }

    /// Lets the oldest entries go until the others fit into `room`.
    fn shrink(&mut self, room: usize) {
        while self.size > room
            && let Some(field) = self.table.pop_back()
        {
            self.size -= field.size();
        }
    }
}

impl Field {
    fn size(&self) -> usize {
        self.bytes.len() + 32
    }
}

/// An integer with a prefix of `prefix` bits (§5.1). None is longer than four further bytes.
fn integer(block: &[u8], at: &mut usize, prefix: u32) -> Result<u32, Error> {
    let mut next = || {
        let byte = block.get(*at).copied().ok_or(Error::Incomplete)?;
        *at += 1;
        Ok(u32::from(byte))
    };
    let mask = (1 << prefix) - 1;
    let mut number = next()? & mask;
    if number < mask {
        return Ok(number);
    }
    for shift in [0, 7, 14, 21] {
        let byte = next()?;
        number += (byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Error::Invalid)
}

/// A decoded entry in bytes: representation, index, end, then twice a length and the bytes; numbers of 32 bits in
/// native order. The length [`Record::UNKNOWN`] has no bytes.
struct Record {
    /// Where the two strings lie.
    strings: [(usize, u32); 2],
    count: usize,
}

impl Record {
    const UNKNOWN: u32 = u32::MAX;

    fn begin(out: &mut Vec<u8>, representation: Representation, index: u32) -> Self {
        out.push(representation as u8);
        out.extend_from_slice(&index.to_ne_bytes());
        out.extend_from_slice(&[0; 4]);
        Self { strings: [(0, Self::UNKNOWN); 2], count: 0 }
    }

    fn unknown(&mut self, out: &mut Vec<u8>) {
        self.known(out, None);
    }

    fn known(&mut self, out: &mut Vec<u8>, string: Option<&[u8]>) {
        let length = string.map_or(Self::UNKNOWN, |s| s.len() as u32);
        out.extend_from_slice(&length.to_ne_bytes());
        let at = out.len();
        out.extend_from_slice(string.unwrap_or_default());
        self.note(at, length);
    }

    /// Takes a string literal from the block (§5.2).
    fn literal(&mut self, out: &mut Vec<u8>, block: &[u8], at: &mut usize) -> Result<(), Error> {
        let coded = block.get(*at).is_some_and(|first| first & 0x80 != 0);
        let length = integer(block, at, 7)? as usize;
        let bytes = block.get(*at..).and_then(|rest| rest.get(..length)).ok_or(Error::Incomplete)?;
        *at += length;
        if !coded {
            self.known(out, Some(bytes));
            return Ok(());
        }
        out.extend_from_slice(&[0; 4]);
        let start = out.len();
        huffman::decode(bytes, out).ok_or(Error::Invalid)?;
        let length = (out.len() - start) as u32;
        out[start - 4..start].copy_from_slice(&length.to_ne_bytes());
        self.note(start, length);
        Ok(())
    }

    fn note(&mut self, at: usize, length: u32) {
        if let Some(place) = self.strings.get_mut(self.count) {
            *place = (at, length);
        }
        self.count += 1;
    }

    /// Name and value; the value of a literal is always known.
    fn strings<'o>(&self, out: &'o [u8]) -> (Option<&'o [u8]>, &'o [u8]) {
        let [name, value] = self.strings.map(|(at, length)| out.get(at..at.saturating_add(length as usize)));
        (name, value.unwrap_or_default())
    }
}

/// Writes where an entry ends into its record.
fn record_end(record: &mut [u8], end: usize) {
    if let Some(place) = record.get_mut(5..9) {
        place.copy_from_slice(&(end as u32).to_ne_bytes());
    }
}

/// The entries that [`Decoder::entry`] wrote.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entries<'a>(pub(crate) &'a [u8]);

impl<'a> Entries<'a> {
    fn number(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_ne_bytes(*bytes))
    }

    fn string(&mut self) -> Option<Option<&'a [u8]>> {
        let length = self.number()?;
        if length == Record::UNKNOWN {
            return Some(None);
        }
        let (bytes, rest) = self.0.split_at_checked(length as usize)?;
        self.0 = rest;
        Some(Some(bytes))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let (&kind, rest) = self.0.split_first()?;
        self.0 = rest;
        let representation = match kind {
            0 => Representation::Indexed,
            1 => Representation::Incremental,
            2 => Representation::WithoutIndexing,
            3 => Representation::NeverIndexed,
            _ => Representation::TableSize,
        };
        let (index, end) = (self.number()?, self.number()?);
        Some(Entry { representation, index, end, name: self.string()?, value: self.string()? })
    }
}

/// RFC 7541 appendix A, from index 1 on.
static STATIC_TABLE: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        let pair = |p: &[u8]| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap();
        digits.chunks(2).map(pair).collect()
    }

    /// The fields of a block as `name: value`, `?` for what is unknown.
    fn decode(decoder: &mut Decoder, block: &[u8]) -> Vec<String> {
        let (mut out, mut at) = (Vec::new(), 0);
        while at < block.len() {
            at = decoder.entry(block, at, 0, &mut out).unwrap();
        }
        let text = |s: Option<&[u8]>| s.map_or("?".into(), |s| String::from_utf8_lossy(s).into_owned());
        Entries(&out).map(|e| format!("{}: {}", text(e.name), text(e.value))).collect()
    }

    /// RFC 7541 appendix C.6: responses with Huffman coding in a table of 256 bytes, so that entries go.
    #[test]
    fn the_responses_of_the_rfc() {
        let mut decoder = Decoder::default();
        decoder.resize(256);
        let first = "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
                     2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3";
        let date = "date: Mon, 21 Oct 2013 20:13:21 GMT";
        let (private, location) = ("cache-control: private", "location: https://www.example.com");
        assert_eq!(decode(&mut decoder, &bytes(first)), [":status: 302", private, date, location]);
        assert_eq!(decoder.size(), 222);
        let second = decode(&mut decoder, &bytes("4883 640e ffc1 c0bf"));
        assert_eq!(second, [":status: 307", private, date, location]);
        let third = "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
                     77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f
                     9587 3160 65c0 03ed 4ee5 b106 3d50 07";
        let third = decode(&mut decoder, &bytes(third));
        assert_eq!(third[2], "date: Mon, 21 Oct 2013 20:13:22 GMT");
        assert_eq!(third[4], "content-encoding: gzip");
        assert_eq!(third[5], "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1");
        assert_eq!(decoder.size(), 215);
    }

    /// After a gap, old indices are unknown and new ones are right.
    #[test]
    fn what_was_lost_is_not_made_up() {
        let mut decoder = Decoder::default();
        decode(&mut decoder, b"\x40\x01a\x01b\x40\x01c\x01d");
        decoder.forget();
        assert_eq!(
            decode(&mut decoder, b"\xbe\x40\x01e\x01f\xbe\xbf\x82"),
            ["?: ?", "e: f", "e: f", "?: ?", ":method: GET"]
        );
        // A name of the lost part with a new value.
        assert_eq!(decode(&mut decoder, b"\x7f\x01\x01g\xbe"), ["?: g", "?: g"]);
    }

    #[test]
    fn what_is_cut_changes_nothing() {
        let block = b"\x40\x01a\x01b";
        for end in 0..block.len() {
            let (mut decoder, mut out) = (Decoder::default(), vec![7]);
            assert_eq!(decoder.entry(&block[..end], 0, 0, &mut out), Err(Error::Incomplete));
            assert_eq!((out, decoder.size()), (vec![7], 0));
        }
    }

    #[test]
    fn no_integer_is_endless() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.entry(&[0xff; 9], 0, 0, &mut Vec::new()), Err(Error::Invalid));
        assert_eq!(decoder.entry(&[0x80], 0, 0, &mut Vec::new()), Err(Error::Invalid));
        decoder.entry(&[0x3f, 0xff, 0xff, 0x7f], 0, 0, &mut Vec::new()).unwrap();
        assert_eq!(decoder.capacity, limits::MAX_HEADER_TABLE);
    }
}
