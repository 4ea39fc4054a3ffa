//! The Huffman code of HPACK and QPACK, RFC 7541 §5.2 and appendix B.
//!
//! The code is canonical: among codes of one length, those of greater symbols are greater, and longer codes follow
//! shorter ones. So the lengths alone define it.

/// The end-of-string symbol, which never occurs in a string.
const END: u16 = 256;
const SYMBOLS: usize = 257;
const SHORTEST: usize = 5;
const LONGEST: usize = 30;

/// The codes of one length.
#[derive(Clone, Copy)]
struct Level {
    /// Behind the last code.
    end: u32,
    /// What to add to a code to find its place in the order of the symbols.
    offset: u32,
}

/// Symbols in the order of their codes, and the codes by length.
static CODE: ([u16; SYMBOLS], [Level; LONGEST + 1]) = {
    let mut order = [0; SYMBOLS];
    let mut levels = [Level { end: 0, offset: 0 }; LONGEST + 1];
    let (mut count, mut code, mut length) = (0, 0_u32, SHORTEST);
    while length <= LONGEST {
        levels[length].offset = (count as u32).wrapping_sub(code);
        let mut symbol = 0;
        while symbol < SYMBOLS {
            if LENGTHS[symbol] as usize == length {
                order[count] = symbol as u16;
                count += 1;
                code += 1;
            }
            symbol += 1;
        }
        levels[length].end = code;
        code <<= 1;
        length += 1;
    }
    (order, levels)
};

/// Appends the string that `bytes` encode. None when they are no code; `out` then holds a part.
pub(crate) fn decode(bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut rest = bytes.iter();
    let (mut bits, mut count) = (0_u64, 0);
    loop {
        while count <= 32
            && let Some(&byte) = rest.next()
        {
            bits = bits << 8 | u64::from(byte);
            count += 8;
        }
        // The next bits, with ones behind the last: so padding looks like the beginning of END (§5.2).
        let window = if count >= LONGEST {
            bits >> (count - LONGEST)
        } else {
            let missing = LONGEST - count;
            bits << missing | ((1 << missing) - 1)
        };
        let window = (window & ((1 << LONGEST) - 1)) as u32;
        let (symbol, length) = symbol(window)?;
        if length > count || symbol == END {
            let padding = count < 8 && symbol == END;
            return padding.then_some(());
        }
        out.push(symbol as u8);
        count -= length;
    }
}

/// The symbol that the first of 30 bits encode, and the length of its code.
fn symbol(window: u32) -> Option<(u16, usize)> {
    (SHORTEST..=LONGEST).find_map(|length| {
        let (order, levels) = &CODE;
        let code = window >> (LONGEST - length);
        let level = levels[length];
        (code < level.end).then(|| order.get(code.wrapping_add(level.offset) as usize))?.map(|&s| (s, length))
    })
}

/// The length of each symbol's code in bits.
#[rustfmt::skip]
static LENGTHS: [u8; SYMBOLS] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Option<String> {
        let mut out = Vec::new();
        decode(bytes, &mut out)?;
        Some(String::from_utf8_lossy(&out).into_owned())
    }

    /// Kraft's sum is one: each sequence of bits is a code or the beginning of one.
    #[test]
    fn the_code_is_complete() {
        let sum: u64 = LENGTHS.iter().map(|&length| 1 << (LONGEST - usize::from(length))).sum();
        assert_eq!(sum, 1 << LONGEST);
        // Appendix B: '0' is 00000, 'a' 00011, '&' 11111000, LF thirty bits.
        let code = |symbol: u16, window: u32| super::symbol(window).is_some_and(|(s, _)| s == symbol);
        assert!(code(b'0'.into(), 0) && code(b'a'.into(), 0b00011 << 25) && code(b'&'.into(), 0xf8 << 22));
        assert!(code(b'\n'.into(), 0x3fff_fffc) && code(END, 0x3fff_ffff));
    }

    /// RFC 7541 appendix C.4.
    #[test]
    fn strings_of_the_rfc() {
        let host = [0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff];
        assert_eq!(decoded(&host).as_deref(), Some("www.example.com"));
        assert_eq!(decoded(&[0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf]).as_deref(), Some("no-cache"));
        assert_eq!(decoded(&[]).as_deref(), Some(""));
    }

    /// A whole byte of padding, zeros as padding, and the end symbol are errors (§5.2).
    #[test]
    fn wrong_padding_is_refused() {
        assert_eq!(decoded(&[0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf, 0xff]), None);
        assert_eq!(decoded(&[0b0001_1000]), None);
        assert_eq!(decoded(&[0xff; 4]), None);
    }
}
