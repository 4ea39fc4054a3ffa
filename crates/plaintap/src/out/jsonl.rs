//! `-T jsonl`: a JSON object a packet, a line each. The schema is in docs/jsonl.md.

use std::ops::Range;

use anyhow::Result;
use plaintap_decode::field::FieldIndex;
use plaintap_decode::text::{write_decimal, write_seconds};
use plaintap_decode::{Decoded, Layer, ProtocolId, registry};
use plaintap_packet::Direction;

use super::fields::{What, named};
use super::json::{push_quoted, push_string, push_text, push_value};
use super::table::{Table, TableColumn};
use super::{Clock, Printer};

/// See the module.
pub struct Jsonl {
    /// What is written of each protocol, by its number; layers of others are left out.
    plans: Vec<Option<Plan>>,
    columns: Vec<(String, TableColumn)>,
    table: Table,
    text: String,
    members: Members,
}

/// The members that the layers of one protocol have.
#[derive(Clone, Default)]
struct Plan {
    names: Vec<&'static str>,
    /// How each member begins: a comma, its name, and the bracket in front of its values.
    openings: Vec<String>,
    /// The members to which each row of the protocol's table belongs, by its number.
    of_row: Vec<Vec<u16>>,
}

impl Jsonl {
    /// All fields, or those named: fields, aliases, columns, and protocols for all of their fields. `clock` is for the
    /// column of times.
    ///
    /// # Errors
    /// When names are not known: all of them, with the nearest that are.
    pub fn new(names: &[String], clock: Clock) -> Result<Self> {
        let mut plans = vec![None; registry::PROTOCOLS.len()];
        let mut columns = Vec::new();
        if names.is_empty() {
            for (number, plan) in plans.iter_mut().enumerate() {
                *plan = Some(Plan::of_all(ProtocolId(number as u8)));
            }
        }
        for (name, what) in names.iter().zip(named(names)?) {
            let field = match what {
                What::Table(column) => {
                    columns.push((name.clone(), column));
                    continue;
                }
                What::Field(field) | What::Layers(field) => field,
            };
            let Some(plan) = plans.get_mut(usize::from(field.protocol().0)) else { continue };
            if field.is_protocol() {
                *plan = Some(Plan::of_all(field.protocol()));
            } else {
                let plan = plan.get_or_insert_default();
                plan.add(field.name(), field.fields().map(|(index, _)| index));
            }
        }
        Ok(Self {
            plans,
            columns,
            table: Table::new(clock),
            text: String::new(),
            members: Members::default(),
        })
    }

    fn layers(&mut self, decoded: &Decoded<'_>, out: &mut String) {
        out.push_str(",\"layers\":[");
        let mut first = true;
        for layer in decoded.layers().iter().filter(|layer| !decoded.is_mark(layer)) {
            let Some(Some(plan)) = self.plans.get(usize::from(layer.protocol.0)) else { continue };
            if !std::mem::take(&mut first) {
                out.push(',');
            }
            out.push_str("{\"protocol\":\"");
            out.push_str(layer.protocol.name());
            out.push_str("\",\"fields\":{");
            self.members.write(plan, decoded, layer, out);
            out.push_str("}}");
        }
        out.push(']');
    }
}

impl Plan {
    /// Every field that details show.
    fn of_all(protocol: ProtocolId) -> Self {
        let mut plan = Self::default();
        for (number, row) in protocol.protocol().map_or(&[][..], |p| p.fields).iter().enumerate() {
            if !row.hidden {
                plan.add(row.name, std::iter::once(FieldIndex(number as u16)));
            }
        }
        plan
    }

    /// One more member, whose values are those of these rows.
    fn add(&mut self, name: &'static str, rows: impl Iterator<Item = FieldIndex>) {
        if self.names.contains(&name) {
            return;
        }
        let member = self.names.len() as u16;
        self.names.push(name);
        // Names of fields have no character that JSON escapes.
        self.openings.push(format!(",\"{name}\":["));
        for row in rows.map(|row| usize::from(row.0)) {
            if self.of_row.len() <= row {
                self.of_row.resize(row + 1, Vec::new());
            }
            self.of_row[row].push(member);
        }
    }

    fn members(&self, row: FieldIndex) -> &[u16] {
        self.of_row.get(usize::from(row.0)).map_or(&[], Vec::as_slice)
    }
}

impl Printer for Jsonl {
    fn packet(&mut self, decoded: &Decoded<'_>, out: &mut String) {
        push_capture_facts(decoded, out);
        if !self.columns.is_empty() {
            out.push_str(",\"columns\":{");
            for (index, (name, column)) in self.columns.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                self.text.clear();
                self.table.write(*column, decoded, &mut self.text);
                push_string(name, out);
                out.push(':');
                push_string(&self.text, out);
            }
            out.push('}');
        }
        self.layers(decoded, out);
        if let Some(stop) = decoded.stop() {
            out.push_str(",\"stopped\":{\"protocol\":\"");
            out.push_str(stop.protocol.name());
            out.push_str("\",\"captured_short\":");
            out.push_str(if stop.cut { "true}" } else { "false}" });
        }
        out.push_str("}\n");
    }

    fn pass(&mut self, decoded: &Decoded<'_>) {
        self.table.pass(decoded);
    }
}

/// What the file says about a packet, its bytes aside.
fn push_capture_facts(decoded: &Decoded<'_>, out: &mut String) {
    let packet = decoded.packet();
    out.push_str("{\"number\":");
    write_decimal(decoded.number(), out);
    out.push_str(",\"time\":");
    push_quoted(out, |out| write_seconds(packet.time.0, out));
    out.push_str(",\"length\":");
    write_decimal(packet.original_length.into(), out);
    out.push_str(",\"captured_length\":");
    write_decimal(packet.data.len() as u64, out);
    out.push_str(",\"interface\":");
    write_decimal(packet.interface.into(), out);
    out.push_str(match packet.direction {
        Direction::Unknown => "",
        Direction::Inbound => ",\"direction\":\"inbound\"",
        Direction::Outbound => ",\"direction\":\"outbound\"",
    });
    if let Some(process) = decoded.process() {
        out.push_str(",\"process\":{\"pid\":");
        write_decimal(process.pid.into(), out);
        out.push_str(",\"name\":");
        push_string(&process.name, out);
        if let Some(uid) = process.uid {
            out.push_str(",\"uid\":");
            write_decimal(uid.into(), out);
        }
        out.push('}');
    }
    for (index, comment) in decoded.comments().iter().enumerate() {
        out.push_str(if index == 0 { ",\"comments\":[" } else { "," });
        push_text(comment, out);
    }
    if !decoded.comments().is_empty() {
        out.push(']');
    }
}

/// The members of one layer. Nearly always the values of a member come one behind the other, and are written as they
/// come; those that come later than other members are kept, and put in their places at the end. The memory is used again
/// for the next layer.
#[derive(Default)]
struct Members {
    /// The members that have values, in the order in which they came.
    order: Vec<Member>,
    /// The place of each member in the order, and the layer for which that holds.
    places: Vec<(u64, u32)>,
    /// The number of the layer, among all that were written.
    layer: u64,
    late: Late,
}

struct Member {
    number: u16,
    /// Where the values lie that were written as they came.
    written: Range<usize>,
    /// The first and the last of those that came late.
    late: Option<(u32, u32)>,
}

/// Values that came late.
#[derive(Default)]
struct Late {
    text: String,
    values: Vec<Found>,
    /// What was written as it came, while it is put together with the rest.
    written: String,
}

struct Found {
    text: Range<usize>,
    /// The next value of the same member.
    next: Option<u32>,
}

impl Members {
    fn write(&mut self, plan: &Plan, decoded: &Decoded<'_>, layer: &Layer, out: &mut String) {
        self.layer += 1;
        self.order.clear();
        self.late.text.clear();
        self.late.values.clear();
        if self.places.len() < plan.names.len() {
            self.places.resize(plan.names.len(), (0, 0));
        }
        let start = out.len();
        decoded.layer_values(layer, &|row| !plan.members(row).is_empty(), &mut |row, field, value| {
            for &member in plan.members(row) {
                self.add(plan, member, out, |out| push_value(field, &value, out));
            }
        });
        if self.late.values.is_empty() {
            out.push_str(if self.order.is_empty() { "" } else { "]" });
        } else {
            self.put_late(plan, start, out);
        }
    }

    fn add(&mut self, plan: &Plan, number: u16, out: &mut String, write: impl FnOnce(&mut String)) {
        let Self { order, places, layer, late } = self;
        let place = &mut places[usize::from(number)];
        let is_new = place.0 != *layer;
        if is_new {
            *place = (*layer, order.len() as u32);
            order.push(Member { number, written: 0..0, late: None });
        }
        let at = place.1 as usize;
        if !late.values.is_empty() || at + 1 < order.len() {
            return late.add(&mut order[at], write);
        }
        if is_new {
            let opening = plan.openings[usize::from(number)].as_str();
            out.push_str(if at == 0 { &opening[1..] } else { "]" });
            out.push_str(if at == 0 { "" } else { opening });
            order[at].written.start = out.len();
        } else {
            out.push(',');
        }
        write(out);
        order[at].written.end = out.len();
    }

    /// Writes the members anew from `start` on, each with its late values.
    fn put_late(&mut self, plan: &Plan, start: usize, out: &mut String) {
        let Late { text, values, written } = &mut self.late;
        written.clear();
        written.push_str(&out[start..]);
        out.truncate(start);
        for (index, member) in self.order.iter().enumerate() {
            let opening = plan.openings[usize::from(member.number)].as_str();
            out.push_str(if index == 0 { &opening[1..] } else { opening });
            let Range { start: from, end: to } = member.written;
            out.push_str(if from < to { &written[from - start..to - start] } else { "" });
            let mut first = from == to;
            let mut next = member.late.map(|(first, _)| first);
            while let Some(value) = next.and_then(|at| values.get(at as usize)) {
                if !std::mem::take(&mut first) {
                    out.push(',');
                }
                out.push_str(&text[value.text.clone()]);
                next = value.next;
            }
            out.push(']');
        }
    }
}

impl Late {
    fn add(&mut self, member: &mut Member, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        let new = self.values.len() as u32;
        self.values.push(Found { text: start..self.text.len(), next: None });
        match &mut member.late {
            Some((_, last)) => {
                self.values[*last as usize].next = Some(new);
                *last = new;
            }
            late @ None => *late = Some((new, new)),
        }
    }
}
