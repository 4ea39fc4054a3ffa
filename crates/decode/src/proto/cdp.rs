//! The Cisco Discovery Protocol: what a device says about itself and the port it sends from.

use super::prelude::*;

fields! {
    VERSION: U8 at(0..1), "cdp.version", "Version";
    TTL: U8 at(1..2), "cdp.ttl", "TTL";
    CHECKSUM: U16 at(2..4), "cdp.checksum", "Checksum", hex;
    TLV_TYPE: U16 walk, "cdp.tlv.type", "Type", hex, names(TYPES);
    TLV_LEN: U16 walk, "cdp.tlv.len", "Length";
    DEVICE_ID: Text walk, "cdp.deviceid", "Device ID";
    ADDRESSES: U32 walk, "cdp.number_of_addresses", "Number of addresses";
    PROTOCOL_TYPE: U8 walk, "cdp.protocol_type", "Protocol type", hex;
    PROTOCOL_LENGTH: U8 walk, "cdp.protocol_length", "Protocol length";
    PROTOCOL_BYTES: Bytes walk, "cdp.protocol", "Protocol";
    ADDRESS_LENGTH: U16 walk, "cdp.address_length", "Address length";
    IP_ADDRESS: Ip4 walk, "cdp.nrgyz.ip_address", "IP Address";
    IP6_ADDRESS: Ip6 walk, "cdp.nrgyz.ipv6_address", "IPv6 Address";
    ADDRESS: Bytes walk, "cdp.address", "Address";
    PORT_ID: Text walk, "cdp.portid", "Sent through Interface";
    CAPABILITIES: U32 walk, "cdp.capabilities", "Capabilities", hex;
    ROUTER: Bool walk, "cdp.capabilities.router", "Router";
    TRANSPARENT_BRIDGE: Bool walk, "cdp.capabilities.trans_bridge", "Transparent Bridge";
    SOURCE_ROUTE_BRIDGE: Bool walk, "cdp.capabilities.src_bridge", "Source Route Bridge";
    SWITCH: Bool walk, "cdp.capabilities.switch", "Switch";
    HOST: Bool walk, "cdp.capabilities.host", "Host";
    IGMP: Bool walk, "cdp.capabilities.igmp_capable", "IGMP capable";
    REPEATER: Bool walk, "cdp.capabilities.repeater", "Repeater";
    VOIP_PHONE: Bool walk, "cdp.capabilities.voip_phone", "VoIP Phone";
    REMOTE: Bool walk, "cdp.capabilities.remote", "Remotely Managed Device";
    CVTA: Bool walk, "cdp.capabilities.cvta", "CVTA/STP Dispute Resolution/Cisco VT Camera";
    MAC_RELAY: Bool walk, "cdp.capabilities.mac_relay", "Two Port Mac Relay";
    SOFTWARE_VERSION: Text walk, "cdp.software_version", "Software version";
    PLATFORM: Text walk, "cdp.platform", "Platform";
    ODR_GATEWAY: Ip4 walk, "cdp.odr_default_gateway", "ODR Default gateway";
    IP_PREFIX: Ip4 walk, "cdp.ip_prefix", "IP Prefix";
    OUI: U24 walk, "cdp.oui", "OUI";
    PROTOCOL_ID: U16 walk, "cdp.protocol_id", "Protocol ID", hex;
    CLUSTER_MASTER_IP: Ip4 walk, "cdp.cluster.master_ip", "Cluster Master IP";
    CLUSTER_IP: Ip4 walk, "cdp.cluster.ip", "IP?";
    CLUSTER_VERSION: U8 walk, "cdp.cluster.version", "Version?", hex;
    CLUSTER_SUB_VERSION: U8 walk, "cdp.cluster.sub_version", "Sub Version?", hex;
    CLUSTER_STATUS: U8 walk, "cdp.cluster.status", "Status?", hex;
    CLUSTER_UNKNOWN: U8 walk, "cdp.cluster.unknown", "UNKNOWN", hex;
    CLUSTER_COMMANDER_MAC: Mac walk, "cdp.cluster.commander_mac", "Cluster Commander MAC";
    CLUSTER_SWITCH_MAC: Mac walk, "cdp.cluster.switch_mac", "Switch's MAC";
    CLUSTER_MANAGEMENT_VLAN: U16 walk, "cdp.cluster.management_vlan", "Management VLAN";
    HELLO_UNKNOWN: Bytes walk, "cdp.hello.unknown", "Unknown";
    VTP_DOMAIN: Text walk, "cdp.vtp_management_domain", "VTP Management Domain";
    NATIVE_VLAN: U16 walk, "cdp.native_vlan", "Native VLAN";
    DUPLEX: Bool walk, "cdp.duplex", "Duplex";
    DATA: Bytes walk, "cdp.data", "Data";
    VOICE_VLAN: U16 walk, "cdp.voice_vlan", "Voice VLAN";
    POWER_CONSUMPTION: U16 walk, "cdp.power_consumption", "Power Consumption";
    MTU: U32 walk, "cdp.mtu", "MTU";
    TRUST_BITMAP: U8 walk, "cdp.trust_bitmap", "Trust Bitmap", hex;
    UNTRUSTED_COS: U8 walk, "cdp.untrusted_port_cos", "Untrusted port CoS", hex;
    SYSTEM_NAME: Text walk, "cdp.system_name", "System Name";
    SYSTEM_OBJECT_ID: Bytes walk, "cdp.system_object_identifier", "System Object Identifier";
    LOCATION_UNKNOWN: U8 walk, "cdp.location.unknown", "UNKNOWN", hex;
    LOCATION: Text walk, "cdp.location", "Location";
    REQUEST_ID: U16 walk, "cdp.request_id", "Request-ID";
    MANAGEMENT_ID: U16 walk, "cdp.management_id", "Management-ID";
    POWER_REQUESTED: U32 walk, "cdp.power_requested", "Power Requested";
    POWER_AVAILABLE: U32 walk, "cdp.power_available", "Power Available";
    SPARE_PAIR: U8 walk, "cdp.spare_poe_tlv", "Spare Pair PoE", hex;
    SPARE_POE: Bool walk, "cdp.spare_poe_tlv.poe", "PSE Four-Wire PoE";
    SPARE_PAIR_ARCHITECTURE: Bool walk, "cdp.spare_poe_tlv.spare_pair_arch", "PD Spare Pair Architecture";
    SPARE_PAIR_REQUESTED: Bool walk, "cdp.spare_poe_tlv.req_spare_pair_poe", "PD Request Spare Pair PoE";
    SPARE_PAIR_ON: Bool walk, "cdp.spare_poe_tlv.pse_spare_pair_poe", "PSE Spare Pair PoE";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("cdp", "Cisco Discovery Protocol", "CDP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    Ok(Step::last(b))
}

const TYPES: crate::field::ValueNames = &[
    (0x0001, "Device ID"),
    (0x0002, "Addresses"),
    (0x0003, "Port ID"),
    (0x0004, "Capabilities"),
    (0x0005, "Software version"),
    (0x0006, "Platform"),
    (0x0007, "IP Prefix/Gateway (used for ODR)"),
    (0x0008, "Protocol Hello"),
    (0x0009, "VTP Management Domain"),
    (0x000a, "Native VLAN"),
    (0x000b, "Duplex"),
    (0x000e, "VoIP VLAN Reply"),
    (0x0010, "Power Consumption"),
    (0x0011, "MTU"),
    (0x0012, "Trust Bitmap"),
    (0x0013, "Untrusted Port CoS"),
    (0x0014, "System Name"),
    (0x0015, "System Object ID"),
    (0x0016, "Management Address"),
    (0x0017, "Location"),
    (0x0019, "Power Request"),
    (0x001a, "Power Available"),
    (0x001f, "Spare PoE"),
];

/// Lengths count their own 4 bytes of type and length.
fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.bytes.0, 4);
    while r.left() > 0 {
        let at = r.at();
        let (kind, length) = (r.u16()?, r.u16()?);
        let Some(length_of_value) = length.checked_sub(4) else { return Err(Short::new(4, length.into())) };
        let mut body = r.sub(length_of_value.into())?;
        let name = crate::field::value_name(TYPES, kind.into()).unwrap_or("Unknown");
        out.open(at..r.at(), format_args!("{name}"));
        out.put(TLV_TYPE, at..at + 2, Value::Unsigned(kind.into()));
        out.put(TLV_LEN, at + 2..at + 4, Value::Unsigned(length.into()));
        let read = value(kind, &mut body, out);
        out.close();
        read?;
    }
    Ok(())
}

fn value(kind: u16, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let left = r.left();
    let number = match kind {
        0x0001 => return put_text(r, left, DEVICE_ID, out),
        0x0003 => return put_text(r, left, PORT_ID, out),
        0x0006 => return put_text(r, left, PLATFORM, out),
        0x0009 => return put_text(r, left, VTP_DOMAIN, out),
        0x0014 => return put_text(r, left, SYSTEM_NAME, out),
        0x0002 | 0x0016 => return addresses(r, out),
        0x0004 => return capabilities(r, out),
        0x0005 => return software(r, out),
        0x0007 => return prefixes(r, out),
        0x0008 => return hello(r, out),
        0x000b => return flag(r, DUPLEX, out),
        // A byte of unknown meaning, then the VLAN, which a query may leave out.
        0x000e | 0x000f => {
            put_bytes(r, 1, DATA, out)?;
            if r.left() < 2 {
                return Ok(());
            }
            VOICE_VLAN
        }
        0x0015 => return put_bytes(r, left, SYSTEM_OBJECT_ID, out),
        0x0017 => {
            put_number(r, 1, LOCATION_UNKNOWN, out)?;
            return put_text(r, left - 1, LOCATION, out);
        }
        0x0019 | 0x001a => {
            put_number(r, 2, REQUEST_ID, out)?;
            put_number(r, 2, MANAGEMENT_ID, out)?;
            let power = if kind == 0x0019 { POWER_REQUESTED } else { POWER_AVAILABLE };
            while r.left() >= 4 {
                put_number(r, 4, power, out)?;
            }
            return Ok(());
        }
        0x001f => return spare_pair(r, out),
        0x000a => NATIVE_VLAN,
        0x0010 => POWER_CONSUMPTION,
        0x0011 => MTU,
        0x0012 => TRUST_BITMAP,
        0x0013 => UNTRUSTED_COS,
        _ => return put_rest(r, DATA, out),
    };
    let width = FIELDS.get(usize::from(number.0)).map_or(0, |row| row.kind.width() as usize);
    put_number(r, width, number, out).map(drop)
}

/// Addresses, each with its protocol in front: the number of IP in NLPID (ISO/IEC TR 9577) for IPv4, and an LLC header
/// with the EtherType of SNAP for IPv6.
fn addresses(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const IP: &[u8] = &[0xcc];
    const IPV6: &[u8] = &[0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd];
    let count = put_number(r, 4, ADDRESSES, out)?;
    for _ in 0..count {
        put_number(r, 1, PROTOCOL_TYPE, out)?;
        let length = put_number(r, 1, PROTOCOL_LENGTH, out)? as usize;
        let at = r.at();
        put_bytes(r, length, PROTOCOL_BYTES, out)?;
        let protocol = Bytes(r.whole()).clamped(at, r.at());
        let length = put_number(r, 2, ADDRESS_LENGTH, out)? as usize;
        match length {
            4 if protocol == IP => put_ip4(r, IP_ADDRESS, out)?,
            16 if protocol == IPV6 => put_ip6(r, IP6_ADDRESS, out)?,
            _ => put_bytes(r, length, ADDRESS, out)?,
        }
    }
    Ok(())
}

fn capabilities(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let bits = put_number(r, 4, CAPABILITIES, out)?;
    let flags = [
        (ROUTER, 0x1),
        (TRANSPARENT_BRIDGE, 0x2),
        (SOURCE_ROUTE_BRIDGE, 0x4),
        (SWITCH, 0x8),
        (HOST, 0x10),
        (IGMP, 0x20),
        (REPEATER, 0x40),
        (VOIP_PHONE, 0x80),
        (REMOTE, 0x100),
        (CVTA, 0x200),
        (MAC_RELAY, 0x400),
    ];
    put_flags(r, 4, bits, &flags, out);
    Ok(())
}

/// Lines of text.
fn software(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        let rest = Bytes(r.whole()).clamped(r.at(), r.end());
        let end = memchr::memchr(b'\n', rest);
        put_text(r, end.unwrap_or(rest.len()), SOFTWARE_VERSION, out)?;
        if end.is_some() {
            r.take(1)?;
        }
    }
    Ok(())
}

/// The default gateway of a stub router, or the networks of one, each an address and the length of its prefix.
fn prefixes(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if r.left() == 4 {
        return put_ip4(r, ODR_GATEWAY, out);
    }
    while r.left() > 0 {
        put_ip4(r, IP_PREFIX, out)?;
        r.take(1)?;
    }
    Ok(())
}

/// What another protocol of the device adds; that of cluster management is known.
fn hello(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const CLUSTER_MANAGEMENT: u64 = 0x0112;
    put_number(r, 3, OUI, out)?;
    if put_number(r, 2, PROTOCOL_ID, out)? != CLUSTER_MANAGEMENT {
        return put_rest(r, HELLO_UNKNOWN, out);
    }
    put_ip4(r, CLUSTER_MASTER_IP, out)?;
    put_ip4(r, CLUSTER_IP, out)?;
    for field in [CLUSTER_VERSION, CLUSTER_SUB_VERSION, CLUSTER_STATUS, CLUSTER_UNKNOWN] {
        put_number(r, 1, field, out)?;
    }
    put_mac(r, CLUSTER_COMMANDER_MAC, out)?;
    put_mac(r, CLUSTER_SWITCH_MAC, out)?;
    put_number(r, 1, CLUSTER_UNKNOWN, out)?;
    put_number(r, 2, CLUSTER_MANAGEMENT_VLAN, out).map(drop)
}

/// Power over the spare pairs of the cable.
fn spare_pair(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let bits = put_number(r, 1, SPARE_PAIR, out)?;
    let flags =
        [(SPARE_POE, 0x1), (SPARE_PAIR_ARCHITECTURE, 0x2), (SPARE_PAIR_REQUESTED, 0x4), (SPARE_PAIR_ON, 0x8)];
    put_flags(r, 1, bits, &flags, out);
    Ok(())
}

fn flag(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let set = r.u8()? != 0;
    out.put(field, at..at + 1, Value::Bool(set));
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let mut r = Reader::new(view.bytes.0, 4);
    while let (Ok(kind), Ok(length)) = (r.u16(), r.u16()) {
        let Ok(body) = r.take(usize::from(length).saturating_sub(4)) else { return };
        match kind {
            0x0001 => out.push_str("Device ID: "),
            0x0003 => out.push_str("Port ID: "),
            _ => continue,
        }
        crate::text::write_value(None, &Value::Text(body), out);
        out.push_str("  ");
    }
    out.truncate(out.trim_end().len());
}
