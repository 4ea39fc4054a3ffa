//! Names of addresses, as the capture itself tells them: DNS answers, DHCP clients, and what the caller knows from files.

use std::collections::HashMap;

use crate::decoded::{Address, Decoded};
use crate::field::{FieldIndex, Value};
use crate::limits::{MAX_HOST_NAME, MAX_HOSTS};
use crate::proto::id;
use crate::registry::{self, FieldRef, ProtocolId};

/// The table of names.
#[derive(Debug)]
pub(crate) struct Hosts {
    /// Addresses are chosen by peers: hashed with a random key.
    names: HashMap<Address, Name>,
    /// Learned from the current packet; they count from the next one on, as in Wireshark.
    new: Vec<(Address, String)>,
    /// Whether packets are asked for names.
    pub(crate) learns: bool,
    dns: Dns,
    dhcp: Dhcp,
}

#[derive(Debug)]
struct Name {
    text: String,
    /// Given by the user: what the capture says does not change it.
    given: bool,
}

/// The rows of the fields that carry names and addresses.
#[derive(Debug)]
struct Dns {
    owner: FieldIndex,
    a: FieldIndex,
    aaaa: FieldIndex,
}

#[derive(Debug)]
struct Dhcp {
    name: FieldIndex,
    yours: FieldIndex,
    requested: FieldIndex,
    client: FieldIndex,
}

impl Hosts {
    pub(crate) fn new() -> Self {
        Self {
            names: HashMap::new(),
            new: Vec::new(),
            learns: false,
            dns: Dns { owner: row("dns.resp.name"), a: row("dns.a"), aaaa: row("dns.aaaa") },
            dhcp: Dhcp {
                name: row("dhcp.option.hostname"),
                yours: row("dhcp.ip.your"),
                requested: row("dhcp.option.requested_ip_address"),
                client: row("dhcp.ip.client"),
            },
        }
    }

    pub(crate) fn name(&self, address: Address) -> Option<&str> {
        self.names.get(&address).map(|name| name.text.as_str())
    }

    /// Takes a name; of several for an address the last one counts, but for one that was given. False when the table is
    /// full. What is no name that can be shown is passed over.
    pub(crate) fn set(&mut self, address: Address, name: &[u8], given: bool) -> bool {
        let Some(text) = shown(name) else { return true };
        let full = self.names.len() >= MAX_HOSTS;
        match self.names.get_mut(&address) {
            Some(known) if known.given && !given => {}
            Some(known) => *known = Name { text: text.to_owned(), given },
            None if full => return false,
            None => {
                self.names.insert(address, Name { text: text.to_owned(), given });
            }
        }
        true
    }

    /// Takes what the packet before told. Returns how many names found no room.
    pub(crate) fn settle(&mut self) -> u64 {
        let mut dropped = 0;
        for (address, name) in std::mem::take(&mut self.new) {
            dropped += u64::from(!self.set(address, name.as_bytes(), false));
        }
        dropped
    }

    /// Looks for names in a packet.
    pub(crate) fn learn(&mut self, packet: &Decoded<'_>) {
        for layer in packet.layers() {
            match layer.protocol {
                id::dns => self.learn_from_dns(packet, layer),
                id::dhcp => self.learn_from_dhcp(packet, layer),
                _ => {}
            }
        }
    }

    /// Each address record of an answer names its owner (RFC 1035 §3.4.1, RFC 3596 §2.2).
    fn learn_from_dns(&mut self, packet: &Decoded<'_>, layer: &crate::Layer) {
        let Dns { owner, a, aaaa } = self.dns;
        let mut name = String::new();
        packet.layer_values(layer, &|row| [owner, a, aaaa].contains(&row), &mut |_, _, value| match value {
            Value::Text(text) => {
                name.clear();
                name.push_str(shown(text).unwrap_or_default());
            }
            Value::Ip4(address) => self.new.push((Address::Ip4(address), name.clone())),
            Value::Ip6(address) => self.new.push((Address::Ip6(address), name.clone())),
            _ => {}
        });
    }

    /// A client says its name (RFC 2132 §3.14) with the address that it has, gets or asks for.
    fn learn_from_dhcp(&mut self, packet: &Decoded<'_>, layer: &crate::Layer) {
        let Dhcp { name: host, yours, requested, client } = self.dhcp;
        let mut name = None;
        let mut addresses = [None; 3];
        let wanted = [yours, requested, client];
        packet.layer_values(layer, &|row| row == host || wanted.contains(&row), &mut |row, _, value| {
            match value {
                Value::Text(text) => name = shown(text).map(str::to_owned),
                Value::Ip4(address) if address != [0; 4] => {
                    if let Some(place) = wanted.iter().position(|&wanted| wanted == row) {
                        addresses[place] = Some(address);
                    }
                }
                _ => {}
            }
        });
        if let (Some(name), Some(address)) = (name, addresses.into_iter().flatten().next()) {
            self.new.push((Address::Ip4(address), name));
        }
    }
}

/// A name as it is shown; none for what is too long or could be taken for something else.
fn shown(name: &[u8]) -> Option<&str> {
    let text = str::from_utf8(name).ok()?;
    let plain = text.chars().all(|c| c.is_ascii_graphic() || c.is_alphanumeric());
    (plain && !text.is_empty() && text.len() <= MAX_HOST_NAME).then_some(text)
}

/// The row of a field that is no alias.
fn row(name: &str) -> FieldIndex {
    let none = FieldIndex(u16::MAX);
    registry::field(name).and_then(|field: FieldRef| field.fields().next()).map_or(none, |(index, _)| index)
}

/// Whether a layer of this protocol may carry names.
pub(crate) const fn has_names(protocol: ProtocolId) -> bool {
    matches!(protocol, id::dns | id::dhcp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_name_counts_but_for_given_ones() {
        let mut hosts = Hosts::new();
        let address = Address::Ip4([10, 0, 0, 1]);
        for (name, given, expected) in
            [("a", false, "a"), ("b", false, "b"), ("c", true, "c"), ("d", false, "c"), ("e", true, "e")]
        {
            assert!(hosts.set(address, name.as_bytes(), given));
            assert_eq!(hosts.name(address), Some(expected));
        }
    }

    #[test]
    fn what_is_no_name_is_passed_over() {
        let mut hosts = Hosts::new();
        let address = Address::Ip6([1; 16]);
        for name in [&b""[..], b"a b", b"\x1b[2J", b"\xff", "\u{85}".as_bytes(), &[b'a'; 256]] {
            hosts.set(address, name, false);
            assert_eq!(hosts.name(address), None);
        }
        hosts.set(address, "bücher.example".as_bytes(), false);
        assert_eq!(hosts.name(address), Some("bücher.example"));
    }

    #[test]
    fn the_table_is_bounded() {
        let mut hosts = Hosts::new();
        let address = |n: usize| Address::Ip4((n as u32).to_be_bytes());
        assert!((0..MAX_HOSTS).all(|n| hosts.set(address(n), b"a", false)));
        assert!(!hosts.set(address(MAX_HOSTS), b"a", false));
        assert!(hosts.set(address(0), b"b", false));
    }
}
