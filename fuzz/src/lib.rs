//! What is fuzzed: everything that takes bytes from elsewhere. Each target is a function of any bytes that must not
//! panic, hang or eat memory. Targets of protocols come from the list of protocols: a new one is fuzzed without more ado.

#![forbid(unsafe_code)]

mod conversation;
mod decoding;
pub mod seeds;
mod text;

use plaintap_decode::registry;

/// One target.
pub type Target = fn(&[u8]);

/// The targets by name. Next to them each protocol is one, by its name.
pub const TARGETS: [(&str, Target); 7] = [
    ("files", decoding::files),
    ("packets", decoding::packets),
    ("protocols", decoding::protocols),
    ("streams", conversation::streams),
    ("capture-filters", text::capture_filters),
    ("display-filters", text::display_filters),
    ("keys", text::keys),
];

/// Runs the target of this name. A protocol's bytes are those behind the number that seeds have in front.
///
/// # Panics
/// When there is none, or the target finds a mistake.
pub fn run(name: &str, data: &[u8]) {
    if let Some((_, target)) = TARGETS.iter().find(|(target, _)| *target == name) {
        return target(data);
    }
    let protocol = registry::protocol(name).unwrap_or_else(|| panic!("no target is called {name}"));
    decoding::protocol(protocol, data.get(1..).unwrap_or(&[]));
}
