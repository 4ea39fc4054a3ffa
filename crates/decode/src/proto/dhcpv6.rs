//! DHCP for IPv6, RFC 8415.

use super::dhcpv6_names::{MESSAGE_TYPES, OPTIONS, STATUS};
use std::borrow::Cow;

use super::prelude::*;
use crate::limits;

fields! {
    MSGTYPE: U8 walk, "dhcpv6.msgtype", "Message type", names(MESSAGE_TYPES);
    HOPCOUNT: U8 walk, "dhcpv6.hopcount", "Hopcount";
    LINKADDR: Ip6 walk, "dhcpv6.linkaddr", "Link address";
    PEERADDR: Ip6 walk, "dhcpv6.peeraddr", "Peer address";
    XID: U24 walk, "dhcpv6.xid", "Transaction ID", hex;
    OPTION_TYPE: U16 walk, "dhcpv6.option.type", "Option", names(OPTIONS);
    OPTION_NAME: Text walk, "dhcpv6.option.type_str", "Option", hidden;
    OPTION_LENGTH: U16 walk, "dhcpv6.option.length", "Length";
    DUID: Bytes walk, "dhcpv6.duid.bytes", "DUID";
    DUID_TYPE: U16 walk, "dhcpv6.duid.type", "DUID Type",
        names(&[(1, "link-layer address plus time"), (2, "assigned by vendor"), (3, "link-layer address"), (4, "UUID")]);
    DUIDLLT_HWTYPE: U16 walk, "dhcpv6.duidllt.hwtype", "Hardware type", names(names::HARDWARE_TYPES);
    DUIDLLT_TIME: Time walk, "dhcpv6.duidllt.time", "DUID Time";
    DUIDLLT_ADDRESS: Text walk, "dhcpv6.duidllt.link_layer_addr", "Link-layer address";
    DUIDLL_HWTYPE: U16 walk, "dhcpv6.duidll.hwtype", "Hardware type", names(names::HARDWARE_TYPES);
    DUIDLL_ADDRESS: Text walk, "dhcpv6.duidll.link_layer_addr", "Link-layer address";
    DUIDEN_ENTERPRISE: U32 walk, "dhcpv6.duiden.enterprise", "Enterprise ID";
    DUIDEN_IDENTIFIER: Bytes walk, "dhcpv6.duiden.identifier", "Identifier";
    DUIDUUID: Bytes walk, "dhcpv6.duiduuid.bytes", "UUID";
    IAID: Text walk, "dhcpv6.iaid", "IAID";
    IAID_T1: U32 walk, "dhcpv6.iaid.t1", "T1";
    IAID_T2: U32 walk, "dhcpv6.iaid.t2", "T2";
    IAADDR: Ip6 walk, "dhcpv6.iaaddr.ip", "IPv6 address";
    IAADDR_PREFERRED: U32 walk, "dhcpv6.iaaddr.pref_lifetime", "Preferred lifetime";
    IAADDR_VALID: U32 walk, "dhcpv6.iaaddr.valid_lifetime", "Valid lifetime";
    REQUESTED: U16 walk, "dhcpv6.requested_option_code", "Requested Option code", names(OPTIONS);
    PREFERENCE: U8 walk, "dhcpv6.option_preference", "Pref-value";
    ELAPSED_TIME: U16 walk, "dhcpv6.elapsed_time", "Elapsed time";
    UNICAST: Ip6 walk, "dhcpv6.unicast", "IPv6 address";
    STATUS_CODE: U16 walk, "dhcpv6.status_code", "Status Code", names(STATUS);
    STATUS_MSG: Text walk, "dhcpv6.status_msg", "Status Message";
    VENDOR_ENTERPRISE: U32 walk, "dhcpv6.vendorclass.enterprise", "Enterprise ID";
    INTERFACE_ID: Bytes walk, "dhcpv6.interface_id", "Interface-ID";
    RECONF_MSG: U8 walk, "dhcpv6.reconf_msg", "Reconfigure Message type", names(MESSAGE_TYPES);
    DNS_SERVER: Ip6 walk, "dhcpv6.dns_server", "DNS server address";
    IAPREFIX_PREFERRED: U32 walk, "dhcpv6.iaprefix.pref_lifetime", "Preferred lifetime";
    IAPREFIX_VALID: U32 walk, "dhcpv6.iaprefix.valid_lifetime", "Valid lifetime";
    IAPREFIX_LENGTH: U8 walk, "dhcpv6.iaprefix.pref_len", "Prefix length";
    IAPREFIX: Ip6 walk, "dhcpv6.iaprefix.pref_addr", "Prefix address";
    FQDN_FLAGS: U8 walk, "dhcpv6.client_fqdn_flags", "Flags", hex;
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(546), Claim::UdpPort(547)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("dhcpv6", "DHCPv6", "DHCPv6")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    Ok(Step::last(b))
}

/// RFC 8415 §9: relay agents' messages have a header of their own.
const RELAY: std::ops::RangeInclusive<u8> = 12..=13;

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    message(&mut Reader::new(view.header().0, 0), 0, out)
}

fn message(r: &mut Reader<'_>, depth: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    let kind = put_number(r, 1, MSGTYPE, out)? as u8;
    if RELAY.contains(&kind) {
        put_number(r, 1, HOPCOUNT, out)?;
        put_ip6(r, LINKADDR, out)?;
        put_ip6(r, PEERADDR, out)?;
    } else {
        put_number(r, 3, XID, out)?;
    }
    options(r, depth, out)
}

fn options(r: &mut Reader<'_>, depth: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    if depth > limits::MAX_NESTING as usize {
        return Ok(());
    }
    while r.left() > 0 {
        let at = r.at();
        let kind = r.u16()?;
        let length = r.u16()?;
        let mut body = r.sub(length.into())?;
        let name = match crate::field::value_name(OPTIONS, kind.into()) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(format!("DHCP option {kind}")),
        };
        out.open(at..r.at(), format_args!("{name}"));
        out.put(OPTION_TYPE, at..at + 2, Value::Unsigned(kind.into()));
        out.put(OPTION_NAME, at..at + 2, Value::Text(name.as_bytes()));
        out.put(OPTION_LENGTH, at + 2..at + 4, Value::Unsigned(length.into()));
        // An option of a wrong length does not hide the next.
        let _ = option(kind, &mut body, depth, out);
        out.close();
    }
    Ok(())
}

fn option(kind: u16, r: &mut Reader<'_>, depth: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    match kind {
        1 | 2 => duid(r, out),
        // Identity associations (RFC 8415 §21.4, §21.21): an identifier, two times, options.
        3 | 25 => {
            put_hex(r, 4, "", IAID, out)?;
            put_number(r, 4, IAID_T1, out)?;
            put_number(r, 4, IAID_T2, out)?;
            options(r, depth + 1, out)
        }
        4 => {
            put_hex(r, 4, "", IAID, out)?;
            options(r, depth + 1, out)
        }
        5 => {
            put_ip6(r, IAADDR, out)?;
            put_number(r, 4, IAADDR_PREFERRED, out)?;
            put_number(r, 4, IAADDR_VALID, out)?;
            options(r, depth + 1, out)
        }
        6 => {
            while r.left() > 0 {
                put_number(r, 2, REQUESTED, out)?;
            }
            Ok(())
        }
        7 => put_number(r, 1, PREFERENCE, out).map(drop),
        8 => put_number(r, 2, ELAPSED_TIME, out).map(drop),
        9 => message(r, depth + 1, out),
        12 => put_ip6(r, UNICAST, out),
        13 => {
            put_number(r, 2, STATUS_CODE, out)?;
            match r.left() {
                0 => Ok(()),
                left => put_text(r, left, STATUS_MSG, out),
            }
        }
        16 => put_number(r, 4, VENDOR_ENTERPRISE, out).map(drop),
        18 => put_rest(r, INTERFACE_ID, out),
        19 => put_number(r, 1, RECONF_MSG, out).map(drop),
        23 => {
            while r.left() > 0 {
                put_ip6(r, DNS_SERVER, out)?;
            }
            Ok(())
        }
        26 => {
            put_number(r, 4, IAPREFIX_PREFERRED, out)?;
            put_number(r, 4, IAPREFIX_VALID, out)?;
            put_number(r, 1, IAPREFIX_LENGTH, out)?;
            put_ip6(r, IAPREFIX, out)?;
            options(r, depth + 1, out)
        }
        39 => put_number(r, 1, FQDN_FLAGS, out).map(drop),
        _ => Ok(()),
    }
}

/// RFC 8415 §11, RFC 6355.
fn duid(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    out.put(DUID, r.at()..r.end(), Value::Bytes(&r.whole()[r.at()..r.end()]));
    match put_number(r, 2, DUID_TYPE, out)? {
        1 => {
            /// Seconds from 1970 to 2000, from where these are counted.
            const TO_2000: i64 = 946_684_800;
            put_number(r, 2, DUIDLLT_HWTYPE, out)?;
            let at = r.at();
            let seconds = r.number(4)? as i64 + TO_2000;
            out.put(DUIDLLT_TIME, at..at + 4, Value::Time(plaintap_packet::Nanos(seconds * 1_000_000_000)));
            let left = r.left();
            put_hex(r, left, ":", DUIDLLT_ADDRESS, out)
        }
        2 => {
            put_number(r, 4, DUIDEN_ENTERPRISE, out)?;
            put_rest(r, DUIDEN_IDENTIFIER, out)
        }
        3 => {
            put_number(r, 2, DUIDLL_HWTYPE, out)?;
            let left = r.left();
            put_hex(r, left, ":", DUIDLL_ADDRESS, out)
        }
        4 => put_rest(r, DUIDUUID, out),
        _ => Ok(()),
    }
}

/// Bytes that Wireshark has as text, in hexadecimal.
fn put_hex(
    r: &mut Reader<'_>,
    length: usize,
    between: &str,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let at = r.at();
    let bytes = r.take(length)?;
    if length > 0 && out.wants(field) {
        let mut text = String::with_capacity(3 * length);
        for (i, byte) in bytes.iter().enumerate() {
            put!(text, "{}{byte:02x}", if i == 0 { "" } else { between });
        }
        out.put(field, at..r.at(), Value::Text(text.as_bytes()));
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    out.push_str(crate::field::value_name(MESSAGE_TYPES, b.u8(0).into()).unwrap_or("Unknown message type"));
    if RELAY.contains(&b.u8(0)) {
        if let (Some(link), Some(peer)) = (b.array(2), b.array(18)) {
            put!(out, " L: {} P: {}", crate::Address::Ip6(link), crate::Address::Ip6(peer));
        }
    } else {
        put!(out, " XID: 0x{:x}", b.u32(0) & 0xff_ffff);
    }
}
