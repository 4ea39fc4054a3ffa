//! The details of a packet: every field of every layer, as lines with their bytes. Made on demand.

use std::fmt::{self, Write as _};
use std::ops::Range;

use plaintap_packet::Span;

use crate::checksum;
use crate::decoded::{Address, Decoded};
use crate::field::{Base, Field, FieldIndex, FieldSink, Kind, Place, Value};
use crate::layers::Layer;
use crate::registry::{FieldRef, ProtocolId};
use crate::text::write_value;
use crate::view::View;

/// The lines of a packet's details, in order; reused from packet to packet.
#[derive(Debug, Default)]
pub struct Tree {
    lines: Vec<Line>,
    text: String,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// How deep it lies: 0 for a layer, 1 for its fields, more below those.
    pub depth: u8,
    /// The bytes it stands for; none when it was computed.
    pub span: Span,
    /// The protocol or field; none for lines that only hold others together.
    pub field: Option<FieldRef>,
    text: Range<usize>,
}

impl Tree {
    /// The lines from top to bottom.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// What a line says.
    pub fn text(&self, line: &Line) -> &str {
        self.text.get(line.text.clone()).unwrap_or("")
    }

    fn add(&mut self, depth: u8, span: Span, field: Option<FieldRef>, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        self.lines.push(Line { depth, span, field, text: start..self.text.len() });
    }
}

impl Decoded<'_> {
    /// Appends the first line of a layer's details: `Internet Protocol Version 4, Src: 10.0.0.1, Dst: 10.0.0.2`.
    pub fn layer_line(&self, layer: &Layer, out: &mut String) {
        let Some(protocol) = layer.protocol.protocol() else { return };
        out.push_str(protocol.title);
        if let Some(summary) = protocol.summary {
            summary(&self.view(*layer), out);
        }
    }

    /// Writes the packet's details to `tree`, in place of what it held.
    pub fn tree(&self, tree: &mut Tree) {
        tree.lines.clear();
        tree.text.clear();
        for &layer in self.layers() {
            let view = self.view(layer);
            let Some(protocol) = layer.protocol.protocol() else { continue };
            if self.is_mark(&layer) {
                continue;
            }
            let whole = view.span(0..layer.header as usize);
            tree.add(0, whole, Some(FieldRef::of_protocol(layer.protocol)), |text| {
                self.layer_line(&layer, text);
            });
            for (number, row) in protocol.fields.iter().enumerate() {
                if row.hidden || matches!(row.place, Place::Walk) {
                    continue;
                }
                let index = FieldIndex(number as u16);
                view.values(index, row, &mut |span, value| {
                    let field = FieldRef::of_field(layer.protocol, index);
                    let depth = if is_part_of_previous(protocol.fields, number) { 2 } else { 1 };
                    tree.add(depth, span, Some(field), |text| write_row(row, &view, &value, text));
                });
            }
            view.walk(&mut TreeSink { tree, view: &view, protocol: layer.protocol, depth: 1 });
            if let Some(checksum::Status::Bad(difference)) = checksum::status(&view) {
                tree.add(1, whole, None, |text| {
                    let _ = write!(text, "{difference}");
                });
            }
            if let Some(stop) = self.stop().filter(|stop| stop.protocol == layer.protocol) {
                tree.add(1, whole, None, |text| {
                    let _ = match stop.cut {
                        true => write!(text, "[Packet size limited during capture: {}]", stop.short),
                        false => write!(text, "[Malformed packet: {}]", stop.short),
                    };
                });
            }
        }
    }
}

/// Bits of a number that has a row of its own stand below it.
fn is_part_of_previous(fields: &[Field], number: usize) -> bool {
    let Place::Bits { start, mask, .. } = fields[number].place else { return false };
    fields[..number].iter().any(|other| match other.place {
        Place::At { start: s, end } => {
            s <= start && start < end && fields[number].name.starts_with(other.name)
        }
        Place::Bits { start: s, mask: m, .. } => {
            s == start && m != mask && m & mask == mask && fields[number].name.starts_with(other.name)
        }
        _ => false,
    })
}

/// Turns a walk into lines.
struct TreeSink<'t, 'v> {
    tree: &'t mut Tree,
    view: &'t View<'v>,
    protocol: ProtocolId,
    depth: u8,
}

impl FieldSink for TreeSink<'_, '_> {
    fn wants(&self, _: FieldIndex) -> bool {
        true
    }

    fn put(&mut self, field: FieldIndex, at: Range<usize>, value: Value<'_>) {
        let rows = self.protocol.protocol().map_or(&[][..], |p| p.fields);
        let Some(row) = rows.get(usize::from(field.0)).filter(|row| !row.hidden) else { return };
        let span = self.view.span(at);
        let field = FieldRef::of_field(self.protocol, field);
        self.tree.add(self.depth, span, Some(field), |text| write_row(row, self.view, &value, text));
    }

    fn open(&mut self, at: Range<usize>, label: fmt::Arguments<'_>) {
        let span = self.view.span(at);
        self.tree.add(self.depth, span, None, |text| {
            let _ = text.write_fmt(label);
        });
        self.depth = self.depth.saturating_add(1);
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1).max(1);
    }
}

/// One field for people: `Type: IPv4 (0x0800)`, `.1.. .... = Don't fragment: Set`, `[Stream index: 0]`.
fn write_row(row: &Field, view: &View<'_>, value: &Value<'_>, out: &mut String) {
    let computed = matches!(row.place, Place::Meta(_) | Place::Exchange(_));
    if computed {
        out.push('[');
    }
    if let Place::Bits { start, end, mask } = row.place {
        let number = view.bytes.number(start.into(), end.into()).unwrap_or(0);
        write_bits(number, mask, u32::from(end - start) * 8, out);
    }
    out.push_str(row.label);
    if row.kind != Kind::None {
        out.push_str(": ");
        if let Some(name) = name_of(view, value) {
            let _ = write!(out, "{name} (");
            write_value(Some(row), value, out);
            out.push(')');
        } else {
            write_for_people(row, value, out);
        }
    }
    if computed {
        out.push(']');
    }
}

/// The name of an address.
fn name_of<'a>(view: &View<'a>, value: &Value<'_>) -> Option<&'a str> {
    match *value {
        Value::Ip4(address) => view.decoded.host(Address::Ip4(address)),
        Value::Ip6(address) => view.decoded.host(Address::Ip6(address)),
        _ => None,
    }
}

fn write_for_people(row: &Field, value: &Value<'_>, out: &mut String) {
    /// Longer values are in the bytes view.
    const LONGEST: usize = 64;
    match *value {
        Value::Bool(set) => out.push_str(if set { "Set" } else { "Not set" }),
        Value::Unsigned(number) if !row.names.is_empty() => {
            out.push_str(row.value_name(number).unwrap_or("Unknown"));
            out.push_str(" (");
            write_value(Some(row), value, out);
            out.push(')');
        }
        Value::Unsigned(number) if row.base == Base::Hexadecimal && row.kind == Kind::U16 => {
            write_value(Some(row), value, out);
            let _ = write!(out, " ({number})");
        }
        Value::Duration(_) => {
            write_value(Some(row), value, out);
            out.push_str(" seconds");
        }
        Value::Bytes(bytes) if bytes.len() > LONGEST => {
            write_value(Some(row), &Value::Bytes(&bytes[..LONGEST]), out);
            out.push('…');
        }
        _ => write_value(Some(row), value, out),
    }
}

/// The bits in their places, the others as dots: `.1.. .... = `.
fn write_bits(number: u64, mask: u64, width: u32, out: &mut String) {
    for bit in (0..width).rev() {
        out.push(match (mask >> bit & 1, number >> bit & 1) {
            (0, _) => '.',
            (_, 0) => '0',
            _ => '1',
        });
        if bit > 0 && bit % 4 == 0 {
            out.push(' ');
        }
    }
    out.push_str(" = ");
}
