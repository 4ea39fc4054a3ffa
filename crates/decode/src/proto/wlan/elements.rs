//! Management frames: the fixed parameters of each kind (IEEE 802.11-2020 §9.3.3), then elements (§9.4.2).

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
        // What an action holds depends on its category (§9.6).
        return put_number(r, 1, CATEGORY, out).map(drop);
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
    while r.left() > 0 {
        element(r, out)?;
    }
    Ok(())
}

fn parameter(
    r: &mut Reader<'_>,
    width: usize,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    const FLAGS: &[(FieldIndex, u64)] = &[
        (CAPABILITY_ESS, 0x0001),
        (CAPABILITY_IBSS, 0x0002),
        (CAPABILITY_PRIVACY, 0x0010),
        (CAPABILITY_PREAMBLE, 0x0020),
        (CAPABILITY_SPECTRUM, 0x0100),
        (CAPABILITY_QOS, 0x0200),
        (CAPABILITY_SLOT, 0x0400),
        (CAPABILITY_APSD, 0x0800),
        (CAPABILITY_MEASUREMENT, 0x1000),
        (CAPABILITY_EPD, 0x2000),
    ];
    match field {
        CURRENT_AP => put_mac(r, field, out),
        // The two upper bits are set always (§9.4.1.8).
        ASSOCIATION_ID => {
            let at = r.at();
            let id = Bytes(r.take(2)?).little(0, 2) & 0x3fff;
            out.put(field, at..at + 2, Value::Unsigned(id));
            Ok(())
        }
        _ => {
            let number = put_little(r, width, field, out)?;
            if field == CAPABILITIES {
                put_flags(r, 2, number, FLAGS, out);
            }
            Ok(())
        }
    }
}

/// A number, a length and a content (§9.4.2.1).
fn element(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    /// The first byte of the content is a number of another list.
    const EXTENSION: u8 = 255;
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
        if number == EXTENSION && length > 0 {
            put_number(&mut body, 1, EXTENDED_NUMBER, out)?;
        }
        // What is damaged hides no other element.
        let _ = content(number, &mut body, out);
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
        11 => put_little(r, 2, STATIONS, out).map(drop),
        32 => put_number(r, 1, POWER_CONSTRAINT, out).map(drop),
        37 => {
            put_number(r, 1, SWITCH_MODE, out)?;
            put_number(r, 1, SWITCH_CHANNEL, out)?;
            put_number(r, 1, SWITCH_COUNT, out).map(drop)
        }
        42 | 47 => {
            let erp = put_number(r, 1, ERP, out)?;
            put_flags(r, 1, erp, &[(ERP_PRESENT, 1), (ERP_PROTECTION, 2), (ERP_BARKER, 4)], out);
            Ok(())
        }
        45 => high_throughput(r, out),
        48 => robust_security(r, &RSN, out),
        61 => put_number(r, 1, HT_PRIMARY, out).map(drop),
        127 => put_list(r, r.left() as u64, 1, EXTENDED_CAPABILITIES, out),
        191 => {
            put_little(r, 4, VHT_CAPABILITIES, out)?;
            out.put(VHT_MCS_SET, r.at()..r.end(), Value::Present);
            put_little(r, 2, VHT_RX_MAP, out)?;
            r.take(2)?;
            put_little(r, 2, VHT_TX_MAP, out).map(drop)
        }
        221 => vendor(r, out),
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

/// §9.4.2.55.
fn high_throughput(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_little(r, 2, HT_CAPABILITIES, out)?;
    put_number(r, 1, HT_AMPDU, out)?;
    out.put(HT_MCS_SET, r.at()..(r.at() + 16).min(r.end()), Value::Present);
    r.take(16)?;
    put_little(r, 2, HT_EXTENDED, out)?;
    put_little(r, 4, HT_BEAM_FORMING, out)?;
    put_number(r, 1, HT_ANTENNA, out).map(drop)
}

/// The rows of a list of suites: the count, the whole suite, its OUI and its type.
type Suites = (FieldIndex, [FieldIndex; 3]);

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
    pairwise: (RSN_PAIRWISE_COUNT, [RSN_PAIRWISE, RSN_PAIRWISE_OUI, RSN_PAIRWISE_TYPE]),
    keys: (RSN_KEYS_COUNT, [RSN_KEYS, RSN_KEYS_OUI, RSN_KEYS_TYPE]),
    is_rsn: true,
};

const WPA: Security = Security {
    version: WPA_VERSION,
    group: [WPA_GROUP, WPA_GROUP_OUI, WPA_GROUP_TYPE],
    pairwise: (WPA_PAIRWISE_COUNT, [WPA_PAIRWISE, WPA_PAIRWISE_OUI, WPA_PAIRWISE_TYPE]),
    keys: (WPA_KEYS_COUNT, [WPA_KEYS, WPA_KEYS_OUI, WPA_KEYS_TYPE]),
    is_rsn: false,
};

/// §9.4.2.24: all behind the version is optional.
fn robust_security(r: &mut Reader<'_>, rows: &Security, out: &mut dyn FieldSink) -> Result<(), Short> {
    const FLAGS: &[(FieldIndex, u64)] =
        &[(RSN_PREAUTH, 0x01), (RSN_NO_PAIRWISE, 0x02), (RSN_MFPR, 0x40), (RSN_MFPC, 0x80)];
    const PMKID: usize = 16;
    put_little(r, 2, rows.version, out)?;
    suite(r, rows.group, out)?;
    for (count, fields) in [rows.pairwise, rows.keys] {
        for _ in 0..put_little(r, 2, count, out)? {
            suite(r, fields, out)?;
        }
    }
    if !rows.is_rsn || r.left() < 2 {
        return Ok(());
    }
    let flags = put_little(r, 2, RSN_CAPABILITIES, out)?;
    put_flags(r, 2, flags, FLAGS, out);
    if r.left() >= 2 {
        let count = put_little(r, 2, RSN_PMKID_COUNT, out)? as usize;
        r.take(PMKID * count)?;
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

/// §9.4.2.25; those of Microsoft's number hold what was before RSN.
fn vendor(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const MICROSOFT: u64 = 0x00_50f2;
    const WPA_TYPE: u64 = 1;
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
        _ => Ok(()),
    }
}
