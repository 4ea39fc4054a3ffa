//! One line a packet: time, process, addresses, protocol, what it says.

use std::fmt::Write;

use plaintap_decode::text::write_decimal;
use plaintap_decode::{Address, Decoded};

use super::{Clock, Printer};

/// See the module.
pub struct Lines {
    clock: Clock,
    info: String,
    /// The ports as the info of TCP and UDP begins; the line has them already.
    said: String,
}

impl Lines {
    /// Lines with times of this clock.
    pub fn new(clock: Clock) -> Self {
        Self { clock, info: String::new(), said: String::new() }
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
        self.said.clear();
        if let (Some(source), Some(destination)) = (addresses.source, addresses.destination) {
            let ports = addresses.ports.map_or((None, None), |(s, d)| (Some(s), Some(d)));
            push_end(decoded, source, ports.0, out);
            out.push_str(" → ");
            push_end(decoded, destination, ports.1, out);
            out.push(' ');
            if let (Some(source), Some(destination)) = ports {
                write_decimal(source.into(), &mut self.said);
                self.said.push_str(" → ");
                write_decimal(destination.into(), &mut self.said);
                self.said.push(' ');
            }
        }
        out.push_str(decoded.protocol_label());
        self.info.clear();
        decoded.info(&mut self.info);
        let info = self.info.strip_prefix(self.said.as_str()).unwrap_or(&self.info);
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

/// Text from packets may hold anything; what could steer a terminal is written as an escape.
pub fn push_printable(text: &str, out: &mut String) {
    let plain = |c: char| {
        !c.is_control() && !('\u{202a}'..='\u{202e}').contains(&c) && !('\u{2066}'..='\u{2069}').contains(&c)
    };
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) || text.chars().all(plain) {
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
    fn packets_cannot_steer_the_terminal() {
        let mut out = String::new();
        push_printable("GET /\u{1b}[2J\r\n→ é \u{202e}", &mut out);
        assert_eq!(out, "GET /\\u{1b}[2J\\r\\n→ é \\u{202e}");
    }
}
