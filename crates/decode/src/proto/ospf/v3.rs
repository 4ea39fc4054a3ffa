//! Bodies of the advertisements of version 3 (RFC 5340 §A.4), for IPv6 and IPv4 (RFC 5838).

use super::*;

pub(super) fn body(kind: u64, ip4: bool, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match kind {
        1 => router(r, out),
        2 => network(r, out),
        3 => {
            r.take(1)?;
            put_number(r, 3, METRIC, out)?;
            prefix(r, ip4, Behind::Zeros, out).map(drop)
        }
        4 => {
            r.take(1)?;
            options_v3(r, out)?;
            r.take(1)?;
            put_number(r, 3, METRIC, out)?;
            put_ip4(r, DESTINATION_ROUTER, out)
        }
        5 | 7 => external(r, ip4, out),
        8 => link(r, ip4, out),
        9 => intra_area_prefix(r, ip4, out),
        _ => Ok(()),
    }
}

/// RFC 5340 §A.4.3.
fn router(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let flags = put_number(r, 1, ROUTER_V3_FLAGS, out)?;
    let list = [(ROUTER_V3_W, 8), (ROUTER_V3_V, 4), (ROUTER_V3_E, 2), (ROUTER_V3_B, 1)];
    put_flags(r, 1, flags, &list, out);
    options_v3(r, out)?;
    while r.left() >= 16 {
        put_number(r, 1, LINK_V3_TYPE, out)?;
        r.take(1)?;
        put_number(r, 2, METRIC, out)?;
        put_number(r, 4, INTERFACE_ID, out)?;
        put_number(r, 4, NEIGHBOR_INTERFACE_ID, out)?;
        put_ip4(r, NEIGHBOR_ROUTER_ID, out)?;
    }
    Ok(())
}

/// RFC 5340 §A.4.4.
fn network(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    r.take(1)?;
    options_v3(r, out)?;
    while r.left() >= 4 {
        put_ip4(r, ATTACHED_V3, out)?;
    }
    Ok(())
}

/// RFC 5340 §A.4.7: flags say what stands behind the prefix.
fn external(r: &mut Reader<'_>, ip4: bool, out: &mut dyn FieldSink) -> Result<(), Short> {
    const FORWARDING: u64 = 2;
    const TAG: u64 = 1;
    let flags = put_number(r, 1, EXTERNAL_V3_FLAGS, out)?;
    put_flags(r, 1, flags, &[(EXTERNAL_V3_E, 4), (EXTERNAL_V3_F, FORWARDING), (EXTERNAL_V3_T, TAG)], out);
    put_number(r, 3, METRIC, out)?;
    let referenced = prefix(r, ip4, Behind::ReferencedType, out)?;
    if flags & FORWARDING != 0 {
        match ip4 {
            // IPv4 addresses lie in the space of IPv6 ones (RFC 5838 §2.5).
            true => {
                put_ip4(r, FORWARDING_IP4, out)?;
                r.take(12)?;
            }
            false => put_ip6(r, FORWARDING_IP6, out)?,
        }
    }
    if flags & TAG != 0 {
        put_number(r, 4, EXTERNAL_V3_TAG, out)?;
    }
    if referenced != 0 { put_ip4(r, REFERENCED_ID, out) } else { Ok(()) }
}

/// RFC 5340 §A.4.9.
fn link(r: &mut Reader<'_>, ip4: bool, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, LINK_PRIORITY, out)?;
    options_v3(r, out)?;
    if ip4 {
        put_ip4(r, LINK_LOCAL_IP4, out)?;
        r.take(12)?;
    } else {
        put_ip6(r, LINK_LOCAL_IP6, out)?;
    }
    for _ in 0..put_number(r, 4, PREFIXES, out)? {
        prefix(r, ip4, Behind::Zeros, out)?;
    }
    Ok(())
}

/// RFC 5340 §A.4.10.
fn intra_area_prefix(r: &mut Reader<'_>, ip4: bool, out: &mut dyn FieldSink) -> Result<(), Short> {
    let count = put_number(r, 2, PREFIXES, out)?;
    put_number(r, 2, REFERENCED_TYPE, out)?;
    put_ip4(r, REFERENCED_ID, out)?;
    put_ip4(r, REFERENCED_ROUTER, out)?;
    for _ in 0..count {
        prefix(r, ip4, Behind::Metric, out)?;
    }
    Ok(())
}

/// What the two bytes behind the options of a prefix are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Behind {
    Zeros,
    Metric,
    ReferencedType,
}

/// A prefix takes as many words as it needs (RFC 5340 §A.4.1). Returns the referenced type, if that is in it.
fn prefix(r: &mut Reader<'_>, ip4: bool, behind: Behind, out: &mut dyn FieldSink) -> Result<u64, Short> {
    let bits = put_number(r, 1, PREFIX_LENGTH, out)?;
    let options = put_number(r, 1, PREFIX_OPTIONS, out)?;
    put_flags(r, 1, options, &[(PREFIX_P, 8), (PREFIX_MC, 4), (PREFIX_LA, 2), (PREFIX_NU, 1)], out);
    let number = match behind {
        Behind::Zeros => r.number(2)?,
        Behind::Metric => put_number(r, 2, METRIC, out)?,
        Behind::ReferencedType => put_number(r, 2, REFERENCED_TYPE, out)?,
    };
    let at = r.at();
    let bytes = r.take(4 * bits.div_ceil(32) as usize)?;
    let mut address = [0; 16];
    if let Some(start) = address.get_mut(..bytes.len()) {
        start.copy_from_slice(bytes);
        match address.first_chunk() {
            Some(&address) if ip4 => out.put(ADDRESS_PREFIX_IP4, at..r.at(), Value::Ip4(address)),
            _ => out.put(ADDRESS_PREFIX, at..r.at(), Value::Ip6(address)),
        }
    }
    Ok(if behind == Behind::ReferencedType { number } else { 0 })
}
