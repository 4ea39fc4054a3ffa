//! Development tasks: `cargo xtask format`, `check`, `test`, `stacks`, `dist`, `vm`, `fuzz`. CI and people
//! use the same ones.

mod arrows;
mod fuzz;
mod stacks;
mod testing;
mod vm;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask COMMAND

  format  writes the format that check asks for, of the protocols too, where `cargo fmt` does not go
  check   format, clippy with warnings as errors, documentation, the arrows between crates
  test    all tests, with a count of passed, failed and skipped as the last line
  stacks  [--fast] [WORD…]: real programs captured and decrypted, as a table (docs/stacks.md); all, or those whose names hold a
          word; fetches them with apt, pip and npm; as root
  dist    the static release binary; prints its path
  vm      [--without-keys] [--lockdown] KERNEL…: plaintap under other kernels (packages or vmlinuz), in QEMU; --without-keys for
          those before 5.15, which have no probes; --lockdown in mode confidentiality
  fuzz    [TARGET [FILE…]] [--seconds N]: fuzzes all targets or one, N seconds (60) each; with files runs only those.
          Targets: files packets protocols streams capture-filters display-filters keys, or the name of a protocol
";

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let result = match command.as_str() {
        "format" => format(false),
        "check" => check(),
        "test" => testing::run(),
        "stacks" => stacks::run(),
        "dist" => dist(),
        "vm" => vm::run(&std::env::args().skip(2).collect::<Vec<_>>()),
        "fuzz" => fuzz::run(&std::env::args_os().skip(2).collect::<Vec<_>>()),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn format(only_look: bool) -> Result<()> {
    let check = only_look.then_some("--check");
    run(cargo().args(["fmt", "--all"]).args(check))?;
    run(cargo().args(["fmt", "--manifest-path", "fuzz/Cargo.toml"]).args(check))?;
    run(Command::new("rustfmt")
        .args(["--edition", "2024"])
        .args(check)
        .args(protocols()?)
        .current_dir(root()))
}

fn check() -> Result<()> {
    format(true)?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    // A workspace of its own, which nothing else builds.
    run(cargo()
        .args(["check", "--manifest-path", "fuzz/Cargo.toml", "--target-dir"])
        .arg(arrows::target_directory()?))?;
    run(cargo()
        .args(["doc", "--workspace", "--no-deps", "--document-private-items"])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    arrows::check()
}

/// The protocols are modules made by a macro, which `cargo fmt` does not follow.
fn protocols() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root().join("crates/decode/src/proto"))? {
        // Their parts, in folders of their own, are modules as usual.
        files.extend(Some(entry?.path()).filter(|path| path.extension().is_some_and(|e| e == "rs")));
    }
    Ok(files)
}

fn dist() -> Result<()> {
    run(cargo().args(["build", "--release", "--package", "plaintap"]))?;
    let binary = arrows::target_directory()?.join(host()?).join("release/plaintap");
    println!("{}", binary.display());
    Ok(())
}

/// The target that `.cargo/config.toml` names by `host-tuple`.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.lines().find_map(|line| line.strip_prefix("host: ")) {
        Some(host) => Ok(host.to_owned()),
        None => bail!("rustc -vV names no host"),
    }
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The top of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}
