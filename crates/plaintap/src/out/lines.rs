//! One line a packet: time, process, addresses, protocol, what it says.

use std::fmt::Write;

use plaintap_decode::text::write_decimal;
use plaintap_decode::{Address, Decoded};

use super::{Clock, Printer};

/// See the module.
pub struct Lines {
    clock: Clock,
    info: String,
}

impl Lines {
    /// Lines with times of this clock.
    pub fn new(clock: Clock) -> Self {
        Self { clock, info: String::new() }
    }
}

impl Printer for Lines {
    fn packet(&mut self, decoded: &Decoded<'_>, out: &mut String) {
        self.clock.write(decoded.packet().time, out);
        out.push(' ');
        if let Some(process) = decoded.process() {
            push_printable(&process.name, out);
            // Writing to a String does not fail.
            let _ = write!(out, "[{}] ", process.pid);
        }
        let addresses = decoded.addresses();
        let mut said = None;
        if let (Some(source), Some(destination)) = (addresses.source, addresses.destination) {
            let ports = addresses.ports.map_or((None, None), |(s, d)| (Some(s), Some(d)));
            push_end(decoded, source, ports.0, out);
            out.push_str(" → ");
            push_end(decoded, destination, ports.1, out);
            out.push(' ');
            said = addresses.ports;
        }
        out.push_str(decoded.protocol_label());
        self.info.clear();
        decoded.info(&mut self.info);
        let info = said.and_then(|ports| behind_ports(&self.info, ports)).unwrap_or(&self.info);
        if !info.is_empty() {
            out.push(' ');
            push_printable(info, out);
        }
        out.push('\n');
    }

    fn pass(&mut self, decoded: &Decoded<'_>) {
        self.clock.pass(decoded.packet().time);
    }
}

fn push_end(decoded: &Decoded<'_>, address: Address, port: Option<u16>, out: &mut String) {
    let named = decoded.host(address).is_some();
    let brackets = matches!(address, Address::Ip6(_)) && port.is_some() && !named;
    if brackets {
        out.push('[');
    }
    decoded.write_host(address, out);
    if brackets {
        out.push(']');
    }
    let Some(port) = port else { return };
    out.push(':');
    write_decimal(port.into(), out);
}

/// What stands behind the ports with which the info of TCP and UDP begins, for a line that has them already.
fn behind_ports(info: &str, (source, destination): (u16, u16)) -> Option<&str> {
    behind_number(info, source)?
        .strip_prefix(" → ")
        .and_then(|rest| behind_number(rest, destination))?
        .strip_prefix(' ')
}

/// What stands behind the number with which the text begins, if it is this one.
fn behind_number(text: &str, number: u16) -> Option<&str> {
    let digits = text.bytes().take(6).take_while(u8::is_ascii_digit).count();
    let value = text.bytes().take(digits).fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    let written = digits == 1 || digits > 1 && !text.starts_with('0');
    (written && value == u32::from(number)).then(|| &text[digits..])
}

/// Text from packets may hold anything; what could steer a terminal is written as an escape.
pub fn push_printable(text: &str, out: &mut String) {
    let plain = |c: char| {
        !c.is_control() && !('\u{202a}'..='\u{202e}').contains(&c) && !('\u{2066}'..='\u{2069}').contains(&c)
    };
    // All bytes, and not up to the first odd one: so that many are looked at at once.
    let ascii = text.bytes().fold(true, |plain, byte| plain & (b' '..=b'~').contains(&byte));
    if ascii || text.chars().all(plain) {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        if plain(c) {
            out.push(c);
        } else {
            let _ = write!(out, "{}", c.escape_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_said_once() {
        let ports = (443, 50_000);
        assert_eq!(behind_ports("443 → 50000 [SYN] Seq=0", ports), Some("[SYN] Seq=0"));
        for other in [
            "443 → 5000 [SYN]",
            "44 → 50000 Len=0",
            "[TCP Dup ACK 1#1] 443 → 50000 [ACK]",
            "0443 → 50000 ",
            "443 → 50000",
            "",
        ] {
            assert_eq!(behind_ports(other, ports), None);
        }
    }

    #[test]
    fn packets_cannot_steer_the_terminal() {
        let mut out = String::new();
        push_printable("GET /\u{1b}[2J\r\n→ é \u{202e}", &mut out);
        assert_eq!(out, "GET /\\u{1b}[2J\\r\\n→ é \\u{202e}");
    }
}
