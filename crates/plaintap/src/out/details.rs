//! `-V`: all fields of a packet as a tree.

use plaintap_decode::{Decoded, Tree};

use super::Printer;
use super::lines::push_printable;

/// See the module.
#[derive(Default)]
pub struct Details {
    tree: Tree,
}

impl Printer for Details {
    fn packet(&mut self, decoded: &Decoded<'_>, out: &mut String) {
        decoded.tree(&mut self.tree);
        for line in self.tree.lines() {
            for _ in 0..line.depth {
                out.push_str("    ");
            }
            push_printable(self.tree.text(line), out);
            out.push('\n');
        }
        out.push('\n');
    }
}
