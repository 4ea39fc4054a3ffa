//! Real-time Transport Protocol, RFC 3550 §5.1; header extensions, RFC 8285.

use super::prelude::*;
use super::setup;

fields! {
    SETUP_FRAME: FrameNumber meta(setup::frame), "rtp.setup-frame", "Setup frame";
    SETUP_METHOD: Text meta(setup::method), "rtp.setup-method", "Setup Method";
    VERSION: U8 bits(0..1, 0xc0), "rtp.version", "Version";
    PADDING: Bool bits(0..1, 0x20), "rtp.padding", "Padding";
    EXT: Bool bits(0..1, 0x10), "rtp.ext", "Extension";
    CC: U8 bits(0..1, 0x0f), "rtp.cc", "Contributing source identifiers count";
    MARKER: Bool bits(1..2, 0x80), "rtp.marker", "Marker";
    P_TYPE: U8 bits(1..2, 0x7f), "rtp.p_type", "Payload type", names(PAYLOAD_TYPES);
    SEQ: U16 at(2..4), "rtp.seq", "Sequence number";
    EXTSEQ: U32 meta(|v, out| if v.layer.detail != 0 { out(Value::Unsigned(v.layer.detail.into())) }),
        "rtp.extseq", "Extended sequence number";
    TIMESTAMP: U32 at(4..8), "rtp.timestamp", "Timestamp";
    SSRC: U32 at(8..12), "rtp.ssrc", "Synchronization Source identifier", hex;
    CSRC_ITEM: U32 walk, "rtp.csrc.item", "CSRC item", hex;
    EXT_PROFILE: U16 walk, "rtp.ext.profile", "Defined by profile", hex;
    EXT_LEN: U16 walk, "rtp.ext.len", "Extension length";
    HDR_EXT: U32 walk, "rtp.hdr_ext", "Header extension", hex;
    EXT_RFC5285_ID: U8 walk, "rtp.ext.rfc5285.id", "Identifier";
    EXT_RFC5285_LEN: U8 walk, "rtp.ext.rfc5285.len", "Length";
    EXT_RFC5285_DATA: Bytes walk, "rtp.ext.rfc5285.data", "Extension Data";
    PAYLOAD: Bytes walk, "rtp.payload", "Payload";
    PADDING_DATA: Bytes walk, "rtp.padding.data", "Padding data";
    PADDING_COUNT: U8 walk, "rtp.padding.count", "Padding count";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    // As Wireshark, by what announced it alone: two bits of version do not tell it from anything else.
    datagrams: Some(Datagrams { admits, recognise: None, keeps: false, follow: Some(follow) }),
    ..Protocol::new("rtp", "Real-Time Transport Protocol", "RTP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(FIXED)?;
    Ok(Step::last(b))
}

/// Length of what every header has.
const FIXED: usize = 12;

/// Version 2, and not of RTCP, which may use the same ports (RFC 5761 §4).
fn admits(b: &[u8]) -> bool {
    matches!(b, [first, second, ..] if b.len() >= FIXED && first >> 6 == 2 && !(192..=223).contains(second))
}

/// Sequence numbers with their wraps counted (RFC 3550 appendix A.1), for each direction. The count begins with 1, so
/// that a packet from before the first one has a number too; 0 says that there was none.
fn follow(b: &[u8], following: &mut crate::flow::Following<'_>) -> Option<u32> {
    const ROUND: i64 = 1 << 16;
    let raw = i64::from(Bytes(b).u16(2));
    let last = &mut following.memory[following.side as usize];
    let extended = if *last == 0 {
        ROUND + raw
    } else {
        let before = *last as i64;
        let ahead = (raw - before).rem_euclid(ROUND);
        before + if ahead < ROUND / 2 { ahead } else { ahead - ROUND }
    };
    *last = extended.max(1) as u64;
    Some(extended.max(1) as u32)
}

const PAYLOAD_TYPES: crate::field::ValueNames = &[
    (0, "ITU-T G.711 PCMU"),
    (3, "GSM 06.10"),
    (4, "ITU-T G.723"),
    (5, "DVI4 8000 samples/s"),
    (6, "DVI4 16000 samples/s"),
    (7, "Experimental linear predictive encoding from Xerox PARC"),
    (8, "ITU-T G.711 PCMA"),
    (9, "ITU-T G.722"),
    (10, "16-bit uncompressed audio, stereo"),
    (11, "16-bit uncompressed audio, monaural"),
    (12, "Qualcomm Code Excited Linear Predictive coding"),
    (13, "Comfort noise"),
    (14, "MPEG-I/II Audio"),
    (15, "ITU-T G.728"),
    (16, "DVI4 11025 samples/s"),
    (17, "DVI4 22050 samples/s"),
    (18, "ITU-T G.729"),
    (25, "Sun CellB video encoding"),
    (26, "JPEG-compressed video"),
    (28, "'nv' program"),
    (31, "ITU-T H.261"),
    (32, "MPEG-I/II Video"),
    (33, "MPEG-II transport streams"),
    (34, "ITU-T H.263"),
];

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    let mut r = Reader::new(b.0, FIXED);
    for _ in 0..b.u8(0) & 0x0f {
        put_number(&mut r, 4, CSRC_ITEM, out)?;
    }
    if b.u8(0) & 0x10 != 0 {
        let profile = put_number(&mut r, 2, EXT_PROFILE, out)?;
        let words = put_number(&mut r, 2, EXT_LEN, out)?;
        extensions(profile, &mut r.sub(4 * words as usize)?, out)?;
    }
    let padding = if b.u8(0) & 0x20 != 0 { usize::from(b.u8(b.len().saturating_sub(1))) } else { 0 };
    let mut payload = r.sub(r.left().saturating_sub(padding))?;
    put_rest(&mut payload, PAYLOAD, out)?;
    if padding > 0 && r.left() > 0 {
        let fill = r.left() - 1;
        if fill > 0 {
            put_bytes(&mut r, fill, PADDING_DATA, out)?;
        }
        put_number(&mut r, 1, PADDING_COUNT, out)?;
    }
    Ok(())
}

/// The two forms of RFC 8285 §4.2 and §4.3; others are words that the profile gives a meaning.
fn extensions(profile: u64, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const ONE_BYTE: u64 = 0xbede;
    const TWO_BYTE: u64 = 0x1000;
    if profile != ONE_BYTE && profile & 0xfff0 != TWO_BYTE {
        while r.left() > 0 {
            put_number(r, 4, HDR_EXT, out)?;
        }
        return Ok(());
    }
    while r.left() > 0 {
        let at = r.at();
        let first = r.u8()?;
        let (id, length) = match profile {
            _ if first == 0 => continue,
            // The number 15 ends the list.
            ONE_BYTE if first >> 4 == 15 => return Ok(()),
            ONE_BYTE => (first >> 4, (first & 15) + 1),
            _ => (first, r.u8()?),
        };
        out.put(EXT_RFC5285_ID, at..at + 1, Value::Unsigned(id.into()));
        out.put(EXT_RFC5285_LEN, r.at() - 1..r.at(), Value::Unsigned(length.into()));
        if length > 0 {
            put_bytes(r, length.into(), EXT_RFC5285_DATA, out)?;
        }
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    let kind = u64::from(b.u8(1) & 0x7f);
    match crate::field::value_name(PAYLOAD_TYPES, kind) {
        Some(name) => put!(out, "PT={name}"),
        None if kind >= 96 => put!(out, "PT=DynamicRTP-Type-{kind}"),
        None => put!(out, "PT={kind}"),
    }
    put!(out, ", SSRC=0x{:X}, Seq={}, Time={}", b.u32(8), b.u16(2), b.u32(4));
    if b.u8(1) & 0x80 != 0 {
        out.push_str(", Mark");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Side;

    #[test]
    fn sequence_numbers_count_their_wraps_in_both_directions() {
        let mut memory = [0; 2];
        let mut next = |side, seq: u16| {
            let [high, low] = seq.to_be_bytes();
            follow(&[0x80, 0, high, low], &mut crate::flow::Following { side, memory: &mut memory }).unwrap()
        };
        assert_eq!(next(Side::Initiator, 65_534), 0x1_fffe);
        assert_eq!(next(Side::Initiator, 1), 0x2_0001);
        assert_eq!(next(Side::Initiator, 65_535), 0x1_ffff);
        assert_eq!(next(Side::Responder, 5), 0x1_0005);
        assert_eq!(next(Side::Responder, 65_535), 0xffff);
    }
}
