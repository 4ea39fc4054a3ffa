//! Link types: what the first byte of a packet is.

use std::fmt;

/// A LINKTYPE_ value of the registry of the tcpdump group (<https://www.tcpdump.org/linktypes.html>). Any value is legal;
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
                    value => other_name(value),
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
    /// SLIP with a direction and a compression header.
    SLIP = 8, "SLIP";
    /// PPP, with or without its HDLC address and control bytes.
    PPP = 9, "PPP";
    /// Raw IP as written where DLT_RAW is 12: most systems.
    RAW_12 = 12, "RAW (12)";
    /// Raw IP as written where DLT_RAW is 14: OpenBSD.
    RAW_14 = 14, "RAW (14)";
    /// PPP in HDLC-like framing (RFC 1662) or Cisco HDLC.
    PPP_HDLC = 50, "PPP_HDLC";
    /// PPPoE session packets.
    PPP_ETHER = 51, "PPP_ETHER";
    /// Raw IPv4 or IPv6; the version nibble says which.
    RAW = 101, "RAW";
    /// Cisco PPP with HDLC framing.
    C_HDLC = 104, "C_HDLC";
    /// 802.11 without a radio header.
    IEEE802_11 = 105, "IEEE802_11";
    /// Frame Relay.
    FRELAY = 107, "FRELAY";
    /// OpenBSD loopback: a 4-byte address family in network byte order.
    LOOP = 108, "LOOP";
    /// Linux "cooked" capture, version 1.
    LINUX_SLL = 113, "LINUX_SLL";
    /// Prism monitor header before 802.11.
    IEEE802_11_PRISM = 119, "IEEE802_11_PRISM";
    /// Radiotap header before 802.11.
    IEEE802_11_RADIOTAP = 127, "IEEE802_11_RADIOTAP";
    /// ARCNET as Linux gives it.
    ARCNET_LINUX = 129, "ARCNET_LINUX";
    /// AVS header before 802.11.
    IEEE802_11_AVS = 163, "IEEE802_11_AVS";
    /// Ethernet behind a header of Juniper's routers.
    JUNIPER_ETHER = 178, "JUNIPER_ETHER";
    /// Linux USB with a 48-byte header.
    USB_LINUX = 189, "USB_LINUX";
    /// Bluetooth HCI (UART) packets.
    BLUETOOTH_HCI_H4 = 187, "BLUETOOTH_HCI_H4";
    /// Per-packet information header.
    PPI = 192, "PPI";
    /// Bluetooth HCI packets behind a 4-byte direction.
    BLUETOOTH_HCI_H4_WITH_PHDR = 201, "BLUETOOTH_HCI_H4_WITH_PHDR";
    /// PPP behind a one-byte direction.
    PPP_WITH_DIR = 204, "PPP_WITH_DIR";
    /// Frame Relay behind a one-byte direction.
    FRELAY_WITH_DIR = 206, "FRELAY_WITH_DIR";
    /// Linux USB with a 64-byte header.
    USB_LINUX_MMAPPED = 220, "USB_LINUX_MMAPPED";
    /// Raw IPv4.
    IPV4 = 228, "IPV4";
    /// Raw IPv6.
    IPV6 = 229, "IPV6";
    /// Linux netfilter log messages.
    NFLOG = 239, "NFLOG";
    /// USBPcap of Windows.
    USBPCAP = 249, "USBPCAP";
    /// Bluetooth Linux monitor.
    BLUETOOTH_LINUX_MONITOR = 254, "BLUETOOTH_LINUX_MONITOR";
    /// Apple's packets with process information.
    PKTAP = 258, "PKTAP";
    /// USB of macOS.
    USB_DARWIN = 266, "USB_DARWIN";
    /// Linux vsock monitoring.
    VSOCK = 271, "VSOCK";
    /// Linux "cooked" capture, version 2.
    LINUX_SLL2 = 276, "LINUX_SLL2";
    /// USB 2.0 packets of unknown speed.
    USB_2_0 = 288, "USB_2_0";
}

/// Link types that are named but not decoded.
const OTHER: &[(u16, &str)] = &[
    (2, "EXP_ETHERNET"),
    (3, "AX25"),
    (4, "PRONET"),
    (5, "CHAOS"),
    (6, "IEEE802_5"),
    (7, "ARCNET_BSD"),
    (10, "FDDI"),
    (100, "ATM_RFC1483"),
    (106, "ATM_CLIP"),
    (109, "ENC"),
    (114, "LTALK"),
    (115, "ECONET"),
    (117, "PFLOG"),
    (118, "CISCO_IOS"),
    (122, "IP_OVER_FC"),
    (123, "SUNATM"),
    (130, "JUNIPER_MLPPP"),
    (131, "JUNIPER_MLFR"),
    (132, "JUNIPER_ES"),
    (133, "JUNIPER_GGSN"),
    (134, "JUNIPER_MFR"),
    (135, "JUNIPER_ATM2"),
    (136, "JUNIPER_SERVICES"),
    (137, "JUNIPER_ATM1"),
    (138, "APPLE_IP_OVER_IEEE1394"),
    (139, "MTP2_WITH_PHDR"),
    (140, "MTP2"),
    (141, "MTP3"),
    (142, "SCCP"),
    (143, "DOCSIS"),
    (144, "LINUX_IRDA"),
    (147, "USER0"),
    (148, "USER1"),
    (149, "USER2"),
    (150, "USER3"),
    (151, "USER4"),
    (152, "USER5"),
    (153, "USER6"),
    (154, "USER7"),
    (155, "USER8"),
    (156, "USER9"),
    (157, "USER10"),
    (158, "USER11"),
    (159, "USER12"),
    (160, "USER13"),
    (161, "USER14"),
    (162, "USER15"),
    (164, "JUNIPER_MONITOR"),
    (165, "BACNET_MS_TP"),
    (166, "PPP_PPPD"),
    (167, "JUNIPER_PPPOE"),
    (168, "JUNIPER_PPPOE_ATM"),
    (169, "GPRS_LLC"),
    (170, "GPF_T"),
    (171, "GPF_F"),
    (174, "JUNIPER_PIC_PEER"),
    (175, "ERF_ETH"),
    (176, "ERF_POS"),
    (177, "LINUX_LAPD"),
    (179, "JUNIPER_PPP"),
    (180, "JUNIPER_FRELAY"),
    (181, "JUNIPER_CHDLC"),
    (182, "MFR"),
    (183, "JUNIPER_VP"),
    (184, "A429"),
    (185, "A653_ICM"),
    (186, "USB_FREEBSD"),
    (188, "IEEE802_16_MAC_CPS"),
    (190, "CAN20B"),
    (191, "IEEE802_15_4_LINUX"),
    (193, "IEEE802_16_MAC_CPS_RADIO"),
    (194, "JUNIPER_ISM"),
    (195, "IEEE802_15_4_WITHFCS"),
    (196, "SITA"),
    (197, "ERF"),
    (198, "RAIF1"),
    (199, "IPMB_KONTRON"),
    (200, "JUNIPER_ST"),
    (202, "AX25_KISS"),
    (203, "LAPD"),
    (205, "C_HDLC_WITH_DIR"),
    (207, "LAPB_WITH_DIR"),
    (209, "I2C_LINUX"),
    (210, "FLEXRAY"),
    (211, "MOST"),
    (212, "LIN"),
    (213, "X2E_SERIAL"),
    (214, "X2E_XORAYA"),
    (215, "IEEE802_15_4_NONASK_PHY"),
    (216, "LINUX_EVDEV"),
    (217, "GSMTAP_UM"),
    (218, "GSMTAP_ABIS"),
    (219, "MPLS"),
    (221, "DECT"),
    (222, "AOS"),
    (223, "WIHART"),
    (224, "FC_2"),
    (225, "FC_2_WITH_FRAME_DELIMS"),
    (226, "IPNET"),
    (227, "CAN_SOCKETCAN"),
    (230, "IEEE802_15_4_NOFCS"),
    (231, "DBUS"),
    (235, "DVB_CI"),
    (236, "MUX27010"),
    (237, "STANAG_5066_D_PDU"),
    (238, "JUNIPER_ATM_CEMIC"),
    (240, "NETANALYZER"),
    (241, "NETANALYZER_TRANSPARENT"),
    (242, "IPOIB"),
    (243, "MPEG_2_TS"),
    (244, "NG40"),
    (245, "NFC_LLCP"),
    (247, "INFINIBAND"),
    (248, "SCTP"),
    (250, "RTAC_SERIAL"),
    (251, "BLUETOOTH_LE_LL"),
    (253, "NETLINK"),
    (255, "BLUETOOTH_BREDR_BB"),
    (256, "BLUETOOTH_LE_LL_WITH_PHDR"),
    (257, "PROFIBUS_DL"),
    (259, "EPON"),
    (260, "IPMI_HPM_2"),
    (261, "ZWAVE_R1_R2"),
    (262, "ZWAVE_R3"),
    (263, "WATTSTOPPER_DLM"),
    (264, "ISO_14443"),
    (265, "RDS"),
    (268, "SDLC"),
    (270, "LORATAP"),
    (272, "NORDIC_BLE"),
    (273, "DOCSIS31_XRA31"),
    (274, "ETHERNET_MPACKET"),
    (275, "DISPLAYPORT_AUX"),
    (278, "OPENVIZSLA"),
    (279, "EBHSCR"),
    (280, "VPP_DISPATCH"),
    (281, "DSA_TAG_BRCM"),
    (282, "DSA_TAG_BRCM_PREPEND"),
    (283, "IEEE802_15_4_TAP"),
    (284, "DSA_TAG_DSA"),
    (285, "DSA_TAG_EDSA"),
    (286, "ELEE"),
    (287, "Z_WAVE_SERIAL"),
    (289, "ATSC_ALP"),
    (290, "ETW"),
    (292, "ZBOSS_NCP"),
    (293, "USB_2_0_LOW_SPEED"),
    (294, "USB_2_0_FULL_SPEED"),
    (295, "USB_2_0_HIGH_SPEED"),
];

const fn other_name(value: u16) -> Option<&'static str> {
    let mut at = 0;
    while at < OTHER.len() {
        if OTHER[at].0 == value {
            return Some(OTHER[at].1);
        }
        at += 1;
    }
    None
}

impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "link type {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_one_name() {
        assert!(OTHER.is_sorted_by(|a, b| a.0 < b.0));
        for (value, name) in OTHER {
            assert_eq!(LinkType(*value).name(), Some(*name), "{value} has a constant too");
        }
        assert_eq!(LinkType(u16::MAX).to_string(), "link type 65535");
        assert_eq!(LinkType::NFLOG.to_string(), "NFLOG");
    }
}
