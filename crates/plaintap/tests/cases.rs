//! The table tests: every `tests/cases/**/*.test` of the workspace is a capture, a filter, columns, and the text expected.
//!
//! ```text
//! pcap: query.pcapng
//! filter: dns.qry.name contains "kernel"
//! columns: frame.number dns.qry.name
//! ---
//! 3   www.kernel.org
//! ```
//!
//! `pcap` is beside the test, `filter` may be left out, `columns: line` prints what a person sees. `UPDATE=1` rewrites the
//! expected text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Case {
    path: PathBuf,
    header: String,
    expected: String,
}

impl Case {
    fn load(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).expect("a test case");
        let (header, expected) =
            text.split_once("---\n").unwrap_or_else(|| panic!("{}: no ---", path.display()));
        Self { header: header.to_owned(), expected: expected.to_owned(), path }
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.header.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).map(str::trim)
    }

    fn actual(&self) -> String {
        let pcap = self.value("pcap").expect("pcap:");
        let mut command = Command::new(env!("CARGO_BIN_EXE_plaintap"));
        command.arg("read").arg(self.path.with_file_name(pcap));
        match self.value("columns").expect("columns:") {
            "line" => command.args(["-t", "r"]),
            columns => command
                .args(["-T", "fields"])
                .args(columns.split_whitespace().flat_map(|column| ["-e", column])),
        };
        if let Some(filter) = self.value("filter") {
            command.args(["-Y", filter]);
        }
        let output = command.output().expect("plaintap starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // Columns stand apart by two spaces or more, so that a case is easy to type.
        String::from_utf8_lossy(&output.stdout).replace('\t', "  ")
    }
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "test") {
            found.push(path);
        }
    }
}

#[test]
fn captures_print_what_the_cases_expect() {
    let mut paths = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases"), &mut paths);
    assert!(!paths.is_empty());
    paths.sort();
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for case in paths.into_iter().map(Case::load) {
        let actual = case.actual();
        if update {
            fs::write(&case.path, format!("{}---\n{actual}", case.header)).expect("the rewritten case");
        } else if actual != case.expected {
            wrong.push(format!("{}:\nexpected\n{}\ngot\n{actual}", case.path.display(), case.expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
