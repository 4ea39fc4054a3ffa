//! Recording: from the capture source and the key source to the capture file.
//!
//! Packets keep the order in which they were captured. A packet that begins the encrypted part of a connection waits
//! here until the connection's secrets have come ([`hold`]), because other readers can use secrets only if they stand
//! before the ServerHello. What is known about each connection's keys is kept for the summary ([`ledger`]).

mod container_names;
mod flows;
mod hold;
mod key_tap;
mod ledger;
mod ledger_json;
mod live_text;
mod pcapng_sink;
mod probe_log;
mod prober;
mod processes;
mod proofs;
mod recorder;
mod relearn;
mod selection;
mod session;
mod survey;

pub use container_names::{ContainerNames, Names, Pod};
pub use key_tap::KeyTap;
pub use recorder::RecorderOptions;
pub use selection::Selection;
pub use session::{KeyReport, Outcome, SessionOptions, capture_command};
pub use survey::{Survey, file_name};
