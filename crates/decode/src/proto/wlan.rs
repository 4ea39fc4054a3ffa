//! IEEE 802.11: the MAC header (IEEE 802.11-2020 §9.2) and management frames, whose elements are in
//! `elements`. Numbers are little-endian.

mod elements;
mod names;

use plaintap_packet::LinkType;

use self::names::*;
use super::prelude::*;

fields! {
    TYPE_SUBTYPE: U16 meta(|v, out| if v.header().len() >= 2 { out(Value::Unsigned(type_subtype(v.bytes).into())) }),
        "wlan.fc.type_subtype", "Type/Subtype", hex, names(TYPES);
    FC: U16 at(0..2), "wlan.fc", "Frame Control Field", hex;
    VERSION: U8 bits(0..1, 0x03), "wlan.fc.version", "Version";
    TYPE: U8 bits(0..1, 0x0c), "wlan.fc.type", "Type",
        names(&[(0, "Management frame"), (1, "Control frame"), (2, "Data frame"), (3, "Extension frame")]);
    SUBTYPE: U8 bits(0..1, 0xf0), "wlan.fc.subtype", "Subtype";
    FLAGS: U8 at(1..2), "wlan.flags", "Flags", hex;
    DS: U8 bits(1..2, 0x03), "wlan.fc.ds", "DS status", hex;
    TO_DS: Bool bits(1..2, 0x01), "wlan.fc.tods", "To DS";
    FROM_DS: Bool bits(1..2, 0x02), "wlan.fc.fromds", "From DS";
    MORE_FRAGMENTS: Bool bits(1..2, 0x04), "wlan.fc.frag", "More Fragments";
    RETRY: Bool bits(1..2, 0x08), "wlan.fc.retry", "Retry";
    POWER_MANAGEMENT: Bool bits(1..2, 0x10), "wlan.fc.pwrmgt", "PWR MGT";
    MORE_DATA: Bool bits(1..2, 0x20), "wlan.fc.moredata", "More Data";
    PROTECTED: Bool bits(1..2, 0x40), "wlan.fc.protected", "Protected flag";
    ORDER: Bool bits(1..2, 0x80), "wlan.fc.order", "+HTC/Order flag";
    DURATION: U16 walk, "wlan.duration", "Duration";
    RA: Mac walk, "wlan.ra", "Receiver address";
    DA: Mac walk, "wlan.da", "Destination address";
    TA: Mac walk, "wlan.ta", "Transmitter address";
    SA: Mac walk, "wlan.sa", "Source address";
    BSSID: Mac walk, "wlan.bssid", "BSS Id";
    FRAG: U16 walk, "wlan.frag", "Fragment number";
    SEQ: U16 walk, "wlan.seq", "Sequence number";
    FIXED: None walk, "wlan.fixed.all", "Fixed parameters";
    TIMESTAMP: U64 walk, "wlan.fixed.timestamp", "Timestamp";
    BEACON_INTERVAL: U32 walk, "wlan.fixed.beacon", "Beacon Interval";
    CAPABILITIES: U16 walk, "wlan.fixed.capabilities", "Capabilities Information", hex;
    CAPABILITY_ESS: Bool walk, "wlan.fixed.capabilities.ess", "ESS capabilities";
    CAPABILITY_IBSS: Bool walk, "wlan.fixed.capabilities.ibss", "IBSS status";
    CAPABILITY_PRIVACY: Bool walk, "wlan.fixed.capabilities.privacy", "Privacy";
    CAPABILITY_PREAMBLE: Bool walk, "wlan.fixed.capabilities.short_preamble", "Short Preamble";
    CAPABILITY_SPECTRUM: Bool walk, "wlan.fixed.capabilities.spec_man", "Spectrum Management";
    CAPABILITY_QOS: Bool walk, "wlan.fixed.capabilities.qos", "QoS";
    CAPABILITY_SLOT: Bool walk, "wlan.fixed.capabilities.short_slot_time", "Short Slot Time";
    CAPABILITY_APSD: Bool walk, "wlan.fixed.capabilities.apsd", "Automatic Power Save Delivery";
    CAPABILITY_MEASUREMENT: Bool walk, "wlan.fixed.capabilities.radio_measurement", "Radio Measurement";
    CAPABILITY_EPD: Bool walk, "wlan.fixed.capabilities.epd", "EPD";
    LISTEN_INTERVAL: U16 walk, "wlan.fixed.listen_ival", "Listen Interval", hex;
    CURRENT_AP: Mac walk, "wlan.fixed.current_ap", "Current AP";
    AUTHENTICATION: U16 walk, "wlan.fixed.auth.alg", "Authentication Algorithm", names(AUTHENTICATIONS);
    AUTHENTICATION_SEQUENCE: U16 walk, "wlan.fixed.auth_seq", "Authentication SEQ", hex;
    STATUS_CODE: U16 walk, "wlan.fixed.status_code", "Status code", hex, names(STATUS_CODES);
    REASON_CODE: U16 walk, "wlan.fixed.reason_code", "Reason code", hex, names(REASON_CODES);
    ASSOCIATION_ID: U16 walk, "wlan.fixed.aid", "Association ID", hex;
    CATEGORY: U16 walk, "wlan.fixed.category_code", "Category code", names(CATEGORIES);
    TAGGED: None walk, "wlan.tagged.all", "Tagged parameters";
    TAG: None walk, "wlan.tag", "Tag";
    TAG_NUMBER: U8 walk, "wlan.tag.number", "Tag Number", names(ELEMENTS);
    EXTENDED_TAG: None walk, "wlan.ext_tag", "Ext Tag";
    EXTENDED_NUMBER: U8 walk, "wlan.ext_tag.number", "Ext Tag Number", names(EXTENDED_ELEMENTS);
    EXTENDED_LENGTH: U32 walk, "wlan.ext_tag.length", "Ext Tag length";
    TAG_LENGTH: U32 walk, "wlan.tag.length", "Tag length";
    SSID: Bytes walk, "wlan.ssid", "SSID";
    RATE: U8 walk, "wlan.supported_rates", "Supported Rates", hex;
    EXTENDED_RATE: U8 walk, "wlan.extended_supported_rates", "Extended Supported Rates", hex;
    CHANNEL: U8 walk, "wlan.ds.current_channel", "Current Channel";
    DTIM_COUNT: U8 walk, "wlan.tim.dtim_count", "DTIM count";
    DTIM_PERIOD: U8 walk, "wlan.tim.dtim_period", "DTIM period";
    TIM_CONTROL: U8 walk, "wlan.tim.bmapctl", "Bitmap control", hex;
    TIM_MULTICAST: Bool walk, "wlan.tim.bmapctl.multicast", "Multicast";
    TIM_OFFSET: U8 walk, "wlan.tim.bmapctl.offset", "Bitmap Offset", hex;
    TIM_BITMAP: Bytes walk, "wlan.tim.partial_virtual_bitmap", "Partial Virtual Bitmap";
    COUNTRY: Text walk, "wlan.country_info.code", "Code";
    ENVIRONMENT: U8 walk, "wlan.country_info.environment", "Environment";
    COUNTRY_INFO: None walk, "wlan.country_info.fnm", "Country Info";
    COUNTRY_FIRST: U8 walk, "wlan.country_info.fnm.fcn", "First Channel Number";
    COUNTRY_CHANNELS: U8 walk, "wlan.country_info.fnm.nc", "Number of Channels";
    COUNTRY_POWER: I8 walk, "wlan.country_info.fnm.mtpl", "Maximum Transmit Power Level";
    POWER_CONSTRAINT: U8 walk, "wlan.powercon.local", "Local Power Constraint";
    SWITCH_MODE: U8 walk, "wlan.csa.channel_switch_mode", "Channel Switch Mode";
    SWITCH_CHANNEL: U8 walk, "wlan.csa.new_channel_number", "New Channel Number";
    SWITCH_COUNT: U8 walk, "wlan.csa.channel_switch.count", "Channel Switch Count";
    ERP: U8 walk, "wlan.erp_info", "ERP Information", hex;
    ERP_PRESENT: Bool walk, "wlan.erp_info.erp_present", "Non ERP Present";
    ERP_PROTECTION: Bool walk, "wlan.erp_info.use_protection", "Use Protection";
    ERP_BARKER: Bool walk, "wlan.erp_info.barker_preamble_mode", "Barker Preamble Mode";
    HT_CAPABILITIES: U16 walk, "wlan.ht.capabilities", "HT Capabilities Info", hex;
    HT_AMPDU: U8 walk, "wlan.ht.ampduparam", "A-MPDU Parameters", hex;
    HT_MCS_SET: None walk, "wlan.ht.mcsset", "Rx Supported Modulation and Coding Scheme Set";
    HT_EXTENDED: U16 walk, "wlan.htex.capabilities", "HT Extended Capabilities", hex;
    HT_BEAM_FORMING: U32 walk, "wlan.txbf", "Transmit Beam Forming (TxBF) Capabilities", hex;
    HT_ANTENNA: U8 walk, "wlan.asel", "Antenna Selection (ASEL) Capabilities", hex;
    HT_PRIMARY: U8 walk, "wlan.ht.info.primarychannel", "Primary Channel";
    VHT_CAPABILITIES: U32 walk, "wlan.vht.capabilities", "VHT Capabilities Info", hex;
    VHT_MCS_SET: None walk, "wlan.vht.mcsset", "VHT Supported MCS Set";
    VHT_RX_MAP: U16 walk, "wlan.vht.mcsset.rxmcsmap", "Rx MCS Map", hex;
    VHT_TX_MAP: U16 walk, "wlan.vht.mcsset.txmcsmap", "Tx MCS Map", hex;
    EXTENDED_CAPABILITIES: U8 walk, "wlan.extcap", "Extended Capabilities", hex;
    STATIONS: U16 walk, "wlan.qbss.scount", "Station Count";
    RSN_VERSION: U16 walk, "wlan.rsn.version", "RSN Version";
    RSN_GROUP: U32 walk, "wlan.rsn.gcs", "Group Cipher Suite";
    RSN_GROUP_OUI: U24 walk, "wlan.rsn.gcs.oui", "Group Cipher Suite OUI";
    RSN_GROUP_TYPE: U8 walk, "wlan.rsn.gcs.type", "Group Cipher Suite type", names(CIPHERS);
    RSN_PAIRWISE_COUNT: U16 walk, "wlan.rsn.pcs.count", "Pairwise Cipher Suite Count";
    RSN_PAIRWISE: U32 walk, "wlan.rsn.pcs", "Pairwise Cipher Suite";
    RSN_PAIRWISE_OUI: U24 walk, "wlan.rsn.pcs.oui", "Pairwise Cipher Suite OUI";
    RSN_PAIRWISE_TYPE: U8 walk, "wlan.rsn.pcs.type", "Pairwise Cipher Suite type", names(CIPHERS);
    RSN_KEYS_COUNT: U16 walk, "wlan.rsn.akms.count", "Auth Key Management (AKM) Suite Count";
    RSN_KEYS: U32 walk, "wlan.rsn.akms", "Auth Key Management (AKM) Suite";
    RSN_KEYS_OUI: U24 walk, "wlan.rsn.akms.oui", "Auth Key Management (AKM) OUI";
    RSN_KEYS_TYPE: U8 walk, "wlan.rsn.akms.type", "Auth Key Management (AKM) type", names(KEY_MANAGEMENTS);
    RSN_CAPABILITIES: U16 walk, "wlan.rsn.capabilities", "RSN Capabilities", hex;
    RSN_PREAUTH: Bool walk, "wlan.rsn.capabilities.preauth", "RSN Pre-Auth capabilities";
    RSN_NO_PAIRWISE: Bool walk, "wlan.rsn.capabilities.no_pairwise", "RSN No Pairwise capabilities";
    RSN_MFPR: Bool walk, "wlan.rsn.capabilities.mfpr", "Management Frame Protection Required";
    RSN_MFPC: Bool walk, "wlan.rsn.capabilities.mfpc", "Management Frame Protection Capable";
    RSN_PMKID_COUNT: U16 walk, "wlan.rsn.pmkid.count", "PMKID Count";
    RSN_MANAGEMENT: U32 walk, "wlan.rsn.gmcs", "Group Management Cipher Suite";
    RSN_MANAGEMENT_OUI: U24 walk, "wlan.rsn.gmcs.oui", "Group Management Cipher Suite OUI";
    RSN_MANAGEMENT_TYPE: U8 walk, "wlan.rsn.gmcs.type", "Group Management Cipher Suite type", names(CIPHERS);
    VENDOR_OUI: U24 walk, "wlan.tag.oui", "OUI";
    VENDOR_TYPE: U8 walk, "wlan.tag.vendor.oui.type", "Vendor Specific OUI Type";
    VENDOR_DATA: Bytes walk, "wlan.tag.vendor.data", "Vendor Specific Data";
    WFA_TYPE: U8 walk, "wlan.wfa.ie.type", "Type", hex;
    WPA_VERSION: U16 walk, "wlan.wfa.ie.wpa.version", "WPA Version";
    WPA_GROUP: U32 walk, "wlan.wfa.ie.wpa.mcs", "Multicast Cipher Suite";
    WPA_GROUP_OUI: U24 walk, "wlan.wfa.ie.wpa.mcs.oui", "Multicast Cipher Suite OUI";
    WPA_GROUP_TYPE: U8 walk, "wlan.wfa.ie.wpa.mcs.type", "Multicast Cipher Suite type", names(CIPHERS);
    WPA_PAIRWISE_COUNT: U16 walk, "wlan.wfa.ie.wpa.ucs.count", "Unicast Cipher Suite Count";
    WPA_PAIRWISE: U32 walk, "wlan.wfa.ie.wpa.ucs", "Unicast Cipher Suite";
    WPA_PAIRWISE_OUI: U24 walk, "wlan.wfa.ie.wpa.ucs.oui", "Unicast Cipher Suite OUI";
    WPA_PAIRWISE_TYPE: U8 walk, "wlan.wfa.ie.wpa.ucs.type", "Unicast Cipher Suite type", names(CIPHERS);
    WPA_KEYS_COUNT: U16 walk, "wlan.wfa.ie.wpa.akms.count", "Auth Key Management (AKM) Suite Count";
    WPA_KEYS: U32 walk, "wlan.wfa.ie.wpa.akms", "Auth Key Management (AKM) Suite";
    WPA_KEYS_OUI: U24 walk, "wlan.wfa.ie.wpa.akms.oui", "Auth Key Management (AKM) OUI";
    WPA_KEYS_TYPE: U8 walk, "wlan.wfa.ie.wpa.type", "Auth Key Management (AKM) type",
        names(KEY_MANAGEMENTS);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::IEEE802_11)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("wlan", "IEEE 802.11 wireless LAN", "802.11")
};

/// Only data frames that are not encrypted carry on; management frames are all header.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(2)?;
    // Of another version nothing but that can be told.
    if b.u8(0) & 3 != 0 {
        return Ok(Step::next(2, ProtocolId::NONE));
    }
    let header = header_length(b);
    b.need(header)?;
    if kind(b) != DATA {
        return Ok(Step::last(b));
    }
    let no_data = subtype(b) & 4 != 0;
    let encrypted = b.u8(1) & FLAG_PROTECTED != 0;
    Ok(match (no_data, encrypted) {
        (true, _) => Step::next(header, ProtocolId::NONE),
        (_, true) => Step::next(header, id::data),
        _ => Step::next(header, id::llc),
    })
}

const MANAGEMENT: u8 = 0;
const CONTROL: u8 = 1;
const DATA: u8 = 2;
const FLAG_PROTECTED: u8 = 0x40;
const FLAG_ORDER: u8 = 0x80;
const BOTH_DS: u8 = 3;

const PS_POLL: u8 = 10;
const RTS: u8 = 11;
const BLOCK_ACK_REQUEST: u8 = 8;
const BLOCK_ACK: u8 = 9;

const TYPES: crate::field::ValueNames = &[
    (0x00, "Association Request"),
    (0x01, "Association Response"),
    (0x02, "Reassociation Request"),
    (0x03, "Reassociation Response"),
    (0x04, "Probe Request"),
    (0x05, "Probe Response"),
    (0x08, "Beacon frame"),
    (0x09, "ATIM"),
    (0x0a, "Disassociate"),
    (0x0b, "Authentication"),
    (0x0c, "Deauthentication"),
    (0x0d, "Action"),
    (0x18, "802.11 Block Ack Req"),
    (0x19, "802.11 Block Ack"),
    (0x1a, "Power-Save poll"),
    (0x1b, "Request-to-send"),
    (0x1c, "Clear-to-send"),
    (0x1d, "Acknowledgement"),
    (0x1e, "CF-End (Control-frame)"),
    (0x20, "Data"),
    (0x24, "Null function (No data)"),
    (0x28, "QoS Data"),
    (0x2c, "QoS Null function (No data)"),
];

fn kind(b: Bytes<'_>) -> u8 {
    b.u8(0) >> 2 & 3
}

fn subtype(b: Bytes<'_>) -> u8 {
    b.u8(0) >> 4
}

fn type_subtype(b: Bytes<'_>) -> u8 {
    kind(b) << 4 | subtype(b)
}

/// Figures 9-2 and 9-3 of IEEE 802.11-2020: the fourth address, QoS control and HT control are optional.
fn header_length(b: Bytes<'_>) -> usize {
    let high_throughput = if b.u8(1) & FLAG_ORDER != 0 { 4 } else { 0 };
    match kind(b) {
        MANAGEMENT => 24 + high_throughput,
        CONTROL if matches!(subtype(b), BLOCK_ACK_REQUEST | BLOCK_ACK | PS_POLL | RTS | 14 | 15) => 16,
        CONTROL => 10,
        DATA => {
            let fourth = if b.u8(1) & BOTH_DS == BOTH_DS { 6 } else { 0 };
            let qos = if subtype(b) & 8 != 0 { 2 + high_throughput } else { 0 };
            24 + fourth + qos
        }
        _ => 2,
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    let mut r = Reader::new(b.0, 2);
    let duration = Bytes(r.take(2)?).u16(0).swap_bytes();
    // With the top bit set it is an association number or fixed (IEEE 802.11-2020 §9.2.4.2).
    if duration & 0x8000 == 0 {
        out.put(DURATION, 2..4, Value::Unsigned(duration.into()));
    }
    for (number, fields) in addresses(b).iter().enumerate() {
        let at = ADDRESSES_AT[number];
        for &field in *fields {
            r.skip_to(at)?;
            put_mac(&mut r, field, out)?;
        }
    }
    if matches!(kind(b), MANAGEMENT | DATA) {
        r.skip_to(22)?;
        let sequence = r.take(2).map(|bytes| Bytes(bytes).u16(0).swap_bytes())?;
        out.put(FRAG, 22..24, Value::Unsigned((sequence & 15).into()));
        out.put(SEQ, 22..24, Value::Unsigned((sequence >> 4).into()));
    }
    if kind(b) == MANAGEMENT && b.u8(1) & FLAG_PROTECTED == 0 {
        r = Reader::new(b.0, header_length(b));
        elements::frame(subtype(b), &mut r, out)?;
    }
    Ok(())
}

const ADDRESSES_AT: [usize; 4] = [4, 10, 16, 24];

/// What each address is (IEEE 802.11-2020 §9.3.2.1 and table 9-30).
fn addresses(b: Bytes<'_>) -> [&'static [FieldIndex]; 4] {
    match (kind(b), b.u8(1) & BOTH_DS) {
        (MANAGEMENT, _) | (DATA, 0) => [&[RA, DA], &[TA, SA], &[BSSID], &[]],
        (DATA, 1) => [&[RA, BSSID], &[TA, SA], &[DA], &[]],
        (DATA, 2) => [&[RA, DA], &[TA, BSSID], &[SA], &[]],
        (DATA, _) => [&[RA], &[TA], &[DA], &[SA]],
        (CONTROL, _) => match subtype(b) {
            BLOCK_ACK_REQUEST | BLOCK_ACK | RTS => [&[RA], &[TA], &[], &[]],
            PS_POLL => [&[RA, BSSID], &[TA], &[], &[]],
            14 | 15 => [&[RA], &[TA, BSSID], &[], &[]],
            _ => [&[RA], &[], &[], &[]],
        },
        _ => [&[]; 4],
    }
}

/// The SSID element of a management frame, behind the fixed parameters of its kind (IEEE 802.11-2020 §9.3.3).
fn network_name(b: Bytes<'_>) -> Option<(usize, &[u8])> {
    if kind(b) != MANAGEMENT || b.u8(1) & FLAG_PROTECTED != 0 {
        return None;
    }
    let fixed: usize = match subtype(b) {
        0 | 2 | 4 | 5 | 8 => elements::fixed(subtype(b)).iter().map(|&(width, _)| width).sum(),
        _ => return None,
    };
    let mut r = Reader::new(b.0, header_length(b) + fixed);
    while let (Ok(element), Ok(length)) = (r.u8(), r.u8()) {
        let at = r.at();
        let body = r.take(length.into()).ok()?;
        if element == 0 {
            return Some((at, body));
        }
    }
    None
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    match crate::field::value_name(TYPES, type_subtype(b).into()) {
        Some(name) => out.push_str(name),
        None => put!(out, "Frame type 0x{:02x}", type_subtype(b)),
    }
    if matches!(kind(b), MANAGEMENT | DATA) {
        let sequence = b.u16(22).swap_bytes();
        put!(out, ", SN={}, FN={}", sequence >> 4, sequence & 15);
    }
    if let Some((_, name)) = network_name(b) {
        out.push_str(", SSID=");
        if name.is_empty() {
            out.push_str("Wildcard (Broadcast)");
        } else {
            crate::text::write_value(None, &Value::Text(name), out);
        }
    }
}
