//! Working on capture files: where they come from, where they go to, what stands in them.

mod connections;
mod duplicates;
mod encoder;
mod facts;
mod input;
mod key_files;
mod output;
mod select;
mod split;

pub use connections::{Connections, FlowKey, SecretRoutes};
pub use duplicates::Duplicates;
pub use encoder::{Encoder, Secrets, Target};
pub use facts::{Depth, Facts, InterfaceFacts, TlsFacts, gather};
pub use input::{display_name, failure, open};
pub use key_files::read_key_file;
pub use output::OutputFile;
pub use select::{Ranges, parse_time};
pub use split::{Outputs, Split};
