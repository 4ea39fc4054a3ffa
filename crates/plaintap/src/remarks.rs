//! Why connections have no secrets, kept where their secrets would be: as comments in the key log of a capture file. Lines
//! that begin with # are comments to all who read key logs.

use plaintap_crypt::keylog;

use crate::out::{hex, push_printable};

/// What such a line begins with; client random, name of the reason and an explanation for people follow.
const BEGIN: &str = "# missing ";
/// More connections are not remarked on, neither when writing nor when reading.
pub const MOST: usize = 10_000;
/// An explanation is cut here.
const LONGEST: usize = 500;

/// Why a connection has not all its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// A stable name, documented in docs/ledger.md.
    pub reason: String,
    /// The same for people.
    pub explanation: String,
}

/// Appends the line of a connection.
pub fn push(random: &[u8; 32], reason: &str, explanation: &str, log: &mut String) {
    log.push_str(BEGIN);
    log.push_str(&hex(random));
    log.push(' ');
    log.push_str(reason);
    log.push(' ');
    // Names of processes are in it, which may be anything: a line end would begin a line of its own.
    push_printable(explanation, log);
    log.push('\n');
}

/// The connections remarked on in a key log.
pub fn parse(log: &[u8]) -> impl Iterator<Item = ([u8; 32], Missing)> {
    log.split(|&byte| byte == b'\n').filter_map(parse_line)
}

fn parse_line(line: &[u8]) -> Option<([u8; 32], Missing)> {
    let rest = line.strip_prefix(BEGIN.as_bytes())?;
    let mut words = std::str::from_utf8(rest).ok()?.splitn(3, ' ');
    let random = keylog::parse_client_random(words.next()?.as_bytes())?;
    let reason = words.next()?.to_owned();
    let known = |c: char| c.is_ascii_lowercase() || c == '_';
    if reason.is_empty() || reason.len() > 32 || !reason.chars().all(known) {
        return None;
    }
    let explanation = words.next()?.chars().take(LONGEST).collect();
    Some((random, Missing { reason, explanation }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_read_back_and_is_a_comment() {
        let mut log = String::new();
        push(&[0xa7; 32], "no_stack", "no known TLS library in the command", &mut log);
        push(&[1; 32], "no_secret", "evil\nCLIENT_RANDOM 00 00: no secret came", &mut log);
        assert_eq!(log.lines().count(), 2, "{log}");
        assert_eq!(keylog::parse(log.as_bytes()).count(), 0, "{log}");
        let read: Vec<_> = parse(log.as_bytes()).collect();
        assert_eq!(read[0].0, [0xa7; 32]);
        let explanation = "no known TLS library in the command".to_owned();
        assert_eq!(read[0].1, Missing { reason: "no_stack".into(), explanation });
        assert_eq!((read[1].0, read[1].1.reason.as_str()), ([1; 32], "no_secret"));
    }

    #[test]
    fn other_lines_are_none() {
        let random = "a7".repeat(32);
        for line in [
            "# missing".to_owned(),
            format!("# missing {random}"),
            format!("# missing {random} no_stack"),
            format!("# missing {} no_stack why", &random[1..]),
            format!("# missing g{} no_stack why", &random[1..]),
            format!("# missing +{} no_stack why", &random[1..]),
            format!("# missing {random} No_Stack why"),
            format!("CLIENT_RANDOM {random} no_stack why"),
            format!("# missing {} no_stack why", "é".repeat(32)),
        ] {
            assert_eq!(parse(line.as_bytes()).count(), 0, "{line}");
        }
    }
}
