//! Bodies of the advertisements of version 2 (RFC 2328 §A.4).

use super::*;

pub(super) fn body(kind: u64, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match kind {
        1 => router(r, out),
        2 => network(r, out),
        3 | 4 => summary(r, out),
        // Those of not-so-stubby areas look alike (RFC 3101 §2.4).
        5 | 7 => external(r, out),
        9..=11 => opaque::body(r, out),
        _ => Ok(()),
    }
}

/// RFC 2328 §A.4.2; metrics of types of service follow the first one.
fn router(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const FLAGS: &[(FieldIndex, u64)] = &[
        (ROUTER_H, 0x80),
        (ROUTER_N, 0x10),
        (ROUTER_W, 0x08),
        (ROUTER_V, 0x04),
        (ROUTER_E, 0x02),
        (ROUTER_B, 0x01),
    ];
    let flags = put_number(r, 1, ROUTER_FLAGS, out)?;
    put_flags(r, 1, flags, FLAGS, out);
    r.take(1)?;
    for _ in 0..put_number(r, 2, LINKS, out)? {
        put_ip4(r, LINKID, out)?;
        put_ip4(r, LINKDATA, out)?;
        put_number(r, 1, LINKTYPE, out)?;
        let metrics = put_number(r, 1, NUMMETRICS, out)?;
        put_number(r, 2, METRIC0, out)?;
        for _ in 0..metrics {
            r.take(2)?;
            put_number(r, 2, TOS_METRIC, out)?;
        }
    }
    Ok(())
}

/// RFC 2328 §A.4.3.
fn network(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_ip4(r, NETMASK, out)?;
    while r.left() >= 4 {
        put_ip4(r, ATTACHED, out)?;
    }
    Ok(())
}

/// RFC 2328 §A.4.4: of networks and of boundary routers.
fn summary(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_ip4(r, SUMMARY_MASK, out)?;
    while r.left() >= 4 {
        put_number(r, 1, TOS, out)?;
        put_number(r, 3, METRIC, out)?;
    }
    Ok(())
}

/// RFC 2328 §A.4.5.
fn external(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_ip4(r, EXTERNAL_MASK, out)?;
    while r.left() >= 12 {
        let at = r.at();
        let first = r.u8()?;
        out.put(EXTERNAL_TYPE, at..at + 1, Value::Bool(first & 0x80 != 0));
        out.put(TOS, at..at + 1, Value::Unsigned((first & 0x7f).into()));
        put_number(r, 3, METRIC, out)?;
        put_ip4(r, EXTERNAL_FORWARDING, out)?;
        put_number(r, 4, EXTERNAL_TAG, out)?;
    }
    Ok(())
}
