//! The frame: what the capture says about a packet, as a protocol of its own.

use plaintap_packet::{BufferId, Direction};

use super::prelude::*;

fields! {
    TIME: Time meta(|v, out| out(Value::Time(v.decoded.packet().time))), "frame.time", "Arrival Time";
    TIME_EPOCH: Duration meta(|v, out| out(Value::Duration(v.decoded.packet().time.0))),
        "frame.time_epoch", "Epoch Time";
    TIME_DELTA: Duration meta(|v, out| out(Value::Duration(v.decoded.since_previous()))),
        "frame.time_delta", "Time delta from previous captured frame";
    TIME_RELATIVE: Duration meta(|v, out| out(Value::Duration(v.decoded.since_first()))),
        "frame.time_relative", "Time since reference or first frame";
    NUMBER: U32 meta(|v, out| out(Value::Unsigned(v.decoded.number()))), "frame.number", "Frame Number";
    LEN: U32 meta(|v, out| out(Value::Unsigned(v.decoded.packet().original_length.into()))),
        "frame.len", "Frame Length";
    CAP_LEN: U32 meta(|v, out| out(Value::Unsigned(v.decoded.packet().data.len() as u64))),
        "frame.cap_len", "Capture Length";
    INTERFACE_ID: U32 meta(|v, out| out(Value::Unsigned(v.decoded.packet().interface.into()))),
        "frame.interface_id", "Interface id";
    ENCAP_TYPE: I16 meta(encapsulation), "frame.encap_type", "Encapsulation type", names(ENCAPSULATION_NAMES);
    DIRECTION: U32 meta(direction), "frame.packet_flags_direction", "Direction", hex, names(DIRECTIONS);
    PROTOCOLS: Text meta(protocols), "frame.protocols", "Protocols in frame";
    COMMENT: Text meta(comments), "frame.comment", "Comment";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    // Of a link type that nobody decodes there is only this to say.
    column_of: Some(|view| {
        if is_bare(view) { view.decoded.packet().link_type.name().unwrap_or("UNKNOWN") } else { "" }
    }),
    info: Some(|view, out| {
        if is_bare(view) {
            let packet = view.decoded.packet();
            put!(out, "Link type {}, {} bytes", packet.link_type.0, packet.original_length);
        }
    }),
    summary: Some(summary),
    ..Protocol::new("frame", "Frame", "")
};

/// The decoder lays this layer over the whole packet by itself; it hands nothing on.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

/// Whether nothing is known of what the frame holds.
fn is_bare(view: &View<'_>) -> bool {
    view.decoded.layers().iter().all(|layer| matches!(layer.protocol, id::frame | id::proc | id::data))
}

/// Wireshark's own number of the link type.
fn encapsulation(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let link_type = view.decoded.packet().link_type.0;
    if let Some(&(_, number)) = ENCAPSULATIONS.iter().find(|(number, _)| *number == link_type) {
        out(Value::Signed(number));
    }
}

/// Wireshark's encapsulation (`tshark -G values`, `frame.encap_type`) of each link type (www.tcpdump.org/linktypes.html).
const ENCAPSULATIONS: &[(u16, i64)] = &[
    (0, 15),
    (1, 1),
    (6, 2),
    (8, 3),
    (9, 4),
    (10, 5),
    (12, 7),
    (14, 7),
    (50, 4),
    (51, 139),
    (100, 10),
    (101, 7),
    (104, 28),
    (105, 20),
    (106, 11),
    (107, 26),
    (108, 174),
    (109, 38),
    (113, 25),
    (114, 30),
    (117, 39),
    (118, 29),
    (119, 21),
    (122, 18),
    (123, 13),
    (127, 23),
    (129, 9),
    (130, 81),
    (131, 82),
    (135, 68),
    (137, 67),
    (138, 62),
    (140, 42),
    (141, 43),
    (143, 33),
    (144, 44),
    (147, 45),
    (148, 46),
    (149, 47),
    (163, 24),
    (165, 63),
    (178, 83),
    (187, 41),
    (189, 95),
    (192, 97),
    (195, 104),
    (201, 99),
    (204, 19),
    (206, 27),
    (220, 115),
    (226, 124),
    (227, 125),
    (228, 129),
    (229, 130),
    (230, 127),
    (239, 141),
    (249, 152),
    (251, 154),
    (252, 155),
    (253, 158),
    (254, 159),
    (255, 160),
    (256, 161),
    (258, 171),
    (266, 182),
    (271, 185),
    (276, 210),
    (288, 208),
];

const ENCAPSULATION_NAMES: crate::field::ValueNames = &[
    (1, "Ethernet"),
    (2, "Token Ring"),
    (3, "SLIP"),
    (4, "PPP"),
    (5, "FDDI"),
    (7, "Raw IP"),
    (9, "Linux ARCNET"),
    (10, "RFC 1483 ATM"),
    (11, "Linux ATM CLIP"),
    (13, "ATM PDUs"),
    (15, "NULL/Loopback"),
    (18, "RFC 2625 IP-over-Fibre Channel"),
    (19, "PPP with Directional Info"),
    (20, "IEEE 802.11 Wireless LAN"),
    (21, "IEEE 802.11 plus Prism II monitor mode radio header"),
    (23, "IEEE 802.11 plus radiotap radio header"),
    (24, "IEEE 802.11 plus AVS radio header"),
    (25, "Linux cooked-mode capture v1"),
    (26, "Frame Relay"),
    (27, "Frame Relay with Directional Info"),
    (28, "Cisco HDLC"),
    (29, "Cisco IOS internal"),
    (30, "Localtalk"),
    (33, "Data Over Cable Service Interface Specification"),
    (38, "OpenBSD enc(4) encapsulating interface"),
    (39, "OpenBSD PF Firewall logs"),
    (41, "Bluetooth H4"),
    (42, "SS7 MTP2"),
    (43, "SS7 MTP3"),
    (44, "IrDA"),
    (45, "USER 0"),
    (46, "USER 1"),
    (47, "USER 2"),
    (62, "Apple IP-over-IEEE 1394"),
    (63, "BACnet MS/TP"),
    (67, "Juniper ATM1"),
    (68, "Juniper ATM2"),
    (81, "Juniper MLPPP"),
    (82, "Juniper MLFR"),
    (83, "Juniper Ethernet"),
    (95, "USB packets with Linux header"),
    (97, "Per-Packet Information header"),
    (99, "Bluetooth H4 with linux header"),
    (104, "IEEE 802.15.4 Wireless PAN"),
    (115, "USB packets with Linux header and padding"),
    (124, "Solaris IPNET"),
    (125, "SocketCAN"),
    (127, "IEEE 802.15.4 Wireless PAN with FCS not present"),
    (129, "Raw IPv4"),
    (130, "Raw IPv6"),
    (139, "PPP-over-Ethernet session"),
    (141, "NFLOG"),
    (152, "USB packets with USBPcap header"),
    (154, "Bluetooth Low Energy Link Layer"),
    (155, "Wireshark Upper PDU export"),
    (158, "Linux Netlink"),
    (159, "Bluetooth Linux Monitor"),
    (160, "Bluetooth BR/EDR Baseband RF"),
    (161, "Bluetooth Low Energy Link Layer RF"),
    (171, "Apple PKTAP"),
    (174, "OpenBSD loopback"),
    (182, "USB packets with Darwin (macOS, etc.) headers"),
    (185, "Linux vsock"),
    (208, "USB 2.0/1.1/1.0 packets"),
    (210, "Linux cooked-mode capture v2"),
];

const DIRECTIONS: crate::field::ValueNames = &[(0, "Unknown"), (1, "Inbound"), (2, "Outbound")];

fn direction(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    match view.decoded.packet().direction {
        Direction::Unknown => {}
        Direction::Inbound => out(Value::Unsigned(1)),
        Direction::Outbound => out(Value::Unsigned(2)),
    }
}

fn comments(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    for comment in view.decoded.comments() {
        out(Value::Text(comment));
    }
}

/// The layers by name, `eth:ethertype:ip:tcp`. Where a type field chooses the payload, Wireshark counts the choice as
/// a layer, `ethertype`; and it names a protocol once for each time that it gets bytes, however many messages they hold.
fn protocols(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let mut text = String::new();
    let mut last = ProtocolId::NONE;
    let mut calls = Calls::default();
    let open_ended = &view.decoded.work.open_ended;
    let mut handed_on_to = None;
    for layer in view.decoded.layers() {
        let protocol = layer.protocol;
        // These carry the messages of others under their own name, or have another one for each kind of theirs.
        let is_inside = matches!(
            (last, protocol),
            (id::mdns | id::llmnr, id::dns) | (id::ssdp, id::http) | (id::cldap, id::ldap)
        );
        let is_kind = protocol == id::pppoe && layer.end > layer.offset + layer.header;
        if matches!(protocol, id::frame | id::proc)
            || is_inside
            || is_kind
            || !calls.is_new(layer, open_ended)
        {
            continue;
        }
        if !text.is_empty() {
            text.push(':');
        }
        if last == id::tcp && is_handed_on(view) {
            handed_on_to = Some(protocol);
        }
        text.push_str(if handed_on_to == Some(protocol) { "http:" } else { within(last, protocol) });
        text.push_str(protocol.name());
        text.push_str(behind(view, layer));
        if last != id::wlan
            && layer.header < layer.reported_end - layer.offset
            && announces_ether_type(view, layer)
        {
            text.push_str(":ethertype");
        }
        last = protocol;
    }
    out(Value::Text(text.as_bytes()));
}

/// Who got bytes that were not another's before, while the layers go by.
struct Calls {
    /// By protocol: the buffer that it got last.
    buffers: [Option<BufferId>; 256],
}

impl Default for Calls {
    fn default() -> Self {
        Self { buffers: [None; 256] }
    }
}

impl Calls {
    /// Whether the layer begins a call: of a protocol of streams with the first PDU in each buffer, of records in
    /// datagrams with the first one of the datagram. What TLS puts together or decrypts of itself is no call; nor is what
    /// stands behind a PDU whose length was not known (`open_ended`), since the whole segment was added to its beginning.
    fn is_new(&mut self, layer: &crate::Layer, open_ended: &[BufferId]) -> bool {
        if layer.protocol == id::udp {
            for of_datagrams in [id::dtls, id::quic] {
                self.buffers[usize::from(of_datagrams.0)] = None;
            }
        }
        let call = &mut self.buffers[usize::from(layer.protocol.0)];
        let is_part = layer.protocol == id::tls && layer.detail & super::tls::detail::BARE != 0;
        let goes_on = match layer.protocol {
            id::dtls | id::quic => call.is_some(),
            id::tls if is_part => call.is_some(),
            protocol if protocol.protocol().is_some_and(|p| p.stream.is_some()) => {
                call.is_some_and(|buffer| {
                    buffer == layer.buffer
                        || open_ended.binary_search_by_key(&buffer.0, |open| open.0).is_ok()
                })
            }
            _ => false,
        };
        if !is_part {
            *call = Some(layer.buffer);
        }
        !goes_on
    }
}

/// Whether HTTP has handed the connection on: Wireshark still asks it first.
fn is_handed_on(view: &View<'_>) -> bool {
    let tcp = view.decoded.layers().iter().rfind(|layer| layer.protocol == id::tcp);
    tcp.is_some_and(|&tcp| view.decoded.view(tcp).facts().is_some_and(|facts| facts.handed_on))
}

/// What Wireshark has as a layer of its own between two protocols, with the colon behind it.
fn within(last: ProtocolId, protocol: ProtocolId) -> &'static str {
    match (last, protocol) {
        // What it gathers of the radio.
        (id::radiotap | id::ppi, id::wlan) => "wlan_radio:",
        // All versions are called by the same port.
        (id::udp, id::gtpv2) => "gtp:",
        _ => "",
    }
}

/// What Wireshark has behind a layer, with the colon in front of it.
fn behind(view: &View<'_>, layer: &crate::Layer) -> &'static str {
    let first = view.decoded.view(*layer).bytes.u8(0);
    match layer.protocol {
        // It asks a table by type, in which it stands itself.
        id::igmp if super::igmp::is_own(first) => ":igmp",
        // The object that names the interface (RFC 8335 §2.1) is read by the ICMP of version 4.
        id::icmpv6 if first == EXTENDED_ECHO_REQUEST => ":icmp",
        _ => "",
    }
}

const EXTENDED_ECHO_REQUEST: u8 = 160;

fn announces_ether_type(view: &View<'_>, layer: &crate::Layer) -> bool {
    let b = view.decoded.view(*layer).header();
    match layer.protocol {
        id::eth => b.u16(12) >= 0x600 && b.u16(12) != super::cfp::ETHER_TYPE,
        id::vlan | id::ieee8021ad => b.u16(2) >= 0x600,
        // Of GRE it is looked up among the protocols of GRE.
        id::sll => super::sll::hardware_type(layer, b) != super::sll::ARPHRD_IPGRE,
        id::llc => super::llc::announces_type(b),
        _ => false,
    }
}

fn summary(view: &View<'_>, out: &mut String) {
    let packet = view.decoded.packet();
    let (wire, captured) = (u64::from(packet.original_length), packet.data.len() as u64);
    put!(
        out,
        " {}: {wire} bytes on wire ({} bits), {captured} bytes captured ({} bits)",
        view.decoded.number(),
        wire * 8,
        captured * 8
    );
}
