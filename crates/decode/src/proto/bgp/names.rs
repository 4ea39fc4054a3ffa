//! Names of numbers in BGP, as IANA's registries have them.

use crate::field::ValueNames;

/// Message types (RFC 4271 §4.1).
pub(super) const TYPES: ValueNames = &[
    (1, "OPEN Message"),
    (2, "UPDATE Message"),
    (3, "NOTIFICATION Message"),
    (4, "KEEPALIVE Message"),
    (5, "ROUTE-REFRESH Message"),
    (6, "CAPABILITY Message"),
];

/// Optional parameters of OPEN.
pub(super) const PARAMETERS: ValueNames =
    &[(1, "Authentication"), (2, "Capability"), (255, "Extended Length")];

/// Capability codes.
pub(super) const CAPABILITIES: ValueNames = &[
    (1, "Multiprotocol extensions capability"),
    (2, "Route refresh capability"),
    (3, "Cooperative route filtering capability"),
    (4, "Multiple routes to a destination capability"),
    (5, "Extended Next Hop Encoding"),
    (6, "BGP-Extended Message"),
    (7, "BGPsec capability"),
    (8, "Multiple Labels capability"),
    (9, "BGP Role"),
    (64, "Graceful Restart capability"),
    (65, "Support for 4-octet AS number capability"),
    (67, "Support for Dynamic capability"),
    (68, "Multisession BGP Capability"),
    (69, "Support for Additional Paths"),
    (70, "Enhanced route refresh capability"),
    (71, "Long-Lived Graceful Restart (LLGR) Capability"),
    (73, "FQDN Capability"),
    (128, "Route refresh capability (Cisco)"),
    (130, "Cooperative route filtering capability (Cisco)"),
    (131, "Multisession BGP Capability (Cisco)"),
];

/// Address families.
pub(super) const FAMILIES: ValueNames =
    &[(1, "IPv4"), (2, "IPv6"), (3, "NSAP"), (25, "Layer-2 VPN"), (16388, "BGP-LS")];

/// Subsequent address families.
pub(super) const SUBSEQUENT_FAMILIES: ValueNames = &[
    (1, "Unicast"),
    (2, "Multicast"),
    (3, "Unicast+Multicast"),
    (4, "Labeled Unicast"),
    (5, "MCAST-VPN"),
    (6, "Multi-Segment Pseudowires"),
    (7, "Encapsulation"),
    (64, "Tunnel"),
    (65, "VPLS"),
    (66, "BGP MDT"),
    (70, "EVPN"),
    (71, "BGP-LS"),
    (72, "BGP-LS-VPN"),
    (73, "SR Policy"),
    (128, "Labeled VPN Unicast"),
    (129, "Labeled VPN Multicast"),
    (132, "Route Target Filter"),
    (133, "Flow Spec Filter"),
    (134, "Flow Spec Filter VPN"),
    (140, "VPN Auto-Discovery"),
];

/// Directions of additional paths and route filters.
pub(super) const SEND_RECEIVE: ValueNames = &[(1, "Receive"), (2, "Send"), (3, "Both")];

/// Path attributes.
pub(super) const ATTRIBUTES: ValueNames = &[
    (1, "ORIGIN"),
    (2, "AS_PATH"),
    (3, "NEXT_HOP"),
    (4, "MULTI_EXIT_DISC"),
    (5, "LOCAL_PREF"),
    (6, "ATOMIC_AGGREGATE"),
    (7, "AGGREGATOR"),
    (8, "COMMUNITIES"),
    (9, "ORIGINATOR_ID"),
    (10, "CLUSTER_LIST"),
    (14, "MP_REACH_NLRI"),
    (15, "MP_UNREACH_NLRI"),
    (16, "EXTENDED_COMMUNITIES"),
    (17, "AS4_PATH"),
    (18, "AS4_AGGREGATOR"),
    (22, "PMSI_TUNNEL_ATTRIBUTE"),
    (23, "TUNNEL_ENCAPSULATION_ATTRIBUTE"),
    (24, "TRAFFIC_ENGINEERING"),
    (25, "IPV6_EXTENDED_COMMUNITIES"),
    (26, "AIGP"),
    (27, "PE_DISTINGUISHER_LABELS"),
    (29, "LINK_STATE"),
    (32, "LARGE_COMMUNITY"),
    (33, "BGPsec_Path"),
    (35, "ONLY_TO_CUSTOMER"),
    (36, "D-PATH"),
    (40, "BGP_PREFIX_SID"),
    (128, "ATTR_SET"),
];

/// Values of ORIGIN.
pub(super) const ORIGINS: ValueNames = &[(0, "IGP"), (1, "EGP"), (2, "INCOMPLETE")];

/// Segments of an AS path.
pub(super) const SEGMENTS: ValueNames =
    &[(1, "AS_SET"), (2, "AS_SEQUENCE"), (3, "AS_CONFED_SEQUENCE"), (4, "AS_CONFED_SET")];

/// Well-known communities.
pub(super) const COMMUNITY_NAMES: ValueNames = &[
    (0xffff_0000, "GRACEFUL_SHUTDOWN"),
    (0xffff_0001, "ACCEPT_OWN"),
    (0xffff_0002, "ROUTE_FILTER_TRANSLATED_V4"),
    (0xffff_0003, "ROUTE_FILTER_V4"),
    (0xffff_0004, "ROUTE_FILTER_TRANSLATED_V6"),
    (0xffff_0005, "ROUTE_FILTER_V6"),
    (0xffff_0006, "LLGR_STALE"),
    (0xffff_0007, "NO_LLGR"),
    (0xffff_0008, "ACCEPT_OWN_NEXTHOP"),
    (0xffff_029a, "BLACKHOLE"),
    (0xffff_ff01, "NO_EXPORT"),
    (0xffff_ff02, "NO_ADVERTISE"),
    (0xffff_ff03, "NO_EXPORT_SUBCONFED"),
    (0xffff_ff04, "NOPEER"),
];

/// Tunnels for multicast (RFC 6514 §5).
pub(super) const PMSI_TYPES: ValueNames = &[
    (0, "Type is not present"),
    (1, "RSVP-TE P2MP LSP"),
    (2, "mLDP P2MP LSP"),
    (3, "PIM SSM Tree"),
    (4, "PIM SM Tree"),
    (5, "PIM Bidir Tree"),
    (6, "Ingress replication"),
    (7, "mLDP MP2MP LSP"),
];

/// Types of extended communities (RFC 7153 §5.1).
pub(super) const EXT_TYPES: ValueNames = &[
    (0x00, "Transitive 2-Octet AS-Specific"),
    (0x01, "Transitive IPv4-Address-Specific"),
    (0x02, "Transitive 4-Octet AS-Specific"),
    (0x03, "Transitive Opaque"),
    (0x04, "Transitive QoS Marking"),
    (0x05, "Transitive CoS Capability"),
    (0x06, "Transitive EVPN"),
    (0x08, "Transitive Flow spec redirect/mirror"),
    (0x40, "Non-Transitive 2-Octet AS-Specific"),
    (0x41, "Non-Transitive IPv4-Address-Specific"),
    (0x42, "Non-Transitive 4-Octet AS-Specific"),
    (0x43, "Non-Transitive Opaque"),
    (0x44, "Non-Transitive QoS Marking"),
    (0x80, "Generic Transitive Experimental Use"),
    (0x81, "Generic Transitive Experimental Use Part 2"),
    (0x82, "Generic Transitive Experimental Use Part 3"),
];

/// Subtypes of what begins with an AS number.
pub(super) const EXT_AS_SUBTYPES: ValueNames = &[
    (0x02, "Route Target"),
    (0x03, "Route Origin"),
    (0x04, "Link Bandwidth"),
    (0x05, "OSPF Domain Identifier"),
    (0x08, "BGP Data Collection"),
    (0x09, "Source AS"),
    (0x0a, "L2VPN Identifier"),
    (0x10, "Cisco VPN-Distinguisher"),
];

/// Subtypes of what begins with an IPv4 address.
pub(super) const EXT_IP4_SUBTYPES: ValueNames = &[
    (0x02, "Route Target"),
    (0x03, "Route Origin"),
    (0x05, "OSPF Domain Identifier"),
    (0x07, "OSPF Route ID"),
    (0x0a, "L2VPN Identifier"),
    (0x0b, "VRF Route Import"),
    (0x10, "Cisco VPN-Distinguisher"),
    (0x12, "Inter-Area P2MP Segmented Next-Hop"),
];

/// Subtypes of opaque communities.
pub(super) const EXT_OPAQUE_SUBTYPES: ValueNames = &[
    (0x01, "Cost"),
    (0x03, "CP-ORF"),
    (0x06, "OSPF Route Type"),
    (0x0b, "Color"),
    (0x0c, "Encapsulation"),
    (0x0d, "Default Gateway"),
];

/// Subtypes of EVPN.
pub(super) const EXT_EVPN_SUBTYPES: ValueNames = &[
    (0x00, "MAC Mobility"),
    (0x01, "ESI MPLS Label"),
    (0x02, "ES Import"),
    (0x03, "EVPN Router's MAC"),
    (0x04, "Layer 2 Attributes"),
    (0x05, "E-Tree"),
    (0x06, "DF Election"),
];

/// Subtypes of experimental communities.
pub(super) const EXT_EXP_SUBTYPES: ValueNames = &[
    (0x00, "OSPF Route Type"),
    (0x01, "OSPF Router ID"),
    (0x05, "OSPF Domain Identifier"),
    (0x06, "Flow spec traffic-rate"),
    (0x07, "Flow spec traffic-action"),
    (0x08, "Flow spec redirect AS 2 bytes"),
    (0x09, "Flow spec traffic-remarking"),
    (0x0a, "Layer2 Info"),
];

/// Tunnels (RFC 9012 §13).
pub(super) const TUNNEL_TYPES: ValueNames = &[
    (1, "L2TPv3 over IP"),
    (2, "GRE"),
    (7, "IP in IP"),
    (8, "VXLAN Encapsulation"),
    (9, "NVGRE Encapsulation"),
    (10, "MPLS Encapsulation"),
    (11, "MPLS in GRE Encapsulation"),
    (12, "VXLAN GPE Encapsulation"),
    (13, "MPLS in UDP Encapsulation"),
    (15, "SR TE Policy Type"),
    (19, "GENEVE Encapsulation"),
];

/// Routes of EVPN.
pub(super) const EVPN_ROUTES: ValueNames = &[
    (1, "Ethernet AD Route"),
    (2, "MAC Advertisement Route"),
    (3, "Inclusive Multicast Route"),
    (4, "Ethernet Segment Route"),
    (5, "IP Prefix route"),
    (6, "Selective Multicast Ethernet Tag Route"),
    (7, "Multicast Join Synch Route"),
    (8, "Multicast Leave Synch Route"),
];

/// Ethernet segment identifiers (RFC 7432 §5).
pub(super) const ESI_TYPES: ValueNames = &[
    (0, "ESI 9 bytes value"),
    (1, "ESI LACP 802.1AX defined"),
    (2, "ESI MST defined"),
    (3, "ESI MAC address defined"),
    (4, "ESI Router ID"),
    (5, "ESI Autonomous System"),
];

/// Error codes (RFC 4271 §6).
pub(super) const ERRORS: ValueNames = &[
    (1, "Message Header Error"),
    (2, "OPEN Message Error"),
    (3, "UPDATE Message Error"),
    (4, "Hold Timer Expired"),
    (5, "Finite State Machine Error"),
    (6, "Cease"),
    (7, "ROUTE-REFRESH Message Error"),
];

/// Of message headers (§6.1).
pub(super) const HEADER_ERRORS: ValueNames =
    &[(1, "Connection Not Synchronized"), (2, "Bad Message Length"), (3, "Bad Message Type")];

/// Of OPEN (§6.2).
pub(super) const OPEN_ERRORS: ValueNames = &[
    (1, "Unsupported Version Number"),
    (2, "Bad Peer AS"),
    (3, "Bad BGP Identifier"),
    (4, "Unsupported Optional Parameter"),
    (5, "Authentication Failure [Deprecated]"),
    (6, "Unacceptable Hold Time"),
    (7, "Unsupported Capability"),
    (11, "Role Mismatch"),
];

/// Of UPDATE (§6.3).
pub(super) const UPDATE_ERRORS: ValueNames = &[
    (1, "Malformed Attribute List"),
    (2, "Unrecognized Well-known Attribute"),
    (3, "Missing Well-known Attribute"),
    (4, "Attribute Flags Error"),
    (5, "Attribute Length Error"),
    (6, "Invalid ORIGIN Attribute"),
    (7, "AS Routing Loop [Deprecated]"),
    (8, "Invalid NEXT_HOP Attribute"),
    (9, "Optional Attribute Error"),
    (10, "Invalid Network Field"),
    (11, "Malformed AS_PATH"),
];

/// Of the state machine (RFC 6608).
pub(super) const STATE_ERRORS: ValueNames = &[
    (0, "Unspecified Error"),
    (1, "Receive Unexpected Message in OpenSent State"),
    (2, "Receive Unexpected Message in OpenConfirm State"),
    (3, "Receive Unexpected Message in Established State"),
];

/// Why a session ends (RFC 4486, RFC 8538).
pub(super) const CEASES: ValueNames = &[
    (1, "Maximum Number of Prefixes Reached"),
    (2, "Administratively Shutdown"),
    (3, "Peer De-configured"),
    (4, "Administratively Reset"),
    (5, "Connection Rejected"),
    (6, "Other Configuration Change"),
    (7, "Connection Collision Resolution"),
    (8, "Out of Resources"),
    (9, "Hard Reset"),
    (10, "BFD Down"),
];

/// Of ROUTE-REFRESH (RFC 7313 §3.2).
pub(super) const REFRESHES: ValueNames = &[
    (0, "Normal route refresh request [RFC2918] with/without ORF [RFC5291]"),
    (1, "Demarcation of the beginning of a route refresh"),
    (2, "Demarcation of the ending of a route refresh"),
];
