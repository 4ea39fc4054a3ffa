//! The arrows between the crates: which crate may use which. They are the architecture, so a check keeps them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Who may depend on whom. `plaintap` may use all.
const ALLOWED: &[(&str, &[&str])] = &[
    ("plaintap-packet", &[]),
    ("plaintap-locate", &[]),
    ("plaintap-decode", &["plaintap-packet"]),
    ("plaintap-filter", &["plaintap-packet", "plaintap-decode"]),
    ("plaintap-crypt", &["plaintap-packet", "plaintap-decode"]),
    ("plaintap-linux", &["plaintap-packet", "plaintap-locate"]),
    (
        "plaintap",
        &[
            "plaintap-packet",
            "plaintap-decode",
            "plaintap-filter",
            "plaintap-crypt",
            "plaintap-locate",
            "plaintap-linux",
        ],
    ),
    ("xtask", &[]),
];

/// Compares the workspace with the table above.
pub(crate) fn check() -> Result<()> {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ALLOWED.iter().find(|(crate_name, _)| *crate_name == name) else {
            wrong.push(format!("{name} is not in the table of crates"));
            continue;
        };
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        for dependency in dependencies.filter(|d| d["kind"].is_null()) {
            let used = dependency["name"].as_str().unwrap_or_default();
            if known.contains(used) && !allowed.contains(&used) {
                wrong.push(format!("{name} must not depend on {used}"));
            }
        }
    }
    if packages.len() != ALLOWED.len() {
        wrong.push(format!("expected {} crates, got {}", ALLOWED.len(), packages.len()));
    }
    if !wrong.is_empty() {
        bail!("the arrows between the crates (ARCHITECTURE.md) are broken:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

/// Where cargo builds.
pub(crate) fn target_directory() -> Result<PathBuf> {
    let metadata = metadata()?;
    Ok(metadata["target_directory"].as_str().context("cargo metadata names no target directory")?.into())
}

fn metadata() -> Result<Value> {
    let output = crate::cargo().args(["metadata", "--no-deps", "--format-version", "1"]).output()?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_crates_depend_on_each_other_only_along_the_arrows() {
        super::check().expect("arrows");
    }
}
