//! Telnet, RFC 854: text with commands in between, and the options that both ends agree on.

use super::prelude::*;
use super::telnet_names::{COMMANDS, OPTIONS};

fields! {
    CMD: U8 walk, "telnet.cmd", "Command", names(COMMANDS);
    SUBCMD: U8 walk, "telnet.subcmd", "Subcommand", names(OPTIONS);
    STRING: Text walk, "telnet.string_subopt.value", "Value";
    WIDTH: U16 walk, "telnet.naws_subopt.width", "Width";
    HEIGHT: U16 walk, "telnet.naws_subopt.height", "Height";
    OPTION_DATA: Bytes walk, "telnet.option_data", "Option data";
    SUBCOMMAND_DATA: Bytes walk, "telnet.subcommand_data", "Subcommand data";
    AUTH_CMD: U8 walk, "telnet.auth.cmd", "Auth Cmd", names(&[(0, "IS"), (1, "SEND"), (2, "REPLY"), (3, "NAME")]);
    AUTH_NAME: Text walk, "telnet.auth.name", "Name";
    AUTH_TYPE: U8 walk, "telnet.auth.type", "Auth Type", names(AUTHENTICATION_TYPES);
    AUTH_CRED_FWD: Bool walk, "telnet.auth.mod.cred_fwd", "Cred Fwd";
    AUTH_ENC: U8 walk, "telnet.auth.mod.enc", "Encrypt";
    AUTH_HOW: Bool walk, "telnet.auth.mod.how", "How";
    AUTH_WHO: Bool walk, "telnet.auth.mod.who", "Who";
    DATA: Text walk, "telnet.data", "Data";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(23)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: true }),
    info: Some(info),
    ..Protocol::new("telnet", "Telnet", "TELNET")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

/// "Interpret as command": what follows is no data (RFC 854). Two of them are a byte of data.
const IAC: u8 = 255;

/// Commands (RFC 854).
mod command {
    pub(super) const SE: u8 = 240;
    pub(super) const SB: u8 = 250;
    pub(super) const WILL: u8 = 251;
    pub(super) const DONT: u8 = 254;
}

/// Longer parameters of an option are not waited for.
const MAX_PARAMETERS: usize = 4 << 10;

/// TLS on this port is none of ours.
fn probe(b: &[u8]) -> bool {
    !b.is_empty() && !b.starts_with(&[22, 3])
}

/// Telnet has no messages: what came together is one PDU, unless its last command is cut.
fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    for (start, piece) in (Pieces { bytes: b, at: 0 }) {
        if matches!(piece, Piece::Cut) && b.len() - start < MAX_PARAMETERS {
            return if start == 0 { Length::Need } else { Length::Known(start as u64) };
        }
    }
    Length::Known(b.len() as u64)
}

/// What a stream of Telnet is made of.
enum Piece<'a> {
    /// Data up to a line end, the next command or the end; a doubled IAC stands in it as it came.
    Data(&'a [u8]),
    /// A command with the option it is about.
    Negotiation { command: u8, option: u8 },
    /// An option with its parameters, and where those begin (RFC 855).
    Parameters { option: u8, parameters: &'a [u8] },
    /// Any other command.
    Command(u8),
    /// A command without its end.
    Cut,
}

struct Pieces<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (usize, Piece<'a>);

    fn next(&mut self) -> Option<(usize, Piece<'a>)> {
        let start = self.at;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let (length, piece) = match *rest {
            [IAC] => (1, Piece::Cut),
            [IAC, command::WILL..=command::DONT, ref option @ ..] => match option.first() {
                Some(&option) => (3, Piece::Negotiation { command: rest[1], option }),
                None => (2, Piece::Cut),
            },
            [IAC, command::SB, ref inside @ ..] => match parameters(inside) {
                Some((option, parameters)) => {
                    (3 + parameters.len(), Piece::Parameters { option, parameters })
                }
                None => (rest.len(), Piece::Cut),
            },
            [IAC, command, ..] if command != IAC => (2, Piece::Command(command)),
            _ => {
                let length = data_length(rest);
                (length, Piece::Data(&rest[..length]))
            }
        };
        self.at += length;
        Some((start, piece))
    }
}

/// The option, and its parameters up to the command that ends them.
fn parameters(inside: &[u8]) -> Option<(u8, &[u8])> {
    let (&option, rest) = inside.split_first()?;
    let mut at = 0;
    loop {
        at += memchr::memchr(IAC, rest.get(at..)?)?;
        match rest.get(at + 1)? {
            &IAC => at += 2,
            _ => return Some((option, &rest[..at])),
        }
    }
}

/// Length of the data in front: a line ends with LF, or with CR NUL, which is a CR alone (RFC 854).
fn data_length(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = memchr::memchr3(b'\n', 0, IAC, &rest[at..]) {
        let here = at + found;
        match (rest[here], rest.get(here + 1)) {
            (IAC, Some(&IAC)) => at = here + 2,
            (IAC, _) => return here,
            (0, _) if here == 0 || rest[here - 1] != b'\r' => at = here + 1,
            _ => return here + 1,
        }
    }
    rest.len()
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let pieces = Pieces { bytes: view.header().0, at: 0 };
    for (start, piece) in pieces {
        match piece {
            Piece::Data(data) => out.put(DATA, start..start + data.len(), Value::Text(data)),
            Piece::Negotiation { command, option } => {
                out.put(CMD, start + 1..start + 2, Value::Unsigned(command.into()));
                out.put(SUBCMD, start + 2..start + 3, Value::Unsigned(option.into()));
            }
            Piece::Parameters { option, parameters } => {
                out.put(CMD, start + 1..start + 2, Value::Unsigned(command::SB.into()));
                out.put(SUBCMD, start + 2..start + 3, Value::Unsigned(option.into()));
                put_parameters(option, start + 3, parameters, view.header().0, out);
            }
            Piece::Command(command) => out.put(CMD, start + 1..start + 2, Value::Unsigned(command.into())),
            Piece::Cut => {}
        }
    }
    Ok(())
}

/// Window size (RFC 1073); terminal type and X display with a word in front that says whether it is asked or told (RFC
/// 1091, RFC 1096); of other options the bytes.
fn put_parameters(option: u8, at: usize, parameters: &[u8], bytes: &[u8], out: &mut dyn FieldSink) {
    match (option, parameters) {
        (31, &[a, b, c, d]) => {
            out.put(WIDTH, at..at + 2, Value::Unsigned(u16::from_be_bytes([a, b]).into()));
            out.put(HEIGHT, at + 2..at + 4, Value::Unsigned(u16::from_be_bytes([c, d]).into()));
        }
        (24 | 35, &[word @ (0 | 1), ref value @ ..]) => {
            out.put(SUBCMD, at..at + 1, Value::Unsigned(word.into()));
            if word == 0 {
                out.put(STRING, at + 1..at + 1 + value.len(), Value::Text(value));
            }
        }
        (37, _) => {
            let mut r = Reader::between(bytes, at, at + parameters.len());
            let _ = put_authentication(&mut r, out);
        }
        (_, []) => {}
        // What tshark does not know by name, it calls so.
        (40.., _) => out.put(SUBCOMMAND_DATA, at..at + parameters.len(), Value::Bytes(parameters)),
        _ => out.put(OPTION_DATA, at..at + parameters.len(), Value::Bytes(parameters)),
    }
}

/// RFC 2941 §3: pairs of a type and its modifiers; what follows the pair of IS and REPLY depends on the type.
fn put_authentication(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const SEND: u64 = 1;
    const NAME: u64 = 3;
    let command = put_number(r, 1, AUTH_CMD, out)?;
    if command == NAME {
        let length = r.left();
        return put_text(r, length, AUTH_NAME, out);
    }
    while r.left() > 0 {
        put_number(r, 1, AUTH_TYPE, out)?;
        let modifiers = r.u8()?.into();
        put_flags(r, 1, modifiers, &[(AUTH_CRED_FWD, 0x08)], out);
        put_parts(r, 1, modifiers, &[(AUTH_ENC, 0x14)], out);
        put_flags(r, 1, modifiers, &[(AUTH_HOW, 0x02), (AUTH_WHO, 0x01)], out);
        if command != SEND {
            break;
        }
    }
    Ok(())
}

/// RFC 2941 §4, and the registry of IANA.
const AUTHENTICATION_TYPES: crate::field::ValueNames = &[
    (0, "NULL"),
    (1, "Kerberos v4"),
    (2, "Kerberos v5"),
    (3, "SPX"),
    (4, "MINK"),
    (5, "SRP"),
    (6, "RSA"),
    (7, "SSL"),
    (10, "LOKI"),
    (11, "SSA"),
    (12, "KEA_SJ"),
    (13, "KEA_SJ_INTEG"),
    (14, "DSS"),
    (15, "NTLM"),
];

/// The commands by name, and the data.
fn info(view: &View<'_>, out: &mut String) {
    const MOST: usize = 120;
    let start = out.len();
    let mut after_data = false;
    for (_, piece) in (Pieces { bytes: view.header().0, at: 0 }) {
        if out.len() - start > MOST {
            return out.push('…');
        }
        let data = matches!(piece, Piece::Data(_));
        if matches!(piece, Piece::Command(command::SE)) {
            after_data = false;
            continue;
        }
        if out.len() > start && !(data && after_data) {
            out.push_str(", ");
        }
        after_data = data;
        let name = |names, number: u8| crate::field::value_name(names, number.into()).unwrap_or("Unknown");
        match piece {
            Piece::Data(data) => crate::text::write_escaped(Bytes(data).clamped(0, MOST), out),
            Piece::Negotiation { command, option } => {
                put!(out, "{} {}", name(COMMANDS, command), name(OPTIONS, option));
            }
            Piece::Parameters { option, .. } => put!(out, "Suboption {}", name(OPTIONS, option)),
            Piece::Command(command) => out.push_str(name(COMMANDS, command)),
            Piece::Cut => out.push_str("cut"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(bytes: &[u8]) -> Vec<String> {
        let kind = |piece: &Piece<'_>| match *piece {
            Piece::Data(data) => String::from_utf8_lossy(data).into_owned(),
            Piece::Negotiation { command, option } => format!("{command} {option}"),
            Piece::Parameters { option, parameters } => format!("{option} {parameters:?}"),
            Piece::Command(command) => command.to_string(),
            Piece::Cut => "cut".into(),
        };
        Pieces { bytes, at: 0 }.map(|(_, piece)| kind(&piece)).collect()
    }

    #[test]
    fn data_is_cut_at_lines_and_commands() {
        assert_eq!(kinds(b"a\r\nb\r\0c\rd\n\xff\xf9e"), ["a\r\n", "b\r\0", "c\rd\n", "249", "e"]);
        assert_eq!(kinds(b"\xff\xfb\x01\xff\xfa\x18\x01\xff\xf0x"), ["251 1", "24 [1]", "240", "x"]);
        // A doubled IAC is data, in parameters too.
        assert_eq!(kinds(b"\xff\xfa\x1f\x00\xff\xff\x00\xff\xf0"), ["31 [0, 255, 255, 0]", "240"]);
        assert_eq!(kinds(b"a\xff\xffb"), ["a\u{fffd}\u{fffd}b"]);
    }

    #[test]
    fn a_cut_command_waits_for_its_end() {
        let mut progress = [0; 2];
        let mut memory = [0; 2];
        let mut cut = |bytes: &[u8]| {
            frame(
                bytes,
                &mut Framing {
                    side: crate::Side::Initiator,
                    progress: &mut progress,
                    memory: &mut memory,
                    upgrade: &mut None,
                },
            )
        };
        assert_eq!(cut(b"\xff"), Length::Need);
        assert_eq!(cut(b"ab\xff\xfd"), Length::Known(2));
        assert_eq!(cut(b"\xff\xfa\x18\x00xterm\xff"), Length::Need);
        assert_eq!(cut(b"\xff\xfd\x01ab"), Length::Known(5));
    }
}
