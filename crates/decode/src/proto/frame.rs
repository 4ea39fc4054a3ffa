//! The frame: what the capture says about a packet, as a protocol of its own.

use plaintap_packet::Direction;

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
    DIRECTION: U32 meta(direction), "frame.packet_flags_direction", "Direction", hex, names(DIRECTIONS);
    PROTOCOLS: Text meta(protocols), "frame.protocols", "Protocols in frame";
    COMMENT: Text meta(comments), "frame.comment", "Comment";
}

pub(crate) static PROTOCOL: Protocol =
    Protocol { fields: FIELDS, summary: Some(summary), ..Protocol::new("frame", "Frame", "") };

/// The decoder lays this layer over the whole packet by itself; it hands nothing on.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

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
/// a layer, `ethertype`; and it names a stream protocol once, however many PDUs the packet holds.
fn protocols(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let mut text = String::new();
    let mut last = (ProtocolId::NONE, u16::MAX);
    let mut outer_stream = None;
    for layer in view.decoded.layers() {
        let Some(protocol) = layer.protocol.protocol() else { continue };
        if matches!(layer.protocol, id::frame | id::proc) {
            continue;
        }
        // These carry the messages of DNS under their own name.
        if layer.protocol == id::dns && matches!(last.0, id::mdns | id::llmnr) {
            continue;
        }
        if protocol.stream.is_some() {
            let repeated = outer_stream == Some(layer.protocol) || last == (layer.protocol, layer.buffer.0);
            outer_stream.get_or_insert(layer.protocol);
            if repeated {
                continue;
            }
        }
        last = (layer.protocol, layer.buffer.0);
        if !text.is_empty() {
            text.push(':');
        }
        text.push_str(protocol.name);
        if layer.header < layer.reported_end - layer.offset && announces_ether_type(view, layer) {
            text.push_str(":ethertype");
        }
    }
    out(Value::Text(text.as_bytes()));
}

fn announces_ether_type(view: &View<'_>, layer: &crate::Layer) -> bool {
    let b = view.decoded.view(*layer).header();
    match layer.protocol {
        id::eth => b.u16(12) >= 0x600,
        id::vlan | id::ieee8021ad => b.u16(2) >= 0x600,
        id::sll => true,
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
