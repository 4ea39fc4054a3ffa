//! `-T fields`: the values of chosen fields, as tshark prints them.

use anyhow::{Result, bail};
use plaintap_decode::{Decoded, FieldRef, Selection, registry, text};

use super::Printer;

/// See the module.
pub struct Fields {
    selection: Selection,
    columns: Vec<Column>,
}

struct Column {
    field: FieldRef,
    /// The values of the current packet, comma between occurrences.
    text: String,
    any: bool,
}

impl Fields {
    /// The named fields, in their order.
    ///
    /// # Errors
    /// When a name is not known; the message has the nearest ones.
    pub fn new(names: &[String]) -> Result<Self> {
        if names.is_empty() {
            bail!("-T fields needs at least one field: -e FIELD");
        }
        let mut fields = Vec::new();
        for name in names {
            match registry::field(name) {
                Some(field) => fields.push(field),
                None => bail!("unknown field {name:?}{}", suggestion(name)),
            }
        }
        let columns = fields.iter().map(|&field| Column { field, text: String::new(), any: false }).collect();
        Ok(Self { selection: Selection::new(&fields), columns })
    }
}

impl Printer for Fields {
    fn packet(&mut self, decoded: &Decoded<'_>, out: &mut String) {
        for column in &mut self.columns {
            column.text.clear();
            column.any = false;
        }
        let columns = &mut self.columns;
        decoded.select(&self.selection, &mut |index, _, value| {
            let column = &mut columns[index];
            if std::mem::replace(&mut column.any, true) {
                column.text.push(',');
            }
            text::write_value(column.field.field(), &value, &mut column.text);
        });
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push('\t');
            }
            out.push_str(&column.text);
        }
        out.push('\n');
    }
}

fn suggestion(name: &str) -> String {
    let near = plaintap_filter::nearest(name, 3);
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) }
}
