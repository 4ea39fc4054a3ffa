//! File Transfer Protocol, RFC 959: the control connection.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::lines;
use super::prelude::*;
use crate::decoded::Address;
use crate::flow::{Announcements, Transport};

fields! {
    REQUEST: Bool walk, "ftp.request", "Request";
    RESPONSE: Bool walk, "ftp.response", "Response";
    COMMAND: Text walk, "ftp.request.command", "Request command";
    ARG: Text walk, "ftp.request.arg", "Request arg";
    CODE: U32 walk, "ftp.response.code", "Response code";
    RESPONSE_ARG: Text walk, "ftp.response.arg", "Response arg";
    PASSIVE_IP: Ip4 walk, "ftp.passive.ip", "Passive IP address";
    PASSIVE_PORT: U16 walk, "ftp.passive.port", "Passive port";
    EPSV_IP: Ip4 walk, "ftp.epsv.ip", "Extended passive IPv4 address";
    EPSV_IPV6: Ip6 walk, "ftp.epsv.ipv6", "Extended passive IPv6 address";
    EPSV_PORT: U16 walk, "ftp.epsv.port", "Extended passive port";
    ACTIVE_IP: Ip4 walk, "ftp.active.cip", "Active IP address";
    ACTIVE_PORT: U16 walk, "ftp.active.port", "Active port";
    EPRT_AF: U8 walk, "ftp.eprt.af", "Extended active address family", names(FAMILIES);
    EPRT_IP: Ip4 walk, "ftp.eprt.ip", "Extended active IP address";
    EPRT_IPV6: Ip6 walk, "ftp.eprt.ipv6", "Extended active IPv6 address";
    EPRT_PORT: U16 walk, "ftp.eprt.port", "Extended active port";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(PORT)],
    fields: FIELDS,
    walk: Some(walk),
    stream: lines::stream(frame),
    announce: Some(announce),
    info: Some(|view, out| {
        lines::append(view, if is_response(view) { "Response: " } else { "Request: " }, out);
    }),
    ..Protocol::new("ftp", "File Transfer Protocol (FTP)", "FTP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

const PORT: u16 = 21;

/// Address families (RFC 2428 §2).
const FAMILIES: crate::field::ValueNames = &[(1, "IPv4"), (2, "IPv6")];

/// Behind the reply to AUTH the content decides (RFC 4217 §4).
fn frame(b: &[u8], framing: &mut Framing<'_>) -> Length {
    let length = lines::line_or_reply(b, framing);
    if matches!(length, Length::Known(_)) && lines::reply(lines::first(b)) == Some(234) {
        *framing.upgrade = Some(ProtocolId::NONE);
    }
    length
}

fn is_response(view: &View<'_>) -> bool {
    lines::from_server(view, &[PORT])
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let line = lines::first(view.header().0);
    let response = is_response(view);
    out.put(REQUEST, 0..0, Value::Bool(!response));
    out.put(RESPONSE, 0..0, Value::Bool(response));
    if response {
        let Some(code) = lines::reply(line) else { return Ok(()) };
        out.put(CODE, 0..3, Value::Unsigned(code));
        if let Some(arg) = line.get(4..) {
            out.put(RESPONSE_ARG, 4..line.len(), Value::Text(arg));
        }
        if let Some(mut place) = Place::of_reply(line) {
            place.address = place.address.or(view.decoded.addresses().source);
            place.put([PASSIVE_IP, EPSV_IP, EPSV_IPV6], [PASSIVE_PORT, EPSV_PORT], out);
        }
        return Ok(());
    }
    lines::put_words(line, 0, [COMMAND, ARG], out);
    if let Some(place) = Place::of_command(line) {
        if place.extended {
            let family = if matches!(place.address, Some(Address::Ip4(_))) { 1 } else { 2 };
            out.put(EPRT_AF, place.at.clone(), Value::Unsigned(family));
        }
        place.put([ACTIVE_IP, EPRT_IP, EPRT_IPV6], [ACTIVE_PORT, EPRT_PORT], out);
    }
    Ok(())
}

/// Where one end waits for the data connection.
struct Place {
    /// None for the address of the one who says it (RFC 2428 §3).
    address: Option<Address>,
    port: u16,
    /// Said in the form of RFC 2428, and where in the line.
    extended: bool,
    at: std::ops::Range<usize>,
}

impl Place {
    /// `PORT h1,h2,h3,h4,p1,p2` (RFC 959 §4.1.2) and `EPRT |1|132.235.1.2|6275|` (RFC 2428 §2).
    fn of_command(line: &[u8]) -> Option<Self> {
        let (command, at) = lines::word(line);
        if command.eq_ignore_ascii_case(b"PORT") {
            return Self::plain(line, at);
        }
        if !command.eq_ignore_ascii_case(b"EPRT") {
            return None;
        }
        let text = std::str::from_utf8(line.get(at..)?).ok()?;
        let delimiter = text.chars().next()?;
        let mut parts = text.split(delimiter).skip(1);
        let (family, address, port) = (parts.next()?, parts.next()?, parts.next()?);
        let address = match family {
            "1" => Address::Ip4(address.parse::<Ipv4Addr>().ok()?.octets()),
            _ => Address::Ip6(address.parse::<Ipv6Addr>().ok()?.octets()),
        };
        Some(Self { address: Some(address), port: port.parse().ok()?, extended: true, at: at..line.len() })
    }

    /// The replies `227 ... (h1,h2,h3,h4,p1,p2)` and `229 ... (|||port|)`.
    fn of_reply(line: &[u8]) -> Option<Self> {
        let open = memchr::memchr(b'(', line).map_or(4, |open| open + 1);
        match lines::reply(line)? {
            227 => {
                // Some servers leave the brackets out (RFC 1123 §4.1.2.6).
                let digits = line.get(open..)?.iter().position(u8::is_ascii_digit)?;
                Self::plain(line, open + digits)
            }
            229 => {
                let (&delimiter, rest) = line.get(open..)?.split_first()?;
                let rest = rest.strip_prefix(&[delimiter, delimiter])?;
                let digits = memchr::memchr(delimiter, rest)?;
                let port = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
                Some(Self { address: None, port, extended: true, at: open..open + 4 + digits })
            }
            _ => None,
        }
    }

    /// Six numbers, separated by commas.
    fn plain(line: &[u8], at: usize) -> Option<Self> {
        let rest = line.get(at..)?;
        let length = rest.iter().take_while(|&&c| c.is_ascii_digit() || c == b',').count();
        let text = std::str::from_utf8(&rest[..length]).ok()?;
        let mut numbers = [0_u8; 6];
        let mut parts = text.split(',');
        for number in &mut numbers {
            *number = parts.next()?.parse().ok()?;
        }
        let [a, b, c, d, high, low] = numbers;
        Some(Self {
            address: Some(Address::Ip4([a, b, c, d])),
            port: u16::from_be_bytes([high, low]),
            extended: false,
            at: at..at + length,
        })
    }

    /// Gives out address and port, each in the field of its form.
    fn put(
        &self,
        [plain, ip4, ip6]: [FieldIndex; 3],
        [plain_port, extended_port]: [FieldIndex; 2],
        out: &mut dyn FieldSink,
    ) {
        let at = || self.at.clone();
        match self.address {
            Some(Address::Ip4(address)) => {
                out.put(if self.extended { ip4 } else { plain }, at(), Value::Ip4(address));
            }
            Some(Address::Ip6(address)) => out.put(ip6, at(), Value::Ip6(address)),
            _ => {}
        }
        let port = if self.extended { extended_port } else { plain_port };
        out.put(port, at(), Value::Unsigned(self.port.into()));
    }
}

/// Where the data connection will be.
fn announce(bytes: &[u8], announcements: &mut Announcements<'_>) {
    let line = lines::first(bytes);
    let Some(place) = Place::of_reply(line).or_else(|| Place::of_command(line)) else { return };
    if let Some(address) = place.address.or(announcements.source) {
        announcements.expect(Transport::Tcp, address, place.port, id::ftp_data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: &[u8]) -> Option<(Option<Address>, u16)> {
        Place::of_reply(line).or_else(|| Place::of_command(line)).map(|place| (place.address, place.port))
    }

    #[test]
    fn places_of_all_forms() {
        let v4 = Some(Address::Ip4([127, 0, 0, 1]));
        assert_eq!(place(b"227 Entering Passive Mode (127,0,0,1,4,1)."), Some((v4, 1025)));
        assert_eq!(place(b"227 =127,0,0,1,4,1"), Some((v4, 1025)));
        assert_eq!(place(b"229 Entering Extended Passive Mode (|||1025|)"), Some((None, 1025)));
        assert_eq!(place(b"PORT 127,0,0,1,4,1"), Some((v4, 1025)));
        assert_eq!(place(b"EPRT |1|127.0.0.1|1025|"), Some((v4, 1025)));
        let v6 = Some(Address::Ip6(Ipv6Addr::LOCALHOST.octets()));
        assert_eq!(place(b"eprt |2|::1|1025|"), Some((v6, 1025)));
        for wrong in
            [&b"227 (1,2,3)"[..], b"PORT 300,0,0,1,4,1", b"229 (", b"229 (|||99999|)", b"EPRT ", b"RETR x"]
        {
            assert_eq!(place(wrong), None);
        }
    }
}
