//! The fields behind the words of presence bits.

use super::*;

/// Alignment and size of the fields, by their presence bit.
const SIZES: [(usize, usize); 28] = [
    (8, 8),
    (1, 1),
    (1, 1),
    (2, 4),
    (2, 2),
    (1, 1),
    (1, 1),
    (2, 2),
    (2, 2),
    (2, 2),
    (1, 1),
    (1, 1),
    (1, 1),
    (1, 1),
    (2, 2),
    (2, 2),
    (1, 1),
    (1, 1),
    (4, 8),
    (1, 3),
    (4, 8),
    (2, 12),
    (8, 12),
    (2, 12),
    (2, 12),
    (2, 6),
    (1, 1),
    (2, 4),
];

const FLAG_BITS: &[(FieldIndex, u64)] = &[
    (CFP, 0x1),
    (PREAMBLE, 0x2),
    (WEP, 0x4),
    (FRAGMENTED, 0x8),
    (FCS, 0x10),
    (DATAPAD, 0x20),
    (BADFCS, 0x40),
    (SHORTGI, 0x80),
];

const CHANNEL_BITS: &[(FieldIndex, u64)] = &[
    (CHANNEL_700MHZ, 0x1),
    (CHANNEL_800MHZ, 0x2),
    (CHANNEL_900MHZ, 0x4),
    (CHANNEL_TURBO, 0x10),
    (CHANNEL_CCK, 0x20),
    (CHANNEL_OFDM, 0x40),
    (CHANNEL_2GHZ, 0x80),
    (CHANNEL_5GHZ, 0x100),
    (CHANNEL_PASSIVE, 0x200),
    (CHANNEL_DYNAMIC, 0x400),
    (CHANNEL_GFSK, 0x800),
    (CHANNEL_GSM, 0x1000),
    (CHANNEL_STURBO, 0x2000),
    (CHANNEL_HALF, 0x4000),
    (CHANNEL_QUARTER, 0x8000),
];

const XCHANNEL_BITS: &[(FieldIndex, u64)] = &[
    (XCHANNEL_TURBO, 0x10),
    (XCHANNEL_CCK, 0x20),
    (XCHANNEL_OFDM, 0x40),
    (XCHANNEL_2GHZ, 0x80),
    (XCHANNEL_5GHZ, 0x100),
    (XCHANNEL_PASSIVE, 0x200),
    (XCHANNEL_DYNAMIC, 0x400),
    (XCHANNEL_GFSK, 0x800),
    (XCHANNEL_GSM, 0x1000),
    (XCHANNEL_STURBO, 0x2000),
    (XCHANNEL_HALF, 0x4000),
    (XCHANNEL_QUARTER, 0x8000),
    (XCHANNEL_HT20, 0x10000),
    (XCHANNEL_HT40U, 0x20000),
    (XCHANNEL_HT40D, 0x40000),
];

const TX_BITS: &[(FieldIndex, u64)] =
    &[(TX_FAIL, 0x1), (TX_CTS, 0x2), (TX_RTS, 0x4), (TX_NOACK, 0x8), (TX_NOSEQNO, 0x10), (TX_ORDER, 0x20)];

const AMPDU_BITS: &[(FieldIndex, u64)] = &[
    (AMPDU_REPORT_ZEROLEN, 0x1),
    (AMPDU_IS_ZEROLEN, 0x2),
    (AMPDU_LASTKNOWN, 0x4),
    (AMPDU_LAST, 0x8),
    (AMPDU_DELIM_CRC_ERROR, 0x10),
    (AMPDU_EOF, 0x40),
    (AMPDU_EOF_KNOWN, 0x80),
];

/// The fields behind the words, in the order of their bits. The rest of a namespace that is not known cannot be read.
pub(super) fn items(b: Bytes<'_>, start: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(b.0, start);
    let mut of_radiotap = true;
    // Bits behind the 32 of the first word of a namespace are not in use.
    let mut first = true;
    for (_, word) in words(b, b.len()) {
        for number in
            (0..bit::RADIOTAP_NAMESPACE).filter(|number| of_radiotap && first && word >> number & 1 != 0)
        {
            let Some(&(align, size)) = SIZES.get(number as usize) else { return Ok(()) };
            r.skip_to(r.at().next_multiple_of(align))?;
            let mut item = r.sub(size)?;
            item_of(number, &mut item, out)?;
        }
        if word >> bit::VENDOR_NAMESPACE & 1 != 0 {
            r.skip_to(r.at().next_multiple_of(2))?;
            vendor_namespace(&mut r, out)?;
        }
        first = begins_namespace(word);
        of_radiotap = next_is_radiotap(word, of_radiotap);
    }
    Ok(())
}

fn item_of(number: u32, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match number {
        bit::TSFT => put_little(r, 8, MACTIME, out).map(drop),
        bit::FLAGS => put_bits(r, 1, FLAGS, FLAG_BITS, out),
        // In units of 500 kb/s.
        bit::RATE => {
            let at = r.at();
            r.u8().map(|units| out.put(DATA_RATE, at..at + 1, Value::Float(f64::from(units) / 2.0)))
        }
        bit::CHANNEL => {
            put_little(r, 2, CHANNEL_FREQ, out)?;
            put_bits(r, 2, CHANNEL_FLAGS, CHANNEL_BITS, out)
        }
        bit::FHSS => {
            put_number(r, 1, FHSS_HOPSET, out)?;
            put_number(r, 1, FHSS_PATTERN, out).map(drop)
        }
        bit::DBM_ANTSIGNAL => put_signed(r, DBM_ANTSIGNAL, out),
        bit::DBM_ANTNOISE => put_signed(r, DBM_ANTNOISE, out),
        bit::LOCK_QUALITY => put_little(r, 2, QUALITY, out).map(drop),
        bit::TX_ATTENUATION => put_little(r, 2, TXATTENUATION, out).map(drop),
        bit::DB_TX_ATTENUATION => put_little(r, 2, DB_TXATTENUATION, out).map(drop),
        bit::DBM_TX_POWER => put_signed(r, TXPOWER, out),
        bit::ANTENNA => put_number(r, 1, ANTENNA, out).map(drop),
        bit::DB_ANTSIGNAL => put_number(r, 1, DB_ANTSIGNAL, out).map(drop),
        bit::DB_ANTNOISE => put_number(r, 1, DB_ANTNOISE, out).map(drop),
        bit::RX_FLAGS => put_bits(r, 2, RXFLAGS, &[(BADPLCP, 2)], out),
        bit::TX_FLAGS => put_bits(r, 2, TXFLAGS, TX_BITS, out),
        bit::DATA_RETRIES => put_number(r, 1, DATA_RETRIES, out).map(drop),
        bit::XCHANNEL => {
            put_bits(r, 4, XCHANNEL_FLAGS, XCHANNEL_BITS, out)?;
            put_little(r, 2, XCHANNEL_FREQ, out)?;
            put_little(r, 1, XCHANNEL, out).map(drop)
        }
        bit::MCS => phy::mcs(r, out),
        bit::AMPDU => {
            out.put(AMPDU, r.at()..r.end(), Value::Present);
            put_little(r, 4, AMPDU_REFERENCE, out)?;
            put_bits(r, 2, AMPDU_FLAGS, AMPDU_BITS, out)?;
            put_number(r, 1, AMPDU_DELIM_CRC, out).map(drop)
        }
        bit::VHT => phy::vht(r, out),
        bit::TIMESTAMP => timestamp(r, out),
        bit::HE => phy::he(r, out),
        bit::ZERO_LENGTH_PSDU => put_number(r, 1, ZERO_LENGTH_PSDU, out).map(drop),
        bit::L_SIG => {
            put_bits(r, 2, L_SIG_DATA1, &[(L_SIG_RATE_KNOWN, 1), (L_SIG_LENGTH_KNOWN, 2)], out)?;
            let number = put_little(r, 2, L_SIG_DATA2, out)?;
            put_parts(r, 2, number, &[(L_SIG_RATE, 0xf), (L_SIG_LENGTH, 0xfff0)], out);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Gives out a number of flags, and these.
fn put_bits(
    r: &mut Reader<'_>,
    width: usize,
    field: FieldIndex,
    bits: &[(FieldIndex, u64)],
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let number = put_little(r, width, field, out)?;
    put_flags(r, width, number, bits, out);
    Ok(())
}

fn put_signed(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let number = r.u8()?.cast_signed();
    out.put(field, at..at + 1, Value::Signed(number.into()));
    Ok(())
}

fn timestamp(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    out.put(TIMESTAMP, r.at()..r.end(), Value::Present);
    put_little(r, 8, TIMESTAMP_TS, out)?;
    let mut flags = *r;
    flags.take(3)?;
    let has_accuracy = flags.u8()?;
    if has_accuracy & 2 != 0 {
        put_little(r, 2, TIMESTAMP_ACCURACY, out)?;
    } else {
        r.take(2)?;
    }
    let number = r.u8()?.into();
    put_parts(r, 1, number, &[(TIMESTAMP_UNIT, 0x0f), (TIMESTAMP_SAMPLINGPOS, 0xf0)], out);
    let flags = r.u8()?.into();
    put_flags(r, 1, flags, &[(TIMESTAMP_32BIT, 1), (TIMESTAMP_HAS_ACCURACY, 2)], out);
    Ok(())
}

/// Who defines the next fields, and the bytes of them.
fn vendor_namespace(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let mut parts = *r;
    put_number(&mut parts, 3, VENDOR_OUI, out)?;
    put_number(&mut parts, 1, VENDOR_SUBNS, out)?;
    let length = put_little(&mut parts, 2, VENDOR_DATA_LEN, out)? as usize;
    let data = parts.at();
    r.take(6 + length)?;
    out.put(VENDOR_NAMESPACE, at..r.at(), Value::Bytes(&r.whole()[at..r.at()]));
    out.put(VENDOR_DATA, data..r.at(), Value::Present);
    Ok(())
}
