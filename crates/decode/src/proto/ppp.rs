//! The Point-to-Point Protocol, RFC 1661, alone (RFC 1662 §3) and inside of tunnels, with its control packets.

use plaintap_packet::LinkType;

use super::prelude::*;

fields! {
    ADDRESS: U8 at(0..1), "ppp.address", "Address", hex, when(|v| v.layer.detail & HDLC != 0);
    CONTROL: U8 at(1..2), "ppp.control", "Control", hex, when(|v| v.layer.detail & HDLC != 0);
    PROTOCOL_NUMBER: U16 walk, "ppp.protocol", "Protocol", hex, names(PROTOCOLS);
    CODE: U8 walk, "ppp.code", "Code", names(CODES);
    IDENTIFIER: U8 walk, "ppp.identifier", "Identifier";
    LENGTH: U16 walk, "ppp.length", "Length";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::PPP), Claim::LinkType(LinkType::PPP_HDLC)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    column_of: Some(|view| match number(view.bytes).0 {
        LCP => "PPP LCP",
        IPCP => "PPP IPCP",
        IPV6CP => "PPP IPV6CP",
        CCP => "PPP CCP",
        PAP => "PPP PAP",
        CHAP => "PPP CHAP",
        _ => "PPP Comp",
    }),
    ..Protocol::new("ppp", "Point-to-Point Protocol", "PPP")
};

#[inline]
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    // Cisco's framing shares the link types of PPP, and is known by its address.
    if matches!(b.u8(0), 0x0f | 0x8f) && b.u8(1) == 0 {
        return Ok(Step::next(0, id::chdlc));
    }
    let (protocol, start, header) = number(b);
    b.need(header)?;
    let detail = if start == 2 { HDLC } else { 0 };
    let next = match protocol {
        0x0021 => id::ip,
        0x0057 => id::ipv6,
        0x0281 | 0x0283 => id::mpls,
        LCP | IPCP | IPV6CP | CCP | PAP | CHAP => return Ok(Step { detail, ..Step::last(b) }),
        _ => id::data,
    };
    Ok(Step { detail, ..Step::next(header, next) })
}

/// The mark in [`Step::detail`] of a frame with address and control bytes.
const HDLC: u32 = 1;

const LCP: u16 = 0xc021;
const PAP: u16 = 0xc023;
const CHAP: u16 = 0xc223;
const IPCP: u16 = 0x8021;
const IPV6CP: u16 = 0x8057;
const CCP: u16 = 0x80fd;

/// The address of all stations, the only one in use (RFC 1662 §3.1).
const ADDRESS_ALL: u8 = 0xff;

/// The protocol number, where it begins and where it ends. Address and control may be left out (RFC 1661 §6.6), and a
/// number whose first byte is odd is one byte long (§6.5). No number is 0xff, so that the address is known by it (§6.5).
fn number(b: Bytes<'_>) -> (u16, usize, usize) {
    let start = if b.u8(0) == ADDRESS_ALL { 2 } else { 0 };
    match b.u8(start) {
        first if first & 1 != 0 => (first.into(), start, start + 1),
        _ => (b.u16(start), start, start + 2),
    }
}

const PROTOCOLS: crate::field::ValueNames = &[
    (0x0021, "Internet Protocol version 4"),
    (0x002d, "Van Jacobson Compressed TCP/IP"),
    (0x003d, "Multi-Link"),
    (0x0057, "Internet Protocol version 6"),
    (0x00fd, "Single link compression in multilink"),
    (0x0281, "MPLS Unicast"),
    (0x0283, "MPLS Multicast"),
    (0x8021, "Internet Protocol Control Protocol"),
    (0x8057, "IPv6 Control Protocol"),
    (0x80fd, "Compression Control Protocol"),
    (0xc021, "Link Control Protocol"),
    (0xc023, "Password Authentication Protocol"),
    (0xc025, "Link Quality Report"),
    (0xc223, "Challenge Handshake Authentication Protocol"),
];

/// The codes of LCP and of the network control protocols (RFC 1661 §5).
const CODES: crate::field::ValueNames = &[
    (1, "Configuration Request"),
    (2, "Configuration Ack"),
    (3, "Configuration Nak"),
    (4, "Configuration Reject"),
    (5, "Termination Request"),
    (6, "Termination Ack"),
    (7, "Code Reject"),
    (8, "Protocol Reject"),
    (9, "Echo Request"),
    (10, "Echo Reply"),
    (11, "Discard Request"),
];

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.header().is_empty() {
        return Ok(());
    }
    let (protocol, start, end) = number(view.header());
    let mut r = Reader::new(view.bytes.0, start);
    put_number(&mut r, end - start, PROTOCOL_NUMBER, out)?;
    if matches!(protocol, LCP | IPCP | IPV6CP | CCP) {
        put_number(&mut r, 1, CODE, out)?;
        put_number(&mut r, 1, IDENTIFIER, out)?;
        put_number(&mut r, 2, LENGTH, out)?;
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let (protocol, _, end) = number(view.bytes);
    let code = view.bytes.u8(end);
    let name = match protocol {
        LCP | IPCP | IPV6CP | CCP => crate::field::value_name(CODES, code.into()),
        PAP => [None, Some("Authenticate-Request"), Some("Authenticate-Ack"), Some("Authenticate-Nak")]
            .get(usize::from(code))
            .copied()
            .flatten(),
        CHAP => [None, Some("Challenge"), Some("Response"), Some("Success"), Some("Failure")]
            .get(usize::from(code))
            .copied()
            .flatten(),
        _ => crate::field::value_name(PROTOCOLS, protocol.into()),
    };
    match name {
        Some(name) => out.push_str(name),
        None => put!(out, "PPP protocol 0x{protocol:04x}"),
    }
}
