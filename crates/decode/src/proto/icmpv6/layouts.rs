//! Messages whose parts stand one behind the other: router renumbering (RFC 2894 §3), mobility (RFC 6275 §6.5 to §6.8),
//! RPL (RFC 6550 §6) and extended echo (RFC 8335 §2, §3).

use super::*;
use crate::field::Kind;

/// The width of a part, its row, and the rows of its bits.
type Part = (usize, FieldIndex, &'static [(FieldIndex, u64)]);

pub(super) fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.bytes;
    let mut r = Reader::new(b.0, 4);
    match (b.u8(0), b.u8(1)) {
        (138, code) => renumbering(code, &mut r, out),
        (144 | 146, _) => put(MOBILE_REQUEST, &mut r, out),
        (145, _) => {
            put(MOBILE_REQUEST, &mut r, out)?;
            while r.left() > 0 {
                put_ip6(&mut r, MIP6_HOME_AGENT_ADDRESS, out)?;
            }
            Ok(())
        }
        (147, _) => {
            put(MOBILE_ADVERTISEMENT, &mut r, out)?;
            options::walk(&mut r, out)
        }
        (155, code) => routing(code, &mut r, out),
        (kind, _) => {
            r.take(2)?;
            put_number(&mut r, 1, EXT_ECHO_SEQ, out)?;
            let bits = if kind == 160 { REQUEST_BITS } else { REPLY_BITS };
            put_bits(7..8, r.u8()?.into(), FIELDS, bits, out);
            Ok(())
        }
    }
}

/// Gives out parts, each as its row says.
fn put(parts: &[Part], r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    for &(width, field, bits) in parts {
        match FIELDS[usize::from(field.0)].kind {
            Kind::Ip6 => put_ip6(r, field, out)?,
            Kind::Bytes => put_bytes(r, width, field, out)?,
            _ => {
                let number = put_number(r, width, field, out)?;
                put_bits(r.at() - width..r.at(), number, FIELDS, bits, out);
            }
        }
    }
    Ok(())
}

/// A command says which prefixes it is about and what to put in their place; a result says what was done (RFC 2894 §3.2,
/// §3.3).
fn renumbering(code: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const COMMAND: u8 = 0;
    const RESULT: u8 = 1;
    /// Of the part that names the prefixes, and of one that takes their place.
    const MATCH: usize = 24;
    const USE: usize = 32;
    put(RENUMBERING, r, out)?;
    match code {
        COMMAND => {
            while r.left() >= MATCH {
                // Its length counts 8 bytes.
                let length = usize::from(Bytes(r.whole()).u8(r.at() + 1)) * 8;
                let mut operation = r.sub(length.clamp(MATCH, r.left()))?;
                out.put(RR_PCO_MP, operation.at()..operation.at() + MATCH, Value::Present);
                put(RENUMBERING_MATCH, &mut operation, out)?;
                while operation.left() >= USE {
                    out.put(RR_PCO_UP, operation.at()..operation.at() + USE, Value::Present);
                    put(RENUMBERING_USE, &mut operation, out)?;
                }
            }
        }
        RESULT => {
            while r.left() >= MATCH {
                out.put(RR_RM, r.at()..r.at() + MATCH, Value::Present);
                put(RENUMBERING_RESULT, r, out)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// RFC 6550 §6.2 to §6.5, with the heads of the options behind (§6.7).
fn routing(code: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let flags = Bytes(r.whole()).u8(r.at() + 1);
    match code {
        0 => put(INFORMATION_SOLICITATION, r, out)?,
        1 => put(INFORMATION_OBJECT, r, out)?,
        2 => {
            put(ADVERTISEMENT, r, out)?;
            if flags & 0x40 != 0 {
                put_ip6(r, RPL_DAO_DODAGID, out)?;
            }
        }
        3 => {
            put(ACKNOWLEDGEMENT, r, out)?;
            if flags & 0x80 != 0 {
                put_ip6(r, RPL_DAOACK_DODAGID, out)?;
            }
        }
        _ => return Ok(()),
    }
    while r.left() > 0 {
        /// A single byte of padding, and any number.
        const PAD1: u64 = 0;
        const PADN: u64 = 1;
        let at = r.at();
        out.put(OPT, at..at + 1, Value::Present);
        let kind = put_number(r, 1, RPL_OPT_TYPE, out)?;
        if kind != PAD1 {
            let length = put_number(r, 1, RPL_OPT_LENGTH, out)? as usize;
            let at = r.at();
            r.take(length)?;
            if kind == PADN {
                out.put(RPL_OPT_PADN, at..r.at(), Value::Present);
            }
        }
    }
    Ok(())
}

/// RFC 2894 §3.1.
const RENUMBERING: &[Part] = &[
    (4, RR_SEQUENCE_NUMBER, &[]),
    (1, RR_SEGMENT_NUMBER, &[]),
    (
        1,
        RR_FLAG,
        &[
            (RR_FLAG_T, 0x80),
            (RR_FLAG_R, 0x40),
            (RR_FLAG_A, 0x20),
            (RR_FLAG_S, 0x10),
            (RR_FLAG_P, 0x8),
            (RR_FLAG_RSV, 0x7),
        ],
    ),
    (2, RR_MAXDELAY, &[]),
    (4, RESERVED, &[]),
];
/// §3.2.1.1.
const RENUMBERING_MATCH: &[Part] = &[
    (1, RR_PCO_MP_OPCODE, &[]),
    (1, RR_PCO_MP_OPLENGTH, &[]),
    (1, RR_PCO_MP_ORDINAL, &[]),
    (1, RR_PCO_MP_MATCHLEN, &[]),
    (1, RR_PCO_MP_MINLEN, &[]),
    (1, RR_PCO_MP_MAXLEN, &[]),
    (2, RESERVED, &[]),
    (16, RR_PCO_MP_MATCHPREFIX, &[]),
];
/// §3.2.1.2.
const RENUMBERING_USE: &[Part] = &[
    (1, RR_PCO_UP_USELEN, &[]),
    (1, RR_PCO_UP_KEEPLEN, &[]),
    (
        1,
        RR_PCO_UP_FLAGMASK,
        &[(RR_PCO_UP_FLAGMASK_L, 0x80), (RR_PCO_UP_FLAGMASK_A, 0x40), (RR_PCO_UP_FLAGMASK_RESERVED, 0x3f)],
    ),
    (
        1,
        RR_PCO_UP_RAFLAGS,
        &[(RR_PCO_UP_FLAGMASK_L, 0x80), (RR_PCO_UP_FLAGMASK_A, 0x40), (RR_PCO_UP_FLAGMASK_RESERVED, 0x3f)],
    ),
    (4, RR_PCO_UP_VALIDLIFETIME, &[]),
    (4, RR_PCO_UP_PREFERREDLIFETIME, &[]),
    (
        4,
        RR_PCO_UP_FLAG,
        &[
            (RR_PCO_UP_FLAG_V, 0x80000000),
            (RR_PCO_UP_FLAG_P, 0x40000000),
            (RR_PCO_UP_FLAG_RESERVED, 0x3fffffff),
        ],
    ),
    (16, RR_PCO_UP_USEPREFIX, &[]),
];
/// §3.3.
const RENUMBERING_RESULT: &[Part] = &[
    (2, RR_RM_FLAG, &[(RR_RM_FLAG_B, 0x2), (RR_RM_FLAG_F, 0x1), (RR_RM_FLAG_RESERVED, 0xfffc)]),
    (1, RR_RM_ORDINAL, &[]),
    (1, RR_RM_MATCHEDLEN, &[]),
    (4, RR_RM_INTERFACEINDEX, &[]),
    (16, RR_RM_MATCHEDPREFIX, &[]),
];
const MOBILE_REQUEST: &[Part] = &[(2, MIP6_IDENTIFIER, &[]), (2, RESERVED, &[])];
const MOBILE_ADVERTISEMENT: &[Part] = &[
    (2, MIP6_IDENTIFIER, &[]),
    (2, MIP6_FLAG, &[(MIP6_FLAG_M, 0x8000), (MIP6_FLAG_O, 0x4000), (MIP6_FLAG_RSV, 0x3fff)]),
];
const INFORMATION_SOLICITATION: &[Part] = &[(1, RPL_DIS_FLAGS, &[]), (1, RESERVED, &[])];
/// §6.3.1.
const INFORMATION_OBJECT: &[Part] = &[
    (1, RPL_DIO_INSTANCE, &[]),
    (1, RPL_DIO_VERSION, &[]),
    (2, RPL_DIO_RANK, &[]),
    (
        1,
        RPL_DIO_FLAG,
        &[
            (RPL_DIO_FLAG_G, 0x80),
            (RPL_DIO_FLAG_0, 0x40),
            (RPL_DIO_FLAG_MOP, 0x38),
            (RPL_DIO_FLAG_PREFERENCE, 0x7),
        ],
    ),
    (1, RPL_DIO_DTSN, &[]),
    // Flags that nobody uses yet.
    (1, RPL_DIO_FLAG, &[]),
    (1, RESERVED, &[]),
    (16, RPL_DIO_DAGID, &[]),
];
/// §6.4.1.
const ADVERTISEMENT: &[Part] = &[
    (1, RPL_DAO_INSTANCE, &[]),
    (1, RPL_DAO_FLAG, &[(RPL_DAO_FLAG_K, 0x80), (RPL_DAO_FLAG_D, 0x40), (RPL_DAO_FLAG_RSV, 0x3f)]),
    (1, RESERVED, &[]),
    (1, RPL_DAO_SEQUENCE, &[]),
];
/// §6.5.1.
const ACKNOWLEDGEMENT: &[Part] = &[
    (1, RPL_DAOACK_INSTANCE, &[]),
    (1, RPL_DAOACK_FLAG, &[(RPL_DAOACK_FLAG_D, 0x80), (RPL_DAOACK_FLAG_RSV, 0x7f)]),
    (1, RPL_DAOACK_SEQUENCE, &[]),
    (1, RPL_DAOACK_STATUS, &[]),
];
/// The bits behind the sequence number, which have no row as a whole.
const REQUEST_BITS: &[(FieldIndex, u64)] = &[(EXT_ECHO_REQ_RES, 0xfe), (EXT_ECHO_REQ_LOCAL, 0x1)];
const REPLY_BITS: &[(FieldIndex, u64)] = &[
    (EXT_ECHO_RSP_STATE, 0xe0),
    (EXT_ECHO_RSP_RES, 0x18),
    (EXT_ECHO_RSP_ACTIVE, 0x4),
    (EXT_ECHO_RSP_IPV4, 0x2),
    (EXT_ECHO_RSP_IPV6, 0x1),
];
