//! MultiProtocol Label Switching, RFC 3032: the whole label stack.

use super::prelude::*;

fields! {
    LABEL: U32 walk, "mpls.label", "MPLS Label";
    EXP: U32 walk, "mpls.exp", "MPLS Experimental Bits";
    BOTTOM: U32 walk, "mpls.bottom", "MPLS Bottom Of Label Stack";
    TTL: U32 walk, "mpls.ttl", "MPLS TTL";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[
        Claim::EtherType(0x8847),
        Claim::EtherType(0x8848),
        Claim::IpProtocol(137),
        Claim::UdpPort(6635),
    ],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(|view, out| {
        out.push_str("MPLS Label Switched Packet");
        for entry in view.header().0.chunks_exact(4) {
            put!(out, ", Label {}", Bytes(entry).u32(0) >> 12);
        }
    }),
    ..Protocol::new("mpls", "MultiProtocol Label Switching Header", "MPLS")
};

/// The label of OAM packets (RFC 3429).
const OAM_ALERT: u32 = 14;

/// What the stack carries is known to the routers only; like them when they balance load, look at the first bits
/// (RFC 4928 §3): 4 and 6 are IP, 0 the control word of a pseudowire (RFC 4385 §3), mostly of Ethernet.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    let mut header = 0;
    loop {
        b.need(header + 4)?;
        header += 4;
        if b.u8(header - 2) & 1 != 0 {
            break;
        }
    }
    // The OAM label stands at the bottom (RFC 3429 §3).
    let is_oam = b.u32(header - 4) >> 12 == OAM_ALERT;
    let next = match b.u8(header) >> 4 {
        _ if is_oam => id::mpls_y1711,
        4 => id::ip,
        6 => id::ipv6,
        0 if is_ethernet(b, header + 4) => id::pwethcw,
        _ if is_ethernet(b, header) => id::eth,
        _ => id::data,
    };
    Ok(Step::next(header, next))
}

/// Whether a frame of Ethernet is likely to begin here: its type is that of a protocol that is known, or a length that fits.
fn is_ethernet(b: Bytes<'_>, at: usize) -> bool {
    const HEADER: usize = 14;
    /// From here on the field is a type (IEEE 802.3 §3.2.6).
    const FIRST_TYPE: u16 = 0x0600;
    let kind = b.u16(at + 12);
    let known = if kind < FIRST_TYPE {
        b.len() >= at + HEADER + usize::from(kind) && kind >= 3
    } else {
        !matches!(claimed::ether_type(kind), id::data | ProtocolId::NONE)
    };
    // The sender is no group of stations.
    b.len() >= at + HEADER && known && b.u8(at + 6) & 1 == 0
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 0);
    while r.left() > 0 {
        let at = r.at();
        let entry = r.number(4)?;
        out.open(at..at + 4, format_args!("Label {}, TTL {}", entry >> 12, entry & 0xff));
        out.put(LABEL, at..at + 3, Value::Unsigned(entry >> 12));
        out.put(EXP, at + 2..at + 3, Value::Unsigned(entry >> 9 & 7));
        out.put(BOTTOM, at + 2..at + 3, Value::Unsigned(entry >> 8 & 1));
        out.put(TTL, at + 3..at + 4, Value::Unsigned(entry & 0xff));
        out.close();
    }
    Ok(())
}
