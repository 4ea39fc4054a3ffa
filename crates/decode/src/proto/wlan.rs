//! IEEE 802.11: the MAC header (IEEE 802.11-2020 §9.2) and the name of the network. Numbers are little-endian.

use plaintap_packet::LinkType;

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
    SSID: Bytes walk, "wlan.ssid", "SSID";
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
    if let Some((at, name)) = network_name(view.bytes) {
        out.put(SSID, at..at + name.len(), Value::Bytes(name));
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
    let fixed = match subtype(b) {
        0 => 4,
        2 => 10,
        4 => 0,
        5 | 8 => 12,
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
