//! Names of hosts, networks, ports, protocols and MAC addresses, from the files that `/etc` has for them.
//!
//! The compiler reads no file and asks no name server: whoever has the files passes their text.

use std::collections::HashMap;
use std::net::IpAddr;

/// What names stand for. Empty by default: then only numbers and the built-in EtherType names work.
#[derive(Clone, Debug, Default)]
pub struct Names {
    hosts: HashMap<String, Vec<IpAddr>>,
    networks: HashMap<String, u32>,
    services: HashMap<String, Vec<Service>>,
    protocols: HashMap<String, u8>,
    ethers: HashMap<String, [u8; 6]>,
}

#[derive(Clone, Copy, Debug)]
struct Service {
    port: u16,
    transport: Transport,
}

/// A protocol that has ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Transport {
    /// The IP protocol number.
    pub const fn number(self) -> u32 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Sctp => 132,
        }
    }
}

impl Names {
    /// Adds the hosts of a text in the form of `/etc/hosts`: an address and its names on each line. Lines that are not
    /// of that form are passed over, here and in the other files, as the C library does.
    #[must_use]
    pub fn with_hosts(mut self, text: &str) -> Self {
        for (address, names) in entries(text) {
            let Ok(address) = address.parse::<IpAddr>() else { continue };
            for name in names {
                let addresses = self.hosts.entry(name.to_ascii_lowercase()).or_default();
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
        }
        self
    }

    /// Adds the networks of a text in the form of `/etc/networks`: a name, an IPv4 network number, aliases.
    #[must_use]
    pub fn with_networks(mut self, text: &str) -> Self {
        for (name, mut rest) in entries(text) {
            let Some(network) = rest.next().and_then(network_number) else { continue };
            for name in std::iter::once(name).chain(rest) {
                self.networks.insert(name.to_ascii_lowercase(), network);
            }
        }
        self
    }

    /// Adds the ports of a text in the form of `/etc/services`: a name, `port/protocol`, aliases.
    #[must_use]
    pub fn with_services(mut self, text: &str) -> Self {
        for (name, mut rest) in entries(text) {
            let Some((port, transport)) = rest.next().and_then(|field| field.split_once('/')) else {
                continue;
            };
            let Ok(port) = port.parse() else { continue };
            let transport = match transport {
                "tcp" => Transport::Tcp,
                "udp" => Transport::Udp,
                "sctp" => Transport::Sctp,
                _ => continue,
            };
            for name in std::iter::once(name).chain(rest) {
                self.services.entry(name.to_owned()).or_default().push(Service { port, transport });
            }
        }
        self
    }

    /// Adds the IP protocols of a text in the form of `/etc/protocols`: a name, a number, aliases.
    #[must_use]
    pub fn with_protocols(mut self, text: &str) -> Self {
        for (name, mut rest) in entries(text) {
            let Some(number) = rest.next().and_then(|field| field.parse().ok()) else { continue };
            for name in std::iter::once(name).chain(rest) {
                self.protocols.entry(name.to_owned()).or_insert(number);
            }
        }
        self
    }

    /// Adds the MAC addresses of a text in the form of `/etc/ethers`: a MAC address and a name.
    #[must_use]
    pub fn with_ethers(mut self, text: &str) -> Self {
        for (address, mut names) in entries(text) {
            let (Some(address), Some(name)) = (mac_address(address), names.next()) else { continue };
            self.ethers.insert(name.to_ascii_lowercase(), address);
        }
        self
    }

    /// The addresses of a host, in the order of the file.
    pub(super) fn host(&self, name: &str) -> &[IpAddr] {
        self.hosts.get(&name.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// A network number, without the zero bytes behind it: `10` for 10.0.0.0.
    pub(super) fn network(&self, name: &str) -> Option<u32> {
        self.networks.get(&name.to_ascii_lowercase()).copied()
    }

    /// A port, and its protocol if the name belongs to one protocol only.
    pub(super) fn port(&self, name: &str) -> Option<(u16, Option<Transport>)> {
        let services = self.services.get(name)?;
        let first = |transport| services.iter().find(|service| service.transport == transport);
        let (tcp, udp) = (first(Transport::Tcp), first(Transport::Udp));
        match (tcp, udp) {
            // Where TCP's and UDP's ports differ, libpcap takes TCP's.
            (Some(tcp), Some(udp)) => Some((tcp.port, (tcp.port != udp.port).then_some(Transport::Tcp))),
            (Some(tcp), None) => Some((tcp.port, Some(Transport::Tcp))),
            (None, Some(udp)) => Some((udp.port, Some(Transport::Udp))),
            (None, None) => services.first().map(|service| (service.port, Some(service.transport))),
        }
    }

    /// An IP protocol's number.
    pub(super) fn protocol(&self, name: &str) -> Option<u8> {
        self.protocols.get(name).copied()
    }

    /// A host's MAC address.
    pub(super) fn ether(&self, name: &str) -> Option<[u8; 6]> {
        self.ethers.get(&name.to_ascii_lowercase()).copied()
    }
}

/// The first field of each line and the fields behind it, without comments and empty lines.
fn entries(text: &str) -> impl Iterator<Item = (&str, impl Iterator<Item = &str>)> {
    text.lines().filter_map(|line| {
        let mut fields = line.split('#').next().unwrap_or("").split_ascii_whitespace();
        fields.next().map(|first| (first, fields))
    })
}

/// `10.20.0.0` or `10.20` as inet_network(3) counts it, with the zero bytes at the end taken off.
fn network_number(text: &str) -> Option<u32> {
    let mut number = 0u32;
    for byte in text.split('.') {
        number = number.checked_mul(256)?.checked_add(u32::from(byte.parse::<u8>().ok()?))?;
    }
    while number != 0 && number & 0xff == 0 {
        number >>= 8;
    }
    Some(number)
}

fn mac_address(text: &str) -> Option<[u8; 6]> {
    let mut address = [0; 6];
    let mut bytes = text.split(':');
    for byte in &mut address {
        *byte = u8::from_str_radix(bytes.next()?, 16).ok()?;
    }
    bytes.next().is_none().then_some(address)
}

/// EtherTypes that have a name of their own, and SAPs of 802.2 (those up to 255).
pub(super) fn ether_type(name: &str) -> Option<u32> {
    ETHER_TYPES.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
}

const ETHER_TYPES: &[(&str, u32)] = &[
    ("aarp", 0x80f3),
    ("arp", 0x0806),
    ("atalk", 0x809b),
    ("decnet", 0x6003),
    ("ip", 0x0800),
    ("ip6", 0x86dd),
    ("lat", 0x6004),
    ("loopback", 0x9000),
    ("mopdl", 0x6001),
    ("moprc", 0x6002),
    ("rarp", 0x8035),
    ("sca", 0x6007),
    ("slow", 0x8809),
    ("iso", 0xfe),
    ("stp", 0x42),
    ("ipx", 0xe0),
    ("netbeui", 0xf0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_the_c_library_does() {
        let names = Names::default()
            .with_hosts("127.0.0.1 localhost # here\n::1 localhost\nbroken line\n")
            .with_networks("loopback 127.0.0.0\nlab 10.20 testnet\n")
            .with_services("domain 53/tcp\ndomain 53/udp\nsmtp 25/tcp mail\ndiffer 1/tcp\ndiffer 2/udp\n")
            .with_protocols("tcp 6 TCP # transmission control\n")
            .with_ethers("0:1:2:3:4:ff Printer\n");
        assert_eq!(names.host("LOCALHOST").len(), 2);
        assert_eq!(names.network("testnet"), Some(10 << 8 | 20));
        assert_eq!(names.network("loopback"), Some(127));
        assert_eq!(names.port("domain"), Some((53, None)));
        assert_eq!(names.port("mail"), Some((25, Some(Transport::Tcp))));
        assert_eq!(names.port("differ"), Some((1, Some(Transport::Tcp))));
        assert_eq!(names.port("SMTP"), None);
        assert_eq!(names.protocol("TCP"), Some(6));
        assert_eq!(names.ether("printer"), Some([0, 1, 2, 3, 4, 255]));
    }
}
