//! Payload that no protocol claims.

use super::prelude::*;

fields! {
    DATA: Bytes rest(0), "data.data", "Data";
    LEN: I32 meta(|v, out| out(Value::Signed(v.bytes.len() as i64))), "data.len", "Length";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    summary: Some(|view, out| put!(out, " ({} bytes)", view.bytes.len())),
    ..Protocol::new("data", "Data", "")
};

#[inline]
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}
