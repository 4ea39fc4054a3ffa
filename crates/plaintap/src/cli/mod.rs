//! The commands, one file each: from typed arguments to what they mean.

mod convert;
mod filter;
mod info;
mod inspect;
mod keys;
mod merge;
mod names;
mod read;
mod run;
mod secrets;
mod targets;

pub use convert::convert;
pub use filter::filter;
pub use info::info;
pub use inspect::inspect;
pub use keys::keys;
pub use merge::merge;
pub use read::read;
pub use run::run;
pub use secrets::secrets;
pub use targets::targets;
