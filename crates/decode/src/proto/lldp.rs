//! The Link Layer Discovery Protocol, IEEE 802.1AB: what a device says about itself and the port it sends from.

use super::prelude::*;

fields! {
    TLV_TYPE: U16 walk, "lldp.tlv.type", "TLV Type", names(TYPES);
    TLV_LEN: U16 walk, "lldp.tlv.len", "TLV Length";
    CHASSIS_SUBTYPE: U8 walk, "lldp.chassis.subtype", "Chassis Id Subtype", names(CHASSIS_SUBTYPES);
    CHASSIS_ID: Bytes walk, "lldp.chassis.id", "Chassis Id";
    CHASSIS_MAC: Mac walk, "lldp.chassis.id.mac", "Chassis Id";
    CHASSIS_IP4: Ip4 walk, "lldp.chassis.id.ip4", "Chassis Id";
    CHASSIS_IP6: Ip6 walk, "lldp.chassis.id.ip6", "Chassis Id";
    PORT_SUBTYPE: U8 walk, "lldp.port.subtype", "Port Id Subtype", names(PORT_SUBTYPES);
    PORT_ID: Text walk, "lldp.port.id", "Port Id";
    PORT_MAC: Mac walk, "lldp.port.id.mac", "Port Id";
    PORT_IP4: Ip4 walk, "lldp.port.id.ip4", "Port Id";
    PORT_IP6: Ip6 walk, "lldp.port.id.ip6", "Port Id";
    ADDRESS_FAMILY: U8 walk, "lldp.network_address.subtype", "Network Address family", names(FAMILIES);
    TTL: U16 walk, "lldp.time_to_live", "Seconds";
    PORT_DESC: Text walk, "lldp.port.desc", "Port Description";
    SYSTEM_NAME: Text walk, "lldp.tlv.system.name", "System Name";
    SYSTEM_DESC: Text walk, "lldp.tlv.system.desc", "System Description";
    SYSTEM_CAP: U16 walk, "lldp.tlv.system_cap", "Capabilities", hex;
    ENABLED_CAP: U16 walk, "lldp.tlv.enable_system_cap", "Enabled Capabilities", hex;
    CAP_OTHER: Bool walk, "lldp.tlv.system_cap.other", "Other";
    CAP_REPEATER: Bool walk, "lldp.tlv.system_cap.repeater", "Repeater";
    CAP_BRIDGE: Bool walk, "lldp.tlv.system_cap.bridge", "Bridge";
    CAP_WLAN_ACCESS_PT: Bool walk, "lldp.tlv.system_cap.wlan_access_pt", "WLAN access point";
    CAP_ROUTER: Bool walk, "lldp.tlv.system_cap.router", "Router";
    CAP_TELEPHONE: Bool walk, "lldp.tlv.system_cap.telephone", "Telephone";
    CAP_DOCSIS_CABLE_DEVICE: Bool walk, "lldp.tlv.system_cap.docsis_cable_device", "DOCSIS cable device";
    CAP_STATION_ONLY: Bool walk, "lldp.tlv.system_cap.station_only", "Station only";
    ENABLED_OTHER: Bool walk, "lldp.tlv.enable_system_cap.other", "Other";
    ENABLED_REPEATER: Bool walk, "lldp.tlv.enable_system_cap.repeater", "Repeater";
    ENABLED_BRIDGE: Bool walk, "lldp.tlv.enable_system_cap.bridge", "Bridge";
    ENABLED_WLAN_ACCESS_PT: Bool walk, "lldp.tlv.enable_system_cap.wlan_access_pt", "WLAN access point";
    ENABLED_ROUTER: Bool walk, "lldp.tlv.enable_system_cap.router", "Router";
    ENABLED_TELEPHONE: Bool walk, "lldp.tlv.enable_system_cap.telephone", "Telephone";
    ENABLED_DOCSIS_CABLE_DEVICE: Bool walk, "lldp.tlv.enable_system_cap.docsis_cable_device", "DOCSIS cable device";
    ENABLED_STATION_ONLY: Bool walk, "lldp.tlv.enable_system_cap.station_only", "Station only";
    MGN_LEN: U8 walk, "lldp.mgn.address.len", "Address String Length";
    MGN_SUBTYPE: U8 walk, "lldp.mgn.address.subtype", "Address Subtype", names(FAMILIES);
    MGN_IP4: Ip4 walk, "lldp.mgn.addr.ip4", "Management Address";
    MGN_IP6: Ip6 walk, "lldp.mgn.addr.ip6", "Management Address";
    MGN_HEX: Bytes walk, "lldp.mgn.addr.hex", "Management Address";
    MGN_INTERFACE_SUBTYPE: U8 walk, "lldp.mgn.interface.subtype", "Interface Subtype", names(INTERFACES);
    MGN_INTERFACE: U32 walk, "lldp.mgn.interface.number", "Interface Number";
    MGN_OID_LEN: U8 walk, "lldp.mgn.obj.len", "OID String Length";
    DOT1_SUBTYPE: U8 walk, "lldp.ieee.802_1.subtype", "IEEE 802.1 Subtype", hex, names(DOT1_SUBTYPES);
    PORT_VLAN_ID: U16 walk, "lldp.ieee.802_1.port_vlan.id", "Port VLAN Identifier";
    PROTO_VLAN_FLAG: U8 walk, "lldp.ieee.802_1.port_and_vlan_id_flag", "Flags", hex;
    PROTO_VLAN_SUPPORTED: Bool walk, "lldp.ieee.802_1.port_and_vlan_id_flag.supported", "Port and Protocol VLAN";
    PROTO_VLAN_ENABLED: Bool walk, "lldp.ieee.802_1.port_and_vlan_id_flag.enabled", "Port and Protocol VLAN";
    PROTO_VLAN_ID: U16 walk, "lldp.ieee.802_1.port_proto_vlan.id", "Port and Protocol VLAN Identifier";
    VLAN_ID: U16 walk, "lldp.ieee.802_1.vlan.id", "VLAN Identifier";
    VLAN_NAME_LEN: U8 walk, "lldp.ieee.802_1.vlan.name_len", "VLAN Name Length";
    VLAN_NAME: Text walk, "lldp.ieee.802_1.vlan.name", "VLAN Name";
    PROTO_ID_LENGTH: U8 walk, "lldp.ieee.802_1.proto.id_length", "Protocol Identity Length";
    PROTO_ID: Bytes walk, "lldp.ieee.802_1.proto.id", "Protocol Identity";
    DOT3_SUBTYPE: U8 walk, "lldp.ieee.802_3.subtype", "IEEE 802.3 Subtype", hex, names(DOT3_SUBTYPES);
    AUTO_NEGOTIATION: U8 walk, "lldp.ieee.802_3.mac_phy_auto_neg_status", "Auto-Negotiation Support/Status", hex;
    AUTO_NEGOTIATION_SUPPORTED: Bool walk, "lldp.ieee.802_3.mac_phy_auto_neg_status.supported", "Auto-Negotiation";
    AUTO_NEGOTIATION_ENABLED: Bool walk, "lldp.ieee.802_3.mac_phy_auto_neg_status.enabled", "Auto-Negotiation";
    AUTO_NEGOTIATION_CAPS: U16 walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps", "PMD Auto-Negotiation Advertised Capability", hex;
    ADVERTISED_1000BASE_TFD: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.1000base_tfd", "1000BASE-T (full duplex mode)";
    ADVERTISED_1000BASE_T: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.1000base_t", "1000BASE-T (half duplex mode)";
    ADVERTISED_1000BASE_XFD: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.1000base_xfd", "1000BASE-X (-LX, -SX, -CX full duplex mode)";
    ADVERTISED_1000BASE_X: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.1000base_x", "1000BASE-X (-LX, -SX, -CX half duplex mode)";
    ADVERTISED_FDX_BPAUSE: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.fdx_bpause", "Asymmetric and Symmetric PAUSE (for full-duplex links)";
    ADVERTISED_FDX_SPAUSE: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.fdx_spause", "Symmetric PAUSE (for full-duplex links)";
    ADVERTISED_FDX_APAUSE: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.fdx_apause", "Asymmetric PAUSE (for full-duplex links)";
    ADVERTISED_FDX_PAUSE: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.fdx_pause", "PAUSE (for full-duplex links)";
    ADVERTISED_100BASE_T2FD: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.100base_t2fd", "100BASE-T2 (full duplex mode)";
    ADVERTISED_100BASE_T2: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.100base_t2", "100BASE-T2 (half duplex mode)";
    ADVERTISED_100BASE_TXFD: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.100base_txfd", "100BASE-TX (full duplex mode)";
    ADVERTISED_100BASE_TX: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.100base_tx", "100BASE-TX (half duplex mode)";
    ADVERTISED_100BASE_T4: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.100base_t4", "100BASE-T4";
    ADVERTISED_10BASE_TFD: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.10base_tfd", "10BASE-T (full duplex mode)";
    ADVERTISED_10BASE_T: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.10base_t", "10BASE-T (half duplex mode)";
    ADVERTISED_OTHER: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps.other", "Other or unknown";
    INVERTED_1000BASE_TFD: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.1000base_tfd", "1000BASE-T (full duplex mode)";
    INVERTED_1000BASE_T: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.1000base_t", "1000BASE-T (half duplex mode)";
    INVERTED_1000BASE_XFD: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.1000base_xfd", "1000BASE-X (-LX, -SX, -CX full duplex mode)";
    INVERTED_1000BASE_X: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.1000base_x", "1000BASE-X (-LX, -SX, -CX half duplex mode)";
    INVERTED_FDX_BPAUSE: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.fdx_bpause", "Asymmetric and Symmetric PAUSE (for full-duplex links)";
    INVERTED_FDX_SPAUSE: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.fdx_spause", "Symmetric PAUSE (for full-duplex links)";
    INVERTED_FDX_APAUSE: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.fdx_apause", "Asymmetric PAUSE (for full-duplex links)";
    INVERTED_FDX_PAUSE: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.fdx_pause", "PAUSE (for full-duplex links)";
    INVERTED_100BASE_T2FD: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.100base_t2fd", "100BASE-T2 (full duplex mode)";
    INVERTED_100BASE_T2: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.100base_t2", "100BASE-T2 (half duplex mode)";
    INVERTED_100BASE_TXFD: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.100base_txfd", "100BASE-TX (full duplex mode)";
    INVERTED_100BASE_TX: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.100base_tx", "100BASE-TX (half duplex mode)";
    INVERTED_100BASE_T4: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.100base_t4", "100BASE-T4";
    INVERTED_10BASE_TFD: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.10base_tfd", "10BASE-T (full duplex mode)";
    INVERTED_10BASE_T: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.10base_t", "10BASE-T (half duplex mode)";
    INVERTED_OTHER: Bool walk, "lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.other", "Other or unknown";
    MAU_TYPE: U16 walk, "lldp.ieee.802_3.pmd_mau_type", "Operational MAU Type", hex;
    MDI_POWER: U8 walk, "lldp.ieee.802_3.mdi_power_support", "MDI Power Support", hex;
    MDI_PORT_CLASS: Bool walk, "lldp.ieee.802_3.mdi_power_support.port_class", "Port Class";
    MDI_SUPPORTED: Bool walk, "lldp.ieee.802_3.mdi_power_support.supported", "PSE MDI Power";
    MDI_ENABLED: Bool walk, "lldp.ieee.802_3.mdi_power_support.enabled", "PSE MDI Power";
    MDI_PAIR_CONTROL: Bool walk, "lldp.ieee.802_3.mdi_power_support.pse_pairs", "PSE Pairs Control Ability";
    MDI_PAIR: U8 walk, "lldp.ieee.802_3.mdi_pse_pair", "PSE Power Pair";
    MDI_CLASS: U8 walk, "lldp.ieee.802_3.mdi_power_class", "Power Class";
    AGGREGATION_STATUS: U8 walk, "lldp.ieee.802_3.aggregation_status", "Aggregation Status", hex;
    AGGREGATION_CAP: Bool walk, "lldp.ieee.802_3.aggregation_status.cap", "Aggregation Capability";
    AGGREGATION_ENABLED: Bool walk, "lldp.ieee.802_3.aggregation_status.enabled", "Aggregation Status";
    AGGREGATED_PORT: U32 walk, "lldp.ieee.802_3.aggregated_port_id", "Aggregated Port Id";
    MAX_FRAME_SIZE: U16 walk, "lldp.ieee.802_3.max_frame_size", "Maximum Frame Size";
    OUI: U24 walk, "lldp.orgtlv.oui", "Organization Unique Code", names(OUIS);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::EtherType(0x88cc)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("lldp", "Link Layer Discovery Protocol", "LLDP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(2)?;
    Ok(Step::last(b))
}

const CHASSIS: u64 = 1;
const PORT: u64 = 2;
const TIME_TO_LIVE: u64 = 3;
const PORT_DESCRIPTION: u64 = 4;
const SYSTEM_NAME_TLV: u64 = 5;
const SYSTEM_DESCRIPTION: u64 = 6;
const CAPABILITIES: u64 = 7;
const MANAGEMENT_ADDRESS: u64 = 8;
const ORGANIZATION: u64 = 127;

const TYPES: crate::field::ValueNames = &[
    (0, "End of LLDPDU"),
    (CHASSIS, "Chassis Id"),
    (PORT, "Port Id"),
    (TIME_TO_LIVE, "Time to Live"),
    (PORT_DESCRIPTION, "Port Description"),
    (SYSTEM_NAME_TLV, "System Name"),
    (SYSTEM_DESCRIPTION, "System Description"),
    (CAPABILITIES, "System Capabilities"),
    (MANAGEMENT_ADDRESS, "Management Address"),
    (ORGANIZATION, "Organization Specific"),
];

const CHASSIS_SUBTYPES: crate::field::ValueNames = &[
    (1, "Chassis component"),
    (2, "Interface alias"),
    (3, "Port component"),
    (4, "MAC address"),
    (5, "Network address"),
    (6, "Interface name"),
    (7, "Locally assigned"),
];

const PORT_SUBTYPES: crate::field::ValueNames = &[
    (1, "Interface alias"),
    (2, "Port component"),
    (3, "MAC address"),
    (4, "Network address"),
    (5, "Interface name"),
    (6, "Agent circuit Id"),
    (7, "Locally assigned"),
];

/// Address families (IANA registry).
const FAMILIES: crate::field::ValueNames = &[(1, "IPv4"), (2, "IPv6"), (6, "802")];

const INTERFACES: crate::field::ValueNames = &[(1, "Unknown"), (2, "ifIndex"), (3, "System port number")];

const OUIS: crate::field::ValueNames = &[
    (0x00_120f, "IEEE 802.3"),
    (0x00_12bb, "Media"),
    (0x00_1b21, "DCBX"),
    (0x00_80c2, "IEEE 802.1 Working Group"),
];

/// IEEE 802.1AB §8.5.8.1.
const CAPABILITY_BITS: &[(FieldIndex, u64)] = &[
    (CAP_OTHER, 0x01),
    (CAP_REPEATER, 0x02),
    (CAP_BRIDGE, 0x04),
    (CAP_WLAN_ACCESS_PT, 0x08),
    (CAP_ROUTER, 0x10),
    (CAP_TELEPHONE, 0x20),
    (CAP_DOCSIS_CABLE_DEVICE, 0x40),
    (CAP_STATION_ONLY, 0x80),
];

const ENABLED_BITS: &[(FieldIndex, u64)] = &[
    (ENABLED_OTHER, 0x01),
    (ENABLED_REPEATER, 0x02),
    (ENABLED_BRIDGE, 0x04),
    (ENABLED_WLAN_ACCESS_PT, 0x08),
    (ENABLED_ROUTER, 0x10),
    (ENABLED_TELEPHONE, 0x20),
    (ENABLED_DOCSIS_CABLE_DEVICE, 0x40),
    (ENABLED_STATION_ONLY, 0x80),
];

/// Type and length share 16 bits, 7 and 9 (IEEE 802.1AB §8.4).
fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.bytes.0, 0);
    while r.left() > 0 {
        let at = r.at();
        let word = r.u16()?;
        let (kind, length) = (u64::from(word >> 9), word & 0x1ff);
        let mut body = r.sub(length.into())?;
        let name = crate::field::value_name(TYPES, kind).unwrap_or("Reserved");
        out.open(at..r.at(), format_args!("{name}"));
        out.put(TLV_TYPE, at..at + 2, Value::Unsigned(kind));
        out.put(TLV_LEN, at..at + 2, Value::Unsigned(length.into()));
        let read = value(kind, &mut body, out);
        out.close();
        read?;
        if kind == 0 {
            break;
        }
    }
    Ok(())
}

fn value(kind: u64, body: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let rest = body.left();
    match kind {
        CHASSIS => {
            let subtype = put_number(body, 1, CHASSIS_SUBTYPE, out)?;
            let whole = body.at()..body.end();
            match subtype {
                4 if body.left() == 6 => put_mac(body, CHASSIS_MAC, out)?,
                5 => match put_number(body, 1, ADDRESS_FAMILY, out)? {
                    1 => put_ip4(body, CHASSIS_IP4, out)?,
                    2 => put_ip6(body, CHASSIS_IP6, out)?,
                    _ => {}
                },
                _ => {
                    let bytes = body.take(body.left())?;
                    out.put(CHASSIS_ID, whole, Value::Bytes(bytes));
                }
            }
        }
        PORT => match put_number(body, 1, PORT_SUBTYPE, out)? {
            3 => put_mac(body, PORT_MAC, out)?,
            4 => match put_number(body, 1, ADDRESS_FAMILY, out)? {
                1 => put_ip4(body, PORT_IP4, out)?,
                2 => put_ip6(body, PORT_IP6, out)?,
                _ => {}
            },
            _ => put_text(body, rest - 1, PORT_ID, out)?,
        },
        TIME_TO_LIVE => _ = put_number(body, 2, TTL, out)?,
        PORT_DESCRIPTION => put_padded(body, PORT_DESC, out)?,
        SYSTEM_NAME_TLV => put_padded(body, SYSTEM_NAME, out)?,
        SYSTEM_DESCRIPTION => put_padded(body, SYSTEM_DESC, out)?,
        CAPABILITIES => {
            let capabilities = put_number(body, 2, SYSTEM_CAP, out)?;
            put_flags(body, 2, capabilities, CAPABILITY_BITS, out);
            let enabled = put_number(body, 2, ENABLED_CAP, out)?;
            put_flags(body, 2, enabled, ENABLED_BITS, out);
        }
        MANAGEMENT_ADDRESS => management_address(body, out)?,
        ORGANIZATION => organization(body, out)?,
        _ => {}
    }
    Ok(())
}

const DOT1_SUBTYPES: crate::field::ValueNames =
    &[(1, "Port VLAN ID"), (2, "Port and Protocol VLAN ID"), (3, "VLAN Name"), (4, "Protocol Identity")];

/// What can be negotiated (RFC 4836, IANAifMauAutoNegCapBits): the first bit of the type BITS is the highest.
const ADVERTISED: &[(FieldIndex, u64)] = &[
    (ADVERTISED_1000BASE_TFD, 0x1),
    (ADVERTISED_1000BASE_T, 0x2),
    (ADVERTISED_1000BASE_XFD, 0x4),
    (ADVERTISED_1000BASE_X, 0x8),
    (ADVERTISED_FDX_BPAUSE, 0x10),
    (ADVERTISED_FDX_SPAUSE, 0x20),
    (ADVERTISED_FDX_APAUSE, 0x40),
    (ADVERTISED_FDX_PAUSE, 0x80),
    (ADVERTISED_100BASE_T2FD, 0x100),
    (ADVERTISED_100BASE_T2, 0x200),
    (ADVERTISED_100BASE_TXFD, 0x400),
    (ADVERTISED_100BASE_TX, 0x800),
    (ADVERTISED_100BASE_T4, 0x1000),
    (ADVERTISED_10BASE_TFD, 0x2000),
    (ADVERTISED_10BASE_T, 0x4000),
    (ADVERTISED_OTHER, 0x8000),
];

/// The same as some devices send it, with the order of the bits turned around.
const INVERTED: &[(FieldIndex, u64)] = &[
    (INVERTED_1000BASE_TFD, 0x8000),
    (INVERTED_1000BASE_T, 0x4000),
    (INVERTED_1000BASE_XFD, 0x2000),
    (INVERTED_1000BASE_X, 0x1000),
    (INVERTED_FDX_BPAUSE, 0x800),
    (INVERTED_FDX_SPAUSE, 0x400),
    (INVERTED_FDX_APAUSE, 0x200),
    (INVERTED_FDX_PAUSE, 0x100),
    (INVERTED_100BASE_T2FD, 0x80),
    (INVERTED_100BASE_T2, 0x40),
    (INVERTED_100BASE_TXFD, 0x20),
    (INVERTED_100BASE_TX, 0x10),
    (INVERTED_100BASE_T4, 0x8),
    (INVERTED_10BASE_TFD, 0x4),
    (INVERTED_10BASE_T, 0x2),
    (INVERTED_OTHER, 0x1),
];

/// IEEE 802.3 §79.3.1.
fn auto_negotiation(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let status = put_number(r, 1, AUTO_NEGOTIATION, out)?;
    put_flags(r, 1, status, &[(AUTO_NEGOTIATION_SUPPORTED, 1), (AUTO_NEGOTIATION_ENABLED, 2)], out);
    let advertised = put_number(r, 2, AUTO_NEGOTIATION_CAPS, out)?;
    put_flags(r, 2, advertised, ADVERTISED, out);
    put_flags(r, 2, advertised, INVERTED, out);
    put_number(r, 2, MAU_TYPE, out).map(drop)
}

const DOT3_SUBTYPES: crate::field::ValueNames = &[
    (1, "MAC/PHY Configuration/Status"),
    (2, "Power Via MDI"),
    (3, "Link Aggregation"),
    (4, "Maximum Frame Size"),
];

/// Who defines the TLV, its number and what it holds (IEEE 802.1Q §D.2, IEEE 802.3 §79.3).
fn organization(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match put_number(r, 3, OUI, out)? {
        0x00_80c2 => match put_number(r, 1, DOT1_SUBTYPE, out)? {
            1 => put_number(r, 2, PORT_VLAN_ID, out).map(drop),
            2 => {
                let flags = put_number(r, 1, PROTO_VLAN_FLAG, out)?;
                put_flags(r, 1, flags, &[(PROTO_VLAN_SUPPORTED, 2), (PROTO_VLAN_ENABLED, 4)], out);
                put_number(r, 2, PROTO_VLAN_ID, out).map(drop)
            }
            3 => {
                put_number(r, 2, VLAN_ID, out)?;
                let length = put_number(r, 1, VLAN_NAME_LEN, out)? as usize;
                put_padded(&mut r.sub(length)?, VLAN_NAME, out)
            }
            4 => {
                let length = put_number(r, 1, PROTO_ID_LENGTH, out)? as usize;
                put_rest(&mut r.sub(length)?, PROTO_ID, out)
            }
            _ => Ok(()),
        },
        0x00_120f => match put_number(r, 1, DOT3_SUBTYPE, out)? {
            3 => {
                let status = put_number(r, 1, AGGREGATION_STATUS, out)?;
                put_flags(r, 1, status, &[(AGGREGATION_CAP, 1), (AGGREGATION_ENABLED, 2)], out);
                put_number(r, 4, AGGREGATED_PORT, out).map(drop)
            }
            1 => auto_negotiation(r, out),
            2 => {
                let power = put_number(r, 1, MDI_POWER, out)?;
                put_flags(
                    r,
                    1,
                    power,
                    &[(MDI_PORT_CLASS, 1), (MDI_SUPPORTED, 2), (MDI_ENABLED, 4), (MDI_PAIR_CONTROL, 8)],
                    out,
                );
                put_number(r, 1, MDI_PAIR, out)?;
                put_number(r, 1, MDI_CLASS, out).map(drop)
            }
            4 => put_number(r, 2, MAX_FRAME_SIZE, out).map(drop),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Text that some devices end with a zero byte.
fn put_padded(body: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = body.at();
    let text = body.take(body.left())?;
    out.put(field, at..at + text.len(), Value::Text(without_padding(text)));
    Ok(())
}

/// The length counts the family too (IEEE 802.1AB §8.5.9).
fn management_address(body: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = put_number(body, 1, MGN_LEN, out)? as usize;
    match (put_number(body, 1, MGN_SUBTYPE, out)?, length) {
        (1, 5) => put_ip4(body, MGN_IP4, out)?,
        (2, 17) => put_ip6(body, MGN_IP6, out)?,
        _ => put_bytes(body, length.saturating_sub(1), MGN_HEX, out)?,
    }
    put_number(body, 1, MGN_INTERFACE_SUBTYPE, out)?;
    put_number(body, 4, MGN_INTERFACE, out)?;
    put_number(body, 1, MGN_OID_LEN, out)?;
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let mut r = Reader::new(view.bytes.0, 0);
    while let Ok(word) = r.u16() {
        let Ok(body) = r.take((word & 0x1ff).into()) else { return };
        match (u64::from(word >> 9), body) {
            (CHASSIS | PORT, [subtype, id @ ..]) => {
                let chassis = word >> 9 == 1;
                match (subtype, id) {
                    (3 | 4, [a, b, c, d, e, f]) if chassis == (*subtype == 4) => {
                        put!(out, "MA/{} ", crate::Address::Mac([*a, *b, *c, *d, *e, *f]));
                    }
                    (4 | 5, [1, a, b, c, d]) => put!(out, "NA/{a}.{b}.{c}.{d} "),
                    _ => {
                        crate::text::write_value(None, &Value::Text(id), out);
                        out.push(' ');
                    }
                }
            }
            (TIME_TO_LIVE, [a, b]) => put!(out, "{}", u16::from_be_bytes([*a, *b])),
            (SYSTEM_NAME_TLV, name) => {
                out.push_str(" SysN=");
                crate::text::write_value(None, &Value::Text(name), out);
            }
            (SYSTEM_DESCRIPTION, text) => {
                out.push_str(" SysD=");
                crate::text::write_value(None, &Value::Text(text), out);
            }
            (0, _) => return,
            _ => {}
        }
    }
}
