//! Link types: what the first byte of a packet is.

use std::fmt;

/// A LINKTYPE_ value of the registry of the tcpdump group (https://www.tcpdump.org/linktypes.html). Any value is legal;
/// the constants name those that plaintap decodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LinkType(pub u16);

macro_rules! link_types {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $label:literal;)*) => {
        impl LinkType {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// The registry's name without the LINKTYPE_ prefix, where plaintap knows it.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($label),)*
                    _ => None,
                }
            }
        }
    };
}

link_types! {
    /// BSD loopback: a 4-byte address family in the byte order of the capturing machine.
    NULL = 0, "NULL";
    /// Ethernet II and 802.3.
    ETHERNET = 1, "ETHERNET";
    /// Raw IPv4 or IPv6; the version nibble says which.
    RAW = 101, "RAW";
    /// OpenBSD loopback: a 4-byte address family in network byte order.
    LOOP = 108, "LOOP";
    /// Linux "cooked" capture, version 1.
    LINUX_SLL = 113, "LINUX_SLL";
    /// Raw IPv4.
    IPV4 = 228, "IPV4";
    /// Raw IPv6.
    IPV6 = 229, "IPV6";
    /// Linux "cooked" capture, version 2.
    LINUX_SLL2 = 276, "LINUX_SLL2";
}

impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "link type {}", self.0),
        }
    }
}
