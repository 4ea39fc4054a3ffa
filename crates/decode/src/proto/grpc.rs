//! gRPC over HTTP/2: the messages of a call, each behind a flag and its length ("gRPC over HTTP2", Length-Prefixed-Message).
//! What they hold is known only to the two ends.

use super::prelude::*;

fields! {
    FRAME_TYPE: U8 bits(0..1, 0x80), "grpc.frame_type", "Frame Type", names(&[(0, "Data"), (1, "Trailer")]);
    COMPRESSED: U8 bits(0..1, 0x01), "grpc.compressed_flag", "Compressed Flag",
        names(&[(0, "Not Compressed"), (1, "Compressed")]);
    LENGTH: U32 at(1..5), "grpc.message_length", "Message Length";
    DATA: Bytes rest(5), "grpc.message_data", "Message Data";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::Flow],
    fields: FIELDS,
    info: Some(|view, out| put!(out, "Message, {} bytes", view.bytes.u32(1))),
    ..Protocol::new("grpc", "GRPC Message", "GRPC")
};

/// The flag and the length in front of a message.
pub(super) const HEADER: usize = 5;

/// The messages come whole, one behind the other.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(HEADER)?;
    let length = HEADER + b.u32(1) as usize;
    b.need(length)?;
    let next = if b.len() > length { id::grpc } else { ProtocolId::NONE };
    Ok(Step::next(length, next))
}
