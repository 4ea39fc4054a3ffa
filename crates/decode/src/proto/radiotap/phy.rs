//! How the frame was modulated: HT (802.11n), VHT (802.11ac) and HE (802.11ax).

use super::*;

const MCS_KNOWN_BITS: &[(FieldIndex, u64)] = &[
    (MCS_HAVE_BW, 0x1),
    (MCS_HAVE_INDEX, 0x2),
    (MCS_HAVE_GI, 0x4),
    (MCS_HAVE_FORMAT, 0x8),
    (MCS_HAVE_FEC, 0x10),
    (MCS_HAVE_STBC, 0x20),
    (MCS_HAVE_NESS, 0x40),
];

const VHT_KNOWN_BITS: &[(FieldIndex, u64)] = &[
    (VHT_HAVE_STBC, 0x1),
    (VHT_HAVE_TXOP_PS, 0x2),
    (VHT_HAVE_GI, 0x4),
    (VHT_HAVE_SGI_NSYM_DA, 0x8),
    (VHT_LDPC_EXTRA, 0x10),
    (VHT_HAVE_BEAMFORMED, 0x20),
    (MCS_HAVE_BW, 0x40),
    (VHT_HAVE_GID, 0x80),
    (VHT_HAVE_PAID, 0x100),
];

const HE_1_BITS: &[(FieldIndex, u64)] = &[
    (HE_BSS_COLOR_KNOWN, 0x4),
    (HE_BEAM_CHANGE_KNOWN, 0x8),
    (HE_UL_DL_KNOWN, 0x10),
    (HE_DATA_MCS_KNOWN, 0x20),
    (HE_DATA_DCM_KNOWN, 0x40),
    (HE_CODING_KNOWN, 0x80),
    (HE_LDPC_EXTRA_SYMBOL_SEGMENT_KNOWN, 0x100),
    (HE_STBC_KNOWN, 0x200),
    (HE_SPATIAL_REUSE_1_KNOWN, 0x400),
    (HE_SPATIAL_REUSE_2_KNOWN, 0x800),
    (HE_SPATIAL_REUSE_3_KNOWN, 0x1000),
    (HE_SPATIAL_REUSE_4_KNOWN, 0x2000),
    (HE_DATA_BW_RU_ALLOCATION_KNOWN, 0x4000),
    (HE_DOPPLER_KNOWN, 0x8000),
];

const HE_2_BITS: &[(FieldIndex, u64)] = &[
    (HE_PRI_SEC_80_MHZ_KNOWN, 0x1),
    (HE_GI_KNOWN, 0x2),
    (HE_NUM_LTF_SYMBOLS_KNOWN, 0x4),
    (HE_PRE_FEC_PADDING_FACTOR_KNOWN, 0x8),
    (HE_TXBF_KNOWN, 0x10),
    (HE_PE_DISAMBIGUITY_KNOWN, 0x20),
    (HE_TXOP_KNOWN, 0x40),
    (HE_MIDAMBLE_PERIODICITY_KNOWN, 0x80),
    (HE_RU_ALLOCATION_OFFSETI_KNOWN, 0x4000),
    (HE_PRI_SEC_80_MHZ, 0x8000),
];

/// Parts of the third to sixth word: the field, the field where the part is not known, the bits, and where it is known: bits
/// of the first or the second word.
const HE_PARTS: &[(usize, FieldIndex, FieldIndex, u64, usize, u64)] = &[
    (3, HE_DATA_3_BSS_COLOR, HE_DATA_3_BSS_COLOR_UNKNOWN, 0x3f, 1, 0x4),
    (3, HE_DATA_3_BEAM_CHANGE, HE_DATA_3_BEAM_CHANGE_UNKNOWN, 0x40, 1, 0x8),
    (3, HE_DATA_3_UL_DL, HE_DATA_3_UL_DL_UNKNOWN, 0x80, 1, 0x10),
    (3, HE_DATA_3_DATA_MCS, HE_DATA_3_DATA_MCS_UNKNOWN, 0xf00, 1, 0x20),
    (3, HE_DATA_3_DATA_DCM, HE_DATA_3_DATA_DCM_UNKNOWN, 0x1000, 1, 0x40),
    (3, HE_DATA_3_CODING, HE_DATA_3_CODING_UNKNOWN, 0x2000, 1, 0x80),
    (3, HE_DATA_3_LDPC_EXTRA_SYMBOL_SEGMENT, HE_DATA_3_LDPC_EXTRA_SYMBOL_SEGMENT_UNKNOWN, 0x4000, 1, 0x100),
    (3, HE_DATA_3_STBC, HE_DATA_3_STBC_UNKNOWN, 0x8000, 1, 0x200),
    (5, HE_DATA_5_DATA_BW_RU_ALLOCATION, HE_DATA_5_DATA_BW_RU_ALLOCATION_UNKNOWN, 0xf, 1, 0x4000),
    (5, HE_DATA_5_GI, HE_DATA_5_GI_UNKNOWN, 0x30, 2, 0x2),
    (5, HE_DATA_5_LTF_SYMBOL_SIZE, HE_DATA_5_LTF_SYMBOL_SIZE_UNKNOWN, 0xc0, 2, 0x0),
    (5, HE_NUM_LTF_SYMBOLS, HE_NUM_LTF_SYMBOLS_UNKNOWN, 0x700, 2, 0x4),
    (5, HE_PRE_FEC_PADDING_FACTOR, HE_PRE_FEC_PADDING_FACTOR_UNKNOWN, 0x3000, 2, 0x8),
    (5, HE_TXBF, HE_TXBF_UNKNOWN, 0x4000, 2, 0x10),
    (5, HE_PE_DISAMBIGUITY, HE_PE_DISAMBIGUITY_UNKNOWN, 0x8000, 2, 0x20),
    (6, HE_DATA_6_DOPPLER_VALUE, HE_DATA_6_DOPPLER_VALUE_UNKNOWN, 0x10, 1, 0x8000),
    (6, HE_DATA_6_TXOP_VALUE, HE_DATA_6_TXOP_VALUE_UNKNOWN, 0x7f00, 2, 0x40),
    (6, HE_DATA_6_MIDAMBLE_PERIODICITY, HE_DATA_6_MIDAMBLE_PERIODICITY_UNKNOWN, 0x8000, 2, 0x80),
];

/// Modulation and coding scheme of 802.11n. The first byte says which of the others are known; all three that make the
/// rate must be.
pub(super) fn mcs(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const BANDWIDTH: u64 = 0x01;
    const INDEX: u64 = 0x02;
    const GUARD_INTERVAL: u64 = 0x04;
    const NESS: u64 = 0x40;
    let at = r.at();
    out.put(MCS, at..at + 3, Value::Present);
    let known = put_number(r, 1, MCS_KNOWN, out)?;
    put_flags(r, 1, known, MCS_KNOWN_BITS, out);
    if known & NESS != 0 {
        out.put(MCS_NESS_BIT1, at..at + 1, Value::Unsigned(known >> 7));
    }
    let flags = u64::from(r.u8()?);
    for (bit, field, mask) in [
        (BANDWIDTH, MCS_BW, 3),
        (GUARD_INTERVAL, MCS_GI, 4),
        (0x08, MCS_FORMAT, 8),
        (0x10, MCS_FEC, 0x10),
        (0x20, MCS_STBC, 0x60),
        (NESS, MCS_NESS_BIT0, 0x80),
    ] {
        if known & bit != 0 {
            put_parts(r, 1, flags, &[(field, mask)], out);
        }
    }
    let index = r.u8()?;
    if known & INDEX != 0 {
        out.put(MCS_INDEX, at + 2..at + 3, Value::Unsigned(index.into()));
    }
    let all = BANDWIDTH | INDEX | GUARD_INTERVAL;
    if known & all == all && index < 32 {
        let subcarriers = if flags & 3 == 1 { 108 } else { 52 };
        let rate = rate(u32::from(index / 8) + 1, usize::from(index % 8), subcarriers, flags & 4 != 0);
        out.put(DATA_RATE, at..at + 3, Value::Float(rate));
    }
    Ok(())
}

/// Mb/s (IEEE 802.11-2016 §19.5, §21.5): data bits of a symbol over its duration, shown in tenths as the standard lists
/// them.
fn rate(streams: u32, index: usize, subcarriers: u32, short: bool) -> f64 {
    /// Coded bits a subcarrier times coding rate, in twelfths.
    const TWELFTHS: [u32; 10] = [6, 12, 18, 24, 36, 48, 54, 60, 72, 80];
    let bits = TWELFTHS.get(index).copied().unwrap_or(0) * subcarriers * streams / 12;
    // 4 us a symbol with the long guard interval, 3.6 us with the short one.
    let tenths = f64::from(bits) * 10.0 / if short { 3.6 } else { 4.0 };
    tenths.round() / 10.0
}

/// 802.11ac: what is known, then for up to four users each scheme and streams.
pub(super) fn vht(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const STBC: u64 = 0x01;
    const GUARD_INTERVAL: u64 = 0x04;
    const BANDWIDTH: u64 = 0x40;
    const USERS: [[FieldIndex; 5]; 4] = [
        [VHT_MCS_0, VHT_NSS_0, VHT_CODING_0, VHT_NSTS_0, VHT_DATARATE_0],
        [VHT_MCS_1, VHT_NSS_1, VHT_CODING_1, VHT_NSTS_1, VHT_DATARATE_1],
        [VHT_MCS_2, VHT_NSS_2, VHT_CODING_2, VHT_NSTS_2, VHT_DATARATE_2],
        [VHT_MCS_3, VHT_NSS_3, VHT_CODING_3, VHT_NSTS_3, VHT_DATARATE_3],
    ];
    let at = r.at();
    out.put(VHT, at..r.end(), Value::Present);
    let known = put_little(r, 2, VHT_KNOWN, out)?;
    put_flags(r, 2, known, VHT_KNOWN_BITS, out);
    let flags = u64::from(r.u8()?);
    for (field, mask) in [(VHT_STBC, STBC), (VHT_TXOP_PS, 2), (VHT_SGI_NSYM_DA, 8), (VHT_BEAMFORMED, 0x20)] {
        if known & mask != 0 {
            put_flags(r, 1, flags, &[(field, mask)], out);
        }
    }
    if known & GUARD_INTERVAL != 0 {
        put_parts(r, 1, flags, &[(VHT_GI, GUARD_INTERVAL)], out);
    }
    let bandwidth = r.u8()? & 0x1f;
    if known & BANDWIDTH != 0 {
        out.put(VHT_BW, at + 3..at + 4, Value::Unsigned(bandwidth.into()));
    }
    let users = r.take(4)?;
    let coding = u64::from(r.u8()?);
    for (user, (&byte, [mcs, nss, code, nsts, data_rate])) in users.iter().zip(USERS).enumerate() {
        let (streams, index) = (u32::from(byte & 15), usize::from(byte >> 4));
        if streams == 0 {
            continue;
        }
        let place = at + 4 + user..at + 5 + user;
        out.put(VHT_USER, place.clone(), Value::Present);
        out.put(mcs, place.clone(), Value::Unsigned(index as u64));
        out.put(nss, place.clone(), Value::Unsigned(streams.into()));
        if known & STBC != 0 {
            let twice = if flags & STBC != 0 { 2 } else { 1 };
            out.put(nsts, place.clone(), Value::Unsigned(u64::from(streams) * twice));
        }
        out.put(code, at + 8..at + 9, Value::Unsigned(coding >> user & 1));
        if known & (GUARD_INTERVAL | BANDWIDTH) == GUARD_INTERVAL | BANDWIDTH && index < 10 {
            let subcarriers = match bandwidth {
                1 | 5 | 6 => 108,
                4 => 234,
                11 => 468,
                _ => 52,
            };
            let rate = rate(streams, index, subcarriers, flags & GUARD_INTERVAL != 0);
            out.put(data_rate, place, Value::Float(rate));
        }
    }
    for (field, mask, width) in [(VHT_GID, 0x80, 1), (VHT_PAID, 0x100, 2)] {
        if known & mask != 0 {
            put_little(r, width, field, out)?;
        } else {
            r.take(width)?;
        }
    }
    Ok(())
}

/// 802.11ax: six words, of which the first two say which parts of the others are known.
pub(super) fn he(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const WORDS: [FieldIndex; 6] = [HE_1, HE_2, HE_3, HE_4, HE_5, HE_6];
    let mut words = [0; 6];
    for (number, field) in WORDS.into_iter().enumerate() {
        let word = put_little(r, 2, field, out)?;
        words[number] = word;
        match number {
            0 => {
                put_parts(r, 2, word, &[(HE_PPDU_FORMAT, 3)], out);
                put_flags(r, 2, word, HE_1_BITS, out);
            }
            1 => {
                put_flags(r, 2, word, HE_2_BITS, out);
                put_parts(r, 2, word, &[(HE_RU_ALLOCATION_OFFSET, 0x3f00)], out);
            }
            3 => he_spatial_reuse(r, words, out),
            _ => {}
        }
        for &(_, field, unknown, mask, of, bit) in HE_PARTS.iter().filter(|part| part.0 == number + 1) {
            let known = bit == 0 || words[of - 1] & bit != 0;
            put_parts(r, 2, word, &[(if known { field } else { unknown }, mask)], out);
        }
        match number {
            4 => put_parts(r, 2, word, &[(HE_DATA_5_RESERVED_D5_B11, 0x800)], out),
            5 => put_parts(r, 2, word, &[(HE_DATA_6_NSTS, 0xf), (HE_DATA_6_RESERVED_D6_00E0, 0xe0)], out),
            _ => {}
        }
    }
    Ok(())
}

/// The fourth word, which depends on the format of the frame.
fn he_spatial_reuse(r: &Reader<'_>, words: [u64; 6], out: &mut dyn FieldSink) {
    const MULTI_USER: u64 = 2;
    const TRIGGER_BASED: u64 = 3;
    let [first, _, _, word, ..] = words;
    if first & 3 == TRIGGER_BASED {
        for (field, unknown, mask, bit) in [
            (HE_DATA_4_SPATIAL_REUSE_1, HE_DATA_4_SPATIAL_REUSE_1_UNKNOWN, 0xf, 0x400),
            (HE_DATA_4_SPATIAL_REUSE_2, HE_DATA_4_SPATIAL_REUSE_2_UNKNOWN, 0xf0, 0x800),
            (HE_DATA_4_SPATIAL_REUSE_3, HE_DATA_4_SPATIAL_REUSE_3_UNKNOWN, 0xf00, 0x1000),
            (HE_DATA_4_SPATIAL_REUSE_4, HE_DATA_4_SPATIAL_REUSE_4_UNKNOWN, 0xf000, 0x2000),
        ] {
            put_parts(r, 2, word, &[(if first & bit != 0 { field } else { unknown }, mask)], out);
        }
        return;
    }
    let known = first & 0x400 != 0;
    let reuse = if known { HE_DATA_4_SPATIAL_REUSE } else { HE_DATA_4_SPATIAL_REUSE_UNKNOWN };
    put_parts(r, 2, word, &[(reuse, 0xf)], out);
    match first & 3 {
        MULTI_USER => {
            put_parts(
                r,
                2,
                word,
                &[(HE_DATA_4_STA_ID_USER, 0x7ff0), (HE_DATA_4_RESERVED_D4_B15, 0x8000)],
                out,
            );
        }
        _ => put_parts(r, 2, word, &[(HE_DATA_4_RESERVED_D4_FFF0, 0xfff0)], out),
    }
}
