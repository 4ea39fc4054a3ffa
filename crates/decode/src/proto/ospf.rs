//! Open Shortest Path First: version 2 (RFC 2328) and 3 (RFC 5340). Headers, hello and database descriptions.

use super::prelude::*;

fields! {
    VERSION: U8 at(0..1), "ospf.version", "Version";
    MSG: U8 at(1..2), "ospf.msg", "Message Type", names(MESSAGES);
    PACKET_LENGTH: U16 at(2..4), "ospf.packet_length", "Packet Length";
    SRCROUTER: Ip4 at(4..8), "ospf.srcrouter", "Source OSPF Router";
    AREA_ID: Ip4 at(8..12), "ospf.area_id", "Area ID";
    CHECKSUM: U16 at(12..14), "ospf.checksum", "Checksum", hex;
    AUTH_TYPE: U16 at(14..16), "ospf.auth.type", "Auth Type", names(AUTHENTICATIONS), when(is_version_2);
    INSTANCE_ID: U8 at(14..15), "ospf.instance_id", "Instance ID", when(|v| !is_version_2(v));
    AUTH_NONE: Bytes at(16..24), "ospf.auth.none", "Auth Data (none)",
        when(|v| is_version_2(v) && v.bytes.u16(14) == 0);
    AUTH_KEY_ID: U8 at(18..19), "ospf.auth.crypt.key_id", "Auth Crypt Key id", when(is_cryptographic);
    AUTH_DATA_LENGTH: U8 at(19..20), "ospf.auth.crypt.data_length", "Auth Crypt Data Length", when(is_cryptographic);
    AUTH_SEQUENCE: U32 at(20..24), "ospf.auth.crypt.seq_nbr", "Auth Crypt Sequence Number", when(is_cryptographic);
    HELLO_INTERFACE: U32 walk, "ospf.hello.interface_id", "Interface ID";
    HELLO_MASK: Ip4 walk, "ospf.hello.network_mask", "Network Mask";
    HELLO_INTERVAL: U32 walk, "ospf.hello.hello_interval", "Hello Interval [sec]";
    OPTIONS_V2: U8 walk, "ospf.v2.options", "Options", hex;
    OPTIONS_V3: U24 walk, "ospf.v3.options", "Options", hex;
    ROUTER_PRIORITY: U8 walk, "ospf.hello.router_priority", "Router Priority";
    DEAD_INTERVAL: U32 walk, "ospf.hello.router_dead_interval", "Router Dead Interval [sec]";
    DESIGNATED: Ip4 walk, "ospf.hello.designated_router", "Designated Router";
    BACKUP: Ip4 walk, "ospf.hello.backup_designated_router", "Backup Designated Router";
    NEIGHBOR: Ip4 walk, "ospf.hello.active_neighbor", "Active Neighbor";
    DB_MTU: U16 walk, "ospf.db.interface_mtu", "Interface MTU";
    DBD: U8 walk, "ospf.dbd", "DB Description", hex;
    DB_SEQUENCE: U32 walk, "ospf.db.dd_sequence", "DD Sequence";
    LSAS: U32 walk, "ospf.ls.number_of_lsas", "Number of LSAs";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(89)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(|view, out| {
        let message = view.bytes.u8(1);
        match crate::field::value_name(MESSAGES, message.into()) {
            Some(name) => out.push_str(name),
            None => put!(out, "Unknown ({message})"),
        }
    }),
    ..Protocol::new("ospf", "Open Shortest Path First", "OSPF")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(header_length(b))?;
    Ok(Step::last(b))
}

const HELLO: u8 = 1;
const DATABASE_DESCRIPTION: u8 = 2;
const UPDATE: u8 = 4;
const ACKNOWLEDGE: u8 = 5;

const MESSAGES: crate::field::ValueNames =
    &[(1, "Hello Packet"), (2, "DB Description"), (3, "LS Request"), (4, "LS Update"), (5, "LS Acknowledge")];

const AUTHENTICATIONS: crate::field::ValueNames =
    &[(0, "Null"), (1, "Simple password"), (2, "Cryptographic")];

/// Version 3 leaves authentication to IPv6 (RFC 5340 §A.3.1).
fn header_length(b: Bytes<'_>) -> usize {
    if b.u8(0) == 3 { 16 } else { 24 }
}

fn is_version_2(view: &View<'_>) -> bool {
    view.bytes.u8(0) == 2
}

fn is_cryptographic(view: &View<'_>) -> bool {
    is_version_2(view) && view.bytes.u16(14) == 2
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.bytes;
    // The authentication data stands behind the packet, and is not counted by its length (RFC 2328 §D.4.3).
    let whole = &b.0[..usize::from(b.u16(2)).clamp(header_length(b).min(b.len()), b.len())];
    let mut r = Reader::new(whole, header_length(b));
    match (b.u8(0), b.u8(1)) {
        (2, HELLO) => {
            put_ip4(&mut r, HELLO_MASK, out)?;
            put_number(&mut r, 2, HELLO_INTERVAL, out)?;
            put_number(&mut r, 1, OPTIONS_V2, out)?;
            put_number(&mut r, 1, ROUTER_PRIORITY, out)?;
            put_number(&mut r, 4, DEAD_INTERVAL, out)?;
            routers(&mut r, out)?;
        }
        (3, HELLO) => {
            put_number(&mut r, 4, HELLO_INTERFACE, out)?;
            put_number(&mut r, 1, ROUTER_PRIORITY, out)?;
            put_number(&mut r, 3, OPTIONS_V3, out)?;
            put_number(&mut r, 2, HELLO_INTERVAL, out)?;
            put_number(&mut r, 2, DEAD_INTERVAL, out)?;
            routers(&mut r, out)?;
        }
        (2, DATABASE_DESCRIPTION) => {
            put_number(&mut r, 2, DB_MTU, out)?;
            put_number(&mut r, 1, OPTIONS_V2, out)?;
            put_number(&mut r, 1, DBD, out)?;
            put_number(&mut r, 4, DB_SEQUENCE, out)?;
            lsa_headers(&mut r, false, out)?;
        }
        (2, ACKNOWLEDGE) => lsa_headers(&mut r, false, out)?,
        (2, UPDATE) => {
            put_number(&mut r, 4, LSAS, out)?;
            lsa_headers(&mut r, true, out)?;
        }
        (3, DATABASE_DESCRIPTION) => {
            r.take(1)?;
            put_number(&mut r, 3, OPTIONS_V3, out)?;
            put_number(&mut r, 2, DB_MTU, out)?;
            r.take(1)?;
            put_number(&mut r, 1, DBD, out)?;
            put_number(&mut r, 4, DB_SEQUENCE, out)?;
        }
        (_, UPDATE) => _ = put_number(&mut r, 4, LSAS, out)?,
        _ => {}
    }
    Ok(())
}

/// The options in the headers of link state advertisements (RFC 2328 §A.4.1), each followed by its body or not.
fn lsa_headers(r: &mut Reader<'_>, bodies: bool, out: &mut dyn FieldSink) -> Result<(), Short> {
    const HEADER: usize = 20;
    while r.left() >= HEADER {
        let at = r.at();
        let length = usize::from(Bytes(r.whole()).u16(at + 18)).max(HEADER);
        r.take(2)?;
        put_number(r, 1, OPTIONS_V2, out)?;
        r.skip_to(at + if bodies { length } else { HEADER })?;
    }
    Ok(())
}

fn routers(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_ip4(r, DESIGNATED, out)?;
    put_ip4(r, BACKUP, out)?;
    while r.left() >= 4 {
        put_ip4(r, NEIGHBOR, out)?;
    }
    Ok(())
}
