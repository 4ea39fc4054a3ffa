//! One layer of a packet, as a protocol gets to see it.

use std::fmt;
use std::ops::Range;

use plaintap_packet::{BufferId, Span};

use crate::Bytes;
use crate::decoded::{Address, Decoded, Work};
use crate::field::{Field, FieldIndex, FieldSink, Place, Value};
use crate::flow::{Facts, Reassembled, Setup};
use crate::layers::Layer;
use crate::proto::id;

/// One layer with its bytes: what `walk`, `meta`, `info` and `when` get to see.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The packet that the layer belongs to.
    pub decoded: &'a Decoded<'a>,
    /// The layer.
    pub layer: Layer,
    /// Its bytes, header and payload.
    pub bytes: Bytes<'a>,
}

impl<'a> View<'a> {
    /// The header alone.
    #[inline]
    pub fn header(&self) -> Bytes<'a> {
        Bytes(&self.bytes.0[..(self.layer.header as usize).min(self.bytes.len())])
    }

    /// What stands behind the header.
    #[inline]
    pub fn payload(&self) -> &'a [u8] {
        &self.bytes.0[(self.layer.header as usize).min(self.bytes.len())..]
    }

    /// Number of payload bytes on the wire, whether or not they were captured.
    pub fn payload_length(&self) -> u32 {
        self.layer.reported_end.saturating_sub(self.layer.offset + self.layer.header)
    }

    /// What the flow stage found out, for transport layers.
    pub(crate) fn facts(&self) -> Option<&'a Facts> {
        self.decoded.work.facts.get((self.layer.detail as usize).checked_sub(1)?)
    }

    /// The datagram that this network layer carries the last missing fragment of, with its bytes.
    pub(crate) fn reassembled(&self) -> Option<(&'a Reassembled, &'a [u8])> {
        let Work { layers, reassembled, .. } = self.decoded.work;
        let here = |whole: &&Reassembled| layers.as_slice().get(whole.layer) == Some(&self.layer);
        let whole = reassembled.iter().find(here)?;
        Some((whole, self.decoded.buffer(whole.buffer)))
    }

    /// Who announced the conversation that this layer lies in, where its protocol is known from that.
    pub fn setup(&self) -> Option<Setup> {
        let transport = |layer: &&Layer| matches!(layer.protocol, id::tcp | id::udp);
        let transport = self.below().iter().rev().find(transport)?;
        self.decoded.view(*transport).facts()?.setup
    }

    /// What the flow stage unpacked of this PDU, for protocols with an [`crate::Unpacker`].
    pub fn unpacked(&self) -> &'a [u8] {
        match u16::try_from(self.layer.detail) {
            Ok(buffer @ 1..) => self.decoded.buffer(BufferId(buffer)),
            _ => &[],
        }
    }

    /// The layers in front of this one, outermost first.
    pub fn below(&self) -> &'a [Layer] {
        let layers = self.decoded.layers();
        let here = layers.iter().position(|layer| *layer == self.layer).unwrap_or(layers.len());
        &layers[..here]
    }

    /// The bytes of a range of this layer as a span of its buffer.
    #[inline]
    pub fn span(&self, range: Range<usize>) -> Span {
        let end = range.end.min(self.bytes.len());
        let start = range.start.min(end);
        Span {
            buffer: self.layer.buffer,
            offset: self.layer.offset + start as u32,
            length: (end - start) as u32,
        }
    }

    /// A layer that only marks the beginning of a PDU, which goes on in later packets.
    pub(crate) fn is_silent(&self) -> bool {
        self.layer.header == 0
    }

    pub(crate) fn as_value(&self) -> Value<'a> {
        Value::Protocol(self.bytes.0, self.layer.protocol.name())
    }

    /// Gives the values of one row in this layer.
    #[inline]
    pub(crate) fn values(&self, index: FieldIndex, row: &Field, out: &mut dyn FnMut(Span, Value<'_>)) {
        if row.when.is_some_and(|when| !when(self)) {
            return;
        }
        match row.place {
            Place::At { .. } | Place::Bits { .. } | Place::Rest(_) => {
                if let Some((range, value)) = row.read(self.header()) {
                    out(self.span(range), value);
                }
            }
            Place::Payload => {
                let payload = self.payload();
                if !payload.is_empty() {
                    out(self.span(self.layer.header as usize..self.bytes.len()), Value::Bytes(payload));
                }
            }
            Place::Meta(values) | Place::Exchange(values) => {
                values(self, &mut |value| out(self.span(0..0), value));
            }
            Place::Walk => self.walk(&mut OneSink { view: self, wanted: index, out }),
        }
    }

    /// The first value of a field, where it is a number.
    pub(crate) fn number(&self, index: FieldIndex) -> Option<i64> {
        let mut found = None;
        self.each(index, &mut |value| {
            let number = match value {
                Value::Signed(number) => Some(number),
                Value::Unsigned(number) => i64::try_from(number).ok(),
                _ => None,
            };
            found = found.or(number);
        });
        found
    }

    /// Whether a field is there.
    pub(crate) fn has(&self, index: FieldIndex) -> bool {
        let mut found = false;
        self.each(index, &mut |_| found = true);
        found
    }

    fn each(&self, index: FieldIndex, out: &mut dyn FnMut(Value<'_>)) {
        let row = self.layer.protocol.protocol().and_then(|p| p.fields.get(usize::from(index.0)));
        if let Some(row) = row {
            self.values(index, row, &mut |_, value| out(value));
        }
    }

    /// Walks the layer; what is damaged ends the walk and keeps what was found.
    pub(crate) fn walk(&self, sink: &mut dyn FieldSink) {
        if let Some(walk) = self.layer.protocol.protocol().and_then(|p| p.walk) {
            let _ = walk(self, sink);
        }
    }
}

/// Appends source and destination, as they stand in the first line of a layer's details.
pub(crate) fn append_ends(view: &View<'_>, out: &mut String) {
    let b = view.header();
    let ends = match view.layer.protocol {
        id::eth => [b.array(6).map(Address::Mac), b.array(0).map(Address::Mac)],
        id::ip => [b.array(12).map(Address::Ip4), b.array(16).map(Address::Ip4)],
        _ => [b.array(8).map(Address::Ip6), b.array(24).map(Address::Ip6)],
    };
    if let [Some(source), Some(destination)] = ends {
        for (label, end) in [(", Src: ", source), (", Dst: ", destination)] {
            out.push_str(label);
            match view.decoded.host(end) {
                Some(name) => {
                    let _ = fmt::Write::write_fmt(out, format_args!("{name} ({end})"));
                }
                None => crate::text::write_address(end, out),
            }
        }
    }
}

/// Gives the name of an address, or the address, as the value of a `host` field.
pub(crate) fn host(view: &View<'_>, address: Option<Address>, out: &mut dyn FnMut(Value<'_>)) {
    if let Some(address) = address {
        let mut text = String::new();
        view.decoded.write_host(address, &mut text);
        out(Value::Text(text.as_bytes()));
    }
}

/// Lets one field through.
struct OneSink<'s, 'v> {
    view: &'s View<'v>,
    wanted: FieldIndex,
    out: &'s mut dyn FnMut(Span, Value<'_>),
}

impl FieldSink for OneSink<'_, '_> {
    fn wants(&self, field: FieldIndex) -> bool {
        field == self.wanted
    }

    fn put(&mut self, field: FieldIndex, at: Range<usize>, value: Value<'_>) {
        if field == self.wanted {
            (self.out)(self.view.span(at), value);
        }
    }

    fn open(&mut self, _: Range<usize>, _: fmt::Arguments<'_>) {}

    fn close(&mut self) {}
}
