//! Names of values in the NetBIOS name service (RFC 1002) and of its services. Sorted by value.

use crate::field::ValueNames;

/// Operations (RFC 1002 §4.2.1.1).
pub(super) const OPCODES: ValueNames = &[
    (0, "Name query"),
    (5, "Registration"),
    (6, "Release"),
    (7, "WACK"),
    (8, "Refresh"),
    (9, "Refresh (alternate opcode)"),
    (15, "Multi-homed registration"),
];

/// Results.
pub(super) const RCODES: ValueNames = &[
    (0, "No error"),
    (1, "Request was invalidly formatted"),
    (2, "Problem with NBNS, cannot process name"),
    (3, "No such name"),
    (4, "Unsupported request"),
    (5, "Refused"),
    (6, "Name is owned by another node"),
    (7, "Name is in conflict"),
];

/// Record types.
pub(super) const TYPES: ValueNames = &[(1, "A"), (2, "NS"), (10, "NULL"), (32, "NB"), (33, "NBSTAT")];

/// The last byte of a name: the service it stands for.
pub(super) const NAME_TYPES: ValueNames = &[
    (0x00, "Workstation/Redirector"),
    (0x01, "Browser"),
    (0x02, "Workstation/Redirector"),
    (0x03, "Messenger service/Main name"),
    (0x05, "Forwarded name"),
    (0x06, "RAS Server service"),
    (0x1b, "Domain Master Browser"),
    (0x1c, "Domain Controllers"),
    (0x1d, "Local Master Browser"),
    (0x1e, "Browser Election Service"),
    (0x1f, "NetDDE Service"),
    (0x20, "Server service"),
    (0x21, "RAS client service"),
    (0x22, "Exchange Interchange (MSMail Connector)"),
    (0x23, "Exchange Store"),
    (0x24, "Exchange Directory"),
    (0x2b, "Lotus Notes Server service"),
    (0x30, "Modem sharing server service"),
    (0x31, "Modem sharing client service"),
    (0x43, "SMS Clients Remote Control"),
    (0x44, "SMS Administrators Remote Control Tool"),
    (0x45, "SMS Clients Remote Chat"),
    (0x46, "SMS Clients Remote Transfer"),
    (0x4c, "DEC Pathworks TCP/IP Service on Windows NT"),
    (0x52, "DEC Pathworks TCP/IP Service on Windows NT"),
    (0x6a, "Microsoft Exchange IMC"),
    (0x87, "Microsoft Exchange MTA"),
    (0xbe, "Network Monitor Agent"),
    (0xbf, "Network Monitor Analyzer"),
];
