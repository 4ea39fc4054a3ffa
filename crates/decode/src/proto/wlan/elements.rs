//! Management frames: the fixed parameters of each kind (IEEE 802.11-2020 §9.3.3), then elements (§9.4.2).

use super::capabilities::{self as sets, Set, put_lone, put_set};
use super::*;

/// The fixed parameters of a kind of frame: their widths and rows.
pub(super) const fn fixed(subtype: u8) -> &'static [(usize, FieldIndex)] {
    match subtype {
        0 => &[(2, CAPABILITIES), (2, LISTEN_INTERVAL)],
        1 | 3 => &[(2, CAPABILITIES), (2, STATUS_CODE), (2, ASSOCIATION_ID)],
        2 => &[(2, CAPABILITIES), (2, LISTEN_INTERVAL), (6, CURRENT_AP)],
        5 | 8 => &[(8, TIMESTAMP), (2, BEACON_INTERVAL), (2, CAPABILITIES)],
        10 | 12 => &[(2, REASON_CODE)],
        11 => &[(2, AUTHENTICATION), (2, AUTHENTICATION_SEQUENCE), (2, STATUS_CODE)],
        _ => &[],
    }
}

/// What stands behind the header of a management frame.
pub(super) fn frame(subtype: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const PROBE_REQUEST: u8 = 4;
    const ACTION: u8 = 13;
    let list = fixed(subtype);
    if subtype == ACTION {
        return action(r, out);
    }
    if list.is_empty() && subtype != PROBE_REQUEST {
        return Ok(());
    }
    let at = r.at();
    let length: usize = list.iter().map(|&(width, _)| width).sum();
    if length > 0 {
        out.put(FIXED, at..(at + length).min(r.end()), Value::Present);
    }
    for &(width, field) in list {
        parameter(r, width, field, out)?;
    }
    if r.left() > 0 {
        out.put(TAGGED, r.at()..r.end(), Value::Present);
    }
    // Who has the access point's part in the conversation says something else in some elements.
    let from_access_point = matches!(subtype, 1 | 3 | 5 | 8);
    while r.left() > 0 {
        element(r, from_access_point, out)?;
    }
    Ok(())
}

/// What an action holds depends on its category (§9.6); shown are those that set up block acknowledgements (§9.6.4).
fn action(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const BLOCK_ACK: u64 = 3;
    let category = put_number(r, 1, CATEGORY, out)?;
    let mut request = *r;
    if category != BLOCK_ACK || r.left() < 1 {
        return Ok(());
    }
    match request.u8()? {
        0 => {
            put_number(r, 1, FIXED_ACTION_CODE, out)?;
            put_number(r, 1, FIXED_DIALOG_TOKEN, out)?;
            put_set(r, &sets::BLOCK_ACK, out)?;
            put_little(r, 2, FIXED_BATIMEOUT, out)?;
            put_set(r, &sets::BLOCK_ACK_START, out).map(drop)
        }
        1 => {
            put_number(r, 1, FIXED_ACTION_CODE, out)?;
            put_number(r, 1, FIXED_DIALOG_TOKEN, out)?;
            put_little(r, 2, STATUS_CODE, out)?;
            put_set(r, &sets::BLOCK_ACK, out)?;
            put_little(r, 2, FIXED_BATIMEOUT, out).map(drop)
        }
        _ => Ok(()),
    }
}

fn parameter(
    r: &mut Reader<'_>,
    width: usize,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    match field {
        CURRENT_AP => put_mac(r, field, out),
        // The two upper bits are set always (§9.4.1.8).
        ASSOCIATION_ID => {
            let at = r.at();
            let id = Bytes(r.take(2)?).little(0, 2) & 0x3fff;
            out.put(field, at..at + 2, Value::Unsigned(id));
            Ok(())
        }
        CAPABILITIES => put_set(r, &sets::CAPABILITY, out).map(drop),
        _ => put_little(r, width, field, out).map(drop),
    }
}

/// A number, a length and a content (§9.4.2.1).
fn element(r: &mut Reader<'_>, from_access_point: bool, out: &mut dyn FieldSink) -> Result<(), Short> {
    /// The first byte of the content is a number of another list.
    const EXTENSION: u8 = 255;
    const VENDOR: u8 = 221;
    let at = r.at();
    let b = Bytes(r.whole());
    let (number, length) = (b.u8(at), usize::from(b.u8(at + 1)));
    let name = match number {
        EXTENSION => crate::field::value_name(EXTENDED_ELEMENTS, b.u8(at + 2).into()),
        _ => crate::field::value_name(ELEMENTS, number.into()),
    };
    let end = (at + 2 + length).min(r.end());
    out.open(at..end, format_args!("Tag: {}", name.unwrap_or("Reserved")));
    let extended = number == EXTENSION;
    out.put(if extended { EXTENDED_TAG } else { TAG }, at..end, Value::Present);
    put_number(r, 1, TAG_NUMBER, out)?;
    if extended {
        // That of the content: the number of the extension counts in the element's length (IEEE 802.11 §9.4.2.1).
        r.take(1)?;
        out.put(EXTENDED_LENGTH, at + 1..at + 2, Value::Unsigned(length.saturating_sub(1) as u64));
    } else {
        put_number(r, 1, TAG_LENGTH, out)?;
    }
    let body = r.sub(length);
    if let Ok(mut body) = body {
        // What is damaged hides no other element.
        let _ = match number {
            EXTENSION if length > 0 => extension(&mut body, out),
            VENDOR => vendor(&mut body, from_access_point, out),
            _ => content(number, &mut body, out),
        };
    }
    out.close();
    body.map(drop)
}

fn content(number: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match number {
        0 => put_bytes(r, r.left(), SSID, out),
        1 => put_list(r, r.left() as u64, 1, RATE, out),
        50 => put_list(r, r.left() as u64, 1, EXTENDED_RATE, out),
        3 => put_number(r, 1, CHANNEL, out).map(drop),
        5 => {
            put_number(r, 1, DTIM_COUNT, out)?;
            put_number(r, 1, DTIM_PERIOD, out)?;
            let control = put_number(r, 1, TIM_CONTROL, out)?;
            put_flags(r, 1, control, &[(TIM_MULTICAST, 1)], out);
            out.put(TIM_OFFSET, r.at() - 1..r.at(), Value::Unsigned(control >> 1));
            put_rest(r, TIM_BITMAP, out)
        }
        7 => country(r, out),
        11 => load(r, out),
        32 => put_number(r, 1, POWER_CONSTRAINT, out).map(drop),
        33 => {
            put_power(r, POWERCAP_MIN, out)?;
            put_power(r, POWERCAP_MAX, out)
        }
        36 => {
            while r.left() >= 2 {
                out.put(SUPCHAN, r.at()..r.at() + 2, Value::Present);
                put_number(r, 1, SUPCHAN_FIRST, out)?;
                put_number(r, 1, SUPCHAN_RANGE, out)?;
            }
            Ok(())
        }
        37 => {
            put_number(r, 1, SWITCH_MODE, out)?;
            put_number(r, 1, SWITCH_CHANNEL, out)?;
            put_number(r, 1, SWITCH_COUNT, out).map(drop)
        }
        42 | 47 => put_set(r, &sets::ERP_SET, out).map(drop),
        45 => high_throughput(r, out),
        48 => robust_security(r, &RSN, out),
        61 => {
            put_number(r, 1, HT_PRIMARY, out)?;
            put_set(r, &sets::HT_OPERATION_1, out)?;
            put_set(r, &sets::HT_OPERATION_2, out)?;
            put_set(r, &sets::HT_OPERATION_3, out)?;
            schemes(r, out)
        }
        107 => {
            put_lone(r, 1, sets::INTERWORKING, out)?;
            // Behind it the venue, of two bytes, and an identifier may be missing (§9.4.2.91).
            if matches!(r.left(), 8..) {
                r.take(2)?;
            }
            if r.left() >= 6 { put_mac(r, INTERWORKING_HESSID, out) } else { Ok(()) }
        }
        113 => mesh(r, out),
        114 => put_text(r, r.left(), MESH_ID, out),
        127 => extended(r, out),
        191 => {
            put_set(r, &sets::VHT, out)?;
            out.put(VHT_MCS_SET, r.at()..r.end(), Value::Present);
            put_set(r, &sets::VHT_RX, out)?;
            put_lone(r, 2, sets::VHT_RX_RATE, out)?;
            put_set(r, &sets::VHT_TX, out)?;
            put_lone(r, 2, sets::VHT_TX_RATE, out)
        }
        192 => {
            out.put(VHT_OP, r.at()..(r.at() + 3).min(r.end()), Value::Present);
            put_number(r, 1, VHT_OP_CHANNELWIDTH, out)?;
            put_number(r, 1, VHT_OP_CHANNELCENTER0, out)?;
            put_number(r, 1, VHT_OP_CHANNELCENTER1, out)?;
            put_set(r, &sets::VHT_BASIC, out).map(drop)
        }
        195 => {
            put_set(r, &sets::POWER_ENVELOPE, out)?;
            let rows =
                [VHT_TPE_PWR_CONSTR_20, VHT_TPE_PWR_CONSTR_40, VHT_TPE_PWR_CONSTR_80, VHT_TPE_PWR_CONSTR_160];
            rows.iter().take(r.left()).try_for_each(|&row| put_power(r, row, out))
        }
        _ => Ok(()),
    }
}

/// §9.4.2.8: a country, then ranges of channels with the power that is allowed in each.
fn country(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_text(r, 2, COUNTRY, out)?;
    put_number(r, 1, ENVIRONMENT, out)?;
    while r.left() >= 3 {
        // From 201 on it is an operating class, and no range.
        if Bytes(r.whole()).u8(r.at()) > 200 {
            r.take(3)?;
            continue;
        }
        out.put(COUNTRY_INFO, r.at()..r.at() + 3, Value::Present);
        put_number(r, 1, COUNTRY_FIRST, out)?;
        put_number(r, 1, COUNTRY_CHANNELS, out)?;
        let at = r.at();
        let power = i64::from(r.u8()?.cast_signed());
        out.put(COUNTRY_POWER, at..at + 1, Value::Signed(power));
    }
    Ok(())
}

fn put_power(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let power = i64::from(r.u8()?.cast_signed());
    out.put(field, at..at + 1, Value::Signed(power));
    Ok(())
}

/// §9.4.2.27; before IEEE 802.11e was done it had a byte less.
fn load(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let version = match r.left() {
        5 => 2,
        4 => 1,
        _ => return Ok(()),
    };
    out.put(QBSS_VERSION, r.at()..r.end(), Value::Unsigned(version));
    put_little(r, 2, STATIONS, out)?;
    put_number(r, 1, QBSS_CU, out)?;
    put_little(r, r.left(), QBSS_ADC, out).map(drop)
}

/// §9.4.2.97.
fn mesh(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let rows = [
        MESH_CONFIG_PS_PROTOCOL,
        MESH_CONFIG_PS_METRIC,
        MESH_CONFIG_CONG_CTL,
        MESH_CONFIG_SYNC_METHOD,
        MESH_CONFIG_AUTH_PROTOCOL,
    ];
    for field in rows {
        put_number(r, 1, field, out)?;
    }
    put_set(r, &sets::MESH_FORMATION, out)?;
    put_set(r, &sets::MESH_CAPABILITY, out).map(drop)
}

/// §9.4.2.26: as many bytes as the sender needs.
fn extended(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut bytes = sets::EXTENDED.iter();
    while r.left() > 0 {
        let byte = put_number(r, 1, EXTENDED_CAPABILITIES, out)?;
        let parts = bytes.next().copied().unwrap_or_default();
        sets::put_parts(r.at() - 1..r.at(), byte, parts, out);
    }
    Ok(())
}

/// An element of the second list (§9.4.2.1).
fn extension(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const HE_CAPABILITIES: u64 = 35;
    if put_number(r, 1, EXTENDED_NUMBER, out)? != HE_CAPABILITIES {
        return Ok(());
    }
    put_set(r, &sets::HE_MAC, out)?;
    r.take(1)?;
    sets::HE_PHYSICAL.iter().try_for_each(|set: &Set| put_set(r, set, out).map(drop))
}

/// §9.4.2.55.
fn high_throughput(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_set(r, &sets::HT, out)?;
    put_set(r, &sets::AMPDU, out)?;
    schemes(r, out)?;
    put_set(r, &sets::EXTENDED_HT, out)?;
    put_set(r, &sets::BEAM_FORMING, out)?;
    put_set(r, &sets::ANTENNA, out).map(drop)
}

/// Modulation and coding schemes: a bit for each that is understood, then what is sent (§9.4.2.55.4).
fn schemes(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut set = r.sub(16)?;
    let at = set.at();
    out.put(HT_MCS_SET, at..at + 16, Value::Present);
    out.put(HT_MCSSET_RXBITMASK, at..at + 10, Value::Present);
    put_lone(&mut set, 4, sets::MCS_FIRST, out)?;
    put_lone(&mut set, 4, sets::MCS_SECOND, out)?;
    put_lone(&mut Reader::new(r.whole(), at + 6), 4, sets::MCS_THIRD, out)?;
    set.take(2)?;
    put_lone(&mut set, 2, sets::MCS_RATE, out)?;
    put_lone(&mut set, 2, sets::MCS_TRANSMIT, out)
}

/// The rows of a list of suites: the count, the list, the whole suite, its OUI and its type.
type Suites = (FieldIndex, FieldIndex, [FieldIndex; 3]);

/// The rows of RSN or of what came before it.
struct Security {
    version: FieldIndex,
    group: [FieldIndex; 3],
    pairwise: Suites,
    keys: Suites,
    is_rsn: bool,
}

const RSN: Security = Security {
    version: RSN_VERSION,
    group: [RSN_GROUP, RSN_GROUP_OUI, RSN_GROUP_TYPE],
    pairwise: (RSN_PAIRWISE_COUNT, RSN_PCS_LIST, [RSN_PAIRWISE, RSN_PAIRWISE_OUI, RSN_PAIRWISE_TYPE]),
    keys: (RSN_KEYS_COUNT, RSN_AKMS_LIST, [RSN_KEYS, RSN_KEYS_OUI, RSN_KEYS_TYPE]),
    is_rsn: true,
};

const WPA: Security = Security {
    version: WPA_VERSION,
    group: [WPA_GROUP, WPA_GROUP_OUI, WPA_GROUP_TYPE],
    pairwise: (WPA_PAIRWISE_COUNT, WFA_IE_WPA_UCS_LIST, [WPA_PAIRWISE, WPA_PAIRWISE_OUI, WPA_PAIRWISE_TYPE]),
    keys: (WPA_KEYS_COUNT, WFA_IE_WPA_AKMS_LIST, [WPA_KEYS, WPA_KEYS_OUI, WPA_KEYS_TYPE]),
    is_rsn: false,
};

/// §9.4.2.24: all behind the version is optional.
fn robust_security(r: &mut Reader<'_>, rows: &Security, out: &mut dyn FieldSink) -> Result<(), Short> {
    const PMKID: usize = 16;
    put_little(r, 2, rows.version, out)?;
    suite(r, rows.group, out)?;
    for (count, list, fields) in [rows.pairwise, rows.keys] {
        let count = put_little(r, 2, count, out)?;
        out.put(list, r.at()..(r.at() + 4 * count as usize).min(r.end()), Value::Present);
        for _ in 0..count {
            suite(r, fields, out)?;
        }
    }
    if !rows.is_rsn || r.left() < 2 {
        return Ok(());
    }
    put_set(r, &sets::RSN_SET, out)?;
    if r.left() >= 2 {
        let count = put_little(r, 2, RSN_PMKID_COUNT, out)? as usize;
        let mut list = r.sub(PMKID * count)?;
        out.put(RSN_PMKID_LIST, list.at()..list.end(), Value::Present);
        while list.left() > 0 {
            put_bytes(&mut list, PMKID, PMKID_AKMS, out)?;
        }
    }
    if r.left() >= 4 {
        suite(r, [RSN_MANAGEMENT, RSN_MANAGEMENT_OUI, RSN_MANAGEMENT_TYPE], out)?;
    }
    Ok(())
}

/// A cipher or a key management: who defined it, and a number.
fn suite(
    r: &mut Reader<'_>,
    [whole, oui, kind]: [FieldIndex; 3],
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let mut parts = *r;
    put_number(r, 4, whole, out)?;
    put_number(&mut parts, 3, oui, out)?;
    put_number(&mut parts, 1, kind, out).map(drop)
}

/// §9.4.2.25; those of Microsoft's number hold what was before RSN, and Wi-Fi Multimedia.
fn vendor(r: &mut Reader<'_>, from_access_point: bool, out: &mut dyn FieldSink) -> Result<(), Short> {
    const MICROSOFT: u64 = 0x00_50f2;
    const WPA_TYPE: u64 = 1;
    const MULTIMEDIA_TYPE: u64 = 2;
    let oui = put_number(r, 3, VENDOR_OUI, out)?;
    if oui != MICROSOFT {
        // The type is the first byte of the data.
        let mut data = *r;
        put_number(r, 1, VENDOR_TYPE, out)?;
        return put_rest(&mut data, VENDOR_DATA, out);
    }
    let mut kind = *r;
    put_number(r, 1, VENDOR_TYPE, out)?;
    match put_number(&mut kind, 1, WFA_TYPE, out)? {
        WPA_TYPE => robust_security(r, &WPA, out),
        MULTIMEDIA_TYPE => multimedia(r, from_access_point, out),
        _ => Ok(()),
    }
}

/// Who may wait how long for the medium, for each category of traffic (§9.4.2.28 has the same in an element of its own).
fn multimedia(r: &mut Reader<'_>, from_access_point: bool, out: &mut dyn FieldSink) -> Result<(), Short> {
    const INFORMATION: u64 = 0;
    const PARAMETERS: u64 = 1;
    let subtype = put_number(r, 1, WFA_IE_WME_SUBTYPE, out)?;
    put_number(r, 1, WFA_IE_WME_VERSION, out)?;
    if !matches!(subtype, INFORMATION | PARAMETERS) {
        return Ok(());
    }
    put_set(r, if from_access_point { &sets::WMM_OF_ACCESS_POINT } else { &sets::WMM_OF_STATION }, out)?;
    if subtype == INFORMATION {
        return Ok(());
    }
    put_bytes(r, 1, WFA_IE_WME_RESERVED, out)?;
    while r.left() >= 4 {
        let at = r.at();
        out.put(WFA_IE_WME_ACP, at..at + 4, Value::Present);
        put_set(r, &sets::WMM_CATEGORY, out)?;
        let window = put_set(r, &sets::WMM_WINDOW, out)?;
        // The exponents of two of the windows, less one.
        for (field, exponent) in [(WFA_IE_WME_ACP_CW_MAX, window >> 4), (WFA_IE_WME_ACP_CW_MIN, window & 15)]
        {
            out.put(field, at + 1..at + 2, Value::Unsigned((1 << exponent) - 1));
        }
        put_little(r, 2, WFA_IE_WME_ACP_TXOP_LIMIT, out)?;
    }
    Ok(())
}
