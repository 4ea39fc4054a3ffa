//! What IPv4 and IPv6 say of a datagram that was put together from fragments, in the packet of the last missing one.

use super::prelude::*;

type Out<'o> = &'o mut dyn FnMut(Value<'_>);

/// The frames of the fragments, by their offsets.
pub(super) fn frames(view: &View<'_>, out: Out<'_>) {
    if let Some((whole, _)) = view.reassembled() {
        whole.pieces.iter().for_each(|&(_, frame)| out(Value::Unsigned(frame)));
    }
}

/// How many there were.
pub(super) fn count(view: &View<'_>, out: Out<'_>) {
    if let Some((whole, _)) = view.reassembled() {
        out(Value::Unsigned(whole.pieces.len() as u64));
    }
}

/// Length of the datagram's payload.
pub(super) fn length(view: &View<'_>, out: Out<'_>) {
    if let Some((_, bytes)) = view.reassembled() {
        out(Value::Unsigned(bytes.len() as u64));
    }
}

/// The datagram's payload.
pub(super) fn data(view: &View<'_>, out: Out<'_>) {
    if let Some((_, bytes)) = view.reassembled() {
        out(Value::Bytes(bytes));
    }
}
