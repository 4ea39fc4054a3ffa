//! `cargo xtask vm`: plaintap under another kernel. Boots it in QEMU, emulated, with an initial file system
//! that holds the static binary, busybox, curl and openssl, and runs `vm/init.sh` there.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

const INIT: &str = include_str!("vm/init.sh");
/// What `init.sh` calls, each with the libraries it needs.
const PROGRAMS: [&str; 2] = ["curl", "openssl"];
/// The last line of `init.sh` when all went well.
const SUCCESS: &str = "xtask vm: all ok";
/// QEMU is ended after so many seconds; without KVM a run takes 20 to 60.
const PATIENCE: &str = "300";

/// Boots each kernel: a package (.deb) or an image (vmlinuz).
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (options, kernels): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|argument| argument.starts_with("--"));
    let mut words = String::new();
    for option in options {
        words.push_str(match option.as_str() {
            "--without-keys" => " without_keys",
            "--lockdown" => " lockdown=confidentiality",
            _ => bail!("no option {option} (--without-keys, --lockdown)"),
        });
    }
    ensure!(
        !kernels.is_empty(),
        "name a kernel: a package (apt-get download linux-image-…-cloud-amd64) or its vmlinuz"
    );
    for program in ["qemu-system-x86_64", "cpio", "busybox"] {
        find(program).with_context(|| {
            format!("{program} is needed (apt install qemu-system-x86 cpio busybox-static)")
        })?;
    }
    let work = tempfile::tempdir()?;
    let root = work.path().join("root");
    fill(&root)?;
    let archive = work.path().join("root.cpio");
    shell(&format!("cd {} && find . | cpio -o -H newc --quiet >{}", root.display(), archive.display()))?;
    let mut failed = Vec::new();
    for kernel in kernels {
        println!("== {kernel}");
        let image = image(Path::new(kernel), work.path())?;
        if !boot(&image, &archive, &words)? {
            failed.push(kernel.as_str());
        }
    }
    ensure!(failed.is_empty(), "not all was well under {}", failed.join(", "));
    Ok(())
}

/// The initial file system.
fn fill(root: &Path) -> Result<()> {
    for folder in ["bin", "proc", "sys", "dev", "tmp", "root", "etc", "usr/lib/ssl"] {
        fs::create_dir_all(root.join(folder))?;
    }
    crate::run(crate::cargo().args(["build", "--package", "plaintap"]))?;
    let plaintap = crate::arrows::target_directory()?.join(crate::host()?).join("debug/plaintap");
    copy(&plaintap, &root.join("bin/plaintap"))?;
    let busybox = find("busybox")?;
    ensure!(libraries(&busybox)?.is_empty(), "busybox must be static (apt install busybox-static)");
    copy(&busybox, &root.join("bin/busybox"))?;
    for program in PROGRAMS {
        let path = find(program)?;
        for library in libraries(&path)? {
            copy(&library, &root.join(library.strip_prefix("/").unwrap_or(&library)))?;
        }
        copy(&path, &root.join("bin").join(program))?;
    }
    let configuration = Path::new("/etc/ssl/openssl.cnf");
    if configuration.exists() {
        copy(configuration, &root.join("usr/lib/ssl/openssl.cnf"))?;
    }
    fs::write(root.join("etc/passwd"), "root:x:0:0::/root:/bin/sh\n")?;
    let init = root.join("init");
    fs::write(&init, INIT)?;
    fs::set_permissions(&init, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// The shared libraries of a program, and the loader; none of a static one.
fn libraries(program: &Path) -> Result<Vec<PathBuf>> {
    let output = Command::new("ldd").arg(program).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect())
}

fn find(program: &str) -> Result<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut folders = path.split(':').map(|folder| Path::new(folder).join(program));
    folders.find(|file| file.is_file()).with_context(|| format!("{program} is not installed"))
}

/// The kernel image; that of a package is unpacked.
fn image(kernel: &Path, work: &Path) -> Result<PathBuf> {
    if kernel.extension().is_none_or(|extension| extension != "deb") {
        return Ok(kernel.to_owned());
    }
    let name = kernel.file_name().context("a package has a name")?;
    let folder = work.join(name);
    crate::run(Command::new("dpkg").arg("-x").arg(kernel).arg(&folder))?;
    for entry in fs::read_dir(folder.join("boot"))? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vmlinuz")) {
            return Ok(path);
        }
    }
    bail!("{} has no kernel in it", kernel.display())
}

/// Runs the machine, with these words more on the kernel's command line, and prints what it prints. Whether all went well.
fn boot(kernel: &Path, archive: &Path, words: &str) -> Result<bool> {
    // Emulated, cmpxchg16b makes newer kernels fault (seen with QEMU 7.2 and Linux 6.12).
    let mut machine = Command::new("timeout")
        .args([PATIENCE, "qemu-system-x86_64", "-machine", "q35,accel=tcg", "-cpu", "max,cx16=off"])
        .args(["-smp", "2", "-m", "1024", "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio"])
        .arg("-kernel")
        .arg(kernel)
        .arg("-initrd")
        .arg(archive)
        .args(["-append", &format!("console=ttyS0 quiet panic=-1 mitigations=off rdinit=/init{words}")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut well = false;
    if let Some(console) = machine.stdout.take() {
        for line in BufReader::new(console).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).trim_end().to_owned();
            well |= line == SUCCESS;
            println!("{line}");
        }
    }
    machine.wait()?;
    Ok(well)
}

fn shell(script: &str) -> Result<()> {
    crate::run(Command::new("sh").args(["-c", script]))
}
