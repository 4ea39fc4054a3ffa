//! The kernel programs and their user-space halves.
