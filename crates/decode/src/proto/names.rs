//! Names of values that several protocols share. Sorted by value.

use crate::field::ValueNames;

/// Ethernet types (IEEE registry).
pub(super) const ETHER_TYPES: ValueNames = &[
    (0x0800, "IPv4"),
    (0x0806, "ARP"),
    (0x0842, "Wake on LAN"),
    (0x22f0, "Audio Video Transport Protocol"),
    (0x8035, "RARP"),
    (0x8100, "802.1Q Virtual LAN"),
    (0x86dd, "IPv6"),
    (0x8808, "MAC Control"),
    (0x8809, "Slow Protocols"),
    (0x8847, "MPLS label switched packet"),
    (0x8848, "MPLS with upstream-assigned label"),
    (0x8863, "PPPoE Discovery"),
    (0x8864, "PPPoE Session"),
    (0x888e, "802.1X Authentication"),
    (0x88a8, "802.1ad Provider Bridge (Q-in-Q)"),
    (0x88cc, "802.1 Link Layer Discovery Protocol (LLDP)"),
    (0x88e5, "802.1AE (MACsec)"),
    (0x88f7, "PTPv2 over Ethernet (IEEE1588)"),
    (0x9000, "Loopback"),
];

/// IP protocol numbers and IPv6 next headers (IANA registry).
pub(super) const IP_PROTOCOLS: ValueNames = &[
    (0, "IPv6 Hop-by-Hop Option"),
    (1, "ICMP"),
    (2, "IGMP"),
    (4, "IPIP"),
    (6, "TCP"),
    (8, "EGP"),
    (17, "UDP"),
    (33, "DCCP"),
    (41, "IPv6"),
    (43, "Routing Header for IPv6"),
    (44, "Fragment Header for IPv6"),
    (46, "Reservation Protocol"),
    (47, "Generic Routing Encapsulation"),
    (50, "Encap Security Payload"),
    (51, "Authentication Header"),
    (58, "ICMPv6"),
    (59, "No Next Header for IPv6"),
    (60, "Destination Options for IPv6"),
    (88, "EIGRP"),
    (89, "OSPF IGP"),
    (103, "PIM"),
    (112, "VRRP"),
    (132, "SCTP"),
    (136, "UDPlite"),
];

/// Hardware types of ARP and of Linux (ARPHRD_).
pub(super) const HARDWARE_TYPES: ValueNames = &[
    (1, "Ethernet"),
    (6, "IEEE 802"),
    (15, "Frame Relay DLCI"),
    (24, "IEEE 1394"),
    (32, "InfiniBand"),
    (512, "PPP"),
    (768, "IPIP"),
    (772, "Loopback"),
    (776, "IPv6-in-IPv4"),
    (778, "GRE over IP"),
    (801, "IEEE 802.11"),
    (803, "IEEE 802.11 + radiotap header"),
    (65534, "None"),
];

/// Differentiated services codepoints (RFC 2474, RFC 2597, RFC 3246).
pub(super) const DSCP: ValueNames = &[
    (0, "Default"),
    (8, "Class Selector 1"),
    (10, "Assured Forwarding 11"),
    (12, "Assured Forwarding 12"),
    (14, "Assured Forwarding 13"),
    (16, "Class Selector 2"),
    (18, "Assured Forwarding 21"),
    (20, "Assured Forwarding 22"),
    (22, "Assured Forwarding 23"),
    (24, "Class Selector 3"),
    (26, "Assured Forwarding 31"),
    (28, "Assured Forwarding 32"),
    (30, "Assured Forwarding 33"),
    (32, "Class Selector 4"),
    (34, "Assured Forwarding 41"),
    (36, "Assured Forwarding 42"),
    (38, "Assured Forwarding 43"),
    (40, "Class Selector 5"),
    (46, "Expedited Forwarding"),
    (48, "Class Selector 6"),
    (56, "Class Selector 7"),
];

/// Explicit congestion notification (RFC 3168 §5).
pub(super) const ECN: ValueNames = &[
    (0, "Not ECN-Capable Transport"),
    (1, "ECN-Capable Transport codepoint '01'"),
    (2, "ECN-Capable Transport codepoint '10'"),
    (3, "Congestion Experienced"),
];
