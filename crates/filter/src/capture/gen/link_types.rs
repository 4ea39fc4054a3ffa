//! Where the headers are in a packet of each link type.

use plaintap_packet::LinkType;

use crate::capture::error::Error;

/// How the payload's type is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Ethernet II and 802.3.
    Ethernet,
    /// 802.11, with one of the headers that drivers put before it.
    Wlan(Radio),
    /// LLC behind a header of constant length.
    Llc(Medium),
    /// An EtherType in the header.
    EtherType,
    /// Linux cooked, version 1: an EtherType, or 1 and 4 for 802.3 and 802.2.
    LinuxCooked,
    /// IPv4 or IPv6 by the version.
    Raw,
    Ipv4,
    Ipv6,
    /// A PPP protocol number.
    Ppp,
    /// The same, with compressed TCP/IP among it.
    PppBsdos,
    /// An address family in the byte order of the machine that captured.
    FamilyOfMachine,
    /// An address family in network byte order.
    FamilyInNetworkOrder,
    CiscoHdlc,
    FrameRelay,
    Arcnet,
    LocalTalk,
    Pflog,
    SunAtm,
    Ipnet,
    Juniper,
    Mtp2,
    /// Only `link[N]` and the length can be tested.
    Opaque,
}

/// What stands before the 802.11 header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Radio {
    Nothing,
    Radiotap,
    Prism,
    Avs,
    Ppi,
}

/// Networks whose packets begin with a header of constant length and LLC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Medium {
    Fddi,
    TokenRing,
    AtmRfc1483,
    AtmClassicalIp,
    FibreChannel,
}

/// One link type. Offsets count from the packet's first byte, `network` and `network_without_snap` from the payload.
#[derive(Debug)]
pub(super) struct LinkRow {
    pub(super) link_type: u16,
    /// The DLT_ name, without DLT_.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) header: u32,
    pub(super) type_field: Option<u32>,
    pub(super) payload: Option<u32>,
    pub(super) network: u32,
    pub(super) network_without_snap: u32,
}

/// The link type of a DLT_ name such as `EN10MB` or `LINUX_SLL`, with or without `DLT_`; case does not matter.
pub fn link_type_by_name(name: &str) -> Option<LinkType> {
    let prefix = name.get(..4).filter(|prefix| prefix.eq_ignore_ascii_case("DLT_"));
    let name = prefix.map_or(name, |_| &name[4..]);
    ROWS.iter().find(|row| row.name.eq_ignore_ascii_case(name)).map(|row| LinkType(row.link_type))
}

/// The DLT_ name of a link type, without DLT_.
pub fn link_type_name(link_type: LinkType) -> Option<&'static str> {
    ROWS.iter().find(|row| row.link_type == link_type.0).map(|row| row.name)
}

/// The row of a link type. Those of the registry that are not in the table have no more than bytes to test.
pub(super) fn row(link_type: LinkType) -> Result<&'static LinkRow, Error> {
    /// From here on numbers mean the same on all systems.
    const FIRST_COMMON: u16 = 104;
    match ROWS.iter().find(|row| row.link_type == link_type.0) {
        Some(row) => Ok(row),
        None if link_type.0 >= FIRST_COMMON => Ok(&OPAQUE),
        None => Err(Error::UnknownLinkType { link_type: link_type.0 }),
    }
}

/// What to call the link layer that an expression speaks of.
pub(super) fn describe(row: &LinkRow, kind: Kind) -> String {
    if kind == row.kind { row.name.to_owned() } else { format!("{kind:?} inside {}", row.name) }
}

static OPAQUE: LinkRow = opaque(u16::MAX, "of that number");

const fn simple(link_type: u16, name: &'static str, kind: Kind, type_field: u32, payload: u32) -> LinkRow {
    LinkRow {
        link_type,
        name,
        kind,
        header: 0,
        type_field: Some(type_field),
        payload: Some(payload),
        network: 0,
        network_without_snap: 0,
    }
}

/// No field for the payload's type.
const fn untyped(link_type: u16, name: &'static str, kind: Kind, payload: u32) -> LinkRow {
    LinkRow { type_field: None, ..simple(link_type, name, kind, 0, payload) }
}

/// LLC and SNAP behind the header, which make eight bytes.
const fn llc(link_type: u16, name: &'static str, kind: Kind, payload: u32) -> LinkRow {
    LinkRow { network: 8, network_without_snap: 3, ..simple(link_type, name, kind, payload, payload) }
}

const fn ethernet(link_type: u16, name: &'static str, header: u32) -> LinkRow {
    LinkRow {
        header,
        network_without_snap: 3,
        ..simple(link_type, name, Kind::Ethernet, header + 12, header + 14)
    }
}

/// The link header's length is variable, so the payload's place is found when it is known what stands before it.
const fn wlan(link_type: u16, name: &'static str, radio: Radio) -> LinkRow {
    llc(link_type, name, Kind::Wlan(radio), 0)
}

/// The type is told by a magic number; where the payload is differs. Those with Ethernet inside have 18 bytes of it.
const fn juniper(
    link_type: u16,
    name: &'static str,
    type_field: u32,
    payload: Option<u32>,
    network: u32,
) -> LinkRow {
    let network_without_snap = if network == 18 { 21 } else { 10 };
    LinkRow {
        payload,
        network,
        network_without_snap,
        ..simple(link_type, name, Kind::Juniper, type_field, 0)
    }
}

const fn opaque(link_type: u16, name: &'static str) -> LinkRow {
    LinkRow { payload: None, ..untyped(link_type, name, Kind::Opaque, 0) }
}

static ROWS: &[LinkRow] = &[
    simple(0, "NULL", Kind::FamilyOfMachine, 0, 4),
    ethernet(1, "EN10MB", 0),
    opaque(2, "EN3MB"),
    opaque(3, "AX25"),
    opaque(4, "PRONET"),
    opaque(5, "CHAOS"),
    llc(6, "IEEE802", Kind::Llc(Medium::TokenRing), 14),
    simple(7, "ARCNET", Kind::Arcnet, 2, 6),
    untyped(8, "SLIP", Kind::Raw, 16),
    simple(9, "PPP", Kind::Ppp, 2, 4),
    llc(10, "FDDI", Kind::Llc(Medium::Fddi), 13),
    untyped(12, "RAW", Kind::Raw, 0),
    simple(50, "PPP_SERIAL", Kind::Ppp, 2, 4),
    simple(51, "PPP_ETHER", Kind::Ppp, 6, 8),
    simple(99, "SYMANTEC_FIREWALL", Kind::EtherType, 6, 44),
    llc(100, "ATM_RFC1483", Kind::Llc(Medium::AtmRfc1483), 0),
    untyped(101, "RAW", Kind::Raw, 0),
    untyped(102, "SLIP_BSDOS", Kind::Raw, 24),
    simple(103, "PPP_BSDOS", Kind::PppBsdos, 5, 24),
    simple(104, "C_HDLC", Kind::CiscoHdlc, 2, 4),
    wlan(105, "IEEE802_11", Radio::Nothing),
    llc(106, "ATM_CLIP", Kind::Llc(Medium::AtmClassicalIp), 0),
    untyped(107, "FRELAY", Kind::FrameRelay, 0),
    simple(108, "LOOP", Kind::FamilyInNetworkOrder, 0, 4),
    simple(109, "ENC", Kind::FamilyOfMachine, 0, 12),
    simple(113, "LINUX_SLL", Kind::LinuxCooked, 14, 16),
    untyped(114, "LTALK", Kind::LocalTalk, 0),
    // The header's length is in its first byte.
    simple(117, "PFLOG", Kind::Pflog, 0, 0),
    wlan(119, "PRISM_HEADER", Radio::Prism),
    llc(122, "IP_OVER_FC", Kind::Llc(Medium::FibreChannel), 16),
    llc(123, "SUNATM", Kind::SunAtm, 4),
    wlan(127, "IEEE802_11_RADIO", Radio::Radiotap),
    simple(129, "ARCNET_LINUX", Kind::Arcnet, 4, 8),
    juniper(130, "JUNIPER_MLPPP", 4, Some(4), 0),
    juniper(131, "JUNIPER_MLFR", 4, Some(4), 0),
    juniper(132, "JUNIPER_ES", 6, None, 0),
    juniper(133, "JUNIPER_GGSN", 6, Some(12), 0),
    juniper(134, "JUNIPER_MFR", 4, Some(4), 0),
    juniper(135, "JUNIPER_ATM2", 8, Some(8), 0),
    juniper(136, "JUNIPER_SERVICES", 12, None, 0),
    juniper(137, "JUNIPER_ATM1", 4, Some(4), 0),
    simple(138, "APPLE_IP_OVER_IEEE1394", Kind::EtherType, 16, 18),
    mtp2(139, "MTP2_WITH_PHDR"),
    mtp2(140, "MTP2"),
    wlan(163, "IEEE802_11_RADIO_AVS", Radio::Avs),
    juniper(164, "JUNIPER_MONITOR", 12, Some(12), 0),
    opaque(165, "BACNET_MS_TP"),
    simple(166, "PPP_PPPD", Kind::Ppp, 2, 4),
    juniper(167, "JUNIPER_PPPOE", 16, Some(14), 18),
    juniper(168, "JUNIPER_PPPOE_ATM", 4, Some(6), 0),
    juniper(178, "JUNIPER_ETHER", 16, Some(14), 18),
    juniper(179, "JUNIPER_PPP", 4, Some(4), 0),
    juniper(180, "JUNIPER_FRELAY", 4, Some(4), 0),
    juniper(181, "JUNIPER_CHDLC", 4, Some(4), 0),
    juniper(183, "JUNIPER_VP", 18, None, 0),
    wlan(192, "PPI", Radio::Ppi),
    juniper(194, "JUNIPER_ISM", 8, None, 0),
    juniper(200, "JUNIPER_ST", 18, None, 0),
    simple(226, "IPNET", Kind::Ipnet, 1, 24),
    untyped(228, "IPV4", Kind::Ipv4, 0),
    untyped(229, "IPV6", Kind::Ipv6, 0),
    juniper(232, "JUNIPER_VS", 8, None, 0),
    juniper(233, "JUNIPER_SRX_E2E", 8, None, 0),
    juniper(234, "JUNIPER_FIBRECHANNEL", 8, None, 0),
    juniper(238, "JUNIPER_ATM_CEMIC", 8, None, 0),
    opaque(239, "NFLOG"),
    ethernet(240, "NETANALYZER", 4),
    ethernet(241, "NETANALYZER_TRANSPARENT", 12),
    simple(276, "LINUX_SLL2", Kind::EtherType, 0, 20),
    opaque(281, "DSA_TAG_BRCM"),
    opaque(282, "DSA_TAG_BRCM_PREPEND"),
    opaque(284, "DSA_TAG_DSA"),
    opaque(285, "DSA_TAG_EDSA"),
];

/// SS7 is tested by fields of its own, never by a payload.
const fn mtp2(link_type: u16, name: &'static str) -> LinkRow {
    LinkRow { kind: Kind::Mtp2, ..opaque(link_type, name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_lead_back() {
        assert!(ROWS.is_sorted_by_key(|row| row.link_type));
        for row in ROWS.iter().filter(|row| row.link_type != 12) {
            assert_eq!(link_type_name(LinkType(row.link_type)), Some(row.name));
        }
        assert_eq!(link_type_by_name("dlt_en10mb"), Some(LinkType::ETHERNET));
        assert_eq!(link_type_by_name("DLT_"), None);
        assert!(row(LinkType(14)).is_err());
        assert!(row(LinkType(256)).is_ok());
    }
}
