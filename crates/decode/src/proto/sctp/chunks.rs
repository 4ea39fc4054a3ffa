//! Chunks (RFC 9260 §3.3, RFC 8260, RFC 3758, RFC 4895, RFC 5061, RFC 6525) with their parameters and causes of errors.

use super::*;

/// Gives out one chunk.
pub(super) fn one(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let kind = put_number(r, 1, CHUNK_TYPE, out)?;
    // What a receiver does that does not know the type (§3.2).
    put_flags(r, 1, kind, &[(CHUNK_BIT_1, 0x80), (CHUNK_BIT_2, 0x40)], out);
    let flags = put_number(r, 1, CHUNK_FLAGS, out)?;
    match kind {
        DATA | I_DATA => {
            put_flags(r, 1, flags, &[(DATA_I, 8), (DATA_U, 4), (DATA_B, 2), (DATA_E, 1)], out);
        }
        6 => put_flags(r, 1, flags, &[(ABORT_T, 1)], out),
        14 => put_flags(r, 1, flags, &[(COMPLETE_T, 1)], out),
        _ => {}
    }
    put_number(r, 2, CHUNK_LENGTH, out)?;
    /// The fragment that begins a message says what it is; those behind it count (RFC 8260 §2.1).
    const BEGINS: u64 = 2;
    let behind_mid = if flags & BEGINS != 0 { DATA_PPID } else { DATA_FSN };
    let values: &[(usize, FieldIndex)] = match kind {
        DATA => &[(4, DATA_TSN), (2, DATA_SID), (2, DATA_SSN), (4, DATA_PPID)],
        I_DATA => &[(4, DATA_TSN), (2, DATA_SID), (2, DATA_RESERVED), (4, DATA_MID), (4, behind_mid)],
        INIT => &[(4, INIT_TAG), (4, INIT_CREDIT), (2, INIT_OUT), (2, INIT_IN), (4, INIT_TSN)],
        INIT_ACK => {
            &[(4, INITACK_TAG), (4, INITACK_CREDIT), (2, INITACK_OUT), (2, INITACK_IN), (4, INITACK_TSN)]
        }
        SACK => &[(4, SACK_TSN), (4, SACK_CREDIT), (2, SACK_GAPS), (2, SACK_DUPLICATES)],
        7 => &[(4, SHUTDOWN_TSN)],
        12 => &[(4, ECNE_TSN)],
        13 => &[(4, CWR_TSN)],
        15 => &[(2, SHARED_KEY), (2, HMAC_ID)],
        16 => &[
            (4, NR_SACK_TSN),
            (4, NR_SACK_CREDIT),
            (2, NR_SACK_GAPS),
            (2, NR_SACK_NR_GAPS),
            (2, NR_SACK_DUPLICATES),
        ],
        128 => &[(4, ASCONF_ACK_NUMBER)],
        192 => &[(4, FORWARD_TSN)],
        193 => &[(4, ASCONF_NUMBER)],
        194 => &[(4, I_FORWARD_TSN)],
        _ => &[],
    };
    for &(width, field) in values {
        put_number(r, width, field, out)?;
    }
    match kind {
        INIT | INIT_ACK | 4 | 5 | 128 | 130 | 193 => parameters(r, 0, out),
        SACK => acknowledged(r, out),
        6 | 9 => causes(r, out),
        10 => put_rest(r, COOKIE, out),
        15 => put_rest(r, HMAC, out),
        132 => put_rest(r, PADDING_DATA, out),
        192 => {
            while r.left() >= 4 {
                put_number(r, 2, FORWARD_SID, out)?;
                put_number(r, 2, FORWARD_SSN, out)?;
            }
            Ok(())
        }
        194 => {
            while r.left() >= 8 {
                put_number(r, 2, I_FORWARD_SID, out)?;
                put_number(r, 2, I_FORWARD_FLAGS, out)?;
                put_number(r, 4, I_FORWARD_MID, out)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The blocks and the duplicates of a SACK (§3.3.4), as many as it says.
fn acknowledged(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = Bytes(r.whole());
    let (gaps, duplicates) = (b.u16(r.at() - 4), b.u16(r.at() - 2));
    for _ in 0..gaps {
        put_number(r, 2, SACK_GAP_START, out)?;
        put_number(r, 2, SACK_GAP_END, out)?;
    }
    for _ in 0..duplicates {
        put_number(r, 4, SACK_DUPLICATE, out)?;
    }
    Ok(())
}

/// Calls `each` with the type and the place of each of the blocks that begin with a type and a length (§3.2.1). The length
/// counts these and not the padding to a multiple of 4.
fn blocks(
    r: &mut Reader<'_>,
    mut each: impl FnMut(u64, &mut Reader<'_>) -> Result<(), Short>,
) -> Result<(), Short> {
    while r.left() >= 4 {
        let at = r.at();
        let b = Bytes(r.whole());
        let (kind, length) = (b.u16(at), usize::from(b.u16(at + 2)));
        if length < 4 {
            return Err(Short::new(4, length));
        }
        let mut block = Reader::between(r.whole(), at, (at + length).min(r.end()));
        each(kind.into(), &mut block)?;
        r.skip_to((at + length.next_multiple_of(4)).min(r.end()))?;
    }
    Ok(())
}

fn parameters(r: &mut Reader<'_>, depth: u8, out: &mut dyn FieldSink) -> Result<(), Short> {
    blocks(r, |kind, block| {
        let name = crate::field::value_name(PARAMETERS, kind).unwrap_or("Unknown");
        out.open(block.at()..block.end(), format_args!("{name} parameter"));
        put_number(block, 2, PARAMETER_TYPE, out)?;
        put_flags(block, 2, kind, &[(PARAMETER_BIT_1, 0x8000), (PARAMETER_BIT_2, 0x4000)], out);
        put_number(block, 2, PARAMETER_LENGTH, out)?;
        // A damaged value hides no other parameter.
        let _ = parameter(kind, block, depth, out);
        out.close();
        Ok(())
    })
}

fn parameter(kind: u64, r: &mut Reader<'_>, depth: u8, out: &mut dyn FieldSink) -> Result<(), Short> {
    /// An address in a request to add it; nothing lies deeper.
    const DEEPEST: u8 = 2;
    match kind {
        0x0001 => put_rest(r, HEARTBEAT_INFORMATION, out),
        0x0005 => put_ip4(r, ADDRESS_IP4, out),
        0x0006 => put_ip6(r, ADDRESS_IP6, out),
        0x0007 => put_rest(r, STATE_COOKIE, out),
        0x0008 if depth < DEEPEST => parameters(r, depth + 1, out),
        0x0009 => put_number(r, 4, COOKIE_PRESERVATIVE, out).map(drop),
        0x000b => put_text_z(r, HOSTNAME, out).map(drop),
        0x000c => put_list(r, r.left() as u64 & !1, 2, SUPPORTED_ADDRESS, out),
        // RFC 6525 §4.
        0x000d => {
            put_number(r, 4, RECONFIG_REQUEST, out)?;
            put_number(r, 4, RECONFIG_RESPONSE, out)?;
            put_number(r, 4, RECONFIG_LAST_TSN, out)?;
            put_list(r, r.left() as u64 & !1, 2, RECONFIG_SID, out)
        }
        0x000e => {
            put_number(r, 4, RECONFIG_REQUEST, out)?;
            put_list(r, r.left() as u64 & !1, 2, RECONFIG_SID, out)
        }
        0x000f => put_number(r, 4, RECONFIG_REQUEST, out).map(drop),
        0x0010 => {
            put_number(r, 4, RECONFIG_RESPONSE, out)?;
            put_number(r, 4, RECONFIG_RESULT, out)?;
            if r.left() >= 8 {
                put_number(r, 4, RECONFIG_SENDERS_NEXT, out)?;
                put_number(r, 4, RECONFIG_RECEIVERS_NEXT, out)?;
            }
            Ok(())
        }
        0x0011 | 0x0012 => {
            put_number(r, 4, RECONFIG_REQUEST, out)?;
            put_number(r, 2, if kind == 0x0011 { ADD_OUTGOING } else { ADD_INCOMING }, out).map(drop)
        }
        // RFC 4895 §3.
        0x8002 => put_rest(r, RANDOM, out),
        0x8003 => put_list(r, r.left() as u64, 1, CHUNK_TO_AUTH, out),
        0x8004 => put_list(r, r.left() as u64 & !1, 2, HMAC_ID, out),
        0x8005 => put_rest(r, PADDING_DATA, out),
        // RFC 5061 §4.2.
        0x8008 => put_list(r, r.left() as u64, 1, SUPPORTED_CHUNK, out),
        0xc001 | 0xc002 | 0xc004 if depth < DEEPEST => {
            put_number(r, 4, CORRELATION_ID, out)?;
            parameters(r, depth + 1, out)
        }
        0xc003 => {
            put_number(r, 4, CORRELATION_ID, out)?;
            causes(r, out)
        }
        0xc005 => put_number(r, 4, CORRELATION_ID, out).map(drop),
        0xc006 => put_number(r, 4, ADAPTATION, out).map(drop),
        _ => put_rest(r, PARAMETER_VALUE, out),
    }
}

/// RFC 9260 §3.3.10.
fn causes(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    blocks(r, |kind, block| {
        let name = crate::field::value_name(CAUSES, kind).unwrap_or("Unknown");
        out.open(block.at()..block.end(), format_args!("{name} cause"));
        put_number(block, 2, CAUSE_CODE, out)?;
        put_number(block, 2, CAUSE_LENGTH, out)?;
        let _ = cause(kind, block, out);
        out.close();
        Ok(())
    })
}

fn cause(kind: u64, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match kind {
        1 => put_number(r, 2, CAUSE_STREAM, out).map(drop),
        2 => {
            put_number(r, 4, CAUSE_MISSING_COUNT, out)?;
            put_list(r, r.left() as u64 & !1, 2, CAUSE_MISSING, out)
        }
        3 => put_number(r, 4, CAUSE_STALENESS, out).map(drop),
        9 => put_number(r, 4, CAUSE_TSN, out).map(drop),
        10 => Ok(()),
        _ => put_rest(r, CAUSE_INFORMATION, out),
    }
}
