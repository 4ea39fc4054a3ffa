//! Text to tokens.
//!
//! The language has no separators to speak of: addresses, numbers and names are told apart by which form matches the
//! most bytes, and by a fixed order where several match the same (a keyword first, a name last). So `25-53` is one name
//! and `001122334455` is a MAC address.

use std::net::Ipv6Addr;

use super::error::Error;
use super::syntax::Protocol;
use super::words::{self, Keyword};

/// The longest expression that is compiled, in bytes.
pub(super) const MAXIMUM_LENGTH: usize = 1 << 20;

/// One token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// A reserved word that is no protocol.
    Keyword(Keyword),
    /// A protocol's name.
    Protocol(Protocol),
    /// A number, or a named constant such as `tcp-syn`.
    Number(u32),
    /// A name; written with a backslash where it is a keyword.
    Name(&'a str),
    /// Two to four numbers with dots between them.
    Dotted(&'a str),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// A MAC address in one of its notations.
    Ethernet([u8; 6]),
    /// An ARCnet address, `$0e`.
    Arcnet(u8),
    /// An operator or bracket, as its text in the one spelling that the parser knows.
    Symbol(&'static str),
    /// Behind the last token.
    End,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spanned<'a> {
    pub(super) token: Token<'a>,
    /// Offset of the first byte.
    pub(super) start: usize,
    /// Offset behind the last byte.
    pub(super) end: usize,
}

/// The tokens of `text`, the last one being [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Spanned<'_>>, Error> {
    if text.len() > MAXIMUM_LENGTH {
        return Err(Error::TooLarge { what: "bytes", maximum: MAXIMUM_LENGTH });
    }
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(&first) = text.as_bytes().get(start) {
        if matches!(first, b' ' | b'\t' | b'\r' | b'\n') {
            start += 1;
            continue;
        }
        let (token, length) = next(text, start)?;
        tokens.push(Spanned { token, start, end: start + length });
        start += length;
    }
    tokens.push(Spanned { token: Token::End, start: text.len(), end: text.len() });
    Ok(tokens)
}

/// Whether `name` reads back as a name when written bare.
pub(super) fn is_bare_name(name: &str) -> bool {
    matches!(tokens(name).as_deref(), Ok([Spanned { token: Token::Name(text), .. }, _]) if *text == name && !name.starts_with('\\'))
}

const SYMBOLS: &[(&str, &str)] = &[
    (">=", ">="),
    ("<=", "<="),
    ("!=", "!="),
    ("==", "="),
    ("<<", "<<"),
    (">>", ">>"),
    ("&&", "and"),
    ("||", "or"),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("%", "%"),
    (":", ":"),
    ("[", "["),
    ("]", "]"),
    ("!", "!"),
    ("<", "<"),
    (">", ">"),
    ("(", "("),
    (")", ")"),
    ("&", "&"),
    ("|", "|"),
    ("^", "^"),
    ("=", "="),
];

/// The token at `start`, which is no blank, and its length.
fn next(text: &str, start: usize) -> Result<(Token<'_>, usize), Error> {
    let rest = &text[start..];
    let bytes = rest.as_bytes();
    if let Some(name) = rest.strip_prefix('\\') {
        let length = name.find([' ', '!', '(', ')', '\n', '\t']).unwrap_or(name.len());
        if length > 0 {
            return Ok((Token::Name(&name[..length]), length + 1));
        }
    }
    if let Some((value, length)) = arcnet(bytes) {
        return Ok((Token::Arcnet(value), length));
    }
    if (bytes[0].is_ascii_alphanumeric() || rest.starts_with("::"))
        && let Some(found) = word(rest, start)?
    {
        return Ok(found);
    }
    match SYMBOLS.iter().find(|(spelling, _)| rest.starts_with(spelling)) {
        Some(&(spelling, "and")) => Ok((Token::Keyword(Keyword::And), spelling.len())),
        Some(&(spelling, "or")) => Ok((Token::Keyword(Keyword::Or), spelling.len())),
        Some(&(spelling, symbol)) => Ok((Token::Symbol(symbol), spelling.len())),
        None => Err(Error::Syntax {
            column: start + 1,
            expected: "a word, a number, an address or an operator",
            found: format!("'{}'", rest.chars().next().unwrap_or(' ').escape_default()),
        }),
    }
}

/// The longest of the forms that begin with a letter, a digit or `::`.
fn word(rest: &str, start: usize) -> Result<Option<(Token<'_>, usize)>, Error> {
    let bytes = rest.as_bytes();
    let name = name_length(bytes);
    let mut best = (0, None);
    let mut offer = |length: usize, token: Token<'static>| {
        if length > best.0 {
            best = (length, Some(token));
        }
    };
    let text = &rest[..name];
    if let Some(keyword) = words::keyword(text) {
        offer(name, Token::Keyword(keyword));
    } else if let Some(protocol) = Protocol::from_name(text) {
        offer(name, Token::Protocol(protocol));
    }
    if let Some((address, length)) = ethernet(bytes) {
        offer(length, Token::Ethernet(address));
    }
    let digits = number_length(bytes);
    let dotted = dotted_length(bytes, digits);
    if let Some((address, length)) = ipv6(rest) {
        offer(length, Token::Ipv6(address));
    }
    let bogus = bogus_ethernet_length(bytes);
    let (length, token) = best;
    let longest = length.max(digits).max(dotted).max(bogus).max(name);
    if longest == 0 {
        return Ok(None);
    }
    if let Some(token) = token.filter(|_| length == longest) {
        return Ok(Some((token, length)));
    }
    if digits == longest {
        return number(&rest[..digits], start).map(|value| Some((Token::Number(value), digits)));
    }
    if dotted == longest {
        return Ok(Some((Token::Dotted(&rest[..dotted]), dotted)));
    }
    if bogus == longest {
        let message = format!(
            "malformed MAC address '{}': expected six bytes, as in 00:11:22:33:44:55",
            &rest[..bogus]
        );
        return Err(Error::Invalid { column: start + 1, message });
    }
    if let Some(value) = words::constant(text) {
        return Ok(Some((Token::Number(value), name)));
    }
    Ok(Some((Token::Name(text), name)))
}

/// `[A-Za-z0-9]([-_.A-Za-z0-9]*[.A-Za-z0-9])?`
fn name_length(bytes: &[u8]) -> usize {
    if !bytes.first().is_some_and(u8::is_ascii_alphanumeric) {
        return 0;
    }
    let run =
        bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')).count();
    bytes[..run].iter().rposition(|b| b.is_ascii_alphanumeric() || *b == b'.').map_or(0, |last| last + 1)
}

/// Decimal or octal digits, or `0x` and hexadecimal ones.
fn number_length(bytes: &[u8]) -> usize {
    if let [b'0', b'x' | b'X', hex @ ..] = bytes {
        let digits = hex.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        if digits > 0 {
            return digits + 2;
        }
    }
    bytes.iter().take_while(|b| b.is_ascii_digit()).count()
}

/// Two to four numbers with dots between them, the first of which is `first` bytes long; 0 if there is none.
fn dotted_length(bytes: &[u8], first: usize) -> usize {
    let mut length = first;
    let mut numbers = 1;
    while first > 0 && numbers < 4 && bytes.get(length) == Some(&b'.') {
        let digits = number_length(&bytes[length + 1..]);
        if digits == 0 {
            break;
        }
        length += 1 + digits;
        numbers += 1;
    }
    if numbers > 1 { length } else { 0 }
}

/// The number that `digits` write; a leading 0 makes it octal, as in C.
fn number(digits: &str, start: usize) -> Result<u32, Error> {
    let (text, radix) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&digits[2..], 16),
        [b'0', _, ..] => (&digits[1..], 8),
        _ => (digits, 10),
    };
    u32::from_str_radix(text, radix).map_err(|_| Error::Invalid {
        column: start + 1,
        message: format!("'{digits}' is no number from 0 to 4294967295 in base {radix}"),
    })
}

/// `$` and one or two hexadecimal digits.
fn arcnet(bytes: &[u8]) -> Option<(u8, usize)> {
    let [b'$', digits @ ..] = bytes else { return None };
    let (value, length) = hex_byte(digits)?;
    Some((value, length + 1))
}

/// One or two hexadecimal digits and how many they are.
fn hex_byte(bytes: &[u8]) -> Option<(u8, usize)> {
    let digit =
        |i: usize| bytes.get(i).and_then(|&b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    match (digit(0)?, digit(1)) {
        (high, Some(low)) => Some((high << 4 | low, 2)),
        (low, None) => Some((low, 1)),
    }
}

/// `a:b:c:d:e:f` with `:`, `-` or `.`, or `aabb.ccdd.eeff`, or `aabbccddeeff`: the longest that is there.
fn ethernet(bytes: &[u8]) -> Option<([u8; 6], usize)> {
    [b':', b'-', b'.']
        .into_iter()
        .filter_map(|separator| separated_ethernet(bytes, separator))
        .chain(grouped_ethernet(bytes, 2, true))
        .chain(grouped_ethernet(bytes, 6, false))
        .max_by_key(|&(_, length)| length)
}

fn separated_ethernet(bytes: &[u8], separator: u8) -> Option<([u8; 6], usize)> {
    let mut address = [0; 6];
    let mut at = 0;
    for (i, byte) in address.iter_mut().enumerate() {
        if i > 0 {
            (*bytes.get(at)? == separator).then_some(())?;
            at += 1;
        }
        let (value, length) = hex_byte(&bytes[at..])?;
        *byte = value;
        at += length;
    }
    Some((address, at))
}

/// Two digits a byte; a dot after every `group` bytes if `dots`.
fn grouped_ethernet(bytes: &[u8], group: usize, dots: bool) -> Option<([u8; 6], usize)> {
    let mut address = [0; 6];
    let mut at = 0;
    for (i, byte) in address.iter_mut().enumerate() {
        if dots && i > 0 && i % group == 0 {
            (*bytes.get(at)? == b'.').then_some(())?;
            at += 1;
        }
        let (value, 2) = hex_byte(&bytes[at..])? else { return None };
        *byte = value;
        at += 2;
    }
    Some((address, at))
}

/// What looks like the beginning of a MAC address and ends in a colon: `00:11:22:`.
fn bogus_ethernet_length(bytes: &[u8]) -> usize {
    let (mut at, mut end, mut groups) = (0, 0, 0);
    while let Some((_, length)) = hex_byte(&bytes[at..]) {
        let colons = bytes[at + length..].iter().take_while(|&&b| b == b':').count();
        if colons == 0 {
            break;
        }
        at += length + colons;
        end = at;
        groups += 1;
    }
    if groups >= 2 { end } else { 0 }
}

/// The longest IPv6 address at the beginning of `rest`.
fn ipv6(rest: &str) -> Option<(Ipv6Addr, usize)> {
    /// Eight groups with an IPv4 address at the end: no notation is longer.
    const LONGEST: usize = 45;
    let run =
        rest.bytes().take(LONGEST).take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')).count();
    let colons = rest[..run].matches(':').count();
    if colons < 2 {
        return None;
    }
    (2..=run).rev().find_map(|length| rest[..length].parse().ok().map(|address| (address, length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Token<'_> {
        let tokens = tokens(text).unwrap();
        assert_eq!(tokens.len(), 2, "{text}: {tokens:?}");
        tokens[0].token
    }

    #[test]
    fn the_longest_form_wins() {
        assert_eq!(one("25-53"), Token::Name("25-53"));
        assert_eq!(one("10.1"), Token::Dotted("10.1"));
        assert_eq!(one("1.2.3.4.5"), Token::Name("1.2.3.4.5"));
        assert_eq!(one("1.2.3.4.5.6"), Token::Ethernet([1, 2, 3, 4, 5, 6]));
        assert_eq!(one("001122334455"), Token::Ethernet([0, 0x11, 0x22, 0x33, 0x44, 0x55]));
        assert_eq!(one("0011.2233.4455"), Token::Ethernet([0, 0x11, 0x22, 0x33, 0x44, 0x55]));
        assert_eq!(one("a-b-c-d-e-f"), Token::Ethernet([0xa, 0xb, 0xc, 0xd, 0xe, 0xf]));
        assert_eq!(one("::1"), Token::Ipv6(Ipv6Addr::LOCALHOST));
        assert_eq!(one("fe80::1.2.3.4"), Token::Ipv6("fe80::1.2.3.4".parse().unwrap()));
        assert_eq!(one("0x1F"), Token::Number(31));
        assert_eq!(one("017"), Token::Number(15));
        assert_eq!(one("tcp-syn"), Token::Number(2));
        assert_eq!(one("tcp"), Token::Protocol(Protocol::Tcp));
        assert_eq!(one("tcpx"), Token::Name("tcpx"));
        assert_eq!(one("\\tcp"), Token::Name("tcp"));
        assert_eq!(one("$0e"), Token::Arcnet(14));
    }

    #[test]
    fn errors_say_where() {
        assert!(tokens("ip ;").unwrap_err().to_string().starts_with("column 4: "));
        assert!(
            tokens("host 00:11:22:").unwrap_err().to_string().contains("malformed MAC address '00:11:22:'")
        );
        assert!(tokens("port 4294967296").unwrap_err().to_string().starts_with("column 6: "));
    }
}
