//! `-T fields`: the values of chosen fields, as tshark prints them.

use anyhow::{Result, bail};
use plaintap_decode::{Decoded, FieldRef, Selection, Value, registry, text};
use plaintap_filter::{nearest, suggestion};

use super::field_options::{FieldOptions, Occurrence};
use super::table::{Table, TableColumn};
use super::{Clock, Printer};

/// See the module.
pub struct Fields {
    options: FieldOptions,
    table: Table,
    /// The columns that are fields.
    selection: Selection,
    /// The place of each field of the selection in `columns`.
    places: Vec<usize>,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    what: What,
    /// The values of the current packet, the aggregator between occurrences.
    text: String,
    any: bool,
}

/// What a name given with `-e` stands for.
#[derive(Clone, Copy)]
pub enum What {
    /// A field or an alias.
    Field(FieldRef),
    /// A protocol: its whole layers.
    Layers(FieldRef),
    /// A column of the packet list.
    Table(TableColumn),
}

impl Fields {
    /// The named fields and columns (`_ws.col.Info`), in their order. `clock` is for the column of times.
    ///
    /// # Errors
    /// When names are not known: all of them, with the nearest that are.
    pub fn new(names: &[String], options: FieldOptions, clock: Clock) -> Result<Self> {
        if names.is_empty() {
            bail!("-T fields needs at least one field: -e FIELD");
        }
        let column = |(name, what): (&String, What)| Column {
            name: name.clone(),
            what,
            text: String::new(),
            any: false,
        };
        let columns: Vec<_> = names.iter().zip(named(names)?).map(column).collect();
        let (mut fields, mut places) = (Vec::new(), Vec::new());
        for (place, column) in columns.iter().enumerate() {
            if let What::Field(field) = column.what {
                fields.push(field);
                places.push(place);
            }
        }
        Ok(Self { options, table: Table::new(clock), selection: Selection::new(&fields), places, columns })
    }
}

/// What names stand for, in their order.
///
/// # Errors
/// When names are not known: all of them, with the nearest that are.
pub fn named(names: &[String]) -> Result<Vec<What>> {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for name in names {
        match What::named(name) {
            Some(what) => known.push(what),
            None => unknown.push(format!("{name:?}{}", suggestion(&nearest(name, 3)))),
        }
    }
    match &unknown[..] {
        [] => Ok(known),
        [one] => bail!("unknown field {one}"),
        several => bail!("unknown fields {}", several.join(", ")),
    }
}

/// The fields that have to be decoded for these names; none when all of a packet has to be, for the columns of the table.
pub fn fields_of(names: &[String]) -> Option<Vec<FieldRef>> {
    let mut fields = Vec::new();
    for name in names {
        match What::named(name)? {
            What::Table(_) => return None,
            What::Field(field) => fields.push(field),
            What::Layers(layers) => {
                fields.extend(registry::all().filter(|f| f.protocol() == layers.protocol()));
            }
        }
    }
    Some(fields)
}

impl What {
    fn named(name: &str) -> Option<Self> {
        if let Some(column) = TableColumn::named(name) {
            return Some(Self::Table(column));
        }
        let field = registry::field(name)?;
        Some(if field.is_protocol() { Self::Layers(field) } else { Self::Field(field) })
    }
}

impl Printer for Fields {
    fn start(&mut self, out: &mut String) {
        if self.options.bom {
            out.push('\u{feff}');
        }
        if self.options.header {
            for (index, column) in self.columns.iter().enumerate() {
                if index > 0 {
                    out.push(self.options.separator);
                }
                out.push_str(&column.name);
            }
            out.push('\n');
        }
    }

    fn packet(&mut self, decoded: &Decoded<'_>, out: &mut String) {
        for column in &mut self.columns {
            column.text.clear();
            column.any = false;
        }
        let (columns, places, options) = (&mut self.columns, &self.places, &self.options);
        decoded.select(&self.selection, &mut |index, _, value| {
            let column = &mut columns[places[index]];
            let What::Field(field) = column.what else { return };
            column.add(options, |text| write_value(field, &value, options.escape, text));
        });
        for column in &mut self.columns {
            match column.what {
                What::Field(_) => {}
                // By the first line of each layer's details.
                What::Layers(protocol) => {
                    let layers = decoded.layers().iter().filter(|l| l.protocol == protocol.protocol());
                    for layer in layers {
                        column.add(options, |text| decoded.layer_line(layer, text));
                    }
                }
                What::Table(of_table) => {
                    column.add(options, |text| self.table.write(of_table, decoded, text));
                }
            }
        }
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push(self.options.separator);
            }
            column.write(self.options.quote, out);
        }
        out.push('\n');
    }

    fn pass(&mut self, decoded: &Decoded<'_>) {
        self.table.pass(decoded);
    }
}

impl Column {
    /// One more occurrence.
    #[inline]
    fn add(&mut self, options: &FieldOptions, write: impl FnOnce(&mut String)) {
        if std::mem::replace(&mut self.any, true) {
            match options.occurrence {
                Occurrence::First => return,
                Occurrence::Last => self.text.clear(),
                Occurrence::All => self.text.push(options.aggregator),
            }
        }
        write(&mut self.text);
    }

    fn write(&self, quote: Option<char>, out: &mut String) {
        match quote {
            Some(quote) if self.any => {
                out.push(quote);
                out.push_str(&self.text);
                out.push(quote);
            }
            _ => out.push_str(&self.text),
        }
    }
}

fn write_value(field: FieldRef, value: &Value<'_>, escape: bool, out: &mut String) {
    match value {
        Value::Text(bytes) if !escape => out.push_str(&String::from_utf8_lossy(bytes)),
        _ => text::write_value(field.field(), value, out),
    }
}
