//! The SSLKEYLOGFILE format (draft-ietf-tls-keylogfile): one secret a line, `LABEL client_random secret` in hex.

use std::fmt;

use plaintap_decode::text::write_hex_bytes;
use thiserror::Error;

use crate::secret::{ClientRandom, SecretError, SecretLabel, TlsSecret};

/// A line that is not a secret, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("key log line {line}: {problem}")]
pub struct KeylogError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: LineError,
}

/// What is wrong with a line. Never carries a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LineError {
    /// A label this crate does not know; such lines can be passed over.
    #[error("expected a label like CLIENT_RANDOM, got {0:?}")]
    Label(String),
    /// An `RSA` line: an encrypted premaster secret in place of the client random.
    #[error("RSA lines (premaster secret by encrypted premaster) are not supported, expected CLIENT_RANDOM")]
    Rsa,
    /// Too few or too many words.
    #[error("expected 3 words (label, client random, secret), got {0}")]
    Words(usize),
    /// Something that is not hexadecimal.
    #[error("expected the {field} in hexadecimal, got {got:?} at column {column}")]
    Hex {
        /// What should have stood there.
        field: &'static str,
        /// The byte found.
        got: char,
        /// Its place in the word, from 1.
        column: usize,
    },
    /// A client random that is not 32 bytes.
    #[error("expected a client random of 64 hexadecimal digits, got {0}")]
    ClientRandom(usize),
    /// Half a byte too much.
    #[error("expected a secret with an even number of hexadecimal digits, got {0}")]
    OddSecret(usize),
    /// A secret of the wrong length.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// Reads a key log. Empty lines and comments (`#`) are passed over; a bad line is an error of its own, and reading
/// goes on behind it.
pub fn parse(text: &[u8]) -> impl Iterator<Item = Result<TlsSecret, KeylogError>> {
    text.split(|&byte| byte == b'\n').enumerate().filter_map(|(index, line)| match parse_line(line) {
        Ok(secret) => secret.map(Ok),
        Err(problem) => Some(Err(KeylogError { line: index + 1, problem })),
    })
}

/// Reads one line, with or without its end. `None`: the line is empty or a comment.
pub fn parse_line(line: &[u8]) -> Result<Option<TlsSecret>, LineError> {
    let line = line.trim_ascii();
    if line.is_empty() || line[0] == b'#' {
        return Ok(None);
    }
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let name = words.next().unwrap_or_default();
    if name == b"RSA" {
        return Err(LineError::Rsa);
    }
    let label = SecretLabel::from_name(name).ok_or_else(|| LineError::Label(shown(name)))?;
    let (Some(random), Some(secret), None) = (words.next(), words.next(), words.next()) else {
        return Err(LineError::Words(
            line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count(),
        ));
    };

    let mut client_random: ClientRandom = [0; 32];
    if random.len() != 64 {
        return Err(LineError::ClientRandom(random.len()));
    }
    decode_hex("client random", random, &mut client_random)?;

    if secret.len() % 2 != 0 {
        return Err(LineError::OddSecret(secret.len()));
    }
    let mut bytes = vec![0; secret.len() / 2];
    decode_hex("secret", secret, &mut bytes)?;
    Ok(Some(TlsSecret::new(label, client_random, &bytes)?))
}

impl TlsSecret {
    /// Appends its line of a key log, without the end.
    pub fn append_to(&self, log: &mut String) {
        log.push_str(self.label.name());
        log.push(' ');
        write_hex_bytes(&self.client_random, log);
        log.push(' ');
        write_hex_bytes(self.secret.as_bytes(), log);
    }
}

/// One line of a key log, without its end.
impl fmt::Display for TlsSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::with_capacity(32 + 2 * (32 + 64) + 2);
        self.append_to(&mut line);
        f.write_str(&line)
    }
}

/// The client random that 64 hexadecimal digits say.
pub fn parse_client_random(digits: &[u8]) -> Option<[u8; 32]> {
    let mut random = [0; 32];
    if digits.len() != 2 * random.len() {
        return None;
    }
    decode_hex("client random", digits, &mut random).ok()?;
    Some(random)
}

fn decode_hex(field: &'static str, digits: &[u8], out: &mut [u8]) -> Result<(), LineError> {
    let digit = |at: usize| {
        let byte = digits[at];
        char::from(byte).to_digit(16).ok_or(LineError::Hex { field, got: char::from(byte), column: at + 1 })
    };
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = (digit(2 * at)? << 4 | digit(2 * at + 1)?) as u8;
    }
    Ok(())
}

/// The start of a word, for a message: a label is short, and a secret standing in its place should not be shown.
fn shown(word: &[u8]) -> String {
    let text = String::from_utf8_lossy(&word[..word.len().min(32)]).into_owned();
    if word.len() > 32 { text + "…" } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RANDOM: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";

    fn error(line: &str) -> String {
        parse_line(line.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn lines_comments_and_line_ends() {
        let secret = "ab".repeat(48);
        let text = format!(
            "# made by a test\r\n\r\n  CLIENT_RANDOM {RANDOM} {secret} \r\n\nSERVER_TRAFFIC_SECRET_0\t{RANDOM}  {secret}"
        );
        let read: Vec<_> = parse(text.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].label, SecretLabel::ClientRandom);
        assert_eq!(read[0].client_random[31], 0x1f);
        assert_eq!(read[0].secret.as_bytes(), [0xab; 48]);
        assert_eq!(read[1].label, SecretLabel::ServerTrafficSecret0);
    }

    #[test]
    fn errors_say_what_was_expected_and_got() {
        let secret = "00".repeat(32);
        assert!(error("RSA 0011223344556677 00").contains("RSA lines"));
        assert!(error("SERVER_RANDOM a b").ends_with("got \"SERVER_RANDOM\""));
        assert!(error("CLIENT_RANDOM").ends_with("got 1"));
        assert!(error(&format!("CLIENT_RANDOM {RANDOM} {secret} x")).ends_with("got 4"));
        assert!(error("CLIENT_RANDOM 00 00").ends_with("64 hexadecimal digits, got 2"));
        assert!(
            error(&format!("CLIENT_RANDOM {} 00", RANDOM.replace('f', "g"))).contains("got 'g' at column 32")
        );
        assert!(error(&format!("EXPORTER_SECRET {RANDOM} {secret}0")).ends_with("got 65"));
        assert!(error(&format!("CLIENT_RANDOM {RANDOM} {secret}")).ends_with("takes 48 bytes, got 32 bytes"));
        let lines: Vec<_> = parse(b"\n\nnonsense\n").collect();
        let shown = lines[0].as_ref().unwrap_err().to_string();
        assert_eq!((lines.len(), shown.split(':').next()), (1, Some("key log line 3")));
    }

    proptest! {
        #[test]
        fn format_then_parse_gives_the_same(
            label in 1..8_usize, random: [u8; 32], secret in prop::collection::vec(any::<u8>(), 32..=64),
        ) {
            let secret = TlsSecret::new(SecretLabel::ALL[label], random, &secret).unwrap();
            prop_assert_eq!(parse_line(secret.to_string().as_bytes()), Ok(Some(secret)));
        }

        #[test]
        fn any_bytes_do_not_panic(text in prop::collection::vec(any::<u8>(), 0..300)) {
            parse(&text).for_each(drop);
        }

        #[test]
        fn damaged_lines_do_not_panic(cut in 0..180_usize, at in 0..180_usize, byte: u8) {
            let mut line = format!("CLIENT_RANDOM {RANDOM} {}", "ab".repeat(48)).into_bytes();
            let place = at % line.len();
            line[place] = byte;
            line.truncate(cut);
            parse(&line).for_each(drop);
        }
    }
}
