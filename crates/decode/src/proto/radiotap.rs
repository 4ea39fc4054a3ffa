//! Radiotap: what the radio said about an 802.11 frame (radiotap.org). Numbers are little-endian.

use plaintap_packet::LinkType;

use super::prelude::*;

fields! {
    VERSION: U8 at(0..1), "radiotap.version", "Header revision";
    PAD: U8 at(1..2), "radiotap.pad", "Header pad";
    LENGTH: U16 walk, "radiotap.length", "Header length";
    MACTIME: U64 walk, "radiotap.mactime", "MAC timestamp";
    FLAGS: U8 walk, "radiotap.flags", "Flags", hex;
    CFP: Bool walk, "radiotap.flags.cfp", "CFP";
    PREAMBLE: Bool walk, "radiotap.flags.preamble", "Preamble";
    WEP: Bool walk, "radiotap.flags.wep", "WEP";
    FRAGMENTED: Bool walk, "radiotap.flags.frag", "Fragmentation";
    FCS: Bool walk, "radiotap.flags.fcs", "FCS at end";
    DATAPAD: Bool walk, "radiotap.flags.datapad", "Data Pad";
    BADFCS: Bool walk, "radiotap.flags.badfcs", "Bad FCS";
    SHORTGI: Bool walk, "radiotap.flags.shortgi", "Short GI";
    DATA_RATE: Float walk, "radiotap.datarate", "Data rate (Mb/s)";
    MCS_BW: U8 walk, "radiotap.mcs.bw", "bandwidth", names(BANDWIDTHS);
    MCS_GI: U8 walk, "radiotap.mcs.gi", "guard interval", names(&[(0, "long"), (1, "short")]);
    MCS_INDEX: U8 walk, "radiotap.mcs.index", "MCS index";
    CHANNEL_FREQ: U32 walk, "radiotap.channel.freq", "Channel frequency";
    CHANNEL_FLAGS: U16 walk, "radiotap.channel.flags", "Channel flags", hex;
    ANTENNA: U32 walk, "radiotap.antenna", "Antenna";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::IEEE802_11_RADIOTAP)],
    fields: FIELDS,
    walk: Some(walk),
    ..Protocol::new("radiotap", "IEEE 802.11 Radiotap Capture header", "Radiotap")
};

/// The flags say whether the frame's checksum was captured too; it is not part of what the frame carries.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    let length = usize::from(b.u16(2).swap_bytes()).max(8);
    b.need(length)?;
    let mut checksum = 0;
    let _ = fields_of(b, length, |bit, at| {
        if bit == BIT_FLAGS && b.u8(at) & FLAG_FCS != 0 {
            checksum = 4;
        }
    });
    let end = b.len().saturating_sub(checksum).max(length) as u32;
    Ok(Step { end, ..Step::next(length, id::wlan) })
}

const BIT_TSFT: usize = 0;
const BIT_FLAGS: usize = 1;
/// In units of 500 kb/s.
const BIT_RATE: usize = 2;
const BIT_MCS: usize = 19;
const BIT_CHANNEL: usize = 3;
const BIT_ANTENNA: usize = 11;
const FLAG_FCS: u8 = 0x10;
/// More words of presence bits follow.
const EXTENDED: u32 = 1 << 31;

/// Alignment and size of the fields, by their presence bit.
const SIZES: [(usize, usize); 20] = [
    (8, 8),
    (1, 1),
    (1, 1),
    (2, 4),
    (1, 2),
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
];

/// Calls `each` with the bit and the offset of every field of the first word of presence bits that is known.
fn fields_of(b: Bytes<'_>, length: usize, mut each: impl FnMut(usize, usize)) -> Result<(), Short> {
    let present = b.u32(4).swap_bytes();
    let mut at = 8;
    let mut word = present;
    while word & EXTENDED != 0 {
        if at + 4 > length {
            return Err(Short::new(at + 4, length));
        }
        word = b.u32(at).swap_bytes();
        at += 4;
    }
    for (bit, &(align, size)) in SIZES.iter().enumerate() {
        if present >> bit & 1 == 0 {
            continue;
        }
        at = at.next_multiple_of(align);
        if at + size > length {
            return Err(Short::new(at + size, length));
        }
        each(bit, at);
        at += size;
    }
    Ok(())
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    b.need(8)?;
    out.put(LENGTH, 2..4, Value::Unsigned(b.u16(2).swap_bytes().into()));
    fields_of(b, b.len(), |bit, at| {
        let mut r = Reader::new(b.0, at);
        let _ = match bit {
            BIT_TSFT => put_little(&mut r, 8, MACTIME, out).map(drop),
            BIT_FLAGS => flags(&mut r, out),
            BIT_RATE => {
                r.u8().map(|units| out.put(DATA_RATE, at..at + 1, Value::Float(f64::from(units) / 2.0)))
            }
            BIT_MCS => mcs(&mut r, out),
            BIT_CHANNEL => put_little(&mut r, 2, CHANNEL_FREQ, out)
                .and_then(|_| put_little(&mut r, 2, CHANNEL_FLAGS, out))
                .map(drop),
            BIT_ANTENNA => put_number(&mut r, 1, ANTENNA, out).map(drop),
            _ => Ok(()),
        };
    })
}

fn flags(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let number = put_number(r, 1, FLAGS, out)?;
    let bits = [
        (CFP, 0x01),
        (PREAMBLE, 0x02),
        (WEP, 0x04),
        (FRAGMENTED, 0x08),
        (FCS, 0x10),
        (DATAPAD, 0x20),
        (BADFCS, 0x40),
        (SHORTGI, 0x80),
    ];
    put_flags(r, 1, number, &bits, out);
    Ok(())
}

const BANDWIDTHS: crate::field::ValueNames = &[(0, "20 MHz"), (1, "40 MHz"), (2, "20L"), (3, "20U")];

/// Modulation and coding scheme of 802.11n. The first byte says which of the others are known; all three that make the
/// rate must be.
fn mcs(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const BANDWIDTH: u8 = 0x01;
    const INDEX: u8 = 0x02;
    const GUARD_INTERVAL: u8 = 0x04;
    let at = r.at();
    let (known, flags, index) = (r.u8()?, r.u8()?, r.u8()?);
    let (bandwidth, short) = (flags & 3, flags >> 2 & 1);
    for (bit, field, value, byte) in
        [(BANDWIDTH, MCS_BW, bandwidth, 1), (GUARD_INTERVAL, MCS_GI, short, 1), (INDEX, MCS_INDEX, index, 2)]
    {
        if known & bit != 0 {
            out.put(field, at + byte..at + byte + 1, Value::Unsigned(value.into()));
        }
    }
    let all = BANDWIDTH | INDEX | GUARD_INTERVAL;
    if known & all == all && index < 32 {
        out.put(DATA_RATE, at..at + 3, Value::Float(ht_rate(index, bandwidth == 1, short == 1)));
    }
    Ok(())
}

/// Mb/s of an HT scheme with equal modulation (IEEE 802.11-2016 §19.5): data bits of a symbol over its duration.
fn ht_rate(index: u8, is_40_mhz: bool, short: bool) -> f64 {
    /// Coded bits a subcarrier times coding rate, in quarters.
    const QUARTER_BITS: [u32; 8] = [2, 4, 6, 8, 12, 16, 18, 20];
    let streams = u32::from(index / 8) + 1;
    let subcarriers = if is_40_mhz { 108 } else { 52 };
    let bits = QUARTER_BITS[usize::from(index % 8)] * subcarriers * streams / 4;
    // 4 us a symbol with the long guard interval, 3.6 us with the short one; shown in tenths, as the standard lists them.
    let tenths = f64::from(bits) * 10.0 / if short { 3.6 } else { 4.0 };
    tenths.round() / 10.0
}
