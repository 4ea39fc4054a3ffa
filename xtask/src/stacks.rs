//! `cargo xtask stacks`: real programs under `plaintap run`, each making or serving connections of TLS 1.3 and 1.2, the second of which
//! resumes where the program can. Prints the matrix of docs/stacks.md.

mod bench;

use std::process::Command;

use anyhow::{Context, Result, bail};

use bench::{Bench, PROGRAMS, VERSIONS};

/// Runs all programs, or those whose name holds one of the words given; with `--fast` only those that the tests run too.
pub(crate) fn run() -> Result<()> {
    let (options, wanted): (Vec<String>, Vec<String>) =
        std::env::args().skip(2).partition(|argument| argument == "--fast");
    crate::run(Command::new("scripts/prerequisites.sh").arg("stacks").current_dir(crate::root()))?;
    crate::run(crate::cargo().args(["build", "--package", "plaintap"]))?;
    let target = crate::arrows::target_directory()?.join(crate::host()?);
    // The packages stay for the next run, and for the tests of the `plaintap` crate.
    let packages = target.join("stacks-packages");
    let bench = Bench::new(&target.join("debug/plaintap"), &target.join("stacks"), &packages)?;
    println!(
        "| program | version | TLS library | role | TLS 1.3 | TLS 1.2 | seconds |\n|---|---|---|---|---|---|---|"
    );
    let (mut all, mut decrypted) = (0, 0);
    for program in PROGRAMS {
        if !options.is_empty() && !program.fast {
            continue;
        }
        if !wanted.is_empty() && !wanted.iter().any(|word| program.name.contains(word.as_str())) {
            continue;
        }
        let role = program.role_name();
        let prepared = match bench.prepare(program) {
            Ok(prepared) => prepared,
            Err(reason) => {
                eprintln!("xtask: {} ({role}): {reason:#}", program.name);
                continue;
            }
        };
        let mut row = format!("| {} | {} | {} | {role} |", program.name, prepared.version, program.stack);
        let mut seconds = 0.0;
        for tls in VERSIONS {
            if !program.speaks(tls) {
                row.push_str(" – |");
                continue;
            }
            let cell = bench
                .cell(program, &prepared, tls)
                .with_context(|| format!("{} {role} {}", program.name, tls.name()))?;
            all += cell.connections;
            decrypted += cell.decrypted;
            seconds += cell.took.as_secs_f64();
            row.push_str(&format!(" {} of {}, {} resumed |", cell.decrypted, cell.connections, cell.resumed));
        }
        println!("{row} {seconds:.1} |");
    }
    println!("\n{decrypted} of {all} connections decrypted.");
    if decrypted < all {
        bail!("{} connections were not decrypted", all - decrypted);
    }
    Ok(())
}
