//! The process that a packet belongs to, as a protocol of its own. The names are plaintap's.

use super::prelude::*;

fields! {
    NAME: Text meta(name), "proc.name", "Process name";
    PID: U32 meta(pid), "proc.pid", "Process id";
    UID: U32 meta(uid), "proc.uid", "User id";
}

pub(crate) static PROTOCOL: Protocol =
    Protocol { fields: FIELDS, summary: Some(summary), ..Protocol::new("proc", "Process", "") };

/// The decoder adds this layer by itself; it has no bytes.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

fn name(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if let Some(process) = view.decoded.process().filter(|process| !process.name.is_empty()) {
        out(Value::Text(process.name.as_bytes()));
    }
}

fn pid(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if let Some(process) = view.decoded.process().filter(|process| process.pid != 0) {
        out(Value::Unsigned(process.pid.into()));
    }
}

fn uid(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if let Some(uid) = view.decoded.process().and_then(|process| process.uid) {
        out(Value::Unsigned(uid.into()));
    }
}

fn summary(view: &View<'_>, out: &mut String) {
    if let Some(process) = view.decoded.process() {
        put!(out, ": {} ({})", process.name, process.pid);
    }
}
