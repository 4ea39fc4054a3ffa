//! Names of the values of attributes (RFC 2865 to RFC 2868, RFC 5176 §3.5, and the registry of IANA).

use crate::field::ValueNames;

pub(super) const SERVICE_TYPES: ValueNames = &[
    (1, "Login"),
    (2, "Framed"),
    (3, "Callback Login"),
    (4, "Callback Framed"),
    (5, "Outbound"),
    (6, "Administrative"),
    (7, "NAS Prompt"),
    (8, "Authenticate Only"),
    (9, "Callback NAS Prompt"),
    (10, "Call Check"),
    (11, "Callback Administrative"),
    (17, "Authorize Only"),
    (18, "Framed-Management"),
];

pub(super) const FRAMED_PROTOCOLS: ValueNames = &[
    (1, "PPP"),
    (2, "SLIP"),
    (3, "ARAP"),
    (4, "Gandalf SLML"),
    (5, "Xylogics IPX/SLIP"),
    (6, "X.75 Synchronous"),
];

pub(super) const LOGIN_SERVICES: ValueNames = &[
    (0, "Telnet"),
    (1, "Rlogin"),
    (2, "TCP-Clear"),
    (3, "PortMaster"),
    (4, "LAT"),
    (5, "X25-PAD"),
    (6, "X25-T3POS"),
    (8, "TCP-Clear-Quiet"),
];

pub(super) const TERMINATION_ACTIONS: ValueNames = &[(0, "Default"), (1, "RADIUS-Request")];

pub(super) const STATUS_TYPES: ValueNames = &[
    (1, "Start"),
    (2, "Stop"),
    (3, "Interim-Update"),
    (7, "Accounting-On"),
    (8, "Accounting-Off"),
    (9, "Tunnel-Start"),
    (10, "Tunnel-Stop"),
    (11, "Tunnel-Reject"),
    (12, "Tunnel-Link-Start"),
    (13, "Tunnel-Link-Stop"),
    (14, "Tunnel-Link-Reject"),
    (15, "Failed"),
];

pub(super) const AUTHENTIC: ValueNames = &[(1, "RADIUS"), (2, "Local"), (3, "Remote"), (4, "Diameter")];

pub(super) const TERMINATE_CAUSES: ValueNames = &[
    (1, "User Request"),
    (2, "Lost Carrier"),
    (3, "Lost Service"),
    (4, "Idle Timeout"),
    (5, "Session Timeout"),
    (6, "Admin Reset"),
    (7, "Admin Reboot"),
    (8, "Port Error"),
    (9, "NAS Error"),
    (10, "NAS Request"),
    (11, "NAS Reboot"),
    (12, "Port Unneeded"),
    (13, "Port Preempted"),
    (14, "Port Suspended"),
    (15, "Service Unavailable"),
    (16, "Callback"),
    (17, "User Error"),
    (18, "Host Request"),
    (19, "Supplicant Restart"),
    (20, "Reauthentication Failure"),
    (21, "Port Reinitialized"),
    (22, "Port Administratively Disabled"),
];

pub(super) const PORT_TYPES: ValueNames = &[
    (0, "Async"),
    (1, "Sync"),
    (2, "ISDN Sync"),
    (3, "ISDN Async V.120"),
    (4, "ISDN Async V.110"),
    (5, "Virtual"),
    (6, "PIAFS"),
    (7, "HDLC Clear Channel"),
    (8, "X.25"),
    (9, "X.75"),
    (10, "G.3 Fax"),
    (11, "SDSL"),
    (12, "ADSL-CAP"),
    (13, "ADSL-DMT"),
    (14, "IDSL"),
    (15, "Ethernet"),
    (16, "xDSL"),
    (17, "Cable"),
    (18, "Wireless - Other"),
    (19, "Wireless - IEEE 802.11"),
    (20, "Token-Ring"),
    (21, "FDDI"),
    (30, "PPPoA"),
    (31, "PPPoEoA"),
    (32, "PPPoEoE"),
    (33, "PPPoEoVLAN"),
    (34, "PPPoEoQinQ"),
];

pub(super) const TUNNEL_TYPES: ValueNames = &[
    (1, "PPTP"),
    (2, "L2F"),
    (3, "L2TP"),
    (4, "ATMP"),
    (5, "VTP"),
    (6, "AH"),
    (7, "IP-IP"),
    (8, "MIN-IP-IP"),
    (9, "ESP"),
    (10, "GRE"),
    (11, "DVS"),
    (12, "IP-in-IP"),
    (13, "VLAN"),
];

pub(super) const TUNNEL_MEDIUM_TYPES: ValueNames = &[
    (1, "IPv4"),
    (2, "IPv6"),
    (3, "NSAP"),
    (4, "HDLC"),
    (5, "BBN 1822"),
    (6, "IEEE-802"),
    (7, "E.163"),
    (8, "E.164"),
    (9, "F.69"),
    (10, "X.121"),
    (11, "IPX"),
    (12, "Appletalk"),
    (13, "Decnet IV"),
    (14, "Banyan Vines"),
    (15, "E.164 with NSAP"),
];

pub(super) const ERROR_CAUSES: ValueNames = &[
    (201, "Residual Session Context Removed"),
    (202, "Invalid EAP Packet (Ignored)"),
    (401, "Unsupported Attribute"),
    (402, "Missing Attribute"),
    (403, "NAS Identification Mismatch"),
    (404, "Invalid Request"),
    (405, "Unsupported Service"),
    (406, "Unsupported Extension"),
    (407, "Invalid Attribute Value"),
    (501, "Administratively Prohibited"),
    (502, "Request Not Routable (Proxy)"),
    (503, "Session Context Not Found"),
    (504, "Session Context Not Removable"),
    (505, "Other Proxy Processing Error"),
    (506, "Resources Unavailable"),
    (507, "Request Initiated"),
    (508, "Multiple Session Selection Unsupported"),
];
