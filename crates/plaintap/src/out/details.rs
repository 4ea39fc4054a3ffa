//! `-V`: all fields of a packet as a tree; `-O`: those of some protocols.

use anyhow::{Result, bail};
use plaintap_decode::text::write_decimal;
use plaintap_decode::{Decoded, Line, ProtocolId, Tree, registry};
use plaintap_filter::{nearest, suggestion};
use plaintap_packet::BufferId;

use super::Printer;
use super::lines::push_printable;

/// See the module.
#[derive(Default)]
pub struct Details {
    tree: Tree,
    /// The protocols shown with their fields; none for all.
    only: Option<Vec<ProtocolId>>,
}

impl Details {
    /// The details of these protocols (names, commas between); of the others only the first line.
    ///
    /// # Errors
    /// When a name is not that of a protocol.
    pub fn only(names: &str) -> Result<Self> {
        let mut only = Vec::new();
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match registry::protocol(name) {
                Some(protocol) => only.push(protocol),
                None => bail!("unknown protocol {name:?}{}", suggestion(&nearest(name, 3))),
            }
        }
        Ok(Self { tree: Tree::default(), only: Some(only) })
    }
}

impl Printer for Details {
    fn packet(&mut self, decoded: &Decoded<'_>, out: &mut String) {
        decoded.tree(&mut self.tree);
        let mut shown = true;
        for line in self.tree.lines() {
            if let (0, Some(layer), Some(only)) = (line.depth, line.field, &self.only) {
                shown = only.contains(&layer.protocol());
            }
            if shown || line.depth == 0 {
                for _ in 0..line.depth {
                    out.push_str("    ");
                }
                push_printable(self.tree.text(line), out);
                push_range(decoded, line, out);
                out.push('\n');
            }
        }
        out.push('\n');
    }
}

/// The bytes of a line, as a slice is written in filters: offset and length. Layers outside the frame say where they lie.
fn push_range(decoded: &Decoded<'_>, line: &Line, out: &mut String) {
    if line.span.length == 0 {
        return;
    }
    out.push_str("  [");
    if line.depth == 0 && line.span.buffer != BufferId::FRAME {
        out.push_str(decoded.buffer_name(line.span.buffer));
        out.push(' ');
    }
    write_decimal(line.span.offset.into(), out);
    out.push(':');
    write_decimal(line.span.length.into(), out);
    out.push(']');
}
