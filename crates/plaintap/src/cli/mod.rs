//! The commands, one file each: from typed arguments to what they mean.

mod read;
mod run;

pub use read::read;
pub use run::run;
