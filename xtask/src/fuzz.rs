//! `cargo xtask fuzz`: builds the fuzz crate with coverage for libFuzzer, makes first inputs and runs targets.
//!
//! libFuzzer needs only what the stable compiler passes on to LLVM. Inputs that crash, hang or eat memory are kept in
//! `fuzz/artifacts` of the target folder; `cargo xtask fuzz TARGET FILE` runs them again.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Targets that run one after the other. `protocols` has all protocols; one alone is a target by its name.
const ALL: [&str; 7] =
    ["files", "packets", "protocols", "streams", "capture-filters", "display-filters", "keys"];

/// The coverage that libFuzzer counts. A static binary is left out: its C++ library needs none.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ctarget-feature=-crt-static";

/// An input may take this long, in seconds, and the process this much memory, in MiB.
const TIMEOUT: u32 = 2;
const MEMORY: u32 = 256;

struct Wanted {
    targets: Vec<String>,
    seconds: u32,
    /// Inputs to run once, in place of fuzzing.
    files: Vec<PathBuf>,
}

/// Runs `[TARGET [FILE…]] [--seconds N]`; without a target all of them, N seconds each.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let wanted = Wanted::parse(arguments)?;
    let folder = crate::arrows::target_directory()?.join("fuzz");
    crate::run(
        crate::cargo()
            .args(["build", "--release", "--manifest-path", "fuzz/Cargo.toml", "--target-dir"])
            .arg(&folder)
            .env("RUSTFLAGS", FLAGS),
    )?;
    let program = folder.join(crate::host()?).join("release/fuzz");
    let seeds = folder.join("seeds");
    if !seeds.exists() {
        let sources = [&seeds, &crate::root().join("crates"), &crate::root().join("tests"), &corpus()];
        let sources = sources.into_iter().filter(|path| **path == seeds || path.exists());
        crate::run(Command::new(&program).env("PLAINTAP_SEEDS", std::env::join_paths(sources)?))?;
    }
    for target in &wanted.targets {
        if !wanted.files.is_empty() {
            crate::run(
                Command::new(&program).env("PLAINTAP_FUZZ", target).args(limits()).args(&wanted.files),
            )?;
            continue;
        }
        fuzz(&program, target, &folder, wanted.seconds)?;
    }
    Ok(())
}

fn fuzz(program: &Path, target: &str, folder: &Path, seconds: u32) -> Result<()> {
    let (found, artifacts) = (folder.join("found").join(target), folder.join("artifacts"));
    for folder in [&found, &artifacts] {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    println!("{target}: {seconds} seconds");
    // One protocol takes the seeds of all: the fuzzer drops what finds nothing new.
    let seeds = if ALL.contains(&target) { target } else { "protocols" };
    crate::run(
        Command::new(program)
            .env("PLAINTAP_FUZZ", target)
            .args(limits())
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/{target}-", artifacts.display()))
            .args(["-max_len=8192", "-print_final_stats=1", "-verbosity=0"])
            .arg(&found)
            .arg(folder.join("seeds").join(seeds)),
    )
    .with_context(|| format!("{target} failed: the input is in {}", artifacts.display()))
}

fn limits() -> [String; 2] {
    [format!("-timeout={TIMEOUT}"), format!("-rss_limit_mb={MEMORY}")]
}

impl Wanted {
    fn parse(arguments: &[OsString]) -> Result<Self> {
        let mut wanted = Self { targets: Vec::new(), seconds: 60, files: Vec::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some("--seconds") => {
                    let seconds = arguments.next().and_then(|s| s.to_str()?.parse().ok());
                    wanted.seconds = seconds.context("--seconds needs a number")?;
                }
                Some(option) if option.starts_with('-') => bail!("unknown option {option}"),
                Some(target) if wanted.targets.is_empty() => wanted.targets.push(target.to_owned()),
                _ => wanted.files.push(argument.into()),
            }
        }
        if wanted.targets.is_empty() {
            wanted.targets = ALL.map(str::to_owned).to_vec();
        }
        Ok(wanted)
    }
}

/// Captures from elsewhere, if they are there.
fn corpus() -> PathBuf {
    match std::env::var_os("PLAINTAP_CORPUS") {
        Some(path) => path.into(),
        None => crate::root().join("../shared/corpus"),
    }
}
