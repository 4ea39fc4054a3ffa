//! Routes: prefixes of IPv4 (RFC 4271 §4.3) and of other families (RFC 4760), with labels (RFC 8277), of VPNs (RFC 4364,
//! RFC 4659, RFC 4761) and EVPN (RFC 7432, RFC 9136).

use super::*;

mod afi {
    pub(super) const IP4: u64 = 1;
    pub(super) const IP6: u64 = 2;
    pub(super) const L2VPN: u64 = 25;
}

mod safi {
    pub(super) const UNICAST: u64 = 1;
    pub(super) const MULTICAST: u64 = 2;
    pub(super) const LABELLED: u64 = 4;
    pub(super) const VPLS: u64 = 65;
    pub(super) const EVPN: u64 = 70;
    pub(super) const VPN: u64 = 128;
    pub(super) const VPN_MULTICAST: u64 = 129;
    pub(super) const ROUTE_TARGET: u64 = 132;
}

/// MP_REACH_NLRI (RFC 4760 §3).
pub(super) fn reachable(r: &mut Reader<'_>, label: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let afi = put_number(r, 2, MP_REACH_AFI, out)?;
    let safi = put_number(r, 1, MP_REACH_SAFI, out)?;
    next_hop(r, out)?;
    for _ in 0..put_number(r, 1, SNPA_COUNT, out)? {
        let length = put_number(r, 1, SNPA_LENGTH, out)?;
        // Its length counts half bytes (RFC 2858 §2).
        put_bytes(r, length.div_ceil(2) as usize, SNPA, out)?;
    }
    if r.left() > 0 {
        out.put(MP_REACH_NLRI, r.at()..r.end(), Value::Present);
    }
    nlri(r, (afi, safi), [MP_REACH_IP4, MP_REACH_IP6], label, out)
}

/// MP_UNREACH_NLRI (RFC 4760 §4).
pub(super) fn unreachable(
    r: &mut Reader<'_>,
    label: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let afi = put_number(r, 2, MP_UNREACH_AFI, out)?;
    let safi = put_number(r, 1, MP_UNREACH_SAFI, out)?;
    if r.left() > 0 {
        out.put(MP_UNREACH_NLRI, r.at()..r.end(), Value::Present);
    }
    nlri(r, (afi, safi), [MP_UNREACH_IP4, MP_UNREACH_IP6], label, out)
}

/// Prefixes of IPv4 outside the attributes.
pub(super) fn ip4(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    prefixes(r, Shape { bits: 32, labelled: false, vpn: false }, field, out)
}

/// The next hop, whose length tells what it is: an address, or with IPv6 two (RFC 2545 §3); in VPNs each behind a route
/// distinguisher of zeros (RFC 4364 §4.3.2).
fn next_hop(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let length = usize::from(r.u8()?);
    let mut hop = r.sub(length)?;
    // The field holds its length too.
    out.put(MP_REACH_NEXT_HOP, at..hop.end(), Value::Bytes(&r.whole()[at..hop.end()]));
    if matches!(length, 12 | 24 | 48) {
        put_distinguisher(&mut hop, NEXT_HOP_RD, out)?;
    }
    match length {
        4 | 12 => put_ip4(&mut hop, NEXT_HOP_IP4, out),
        16 | 24 => put_ip6(&mut hop, NEXT_HOP_IP6, out),
        32 | 48 => {
            put_ip6(&mut hop, NEXT_HOP_IP6, out)?;
            if length == 48 {
                put_distinguisher(&mut hop, NEXT_HOP_RD, out)?;
            }
            put_ip6(&mut hop, NEXT_HOP_LINK_LOCAL, out)
        }
        _ => Ok(()),
    }
}

fn nlri(
    r: &mut Reader<'_>,
    family: (u64, u64),
    [ip4, ip6]: [FieldIndex; 2],
    label: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let (bits, field) = if family.0 == afi::IP6 { (128, ip6) } else { (32, ip4) };
    let shape = Shape {
        bits,
        labelled: matches!(family.1, safi::LABELLED | safi::VPN),
        vpn: matches!(family.1, safi::VPN | safi::VPN_MULTICAST),
    };
    match family {
        (
            afi::IP4 | afi::IP6,
            safi::UNICAST | safi::MULTICAST | safi::LABELLED | safi::VPN | safi::VPN_MULTICAST,
        ) => prefixes(r, shape, field, out),
        (afi::IP4 | afi::IP6, safi::ROUTE_TARGET) => route_targets(r, out),
        (afi::L2VPN, safi::EVPN) => {
            while r.left() > 0 {
                evpn(r, label, out)?;
            }
            Ok(())
        }
        (afi::L2VPN, safi::VPLS) => {
            while r.left() > 0 {
                vpls(r, out)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What stands in front of an address, and how long the address can be.
#[derive(Clone, Copy)]
struct Shape {
    bits: u64,
    labelled: bool,
    vpn: bool,
}

impl Shape {
    /// The least bits that a length can say: a label and a route distinguisher.
    const fn least(self) -> u64 {
        let label = if self.labelled { 24 } else { 0 };
        let distinguisher = if self.vpn { 64 } else { 0 };
        label + distinguisher
    }

    /// The most, with as many labels as anybody stacks.
    const fn most(self) -> u64 {
        let more_labels = if self.labelled { 7 * 24 } else { 0 };
        self.least() + more_labels + self.bits
    }
}

/// Prefixes, each of as many bytes as its bits need.
fn prefixes(
    r: &mut Reader<'_>,
    shape: Shape,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let path_ids = !is_list(*r, shape, false) && is_list(*r, shape, true);
    while r.left() > 0 {
        if path_ids {
            put_number(r, 4, PATH_ID, out)?;
        }
        prefix(r, shape, field, out)?;
    }
    Ok(())
}

/// Whether prefixes fill the list, each behind a path identifier or not. The speakers agreed on that in their OPEN
/// messages (RFC 7911 §4), which need not be in the capture. An identifier looks like default routes: a list has only one.
fn is_list(mut r: Reader<'_>, shape: Shape, path_ids: bool) -> bool {
    let mut defaults = 0;
    while r.left() > 0 {
        if path_ids && r.take(4).is_err() {
            return false;
        }
        let Ok(bits) = r.u8() else { return false };
        let bits = u64::from(bits);
        defaults += u32::from(bits == 0 && !path_ids);
        let fits = (shape.least()..=shape.most()).contains(&bits);
        if !fits || defaults > 1 || r.take(bits.div_ceil(8) as usize).is_err() {
            return false;
        }
    }
    true
}

fn prefix(r: &mut Reader<'_>, shape: Shape, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let bits = put_number(r, 1, PREFIX_LENGTH, out)?;
    let mut body = r.sub(bits.div_ceil(8) as usize)?;
    if shape.labelled {
        put_labels(&mut body, out)?;
    }
    if shape.vpn {
        put_distinguisher(&mut body, ROUTE_DISTINGUISHER, out)?;
    }
    let at = body.at()..body.end();
    let bytes = body.take(body.left())?;
    let mut address = [0; 16];
    let Some(start) = address.get_mut(..bytes.len()) else { return Ok(()) };
    start.copy_from_slice(bytes);
    match (shape.bits, address.first_chunk()) {
        (32, Some(&address)) if bytes.len() <= 4 => out.put(field, at, Value::Ip4(address)),
        (128, _) => out.put(field, at, Value::Ip6(address)),
        _ => {}
    }
    Ok(())
}

/// The labels of a route up to the bottom of the stack (RFC 8277 §2.2). A route that is withdrawn has a mark for them (§2.4).
fn put_labels(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let mut text = String::new();
    loop {
        let label = r.number(3)?;
        if text.is_empty() && matches!(label, 0 | 0x80_0000) {
            text.push_str("0 (withdrawn)");
            break;
        }
        let bottom = label & 1 != 0;
        put!(text, "{}{}", label >> 4, if bottom { " (bottom)" } else { "," });
        if bottom {
            break;
        }
    }
    out.put(LABEL_STACK, at..r.at(), Value::Text(text.as_bytes()));
    Ok(())
}

/// A route distinguisher (RFC 4364 §4.2).
fn put_distinguisher(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let b = Bytes(r.take(8)?);
    if !out.wants(field) {
        return Ok(());
    }
    let mut text = String::new();
    match b.u16(0) {
        0 => put!(text, "{}:{}", b.u16(2), b.u32(4)),
        1 => put!(text, "{}.{}.{}.{}:{}", b.u8(2), b.u8(3), b.u8(4), b.u8(5), b.u16(6)),
        2 => put!(text, "{}:{}", b.u32(2), b.u16(6)),
        kind => put!(text, "Unknown (0x{kind:04x}) RD type"),
    }
    out.put(field, at..at + 8, Value::Text(text.as_bytes()));
    Ok(())
}

/// The routes of which communities a speaker wants (RFC 4684 §4).
fn route_targets(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        let bits = put_number(r, 1, PREFIX_LENGTH, out)?;
        let mut body = r.sub(bits.div_ceil(8) as usize)?;
        if bits >= 32 {
            put_number(&mut body, 4, ORIGINATING_AS, out)?;
        }
    }
    Ok(())
}

/// A site of a VPLS and its labels (RFC 4761 §3.2.2).
fn vpls(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = put_number(r, 2, VPLS_LENGTH, out)?;
    let mut body = r.sub(length as usize)?;
    put_distinguisher(&mut body, VPLS_RD, out)?;
    // With 12 bytes it is the discovery of RFC 6074 §3.2.2.
    if length != 17 {
        return Ok(());
    }
    put_number(&mut body, 2, VPLS_CE_ID, out)?;
    put_number(&mut body, 2, VPLS_BLOCK_OFFSET, out)?;
    put_number(&mut body, 2, VPLS_BLOCK_SIZE, out)?;
    let at = body.at();
    let label = body.number(3)?;
    let bottom = if label & 1 != 0 { " (bottom)" } else { "" };
    let text = format!("{}{bottom}", label >> 4);
    out.put(VPLS_BLOCK_BASE, at..at + 3, Value::Text(text.as_bytes()));
    Ok(())
}

/// A route of EVPN (RFC 7432 §7).
fn evpn(r: &mut Reader<'_>, label: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let b = Bytes(r.whole());
    let end = (at + 2 + usize::from(b.u8(at + 1))).min(r.end());
    let name = crate::field::value_name(EVPN_ROUTES, b.u8(at).into()).unwrap_or("Unknown");
    out.open(at..end, format_args!("EVPN NLRI: {name}"));
    out.put(EVPN_NLRI, at..end, Value::Present);
    let kind = put_number(r, 1, EVPN_TYPE, out)?;
    let length = put_number(r, 1, EVPN_LENGTH, out)?;
    let read = r.sub(length as usize).and_then(|mut route| evpn_route(kind, &mut route, label, out));
    out.close();
    read
}

fn evpn_route(
    kind: u64,
    r: &mut Reader<'_>,
    label: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    put_bytes(r, 8, EVPN_RD, out)?;
    match kind {
        // Ethernet auto-discovery (§7.1).
        1 => {
            segment(r, out)?;
            put_number(r, 4, EVPN_TAG, out)?;
            put_label(r, label, out)
        }
        // MAC and IP (§7.2).
        2 => {
            segment(r, out)?;
            put_number(r, 4, EVPN_TAG, out)?;
            put_number(r, 1, EVPN_MAC_LENGTH, out)?;
            put_mac(r, EVPN_MAC, out)?;
            let bits = put_number(r, 1, EVPN_IP_LENGTH, out)?;
            address(r, bits, [EVPN_IP4, EVPN_IP6], out)?;
            put_label(r, label, out)?;
            let second = if label == EVPN_VNI { EVPN_VNI } else { EVPN_LABEL_2 };
            if r.left() >= 3 { put_label(r, second, out) } else { Ok(()) }
        }
        // Inclusive multicast (§7.3).
        3 => {
            put_number(r, 4, EVPN_TAG, out)?;
            let bits = put_number(r, 1, EVPN_IP_LENGTH, out)?;
            address(r, bits, [EVPN_IP4, EVPN_IP6], out)
        }
        // Ethernet segment (§7.4).
        4 => {
            segment(r, out)?;
            let bits = put_number(r, 1, EVPN_IP_LENGTH, out)?;
            address(r, bits, [EVPN_IP4, EVPN_IP6], out)
        }
        // IP prefix (RFC 9136 §3.1): the length tells the family.
        5 => {
            let bits = if r.left() >= 50 { 128 } else { 32 };
            segment(r, out)?;
            put_number(r, 4, EVPN_TAG, out)?;
            put_number(r, 1, EVPN_PREFIX_LENGTH, out)?;
            address(r, bits, [EVPN_IP4, EVPN_IP6], out)?;
            address(r, bits, [EVPN_GATEWAY_IP4, EVPN_GATEWAY_IP6], out)?;
            put_label(r, label, out)
        }
        _ => Ok(()),
    }
}

fn address(
    r: &mut Reader<'_>,
    bits: u64,
    [ip4, ip6]: [FieldIndex; 2],
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    match bits {
        32 => put_ip4(r, ip4, out),
        128 => put_ip6(r, ip6, out),
        _ => r.take(bits.div_ceil(8) as usize).map(drop),
    }
}

/// A label, in the upper 20 bits, or all of them a VNI.
pub(super) fn put_label(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let number = r.number(3)?;
    let number = if field == EVPN_VNI { number } else { number >> 4 };
    out.put(field, at..at + 3, Value::Unsigned(number));
    Ok(())
}

/// What the labels of EVPN are: VNIs where a community of the update says that the tunnel is VXLAN, NVGRE or Geneve (RFC 8365
/// §5.1.3).
pub(super) fn label_kind(attributes: Reader<'_>) -> FieldIndex {
    const EXTENDED_COMMUNITIES: u8 = 16;
    let mut r = attributes;
    let mut find = || -> Result<bool, Short> {
        while r.left() > 0 {
            let flags = r.u8()?;
            let kind = r.u8()?;
            let length = r.number(if flags & 0x10 != 0 { 2 } else { 1 })?;
            let value = r.take(length as usize)?;
            let is_vni = |c: &[u8]| matches!(c, [3, 0x0c, _, _, _, _, 0, 8 | 9 | 12 | 19]);
            if kind == EXTENDED_COMMUNITIES && value.chunks_exact(8).any(is_vni) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    if find() == Ok(true) { EVPN_VNI } else { EVPN_LABEL_1 }
}

/// An Ethernet segment identifier (RFC 7432 §5).
fn segment(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let mut r = r.sub(10)?;
    out.put(EVPN_ESI, at..at + 10, Value::Bytes(&r.whole()[at..at + 10]));
    let kind = put_number(&mut r, 1, EVPN_ESI_TYPE, out)?;
    out.put(EVPN_ESI_VALUE, at + 1..at + 10, Value::Bytes(&r.whole()[at + 1..at + 10]));
    match kind {
        0 => put_bytes(&mut r, 9, EVPN_ESI_TYPE0, out),
        1 => {
            put_mac(&mut r, EVPN_ESI_LACP_MAC, out)?;
            put_number(&mut r, 2, EVPN_ESI_LACP_KEY, out).map(drop)
        }
        2 => {
            put_mac(&mut r, EVPN_ESI_ROOT_BRIDGE, out)?;
            put_number(&mut r, 2, EVPN_ESI_ROOT_PRIORITY, out).map(drop)
        }
        3 => {
            put_mac(&mut r, EVPN_ESI_SYSTEM_MAC, out)?;
            put_bytes(&mut r, 3, EVPN_ESI_SYSTEM_DISCRIMINATOR, out)
        }
        4 => {
            put_ip4(&mut r, EVPN_ESI_ROUTER, out)?;
            put_bytes(&mut r, 4, EVPN_ESI_ROUTER_DISCRIMINATOR, out)
        }
        5 => {
            put_number(&mut r, 4, EVPN_ESI_AS, out)?;
            put_bytes(&mut r, 4, EVPN_ESI_AS_DISCRIMINATOR, out)
        }
        _ => Ok(()),
    }
}
