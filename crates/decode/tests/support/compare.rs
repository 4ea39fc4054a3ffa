//! The fields of a capture, beside what tshark prints for them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use plaintap_decode::{Decoded, Decoder, FieldRef, Options, Selection, text};

use super::decode_file;

/// How often a field was the same.
#[derive(Default)]
pub(crate) struct Count {
    pub(crate) equal: usize,
    pub(crate) total: usize,
    pub(crate) example: String,
}

/// Counts for each field in how many packets both say the same. `counts` says whether a field of a packet is compared.
/// Returns whether both found the same number of packets.
pub(crate) fn compare(
    path: &Path,
    fields: &[FieldRef],
    table: &mut BTreeMap<&'static str, Count>,
    counts: impl Fn((&Decoded<'_>, FieldRef)) -> bool,
) -> bool {
    compare_with(Options { exchanges: true, ..Options::default() }, &[], path, fields, table, counts)
}

/// The same with options, and the preferences of tshark that stand for them.
pub(crate) fn compare_with(
    options: Options,
    preferences: &[&str],
    path: &Path,
    fields: &[FieldRef],
    table: &mut BTreeMap<&'static str, Count>,
    counts: impl Fn((&Decoded<'_>, FieldRef)) -> bool,
) -> bool {
    let expected = tshark(path, fields, preferences);
    let selection = Selection::new(fields);
    let mut decoder = Decoder::new(options);
    let mut rows = expected.lines();
    let mut complete = true;
    let mut columns = vec![String::new(); fields.len()];
    decode_file(path, &mut decoder, |decoded| {
        columns.iter_mut().for_each(String::clear);
        decoded.select(&selection, &mut |column, _, value| {
            let out = &mut columns[column];
            if !out.is_empty() {
                out.push('\x1e');
            }
            text::write_value(fields[column].field(), &value, out);
        });
        let Some(row) = rows.next() else {
            complete = false;
            return;
        };
        for ((field, ours), theirs) in fields.iter().zip(&columns).zip(row.split('\x1f')) {
            if ours.is_empty() && theirs.is_empty() || !counts((decoded, *field)) {
                continue;
            }
            // tshark finds HTTP/2 by port only, and misses it where content shows it.
            if theirs.is_empty() && field.protocol().name() == "http2" {
                continue;
            }
            let count = table.entry(field.name()).or_default();
            count.total += 1;
            if ours == theirs {
                count.equal += 1;
            } else if count.example.is_empty() {
                let short = |s: &str| s.replace('\x1e', ",").chars().take(60).collect::<String>();
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                count.example = format!(
                    "{file}#{}: ours {:?}, theirs {:?}",
                    decoded.number(),
                    short(ours),
                    short(theirs)
                );
            }
        }
    });
    complete && rows.next().is_none()
}

/// The fields of all packets as tshark prints them, without the user's settings.
fn tshark(path: &Path, fields: &[FieldRef], preferences: &[&str]) -> String {
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields", "-E", "separator=\x1f", "-E", "aggregator=\x1e", "-r"]).arg(path);
    for preference in preferences {
        command.args(["-o", preference]);
    }
    for field in fields {
        command.args(["-e", field.name()]);
    }
    command.env("TZ", "UTC").env("LC_ALL", "C.UTF-8").env("WIRESHARK_CONFIG_DIR", "/nonexistent");
    let output = command.output().expect("tshark runs");
    // One field that it does not know, and it prints nothing at all.
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("aren't valid"), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
