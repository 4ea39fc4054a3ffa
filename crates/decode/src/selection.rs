//! Fields that are wanted of every packet, found in one pass over its layers.

use std::fmt;
use std::ops::Range;

use plaintap_packet::Span;

use crate::field::{Field, FieldIndex, FieldSink, Place, Value};
use crate::registry::{FieldRef, ProtocolId};
use crate::view::View;

/// Fields that are wanted together, sorted by protocol, so that one pass over the layers finds them all.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    protocols: Vec<Option<Box<Wanted>>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) whole: Vec<usize>,
    pub(crate) fixed: Vec<(FieldIndex, &'static Field, usize)>,
    pub(crate) walked: Vec<(FieldIndex, usize)>,
}

impl Selection {
    /// The fields in their order; each is known by its place in it.
    pub fn new(fields: &[FieldRef]) -> Self {
        let mut selection = Self::default();
        for (column, field) in fields.iter().enumerate() {
            let number = usize::from(field.protocol().0);
            if selection.protocols.len() <= number {
                selection.protocols.resize(number + 1, None);
            }
            let wanted = selection.protocols[number].get_or_insert_default();
            if field.is_protocol() {
                wanted.whole.push(column);
            }
            for (index, row) in field.fields() {
                match row.place {
                    Place::Walk => wanted.walked.push((index, column)),
                    _ => wanted.fixed.push((index, row, column)),
                }
            }
        }
        selection
    }

    #[inline]
    pub(crate) fn wanted(&self, protocol: ProtocolId) -> Option<&Wanted> {
        self.protocols.get(usize::from(protocol.0))?.as_deref()
    }
}

/// Lets the selected fields through.
pub(crate) struct SelectSink<'s, 'v> {
    pub(crate) view: &'s View<'v>,
    pub(crate) wanted: &'s [(FieldIndex, usize)],
    pub(crate) out: &'s mut dyn FnMut(usize, Span, Value<'_>),
}

impl FieldSink for SelectSink<'_, '_> {
    fn wants(&self, field: FieldIndex) -> bool {
        self.wanted.iter().any(|&(f, _)| f == field)
    }

    fn put(&mut self, field: FieldIndex, at: Range<usize>, value: Value<'_>) {
        for &(wanted, column) in self.wanted {
            if wanted == field {
                (self.out)(column, self.view.span(at.clone()), value);
            }
        }
    }

    fn open(&mut self, _: Range<usize>, _: fmt::Arguments<'_>) {}

    fn close(&mut self) {}
}
