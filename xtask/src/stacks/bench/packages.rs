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
    /// Our own program on a version of rustls, and the crate that has its cryptography.
    Rustls(&'static str, Provider),
    /// Our own program in C on the TLS library of a version of the crate aws-lc-sys.
    AwsLc(&'static str),
}

/// The cryptography of rustls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Provider {
    Ring,
    AwsLc,
}

impl Provider {
    /// In the names of modules and features.
    fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::AwsLc => "aws_lc_rs",
        }
    }
}

impl Source {
    /// Fetches the package unless it is there, and says in which folder it is.
    pub(crate) fn fetch(self, packages: &Path) -> Result<PathBuf> {
        let name = match self {
            Self::System => return Ok(packages.to_path_buf()),
            Self::Go => "go".into(),
            Self::Rustls(version, provider) => file_name(&format!("rustls-{version}-{}", provider.name())),
            Self::AwsLc(version) => file_name(&format!("aws-lc-sys-{version}")),
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
            Self::Rustls(version, provider) => rustls(packages, version, provider, folder),
            Self::AwsLc(version) => aws_lc(packages, version, folder),
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

/// Builds the client and the server on rustls.
fn rustls(packages: &Path, version: &str, provider: Provider, folder: &Path) -> Result<()> {
    let name = provider.name();
    let own_crate = format!("rustls-{}", name.replace('_', "-"));
    // Since 0.24 providers are crates of their own.
    let (program, dependencies, module) = match version.starts_with("0.24") {
        true => (
            include_str!("crates/rustls-0.24.rs"),
            format!("rustls = \"={version}\"\n{own_crate} = \"={version}\""),
            own_crate.replace('-', "_"),
        ),
        false => (
            include_str!("crates/rustls.rs"),
            format!(
                "rustls = {{ version = \"{version}\", default-features = false, features = [\"{name}\", \"tls12\"{}] }}",
                if version == "0.22" { "" } else { ", \"std\"" }
            ),
            name.to_owned(),
        ),
    };
    let dependencies =
        format!("{dependencies}\nrustls-pki-types = {{ version = \"1\", features = [\"std\"] }}");
    write_crate(folder, &dependencies, &program.replace("CRYPTOGRAPHY", &module))?;
    // `cargo install` alone would not say which versions it takes.
    let mut lock = Command::new("cargo");
    quiet(lock.args(["generate-lockfile", "--quiet", "--manifest-path"]).arg(folder.join("Cargo.toml")))?;
    let mut install = Command::new("cargo");
    install.args(["install", "--quiet", "--locked", "--path"]).arg(folder).arg("--root").arg(folder);
    // They have most crates in common.
    install.arg("--target-dir").arg(packages.join("cargo"));
    quiet(install.env_remove("CARGO_BUILD_TARGET").env_remove("RUSTFLAGS"))
}

/// Builds the crate's libraries, and then the client and the server with them.
fn aws_lc(packages: &Path, version: &str, folder: &Path) -> Result<()> {
    let cmake = whole(&packages.join("cmake"), |folder| pip(packages, "cmake", &[], folder))?;
    let dependencies = format!("aws-lc-sys = {{ version = \"{version}\", features = [\"ssl\"] }}");
    write_crate(folder, &dependencies, "fn main() {}")?;
    let source = folder.join("program.c");
    fs::write(&source, include_str!("crates/aws_lc.c"))?;
    let script = "set -e
PATH=$2/bin:$PATH PYTHONPATH=$2 cargo build --quiet --release --target-dir $1/target --manifest-path $1/Cargo.toml
out=$(find $1/target -path '*/out/include' -prune)
libraries=$(find $1/target -name 'libaws_lc*_ssl.a' ; find $1/target -name 'libaws_lc*_crypto.a')
cc -O2 -I$out -c -o $1/program.o $1/program.c
mkdir -p $1/bin && c++ -s -o $1/bin/program $1/program.o $libraries -lpthread
rm -r $1/target";
    quiet(Command::new("sh").args(["-c", script, "sh"]).arg(folder).arg(cmake))
}

/// A crate that belongs to no workspace.
fn write_crate(folder: &Path, dependencies: &str, program: &str) -> Result<()> {
    fs::create_dir_all(folder.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"program\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n\
         [profile.release]\nstrip = true\n[dependencies]\n{dependencies}\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    Ok(fs::write(folder.join("src/main.rs"), program)?)
}

/// Runs a command, and makes its complaint the error.
fn quiet(command: &mut Command) -> Result<()> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("{:?}", command.get_program()))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let last = complaint.lines().rfind(|line| !line.trim().is_empty());
        let reason = complaint.lines().find(|line| line.starts_with("error")).or(last).unwrap_or_default();
        bail!("{:?} ended with {}: {reason}", command.get_program(), output.status);
    }
    Ok(())
}
