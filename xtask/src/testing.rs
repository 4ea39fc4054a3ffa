//! Runs all tests and counts them, the skipped ones too.
//!
//! A test that cannot run where it is prints a line `skipped: WHY` and passes. Here such lines are counted apart; in CI
//! (`CI=true`) each must be on the short list in `tests/allowed-skips.txt`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

/// Lines of the list are beginnings of the reasons that are allowed.
const ALLOWED_SKIPS: &str = include_str!("../../tests/allowed-skips.txt");

pub(crate) fn run() -> Result<()> {
    let extra: Vec<String> = std::env::args().skip(2).collect();
    // What plaintap finds in the files of this machine stays out of the user's cache.
    let cache = crate::arrows::target_directory()?.join("tests-cache");
    let mut child = crate::cargo()
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(&extra)
        .env("XDG_CACHE_HOME", cache)
        .args(["--", "--show-output"])
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo test")?;
    let output = child.stdout.take().context("cargo test has no output")?;
    let mut counts = Counts::default();
    let mut skips = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = String::from_utf8_lossy(line?.as_bytes()).into_owned();
        println!("{line}");
        if let Some(reason) = line.strip_prefix("skipped: ") {
            skips.push(reason.to_owned());
        }
        counts.add(&line);
    }
    let status = child.wait()?;
    counts.passed = counts.passed.saturating_sub(skips.len());

    let forbidden: Vec<_> = skips.iter().filter(|reason| !is_allowed(reason)).collect();
    for reason in &skips {
        println!("skipped: {reason}");
    }
    let in_ci = std::env::var("CI").is_ok_and(|v| v == "true");
    let failed = counts.failed > 0 || !status.success() || (in_ci && !forbidden.is_empty());
    if in_ci {
        for reason in &forbidden {
            println!("not allowed to be skipped in CI (tests/allowed-skips.txt): {reason}");
        }
        counts.failed += forbidden.len();
        counts.ignored += skips.len() - forbidden.len();
    } else {
        counts.ignored += skips.len();
    }
    println!("{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.ignored);
    if failed {
        bail!("the tests did not pass");
    }
    Ok(())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Counts {
    /// Adds a line like `test result: ok. 9 passed; 0 failed; 0 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else { return };
        for part in rest.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (Some(Ok(count)), Some(what)) = (words.next().map(str::parse::<usize>), words.next()) else {
                continue;
            };
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }
}

fn is_allowed(reason: &str) -> bool {
    ALLOWED_SKIPS.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).any(|l| reason.starts_with(l))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_added_up() {
        let mut counts = Counts::default();
        counts.add(
            "test result: ok. 9 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        );
        counts.add("test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out");
        counts.add("test something ... ok");
        assert_eq!(counts, Counts { passed: 11, failed: 3, ignored: 1 });
    }
}
