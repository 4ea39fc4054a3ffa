//! From text to tokens.
//!
//! As in Wireshark, a word is not classified here: `10.0.0.1`, `47-45-54` and `tcp.port` are words until the parser and
//! the checker know what is wanted in their place.

use super::error::{Error, Problem, Span};

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// A field, a value, or a function.
    Word(&'a str),
    /// A value behind a colon, which is never a field: `:47`.
    Literal(&'a str),
    /// A field behind a dot, which is never a value: `.tcp`.
    Name(&'a str),
    /// A quoted string, without the quotes, escapes resolved.
    Text(Vec<u8>),
    /// A character constant.
    Char(u32),
    /// One item in the brackets of a slice.
    Range(&'a str),
    /// A number right behind `#`.
    Layer(&'a str),
    /// An operator, keyword or bracket, in its first spelling of [`SPELLINGS`].
    Symbol(Symbol),
    /// Nothing more.
    End,
}

/// Operators, keywords and brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    LeftParenthesis,
    RightParenthesis,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    DotDot,
    Dollar,
    At,
    Hash,
    Any,
    All,
    AnyEqual,
    AllNotEqual,
    AllEqual,
    AnyNotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Contains,
    Matches,
    Not,
    And,
    Or,
    Xor,
    In,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Ampersand,
}

/// Every spelling; of those that begin alike, the longer one first.
const SPELLINGS: &[(&str, Symbol)] = &[
    ("===", Symbol::AllEqual),
    ("!==", Symbol::AnyNotEqual),
    ("==", Symbol::AnyEqual),
    ("!=", Symbol::AllNotEqual),
    // Deprecated since Wireshark 4.0, which still takes it.
    ("~=", Symbol::AnyNotEqual),
    (">=", Symbol::GreaterOrEqual),
    ("<=", Symbol::LessOrEqual),
    ("&&", Symbol::And),
    ("||", Symbol::Or),
    ("^^", Symbol::Xor),
    ("..", Symbol::DotDot),
    ("(", Symbol::LeftParenthesis),
    (")", Symbol::RightParenthesis),
    ("{", Symbol::LeftBrace),
    ("}", Symbol::RightBrace),
    ("[", Symbol::LeftBracket),
    ("]", Symbol::RightBracket),
    (",", Symbol::Comma),
    ("$", Symbol::Dollar),
    ("@", Symbol::At),
    ("#", Symbol::Hash),
    (">", Symbol::Greater),
    ("<", Symbol::Less),
    ("~", Symbol::Matches),
    ("!", Symbol::Not),
    ("+", Symbol::Plus),
    ("-", Symbol::Minus),
    ("*", Symbol::Star),
    ("/", Symbol::Slash),
    ("%", Symbol::Percent),
    ("&", Symbol::Ampersand),
];

const KEYWORDS: &[(&str, Symbol)] = &[
    ("any", Symbol::Any),
    ("all", Symbol::All),
    ("eq", Symbol::AnyEqual),
    ("any_eq", Symbol::AnyEqual),
    ("ne", Symbol::AllNotEqual),
    ("all_ne", Symbol::AllNotEqual),
    ("all_eq", Symbol::AllEqual),
    ("any_ne", Symbol::AnyNotEqual),
    ("gt", Symbol::Greater),
    ("ge", Symbol::GreaterOrEqual),
    ("lt", Symbol::Less),
    ("le", Symbol::LessOrEqual),
    ("contains", Symbol::Contains),
    ("matches", Symbol::Matches),
    ("not", Symbol::Not),
    ("and", Symbol::And),
    ("or", Symbol::Or),
    ("xor", Symbol::Xor),
    ("in", Symbol::In),
    ("bitwise_and", Symbol::Ampersand),
];

/// Takes a text apart.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    mode: Mode,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Normal,
    /// Right behind `#`.
    Layer,
    /// Between the brackets of a slice.
    Range,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, mode: Mode::Normal }
    }

    /// The text of a place.
    pub(super) fn text(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or("")
    }

    /// The next token and where it stands.
    pub(super) fn next(&mut self) -> Result<(Token<'a>, Span), Error> {
        match self.mode {
            Mode::Normal => self.normal(),
            Mode::Layer => self.layer(),
            Mode::Range => self.range(),
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn take(&mut self, length: usize) -> (&'a str, Span) {
        let span = Span { start: self.at, end: self.at + length };
        self.at = span.end;
        (self.text(span), span)
    }

    fn normal(&mut self) -> Result<(Token<'a>, Span), Error> {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok((Token::End, Span { start: self.at, end: self.at }));
        };
        match rest.as_bytes() {
            [b'"', ..] => return self.string(1, false),
            [b'r' | b'R', b'"', ..] => return self.string(2, true),
            [b'\'', ..] => return self.character(),
            _ => {}
        }
        let word = word_length(rest);
        if word > 0 {
            let (text, span) = self.take(word);
            return Ok((classify(text), span));
        }
        if let Some(&(spelling, symbol)) = SPELLINGS.iter().find(|(s, _)| rest.starts_with(s)) {
            let (_, span) = self.take(spelling.len());
            self.mode = match symbol {
                Symbol::Hash => Mode::Layer,
                Symbol::LeftBracket => Mode::Range,
                _ => Mode::Normal,
            };
            return Ok((Token::Symbol(symbol), span));
        }
        let (found, span) = self.take(first.len_utf8());
        Err(expected("a field, a value or an operator", format!("\"{}\"", found.escape_debug()), span))
    }

    fn layer(&mut self) -> Result<(Token<'a>, Span), Error> {
        let digits = count(self.rest(), |b| b.is_ascii_digit());
        if digits > 0 {
            self.mode = Mode::Normal;
            let (text, span) = self.take(digits);
            return Ok((Token::Layer(text), span));
        }
        if self.rest().starts_with('[') {
            self.mode = Mode::Range;
            let (_, span) = self.take(1);
            return Ok((Token::Symbol(Symbol::LeftBracket), span));
        }
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        let (found, span) = self.take(length);
        Err(expected("a layer number or \"[\" right behind \"#\"", found_text(found), span))
    }

    fn range(&mut self) -> Result<(Token<'a>, Span), Error> {
        let rest = self.rest();
        match rest.as_bytes().first() {
            None => {
                let (_, span) = self.take(0);
                Err(expected("\"]\" at the end of a slice", found_text(""), span))
            }
            Some(b']') => {
                self.mode = Mode::Normal;
                let (_, span) = self.take(1);
                Ok((Token::Symbol(Symbol::RightBracket), span))
            }
            Some(b',') => {
                let (_, span) = self.take(1);
                Ok((Token::Symbol(Symbol::Comma), span))
            }
            Some(_) => {
                let (text, span) = self.take(rest.find([',', ']']).unwrap_or(rest.len()));
                Ok((Token::Range(text), span))
            }
        }
    }

    fn string(&mut self, open: usize, raw: bool) -> Result<(Token<'a>, Span), Error> {
        let start = self.at;
        self.at += open;
        let mut out = Vec::new();
        loop {
            let rest = self.rest();
            match rest.as_bytes() {
                [] => {
                    return Err(expected(
                        "a quote at the end of the string",
                        found_text(""),
                        Span { start, end: self.at },
                    ));
                }
                [b'"', ..] => {
                    self.at += 1;
                    return Ok((Token::Text(out), Span { start, end: self.at }));
                }
                [b'\\', ..] if raw => {
                    // The backslash stays; what it stands in front of does not end the string.
                    let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                    out.extend_from_slice(self.take(length).0.as_bytes());
                }
                [b'\\', ..] => match self.escape()? {
                    Escaped::Byte(byte) => out.push(byte),
                    Escaped::Unicode(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                },
                _ => {
                    let length = rest.find(['"', '\\']).unwrap_or(rest.len());
                    out.extend_from_slice(self.take(length).0.as_bytes());
                }
            }
        }
    }

    /// A character constant: one printable ASCII character or one escape between single quotes.
    fn character(&mut self) -> Result<(Token<'a>, Span), Error> {
        let start = self.at;
        self.at += 1;
        let value = match self.rest().bytes().next() {
            Some(b'\\') => match self.escape()? {
                Escaped::Byte(byte) => u32::from(byte),
                Escaped::Unicode(c) => u32::from(c),
            },
            Some(byte @ b' '..=b'~') if byte != b'\'' => {
                self.at += 1;
                u32::from(byte)
            }
            _ => return Err(self.not_a_character(start)),
        };
        if !self.rest().starts_with('\'') {
            return Err(self.not_a_character(start));
        }
        self.at += 1;
        Ok((Token::Char(value), Span { start, end: self.at }))
    }

    fn not_a_character(&self, start: usize) -> Error {
        let rest = self.rest();
        let end = self.at + rest.find('\'').map_or(rest.len(), |quote| quote + 1);
        let span = Span { start, end };
        let expected_text = "one printable ASCII character or one escape between single quotes";
        expected(expected_text, found_text(self.text(span)), span)
    }

    /// One escape sequence, at its backslash.
    fn escape(&mut self) -> Result<Escaped, Error> {
        let start = self.at;
        self.at += 1;
        let rest = self.rest();
        let Some(letter) = rest.chars().next() else { return Err(self.not_an_escape(start)) };
        if letter.is_digit(8) {
            let digits = count(rest, |b| (b'0'..=b'7').contains(&b)).min(3);
            let (text, _) = self.take(digits);
            return match u8::from_str_radix(text, 8) {
                Ok(byte) => Ok(Escaped::Byte(byte)),
                Err(_) => Err(self.not_an_escape(start)),
            };
        }
        self.at += letter.len_utf8();
        let byte = match letter {
            'a' => 0x07,
            'b' => 0x08,
            'f' => 0x0c,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 0x0b,
            '\\' | '\'' | '"' => letter as u8,
            'x' => self.hexadecimal(1..=2).ok_or_else(|| self.not_an_escape(start))? as u8,
            'u' | 'U' => {
                let digits = if letter == 'u' { 4 } else { 8 };
                let code = self.hexadecimal(digits..=digits);
                // C's universal character names: nothing that could be written as it is, no surrogates.
                let allowed = |c: &u32| *c >= 0xa0 || [0x24, 0x40, 0x60].contains(c);
                return match code.filter(allowed).and_then(char::from_u32) {
                    Some(c) => Ok(Escaped::Unicode(c)),
                    None => Err(self.not_an_escape(start)),
                };
            }
            _ => return Err(self.not_an_escape(start)),
        };
        Ok(Escaped::Byte(byte))
    }

    fn hexadecimal(&mut self, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
        let there = count(self.rest(), |b| b.is_ascii_hexdigit()).min(*digits.end());
        let (text, _) = self.take(there);
        if there < *digits.start() { None } else { u32::from_str_radix(text, 16).ok() }
    }

    fn not_an_escape(&self, start: usize) -> Error {
        let span = Span { start, end: self.at };
        let expected_text = "an escape: \\\\ \\\" \\' \\a \\b \\f \\n \\r \\t \\v \\NNN (at most \\377) \\xNN \\uNNNN \\UNNNNNNNN";
        expected(expected_text, found_text(self.text(span)), span)
    }
}

enum Escaped {
    Byte(u8),
    Unicode(char),
}

/// What stands there, for an error.
pub(super) fn found_text(text: &str) -> String {
    if text.is_empty() { "the end of the filter".into() } else { format!("\"{text}\"") }
}

fn expected(expected: &'static str, found: String, span: Span) -> Error {
    Error::new(span, Problem::Expected { expected, found })
}

fn classify(text: &str) -> Token<'_> {
    if let Some(&(_, symbol)) = KEYWORDS.iter().find(|(keyword, _)| *keyword == text) {
        return Token::Symbol(symbol);
    }
    match text.as_bytes() {
        // An IPv6 address may begin with two colons; one alone marks a literal.
        [b':', second, ..] if *second != b':' => Token::Literal(text),
        [b'.', ..] => Token::Name(&text[1..]),
        _ => Token::Word(text),
    }
}

/// The length of the longest word at the start of `text`: an identifier, an address with or without prefix length, or
/// bytes. Contains no "..".
fn word_length(text: &str) -> usize {
    let lengths = [identifier(text), ip4(text), ip6(text), colon_bytes(text), literal(text)];
    lengths.into_iter().max().unwrap_or(0)
}

/// Parts of letters, digits, `_` and `-` (not in front), joined by dots; perhaps a dot in front.
fn identifier(text: &str) -> usize {
    let part = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let start = usize::from(text.starts_with('.'));
    let first = count(&text[start..], part);
    if first == 0 || text.as_bytes()[start] == b'-' {
        return 0;
    }
    let mut length = start + first;
    while text[length..].starts_with('.') {
        match count(&text[length + 1..], part) {
            0 => break,
            more => length += 1 + more,
        }
    }
    length
}

fn ip4(text: &str) -> usize {
    let length = count(text, |b| b.is_ascii_digit() || b == b'.');
    // "10.0.0.1..10.0.0.9" is a range of addresses.
    let length = text[..length].find("..").unwrap_or(length);
    match text[..length].parse::<std::net::Ipv4Addr>() {
        Ok(_) => length + prefix_length(&text[length..], 2),
        Err(_) => 0,
    }
}

fn ip6(text: &str) -> usize {
    let most = count(text, |b| b.is_ascii_hexdigit() || b == b':' || b == b'.').min(45);
    let is_address = |length: &usize| text[..*length].parse::<std::net::Ipv6Addr>().is_ok();
    match (2..=most).rev().find(is_address) {
        Some(length) => length + prefix_length(&text[length..], 3),
        None => 0,
    }
}

/// "/24" behind an address.
fn prefix_length(text: &str, most: usize) -> usize {
    let digits = text.strip_prefix('/').map_or(0, |text| count(text, |b| b.is_ascii_digit()));
    if digits == 0 { 0 } else { 1 + digits.min(most) }
}

/// Two or more pairs of hexadecimal digits, joined by colons.
fn colon_bytes(text: &str) -> usize {
    let pair =
        |text: &str| text.len() >= 2 && count(&text[..2.min(text.len())], |b| b.is_ascii_hexdigit()) == 2;
    if !text.is_char_boundary(2.min(text.len())) || !pair(text) {
        return 0;
    }
    let mut length = 2;
    while text[length..].starts_with(':')
        && text.is_char_boundary((length + 3).min(text.len()))
        && pair(&text[length + 1..])
    {
        length += 3;
    }
    if length > 2 { length } else { 0 }
}

/// A colon, then hexadecimal digits or bytes.
fn literal(text: &str) -> usize {
    let Some(rest) = text.strip_prefix(':') else { return 0 };
    let digits = count(rest, |b| b.is_ascii_hexdigit());
    let joined = count(rest, |b| b.is_ascii_hexdigit() || b == b'-' || b == b'.');
    let joined = rest[..joined].find("..").unwrap_or(joined);
    let joined = rest[..joined].trim_end_matches(['.', '-']).len();
    let length = if digits == 0 { 0 } else { digits.max(joined).max(colon_bytes(rest)) };
    if length == 0 { 0 } else { 1 + length }
}

fn count(text: &str, wanted: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|b| wanted(*b)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut lexer = Lexer::new(text);
        let mut out = Vec::new();
        loop {
            match lexer.next().unwrap().0 {
                Token::End => return out,
                token => out.push(token),
            }
        }
    }

    fn words(text: &str) -> Vec<&str> {
        let word = |token| match token {
            Token::Word(word) | Token::Literal(word) => word,
            Token::Symbol(Symbol::DotDot) => "..",
            other => panic!("{other:?}"),
        };
        tokens(text).into_iter().map(word).collect()
    }

    #[test]
    fn words_are_as_long_as_they_can_be() {
        assert_eq!(
            words("10.0.0.1/8 fe80::1/64 ::1 :: 00:50 ff-ff ip.ttl-1"),
            ["10.0.0.1/8", "fe80::1/64", "::1", "::", "00:50", "ff-ff", "ip.ttl-1"]
        );
        assert_eq!(words("10.0.0.1..10.0.0.9"), ["10.0.0.1", "..", "10.0.0.9"]);
        assert_eq!(words("fe80::1..fe80::9"), ["fe80::1", "..", "fe80::9"]);
        assert_eq!(words("::ffff:10.0.0.1 a..b"), ["::ffff:10.0.0.1", "a", "..", "b"]);
        assert_eq!(words(":47 :47:45 fe80:::1"), [":47", ":47:45", "fe80::", ":1"]);
    }

    #[test]
    fn slices_and_layers_have_their_own_tokens() {
        assert_eq!(
            tokens("ip#2[0-1, 5]"),
            [
                Token::Word("ip"),
                Token::Symbol(Symbol::Hash),
                Token::Layer("2"),
                Token::Symbol(Symbol::LeftBracket),
                Token::Range("0-1"),
                Token::Symbol(Symbol::Comma),
                Token::Range(" 5"),
                Token::Symbol(Symbol::RightBracket),
            ]
        );
    }

    #[test]
    fn strings_and_characters_resolve_escapes() {
        assert_eq!(tokens(r#""a\"\x41\101\u00e9\n""#), [Token::Text("a\"AA\u{e9}\n".into())]);
        assert_eq!(tokens(r#"r"a\"\x41""#), [Token::Text(r#"a\"\x41"#.into())]);
        assert_eq!(
            tokens(r"'a' '\n' '\x41' '\101'"),
            [10, 65, 65].iter().fold(vec![Token::Char(97)], |mut all, &c| {
                all.push(Token::Char(c));
                all
            })
        );
        for bad in
            [r#""a"#, r#""\q""#, r#""\400""#, r#""\u0054""#, "''", "'ab'", "'\u{e9}'", "'a", r"'\xfff'"]
        {
            assert!(Lexer::new(bad).next().is_err(), "{bad}");
        }
    }
}
