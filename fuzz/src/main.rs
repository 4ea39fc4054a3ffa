//! The fuzzer: libFuzzer around the target that `PLAINTAP_FUZZ` names. With `PLAINTAP_SEEDS` it makes the first inputs
//! instead, in the first folder named there from the files below the others.

#![no_main]

use std::path::PathBuf;
use std::process::exit;
use std::sync::LazyLock;

static TARGET: LazyLock<String> = LazyLock::new(|| std::env::var("PLAINTAP_FUZZ").unwrap_or_default());

libfuzzer_sys::fuzz_target!(init: make_seeds(), |data: &[u8]| plaintap_fuzz::run(&TARGET, data));

fn make_seeds() {
    let Some(folders) = std::env::var_os("PLAINTAP_SEEDS") else { return };
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let Some((out, folders)) = folders.split_first() else { return };
    if let Err(error) = plaintap_fuzz::seeds::make(out, folders) {
        eprintln!("seeds: {error}");
        exit(1);
    }
    exit(0);
}
