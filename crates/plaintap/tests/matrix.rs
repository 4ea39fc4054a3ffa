//! Real programs of each TLS library, of the table of `cargo xtask stacks`: every connection of theirs decrypts. The programs that
//! Debian does not have are fetched once, into the target folder.

mod support;

#[path = "../../../xtask/src/stacks/bench/mod.rs"]
#[allow(dead_code, reason = "the tables are xtask's")]
mod bench;

use std::path::Path;

use bench::{Bench, PROGRAMS, VERSIONS};
use support::{PLAINTAP, can_run};

/// Runs the rows of a program that are fast.
fn decrypts(name: &str) {
    if !can_run(&["openssl", "tshark", "nginx", "python3"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let packages = target.join("stacks-packages");
    let bench = Bench::new(Path::new(PLAINTAP), folder.path(), &packages).expect("a bench");
    let mut rows = 0;
    for program in PROGRAMS.iter().filter(|program| program.name == name && program.fast) {
        rows += 1;
        let role = program.role_name();
        let prepared = match bench.prepare(program) {
            Ok(prepared) => prepared,
            Err(reason) => {
                println!("skipped: {name} as {role}: {reason:#}");
                continue;
            }
        };
        for tls in VERSIONS {
            let case = format!("{name} {} as {role}, {}", prepared.version, tls.name());
            let cell = bench.cell(program, &prepared, tls).expect(&case);
            assert!(cell.connections >= 2 && cell.decrypted == cell.connections, "{case}: {cell:?}");
        }
    }
    assert!(rows > 0, "{name} is in the table");
}

#[test]
fn openssl_decrypts() {
    decrypts("openssl s_client");
    decrypts("openssl s_server");
}

#[test]
fn gnutls_decrypts() {
    decrypts("gnutls-cli");
    decrypts("gnutls-serv");
}

/// As Debian builds it: without its key log.
#[test]
fn nss_decrypts() {
    decrypts("tstclnt");
    decrypts("selfserv");
}

/// Debian's Go, and the oldest and the newest with other layouts of their tables.
#[test]
fn go_decrypts() {
    decrypts("Go net/http, stripped");
}

#[test]
fn grpcio_decrypts() {
    decrypts("grpcio");
}

#[test]
fn uv_decrypts() {
    decrypts("uv");
}

#[test]
fn node_decrypts() {
    decrypts("node");
}
