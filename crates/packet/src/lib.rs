//! Packets and the files they live in.
//!
//! This is the leaf that every other crate stands on: what a packet is ([`Packet`]), when ([`Nanos`]) and of which link
//! type ([`LinkType`]), where in which buffer a field lies ([`Span`]), what a live source hands over ([`CaptureSource`])
//! and the capture files, pcap and pcapng ([`mod@file`]). It does no input or output but those files.

#![forbid(unsafe_code)]

mod link_type;
mod nanos;
mod packet;
mod source;

pub mod file;

pub use link_type::LinkType;
pub use nanos::Nanos;
pub use packet::{BufferId, Direction, Packet, Span};
pub use source::{Batch, CaptureSource, CaptureStatistics, CapturedPacket, Owner};
