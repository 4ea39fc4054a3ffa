//! A decoded packet: its layers, and fields read from them on demand.

use std::fmt;
use std::ops::Range;

use plaintap_packet::{BufferId, Packet, Span};

use crate::Bytes;
use crate::buffers::Buffers;
use crate::checksum;
use crate::decode_as::DecodeAs;
use crate::decoder::Timing;
use crate::exchanges::Exchanges;
use crate::field::{Field, FieldIndex, FieldSink, Place, Value};
use crate::flow::{Facts, Reassembled};
use crate::hosts::Hosts;
use crate::layers::{Layer, Layers, Stop};
use crate::process::ProcessInfo;
use crate::proto::{id, tcp_analysis};
use crate::registry::{FieldRef, ProtocolId};
use crate::selection::{SelectSink, Selection};
use crate::view::View;

/// One packet, decoded. Borrows from the packet and from the decoder, until the decoder takes the next one.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    pub(crate) packet: Packet<'a>,
    pub(crate) number: u64,
    pub(crate) work: &'a Work,
    pub(crate) timing: &'a Timing,
    pub(crate) processes: &'a [Option<ProcessInfo>],
    pub(crate) hosts: Option<&'a Hosts>,
    pub(crate) exchanges: Option<&'a Exchanges>,
    pub(crate) comments: &'a [&'a [u8]],
}

/// What decoding one packet produces; the memory is used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) layers: Layers,
    pub(crate) buffers: Buffers,
    pub(crate) facts: Vec<Facts>,
    /// Datagrams whose last missing fragment the packet is.
    pub(crate) reassembled: Vec<Reassembled>,
    /// Buffers of PDUs whose length was not known before this packet: whoever waited for it took the whole segment.
    pub(crate) open_ended: Vec<BufferId>,
    /// Numbers of QUIC packets, which take more bits than a layer's detail has.
    pub(crate) packet_numbers: Vec<u64>,
    pub(crate) settings: Settings,
}

/// What the user wants of every packet.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    pub(crate) decode_as: Box<[DecodeAs]>,
    pub(crate) verify_checksums: bool,
}

impl Work {
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.layers.clear();
        self.buffers.clear();
        self.facts.clear();
        self.reassembled.clear();
        self.open_ended.clear();
        self.packet_numbers.clear();
    }

    /// The bytes of a buffer, the frame's being `frame`.
    #[inline]
    pub(crate) fn bytes<'a>(&'a self, frame: &'a [u8], buffer: BufferId) -> &'a [u8] {
        if buffer == BufferId::FRAME { frame } else { self.buffers.bytes(buffer) }
    }
}

impl<'a> Decoded<'a> {
    /// The packet itself.
    pub const fn packet(&self) -> &Packet<'a> {
        &self.packet
    }

    /// Its number, from 1.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Its layers, outermost first; the first one is `frame`.
    #[inline]
    pub fn layers(&self) -> &'a [Layer] {
        self.work.layers.as_slice()
    }

    /// Whether there is a layer of `protocol`.
    #[inline]
    pub const fn contains(&self, protocol: ProtocolId) -> bool {
        self.work.layers.contains(protocol)
    }

    /// Where and why decoding stopped before the end.
    pub const fn stop(&self) -> Option<Stop> {
        self.work.layers.stop()
    }

    /// The process that sent or receives the packet, where the capture says so.
    pub fn process(&self) -> Option<&'a ProcessInfo> {
        self.processes.get(usize::try_from(self.packet.process?).ok()?)?.as_ref()
    }

    /// The comments on the packet.
    pub const fn comments(&self) -> &'a [&'a [u8]] {
        self.comments
    }

    /// The name of an address, where names are wanted and it has one.
    pub fn host(&self, address: Address) -> Option<&'a str> {
        self.hosts?.name(address)
    }

    /// Appends the name of an address, or the address.
    pub fn write_host(&self, address: Address, out: &mut String) {
        match self.host(address) {
            Some(name) => out.push_str(name),
            None => crate::text::write_address(address, out),
        }
    }

    /// Nanoseconds since the first packet of the capture.
    pub fn since_first(&self) -> i64 {
        self.timing.first.map_or(0, |first| self.packet.time.since(first))
    }

    /// Nanoseconds since the packet before.
    pub fn since_previous(&self) -> i64 {
        self.packet.time.since(self.timing.previous)
    }

    /// Number of buffers: 1 for the frame, and one more for each derived from it.
    pub fn buffer_count(&self) -> usize {
        1 + self.work.buffers.len()
    }

    /// What a buffer is: "Frame", "Reassembled TCP", "Decrypted TLS".
    pub fn buffer_name(&self, buffer: BufferId) -> &'static str {
        if buffer == BufferId::FRAME { "Frame" } else { self.work.buffers.name(buffer) }
    }

    /// The bytes of a buffer; empty when there is none of this number.
    #[inline]
    pub fn buffer(&self, buffer: BufferId) -> &'a [u8] {
        self.work.bytes(self.packet.data, buffer)
    }

    /// The bytes of a span; empty when it is not inside its buffer.
    pub fn bytes(&self, span: Span) -> &'a [u8] {
        self.buffer(span.buffer).get(span.offset as usize..span.end() as usize).unwrap_or(&[])
    }

    /// Gives every occurrence of a field, alias or protocol, in the order of the layers.
    pub fn values(&self, field: FieldRef, out: &mut dyn FnMut(Span, Value<'_>)) {
        if !self.contains(field.protocol()) {
            return;
        }
        for &layer in self.layers() {
            if layer.protocol != field.protocol() {
                continue;
            }
            let view = self.view(layer);
            if field.is_protocol() {
                out(view.span(0..view.bytes.len()), view.as_value());
            }
            for (index, row) in field.fields() {
                view.values(index, row, out);
            }
        }
    }

    /// Whether the field occurs.
    pub fn has(&self, field: FieldRef) -> bool {
        let mut found = false;
        self.values(field, &mut |_, _| found = true);
        found
    }

    /// Gives every occurrence of the selected fields, with the number that each has in the selection. All fields of a
    /// layer are found in one pass.
    pub fn select(&self, selection: &Selection, out: &mut dyn FnMut(usize, Span, Value<'_>)) {
        for &layer in self.layers() {
            let Some(wanted) = selection.wanted(layer.protocol) else { continue };
            let view = self.view(layer);
            for &column in &wanted.whole {
                out(column, view.span(0..view.bytes.len()), view.as_value());
            }
            for &(index, row, column) in &wanted.fixed {
                view.values(index, row, &mut |span, value| out(column, span, value));
            }
            if !wanted.walked.is_empty() {
                view.walk(&mut SelectSink { view: &view, wanted: &wanted.walked, out });
            }
        }
    }

    /// Gives every occurrence of the wanted fields of one of its layers: those at fixed places in the order of the
    /// table, then those of the walk.
    pub fn layer_values(
        &self,
        layer: &Layer,
        wants: &dyn Fn(FieldIndex) -> bool,
        out: &mut dyn FnMut(FieldIndex, &'static Field, Value<'_>),
    ) {
        let Some(protocol) = layer.protocol.protocol() else { return };
        let view = self.view(*layer);
        let mut walked = false;
        for (number, row) in protocol.fields.iter().enumerate() {
            let index = FieldIndex(number as u16);
            if !wants(index) {
                continue;
            }
            match row.place {
                Place::Walk => walked = true,
                _ => view.values(index, row, &mut |_, value| out(index, row, value)),
            }
        }
        if walked {
            view.walk(&mut LayerSink { fields: protocol.fields, wants, out });
        }
    }

    /// Whether a layer only marks the beginning of a PDU that goes on in later packets; details leave it out.
    pub fn is_mark(&self, layer: &Layer) -> bool {
        let stream = layer.protocol.protocol().is_some_and(|p| p.stream.is_some());
        stream && layer.header == 0 && layer.end > layer.offset
    }

    /// The protocol column: the highest protocol that has a name for it.
    pub fn protocol_label(&self) -> &'static str {
        for &layer in self.layers().iter().rev() {
            let label = self.label_of(layer);
            if !label.is_empty() {
                return label;
            }
        }
        ""
    }

    /// What a layer would have in the protocol column.
    fn label_of(&self, layer: Layer) -> &'static str {
        let Some(protocol) = layer.protocol.protocol() else { return "" };
        protocol.column_of.map_or(protocol.column, |column_of| column_of(&self.view(layer)))
    }

    /// One line for people: what the highest protocol says; of several PDUs each. In front of it stands what is odd
    /// about the TCP segment, behind it what is wrong with checksums, where they are verified.
    pub fn info(&self, out: &mut String) {
        if self.contains(id::tcp)
            && let Some(layer) = self.layers().iter().rfind(|layer| layer.protocol == id::tcp)
        {
            tcp_analysis::append_marks(&self.view(*layer), out);
        }
        self.append_highest(out);
        if self.work.settings.verify_checksums {
            self.append_checksums(out);
        }
    }

    fn append_highest(&self, out: &mut String) {
        let says = |layer: &&Layer| {
            let view = self.view(**layer);
            layer.protocol.protocol().is_some_and(|p| p.info.is_some() && !view.is_silent())
                && !(layer.protocol == id::kerberos && self.label_of(**layer).is_empty())
        };
        let Some(highest) = self.layers().iter().rev().find(says).map(|layer| layer.protocol) else { return };
        let Some(info) = highest.protocol().and_then(|p| p.info) else { return };
        // Tunnels: only the innermost of a protocol speaks. PDUs of a stream all do.
        let stream = highest.protocol().is_some_and(|p| p.stream.is_some());
        let skip = if stream {
            0
        } else {
            self.layers().iter().rposition(|layer| layer.protocol == highest).unwrap_or(0)
        };
        let mut last = out.len();
        for layer in self.layers().iter().skip(skip).filter(|layer| layer.protocol == highest).filter(says) {
            let start = out.len();
            if start > last {
                out.push_str(", ");
            }
            let before = out.len();
            info(&self.view(*layer), out);
            if out.len() == before {
                out.truncate(start);
            } else if start == last {
                last = start;
            }
        }
    }

    /// What is wrong with the checksums, behind the line for people.
    fn append_checksums(&self, out: &mut String) {
        for &layer in self.layers() {
            if let Some(checksum::Status::Bad(difference)) = checksum::status(&self.view(layer)) {
                let _ = fmt::Write::write_fmt(out, format_args!(" {difference}"));
            }
        }
    }

    /// Who talks to whom: addresses and ports of the innermost network and transport layer (those quoted in an ICMP
    /// error aside), of the link layer when there is no network layer.
    pub fn addresses(&self) -> Addresses {
        let (mut network, mut transport) = (None, None);
        for layer in self.layers() {
            match layer.protocol {
                id::eth | id::ip | id::ipv6 => (network, transport) = (Some(layer), None),
                id::tcp | id::udp if layer.header >= 4 => transport = Some(layer),
                id::icmp | id::icmpv6 => break,
                _ => {}
            }
        }
        let mut found = Addresses::default();
        if let Some(network) = network {
            let b = self.view(*network).header();
            [found.source, found.destination] = match network.protocol {
                id::eth => [b.array(6).map(Address::Mac), b.array(0).map(Address::Mac)],
                id::ip => [b.array(12).map(Address::Ip4), b.array(16).map(Address::Ip4)],
                _ => [b.array(8).map(Address::Ip6), b.array(24).map(Address::Ip6)],
            };
        }
        found.ports = transport.map(|layer| {
            let b = self.view(*layer).header();
            (b.u16(0), b.u16(2))
        });
        found
    }

    #[inline]
    pub(crate) fn view(&self, layer: Layer) -> View<'_> {
        let bytes = self.buffer(layer.buffer);
        let bytes = bytes.get(layer.offset as usize..layer.end as usize).unwrap_or(&[]);
        View { decoded: self, layer, bytes: Bytes(bytes) }
    }
}

/// The two ends of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// The sender.
    pub source: Option<Address>,
    /// The receiver.
    pub destination: Option<Address>,
    /// Source and destination port of TCP or UDP.
    pub ports: Option<(u16, u16)>,
}

/// An address of the link or network layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// MAC address.
    Mac([u8; 6]),
    /// IPv4 address.
    Ip4([u8; 4]),
    /// IPv6 address.
    Ip6([u8; 16]),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        crate::text::write_address(*self, &mut text);
        f.pad(&text)
    }
}

/// Lets the wanted fields of a layer through.
struct LayerSink<'s> {
    fields: &'static [Field],
    wants: &'s dyn Fn(FieldIndex) -> bool,
    out: &'s mut dyn FnMut(FieldIndex, &'static Field, Value<'_>),
}

impl FieldSink for LayerSink<'_> {
    fn wants(&self, field: FieldIndex) -> bool {
        (self.wants)(field)
    }

    fn put(&mut self, field: FieldIndex, _: Range<usize>, value: Value<'_>) {
        if let Some(row) = self.fields.get(usize::from(field.0)).filter(|_| (self.wants)(field)) {
            (self.out)(field, row, value);
        }
    }

    fn open(&mut self, _: Range<usize>, _: fmt::Arguments<'_>) {}

    fn close(&mut self) {}
}
