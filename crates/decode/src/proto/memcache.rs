//! The protocols of memcached (protocol.txt and protocol-binary.txt of its source): lines of text, and the older binary
//! one, told apart by the first byte.

use super::lines;
use super::prelude::*;

fields! {
    MAGIC: U8 walk, "memcache.magic", "Magic", names(MAGICS);
    OPCODE: U8 walk, "memcache.opcode", "Opcode", names(OPCODES);
    KEY_LENGTH: U16 walk, "memcache.key.length", "Key Length";
    EXTRAS_LENGTH: U8 walk, "memcache.extras.length", "Extras length";
    DATA_TYPE: U8 walk, "memcache.data_type", "Data type", names(DATA_TYPES);
    RESERVED: U16 walk, "memcache.reserved", "Reserved";
    STATUS: U16 walk, "memcache.status", "Status", names(STATUSES);
    TOTAL_BODY_LENGTH: U32 walk, "memcache.total_body_length", "Total body length";
    OPAQUE: U32 walk, "memcache.opaque", "Opaque";
    EXTRAS: None walk, "memcache.extras", "Extras";
    EXTRAS_FLAGS: U32 walk, "memcache.extras.flags", "Flags", hex;
    EXTRAS_DELTA: U64 walk, "memcache.extras.delta", "Amount to add";
    EXTRAS_INITIAL: U64 walk, "memcache.extras.initial", "Initial value";
    EXTRAS_EXPIRATION: U32 walk, "memcache.extras.expiration", "Expiration";
    EXTRAS_UNKNOWN: Bytes walk, "memcache.extras.unknown", "Unknown";
    EXTRAS_RESPONSE: U64 walk, "memcache.extras.response", "Response";
    COMMAND: Text walk, "memcache.command", "Command";
    SUBCOMMAND: Text walk, "memcache.subcommand", "Sub command";
    KEY: Text walk, "memcache.key", "Key";
    FLAGS: U16 walk, "memcache.flags", "Flags";
    EXPIRATION: U32 walk, "memcache.expiration", "Expiration";
    VALUE_LENGTH: U32 walk, "memcache.value.length", "Value length";
    CAS: U64 walk, "memcache.cas", "CAS";
    NOREPLY: Text walk, "memcache.noreply", "Noreply";
    VALUE: Text walk, "memcache.value", "Value";
    NAME: Text walk, "memcache.name", "Stat name";
    NAME_VALUE: Text walk, "memcache.name_value", "Stat value";
    VERSION: Text walk, "memcache.version", "Version";
    RESPONSE: Text walk, "memcache.response", "Response";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(11211)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: true }),
    info: Some(info),
    ..Protocol::new("memcache", "Memcache Protocol", "MEMCACHE")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

const REQUEST: u8 = 0x80;
const RESPONSE_MAGIC: u8 = 0x81;
const HEADER: usize = 24;

const MAGICS: crate::field::ValueNames = &[(0x80, "Request"), (0x81, "Response")];

const DATA_TYPES: crate::field::ValueNames = &[(0, "Raw bytes")];

const OPCODES: crate::field::ValueNames = &[
    (0, "Get"),
    (1, "Set"),
    (2, "Add"),
    (3, "Replace"),
    (4, "Delete"),
    (5, "Increment"),
    (6, "Decrement"),
    (7, "Quit"),
    (8, "Flush"),
    (9, "Get Quietly"),
    (10, "No-op"),
    (11, "Version"),
    (12, "Get Key"),
    (13, "Get Key Quietly"),
    (14, "Append"),
    (15, "Prepend"),
    (16, "Statistics"),
    (17, "Set Quietly"),
    (18, "Add Quietly"),
    (19, "Replace Quietly"),
    (20, "Delete Quietly"),
    (21, "Increment Quietly"),
    (22, "Decrement Quietly"),
    (23, "Quit Quietly"),
    (24, "Flush Quietly"),
    (25, "Append Quietly"),
    (26, "Prepend Quietly"),
    (28, "Touch"),
    (29, "Get and Touch"),
];

const STATUSES: crate::field::ValueNames = &[
    (0, "No error"),
    (1, "Key not found"),
    (2, "Key exists"),
    (3, "Value too big"),
    (4, "Invalid arguments"),
    (5, "Item not stored"),
    (6, "Value is not a number"),
    (129, "Unknown command"),
    (130, "Out of memory"),
];

fn is_binary(b: &[u8]) -> bool {
    matches!(b.first(), Some(&(REQUEST | RESPONSE_MAGIC)))
}

fn probe(b: &[u8]) -> bool {
    is_binary(b) || lines::is_text(b)
}

/// A binary packet; a line with the data that it announces; or items and statistics up to the line END.
fn frame(b: &[u8], framing: &mut Framing<'_>) -> Length {
    if is_binary(b) {
        return match b.len() {
            ..HEADER => Length::Need,
            _ => Length::Known(HEADER as u64 + u64::from(Bytes(b).u32(8))),
        };
    }
    // How far was searched, and where the line begins that was not read yet.
    let [searched, start] = framing.progress;
    loop {
        let here = usize::try_from(*start).unwrap_or(usize::MAX);
        let Some(rest) = b.get(here..) else { return Length::Need };
        let from = usize::try_from(*searched).unwrap_or(usize::MAX).clamp(here, b.len());
        let Some(end) = memchr::memchr(b'\n', &b[from..]) else {
            *searched = b.len() as u64;
            return if rest.len() > MAX_LINE { Length::NotMine } else { Length::Need };
        };
        let line = Line::of(lines::first(rest));
        let behind = (from + end + 1) as u64;
        // The data ends with a line end too.
        *start = behind.saturating_add(line.data.map_or(0, |length| length.saturating_add(2)));
        if !line.several {
            return Length::Known(*start);
        }
    }
}

/// Keys have at most 250 bytes, and a get may name many.
const MAX_LINE: usize = 64 << 10;

/// A line of text.
struct Line<'a> {
    words: [&'a [u8]; 7],
    /// Number of bytes behind the line, with a line end behind them.
    data: Option<u64>,
    /// Others follow, up to END.
    several: bool,
}

impl<'a> Line<'a> {
    fn of(line: &'a [u8]) -> Self {
        let mut words = [&b""[..]; 7];
        for (place, (_, word)) in words.iter_mut().zip(split(line)) {
            *place = word;
        }
        let length = match words[0] {
            b"set" | b"add" | b"replace" | b"append" | b"prepend" | b"cas" => Some(words[4]),
            b"VALUE" => Some(words[3]),
            b"ms" => Some(words[2]),
            _ => None,
        };
        let several = matches!(words[0], b"VALUE" | b"STAT" | b"ITEM");
        Self { words, data: length.and_then(number), several }
    }
}

/// The words of a line, and where each begins.
fn split(line: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    line.split(|&byte| byte == b' ').filter_map(move |word| {
        let here = at;
        at += word.len() + 1;
        (!word.is_empty()).then_some((here, word))
    })
}

fn number(word: &[u8]) -> Option<u64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let bytes = view.header().0;
    if view.is_silent() {
        return Ok(());
    }
    if is_binary(bytes) {
        return binary(bytes, out);
    }
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let line = lines::first(rest);
        let behind = memchr::memchr(b'\n', rest).map_or(bytes.len(), |end| at + end + 1);
        let parsed = Line::of(line);
        Text { line, at }.put(&parsed, out);
        at = behind;
        if let Some(length) = parsed.data {
            let end = behind.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(bytes.len());
            out.put(VALUE, behind..end, Value::Text(Bytes(bytes).clamped(behind, end)));
            at = end.saturating_add(2);
        }
    }
    Ok(())
}

/// Where a line of text lies.
struct Text<'a> {
    line: &'a [u8],
    at: usize,
}

impl Text<'_> {
    fn put(&self, line: &Line<'_>, out: &mut dyn FieldSink) {
        match line.words[0] {
            b"VALUE" => self.put_words(&[KEY, FLAGS, VALUE_LENGTH, CAS], 1, out),
            b"STAT" => {
                self.put_words(&[COMMAND, NAME], 0, out);
                // The value may have blanks in it.
                if let Some((start, _)) = split(self.line).nth(2) {
                    self.put_word(NAME_VALUE, (start, &self.line[start..]), out);
                }
            }
            b"END" | b"" => {}
            b"VERSION" => self.put_words(&[VERSION], 1, out),
            b"set" | b"add" | b"replace" | b"append" | b"prepend" => {
                self.put_words(&[COMMAND, KEY, FLAGS, EXPIRATION, VALUE_LENGTH, NOREPLY], 0, out);
            }
            b"cas" => {
                self.put_words(&[COMMAND, KEY, FLAGS, EXPIRATION, VALUE_LENGTH, CAS, NOREPLY], 0, out);
            }
            b"get" | b"gets" => {
                self.put_words(&[COMMAND], 0, out);
                for key in split(self.line).skip(1).take(MAX_KEYS) {
                    self.put_word(KEY, key, out);
                }
            }
            b"incr" | b"decr" => self.put_words(&[COMMAND, KEY, VALUE, NOREPLY], 0, out),
            b"touch" => self.put_words(&[COMMAND, KEY, EXPIRATION, NOREPLY], 0, out),
            b"delete" => self.put_words(&[COMMAND, KEY, NOREPLY], 0, out),
            b"stats" => self.put_words(&[COMMAND, SUBCOMMAND], 0, out),
            b"flush_all" | b"verbosity" | b"version" | b"quit" => self.put_words(&[COMMAND], 0, out),
            // Meta commands: two letters and a key.
            [b'm', b'a' | b'd' | b'e' | b'g' | b'n' | b's'] => self.put_words(&[COMMAND, KEY], 0, out),
            word if word.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == b'_') => {
                self.put_word(RESPONSE, (0, word), out);
            }
            word => self.put_word(COMMAND, (0, word), out),
        }
    }

    /// Gives out the words from number `first` on, each in its field, as far as there are any.
    fn put_words(&self, fields: &[FieldIndex], first: usize, out: &mut dyn FieldSink) {
        for (&field, word) in fields.iter().zip(split(self.line).skip(first)) {
            self.put_word(field, word, out);
        }
    }

    fn put_word(&self, field: FieldIndex, (start, word): (usize, &[u8]), out: &mut dyn FieldSink) {
        let at = self.at + start..self.at + start + word.len();
        match field {
            FLAGS | EXPIRATION | VALUE_LENGTH | CAS => {
                if let Some(number) = number(word) {
                    out.put(field, at, Value::Unsigned(number));
                }
            }
            _ => out.put(field, at, Value::Text(word)),
        }
    }
}

/// Keys shown of one line.
const MAX_KEYS: usize = 1024;

fn binary(bytes: &[u8], out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(bytes, 0);
    let request = put_number(&mut r, 1, MAGIC, out)? == u64::from(REQUEST);
    let opcode = put_number(&mut r, 1, OPCODE, out)?;
    let key = put_number(&mut r, 2, KEY_LENGTH, out)?;
    let extras = put_number(&mut r, 1, EXTRAS_LENGTH, out)?;
    put_number(&mut r, 1, DATA_TYPE, out)?;
    let status = put_number(&mut r, 2, if request { RESERVED } else { STATUS }, out)?;
    let total = Bytes(bytes).u32(8);
    let value = u64::from(total).saturating_sub(key + extras);
    out.put(VALUE_LENGTH, 8..8, Value::Unsigned(value));
    put_number(&mut r, 4, TOTAL_BODY_LENGTH, out)?;
    put_number(&mut r, 4, OPAQUE, out)?;
    put_number(&mut r, 8, CAS, out)?;
    if extras > 0 {
        let at = r.at();
        out.put(EXTRAS, at..at + extras as usize, Value::Present);
        put_extras(request, opcode, &mut r.sub(extras as usize)?, out)?;
    }
    if key > 0 {
        put_text(&mut r, key as usize, KEY, out)?;
    }
    let counter = matches!(opcode, 5 | 6 | 21 | 22) && !request && status == 0 && value == 8;
    match value {
        0 => Ok(()),
        _ if counter => put_number(&mut r, 8, EXTRAS_RESPONSE, out).map(drop),
        _ => put_text(&mut r, value as usize, VALUE, out),
    }
}

fn put_extras(request: bool, opcode: u64, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match (request, opcode) {
        (false, 0 | 9 | 12 | 13) => put_number(r, 4, EXTRAS_FLAGS, out).map(drop)?,
        (true, 1..=3 | 17..=19) => {
            put_number(r, 4, EXTRAS_FLAGS, out)?;
            put_number(r, 4, EXTRAS_EXPIRATION, out)?;
        }
        (true, 5 | 6 | 21 | 22) => {
            put_number(r, 8, EXTRAS_DELTA, out)?;
            put_number(r, 8, EXTRAS_INITIAL, out)?;
            put_number(r, 4, EXTRAS_EXPIRATION, out)?;
        }
        (true, 8 | 24 | 28 | 29) => put_number(r, 4, EXTRAS_EXPIRATION, out).map(drop)?,
        _ => {}
    }
    put_rest(r, EXTRAS_UNKNOWN, out)
}

/// What the packet does, or its first line.
fn info(view: &View<'_>, out: &mut String) {
    let b = view.header();
    if !is_binary(b.0) {
        return lines::append(view, "", out);
    }
    let name = |names, number: u64| crate::field::value_name(names, number).unwrap_or("Unknown");
    put!(out, "{} {}", name(OPCODES, b.u8(1).into()), name(MAGICS, b.u8(0).into()));
    if b.u8(0) == RESPONSE_MAGIC && b.u16(6) != 0 {
        put!(out, " ({})", name(STATUSES, b.u16(6).into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(b: &[u8]) -> Length {
        let framing = &mut Framing {
            side: crate::Side::Initiator,
            progress: &mut [0; 2],
            memory: &mut [0; 2],
            upgrade: &mut None,
        };
        frame(b, framing)
    }

    #[test]
    fn data_belongs_to_its_line() {
        assert_eq!(framed(b"set k 0 0 5\r\nhello\r\nget k\r\n"), Length::Known(20));
        assert_eq!(framed(b"get k\r\nget l\r\n"), Length::Known(7));
        assert_eq!(framed(b"VALUE k 0 1\r\na\r\nVALUE l 0 2\r\nEN\r\nEND\r\nX"), Length::Known(38));
        assert_eq!(framed(b"VALUE k 0 1\r\na\r\n"), Length::Need);
        assert_eq!(framed(b"set k 0 0 18446744073709551615\r\n"), Length::Known(u64::MAX));
    }

    #[test]
    fn a_growing_reply_is_read_once() {
        let whole = b"STAT a 1\r\nSTAT b 2\r\nEND\r\n";
        let (mut progress, mut memory) = ([0; 2], [0; 2]);
        for end in 1..=whole.len() {
            let framing = &mut Framing {
                side: crate::Side::Responder,
                progress: &mut progress,
                memory: &mut memory,
                upgrade: &mut None,
            };
            let expected = if end == whole.len() { Length::Known(end as u64) } else { Length::Need };
            assert_eq!(frame(&whole[..end], framing), expected, "{end} bytes");
        }
    }
}
