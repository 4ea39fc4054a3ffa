//! Border Gateway Protocol 4, RFC 4271: messages, and of their contents what all speakers use.

use super::prelude::*;

fields! {
    MARKER: Bytes at(0..16), "bgp.marker", "Marker";
    LENGTH: U16 at(16..18), "bgp.length", "Length";
    TYPE: U8 at(18..19), "bgp.type", "Type", names(TYPES);
    OPEN_VERSION: U8 walk, "bgp.open.version", "Version";
    OPEN_AS: U16 walk, "bgp.open.myas", "My AS";
    OPEN_HOLD_TIME: U16 walk, "bgp.open.holdtime", "Hold Time";
    OPEN_IDENTIFIER: Ip4 walk, "bgp.open.identifier", "BGP Identifier";
    OPEN_OPTIONS_LENGTH: U8 walk, "bgp.open.opt.len", "Optional Parameters Length";
    PARAM_TYPE: U8 walk, "bgp.open.opt.param.type", "Parameter Type";
    PARAM_LEN: U8 walk, "bgp.open.opt.param.len", "Parameter Length";
    CAP_TYPE: U8 walk, "bgp.cap.type", "Type", names(CAPABILITIES);
    CAP_LENGTH: U8 walk, "bgp.cap.length", "Length";
    CAP_MP_AFI: U16 walk, "bgp.cap.mp.afi", "AFI";
    CAP_MP_SAFI: U8 walk, "bgp.cap.mp.safi", "SAFI";
    CAP_4AS: U32 walk, "bgp.cap.4as", "AS Number";
    WITHDRAWN_LENGTH: U16 walk, "bgp.update.withdrawn_routes.length", "Withdrawn Routes Length";
    ATTRIBUTES_LENGTH: U16 walk, "bgp.update.path_attributes.length", "Total Path Attribute Length";
    ATTRIBUTE_FLAGS: U8 walk, "bgp.update.path_attribute.flags", "Flags", hex;
    OPTIONAL: Bool walk, "bgp.update.path_attribute.flags.optional", "Optional";
    TRANSITIVE: Bool walk, "bgp.update.path_attribute.flags.transitive", "Transitive";
    PARTIAL: Bool walk, "bgp.update.path_attribute.flags.partial", "Partial";
    EXTENDED: Bool walk, "bgp.update.path_attribute.flags.extended_length", "Extended-Length";
    UNUSED: U8 walk, "bgp.update.path_attribute.flags.unused", "Unused", hex;
    ATTRIBUTE_TYPE: U8 walk, "bgp.update.path_attribute.type_code", "Type Code", names(ATTRIBUTES);
    ATTRIBUTE_LENGTH: U16 walk, "bgp.update.path_attribute.length", "Length";
    ORIGIN: U8 walk, "bgp.update.path_attribute.origin", "Origin", names(ORIGINS);
    SEGMENT_TYPE: U8 walk, "bgp.update.path_attribute.as_path_segment.type", "Segment type", names(SEGMENTS);
    SEGMENT_LENGTH: U8 walk, "bgp.update.path_attribute.as_path_segment.length", "Segment length (number of ASN)";
    SEGMENT_AS2: U16 walk, "bgp.update.path_attribute.as_path_segment.as2", "AS2";
    SEGMENT_AS4: U32 walk, "bgp.update.path_attribute.as_path_segment.as4", "AS4";
    NEXT_HOP: Ip4 walk, "bgp.update.path_attribute.next_hop", "Next hop";
    MULTI_EXIT_DISC: U32 walk, "bgp.update.path_attribute.multi_exit_disc", "Multiple exit discriminator";
    LOCAL_PREF: U32 walk, "bgp.update.path_attribute.local_pref", "Local preference";
    ORIGINATOR_ID: Ip4 walk, "bgp.update.path_attribute.originator_id", "Originator identifier";
    COMMUNITY_AS: U16 walk, "bgp.update.path_attribute.community_as", "Community AS";
    COMMUNITY_VALUE: U16 walk, "bgp.update.path_attribute.community_value", "Community value";
    MP_REACH_AFI: U16 walk, "bgp.update.path_attribute.mp_reach_nlri.afi", "Address family identifier (AFI)";
    MP_REACH_SAFI: U8 walk, "bgp.update.path_attribute.mp_reach_nlri.safi",
        "Subsequent address family identifier (SAFI)";
    MP_REACH_NEXT_HOP: Bytes walk, "bgp.update.path_attribute.mp_reach_nlri.next_hop", "Next hop";
    MP_UNREACH_AFI: U16 walk, "bgp.update.path_attribute.mp_unreach_nlri.afi", "Address family identifier (AFI)";
    MP_UNREACH_SAFI: U8 walk, "bgp.update.path_attribute.mp_unreach_nlri.safi",
        "Subsequent address family identifier (SAFI)";
    PREFIX_LENGTH: U8 walk, "bgp.prefix_length", "NLRI prefix length";
    NLRI_PREFIX: Ip4 walk, "bgp.nlri_prefix", "NLRI prefix";
    WITHDRAWN_PREFIX: Ip4 walk, "bgp.withdrawn_prefix", "Withdrawn prefix";
    NOTIFY_MAJOR: U8 walk, "bgp.notify.major_error", "Major error Code", names(ERRORS);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(179)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: false }),
    info: Some(|view, out| {
        let kind = view.bytes.u8(18);
        match crate::field::value_name(TYPES, kind.into()) {
            Some(name) => put!(out, "{name}"),
            None => put!(out, "Unknown message type {kind}"),
        }
    }),
    resumes: Some(|bytes| memchr::memmem::find(bytes, &MARKER_BYTES)),
    ..Protocol::new("bgp", "Border Gateway Protocol", "BGP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(HEADER)?;
    Ok(Step::last(b))
}

/// 16 bytes of ones, a length and a type (RFC 4271 §4.1).
const HEADER: usize = 19;
const MARKER_BYTES: [u8; 16] = [0xff; 16];

const OPEN: u8 = 1;
const UPDATE: u8 = 2;
const NOTIFICATION: u8 = 3;

const TYPES: crate::field::ValueNames = &[
    (1, "OPEN Message"),
    (2, "UPDATE Message"),
    (3, "NOTIFICATION Message"),
    (4, "KEEPALIVE Message"),
    (5, "ROUTE-REFRESH Message"),
    (6, "CAPABILITY Message"),
];

const ATTRIBUTES: crate::field::ValueNames = &[
    (1, "ORIGIN"),
    (2, "AS_PATH"),
    (3, "NEXT_HOP"),
    (4, "MULTI_EXIT_DISC"),
    (5, "LOCAL_PREF"),
    (6, "ATOMIC_AGGREGATE"),
    (7, "AGGREGATOR"),
    (8, "COMMUNITIES"),
    (9, "ORIGINATOR_ID"),
    (10, "CLUSTER_LIST"),
    (14, "MP_REACH_NLRI"),
    (15, "MP_UNREACH_NLRI"),
    (16, "EXTENDED_COMMUNITIES"),
    (17, "AS4_PATH"),
    (18, "AS4_AGGREGATOR"),
    (32, "LARGE_COMMUNITY"),
];

const ORIGINS: crate::field::ValueNames = &[(0, "IGP"), (1, "EGP"), (2, "INCOMPLETE")];

const ERRORS: crate::field::ValueNames = &[
    (1, "Message Header Error"),
    (2, "OPEN Message Error"),
    (3, "UPDATE Message Error"),
    (4, "Hold Timer Expired"),
    (5, "Finite State Machine Error"),
    (6, "Cease"),
    (7, "ROUTE-REFRESH Message Error"),
];

const CAPABILITIES: crate::field::ValueNames = &[
    (1, "Multiprotocol extensions capability"),
    (2, "Route refresh capability"),
    (3, "Cooperative route filtering capability"),
    (5, "Extended Next Hop Encoding"),
    (6, "BGP-Extended Message"),
    (64, "Graceful Restart capability"),
    (65, "Support for 4-octet AS number capability"),
    (69, "Support for Additional Paths"),
    (70, "Enhanced route refresh capability"),
    (71, "Long-Lived Graceful Restart (LLGR) Capability"),
    (73, "FQDN Capability"),
    (128, "Route refresh capability (Cisco)"),
];

const SEGMENTS: crate::field::ValueNames =
    &[(1, "AS_SET"), (2, "AS_SEQUENCE"), (3, "AS_CONFED_SEQUENCE"), (4, "AS_CONFED_SET")];

fn probe(b: &[u8]) -> bool {
    b.starts_with(&MARKER_BYTES)
}

fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    if !b.starts_with(&MARKER_BYTES[..b.len().min(16)]) {
        return Length::NotMine;
    }
    if b.len() < HEADER {
        return Length::Need;
    }
    match Bytes(b).u16(16) {
        length if usize::from(length) < HEADER => Length::NotMine,
        length => Length::Known(length.into()),
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let mut r = Reader::new(view.bytes.0, HEADER);
    match view.bytes.u8(18) {
        OPEN => {
            put_number(&mut r, 1, OPEN_VERSION, out)?;
            put_number(&mut r, 2, OPEN_AS, out)?;
            put_number(&mut r, 2, OPEN_HOLD_TIME, out)?;
            put_ip4(&mut r, OPEN_IDENTIFIER, out)?;
            let length = put_number(&mut r, 1, OPEN_OPTIONS_LENGTH, out)?;
            let mut parameters = r.sub(length as usize)?;
            while parameters.left() > 0 {
                parameter(&mut parameters, out)?;
            }
        }
        UPDATE => {
            let length = put_number(&mut r, 2, WITHDRAWN_LENGTH, out)?;
            prefixes(&mut r.sub(length as usize)?, WITHDRAWN_PREFIX, out)?;
            let length = put_number(&mut r, 2, ATTRIBUTES_LENGTH, out)?;
            let mut attributes = r.sub(length as usize)?;
            while attributes.left() > 0 {
                attribute(&mut attributes, out)?;
            }
            prefixes(&mut r, NLRI_PREFIX, out)?;
        }
        NOTIFICATION => _ = put_number(&mut r, 1, NOTIFY_MAJOR, out)?,
        _ => {}
    }
    Ok(())
}

/// An optional parameter of an OPEN message (RFC 4271 §4.2); of capabilities each (RFC 5492 §4).
fn parameter(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const CAPABILITY: u64 = 2;
    let kind = put_number(r, 1, PARAM_TYPE, out)?;
    let length = put_number(r, 1, PARAM_LEN, out)?;
    let mut body = r.sub(length as usize)?;
    while kind == CAPABILITY && body.left() > 0 {
        let kind = put_number(&mut body, 1, CAP_TYPE, out)?;
        let length = put_number(&mut body, 1, CAP_LENGTH, out)?;
        let mut value = body.sub(length as usize)?;
        match (kind, length) {
            (1, 4) => {
                put_number(&mut value, 2, CAP_MP_AFI, out)?;
                value.take(1)?;
                put_number(&mut value, 1, CAP_MP_SAFI, out)?;
            }
            (65, 4) => _ = put_number(&mut value, 4, CAP_4AS, out)?,
            _ => {}
        }
    }
    Ok(())
}

/// Prefixes of IPv4, each of as many bytes as its bits need (RFC 4271 §4.3).
fn prefixes(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        let bits = put_number(r, 1, PREFIX_LENGTH, out)?;
        let at = r.at();
        let bytes = r.take(bits.div_ceil(8) as usize)?;
        let mut address = [0; 4];
        let Some(start) = address.get_mut(..bytes.len()) else { return Ok(()) };
        start.copy_from_slice(bytes);
        out.put(field, at..r.at(), Value::Ip4(address));
    }
    Ok(())
}

/// A path attribute (RFC 4271 §4.3); a flag makes its length two bytes.
fn attribute(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let b = Bytes(r.whole());
    let (flags, kind) = (u64::from(b.u8(at)), b.u8(at + 1));
    let width = if flags & 0x10 != 0 { 2 } else { 1 };
    let name = crate::field::value_name(ATTRIBUTES, kind.into()).unwrap_or("Unknown");
    out.open(at..at + 2, format_args!("Path Attribute - {name}"));
    let read = attribute_value(r, flags, width, out);
    out.close();
    read
}

fn attribute_value(
    r: &mut Reader<'_>,
    flags: u64,
    width: usize,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    put_number(r, 1, ATTRIBUTE_FLAGS, out)?;
    put_flags(r, 1, flags, &[(OPTIONAL, 0x80), (TRANSITIVE, 0x40), (PARTIAL, 0x20), (EXTENDED, 0x10)], out);
    out.put(UNUSED, r.at() - 1..r.at(), Value::Unsigned(flags & 15));
    let kind = put_number(r, 1, ATTRIBUTE_TYPE, out)?;
    let length = put_number(r, width, ATTRIBUTE_LENGTH, out)? as usize;
    let mut body = r.sub(length)?;
    match (kind, length) {
        (1, 1) => _ = put_number(&mut body, 1, ORIGIN, out)?,
        (2, _) => {
            let width = if is_as_path(body, 2) { 2 } else { 4 };
            as_path(&mut body, width, out)?;
        }
        (17, _) => as_path(&mut body, 4, out)?,
        (3, 4) => put_ip4(&mut body, NEXT_HOP, out)?,
        (4, 4) => _ = put_number(&mut body, 4, MULTI_EXIT_DISC, out)?,
        (5, 4) => _ = put_number(&mut body, 4, LOCAL_PREF, out)?,
        (8, _) => {
            while body.left() >= 4 {
                put_number(&mut body, 2, COMMUNITY_AS, out)?;
                put_number(&mut body, 2, COMMUNITY_VALUE, out)?;
            }
        }
        (9, 4) => put_ip4(&mut body, ORIGINATOR_ID, out)?,
        (14, _) => {
            put_number(&mut body, 2, MP_REACH_AFI, out)?;
            put_number(&mut body, 1, MP_REACH_SAFI, out)?;
            // The field holds its length too.
            let length = 1 + usize::from(Bytes(body.whole()).u8(body.at()));
            put_bytes(&mut body, length, MP_REACH_NEXT_HOP, out)?;
        }
        (15, _) => {
            put_number(&mut body, 2, MP_UNREACH_AFI, out)?;
            put_number(&mut body, 1, MP_UNREACH_SAFI, out)?;
        }
        _ => {}
    }
    Ok(())
}

/// Whether segments with AS numbers of `width` bytes fill the path. The speakers agreed on 2 or 4 bytes in their OPEN
/// messages (RFC 6793 §4.1), which need not be in the capture.
fn is_as_path(mut r: Reader<'_>, width: usize) -> bool {
    while r.left() > 0 {
        let (Ok(kind), Ok(count)) = (r.u8(), r.u8()) else { return false };
        if !(1..=4).contains(&kind) || count == 0 || r.take(width * usize::from(count)).is_err() {
            return false;
        }
    }
    true
}

fn as_path(r: &mut Reader<'_>, width: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        put_number(r, 1, SEGMENT_TYPE, out)?;
        let count = put_number(r, 1, SEGMENT_LENGTH, out)?;
        for _ in 0..count {
            put_number(r, width, if width == 2 { SEGMENT_AS2 } else { SEGMENT_AS4 }, out)?;
        }
    }
    Ok(())
}
