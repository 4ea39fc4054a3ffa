//! Compiles the kernel programs, `bpf/*.bpf.c`, with clang into `OUT_DIR`.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs, io};

/// What to tell whoever lacks a part of the toolchain.
const PACKAGES: &str = "install the packages clang, libbpf-dev and linux-libc-dev (Debian and Ubuntu names)";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=bpf");
    println!("cargo::rerun-if-env-changed=CLANG");
    match compile_all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("cargo::error={message}");
            ExitCode::FAILURE
        }
    }
}

fn compile_all() -> Result<(), String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let manifest = variable("CARGO_MANIFEST_DIR")?;
    let architecture = variable("CARGO_CFG_TARGET_ARCH")?;
    let headers = kernel_headers(&architecture)
        .ok_or_else(|| format!("the kernel header asm/types.h is not below /usr/include: {PACKAGES}"))?;
    for source in sources(&Path::new(&manifest).join("bpf")).map_err(|e| format!("{manifest}/bpf: {e}"))? {
        compile(&source, &out, &manifest, &architecture, &headers)?;
    }
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|e| format!("{name}: {e}; build with cargo"))
}

fn sources(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".bpf.c") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The directory of `asm/types.h`. Distributions with several architectures keep it apart from /usr/include, and the
/// bpf target of clang does not look there. Its types are the same on all of them.
fn kernel_headers(architecture: &str) -> Option<PathBuf> {
    [architecture, "x86_64", "aarch64"]
        .iter()
        .map(|name| PathBuf::from(format!("/usr/include/{name}-linux-gnu")))
        .chain([PathBuf::from("/usr/include")])
        .find(|directory| directory.join("asm/types.h").exists())
}

fn compile(
    source: &Path,
    out: &Path,
    manifest: &str,
    architecture: &str,
    headers: &Path,
) -> Result<(), String> {
    let kernel_architecture = match architecture {
        "x86_64" => "x86",
        "aarch64" => "arm64",
        other => return Err(format!("no kernel programs for {other}; x86_64 and aarch64 are supported")),
    };
    let name = source.file_stem().unwrap_or_default();
    let object = out.join(name).with_extension("bpf.o");
    let clang = env::var("CLANG").unwrap_or_else(|_| "clang".to_owned());
    // -g for the types of the maps (BTF); -mcpu=v2 is what Linux 5.10 takes.
    let output = Command::new(&clang)
        .args(["-target", "bpfel", "-mcpu=v2", "-O2", "-g", "-Wall", "-Werror"])
        .arg(format!("-D__TARGET_ARCH_{kernel_architecture}"))
        .arg(format!("-ffile-prefix-map={manifest}=."))
        .arg("-I")
        .arg(headers)
        .arg("-c")
        .arg(source)
        .arg("-o")
        .arg(&object)
        .output()
        .map_err(|e| format!("cannot run {clang}: {e}; {PACKAGES}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let reason = text.lines().find(|line| line.contains("error:")).unwrap_or("no message").to_owned();
    let hint = if reason.contains("file not found") { format!("; {PACKAGES}") } else { String::new() };
    Err(format!("clang cannot compile {}: {reason}{hint}", source.display()))
}
