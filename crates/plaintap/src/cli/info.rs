//! `plaintap info`: facts about capture files, as text, table or JSON.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use plaintap_crypt::Completeness;
use plaintap_packet::Nanos;
use plaintap_packet::file::secrets_type;
use serde_json::{Value, json};

use crate::args::{InfoArguments, TimeFormat};
use crate::files::{Depth, Facts, InterfaceFacts, TlsFacts, display_name, gather};
use crate::hello::Security;
use crate::out::{Clock, end, hex, push_printable, seconds};

/// Unreadable TLS connections that the text lists; JSON has them all.
const LISTED: usize = 20;

/// Runs the command.
///
/// # Errors
/// When standard output cannot be written. Damaged files give facts up to the damage, an error line, and status 1.
pub fn info(arguments: &InfoArguments) -> Result<ExitCode> {
    let mut status = ExitCode::SUCCESS;
    let mut out = io::stdout().lock();
    let depth = Depth {
        hash: !(arguments.no_hash || arguments.count || arguments.table),
        connections: !(arguments.count || arguments.table),
    };
    let several = arguments.files.len() > 1;
    for (index, path) in arguments.files.iter().enumerate() {
        let facts = match gather(path, depth) {
            Ok(facts) => facts,
            Err(error) => {
                eprintln!("plaintap: {error:#}");
                status = ExitCode::FAILURE;
                continue;
            }
        };
        let mut text = String::new();
        if arguments.json {
            text = json(&facts).to_string() + "\n";
        } else if arguments.count {
            // Writing to a String does not fail.
            let _ = match several {
                true => writeln!(text, "{}\t{}", facts.packets, display_name(path)),
                false => writeln!(text, "{}", facts.packets),
            };
        } else if arguments.table {
            table_line(&facts, index == 0, &mut text);
        } else {
            if index > 0 {
                text.push('\n');
            }
            describe(&facts, &mut text);
        }
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            // The reader of our output has enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(status),
            written => written.context("cannot write to standard output")?,
        }
        if let Some(damage) = &facts.damage {
            eprintln!("plaintap: {damage}");
            status = ExitCode::FAILURE;
        }
    }
    Ok(status)
}

fn table_line(facts: &Facts, header: bool, out: &mut String) {
    if header {
        out.push_str("packets\tfirst\tlast\tseconds\tbytes\tfile\n");
    }
    let (first, last) = facts.times.map_or_else(Default::default, |(a, b)| (time(a), time(b)));
    let _ = writeln!(
        out,
        "{}\t{first}\t{last}\t{}\t{}\t{}",
        facts.packets,
        seconds(facts.duration()),
        facts.original_bytes,
        display_name(&facts.path)
    );
}

/// Lines of a label and a text that may come from the file.
struct Lines<'a>(&'a mut String);

impl Lines<'_> {
    fn line(&mut self, label: &str, text: &str) {
        if !text.is_empty() {
            let _ = write!(self.0, "{label:<22} ");
            push_printable(text, self.0);
            self.0.push('\n');
        }
    }

    fn number(&mut self, label: &str, number: u64) {
        if number > 0 {
            self.line(label, &number.to_string());
        }
    }
}

fn describe(facts: &Facts, out: &mut String) {
    let mut lines = Lines(out);
    lines.line("File:", &display_name(&facts.path));
    lines.line("Format:", &facts.format());
    if facts.compression != plaintap_packet::file::Compression::None {
        let percent = facts.size as f64 * 100.0 / facts.unpacked_size.max(1) as f64;
        let text = format!("{}, {} bytes unpacked, {percent:.1} %", facts.compression, facts.unpacked_size);
        lines.line("Compression:", &text);
    }
    lines.line("Size:", &format!("{} bytes", facts.size));
    if let Some(hash) = facts.sha256 {
        lines.line("SHA-256:", &hex(&hash));
    }
    describe_packets(facts, &mut lines);
    for section in &facts.sections {
        lines.line("Hardware:", &section.hardware);
        lines.line("System:", &section.system);
        lines.line("Application:", &section.application);
        section.comments.iter().for_each(|comment| lines.line("Comment:", comment));
    }
    if facts.sections.len() > 1 {
        lines.number("Sections:", facts.sections.len() as u64);
    }
    lines.number("Packet comments:", facts.packet_comments);
    lines.number("Names:", facts.names);
    for (block, count) in &facts.other_blocks {
        lines.line("Other blocks:", &format!("{count} ({})", Facts::block_name(*block)));
    }
    for (index, interface) in facts.interfaces.iter().enumerate() {
        lines.line(&format!("Interface {index}:"), &describe_interface(interface));
    }
    for (pid, name, packets) in &facts.processes {
        lines.line("Process:", &format!("{name}[{pid}], {packets} packets"));
    }
    for (&kind, (blocks, bytes)) in &facts.secrets {
        lines.line("Secrets:", &format!("{}, {blocks} blocks, {bytes} bytes", secrets_name(kind)));
    }
    describe_tls(facts, &mut lines);
}

fn describe_packets(facts: &Facts, lines: &mut Lines<'_>) {
    lines.line("Packets:", &facts.packets.to_string());
    for (link_type, packets) in facts.link_types() {
        lines.line("Link type:", &format!("{link_type} ({}), {packets} packets", link_type.0));
    }
    let Some((first, last)) = facts.times else { return };
    lines.line("First packet:", &time(first));
    lines.line("Last packet:", &time(last));
    lines.line("Duration:", &format!("{} s", seconds(facts.duration())));
    lines.line(
        "Data:",
        &format!("{} bytes on the wire, {} captured", facts.original_bytes, facts.captured_bytes),
    );
    let average = facts.original_bytes as f64 / facts.packets as f64;
    lines.line("Packet length:", &format!("{average:.1} bytes on average, {} at most", facts.longest));
    if facts.duration() > 0 {
        let duration = facts.duration() as f64 / 1e9;
        let (packets, bytes) = (facts.packets as f64 / duration, facts.original_bytes as f64 / duration);
        lines
            .line("Rate:", &format!("{packets:.1} packets/s, {bytes:.1} bytes/s, {:.1} bits/s", bytes * 8.0));
    }
    if let Some((least, greatest)) = facts.cut_lengths {
        let length = if least == greatest { least.to_string() } else { format!("{least} to {greatest}") };
        lines.line("Cut packets:", &format!("{} (to {length} bytes)", facts.cut_packets));
    }
    let order = match facts.backward_steps {
        0 => "by time".to_owned(),
        steps => format!("not by time: {steps} packets are earlier than the one before"),
    };
    lines.line("Order:", &order);
}

fn describe_interface(interface: &InterfaceFacts) -> String {
    let described = &interface.description;
    let mut parts = Vec::new();
    let mut push = |label: &str, text: &str| {
        if !text.is_empty() {
            parts.push(if label.is_empty() { text.to_owned() } else { format!("{label} {text}") });
        }
    };
    push("", &described.name);
    push("", &described.description);
    push("", &described.link_type.to_string());
    push(
        "snap length",
        &if described.snap_length == 0 { String::new() } else { described.snap_length.to_string() },
    );
    push("time resolution", &resolution(interface.units_per_second));
    push("filter", &described.filter);
    push("system", &interface.system);
    push("hardware", &interface.hardware);
    push("speed", &interface.speed.map(|speed| format!("{speed} bit/s")).unwrap_or_default());
    push("", &format!("{} packets", interface.packets));
    if let Some(statistics) = &interface.statistics {
        for (label, count) in [
            ("received", statistics.received),
            ("dropped", statistics.dropped),
            ("accepted", statistics.accepted),
            ("dropped by the system", statistics.dropped_by_system),
            ("delivered", statistics.delivered),
        ] {
            push(label, &count.map(|count| count.to_string()).unwrap_or_default());
        }
    }
    parts.join(", ")
}

fn describe_tls(facts: &Facts, lines: &mut Lines<'_>) {
    let total = facts.tls.len() as u64 + facts.tls_not_listed;
    if total == 0 {
        return;
    }
    let count = |wanted| facts.tls.iter().filter(|tls| tls.secrets == wanted).count();
    let carried =
        |by: Security, name: &str| match facts.tls.iter().filter(|t| t.connection.security == by).count() {
            0 => String::new(),
            count => format!(", {count} in {name}"),
        };
    let text = format!(
        "{total}{}{}: {} readable, {} partly, {} without secrets",
        carried(Security::Quic, "QUIC"),
        carried(Security::Dtls, "DTLS"),
        count(Completeness::Complete),
        count(Completeness::Partial),
        count(Completeness::Missing)
    );
    lines.line("TLS connections:", &text);
    lines.number("TLS not looked up:", facts.tls_not_listed);
    let late = facts.tls.iter().filter(|tls| tls.late).count();
    if late > 0 {
        let text = format!(
            "{late} (other readers cannot use them: plaintap convert --finalize moves them to the front)"
        );
        lines.line("TLS secrets too late:", &text);
    }
    let unreadable = || facts.tls.iter().filter(|tls| tls.secrets != Completeness::Complete);
    for tls in unreadable().take(LISTED) {
        lines.line(
            "Not readable:",
            &format!(
                "{}, {}, packet {}, {}{}",
                ends(tls),
                protocol(tls),
                tls.connection.packet,
                state(tls),
                why(tls)
            ),
        );
    }
    if unreadable().count() > LISTED {
        lines.line("Not readable:", &format!("and {} more", unreadable().count() - LISTED));
    }
}

/// The schema is documented in docs/info-json.md.
fn json(facts: &Facts) -> Value {
    let interfaces: Vec<Value> = facts.interfaces.iter().map(json_interface).collect();
    let sections = facts.sections.iter().map(|section| {
        json!({
            "byte_order": if section.big_endian { "big" } else { "little" },
            "hardware": section.hardware, "system": section.system, "application": section.application,
            "comments": section.comments,
        })
    });
    let times = facts.times;
    json!({
        "file": display_name(&facts.path),
        "format": if facts.pcap.is_some() { "pcap" } else { "pcapng" },
        "format_details": facts.format(),
        "compression": facts.compression.to_string(),
        "size": facts.size,
        "unpacked_size": facts.unpacked_size,
        "sha256": facts.sha256.map(|hash| hex(&hash)),
        "packets": facts.packets,
        "captured_bytes": facts.captured_bytes,
        "original_bytes": facts.original_bytes,
        "longest_packet": facts.longest,
        "cut_packets": facts.cut_packets,
        "first_time": times.map(|(first, _)| epoch(first)),
        "last_time": times.map(|(_, last)| epoch(last)),
        "duration": seconds(facts.duration()),
        "ordered": facts.backward_steps == 0,
        "backward_steps": facts.backward_steps,
        "link_types": facts.link_types().map(|(link_type, packets)| json!({
            "number": link_type.0, "name": link_type.name(), "packets": packets,
        })).collect::<Vec<_>>(),
        "sections": sections.collect::<Vec<_>>(),
        "interfaces": interfaces,
        "processes": facts.processes.iter().map(|(pid, name, packets)| json!({
            "pid": pid, "name": name, "packets": packets,
        })).collect::<Vec<_>>(),
        "packets_with_process": facts.owned_packets,
        "packet_comments": facts.packet_comments,
        "names": facts.names,
        "secrets": facts.secrets.iter().map(|(&kind, (blocks, bytes))| json!({
            "type": kind, "name": secrets_type::name(kind), "blocks": blocks, "bytes": bytes,
        })).collect::<Vec<_>>(),
        "other_blocks": facts.other_blocks.iter().map(|(kind, count)| json!({
            "type": kind, "count": count,
        })).collect::<Vec<_>>(),
        "tls_connections": facts.tls.iter().map(|tls| json!({
            "client": end(tls.connection.ends[0]), "server": end(tls.connection.ends[1]),
            "protocol": protocol(tls), "client_random": hex(&tls.connection.client_random), "packet": tls.connection.packet,
            "secrets": state(tls), "late": tls.late,
            "reason": tls.missing.as_ref().map(|missing| &missing.reason),
            "explanation": tls.missing.as_ref().map(|missing| &missing.explanation),
        })).collect::<Vec<_>>(),
        "tls_connections_not_listed": facts.tls_not_listed,
        "damage": facts.damage,
    })
}

fn json_interface(interface: &InterfaceFacts) -> Value {
    let described = &interface.description;
    let statistics = interface.statistics.unwrap_or_default();
    json!({
        "name": described.name, "description": described.description, "filter": described.filter,
        "link_type": described.link_type.0, "link_type_name": described.link_type.name(),
        "snap_length": described.snap_length, "time_units_per_second": interface.units_per_second,
        "system": interface.system, "hardware": interface.hardware, "speed": interface.speed,
        "packets": interface.packets,
        "received": statistics.received, "dropped": statistics.dropped, "accepted": statistics.accepted,
        "dropped_by_system": statistics.dropped_by_system, "delivered": statistics.delivered,
    })
}

fn secrets_name(kind: u32) -> String {
    secrets_type::name(kind).map_or_else(|| format!("type {kind:#010x}"), str::to_owned)
}

fn state(tls: &TlsFacts) -> &'static str {
    match tls.secrets {
        Completeness::Complete => "complete",
        Completeness::Partial => "partial",
        Completeness::Missing => "missing",
    }
}

/// The explanation, in brackets behind the state.
fn why(tls: &TlsFacts) -> String {
    let Some(missing) = &tls.missing else { return String::new() };
    let mut text = String::from(" (");
    push_printable(&missing.explanation, &mut text);
    text.push(')');
    text
}

fn protocol(tls: &TlsFacts) -> &'static str {
    tls.connection.security.name()
}

fn ends(tls: &TlsFacts) -> String {
    format!("{} → {}", end(tls.connection.ends[0]), end(tls.connection.ends[1]))
}

fn resolution(units_per_second: f64) -> String {
    match units_per_second {
        1e9 => "1 ns".to_owned(),
        1e6 => "1 µs".to_owned(),
        1e3 => "1 ms".to_owned(),
        units => format!("1/{units} s"),
    }
}

/// Local date and time.
fn time(time: Nanos) -> String {
    let mut text = String::new();
    Clock::new(TimeFormat::Ad).write(time, &mut text);
    text
}

/// Seconds since 1970 with 9 decimals, as text: a number in JSON would lose some.
fn epoch(time: Nanos) -> String {
    seconds(time.0)
}
