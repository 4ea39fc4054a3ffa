//! What comes out: lines, fields, JSON, details and hex of packets, programs, and the live capture file.

pub mod bpftrace;
mod capture_file;
mod details;
mod ebpf;
mod field_options;
mod fields;
mod hex;
mod json;
mod jsonl;
mod key_file;
mod lines;
mod losses;
mod private_file;
mod table;
mod time;
mod words;

pub use capture_file::CaptureFile;
pub use details::Details;
pub use ebpf::EbpfListing;
pub use field_options::FieldOptions;
pub use fields::{Fields, fields_of};
pub use hex::Hex;
pub use jsonl::Jsonl;
pub use key_file::KeyFile;
pub use lines::{Lines, push_printable};
pub use losses::losses;
pub use private_file::PrivateFile;
pub use time::Clock;
pub use words::{end, hex, seconds};

use plaintap_decode::Decoded;

/// Prints decoded packets.
pub trait Printer {
    /// Appends what stands before all packets.
    fn start(&mut self, _out: &mut String) {}

    /// Appends what is to be printed of a packet.
    fn packet(&mut self, decoded: &Decoded<'_>, out: &mut String);

    /// Takes note of a packet that is not printed.
    fn pass(&mut self, _decoded: &Decoded<'_>) {}
}
