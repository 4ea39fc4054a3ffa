//! Dynamic Host Configuration Protocol, RFC 2131, its options, RFC 2132, and BOOTP, RFC 951.

mod options;

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
    QUOTES_SERVER: Ip4 walk, "dhcp.option.quotes_server", "Quotes Server";
    LPR_SERVER: Ip4 walk, "dhcp.option.lpr_server", "LPR Server";
    IMPRESS_SERVER: Ip4 walk, "dhcp.option.impress_server", "Impress Server";
    RESOURCE_LOCATION_SERVER: Ip4 walk, "dhcp.option.resource_location_server", "Resource Location Server";
    BOOT_FILE_SIZE: U16 walk, "dhcp.option.boot_file_size", "Boot File Size";
    MERIT_DUMP_FILE: Text walk, "dhcp.option.merit_dump_file", "Merit Dump File";
    SWAP_SERVER: Ip4 walk, "dhcp.option.swap_server", "Swap Server";
    EXTENSION_PATH: Text walk, "dhcp.option.extension_path", "Extensions Path";
    IP_FORWARDING: Bool walk, "dhcp.option.ip_forwarding", "IP Forwarding";
    NON_LOCAL_SOURCE_ROUTING: Bool walk, "dhcp.option.non_local_source_routing", "Non-Local Source Routing";
    MAX_DATAGRAM_REASSEMBLY_SIZE: U16 walk, "dhcp.option.max_datagram_reassembly_size", "Maximum Datagram Reassembly Size";
    PATH_MTU_AGING_TIMEOUT: U32 walk, "dhcp.option.path_mtu_aging_timeout", "Path MTU Aging Timeout";
    PATH_MTU_PLATEAU_TABLE_ITEM: U16 walk, "dhcp.option.path_mtu_plateau_table_item", "Path MTU Plateau Table Item";
    ALL_SUBNETS_ARE_LOCAL: Bool walk, "dhcp.option.all_subnets_are_local", "All Subnets are Local";
    PERFORM_MASK_DISCOVERY: Bool walk, "dhcp.option.perform_mask_discovery", "Perform Mask Discovery";
    MASK_SUPPLIER: Bool walk, "dhcp.option.mask_supplier", "Mask Supplier";
    PERFORM_ROUTER_DISCOVER: Bool walk, "dhcp.option.perform_router_discover", "Perform Router Discover";
    ROUTER_SOLICITATION_ADDRESS: Ip4 walk, "dhcp.option.router_solicitation_address", "Router Solicitation Address";
    TRAILER_ENCAPSULATION: Bool walk, "dhcp.option.trailer_encapsulation", "Trailer Encapsulation";
    ARP_CACHE_TIMEOUT: U32 walk, "dhcp.option.arp_cache_timeout", "ARP Cache Timeout";
    ETHERNET_ENCAPSULATION: Bool walk, "dhcp.option.ethernet_encapsulation", "Ethernet Encapsulation";
    TCP_DEFAULT_TTL: U8 walk, "dhcp.option.tcp_default_ttl", "TCP Default TTL";
    TCP_KEEPALIVE_INTERVAL: U32 walk, "dhcp.option.tcp_keepalive_interval", "TCP Keepalive Interval";
    TCP_KEEPALIVE_GARBAGE: Bool walk, "dhcp.option.tcp_keepalive_garbage", "TCP Keepalive Garbage";
    NETBIOS_OVER_TCPIP_DD_NAME_SERVER: Ip4 walk, "dhcp.option.netbios_over_tcpip_dd_name_server", "NetBIOS over TCP/IP Datagram Distribution Name Server";
    NETBIOS_OVER_TCPIP_SCOPE: Text walk, "dhcp.option.netbios_over_tcpip_scope", "NetBIOS over TCP/IP Scope";
    XWINDOWS_SYSTEM_FONT_SERVER: Ip4 walk, "dhcp.option.xwindows_system_font_server", "X Window System Font Server";
    XWINDOWS_SYSTEM_DISPLAY_MANAGER: Ip4 walk, "dhcp.option.xwindows_system_display_manager", "X Window System Display Manager";
    NIS_PLUS_DOMAIN: Text walk, "dhcp.option.nis_plus_domain", "Network Information Service+ Domain";
    NIS_PLUS_SERVER: Ip4 walk, "dhcp.option.nis_plus_server", "Network Information Service+ Server";
    MOBILE_IP_HOME_AGENT: Ip4 walk, "dhcp.option.mobile_ip_home_agent", "Mobile IP Home Agent";
    SMTP_SERVER: Ip4 walk, "dhcp.option.smtp_server", "SMTP Server";
    POP3_SERVER: Ip4 walk, "dhcp.option.pop3_server", "POP3 Server";
    NNTP_SERVER: Ip4 walk, "dhcp.option.nntp_server", "NNTP Server";
    DEFAULT_WWW_SERVER: Ip4 walk, "dhcp.option.default_www_server", "Default WWW Server";
    DEFAULT_FINGER_SERVER: Ip4 walk, "dhcp.option.default_finger_server", "Default Finger Server";
    DEFAULT_IRC_SERVER: Ip4 walk, "dhcp.option.default_irc_server", "Default IRC Server";
    STREETTALK_SERVER: Ip4 walk, "dhcp.option.streettalk_server", "StreetTalk Server";
    STREETTALK_DA_SERVER: Ip4 walk, "dhcp.option.streettalk_da_server", "StreetTalk Directory Assistance Server";
    CLIENT_LAST_TRANSACTION_TIME: U32 walk, "dhcp.option.client_last_transaction_time", "Client last transaction time";
    ASSOCIATED_IP_OPTION: Ip4 walk, "dhcp.option.associated_ip_option", "Associated IP option";
    CLIENT_SYSTEM_ARCHITECTURE: U16 walk, "dhcp.option.client_system_architecture", "Client System Architecture";
    TZ_PCODE: Text walk, "dhcp.option.tz_pcode", "TZ PCode";
    TZ_TCODE: Text walk, "dhcp.option.tz_tcode", "TZ TCode";
    NETINFO_PARENT_SERVER_ADDRESS: Ip4 walk, "dhcp.option.netinfo_parent_server_address", "NetInfo Parent Server Address";
    NETINFO_PARENT_SERVER_TAG: Text walk, "dhcp.option.netinfo_parent_server_tag", "NetInfo Parent Server Tag";
    DHCP_AUTO_CONFIGURATION: U8 walk, "dhcp.option.dhcp_auto_configuration", "DHCP Auto-Configuration";
    SUBNET_SELECTION_OPTION: Ip4 walk, "dhcp.option.subnet_selection_option", "Subnet Selection Option";
    CLASSLESS_STATIC_ROUTE: Bytes walk, "dhcp.option.classless_static_route", "Subnet/MaskWidth-Router";
    PANA_AGENT: Ip4 walk, "dhcp.option.pana_agent", "PAA IPv4 Address";
    CAPWAP_ACCESS_CONTROLLER: Ip4 walk, "dhcp.option.capwap_access_controller", "CAPWAP Access Controllers";
    ANDSF_SERVER: Ip4 walk, "dhcp.option.andsf_server", "ANDSF Server";
    FORCERENEW_NONCE_ALGORITHM: U8 walk, "dhcp.option.forcerenew_nonce.algorithm", "Algorithm";
    TFTP_SERVER_ADDRESS: Ip4 walk, "dhcp.option.tftp_server_address", "TFTP Server Address";
    CAPTIVE_PORTAL: Text walk, "dhcp.option.captive_portal", "Captive Portal";
    MUDURL: Text walk, "dhcp.option.mudurl", "MUDURL";
    PXE_CONFIG_FILE: Text walk, "dhcp.option.pxe_config_file", "PXELINUX configuration file";
    PXE_PATH_PREFIX: Text walk, "dhcp.option.pxe_path_prefix", "PXELINUX path prefix";
    PRIVATE_PROXY_AUTODISCOVERY: Text walk, "dhcp.option.private_proxy_autodiscovery", "Private/Proxy autodiscovery";
    POLICY_FILTER_IP: Ip4 walk, "dhcp.option.policy_filter.ip", "IP Address";
    POLICY_FILTER_SUBNET_MASK: Ip4 walk, "dhcp.option.policy_filter.subnet_mask", "Subnet Mask";
    STATIC_ROUTE_IP: Ip4 walk, "dhcp.option.static_route.ip", "Destination IP Address";
    STATIC_ROUTE_ROUTER: Ip4 walk, "dhcp.option.static_route.router", "Destination Router";
    SUBOPTION_LENGTH: U8 walk, "dhcp.option.suboption_length", "Length";
    USER_CLASS: U8 walk, "dhcp.option.user_class", "Instance of User Class";
    USER_CLASS_LENGTH: U8 walk, "dhcp.option.user_class.length", "User Class Length";
    USER_CLASS_DATA: Bytes walk, "dhcp.option.user_class.data", "User Class Data";
    VI_CLASS_ENTERPRISE: U32 walk, "dhcp.option.vi_class.enterprise", "Enterprise";
    VI_CLASS_LENGTH: U8 walk, "dhcp.option.vi_class.length", "CableLab Address Mode";
    VI_CLASS_DATA: Text walk, "dhcp.option.vi_class.data", "NetInfo Parent Server Tag";
    VI_ENTERPRISE: U32 walk, "dhcp.option.vi.enterprise", "Enterprise";
    VI_LENGTH: U8 walk, "dhcp.option.vi.length", "Length";
    VI_VALUE: Bytes walk, "dhcp.option.vi.value", "Value";
    VI_TR111_SUBOPTION: U8 walk, "dhcp.option.vi.tr111.suboption", "Option 125 Suboption";
    VI_TR111_DEVICE_MANUFACTURER_OUI: U24 walk, "dhcp.option.vi.tr111.device_manufacturer_oui", "DeviceManufacturerOUI";
    VI_TR111_DEVICE_SERIAL_NUMBER: Text walk, "dhcp.option.vi.tr111.device_serial_number", "DeviceSerialNumber";
    VI_TR111_DEVICE_PRODUCT_CLASS: Text walk, "dhcp.option.vi.tr111.device_product_class", "DeviceProductClass";
    VI_TR111_GATEWAY_MANUFACTURER_OUI: Text walk, "dhcp.option.vi.tr111.gateway_manufacturer_oui", "GatewayManufacturerOUI";
    VI_TR111_GATEWAY_SERIAL_NUMBER: Text walk, "dhcp.option.vi.tr111.gateway_serial_number", "GatewaySerialNumber";
    VI_TR111_GATEWAY_PRODUCT_CLASS: Text walk, "dhcp.option.vi.tr111.gateway_product_class", "GatewayProductClass";
    AGENT_INFORMATION_OPTION_SUBOPTION: U8 walk, "dhcp.option.agent_information_option.suboption", "Option 82 Suboption";
    AGENT_INFORMATION_OPTION_AGENT_CIRCUIT_ID: Bytes walk, "dhcp.option.agent_information_option.agent_circuit_id", "Agent Circuit ID";
    AGENT_INFORMATION_OPTION_AGENT_REMOTE_ID: Bytes walk, "dhcp.option.agent_information_option.agent_remote_id", "Agent Remote ID";
    AGENT_INFORMATION_OPTION_LINK_SELECTION: Ip4 walk, "dhcp.option.agent_information_option.link_selection", "Link selection";
    AGENT_INFORMATION_OPTION_SUBSCRIBER_ID: Text walk, "dhcp.option.agent_information_option.subscriber_id", "Subscriber ID";
    AGENT_INFORMATION_OPTION_FLAGS: U8 walk, "dhcp.option.agent_information_option.flags", "Flags", hex;
    AGENT_INFORMATION_OPTION_SERVER_ID_OVERRIDE: Ip4 walk, "dhcp.option.agent_information_option.server_id_override", "Server ID Override";
    AGENT_INFORMATION_OPTION_VALUE: Bytes walk, "dhcp.option.agent_information_option.value", "Value";
    CLIENT_NETWORK_ID_MAJOR: U8 walk, "dhcp.client_network_id_major", "Major Version";
    CLIENT_NETWORK_ID_MINOR: U8 walk, "dhcp.client_network_id_minor", "Minor Version";
    CLIENT_ID_UUID: Guid walk, "dhcp.client_id.uuid", "Client Identifier (UUID)";
    DHCP_DNS_DOMAIN_SEARCH_LIST_FQDN: Text walk, "dhcp.option.dhcp_dns_domain_search_list_fqdn", "FQDN";
    SIP_SERVER_ENCODING: U8 walk, "dhcp.option.sip_server.encoding", "SIP Server Encoding";
    SIP_SERVER_NAME: Text walk, "dhcp.option.sip_server.name", "SIP Server Name";
    SIP_SERVER_ADDRESS: Ip4 walk, "dhcp.option.sip_server.address", "SIP Server Address";
    DHCP_AUTHENTICATION_PROTOCOL: U8 walk, "dhcp.option.dhcp_authentication.protocol", "Protocol";
    DHCP_AUTHENTICATION_ALGORITHM: U8 walk, "dhcp.option.dhcp_authentication.algorithm", "Algorithm";
    DHCP_AUTHENTICATION_RDM: U8 walk, "dhcp.option.dhcp_authentication.rdm", "Replay Detection Method";
    DHCP_AUTHENTICATION_RDM_REPLAY_DETECTION: U64 walk, "dhcp.option.dhcp_authentication.rdm_replay_detection", "RDM Replay Detection Value", hex;
    DHCP_AUTHENTICATION_INFORMATION: Text walk, "dhcp.option.dhcp_authentication.information", "Authentication Information";
    SIX_RD_IPV4_MASK_LEN: U8 walk, "dhcp.option.6RD.ipv4_mask_len", "6RD IPv4 Mask Length";
    SIX_RD_PREFIX_LEN: U8 walk, "dhcp.option.6RD.prefix_len", "6RD Prefix Length";
    SIX_RD_PREFIX: Ip6 walk, "dhcp.option.6RD.prefix", "6RD Prefix";
    SIX_RD_BORDER_RELAY_IP: Ip4 walk, "dhcp.option.6RD.border_relay_ip", "Border Relay IP";
    RDNSS_PREFERENCE: U8 walk, "dhcp.option.rdnss.preference", "Preference";
    RDNSS_PRIMARY_DNS: Ip4 walk, "dhcp.option.rdnss.primary_dns", "Primary DNS";
    RDNSS_SECONDARY_DNS: Ip4 walk, "dhcp.option.rdnss.secondary_dns", "Secondary DNS";
    RDNSS_DOMAIN: Text walk, "dhcp.option.rdnss.domain", "Domains and networks";
    SLP_DIRECTORY_AGENT_VALUE: U8 walk, "dhcp.option.slp_directory_agent.value", "Value";
    SLP_DIRECTORY_AGENT_SLPDA_ADDRESS: Ip4 walk, "dhcp.option.slp_directory_agent.slpda_address", "IP Address";
    CLIENT_ID_TYPE: U8 walk, "dhcp.client_id.type", "Type";
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
    let _ = options::value(kind, &mut body, out);
    out.close();
    Ok(Some(kind))
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
