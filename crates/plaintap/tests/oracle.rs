//! The whole corpus of captures against what tshark said of it, field by field and packet by packet.
//!
//! `make compare` prints the table. PLAINTAP_COMPARE=FIELD,… prints the differences of these fields, each one; with a `*` at
//! the end all fields that begin so. PLAINTAP_COMPARE_FILE=TEXT takes only captures with this text in their names.
//! The expected values are in the corpus (made by its `oracle.py`), so that tshark does not run here.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use plaintap_crypt::{KeyStore, TlsDecryptor};
use plaintap_decode::{Decoder, FieldRef, Options, Selection, registry, text};
use plaintap_packet::file::{Reader, Record, secrets_type};
use serde_json::{Map, Value};

/// The least part of all values that must be equal, over all fields.
const LEAST: f64 = 0.998;

/// The least part of the packets in which a field must be equal, for each field that occurs often enough.
const LEAST_OF_FIELD: f64 = 0.99;

/// The same for what tshark calls its analysis.
const LEAST_OF_ANALYSIS: f64 = 0.95;

/// Fields in fewer packets are only reported.
const OFTEN: usize = 100;

/// No capture of the corpus may take longer.
const HANG: Duration = Duration::from_secs(20);

/// The fields that the corpus has expected values of.
const FIELDS: &str = "
    frame.time_epoch frame.len frame.cap_len frame.protocols frame.encap_type frame.interface_id frame.comment
    eth.src eth.dst eth.type vlan.id arp.opcode arp.src.proto_ipv4 arp.dst.proto_ipv4 ip.src ip.dst ip.proto
    ip.ttl ip.id ip.len ip.flags ip.frag_offset ip.dsfield ipv6.src ipv6.dst ipv6.nxt ipv6.hlim ipv6.plen
    ipv6.flow icmp.type icmp.code icmpv6.type icmpv6.code igmp.type tcp.srcport tcp.dstport tcp.seq_raw
    tcp.ack_raw tcp.flags tcp.hdr_len tcp.len tcp.window_size_value tcp.stream tcp.options.mss_val
    tcp.options.wscale.shift tcp.options.timestamp.tsval tcp.checksum tcp.analysis.retransmission
    tcp.analysis.out_of_order tcp.analysis.lost_segment tcp.analysis.duplicate_ack udp.srcport udp.dstport
    udp.length udp.stream udp.checksum sctp.srcport sctp.dstport sctp.chunk_type dns.id dns.flags
    dns.flags.response dns.flags.rcode dns.qry.name dns.qry.type dns.resp.name dns.resp.type dns.a dns.aaaa
    dns.cname dns.txt http.request.method http.request.uri http.host http.user_agent http.response.code
    http.content_type http.content_length http2.streamid http2.type http2.headers.method http2.headers.path
    http2.headers.authority http2.headers.status tls.record.content_type tls.record.version tls.record.length
    tls.handshake.type tls.handshake.version tls.handshake.ciphersuite tls.handshake.extension.type
    tls.handshake.extensions_server_name tls.handshake.extensions_alpn_str tls.handshake.session_id_length
    tls.handshake.ja3 tls.handshake.ja3s tls.alert_message.desc x509sat.printableString x509sat.uTF8String
    quic.version quic.dcid quic.scid quic.packet_number quic.packet_length quic.long.packet_type quic.frame_type
    esp.spi esp.sequence ah.spi isakmp.ispi isakmp.rspi isakmp.exchangetype isakmp.messageid gre.proto mpls.label
    vxlan.vni gtp.teid gtp.message wg.type l2tp.tunnel pppoe.session_id ppp.protocol dhcp.option.dhcp
    dhcpv6.msgtype ntp.flags.mode snmp.version snmp.community radius.code tftp.opcode smtp.req.command
    ftp.request.command ftp.response.code imap.request.command pop.request.command ssh.protocol telnet.data
    smb.cmd smb2.cmd nbns.name ldap.messageID kerberos.msg_type rtp.ssrc rtcp.pt sip.Method sip.Status-Code
    mqtt.msgtype coap.code modbus.func_code bgp.type ospf.msg vrrp.type stp.flags lldp.chassis.id cdp.deviceid
    wlan.fc.type_subtype wlan.sa radiotap.datarate mysql.command pgsql.type redis.command stun.type
";

/// Fields that are not judged; docs/differences.md says why.
const NOT_JUDGED: &[&str] = &["frame.interface_id"];

/// The list of layers is compared where none of theirs is of a protocol that is not here: see [`Foreign`].
const LAYERS: &str = "frame.protocols";

/// Numbers of conversations: they are the same where one of ours is always the same one of theirs. tshark also numbers the
/// conversations that were announced and never came.
const NUMBERED: [&str; 2] = ["tcp.stream", "udp.stream"];

/// Captures where so many values of the fields, `*` for all that begin so, differ because of protocols that are not ours,
/// or of what tshark loses or misreads; docs/differences.md says which. They are not judged; all other values there are.
/// A number that is not met any more, in either direction, fails.
const EXPLAINED: &[(&str, &str, usize)] = &[
    // A layer that tshark names by the port, and its content is none of the protocol (TLS, AJP), or
    // none while it waits for the end of what the port promises (XMPP, HTTP).
    (LAYERS, "openvpn_obfuscated.pcapng", 89),
    (LAYERS, "wa_video.pcap", 63),
    (LAYERS, "xiaomi.pcap", 28),
    (LAYERS, "whatsapp_login_chat.pcap", 14),
    (LAYERS, "anyconnect-vpn.pcap", 26),
    (LAYERS, "KakaoTalk_chat.pcap", 29),
    // The same for Kerberos and SMB; and an AP-REP whose request it does not know.
    (LAYERS, "kerberos.pcap", 46),
    // It goes on behind a gap at once, and shows nothing of a segment that comes late. In viber, 5 are what STUN relays.
    (LAYERS, "weibo.pcap", 26),
    (LAYERS, "monero.pcap", 17),
    (LAYERS, "viber.pcap", 15),
    (LAYERS, "test301.pcapng", 9),
    // HTTP/2 is known by its content alone.
    (LAYERS, "http2-nghttp2.pcap", 13),
    (LAYERS, "http2.pcapng", 10),
    // RTP set up by Skinny.
    (LAYERS, "skinny.pcap", 135),
    // tshark gives a conversation a new number with each announcement.
    ("udp.stream", "FAX-Call-t38-CA-TDM-SIP-FB-1.pcap", 1327),
    ("udp.stream", "skinny.pcap", 33),
    // tshark goes by what the gateways agree on with each other, and takes RTP for a fax.
    ("rtp.*", "FAX-Call-t38-CA-TDM-SIP-FB-1.pcap", 27),
    // Calls set up by Skinny, frames inside of LWAPP.
    ("rtp.*", "skinny.pcap", 135),
    ("wlan.*", "lwapp-data.pcap", 6),
    // tshark takes the last bytes of each FabricPath frame for a checksum, and its TCP then for malformed.
    ("tcp.analysis.*", "ajp.pcap", 10),
    // Messages in segments that came out of order, twice, or never whole.
    ("http.*", "weibo.pcap", 11),
    ("http.*", "EAQ.pcap", 2),
    ("http.*", "http-tcp-seq-issue.pcap", 6),
    ("http.*", "wireshark-retrans.pcap", 4),
    ("http.*", "test301.pcapng", 2),
    ("tls.*", "test301.pcapng", 16),
    ("tls.*", "viber.pcap", 28),
    ("tls.*", "KakaoTalk_chat.pcap", 28),
    // Behind damaged messages the next ones are found again.
    ("bgp.*", "adb739b5829aacedbec6cf3969413997d23b6f2e3350ddf0b1cc3b4d1c335a95", 1),
    ("bgp.*", "clusterfuzz-testcase-minimized-FuzzTarget-5643903448645632", 1),
    ("bgp.*", "bgp-as-path-oobr.pcap", 4),
    ("bgp.*", "bgp-ub.pcap", 1),
    ("bgp.*", "bgp_mp_reach_nlri-oobr.pcap", 1),
    ("bgp.*", "bgp_mvpn_6_and_7_oobr.pcap", 1),
    // Recognised by its content on a port where tshark does not look.
    ("tls.*", "anyconnect-vpn.pcap", 66),
    ("tls.*", "rdp.pcap", 44),
    ("dns.*", "dns_tcp_8053.pcap", 17),
    // What tshark does not go on with behind a Retry or a Version Negotiation, and a version that is not QUIC's yet.
    ("tls.*", "quic_retry.pcap", 8),
    ("tls.*", "quic_vn.pcap", 8),
    ("tls.*", "quic_t51.pcap", 14),
    // Records in segments out of order.
    ("tls.*", "google_ssl.pcap", 12),
    // tshark takes SOME/IP for DNS.
    ("dns.*", "someip1.pcap", 18),
    ("dns.*", "someip_sd_sample.pcap", 36),
    // tshark ends a text at its first NUL.
    ("dns.txt", "avast_securedns.pcapng", 38),
    // Cut by the snapshot length; the option is there.
    ("dhcp.*", "test012.pcapng", 4),
];

/// The entry of [`EXPLAINED`] for a field in a capture.
fn explained(field: &str, capture: &str) -> Option<usize> {
    EXPLAINED.iter().position(|&(name, of, _)| {
        let same = name.strip_suffix('*').map_or(name == field, |start| field.starts_with(start));
        same && of == capture
    })
}

/// How often a field was the same.
#[derive(Default)]
struct Count {
    equal: usize,
    total: usize,
    examples: Vec<String>,
}

/// The counts by field, and how many values of each entry of [`EXPLAINED`] differ.
#[derive(Default)]
struct Table {
    counts: BTreeMap<String, Count>,
    explained: BTreeMap<usize, usize>,
}

#[test]
fn the_corpus_decodes_as_tshark_decodes_it() {
    let Some(corpus) = corpus() else { return };
    let mut expected = Vec::new();
    for path in expectations(&corpus) {
        expected.extend(lines(&path));
    }
    let only = std::env::var("PLAINTAP_COMPARE_FILE").unwrap_or_default();
    let queue = Mutex::new(expected.into_iter());
    let (table, shorter) = (Mutex::new(Table::default()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(line) = { queue.lock().expect("no panic").next() } {
                    let object: Value = serde_json::from_str(&line).expect("the corpus has JSON lines");
                    let name = object["file"].as_str().expect("each has a file");
                    if !name.contains(&only) {
                        continue;
                    }
                    let mut own = Table::default();
                    let begun = Instant::now();
                    if let Some(short) = compare(&corpus.join(name), &object, &mut own) {
                        shorter.lock().expect("no panic").push(short);
                    }
                    assert!(begun.elapsed() < HANG, "{name} took {:?}", begun.elapsed());
                    join(&mut table.lock().expect("no panic"), own);
                }
            });
        }
    });
    let table = table.into_inner().expect("no panic");
    let shorter = shorter.into_inner().expect("no panic");
    judge(&table, &shorter, only.is_empty());
}

/// Prints the table, the worst first, and fails where less is equal than there must be.
fn judge(table: &Table, shorter: &[String], whole: bool) {
    let ratio = |count: &Count| count.equal as f64 / count.total as f64;
    let mut rows: Vec<_> = table.counts.iter().collect();
    rows.sort_by(|a, b| ratio(a.1).total_cmp(&ratio(b.1)).then(a.0.cmp(b.0)));
    let (mut equal, mut total, mut bad) = (0, 0, Vec::new());
    for (name, count) in &rows {
        let judged = !NOT_JUDGED.contains(&name.as_str());
        let mark = if judged { ' ' } else { '*' };
        println!("{:7.4} {:7}/{:<7}{mark}{name}", ratio(count), count.equal, count.total);
        for example in &count.examples {
            println!("          {example}");
        }
        if !judged {
            continue;
        }
        equal += count.equal;
        total += count.total;
        let is_analysis = name.starts_with("tcp.analysis.");
        let least = if is_analysis { LEAST_OF_ANALYSIS } else { LEAST_OF_FIELD };
        if (is_analysis || count.total >= OFTEN) && ratio(count) < least {
            bad.push(format!("{name} {:.4} of {}", ratio(count), count.total));
        }
    }
    for short in shorter {
        println!("not as many packets: {short}");
    }
    let all = equal as f64 / total as f64;
    println!("{all:7.4} {equal}/{total} all fields (without those marked *)");
    let mut unexplained = Vec::new();
    for (index, &(fields, capture, expected)) in EXPLAINED.iter().enumerate() {
        let found = table.explained.get(&index).copied().unwrap_or(0);
        if found != expected {
            unexplained.push(format!("{fields} in {capture}: {found} values differ, not {expected}"));
        }
    }
    if whole {
        assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
        assert!(total > 800_000, "only {total} values were compared");
        assert!(bad.is_empty(), "below the least part: {}", bad.join("; "));
        assert!(all >= LEAST, "{all:.4} of all values are equal");
        assert!(shorter.is_empty(), "{} captures have another number of packets", shorter.len());
    }
}

/// Compares one capture. Returns its name and both numbers of packets if they differ.
fn compare(path: &Path, expected: &Value, table: &mut Table) -> Option<String> {
    let columns = expected["cols"].as_object()?;
    // What we find where tshark finds nothing counts too, so every field is asked for in every capture.
    let fields: Vec<FieldRef> = FIELDS.split_whitespace().filter_map(registry::field).collect();
    let selection = Selection::new(&fields);
    let theirs: Vec<Option<&Vec<Value>>> =
        fields.iter().map(|field| columns.get(field.name()).and_then(Value::as_array)).collect();
    let packets = expected["tshark"]["packets"].as_u64().unwrap_or(0);
    if packets == 0 && expected["tshark"]["rc"] != 0 || !path.exists() {
        return None; // tshark cannot open it, or it is not there.
    }
    let rows = packet_rows(columns, packets);
    let packets = rows.len();
    let foreign = Foreign::new(columns);
    let mut number = 0;
    let mut same = HashMap::new();
    let mut values: Vec<Vec<String>> = vec![Vec::new(); fields.len()];
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    decode_file(path, &mut |decoded| {
        number += 1;
        let Some(&row) = rows.get(number - 1) else { return };
        values.iter_mut().for_each(Vec::clear);
        decoded.select(&selection, &mut |column, _, value| {
            let mut out = String::new();
            text::write_value(fields[column].field(), &value, &mut out);
            values[column].push(out);
        });
        for ((field, ours), theirs) in fields.iter().zip(&mut values).zip(&theirs) {
            let theirs = theirs.and_then(|rows| rows.get(row)).unwrap_or(&Value::Null);
            if NUMBERED.contains(&field.name()) {
                renumber(&mut same, field.name(), ours, theirs);
            }
            if field.name() == LAYERS && foreign.is_in(row, ours) {
                continue;
            }
            if !ours.is_empty() || !theirs.is_null() {
                count(table, field.name(), ours, theirs, &name, number);
            }
        }
    });
    count_unknown(columns, table);
    // Its second section says version 2.0, where tshark stops.
    (number != packets && name != "test901.pcapng")
        .then(|| format!("{name}: ours {number}, theirs {packets}"))
}

/// Where tshark finds protocols that are not here.
struct Foreign<'e> {
    layers: Column<'e>,
    streams: Column<'e>,
    /// The TCP connections in which it finds one in any packet.
    connections: HashSet<&'e str>,
}

/// The values of a field, packet by packet; None where tshark has none at all.
type Column<'e> = Option<&'e Vec<Value>>;

fn text_at(column: Column<'_>, row: usize) -> Option<&str> {
    column?.get(row)?.as_str()
}

impl<'e> Foreign<'e> {
    fn new(columns: &'e Map<String, Value>) -> Self {
        let column = |name: &str| columns.get(name).and_then(Value::as_array);
        let (layers, streams) = (column(LAYERS), column("tcp.stream"));
        let has_foreign = |row: &usize| text_at(layers, *row).is_some_and(|layers| !has_known_layers(layers));
        let rows = 0..layers.map_or(0, Vec::len);
        let connections = rows.filter(has_foreign).filter_map(|row| text_at(streams, row)).collect();
        Self { layers, streams, connections }
    }

    /// Whether a packet holds such a protocol: tshark says so, or it says nothing of the bytes of such a connection, since
    /// their PDU goes on in later packets, and here they are only data.
    fn is_in(&self, row: usize, ours: &[String]) -> bool {
        let Some(layers) = text_at(self.layers, row) else { return true };
        let is_data = |ours: &String| ours.strip_suffix(":data") == Some(layers);
        let has_part = layers.ends_with(":tcp")
            && ours.first().is_some_and(is_data)
            && text_at(self.streams, row).is_some_and(|stream| self.connections.contains(stream));
        has_part || !has_known_layers(layers)
    }
}

/// Whether all layers of a list are protocols here, or names that stand between them.
fn has_known_layers(layers: &str) -> bool {
    const BETWEEN: [&str; 2] = ["ethertype", "wlan_radio"];
    layers.split(':').all(|layer| BETWEEN.contains(&layer) || registry::protocol(layer).is_some())
}

/// Puts their numbers of conversations in the place of ours, as they first stood for each other.
fn renumber(
    same: &mut HashMap<(&'static str, String), String>,
    name: &'static str,
    ours: &mut [String],
    theirs: &Value,
) {
    let one = std::slice::from_ref(theirs);
    let list = theirs.as_array().map_or(one, Vec::as_slice);
    if list.len() != ours.len() {
        return;
    }
    for (ours, theirs) in ours.iter_mut().zip(list) {
        let Some(theirs) = theirs.as_str() else { continue };
        let is_taken = same.iter().any(|((of, _), taken)| *of == name && taken == theirs);
        match same.get(&(name, ours.clone())) {
            Some(number) => number.clone_into(ours),
            None if is_taken => ours.push_str(" (another of theirs)"),
            None => {
                same.insert((name, std::mem::take(ours)), theirs.to_owned());
                theirs.clone_into(ours);
            }
        }
    }
}

/// The rows of the expected columns that are packets: tshark makes frames of custom and journal blocks too.
fn packet_rows(columns: &Map<String, Value>, count: u64) -> Vec<usize> {
    let protocols = columns.get("_ws.col.Protocol").and_then(Value::as_array);
    let is_packet = |row: &usize| protocols.and_then(|p| p.get(*row)).is_none_or(|name| name != "PCAPNG");
    (0..count as usize).filter(is_packet).collect()
}

/// Counts one field of one packet.
fn count(table: &mut Table, name: &str, ours: &[String], theirs: &Value, capture: &str, number: usize) {
    let equal = match theirs {
        Value::Null => ours.is_empty(),
        Value::Array(list) => list.iter().map(Value::as_str).eq(ours.iter().map(|s| Some(s.as_str()))),
        // tshark's lines cannot tell an empty value from none.
        one => ours.iter().map(String::as_str).eq(one.as_str()),
    } || theirs.is_null() && ours.iter().all(String::is_empty);
    if !equal && let Some(index) = explained(name, capture) {
        *table.explained.entry(index).or_default() += 1;
        return;
    }
    let entry = table.counts.entry(name.to_owned()).or_default();
    entry.total += 1;
    entry.equal += usize::from(equal);
    if !equal && entry.examples.len() < examples_of(name) {
        let short = |s: String| s.chars().take(100).collect::<String>();
        entry.examples.push(format!(
            "{capture}#{number}: ours {}, theirs {}",
            short(ours.join(",")),
            short(theirs.to_string())
        ));
    }
}

/// Fields of the oracle that the registry lacks are differences in every packet. Protocols that are not ours do not count.
fn count_unknown(columns: &Map<String, Value>, table: &mut Table) {
    const FOREIGN: [&str; 8] = ["_ws.", "bthci_cmd.", "can.", "dnp3.", "nfs.", "rpc.", "socks.", "tds."];
    for (name, rows) in columns {
        if registry::field(name).is_none() && !FOREIGN.iter().any(|foreign| name.starts_with(foreign)) {
            let rows = rows.as_array().map_or(0, |rows| rows.iter().filter(|row| !row.is_null()).count());
            table.counts.entry(name.clone()).or_default().total += rows;
        }
    }
}

/// One example of each field is shown, of the fields asked for all.
fn examples_of(name: &str) -> usize {
    let asked = std::env::var("PLAINTAP_COMPARE").unwrap_or_default();
    let is_asked = asked.split(',').any(|asked| match asked.strip_suffix('*') {
        Some(begin) => name.starts_with(begin),
        None => asked == name,
    });
    if is_asked { usize::MAX } else { 1 }
}

fn join(table: &mut Table, own: Table) {
    for (index, count) in own.explained {
        *table.explained.entry(index).or_default() += count;
    }
    for (name, count) in own.counts {
        let most = examples_of(&name);
        let entry = table.counts.entry(name).or_default();
        entry.equal += count.equal;
        entry.total += count.total;
        entry.examples.extend(count.examples);
        entry.examples.truncate(most);
    }
}

/// Decodes a capture with the secrets that stand in it, as `plaintap read` does.
fn decode_file(path: &Path, each: &mut dyn FnMut(&plaintap_decode::Decoded<'_>)) {
    let keys = KeyStore::new();
    let decryptor = Box::new(TlsDecryptor::new(keys.clone()));
    let mut decoder = Decoder::new(Options { decryptor: Some(decryptor), ..Options::default() });
    let Ok(file) = File::open(path) else { return };
    let Ok(mut reader) = Reader::new(file) else { return };
    let mut number = 0;
    while let Ok(Some(record)) = reader.next_record() {
        match record {
            Record::Packet(packet, options) => {
                number += 1;
                let comments: Vec<&[u8]> = options.comments().collect();
                each(&decoder.decode_with_comments(&packet, number, &comments));
            }
            Record::Secrets(secrets_type::TLS_KEY_LOG, data) => {
                keys.insert_keylog(data, |_| {});
            }
            _ => {}
        }
    }
}

/// The corpus of captures; None, with the reason printed, when there is none.
fn corpus() -> Option<PathBuf> {
    let root = match std::env::var_os("PLAINTAP_CORPUS") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
    };
    if root.join("expected").is_dir() {
        return Some(root);
    }
    println!("skipped: corpus not found at {}", root.display());
    None
}

/// The files of expected values, but for those that need key logs.
fn expectations(corpus: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(corpus.join("expected")).expect("the corpus can be read");
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name != "tls.jsonl.xz"));
    paths.sort();
    paths
}

fn lines(path: &Path) -> Vec<String> {
    let output = Command::new("xz").arg("-dc").arg(path).stderr(Stdio::inherit()).output().expect("xz runs");
    assert!(output.status.success(), "xz -dc {}", path.display());
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}
