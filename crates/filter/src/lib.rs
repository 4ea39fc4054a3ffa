//! The display filter language.
