//! What options hold (RFC 2132, and the registry of IANA).

use super::*;
use crate::field::Kind;
use crate::proto::dns_content::plain_name;
use crate::proto::put::{put_guid, put_typed};

/// Options whose value is one field, or several of it; the type of the row says how they are read.
const OPTIONS_OF_ONE_FIELD: &[(u8, FieldIndex)] = &[
    (1, SUBNET_MASK),
    (3, ROUTER),
    (4, TIME_SERVER),
    (5, NAME_SERVER),
    (6, DOMAIN_NAME_SERVER),
    (7, LOG_SERVER),
    (8, QUOTES_SERVER),
    (9, LPR_SERVER),
    (10, IMPRESS_SERVER),
    (11, RESOURCE_LOCATION_SERVER),
    (12, HOSTNAME),
    (13, BOOT_FILE_SIZE),
    (14, MERIT_DUMP_FILE),
    (15, DOMAIN_NAME),
    (16, SWAP_SERVER),
    (17, ROOT_PATH),
    (18, EXTENSION_PATH),
    (19, IP_FORWARDING),
    (20, NON_LOCAL_SOURCE_ROUTING),
    (22, MAX_DATAGRAM_REASSEMBLY_SIZE),
    (23, DEFAULT_TTL),
    (24, PATH_MTU_AGING_TIMEOUT),
    (25, PATH_MTU_PLATEAU_TABLE_ITEM),
    (26, INTERFACE_MTU),
    (27, ALL_SUBNETS_ARE_LOCAL),
    (28, BROADCAST_ADDRESS),
    (29, PERFORM_MASK_DISCOVERY),
    (30, MASK_SUPPLIER),
    (31, PERFORM_ROUTER_DISCOVER),
    (32, ROUTER_SOLICITATION_ADDRESS),
    (34, TRAILER_ENCAPSULATION),
    (35, ARP_CACHE_TIMEOUT),
    (36, ETHERNET_ENCAPSULATION),
    (37, TCP_DEFAULT_TTL),
    (38, TCP_KEEPALIVE_INTERVAL),
    (39, TCP_KEEPALIVE_GARBAGE),
    (40, NIS_DOMAIN),
    (41, NIS_SERVER),
    (42, NTP_SERVER),
    (44, NETBIOS_NAME_SERVER),
    (45, NETBIOS_OVER_TCPIP_DD_NAME_SERVER),
    (46, NETBIOS_NODE_TYPE),
    (47, NETBIOS_OVER_TCPIP_SCOPE),
    (48, XWINDOWS_SYSTEM_FONT_SERVER),
    (49, XWINDOWS_SYSTEM_DISPLAY_MANAGER),
    (50, REQUESTED_IP),
    (51, LEASE_TIME),
    (52, OVERLOAD),
    (53, MESSAGE_TYPE),
    (54, SERVER_ID),
    (55, REQUEST_LIST_ITEM),
    (56, MESSAGE),
    (57, MAX_MESSAGE_SIZE),
    (58, RENEWAL_TIME),
    (59, REBINDING_TIME),
    (60, VENDOR_CLASS_ID),
    (64, NIS_PLUS_DOMAIN),
    (65, NIS_PLUS_SERVER),
    (66, TFTP_SERVER_NAME),
    (67, BOOTFILE_NAME),
    (68, MOBILE_IP_HOME_AGENT),
    (69, SMTP_SERVER),
    (70, POP3_SERVER),
    (71, NNTP_SERVER),
    (72, DEFAULT_WWW_SERVER),
    (73, DEFAULT_FINGER_SERVER),
    (74, DEFAULT_IRC_SERVER),
    (75, STREETTALK_SERVER),
    (76, STREETTALK_DA_SERVER),
    (91, CLIENT_LAST_TRANSACTION_TIME),
    (92, ASSOCIATED_IP_OPTION),
    (93, CLIENT_SYSTEM_ARCHITECTURE),
    (100, TZ_PCODE),
    (101, TZ_TCODE),
    (112, NETINFO_PARENT_SERVER_ADDRESS),
    (113, NETINFO_PARENT_SERVER_TAG),
    (116, DHCP_AUTO_CONFIGURATION),
    (118, SUBNET_SELECTION_OPTION),
    (121, CLASSLESS_STATIC_ROUTE),
    (136, PANA_AGENT),
    (138, CAPWAP_ACCESS_CONTROLLER),
    (142, ANDSF_SERVER),
    (145, FORCERENEW_NONCE_ALGORITHM),
    (150, TFTP_SERVER_ADDRESS),
    (160, CAPTIVE_PORTAL),
    (161, MUDURL),
    (209, PXE_CONFIG_FILE),
    (210, PXE_PATH_PREFIX),
    (252, PRIVATE_PROXY_AUTODISCOVERY),
];

pub(super) fn value(kind: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if let Ok(found) = OPTIONS_OF_ONE_FIELD.binary_search_by_key(&kind, |&(kind, _)| kind) {
        let field = OPTIONS_OF_ONE_FIELD[found].1;
        return match FIELDS.get(usize::from(field.0)).map(|row| row.kind) {
            Some(Kind::Text) => text(r, field, out),
            _ => put_typed(r, FIELDS, field, out),
        };
    }
    match kind {
        2 => {
            let at = r.at();
            let seconds = r.number(4)? as u32 as i32;
            out.put(TIME_OFFSET, at..at + 4, Value::Signed(seconds.into()));
            Ok(())
        }
        21 => pairs(r, [POLICY_FILTER_IP, POLICY_FILTER_SUBNET_MASK], out),
        33 => pairs(r, [STATIC_ROUTE_IP, STATIC_ROUTE_ROUTER], out),
        61 => client_identifier(r, out),
        77 => user_class(r, out),
        78 => {
            put_number(r, 1, SLP_DIRECTORY_AGENT_VALUE, out)?;
            put_typed(r, FIELDS, SLP_DIRECTORY_AGENT_SLPDA_ADDRESS, out)
        }
        81 => client_name(r, out),
        82 => relay_agent(r, out),
        90 => authentication(r, out),
        94 => {
            r.take(1)?;
            put_number(r, 1, CLIENT_NETWORK_ID_MAJOR, out)?;
            put_number(r, 1, CLIENT_NETWORK_ID_MINOR, out).map(drop)
        }
        // RFC 4578 §2.3.
        97 => {
            put_number(r, 1, CLIENT_ID_TYPE, out)?;
            put_guid(r, CLIENT_ID_UUID, out)
        }
        119 => search_list(r, out),
        120 => sip_server(r, out),
        124 => vendor_class(r, out),
        125 => vendor_information(r, out),
        // RFC 6731 §4.3.
        146 => {
            let preference = u64::from(r.u8()?);
            put_parts(r, 1, preference, &[(RDNSS_PREFERENCE, 3)], out);
            put_ip4(r, RDNSS_PRIMARY_DNS, out)?;
            put_ip4(r, RDNSS_SECONDARY_DNS, out)?;
            put_name(r, RDNSS_DOMAIN, out)
        }
        // RFC 5969 §7.1.1.
        212 => {
            put_number(r, 1, SIX_RD_IPV4_MASK_LEN, out)?;
            put_number(r, 1, SIX_RD_PREFIX_LEN, out)?;
            put_ip6(r, SIX_RD_PREFIX, out)?;
            put_typed(r, FIELDS, SIX_RD_BORDER_RELAY_IP, out)
        }
        _ => Ok(()),
    }
}

fn text(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let text = r.take(r.left())?;
    out.put(field, at..r.end(), Value::Text(without_padding(text)));
    Ok(())
}

fn pairs(r: &mut Reader<'_>, fields: [FieldIndex; 2], out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        for field in fields {
            put_ip4(r, field, out)?;
        }
    }
    Ok(())
}

fn put_name(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    if let Some(name) = plain_name(r)? {
        out.put(field, at..r.at(), Value::Text(name.as_bytes()));
    }
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

/// RFC 3004 §4.
fn user_class(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut number = 0;
    while r.left() > 0 {
        out.put(USER_CLASS, r.at()..r.at(), Value::Unsigned(number));
        number += 1;
        let length = put_number(r, 1, USER_CLASS_LENGTH, out)?;
        put_bytes(r, length as usize, USER_CLASS_DATA, out)?;
    }
    Ok(())
}

/// RFC 3046 §2.0, and the registry of IANA.
fn relay_agent(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        let kind = put_number(r, 1, AGENT_INFORMATION_OPTION_SUBOPTION, out)?;
        let length = put_number(r, 1, SUBOPTION_LENGTH, out)? as usize;
        let mut body = r.sub(length)?;
        put_rest(&mut { body }, AGENT_INFORMATION_OPTION_VALUE, out)?;
        let field = match kind {
            1 => AGENT_INFORMATION_OPTION_AGENT_CIRCUIT_ID,
            2 => AGENT_INFORMATION_OPTION_AGENT_REMOTE_ID,
            5 => AGENT_INFORMATION_OPTION_LINK_SELECTION,
            6 => AGENT_INFORMATION_OPTION_SUBSCRIBER_ID,
            10 => AGENT_INFORMATION_OPTION_FLAGS,
            11 => AGENT_INFORMATION_OPTION_SERVER_ID_OVERRIDE,
            _ => continue,
        };
        let _ = put_typed(&mut body, FIELDS, field, out);
    }
    Ok(())
}

/// RFC 3118 §2.
fn authentication(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, DHCP_AUTHENTICATION_PROTOCOL, out)?;
    put_number(r, 1, DHCP_AUTHENTICATION_ALGORITHM, out)?;
    put_number(r, 1, DHCP_AUTHENTICATION_RDM, out)?;
    put_number(r, 8, DHCP_AUTHENTICATION_RDM_REPLAY_DETECTION, out)?;
    if r.left() > 0 { text(r, DHCP_AUTHENTICATION_INFORMATION, out) } else { Ok(()) }
}

/// RFC 3397 §2: names that may point back to those in front of them.
fn search_list(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        put_name(r, DHCP_DNS_DOMAIN_SEARCH_LIST_FQDN, out)?;
    }
    Ok(())
}

/// RFC 3361 §3.
fn sip_server(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let is_name = put_number(r, 1, SIP_SERVER_ENCODING, out)? == 0;
    while is_name && r.left() > 0 {
        put_name(r, SIP_SERVER_NAME, out)?;
    }
    put_typed(r, FIELDS, SIP_SERVER_ADDRESS, out)
}

/// RFC 3925 §3.
fn vendor_class(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        put_number(r, 4, VI_CLASS_ENTERPRISE, out)?;
        let length = put_number(r, 1, VI_CLASS_LENGTH, out)? as usize;
        put_text(r, length, VI_CLASS_DATA, out)?;
    }
    Ok(())
}

/// RFC 3925 §4; of the Broadband Forum (TR-111 §A.2) who made the gateway or the device.
fn vendor_information(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const BROADBAND_FORUM: u64 = 3561;
    while r.left() > 0 {
        let enterprise = put_number(r, 4, VI_ENTERPRISE, out)?;
        let length = put_number(r, 1, VI_LENGTH, out)? as usize;
        let mut options = r.sub(length)?;
        while enterprise == BROADBAND_FORUM && options.left() > 0 {
            let kind = put_number(&mut options, 1, VI_TR111_SUBOPTION, out)?;
            let length = put_number(&mut options, 1, SUBOPTION_LENGTH, out)? as usize;
            let mut value = options.sub(length)?;
            put_rest(&mut { value }, VI_VALUE, out)?;
            let field = match kind {
                1 => VI_TR111_DEVICE_MANUFACTURER_OUI,
                2 => VI_TR111_DEVICE_SERIAL_NUMBER,
                3 => VI_TR111_DEVICE_PRODUCT_CLASS,
                4 => VI_TR111_GATEWAY_MANUFACTURER_OUI,
                5 => VI_TR111_GATEWAY_SERIAL_NUMBER,
                6 => VI_TR111_GATEWAY_PRODUCT_CLASS,
                _ => continue,
            };
            let _ = put_typed(&mut value, FIELDS, field, out);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_sorted_by_number() {
        assert!(OPTIONS_OF_ONE_FIELD.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
