//! The options of neighbor discovery (RFC 4861 §4.6). Lengths count 8 bytes.

use super::*;

pub(super) const TYPES: crate::field::ValueNames = &[
    (1, "Source link-layer address"),
    (2, "Target link-layer address"),
    (3, "Prefix information"),
    (4, "Redirected header"),
    (5, "MTU"),
    (7, "Advertisement Interval"),
    (8, "Home Agent Information"),
    (14, "Nonce"),
    (24, "Route Information"),
    (25, "Recursive DNS Server"),
    (31, "DNS Search List Option"),
    (33, "Address Registration Option"),
    (37, "DHCP Captive-Portal"),
];

pub(super) fn walk(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        let at = r.at();
        let (kind, length) = (r.u8()?, r.u8()?);
        if length == 0 {
            return Err(Short::new(1, 0));
        }
        let mut body = r.sub(usize::from(length) * 8 - 2)?;
        let name = crate::field::value_name(TYPES, kind.into()).unwrap_or("Unknown");
        out.open(at..r.at(), format_args!("ICMPv6 Option ({name})"));
        out.put(OPT, at..r.at(), Value::Present);
        out.put(OPT_TYPE, at..at + 1, Value::Unsigned(kind.into()));
        out.put(OPT_LENGTH, at + 1..at + 2, Value::Unsigned(length.into()));
        // A damaged option does not hide the next one.
        let _ = option(kind, &mut body, out);
        out.close();
    }
    Ok(())
}

fn option(kind: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match kind {
        1 | 2 => {
            // Addresses are of 6 bytes, but in networks that have longer ones.
            let length = if r.left() >= 6 && r.left() < 14 { 6 } else { r.left() };
            put_bytes(&mut { *r }, length, OPT_LINKADDR, out)?;
            let same = if kind == 1 { OPT_SRC_LINKADDR } else { OPT_TARGET_LINKADDR };
            put_bytes(r, length, same, out)
        }
        3 => prefix(r, out),
        4 => {
            put_reserved(r, 6, out)?;
            out.put(OPT_REDIRECTED, r.at()..r.end(), Value::Present);
            Ok(())
        }
        5 => {
            put_reserved(r, 2, out)?;
            put_number(r, 4, OPT_MTU, out).map(drop)
        }
        // RFC 6275 §7.3, §7.4.
        7 => {
            put_reserved(r, 2, out)?;
            put_number(r, 4, OPT_ADVERTISEMENT_INTERVAL, out).map(drop)
        }
        8 => {
            put_reserved(r, 2, out)?;
            put_number(r, 2, OPT_HOME_AGENT_PREFERENCE, out)?;
            put_number(r, 2, OPT_HOME_AGENT_LIFETIME, out).map(drop)
        }
        // RFC 3971 §5.3.2.
        14 => put_rest(r, OPT_NONCE, out),
        24 => route(r, out),
        // RFC 8106 §5.1.
        25 => {
            put_reserved(r, 2, out)?;
            put_number(r, 4, OPT_RDNSS_LIFETIME, out)?;
            while r.left() > 0 {
                put_ip6(r, OPT_RDNSS, out)?;
            }
            Ok(())
        }
        31 => search_list(r, out),
        // RFC 6775 §4.1.
        33 => {
            put_number(r, 1, OPT_ARO_STATUS, out)?;
            put_reserved(r, 3, out)?;
            put_number(r, 2, OPT_ARO_LIFETIME, out)?;
            put_bytes(r, 8, OPT_ARO_EUI64, out)
        }
        // RFC 8910 §2.3.
        37 => {
            let at = r.at();
            let text = without_padding(r.take(r.left())?);
            out.put(OPT_CAPTIVE_PORTAL, at..at + text.len(), Value::Text(text));
            Ok(())
        }
        _ => Ok(()),
    }
}

fn put_reserved(r: &mut Reader<'_>, length: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    r.take(length)?;
    out.put(OPT_RESERVED, at..r.at(), Value::Present);
    Ok(())
}

/// RFC 4861 §4.6.2, with the flag of RFC 6275 §7.2.
fn prefix(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, OPT_PREFIX_LENGTH, out)?;
    let flags = put_number(r, 1, OPT_PREFIX_FLAG, out)?;
    let bits = [(OPT_PREFIX_FLAG_L, 0x80), (OPT_PREFIX_FLAG_A, 0x40), (OPT_PREFIX_FLAG_R, 0x20)];
    put_flags(r, 1, flags, &bits, out);
    put_parts(r, 1, flags, &[(OPT_PREFIX_FLAG_RESERVED, 0x1f)], out);
    put_number(r, 4, OPT_VALID_LIFETIME, out)?;
    put_number(r, 4, OPT_PREFERRED_LIFETIME, out)?;
    put_reserved(r, 4, out)?;
    put_ip6(r, OPT_PREFIX, out)
}

/// RFC 4191 §2.3: of the prefix as many bytes as its length needs.
fn route(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, OPT_PREFIX_LENGTH, out)?;
    let flags = put_number(r, 1, OPT_ROUTE_FLAG, out)?;
    put_parts(r, 1, flags, &[(OPT_ROUTE_PREFERENCE, 0x18), (OPT_ROUTE_RESERVED, 0xe7)], out);
    put_number(r, 4, OPT_ROUTE_LIFETIME, out)?;
    let at = r.at();
    let mut prefix = [0; 16];
    let bytes = r.take(r.left().min(16))?;
    prefix[..bytes.len()].copy_from_slice(bytes);
    out.put(OPT_PREFIX, at..r.at(), Value::Ip6(prefix));
    Ok(())
}

/// RFC 8106 §5.2: names in the form of DNS, without pointers, and zeros up to the end.
fn search_list(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_reserved(r, 2, out)?;
    put_number(r, 4, OPT_DNSSL_LIFETIME, out)?;
    while r.left() > 0 {
        let at = r.at();
        let Some(name) = super::super::dns_content::plain_name(r)? else {
            out.put(OPT_PADDING, at..r.end(), Value::Present);
            return Ok(());
        };
        out.put(OPT_DNSSL, at..r.at(), Value::Text(name.as_bytes()));
    }
    Ok(())
}
