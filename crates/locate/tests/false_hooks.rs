//! No hook where there is no TLS: every program and library of the system.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::skip;
use plaintap_locate::{Stack, locate};

const FOLDERS: [&str; 3] = ["/usr/bin", "/usr/sbin", "/usr/lib"];
/// Part of what TLS 1.3 signs (RFC 8446 §4.4.3), so in every implementation and in no program that prints labels.
const SIGNED: [&[u8]; 2] = [b"TLS 1.3, server CertificateVerify", b"TLS 1.3, client CertificateVerify"];
const MOST_BYTES: u64 = 64 << 20;

#[test]
fn only_tls_libraries_give_hooks() {
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(Path::new(folder), 0, &mut files);
    }
    let mut searched = 0;
    for path in files {
        let Ok(file) = fs::read(&path) else { continue };
        let Ok(report) = locate(&file) else { continue };
        searched += 1;
        // What softoken calls itself, where programs list PKCS#11 modules.
        let softoken = !report.objects.is_empty();
        let named = || memchr::memmem::find(&file, b"NSS Internal Crypto").is_some();
        assert!(!softoken || named(), "{}: {report:?}", path.display());
        if report.hooks.iter().any(|hook| hook.stack != Stack::Go) {
            let tls = SIGNED.iter().any(|text| memchr::memmem::find(&file, text).is_some());
            assert!(tls, "{}: {report:?}", path.display());
        }
    }
    println!("{searched} files searched");
    if searched == 0 {
        skip("system binaries");
    }
}

/// The ELF files of a folder and those below it.
fn collect(folder: &Path, depth: u32, files: &mut Vec<PathBuf>) {
    const DEEPEST: u32 = 8;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() && depth < DEEPEST {
            collect(&entry.path(), depth + 1, files);
        } else if metadata.is_file() && metadata.len() <= MOST_BYTES && is_elf(&entry.path()) {
            files.push(entry.path());
        }
    }
}

fn is_elf(path: &Path) -> bool {
    let mut magic = [0; 4];
    fs::File::open(path).is_ok_and(|mut file| std::io::Read::read_exact(&mut file, &mut magic).is_ok())
        && magic == *b"\x7fELF"
}
