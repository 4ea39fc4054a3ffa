//! Decoding: which layers a packet has, what their fields say, and the flows behind them.
//!
//! A packet is walked first: each protocol's `enter` checks its header and says who is next. Fields are read on demand
//! from a static table (`fields!`) that filter, tree and columns share; only irregular ones need a protocol's `walk`.
//! The flow stage numbers conversations, reassembles fragments and streams, hands TLS records to a [`Decryptor`] and
//! lets the walk go on in the bytes so derived. See [`Decoder`] for the way in and `proto/mod.rs` for adding a protocol.

#![forbid(unsafe_code)]

mod buffers;
mod bytes;
mod checksum;
mod decode_as;
mod decoded;
mod decoder;
mod decryptor;
mod digits;
mod exchanges;
pub mod field;
mod fixed;
mod flow;
mod hosts;
mod hpack;
mod layers;
pub mod limits;
mod process;
mod proto;
pub mod registry;
mod selection;
pub mod text;
mod tree;
mod view;

pub use bytes::{Bytes, Reader};
pub use decode_as::{DecodeAs, Selector};
pub use decoded::{Address, Addresses, Decoded};
pub use decoder::{Decoder, Options};
pub use decryptor::{Decryptor, Outcome, PacketNumber, QuicLevel, QuicPacket, Side, Unreadable};
pub use exchanges::{Exchange, Turn};
pub use field::{Field, FieldIndex, Kind, Value};
pub use fixed::FixedNumber;
pub use flow::{Announcements, Following, Framing, Setup, Transport, Unpacker};
pub use layers::{Layer, Layers, Short, Step, Stop};
pub use limits::Counters;
pub use process::ProcessInfo;
pub use proto::id;
pub use registry::{FieldRef, Protocol, ProtocolId};
pub use selection::Selection;
pub use tree::{Line, Tree};
pub use view::View;
