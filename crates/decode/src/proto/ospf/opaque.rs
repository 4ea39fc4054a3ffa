//! Opaque advertisements of version 2 (RFC 5250): traffic engineering (RFC 3630), grace (RFC 3623) and what routers can do
//! (RFC 7770).

use super::*;

const TRAFFIC_ENGINEERING: u8 = 1;
const GRACE_LSA: u8 = 3;
const ROUTER_INFORMATION: u8 = 4;

/// The Link State ID: an opaque type, and an identifier of that type (RFC 5250 §A.2).
pub(super) fn id(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let kind = put_number(r, 1, OPAQUE_TYPE, out)?;
    if kind == TRAFFIC_ENGINEERING.into() {
        put_number(r, 1, TE_RESERVED, out)?;
        return put_number(r, 2, TE_INSTANCE, out).map(drop);
    }
    put_number(r, 3, OPAQUE_ID, out).map(drop)
}

/// The TLVs behind the header, which says what they are.
pub(super) fn body(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    /// From the body back to the Link State ID.
    const ID: usize = 16;
    let kind = Bytes(r.whole()).u8(r.at().saturating_sub(ID));
    let tlv = match kind {
        TRAFFIC_ENGINEERING => traffic_engineering,
        GRACE_LSA => grace,
        ROUTER_INFORMATION => router_information,
        _ => return Ok(()),
    };
    while r.left() >= 4 {
        let start = *r;
        r.take(2)?;
        let length = r.u16()?;
        // TLVs begin at multiples of 4; their length does not count the padding (RFC 3630 §2.3.2).
        r.take(usize::from(length).next_multiple_of(4).min(r.left()))?;
        let mut one = Reader::between(start.whole(), start.at(), start.at() + 4 + usize::from(length));
        tlv(&mut one, out)?;
    }
    Ok(())
}

fn head(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<u64, Short> {
    let kind = put_number(r, 2, field, out)?;
    put_number(r, 2, TLV_LENGTH, out)?;
    Ok(kind)
}

/// RFC 3630 §2.4.
fn traffic_engineering(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match head(r, TLV_TYPE, out)? {
        1 => put_ip4(r, TE_ROUTER, out),
        2 => {
            while r.left() >= 4 {
                let at = r.at();
                let kind = put_number(r, 2, TLV_TYPE, out)?;
                let length = put_number(r, 2, TLV_LENGTH, out)? as usize;
                r.skip_to(at)?;
                let mut link = r.sub((4 + length).next_multiple_of(4).min(r.left()))?;
                link.take(4)?;
                link = Reader::between(link.whole(), link.at(), link.at() + length);
                link_parameter(kind, &mut link, out)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// RFC 3630 §2.5, RFC 4203 §1.1.
fn link_parameter(kind: u64, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match (kind, r.left()) {
        (1, 1..) => put_number(r, 1, TE_LINK_TYPE, out).map(drop),
        (2, 4) => put_ip4(r, TE_LINK_ID, out),
        (3, _) => {
            while r.left() >= 4 {
                put_ip4(r, TE_LOCAL, out)?;
            }
            Ok(())
        }
        (4, _) => {
            while r.left() >= 4 {
                put_ip4(r, TE_REMOTE, out)?;
            }
            Ok(())
        }
        (5, 4) => put_number(r, 4, TE_METRIC, out).map(drop),
        (6 | 7, 4) => put_float(r, TE_BANDWIDTH, out),
        (8, 32) => {
            while r.left() >= 4 {
                put_float(r, TE_UNRESERVED, out)?;
            }
            Ok(())
        }
        (9, 4) => put_number(r, 4, TE_COLOR, out).map(drop),
        (11, 8) => {
            put_number(r, 4, TE_LOCAL_ID, out)?;
            put_number(r, 4, TE_REMOTE_ID, out).map(drop)
        }
        _ => Ok(()),
    }
}

fn put_float(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let number = f32::from_bits(r.number(4)? as u32);
    out.put(field, at..at + 4, Value::Float(number.into()));
    Ok(())
}

/// RFC 3623 §B.
fn grace(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    out.put(GRACE, r.at()..r.end().next_multiple_of(4).min(r.whole().len()), Value::Present);
    match head(r, TLV_TYPE, out)? {
        1 => put_number(r, 4, GRACE_PERIOD, out).map(drop),
        2 => put_number(r, 1, GRACE_REASON, out).map(drop),
        3 => put_ip4(r, GRACE_IP, out),
        _ => Ok(()),
    }
}

/// RFC 7770 §2.2, RFC 5642 §2, RFC 8665 §3.
fn router_information(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match head(r, OPAQUE_TLV_TYPE, out)? {
        7 => put_text(r, r.left(), DYNAMIC_HOSTNAME, out),
        8 => {
            while r.left() > 0 {
                put_number(r, 1, SR_ALGORITHM, out)?;
            }
            Ok(())
        }
        9 | 14 => {
            put_number(r, 3, RANGE_SIZE, out)?;
            r.take(1)?;
            put_number(r, 2, SID_LABEL_TYPE, out)?;
            let length = put_number(r, 2, TLV_LENGTH, out)?;
            // A label of 20 bits, or an index of 32 (RFC 8665 §2.1).
            put_number(r, if length == 3 { 3 } else { 4 }, SID_LABEL, out).map(drop)
        }
        _ => Ok(()),
    }
}
