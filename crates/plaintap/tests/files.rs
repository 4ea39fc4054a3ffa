//! info, convert, merge and secrets against capinfos, editcap, mergecap and tshark, over the corpus.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use plaintap_packet::file::{Interface, PcapngWriter, Reader, Record, kind};
use plaintap_packet::{Direction, LinkType, Nanos, Packet};
use tempfile::TempDir;

use support::*;

/// The corpus's folder; says so where it is missing.
fn corpus() -> Option<PathBuf> {
    let path = match std::env::var_os("PLAINTAP_CORPUS") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
    };
    if path.join("captures.tsv").exists() {
        return Some(path);
    }
    println!("skipped: corpus not found at {}", path.display());
    None
}

fn installed(programs: &[&str]) -> bool {
    let missing = programs.iter().find(|program| find(program).is_none());
    if let Some(program) = missing {
        println!("skipped: {program} is not installed");
    }
    missing.is_none()
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("it starts");
    assert!(output.status.success(), "{program} {arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn ok(arguments: &[&str]) -> String {
    let output = plaintap(arguments);
    assert_eq!(output.status.code(), Some(0), "plaintap {arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn str(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

/// Time, lengths and bytes of each packet, as tshark reads them.
fn packets(file: &Path) -> Vec<String> {
    let fields = [
        "-T",
        "fields",
        "-e",
        "frame.time_epoch",
        "-e",
        "frame.cap_len",
        "-e",
        "frame.len",
        "-e",
        "_ws.col.Info",
    ];
    tshark(file, &fields).lines().map(str::to_owned).collect()
}

/// Every block of a pcapng file, but the section's length, which a copy need not have.
fn blocks(path: &Path) -> Vec<(u32, Vec<u8>)> {
    let bytes = fs::read(path).expect("a file");
    let mut reader = Reader::new(&bytes[..]).expect("a capture");
    let mut blocks = Vec::new();
    while let Some(entry) = reader.next_entry().expect("a sound file") {
        let block = entry.block.expect("pcapng");
        let mut raw = block.raw.to_vec();
        if block.kind == kind::SECTION_HEADER {
            raw[16..24].fill(0xff);
        }
        blocks.push((block.kind, raw));
    }
    blocks
}

fn generated(corpus: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for order in ["output_le", "output_be"] {
        for group in ["basic", "advanced", "difficult"] {
            let folder = corpus.join("captures/pcapng-test-generator").join(order).join(group);
            files.extend(fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()));
        }
    }
    files.sort();
    assert_eq!(files.len(), 48);
    files
}

#[test]
fn a_copy_of_a_pcapng_file_loses_nothing() {
    let Some(corpus) = corpus() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut compared = 0;
    for file in generated(&corpus) {
        for name in ["a.pcapng", "a.pcapng.gz", "a.pcapng.zst", "a.pcapng.lz4"] {
            let (copy, back) = (folder.path().join(name), folder.path().join("back.pcapng"));
            ok(&["convert", str(&file), str(&copy)]);
            ok(&["convert", str(&copy), str(&back)]);
            assert!(blocks(&back) == blocks(&file), "{} by {name}", file.display());
        }
        compared += blocks(&file).len();
    }
    println!("{compared} blocks compared");
    let empty = corpus.join("captures/pcapng-test-generator/empty.pcap");
    let output = plaintap(&["info", str(&empty)]);
    assert_eq!(output.status.code(), Some(i32::from(fs::metadata(&empty).expect("a file").len() == 0)));
}

#[test]
fn info_says_what_capinfos_says() {
    let Some(corpus) = corpus() else { return };
    if !installed(&["capinfos"]) {
        return;
    }
    let mut files = generated(&corpus);
    let more = fs::read_dir(corpus.join("captures/arkime/tests/pcap")).expect("a folder");
    files.extend(
        more.map(|e| e.expect("an entry").path()).filter(|p| p.extension().is_some_and(|e| e == "pcap")),
    );
    let mut compared = 0;
    for file in files {
        // Machine-readable: tab-separated, raw values.
        let output = Command::new("capinfos")
            .args(["-T", "-r", "-M", "-S", "-c", "-s", "-d", "-a", "-e", "-H"])
            .arg(&file)
            .output();
        let output = output.expect("capinfos starts");
        let line = text(&output.stdout);
        let columns: Vec<&str> = line.trim_end().split('\t').collect();
        if !output.status.success() || columns.len() < 7 {
            continue;
        }
        let facts: serde_json::Value =
            serde_json::from_str(&ok(&["info", "--json", str(&file)])).expect("JSON");
        assert_eq!(facts["packets"].to_string(), columns[1], "{}: {line}", file.display());
        assert_eq!(facts["size"].to_string(), columns[2], "{}", file.display());
        assert_eq!(facts["original_bytes"].to_string(), columns[3], "{}", file.display());
        assert_eq!(facts["sha256"], columns[6], "{}", file.display());
        // capinfos gives no times where a packet has none.
        for (ours, theirs) in [(&facts["first_time"], columns[4]), (&facts["last_time"], columns[5])] {
            if let (Some(ours), Ok(theirs)) = (ours.as_str(), theirs.parse::<f64>()) {
                let ours: f64 = ours.parse().expect("seconds");
                assert!((ours - theirs).abs() < 1e-5, "{}: {ours} {theirs}", file.display());
            }
        }
        compared += 1;
    }
    println!("{compared} files compared");
    assert!(compared > 80, "only {compared}");
}

#[test]
fn editcap_selects_cuts_and_deduplicates_the_same() {
    let Some(corpus) = corpus() else { return };
    if !installed(&["editcap", "tshark"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (theirs, ours) = (folder.path().join("theirs.pcapng"), folder.path().join("ours.pcapng"));
    let file = corpus.join("captures/arkime/tests/pcap/http-tcp-seq-issue.pcap");
    let large = corpus.join("filters/dfmix-open.pcapng");
    let twice = folder.path().join("twice.pcapng");
    let ordered = corpus.join("captures/arkime/tests/pcap/gtp-iphone.pcap");
    ok(&["merge", str(&twice), str(&ordered), str(&ordered)]);
    let start = packets(&file)[2].split('\t').next().expect("a time").to_owned();
    let date =
        Command::new("date").args(["-u", "-d", &format!("@{start}"), "+%Y-%m-%dT%H:%M:%S.%NZ"]).output();
    let date = text(&date.expect("date starts").stdout).trim().to_owned();
    for (file, editcap, plaintap) in [
        (&file, vec!["-r", "2-4", "6"], vec!["-r", "2-4,6"]),
        (&file, vec!["1", "3-5"], vec!["--delete", "1,3-5"]),
        (&file, vec!["-A", &date], vec!["-A", &start]),
        (&file, vec!["-B", &date], vec!["-B", &date]),
        (&large, vec!["-s", "60"], vec!["-s", "60"]),
        (&large, vec!["-d"], vec!["-d"]),
        (&large, vec!["-D", "1000"], vec!["-D", "1000"]),
        (&twice, vec!["-w", "0.5"], vec!["-w", "0.5"]),
        (&large, vec!["-F", "pcapng"], vec!["-F", "pcapng"]),
    ] {
        // Selections of editcap follow the file names, options stand before them.
        let (options, selection): (Vec<&str>, Vec<&str>) = editcap
            .iter()
            .copied()
            .partition(|a| a.starts_with('-') || editcap[0] != "-r" && editcap[0].starts_with('-'));
        let mut arguments = options;
        arguments.extend([str(file), str(&theirs)]);
        arguments.extend(selection);
        run("editcap", &arguments);
        let mut arguments = vec!["convert", str(file), str(&ours)];
        arguments.extend(plaintap);
        ok(&arguments);
        let (theirs, ours) = (packets(&theirs), packets(&ours));
        // editcap takes custom blocks for packets, ours keeps them as they are: tshark shows both.
        assert!(ours == theirs, "{arguments:?}: {} packets and {}", ours.len(), theirs.len());
        assert!(!ours.is_empty());
    }
}

#[test]
fn formats_compression_and_pipes() {
    let Some(corpus) = corpus() else { return };
    if !installed(&["tshark", "gzip"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = corpus.join("captures/arkime/tests/pcap/bigendian.pcap");
    let expected = packets(&file);
    for (name, format, capinfos) in [
        ("a.pcap", None, "pcap"),
        ("a.pcapng", None, "pcapng"),
        ("a", Some("nsecpcap"), "nsecpcap"),
        ("b.pcap", Some("pcapng"), "pcapng"),
        ("c.pcap.gz", None, "pcap"),
    ] {
        let out = folder.path().join(name);
        let mut arguments = vec!["convert", str(&file), str(&out)];
        arguments.extend(format.iter().flat_map(|format| ["-F", format]));
        ok(&arguments);
        assert!(packets(&out) == expected, "{name}");
        let kind = run("capinfos", &["-t", "-T", "-r", "-M", str(&out)]);
        assert_eq!(kind.trim_end().split('\t').next_back(), Some(capinfos), "{name}");
    }
    // zstd and lz4 as their own programs make them, and everything from a pipe.
    let mut tried = 0;
    for (program, arguments) in [
        ("gzip", vec!["-c"]),
        ("zstd", vec!["-c"]),
        ("lz4", vec!["-c"]),
        ("lz4", vec!["-l", "-c"]),
        ("cat", vec![]),
    ] {
        if find(program).is_none() {
            continue;
        }
        tried += 1;
        let packed = Command::new(program)
            .args(arguments)
            .arg(&file)
            .stderr(Stdio::null())
            .output()
            .expect("it starts");
        let mut child = Command::new(PLAINTAP)
            .args(["convert", "-", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("plaintap starts");
        child.stdin.take().expect("a pipe").write_all(&packed.stdout).expect("it reads");
        let output = finish(child);
        assert_status(&output, 0);
        let out = folder.path().join("piped.pcap");
        fs::write(&out, &output.stdout).expect("a file");
        assert!(packets(&out) == expected, "{program}");
    }
    println!("{tried} compressors");
}

#[test]
fn split_files_together_are_the_whole() {
    let Some(corpus) = corpus() else { return };
    if !installed(&["tshark", "editcap"]) {
        return;
    }
    let file = corpus.join("captures/arkime/tests/pcap/gtp-iphone.pcap");
    let split = |file: &Path, options: &[&str]| -> (TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("s.pcapng");
        let mut arguments = vec!["convert", str(file), str(&out)];
        arguments.extend(options);
        ok(&arguments);
        let mut files: Vec<PathBuf> =
            fs::read_dir(folder.path()).expect("a folder").map(|e| e.expect("an entry").path()).collect();
        files.sort();
        (folder, files)
    };
    let names = |files: &[PathBuf]| -> Vec<String> {
        files.iter().map(|f| f.file_name().expect("a name").to_string_lossy().into_owned()).collect()
    };
    let epoch = |files: &[PathBuf]| -> Vec<String> {
        // Dissection of later packets may need earlier ones, so only times and lengths are compared.
        let lines = files.iter().flat_map(|file| packets(file));
        lines.map(|line| line.split('\t').take(3).collect::<Vec<_>>().join(" ")).collect()
    };
    let whole = epoch(std::slice::from_ref(&file));

    let (_folder, files) = split(&file, &["-c", "30"]);
    assert_eq!(epoch(&files), whole);
    let editcap = tempfile::tempdir().expect("a folder");
    run("editcap", &["-c", "30", str(&file), str(&editcap.path().join("s.pcapng"))]);
    let mut theirs: Vec<PathBuf> =
        fs::read_dir(editcap.path()).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    theirs.sort();
    assert_eq!(names(&files), names(&theirs));

    let (_folder, files) = split(&file, &["-i", "10"]);
    assert!(files.len() > 1);
    assert_eq!(epoch(&files), whole);
    for file in &files {
        let times: Vec<f64> = epoch(std::slice::from_ref(file))
            .iter()
            .map(|line| line.split(' ').next().expect("a time").parse().expect("seconds"))
            .collect();
        assert!(times[times.len() - 1] - times[0] < 10.0);
    }

    let folder = tempfile::tempdir().expect("a folder");
    let merged = folder.path().join("merged.pcapng");
    let arkime = corpus.join("captures/arkime/tests/pcap");
    let parts = ["dns-wiresharkrepo.pcap", "http-500-head.pcap", "http-digestauth.pcap", "bigendian.pcap"];
    let parts: Vec<PathBuf> = parts.iter().map(|name| arkime.join(name)).collect();
    ok(&[&["merge", str(&merged)], &parts.iter().map(|p| str(p)).collect::<Vec<_>>()[..]].concat());
    let (_folder, files) = split(&merged, &["--split-connections"]);
    let mut together = epoch(&files);
    let mut sorted = epoch(std::slice::from_ref(&merged));
    together.sort();
    sorted.sort();
    assert_eq!(together, sorted);
    assert!(files.len() > 3 && files.len() < sorted.len(), "{} files", files.len());
    assert!(names(&files)[0].starts_with("s_00000_"), "{:?}", names(&files));
}

#[test]
fn files_split_by_size_keep_below_it_and_every_packet_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, out) = (folder.path().join("whole.pcapng"), folder.path().join("s.pcapng"));
    let mut writer =
        PcapngWriter::new(fs::File::create(&whole).expect("a file"), "test", "", "").expect("a section");
    writer.interface(&Interface { link_type: LinkType::RAW, ..Interface::default() }).expect("an interface");
    for number in 0..2500_u32 {
        let data = [&number.to_be_bytes()[..], &[0; 900]].concat();
        let packet = Packet {
            data: &data,
            time: Nanos(i64::from(number)),
            original_length: data.len() as u32,
            link_type: LinkType::RAW,
            interface: 0,
            direction: Direction::Unknown,
            process: None,
        };
        writer.packet(&packet, None).expect("a packet");
    }
    ok(&["convert", str(&whole), str(&out), "-C", "1"]);
    fs::remove_file(&whole).expect("the input");
    let mut files: Vec<_> =
        fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let mut numbers = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let size = fs::metadata(file).expect("metadata").len();
        let full = index + 1 == files.len() || size > 998_000;
        assert!(size <= 1_000_000 && full, "{}: {size} bytes", file.display());
        let mut reader = Reader::new(fs::File::open(file).expect("a file")).expect("a capture");
        while let Some(record) = reader.next_record().expect("a sound file") {
            if let Record::Packet(packet, _) = record {
                numbers.extend(packet.data.first_chunk().map(|number| u32::from_be_bytes(*number)));
            }
        }
    }
    assert_eq!((files.len(), numbers), (3, (0..2500).collect()));
}

#[test]
fn files_of_connections_are_readable_by_themselves() {
    if !installed(&["tshark"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("s.pcapng");
    ok(&["convert", str(&data("tls13-h1.pcapng")), str(&out), "--split-connections"]);
    let mut requests = 0;
    for entry in fs::read_dir(folder.path()).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert_eq!(fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o600);
        requests += tshark(&path, &["-Y", "http.request"]).lines().count();
    }
    let whole = tshark(&data("tls13-h1.pcapng"), &["-Y", "http.request"]).lines().count();
    assert!(requests == whole && whole > 0, "{requests} of {whole}");
}

#[test]
fn merged_files_are_those_of_mergecap() {
    let Some(corpus) = corpus() else { return };
    if !installed(&["mergecap", "tshark", "editcap"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let source = corpus.join("captures/arkime/tests/pcap/gtp-iphone.pcap");
    // Odd and even packets of one file, and two other formats, link types and byte orders.
    let numbers = |first: u64| (0..60).map(|i| (first + 2 * i).to_string()).collect::<Vec<_>>().join(",");
    ok(&["convert", str(&source), str(&path("odd.pcap")), "-r", &numbers(1)]);
    ok(&["convert", str(&source), str(&path("even.pcapng.zst")), "-r", &numbers(2)]);
    ok(&["convert", str(&path("even.pcapng.zst")), str(&path("even.pcapng"))]);
    let other = corpus.join("captures/pcapng-test-generator/output_be/basic/test010.pcapng");
    let big_endian = corpus.join("captures/arkime/tests/pcap/bigendian.pcap");
    ok(&[
        "merge",
        str(&path("ours.pcapng")),
        str(&path("odd.pcap")),
        str(&path("even.pcapng.zst")),
        str(&other),
        str(&big_endian),
    ]);
    let theirs = path("theirs.pcapng");
    run(
        "mergecap",
        &[
            "-w",
            str(&theirs),
            str(&path("odd.pcap")),
            str(&path("even.pcapng")),
            str(&other),
            str(&big_endian),
        ],
    );
    assert!(packets(&path("ours.pcapng")) == packets(&theirs));
    let facts: serde_json::Value =
        serde_json::from_str(&ok(&["info", "--json", str(&path("ours.pcapng"))])).expect("JSON");
    let description = facts["interfaces"][0]["description"].as_str().expect("a description").to_owned();
    assert!(description.contains("odd.pcap"), "{description}");

    // Of one link type into pcap.
    ok(&["merge", str(&path("ours.pcap")), str(&path("odd.pcap")), str(&path("even.pcapng"))]);
    let count = packets(&path("ours.pcap")).len();
    assert_eq!(count, packets(&source).len().min(120));
    let output = plaintap(&["merge", str(&path("no.pcap")), str(&path("odd.pcap")), str(&big_endian)]);
    assert_status(&output, 1);
    assert!(text(&output.stderr).contains("one link type"), "{}", text(&output.stderr));
    assert!(!path("no.pcap").exists());
}

#[test]
fn secrets_come_first_when_captures_are_merged() {
    if !installed(&["tshark"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let source = data("tls13-h1.pcapng");
    let requests = |file: &Path| tshark(file, &["-Y", "http.request"]).lines().count();
    ok(&["secrets", "extract", str(&source), str(&path("keys.log"))]);
    ok(&["secrets", "discard", str(&source), str(&path("none.pcapng"))]);
    ok(&["convert", str(&source), str(&path("plain.pcap"))]);
    for bare in ["none.pcapng", "plain.pcap"] {
        assert_eq!(requests(&path(bare)), 0, "{bare}");
        assert!(!text(&fs::read(path(bare)).expect("a file")).contains("TRAFFIC_SECRET"), "{bare}");
        let out = path("with.pcapng");
        ok(&["secrets", "inject", "-k", str(&path("keys.log")), str(&path(bare)), str(&out)]);
        assert_eq!(requests(&out), requests(&source), "{bare}");
        assert_eq!(fs::metadata(&out).expect("metadata").permissions().mode() & 0o777, 0o600);
        ok(&["secrets", "extract", str(&out), str(&path("again.log"))]);
        assert_eq!(fs::read(path("again.log")).expect("a file"), fs::read(path("keys.log")).expect("a file"));
        let editcap = run(
            "editcap",
            &[
                "--inject-secrets",
                &format!("tls,{}", str(&path("keys.log"))),
                str(&path(bare)),
                str(&path("theirs.pcapng")),
            ],
        );
        drop(editcap);
        assert!(packets(&out) == packets(&path("theirs.pcapng")));
    }
    // The secrets stand in the second file, behind the first packets of the first.
    ok(&["convert", str(&path("with.pcapng")), str(&path("last.pcapng")), "-r", "37-"]);
    ok(&["merge", str(&path("merged.pcapng")), str(&path("none.pcapng")), str(&path("last.pcapng"))]);
    assert_eq!(requests(&path("merged.pcapng")), requests(&source));

    // Late secrets: out of reach for tshark until they are moved.
    let none = blocks(&path("none.pcapng"));
    let secrets =
        blocks(&path("with.pcapng")).into_iter().find(|(kind, _)| *kind == kind::DECRYPTION_SECRETS);
    let late: Vec<u8> = none.into_iter().chain(secrets).flat_map(|(_, raw)| raw).collect();
    fs::write(path("late.pcapng"), late).expect("a file");
    assert_eq!(requests(&path("late.pcapng")), 0);
    assert!(ok(&["info", str(&path("late.pcapng"))]).contains("convert --finalize"));
    ok(&["convert", str(&path("late.pcapng")), str(&path("final.pcapng")), "--finalize"]);
    assert_eq!(requests(&path("final.pcapng")), requests(&source));
    assert!(!ok(&["info", str(&path("final.pcapng"))]).contains("too late"));
}

#[test]
fn key_tables_travel_in_the_file() {
    let Some(corpus) = corpus() else { return };
    if !installed(&["tshark"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let table = corpus.join("ipsec/kernel/esp_sa");
    let capture = corpus.join("ipsec/kernel/wire.pcap");
    ok(&["secrets", "inject", "-k", str(&table), str(&capture), str(&path("a.pcapng"))]);
    ok(&["secrets", "extract", "-t", "esp-sa", str(&path("a.pcapng")), str(&path("table"))]);
    assert_eq!(fs::read(path("table")).expect("a file"), fs::read(&table).expect("a file"));
    // Readers that do not know the block pass it over, and number the packets as before.
    assert!(packets(&path("a.pcapng")) == packets(&capture));
    let output = plaintap(&["secrets", "extract", str(&path("a.pcapng")), "-"]);
    assert_status(&output, 1);
    assert!(text(&output.stderr).contains("holds no TLS key log"), "{}", text(&output.stderr));

    fs::write(path("bad"), "\"IPv4\",\"10.0.0.1\"\n").expect("a file");
    let output =
        plaintap(&["secrets", "inject", "-k", str(&path("bad")), str(&capture), str(&path("no.pcapng"))]);
    assert_status(&output, 1);
    assert!(text(&output.stderr).contains("line 1: expected 8 fields"), "{}", text(&output.stderr));
    assert!(!path("no.pcapng").exists());
}

#[test]
fn a_display_filter_keeps_what_read_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("a.pcapng");
    let source = data("tls13-h1.pcapng");
    ok(&["convert", str(&source), str(&out), "-Y", "http"]);
    let shown = read(&source, &["-Y", "http", "-T", "fields", "-e", "frame.time_epoch"]);
    assert!(shown.lines().count() > 1);
    assert_eq!(read(&out, &["-T", "fields", "-e", "frame.time_epoch"]), shown);
    let output = plaintap(&["convert", str(&source), str(&out), "-Y", "htpp"]);
    assert_status(&output, 2);
}

#[test]
fn damage_keeps_what_stands_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let whole = fs::read(data("tls13-h1.pcapng")).expect("the test capture");
    ok(&["convert", str(&data("tls13-h1.pcapng")), str(&path("whole.pcapng.gz"))]);
    let packed = fs::read(path("whole.pcapng.gz")).expect("a file");
    fs::write(path("cut.pcapng"), &whole[..whole.len() - 1000]).expect("a file");
    fs::write(path("cut.pcapng.gz"), &packed[..packed.len() - 1000]).expect("a file");
    for name in ["cut.pcapng", "cut.pcapng.gz"] {
        for command in [
            vec!["convert", str(&path(name)), str(&path("out.pcapng"))],
            vec!["merge", str(&path("out.pcapng")), str(&path(name))],
        ] {
            let output = plaintap(&command);
            assert_status(&output, 1);
            let message = text(&output.stderr);
            assert!(message.contains(" byte ") && message.lines().count() == 1, "{message}");
            let count: u64 = ok(&["info", "-c", str(&path("out.pcapng"))]).trim().parse().expect("a number");
            assert!((5..37).contains(&count), "{command:?}: {count}");
            fs::remove_file(path("out.pcapng")).expect("the output");
        }
        let output = plaintap(&["info", "--json", str(&path(name))]);
        assert_status(&output, 1);
        let facts: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(facts["size"], fs::metadata(path(name)).expect("metadata").len());
        assert!(facts["damage"].is_string());
    }
    // An output that cannot be written leaves nothing.
    let output = plaintap(&["convert", str(&path("cut.pcapng")), "/no/such/folder/a.pcapng"]);
    assert_status(&output, 1);
    assert!(text(&output.stderr).contains("does not exist"));
    let output = plaintap(&["convert", str(&path("cut.pcapng")), "/dev/full"]);
    assert_status(&output, 1);
    assert!(text(&output.stderr).contains("No space left"), "{}", text(&output.stderr));
    let left: Vec<_> =
        fs::read_dir(folder.path()).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn every_capture_of_the_corpus_converts() {
    let Some(corpus) = corpus() else { return };
    let table = fs::read_to_string(corpus.join("captures.tsv")).expect("captures.tsv");
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("a.pcapng");
    let (mut converted, mut ends) = (0, BTreeMap::new());
    // Every tenth: the readers have their own test over all of them.
    for line in table.lines().skip(1).step_by(10) {
        let path = corpus.join(line.split('\t').next().expect("a name"));
        let output = plaintap(&["convert", str(&path), str(&out), "-s", "40"]);
        let code = output.status.code().expect("an exit status");
        assert!(code == 0 || code == 1 && !output.stderr.is_empty(), "{}", path.display());
        *ends.entry(code).or_insert(0) += 1;
        if out.exists() {
            let mut reader = Reader::new(fs::File::open(&out).expect("a file")).expect("a capture");
            while let Some(record) = reader.next_record().expect("a sound copy") {
                if let Record::Packet(packet, _) = record {
                    assert!(packet.data.len() <= 40);
                    converted += 1;
                }
            }
            fs::remove_file(&out).expect("the output");
        }
    }
    println!("{converted} packets, exit statuses {ends:?}");
    assert!(converted > 1000);
}
