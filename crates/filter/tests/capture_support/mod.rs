//! Where the corpus is, and names as libpcap's own tests want them in /etc.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use plaintap_filter::capture::Names;

/// The corpus, if it is there; else says so.
pub(crate) fn corpus() -> Option<PathBuf> {
    let path = match std::env::var_os("PLAINTAP_CORPUS") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
    };
    if path.join("filters").exists() {
        return Some(path);
    }
    println!("skipped: corpus not found at {}", path.display());
    None
}

/// The text of an .xz file.
pub(crate) fn unpacked(path: &Path) -> String {
    let output = Command::new("xz").arg("-dc").arg(path).output().expect("xz");
    assert!(output.status.success(), "xz -dc {}", path.display());
    String::from_utf8(output.stdout).expect("text")
}

/// The names of this machine's files, and those that libpcap's tests define (testprogs/TESTrun, `--print-etc-hosts`).
pub(crate) fn names() -> Names {
    let file = |name: &str| fs::read_to_string(name).unwrap_or_default();
    let hosts = "10.20.30.40 noeth-ipv4-noipv6.host123.libpcap.test eth-ipv4-noipv6.host123.libpcap.test\n\
        10.20.30.40 noeth-ipv4-ipv6.host123.libpcap.test eth-ipv4-ipv6.host123.libpcap.test\n\
        fd00:1234:5678:def0::a noeth-noipv4-ipv6.host123.libpcap.test eth-noipv4-ipv6.host123.libpcap.test\n\
        fd00:1234:5678:def0::a noeth-ipv4-ipv6.host123.libpcap.test eth-ipv4-ipv6.host123.libpcap.test\n\
        192.0.2.1 eth-ipv4x4-noipv6.host357.libpcap.test eth-ipv4x4-ipv6x2.host357.libpcap.test\n\
        192.0.2.2 eth-ipv4x4-noipv6.host357.libpcap.test eth-ipv4x4-ipv6x2.host357.libpcap.test\n\
        2001:db8::1 eth-noipv4-ipv6x2.host357.libpcap.test eth-ipv4x4-ipv6x2.host357.libpcap.test\n\
        2001:db8::2 eth-noipv4-ipv6x2.host357.libpcap.test eth-ipv4x4-ipv6x2.host357.libpcap.test\n";
    let ethers = "ab:cd:ef:01:23:45 eth-noipv4-noipv6.host123.libpcap.test\n";
    let networks = "net-10-0-0-0.libpcap.test 10.0.0.0\nnet-10-20-0-0.libpcap.test 10.20.0.0\n\
        net-10-20-30-0.libpcap.test 10.20.30.0\n";
    Names::default()
        .with_hosts(hosts)
        .with_ethers(ethers)
        .with_networks(networks)
        .with_services(&file("/etc/services"))
        .with_protocols(&file("/etc/protocols"))
}
