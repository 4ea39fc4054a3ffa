//! `-N` and `-H` of `read`: where names of hosts come from. Never from the network.

use std::fs;
use std::net::IpAddr;

use anyhow::{Context, Result, bail};
use plaintap_decode::{Address, Decoder};
use plaintap_packet::file::Names;

use crate::args::ReadArguments;

/// See the module.
#[derive(Debug, Default)]
pub struct NameSources {
    packets: bool,
    blocks: bool,
    given: Vec<(Address, String)>,
}

impl NameSources {
    /// What the arguments ask for.
    ///
    /// # Errors
    /// When `-N` has a letter for what there is not, or a file of `-H` cannot be read.
    pub fn new(arguments: &ReadArguments) -> Result<Self> {
        let mut sources = Self::default();
        for letter in arguments.names.iter().flat_map(|letters| letters.chars()) {
            match letter {
                'd' => sources.packets = true,
                'n' => sources.blocks = true,
                'N' => bail!(
                    "-N {letter}: the network is never asked for names; -N dn shows those in the capture"
                ),
                'm' | 't' | 'v' => bail!("-N {letter}: only hosts have names here, with d and n"),
                _ => bail!(
                    "-N {letter}: expected d (names that packets tell) or n (names in blocks of the file)"
                ),
            }
        }
        for path in &arguments.hosts {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            sources.given.extend(of_hosts(&text).with_context(|| path.display().to_string())?);
        }
        Ok(sources)
    }

    /// Whether packets have to be decoded for their names.
    pub const fn of_packets(&self) -> bool {
        self.packets
    }

    /// Tells a decoder what is known before the first packet.
    pub fn prepare(&self, mut decoder: Decoder) -> Decoder {
        if self.packets {
            decoder.learn_names();
        }
        for (address, name) in &self.given {
            decoder.set_host(*address, name.as_bytes(), true);
        }
        decoder
    }

    /// Takes the names of a block.
    pub fn of_block(&self, names: Names<'_>, decoder: &mut Decoder) {
        if self.blocks {
            for (address, name) in names.hosts() {
                decoder.set_host(of_ip(address), name, false);
            }
        }
    }
}

/// Lines of an address and its name (hosts(5)). Other names of the address are passed over.
fn of_hosts(text: &str) -> Result<Vec<(Address, String)>> {
    let mut hosts = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut words = line.split('#').next().unwrap_or("").split_whitespace();
        let Some(address) = words.next() else { continue };
        let Ok(address) = address.parse::<IpAddr>() else {
            bail!("line {}: expected an IP address, found {address:?}", number + 1);
        };
        let Some(name) = words.next() else {
            bail!("line {}: expected a name behind the address", number + 1)
        };
        hosts.push((of_ip(address), name.to_owned()));
    }
    Ok(hosts)
}

fn of_ip(address: IpAddr) -> Address {
    match address {
        IpAddr::V4(address) => Address::Ip4(address.octets()),
        IpAddr::V6(address) => Address::Ip6(address.octets()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_files_are_read() {
        let hosts = of_hosts("# local\n127.0.0.1\tlocalhost me # here\n\n ::1 ip6\n").unwrap();
        assert_eq!(hosts[0], (Address::Ip4([127, 0, 0, 1]), "localhost".to_owned()));
        assert_eq!(hosts.len(), 2);
        assert_eq!(of_hosts("a b").unwrap_err().to_string(), "line 1: expected an IP address, found \"a\"");
        assert!(of_hosts("1.2.3.4").is_err());
    }
}
