//! Every field that tshark shows of our protocols in the corpus of captures, whether we have it, and whether it says the same
//! in each packet: the table docs/fields.md. `make fields` writes it. tshark's answers are kept in the target directory, so
//! that only the first time takes long.
//! PLAINTAP_COMPARE=PROTOCOL,… prints the fields of these protocols, one a line, with the first difference.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use plaintap_crypt::{KeyStore, TlsDecryptor};
use plaintap_decode::{Decoder, FieldRef, Options, Selection, registry, text};
use plaintap_packet::file::{Reader, Record};

/// Larger captures say the same again and again.
const MOST_PACKETS: u64 = 1000;

/// Protocols of Wireshark whose fields are those of one of ours.
const TWINS: &[&str] = &["x509sat", "x509ce", "x509if", "pkix1implicit", "pkix1explicit"];

/// What the captures with keys hold, which the list of captures does not say.
const ENCRYPTED: &[&str] = &[
    "eth",
    "ip",
    "ipv6",
    "tcp",
    "udp",
    "tls",
    "dtls",
    "quic",
    "http",
    "http2",
    "grpc",
    "http3",
    "x509af",
    "x509sat",
    "x509ce",
    "x509if",
    "pkix1implicit",
    "pkix1explicit",
];

/// How often a field is there, and the same.
#[derive(Default)]
struct Count {
    shown: usize,
    equal: usize,
    ours_alone: usize,
    example: String,
}

struct Capture {
    path: PathBuf,
    keys: Option<PathBuf>,
    protocols: BTreeSet<String>,
}

fn main() {
    let Some(root) = corpus() else { return };
    let Some(parents) = wireshark_fields() else { return };
    let captures = Mutex::new(captures(&root));
    let table: Mutex<BTreeMap<&str, Count>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(capture) = { captures.lock().expect("no panic").pop() } {
                    compare(&root, &capture, &parents, &table);
                }
            });
        }
    });
    let table = table.into_inner().expect("no panic");
    let chosen = std::env::var("PLAINTAP_COMPARE").unwrap_or_default();
    for (field, count) in &table {
        if chosen.split(',').any(|name| name == parents[*field]) {
            let have = if registry::field(field).is_some() { "" } else { "MISSING" };
            let Count { shown, equal, ours_alone, example } = count;
            println!("{shown:6} {equal:6} +{ours_alone:<4} {field} {have} {example}");
        }
    }
    let written = render(&table, &parents);
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fields.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&document, &written).expect("docs/fields.md");
    }
    let told = fs::read_to_string(&document).unwrap_or_default();
    assert_eq!(told, written, "docs/fields.md tells something else: make fields");
}

fn corpus() -> Option<PathBuf> {
    let root = match std::env::var_os("PLAINTAP_CORPUS") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
    };
    if !root.join("captures.tsv").is_file() {
        println!("skipped: corpus not found at {}", root.display());
        return None;
    }
    Some(root)
}

/// The protocol of each field of the installed Wireshark that belongs to one of ours.
fn wireshark_fields() -> Option<HashMap<String, String>> {
    let Ok(output) = Command::new("tshark").args(["-G", "fields"]).output() else {
        println!("skipped: tshark is not installed");
        return None;
    };
    let mut parents = HashMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let ["F", _, name, _, parent, ..] = columns[..] else { continue };
        if registry::protocol(parent).is_some() || TWINS.contains(&parent) {
            parents.entry(name.to_owned()).or_insert_with(|| parent.to_owned());
        }
    }
    Some(parents)
}

/// The captures without malformed packets, of which each side shows what it can, and those with keys.
fn captures(root: &Path) -> Vec<Capture> {
    let list = fs::read_to_string(root.join("captures.tsv")).expect("the list of captures");
    let mut captures = Vec::new();
    for row in list.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [file, .., packets, "0", protocols] = columns[..] else { continue };
        if !packets.parse::<u64>().is_ok_and(|packets| packets <= MOST_PACKETS) {
            continue;
        }
        let mut protocols: BTreeSet<String> = protocols.split(' ').map(str::to_owned).collect();
        if protocols.contains("x509af") {
            protocols.extend(TWINS.iter().copied().map(str::to_owned));
        }
        captures.push(Capture { path: root.join(file), keys: None, protocols });
    }
    for folder in ["tls", "stacks"] {
        for entry in fs::read_dir(root.join(folder)).expect("the captures with keys") {
            let path = entry.expect("an entry").path();
            let keys = ["keylog", "keys"].map(|e| path.with_extension(e)).into_iter().find(|k| k.is_file());
            let is_capture = path.extension().is_some_and(|e| e == "pcap" || e == "pcapng");
            if is_capture && keys.is_some() {
                let protocols = ENCRYPTED.iter().copied().map(str::to_owned).collect();
                captures.push(Capture { path, keys, protocols });
            }
        }
    }
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the cases") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "pcap" || e == "pcapng") {
                let protocols = protocols_of(&path);
                captures.push(Capture { path, keys: None, protocols });
            }
        }
    }
    captures
}

/// The protocols that tshark finds in a capture.
fn protocols_of(path: &Path) -> BTreeSet<String> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields", "-e", "frame.protocols", "-r"]).arg(path);
    let output = command.env("WIRESHARK_CONFIG_DIR", "/nonexistent").output().expect("tshark runs");
    let lists = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut protocols: BTreeSet<String> =
        lists.split([':', '\n', ',']).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if protocols.contains("x509sat") {
        protocols.extend(TWINS.iter().copied().chain(["x509af"]).map(str::to_owned));
    }
    protocols
}

fn compare<'a>(
    root: &Path,
    capture: &Capture,
    parents: &'a HashMap<String, String>,
    table: &Mutex<BTreeMap<&'a str, Count>>,
) {
    let answer = tshark(root, capture, parents);
    let mut rows = answer.lines();
    let names: Vec<&str> = rows
        .next()
        .into_iter()
        .flat_map(|line| line.split('\x1f'))
        .filter_map(|name| parents.get_key_value(name).map(|(name, _)| name.as_str()))
        .collect();
    // What only we show counts for the fields that tshark shows somewhere.
    let ours: Vec<(usize, FieldRef)> = names
        .iter()
        .enumerate()
        .filter_map(|(column, name)| Some((column, registry::field(name)?)))
        .collect();
    let fields: Vec<FieldRef> = ours.iter().map(|&(_, field)| field).collect();
    let selection = Selection::new(&fields);
    let mut found = vec![String::new(); names.len()];
    let file = capture.path.file_name().unwrap_or_default().to_string_lossy();
    let mut number = 0;
    decode(capture, &mut |decoded| {
        number += 1;
        let Some(row) = rows.next() else { return };
        if row.is_empty() {
            return;
        }
        found.iter_mut().for_each(String::clear);
        decoded.select(&selection, &mut |selected, _, value| {
            let (column, field) = ours[selected];
            if !found[column].is_empty() {
                found[column].push('\x1e');
            }
            text::write_value(field.field(), &value, &mut found[column]);
        });
        let mut table = table.lock().expect("no panic");
        for ((name, ours), theirs) in names.iter().zip(&found).zip(row.split('\x1f')) {
            if ours.is_empty() && theirs.is_empty() {
                continue;
            }
            let count = table.entry(name).or_default();
            count.shown += usize::from(!theirs.is_empty());
            count.ours_alone += usize::from(theirs.is_empty());
            count.equal += usize::from(ours == theirs);
            if ours != theirs && count.example.is_empty() {
                let short = |s: &str| s.replace('\x1e', ",").chars().take(70).collect::<String>();
                count.example = format!("{file}#{number}: ours {:?} theirs {:?}", short(ours), short(theirs));
            }
        }
    });
}

fn decode(capture: &Capture, each: &mut dyn FnMut(&plaintap_decode::Decoded<'_>)) {
    let keys = KeyStore::new();
    if let Some(log) = &capture.keys {
        keys.insert_keylog(&fs::read(log).expect("a key log"), |_| {});
    }
    let decryptor = Box::new(TlsDecryptor::new(keys.clone()));
    let mut decoder =
        Decoder::new(Options { decryptor: Some(decryptor), exchanges: true, ..Options::default() });
    let Ok(mut reader) = Reader::new(File::open(&capture.path).expect("a capture")) else { return };
    let mut number = 0;
    while let Ok(Some(record)) = reader.next_record() {
        if let Record::Packet(packet, options) = record {
            number += 1;
            let comments: Vec<&[u8]> = options.comments().collect();
            each(&decoder.decode_with_comments(&packet, number, &comments));
        }
    }
}

/// What tshark says of all fields that the capture may have: a line of the names that are there at least once, and one
/// with their values for each packet.
fn tshark(root: &Path, capture: &Capture, parents: &HashMap<String, String>) -> String {
    let place = capture.path.strip_prefix(root).unwrap_or(&capture.path).to_string_lossy().replace('/', "_");
    let program = std::env::current_exe().expect("this program has a path");
    let kept = program.with_file_name("fields-of-tshark");
    fs::create_dir_all(&kept).expect("a directory for what tshark says");
    let kept = kept.join(place);
    if let Ok(answer) = fs::read_to_string(&kept) {
        return answer;
    }
    let mut names: Vec<&str> = parents
        .iter()
        .filter(|(_, parent)| capture.protocols.contains(*parent))
        .map(|(name, _)| name.as_str())
        .collect();
    names.sort_unstable();
    let mut command = Command::new("tshark");
    command
        .args(["-n", "-T", "fields", "-E", "separator=\x1f", "-E", "aggregator=\x1e", "-r"])
        .arg(&capture.path);
    if let Some(keys) = &capture.keys {
        command.args(["-o", &format!("tls.keylog_file:{}", keys.display())]);
    }
    for name in &names {
        command.args(["-e", name]);
    }
    command.env("TZ", "UTC").env("LC_ALL", "C.UTF-8").env("WIRESHARK_CONFIG_DIR", "/nonexistent");
    let output = command.output().expect("tshark runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("aren't valid"), "{errors}");
    let all = String::from_utf8_lossy(&output.stdout);
    // A value may hold the separators: nothing is known of that packet.
    let rows: Vec<Vec<&str>> = all
        .lines()
        .map(|row| row.split('\x1f').collect::<Vec<_>>())
        .map(|row| if row.len() == names.len() { row } else { Vec::new() })
        .collect();
    let there =
        |column: &usize| rows.iter().any(|row| row.get(*column).is_some_and(|value| !value.is_empty()));
    let columns: Vec<usize> = (0..names.len()).filter(there).collect();
    let line = |of: &dyn Fn(usize) -> String| {
        columns.iter().map(|&column| of(column)).collect::<Vec<_>>().join("\x1f") + "\n"
    };
    let mut answer = line(&|column| names[column].to_owned());
    for row in &rows {
        if row.is_empty() {
            answer.push('\n');
            continue;
        }
        answer.push_str(&line(&|column| row.get(column).copied().unwrap_or_default().to_owned()));
    }
    fs::write(&kept, &answer).expect("what tshark says");
    answer
}

/// The table for people, by protocol.
fn render(table: &BTreeMap<&str, Count>, parents: &HashMap<String, String>) -> String {
    #[derive(Default)]
    struct Row {
        fields: usize,
        ours: usize,
        shown: usize,
        equal: usize,
    }
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for (field, count) in table.iter().filter(|(_, count)| count.shown > 0) {
        for protocol in ["*all*", parents[*field].as_str()] {
            let row = rows.entry(protocol).or_default();
            row.fields += 1;
            row.ours += usize::from(registry::field(field).is_some());
            row.shown += count.shown;
            row.equal += count.equal;
        }
    }
    let mut out = String::from(
        "# Fields\n\n\
         Of each protocol: how many of its fields tshark 4.0.17 shows at least once in the captures of the corpus without\n\
         malformed packets, of at most 1000 packets, in those with keys, and in those of tests/cases; how many of these\n\
         plaintap has; in how many packets tshark shows one of them; and in how many of these all of its values are the same\n\
         here. The last column is the part of the values that are the same. Some fields of tshark are findings of its\n\
         own (`tcp.analysis`, `ip.ttl.too_small`) or say what else it found (`*.segments`, `*.response_in`). Written by\n\
         `make fields`; docs/differences.md has the reasons for what differs.\n\n\
         | protocol | fields | here | values | equal | part |\n|---|---|---|---|---|---|\n",
    );
    for (protocol, Row { fields, ours, shown, equal }) in &rows {
        let part = 100.0 * *equal as f64 / *shown as f64;
        let _ = writeln!(out, "| {protocol} | {fields} | {ours} | {shown} | {equal} | {part:.1} % |");
    }
    out
}
