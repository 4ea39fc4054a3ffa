//! Dynamic Host Configuration Protocol, RFC 2131, its options, RFC 2132, and BOOTP, RFC 951.

use super::dhcp_names::{MESSAGE_TYPES, OPTIONS};
use super::prelude::*;

fields! {
    TYPE: U8 at(0..1), "dhcp.type", "Message type", names(&[(1, "Boot Request"), (2, "Boot Reply")]);
    HW_TYPE: U8 walk, "dhcp.hw.type", "Hardware type", hex;
    HW_LEN: U8 at(2..3), "dhcp.hw.len", "Hardware address length";
    HOPS: U8 at(3..4), "dhcp.hops", "Hops";
    ID: U32 at(4..8), "dhcp.id", "Transaction ID", hex;
    SECS: U16 at(8..10), "dhcp.secs", "Seconds elapsed";
    FLAGS: U16 at(10..12), "dhcp.flags", "Bootp flags", hex;
    FLAGS_BC: Bool bits(10..12, 0x8000), "dhcp.flags.bc", "Broadcast flag";
    FLAGS_RESERVED: U16 bits(10..12, 0x7fff), "dhcp.flags.reserved", "Reserved flags", hex;
    IP_CLIENT: Ip4 at(12..16), "dhcp.ip.client", "Client IP address";
    IP_YOUR: Ip4 at(16..20), "dhcp.ip.your", "Your (client) IP address";
    IP_SERVER: Ip4 at(20..24), "dhcp.ip.server", "Next server IP address";
    IP_RELAY: Ip4 at(24..28), "dhcp.ip.relay", "Relay agent IP address";
    HW_ADDR: Bytes walk, "dhcp.hw.addr", "Client hardware address";
    MAC_ADDR: Mac walk, "dhcp.hw.mac_addr", "Client MAC address";
    ADDR_PADDING: Bytes walk, "dhcp.hw.addr_padding", "Client hardware address padding";
    SERVER: Text walk, "dhcp.server", "Server host name";
    FILE: Text walk, "dhcp.file", "Boot file name";
    COOKIE: Ip4 walk, "dhcp.cookie", "Magic cookie";
    OPTION_TYPE: U8 walk, "dhcp.option.type", "Option", names(OPTIONS);
    OPTION_LENGTH: U8 walk, "dhcp.option.length", "Length";
    OPTION_VALUE: Bytes walk, "dhcp.option.value", "Value";
    END: U8 walk, "dhcp.option.end", "Option End";
    PADDING: Bytes walk, "dhcp.option.padding", "Padding";
    SUBNET_MASK: Ip4 walk, "dhcp.option.subnet_mask", "Subnet Mask";
    TIME_OFFSET: I32 walk, "dhcp.option.time_offset", "Time Offset";
    ROUTER: Ip4 walk, "dhcp.option.router", "Router";
    TIME_SERVER: Ip4 walk, "dhcp.option.time_server", "Time Server";
    NAME_SERVER: Ip4 walk, "dhcp.option.name_server", "Name Server";
    DOMAIN_NAME_SERVER: Ip4 walk, "dhcp.option.domain_name_server", "Domain Name Server";
    LOG_SERVER: Ip4 walk, "dhcp.option.log_server", "Log Server";
    HOSTNAME: Text walk, "dhcp.option.hostname", "Host Name";
    DOMAIN_NAME: Text walk, "dhcp.option.domain_name", "Domain Name";
    ROOT_PATH: Text walk, "dhcp.option.root_path", "Root Path";
    DEFAULT_TTL: U8 walk, "dhcp.option.default_ip_ttl", "Default IP Time-to-Live";
    INTERFACE_MTU: U16 walk, "dhcp.option.interface_mtu", "Interface MTU";
    BROADCAST_ADDRESS: Ip4 walk, "dhcp.option.broadcast_address", "Broadcast Address";
    NIS_DOMAIN: Text walk, "dhcp.option.nis_domain", "Network Information Service Domain";
    NIS_SERVER: Ip4 walk, "dhcp.option.nis_server", "Network Information Service Server";
    NTP_SERVER: Ip4 walk, "dhcp.option.ntp_server", "Network Time Protocol Server";
    NETBIOS_NAME_SERVER: Ip4 walk, "dhcp.option.netbios_over_tcpip_name_server",
        "NetBIOS over TCP/IP Name Server";
    NETBIOS_NODE_TYPE: U8 walk, "dhcp.option.netbios_over_tcpip_node_type", "NetBIOS over TCP/IP Node Type";
    REQUESTED_IP: Ip4 walk, "dhcp.option.requested_ip_address", "Requested IP Address";
    LEASE_TIME: U32 walk, "dhcp.option.ip_address_lease_time", "IP Address Lease Time";
    OVERLOAD: U8 walk, "dhcp.option.option_overload", "Option Overload";
    MESSAGE_TYPE: U8 walk, "dhcp.option.dhcp", "DHCP", names(MESSAGE_TYPES);
    SERVER_ID: Ip4 walk, "dhcp.option.dhcp_server_id", "DHCP Server Identifier";
    REQUEST_LIST_ITEM: U8 walk, "dhcp.option.request_list_item", "Parameter Request List Item", names(OPTIONS);
    MESSAGE: Text walk, "dhcp.option.message", "Message";
    MAX_MESSAGE_SIZE: U16 walk, "dhcp.option.dhcp_max_message_size", "Maximum DHCP Message Size";
    RENEWAL_TIME: U32 walk, "dhcp.option.renewal_time_value", "Renewal Time Value";
    REBINDING_TIME: U32 walk, "dhcp.option.rebinding_time_value", "Rebinding Time Value";
    VENDOR_CLASS_ID: Text walk, "dhcp.option.vendor_class_id", "Vendor class identifier";
    TFTP_SERVER_NAME: Text walk, "dhcp.option.tftp_server_name", "TFTP Server Name";
    BOOTFILE_NAME: Text walk, "dhcp.option.bootfile_name", "Bootfile name";
    FQDN_FLAGS: U8 walk, "dhcp.fqdn.flags", "Flags", hex;
    FQDN_MBZ: U8 walk, "dhcp.fqdn.mbz", "Reserved flags", hex;
    FQDN_N: Bool walk, "dhcp.fqdn.n", "Server DDNS";
    FQDN_E: Bool walk, "dhcp.fqdn.e", "Encoding";
    FQDN_O: Bool walk, "dhcp.fqdn.o", "Server overrides";
    FQDN_S: Bool walk, "dhcp.fqdn.s", "Server";
    FQDN_RCODE1: U8 walk, "dhcp.fqdn.rcode1", "A-RR result";
    FQDN_RCODE2: U8 walk, "dhcp.fqdn.rcode2", "PTR-RR result";
    FQDN_NAME: Text walk, "dhcp.fqdn.name", "Client name";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(67), Claim::UdpPort(68)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    summary: Some(|view, out| {
        if let Some(name) = message_type(view) {
            put!(out, " ({name})");
        }
    }),
    ..Protocol::new("dhcp", "Dynamic Host Configuration Protocol", "DHCP")
};

/// The fixed part; what is shorter is not BOOTP (RFC 951 §3).
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(236)?;
    Ok(Step::last(b))
}

/// What stands in front of the options (RFC 2131 §3).
const MAGIC_COOKIE: [u8; 4] = [99, 130, 83, 99];

const ETHERNET: u64 = 1;

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    let mut r = Reader::new(b.0, 1);
    let hardware = put_number(&mut r, 1, HW_TYPE, out)?;
    let length = usize::from(b.u8(2)).min(16);
    r.skip_to(28)?;
    if hardware == ETHERNET && length == 6 {
        put_mac(&mut r, MAC_ADDR, out)?;
    } else if length > 0 {
        put_bytes(&mut r, length, HW_ADDR, out)?;
    }
    if length < 16 && length > 0 {
        put_bytes(&mut r, 16 - length, ADDR_PADDING, out)?;
    }
    for (field, start, end) in [(SERVER, 44, 108), (FILE, 108, 236)] {
        let text = b.clamped(start, end);
        let length = memchr::memchr(0, text).unwrap_or(text.len());
        out.put(field, start..end, Value::Text(&text[..length]));
    }
    r.skip_to(236)?;
    if b.array(236) != Some(MAGIC_COOKIE) {
        return Ok(());
    }
    put_ip4(&mut r, COOKIE, out)?;
    while r.left() > 0 {
        if option(&mut r, out)? == Some(255) {
            break;
        }
    }
    put_rest(&mut r, PADDING, out)
}

/// One option (RFC 2132 §2); padding has no number to tell.
fn option(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<Option<u8>, Short> {
    let at = r.at();
    let kind = r.u8()?;
    let name = crate::field::value_name(OPTIONS, kind.into()).unwrap_or("Unknown");
    match kind {
        0 => {
            let mut zeros = *r;
            while zeros.left() > 0 && zeros.u8()? == 0 {
                r.take(1)?;
            }
            out.put(PADDING, at..r.at(), Value::Bytes(&r.whole()[at..r.at()]));
            return Ok(None);
        }
        255 => {
            out.open(at..r.at(), format_args!("Option: (255) End"));
            out.put(OPTION_TYPE, at..at + 1, Value::Unsigned(255));
            out.put(END, at..at + 1, Value::Unsigned(255));
            out.close();
            return Ok(Some(255));
        }
        _ => {}
    }
    let length = r.u8()?;
    let mut body = r.sub(length.into())?;
    out.open(at..r.at(), format_args!("Option: ({kind}) {name}"));
    out.put(OPTION_TYPE, at..at + 1, Value::Unsigned(kind.into()));
    out.put(OPTION_LENGTH, at + 1..at + 2, Value::Unsigned(length.into()));
    out.put(OPTION_VALUE, at + 2..r.at(), Value::Bytes(&r.whole()[at + 2..r.at()]));
    // An option of a wrong length does not hide the next.
    let _ = option_value(kind, &mut body, out);
    out.close();
    Ok(Some(kind))
}

fn option_value(kind: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match kind {
        1 => put_ip4(r, SUBNET_MASK, out),
        2 => {
            let at = r.at();
            let seconds = r.number(4)? as u32 as i32;
            out.put(TIME_OFFSET, at..at + 4, Value::Signed(seconds.into()));
            Ok(())
        }
        3 => addresses(r, ROUTER, out),
        4 => addresses(r, TIME_SERVER, out),
        5 => addresses(r, NAME_SERVER, out),
        6 => addresses(r, DOMAIN_NAME_SERVER, out),
        7 => addresses(r, LOG_SERVER, out),
        12 => text(r, HOSTNAME, out),
        15 => text(r, DOMAIN_NAME, out),
        17 => text(r, ROOT_PATH, out),
        23 => put_number(r, 1, DEFAULT_TTL, out).map(drop),
        26 => put_number(r, 2, INTERFACE_MTU, out).map(drop),
        28 => put_ip4(r, BROADCAST_ADDRESS, out),
        40 => text(r, NIS_DOMAIN, out),
        41 => addresses(r, NIS_SERVER, out),
        42 => addresses(r, NTP_SERVER, out),
        44 => addresses(r, NETBIOS_NAME_SERVER, out),
        46 => put_number(r, 1, NETBIOS_NODE_TYPE, out).map(drop),
        50 => put_ip4(r, REQUESTED_IP, out),
        51 => put_number(r, 4, LEASE_TIME, out).map(drop),
        52 => put_number(r, 1, OVERLOAD, out).map(drop),
        53 => put_number(r, 1, MESSAGE_TYPE, out).map(drop),
        54 => put_ip4(r, SERVER_ID, out),
        55 => {
            while r.left() > 0 {
                put_number(r, 1, REQUEST_LIST_ITEM, out)?;
            }
            Ok(())
        }
        56 => text(r, MESSAGE, out),
        57 => put_number(r, 2, MAX_MESSAGE_SIZE, out).map(drop),
        58 => put_number(r, 4, RENEWAL_TIME, out).map(drop),
        59 => put_number(r, 4, REBINDING_TIME, out).map(drop),
        60 => text(r, VENDOR_CLASS_ID, out),
        61 => client_identifier(r, out),
        66 => text(r, TFTP_SERVER_NAME, out),
        67 => text(r, BOOTFILE_NAME, out),
        81 => client_name(r, out),
        _ => Ok(()),
    }
}

fn addresses(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        put_ip4(r, field, out)?;
    }
    Ok(())
}

fn text(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let text = r.take(r.left())?;
    out.put(field, at..r.end(), Value::Text(without_padding(text)));
    Ok(())
}

/// A hardware address where it has the form of one (RFC 2132 §9.14).
fn client_identifier(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if r.left() != 7 || !(1..48).contains(&r.whole()[r.at()]) {
        return Ok(());
    }
    match put_number(r, 1, HW_TYPE, out)? {
        ETHERNET => put_mac(r, MAC_ADDR, out),
        _ => put_bytes(r, 6, HW_ADDR, out),
    }
}

/// RFC 4702 §2.
fn client_name(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let flags = put_number(r, 1, FQDN_FLAGS, out)?;
    let at = r.at() - 1;
    out.put(FQDN_MBZ, at..at + 1, Value::Unsigned(flags >> 4));
    put_flags(r, 1, flags, &[(FQDN_N, 8), (FQDN_E, 4), (FQDN_O, 2), (FQDN_S, 1)], out);
    put_number(r, 1, FQDN_RCODE1, out)?;
    put_number(r, 1, FQDN_RCODE2, out)?;
    if flags & 4 == 0 && r.left() > 0 { text(r, FQDN_NAME, out) } else { Ok(()) }
}

fn message_type(view: &View<'_>) -> Option<&'static str> {
    let mut found = None;
    let row = FIELDS.get(usize::from(MESSAGE_TYPE.0))?;
    view.values(MESSAGE_TYPE, row, &mut |_, value| {
        if let Value::Unsigned(number) = value {
            found = row.value_name(number);
        }
    });
    found
}

fn info(view: &View<'_>, out: &mut String) {
    match (message_type(view), view.bytes.u8(0)) {
        (Some(name), _) => put!(out, "DHCP {name:<8}"),
        (None, 1) => out.push_str("Boot Request"),
        (None, 2) => out.push_str("Boot Reply"),
        (None, other) => put!(out, "Unknown BOOTP message type ({other})"),
    }
    put!(out, " - Transaction ID 0x{:x}", view.bytes.u32(4));
}
