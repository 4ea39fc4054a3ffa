//! How a stream of media became known: fields that RTP and RTCP share in meaning.

use crate::field::Value;
use crate::view::View;

/// The number of the frame that announced it.
pub(super) fn frame(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if let Some(setup) = view.setup() {
        out(Value::Unsigned(setup.frame));
    }
}

/// The protocol that announced it.
pub(super) fn method(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if let Some(by) = view.setup().and_then(|setup| setup.by.protocol()) {
        out(Value::Text(by.column.as_bytes()));
    }
}
