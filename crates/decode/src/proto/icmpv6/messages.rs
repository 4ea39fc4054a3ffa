//! Multicast listener discovery and node information.

use super::*;

/// RFC 3810 §5.2.12.
pub(super) const RECORDS: crate::field::ValueNames = &[
    (1, "Include"),
    (2, "Exclude"),
    (3, "Changed to include"),
    (4, "Changed to exclude"),
    (5, "Allow new sources"),
    (6, "Block old sources"),
];

/// RFC 4620 §5.
pub(super) const QUERY_TYPES: crate::field::ValueNames =
    &[(0, "NOOP"), (2, "Node Name"), (3, "Node Addresses"), (4, "IPv4 Addresses")];

/// Queries of both versions, reports and dones of version 1 (RFC 2710 §3, RFC 3810 §5.1). Version 2 makes the query
/// longer.
pub(super) fn listener(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.bytes.0, 4);
    let second = view.bytes.u8(0) == 130 && view.bytes.len() >= 28;
    put_number(&mut r, 2, if second { MLD_CODE } else { MLD_DELAY }, out)?;
    put_bytes(&mut r, 2, RESERVED, out)?;
    put_ip6(&mut r, MLD_ADDRESS, out)?;
    if !second {
        return Ok(());
    }
    let flags = put_number(&mut r, 1, MLD_FLAG, out)?;
    put_parts(&r, 1, flags, &[(MLD_FLAG_RESERVED, 0xf0)], out);
    put_flags(&r, 1, flags, &[(MLD_FLAG_S, 8)], out);
    put_parts(&r, 1, flags, &[(MLD_FLAG_QRV, 7)], out);
    put_number(&mut r, 1, MLD_QQI, out)?;
    for _ in 0..put_number(&mut r, 2, MLD_NB_SOURCES, out)? {
        put_ip6(&mut r, MLD_SOURCE, out)?;
    }
    Ok(())
}

/// RFC 3810 §5.2.
pub(super) fn listener_report(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.bytes.0, 4);
    put_bytes(&mut r, 2, RESERVED, out)?;
    for _ in 0..put_number(&mut r, 2, MLDR_NB_RECORDS, out)? {
        let at = r.at();
        out.put(MAR, at..at + 20, Value::Present);
        put_number(&mut r, 1, MAR_TYPE, out)?;
        let auxiliary = put_number(&mut r, 1, MAR_AUX_LEN, out)? as usize * 4;
        let sources = put_number(&mut r, 2, MAR_NB_SOURCES, out)?;
        put_ip6(&mut r, MAR_ADDRESS, out)?;
        for _ in 0..sources {
            put_ip6(&mut r, MAR_SOURCE, out)?;
        }
        if auxiliary > 0 {
            put_bytes(&mut r, auxiliary, MAR_AUX_DATA, out)?;
        }
    }
    Ok(())
}

/// RFC 4620 §4: a query's code says what it is about, a reply's query type what it holds.
pub(super) fn node_information(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.bytes.0, 4);
    let query_type = put_number(&mut r, 2, NI_QTYPE, out)?;
    let flags = put_number(&mut r, 2, NI_FLAG, out)?;
    let bits = [
        (NI_FLAG_G, 0x20),
        (NI_FLAG_S, 0x10),
        (NI_FLAG_L, 8),
        (NI_FLAG_C, 4),
        (NI_FLAG_A, 2),
        (NI_FLAG_T, 1),
    ];
    put_flags(&r, 2, flags, &bits, out);
    put_parts(&r, 2, flags, &[(NI_FLAG_RSV, 0xffc0)], out);
    put_number(&mut r, 8, NI_NONCE, out)?;
    if view.bytes.u8(0) == 139 {
        return match view.bytes.u8(1) {
            0 => put_ip6(&mut r, NI_SUBJECT_IPV6, out),
            1 => put_names(&mut r, NI_SUBJECT_FQDN, out),
            2 => put_ip4(&mut r, NI_SUBJECT_IPV4, out),
            _ => Ok(()),
        };
    }
    if query_type == 2 && r.left() > 0 {
        put_number(&mut r, 4, NI_TTL, out)?;
        return put_names(&mut r, NI_NAME, out);
    }
    while matches!(query_type, 3 | 4) && r.left() > 0 {
        put_number(&mut r, 4, NI_TTL, out)?;
        if query_type == 3 {
            put_ip6(&mut r, NI_ADDRESS, out)?;
        } else {
            put_ip4(&mut r, NI_IPV4, out)?;
        }
    }
    Ok(())
}

/// Names in the form of DNS; one that is not complete ends with two zeros (RFC 4620 §6.3).
fn put_names(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        let at = r.at();
        if let Some(name) = super::super::dns_content::plain_name(r)? {
            out.put(field, at..r.at(), Value::Text(name.as_bytes()));
        }
    }
    Ok(())
}
