//! Communities (RFC 1997), extended ones (RFC 4360) and large ones (RFC 8092).

use super::*;

pub(super) fn standard(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    out.put(COMMUNITIES, r.at()..r.end(), Value::Present);
    while r.left() >= 4 {
        let at = r.at();
        let community = Bytes(r.whole()).u32(at);
        if crate::field::value_name(COMMUNITY_NAMES, community.into()).is_some() {
            put_number(r, 4, COMMUNITY_WELL_KNOWN, out)?;
        } else {
            out.put(COMMUNITY, at..at + 4, Value::Present);
            put_number(r, 2, COMMUNITY_AS, out)?;
            put_number(r, 2, COMMUNITY_VALUE, out)?;
        }
    }
    Ok(())
}

pub(super) fn large(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() >= 12 {
        let at = r.at();
        if out.wants(LARGE_COMMUNITY) {
            let b = Bytes(r.whole());
            let text = format!("{}:{}:{}", b.u32(at), b.u32(at + 4), b.u32(at + 8));
            out.put(LARGE_COMMUNITY, at..at + 12, Value::Text(text.as_bytes()));
        }
        put_number(r, 4, LARGE_COMMUNITY_ADMINISTRATOR, out)?;
        put_number(r, 4, LARGE_COMMUNITY_1, out)?;
        put_number(r, 4, LARGE_COMMUNITY_2, out)?;
    }
    Ok(())
}

pub(super) fn extended(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    out.put(EXT_COMMUNITIES, r.at()..r.end(), Value::Present);
    while r.left() >= 8 {
        let mut community = r.sub(8)?;
        out.put(EXT_COMMUNITY, community.at()..community.end(), Value::Present);
        extended_one(&mut community, out)?;
    }
    Ok(())
}

/// The types of RFC 7153 §5.1. Each has subtypes of its own.
fn extended_one(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let kind = put_number(r, 1, EXT_TYPE, out)?;
    put_flags(r, 1, kind, &[(EXT_TYPE_AUTHORITY, 0x80), (EXT_TYPE_TRANSITIVE, 0x40)], out);
    let subtype = match kind {
        0x00 => EXT_SUBTYPE_AS2,
        0x40 => EXT_SUBTYPE_NT_AS2,
        0x01 => EXT_SUBTYPE_IP4,
        0x41 => EXT_SUBTYPE_NT_IP4,
        0x02 => EXT_SUBTYPE_AS4,
        0x42 => EXT_SUBTYPE_NT_AS4,
        0x03 => EXT_SUBTYPE_OPAQUE,
        0x43 => EXT_SUBTYPE_NT_OPAQUE,
        0x06 => EXT_SUBTYPE_EVPN,
        0x80 => EXT_SUBTYPE_EXP,
        0x81 => EXT_SUBTYPE_EXP_2,
        0x82 => EXT_SUBTYPE_EXP_3,
        _ => EXT_SUBTYPE_UNKNOWN,
    };
    let subtype = put_number(r, 1, subtype, out)?;
    match (kind, subtype) {
        // draft-ietf-idr-link-bandwidth §3.
        (0x00 | 0x40, 0x04) => {
            put_number(r, 2, EXT_AS2, out)?;
            put_float(r, EXT_LINK_BANDWIDTH, out)
        }
        (0x00 | 0x40, _) => {
            put_number(r, 2, EXT_AS2, out)?;
            put_number(r, 4, EXT_AN4, out).map(drop)
        }
        // The router of RFC 4577 §4.2.6, under the number it had before too.
        (0x01, 0x07) | (0x80, 0x01) => put_ip4(r, EXT_OSPF_ROUTER, out),
        (0x01 | 0x41, _) => {
            put_ip4(r, EXT_IP4, out)?;
            put_number(r, 2, EXT_AN2, out).map(drop)
        }
        (0x02 | 0x42, _) => {
            put_number(r, 4, EXT_AS4, out)?;
            put_number(r, 2, EXT_AN2, out).map(drop)
        }
        // draft-ietf-idr-custom-decision §3.
        (0x03 | 0x43, 0x01) => {
            put_number(r, 1, EXT_COST_INSERTION, out)?;
            let id = put_number(r, 1, EXT_COST_ID, out)?;
            put_flags(r, 1, id, &[(EXT_COST_USE, 0x80)], out);
            put_number(r, 4, EXT_COST, out).map(drop)
        }
        // The route of RFC 4577 §4.2.6.
        (0x03, 0x06) | (0x80, 0x00) => {
            put_ip4(r, EXT_OSPF_AREA, out)?;
            put_number(r, 1, EXT_OSPF_TYPE, out)?;
            let options = put_number(r, 1, EXT_OSPF_OPTIONS, out)?;
            put_flags(r, 1, options, &[(EXT_OSPF_METRIC, 1)], out);
            Ok(())
        }
        // RFC 9012 §4.1.
        (0x03, 0x0c) => {
            r.take(4)?;
            put_number(r, 2, EXT_TUNNEL_TYPE, out).map(drop)
        }
        // RFC 7432 §7.7.
        (0x06, 0x00) => {
            let flags = put_number(r, 1, EXT_MAC_MOBILITY_FLAGS, out)?;
            put_flags(r, 1, flags, &[(EXT_MAC_MOBILITY_STICKY, 1)], out);
            r.take(1)?;
            put_number(r, 4, EXT_MAC_MOBILITY_SEQUENCE, out).map(drop)
        }
        // RFC 7432 §7.6.
        (0x06, 0x02) => put_mac(r, EXT_ES_IMPORT, out),
        // RFC 9135 §8.1.
        (0x06, 0x03) => put_mac(r, EXT_ROUTER_MAC, out),
        // RFC 8955 §7.1.
        (0x80, 0x06) => {
            put_number(r, 2, EXT_AS2, out)?;
            put_float(r, EXT_RATE_LIMIT, out)
        }
        // RFC 4761 §3.2.4.
        (0x80, 0x0a) => {
            put_number(r, 1, EXT_L2_ENCAPSULATION, out)?;
            put_number(r, 1, EXT_L2_FLAGS, out)?;
            put_number(r, 2, EXT_L2_MTU, out).map(drop)
        }
        _ => put_number(r, 6, EXT_RAW, out).map(drop),
    }
}

fn put_float(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let number = f32::from_bits(r.number(4)? as u32);
    out.put(field, at..at + 4, Value::Float(number.into()));
    Ok(())
}
