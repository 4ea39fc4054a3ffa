//! The fields of application protocols against tshark, in the captures of the corpus that its table says contain them.
//! PLAINTAP_COMPARE=name,name takes only these protocols.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use plaintap_decode::{Decoded, FieldRef, registry};
use support::compare::compare;
use support::corpus;

/// The least part of the occurrences of a field that must be equal.
const LEAST: f64 = 0.995;

/// Captures with more packets than this are left out: tshark needs long for them.
const MOST_PACKETS: u64 = 3000;

/// The protocols compared.
const PROTOCOLS: &[&str] = &[
    "dhcp",
    "ntp",
    "tftp",
    "syslog",
    "nbns",
    "dhcpv6",
    "stun",
    "snmp",
    "radius",
    "mqtt",
    "resp",
    "smtp",
    "imap",
    "pop",
    "ftp",
    "ftp-data",
    "telnet",
    "http",
    "http2",
    "tls",
    "dtls",
    "ssh",
    "pgsql",
    "mysql",
    "sip",
    "mbtcp",
    "modbus",
    "nbss",
    "nbdgm",
    "smb",
    "smb2",
    "browser",
    "ldap",
    "kerberos",
    "rtp",
    "rtcp",
    "sdp",
    "coap",
    "websocket",
    "memcache",
    "kafka",
];

/// Fields that differ for a reason, and are only reported.
const KNOWN: &[(&str, &str)] = &[
    ("dhcp.option.type", "tshark has 0 for the option that ends the list, and says 255 beside it"),
    ("dhcp.secs", "tshark guesses a wrong byte order of the sender"),
    ("ftp.request", "a segment sent again with three bytes more, which tshark leaves alone"),
    ("ftp.request.command", "the same"),
    ("ftp.response", "the same"),
    ("imap.command", "tshark takes a code in brackets for the command"),
    ("imap.response.command", "the same"),
    ("imap.request.password", "tshark cuts the ends off passwords without quotes"),
    ("sip.response-request", "tshark follows none over TCP, and shows the INVITE of an ACK"),
    ("sip.response-time", "the same; and its milliseconds of seconds and of the rest are rounded apart"),
    ("ssh.direction", "tshark shows it once in a segment"),
    (
        "ssh.encrypted_packet",
        "tshark shows none of ChaCha20-Poly1305, and takes a server's early KEXINIT for one",
    ),
    ("ssh.packet_length_encrypted", "the same"),
    ("ssh.host_key.data", "tshark takes the nonce of a certificate for its key"),
    ("ssh.host_key.eddsa.key", "the same"),
    ("ssh.host_key.eddsa.key_length", "the same"),
    ("ssh.host_sig.data", "tshark shows none of EdDSA"),
    ("ssh.seq_num", "tshark counts no packets of a group exchange"),
    ("imap.line", "tshark takes a literal and the lines around it for one line"),
    ("imap.response.status", "tshark takes a line of an authentication for a result"),
    ("imap.response_tag", "tshark takes the ends of literals for tags"),
    ("smtp.req", "tshark takes lines of an authentication and of mails for commands"),
    ("smtp.rsp", "tshark says it once for two replies in a packet"),
    ("mysql.caps.pm", "tshark gives the capability PLUGIN_AUTH_LENENC this name too"),
    ("smtp.req.command", "tshark takes four letters: STAR"),
    ("smtp.req.parameter", "the same"),
    ("ntp.org", "tshark says NULL where no time is set"),
    ("ntp.rec", "the same"),
    ("ntp.reftime", "the same"),
    (
        "ntp.request_in",
        "tshark finds few requests; here it is the one whose time the response repeats (RFC 5905 §8)",
    ),
    ("ntp.delta_time", "the same"),
    ("kerberos.cipher", "tshark does not read an AP-REP in SPNEGO unless it knows the request"),
    ("kerberos.etype", "the same"),
    ("kerberos.msg_type", "the same"),
    ("kerberos.pvno", "the same"),
    ("ldap.matchedDN", "tshark ends text with the first zero byte"),
    ("rtp.extseq", "tshark counts each direction's turns from its set-up on"),
    ("tftp.destination_file", "tshark says it again in all packets of the transfer"),
    ("rtp.setup-frame", "tshark has one for each direction"),
    ("resp.array.length", "tshark takes the largest number for greater ones"),
    ("resp.integer", "tshark takes what is no number for 0"),
    ("radius.Framed_IPv6_Prefix", "tshark leaves out a damaged one"),
    ("http.file_data", "tshark ends text at a zero byte"),
    ("telnet.data", "the same"),
    ("tls.app_data_proto", "tshark names it by the port"),
    ("tls.alert_message.desc", "tshark reads records that the NULL cipher leaves clear"),
    ("tls.alert_message.level", "the same"),
    ("tls.handshake.verify_data", "the same"),
    ("radius.Unknown_Attribute", "tshark shows nothing of what it does not know"),
    ("smtp.command_line", "tshark leaves out a command in the packet of a mail's end"),
    ("ftp-data.setup-frame", "tshark counts the packet itself"),
    ("imap.tag", "tshark takes the ends of literals for tags"),
    ("imap.response", "the same"),
    ("sip.msg_hdr", "tshark's holds the description of a session too"),
    ("sip.contact.parameter", "tshark's last one holds the end of the line"),
    ("stun.att.reserved", "tshark shows that of a Microsoft extension"),
    ("stun.value", "attributes that are not known hold bytes"),
    ("smb.padding", "only in front of parameters; one capture of damaged messages, of which two have it"),
    ("smb.qfsi_loi", "tshark repeats what the request asked for in the response"),
    ("smb.trans2.cmd", "the same"),
];

/// Captures that are not compared: pcapng files whose blocks test readers, a call in a dialect of STUN that tshark does
/// not take for it, messages picked out of connections of LDAP, whose gaps tshark does not heed, and DHCP cut within its
/// fixed part, of which tshark shows nothing.
const ODD: &[&str] = &[
    "PacketExamples/ldap",
    "/test0",
    "/test1",
    "/test2",
    "/test9",
    "stun_wa_call",
    "infiniteloop",
    "bootp_asan",
];

/// Protocols that are not compared in captures where segments come out of order or again, or are missing: tshark loses
/// messages there, or shows them twice. And what docs/differences.md has besides.
const LOST: &[(&str, &[&str])] = &[
    // A login without its greeting, and in the next packet the middle of a result: tshark takes the first for a command.
    ("mysql.pcapng", &["mysql"]),
    ("EAQ", &["http"]),
    ("weibo", &["http", "tls"]),
    ("http-tcp-seq-issue", &["http"]),
    ("wireshark-retrans", &["http"]),
    // A request whose end is missing: tshark shows nothing of it.
    ("unidirectional_tcp_stream", &["http"]),
    ("viber", &["tls"]),
    ("google_ssl", &["tls"]),
    // On port 8009, which tshark gives to AJP, and in segments sent again.
    ("anyconnect-vpn", &["tls"]),
    ("KakaoTalk", &["tls", "http"]),
    // tshark reads the part of a frame that its first segment holds, and loses its place in the table of header fields.
    ("http2-nghttp2", &["http2"]),
    // The names of certificate timestamps are those of what carries them.
    ("stun_zoom", &["dtls"]),
    // Server names encrypted as in a draft (draft-ietf-tls-esni-02): tshark shows the key share in them too.
    ("encrypted_sni", &["tls"]),
    ("esni", &["tls"]),
    // It begins in the middle of a handshake, of which tshark does not know how keys are agreed on.
    ("SSL-MultipleRecords4", &["tls"]),
    // Text that is not ASCII: UTF-8 here, one sign for each byte there.
    ("http_invalid_server", &["http"]),
    // Damaged on purpose: a request line with zero bytes, TLS on the port of BGP, suboptions that do not end.
    ("FuzzTarget-5755755617189888", &["http"]),
    ("FuzzTarget-5758569646653440", &["tls"]),
    ("telnet-iac-check-oobr", &["telnet"]),
];

/// Compared is what both decode: tshark recognises some protocols by what was said in other connections.
#[test]
fn application_fields_are_equal_to_tsharks() {
    if Command::new("tshark").arg("-v").output().is_err() {
        println!("skipped: tshark is not installed");
        return;
    }
    let Some(directory) = corpus("captures") else { return };
    let root = directory.with_file_name("captures.tsv");
    let Ok(list) = fs::read_to_string(&root) else {
        println!("skipped: corpus not found at {}", root.display());
        return;
    };
    let chosen = std::env::var("PLAINTAP_COMPARE").unwrap_or_default();
    let wanted: Vec<&str> = PROTOCOLS
        .iter()
        .copied()
        .filter(|p| chosen.is_empty() || chosen.split(',').any(|c| c == *p))
        .collect();
    // JA4 came with tshark 4.2.
    let known = |f: &FieldRef| !f.is_protocol() && !f.name().contains(".ja4");
    let fields: Vec<FieldRef> =
        registry::all().filter(|f| known(f) && wanted.contains(&f.protocol().name())).collect();
    let mut table = BTreeMap::new();
    for row in list.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [file, .., packets, malformed, protocols] = columns[..] else { continue };
        let has = |name: &&str| protocols.split(' ').any(|p| p == *name);
        let small = packets.parse::<u64>().is_ok_and(|packets| packets <= MOST_PACKETS);
        // Of damaged packets each shows what it can; some files are made to be odd as files.
        let odd = malformed != "0" || ODD.iter().any(|part| file.contains(part));
        if odd || !small || !wanted.iter().any(has) {
            continue;
        }
        let lost: Vec<&str> = LOST
            .iter()
            .filter(|(part, _)| file.contains(part))
            .flat_map(|(_, names)| names.iter().copied())
            .collect();
        let both = |(decoded, field): (&Decoded<'_>, FieldRef)| {
            decoded.contains(field.protocol()) && !lost.contains(&field.protocol().name())
        };
        if !compare(&directory.with_file_name(file), &fields, &mut table, both) {
            println!("{file}: damaged, not as many packets as tshark has");
        }
    }
    let mut bad = Vec::new();
    for (name, count) in &table {
        let ratio = count.equal as f64 / count.total as f64;
        println!("{ratio:7.4} {:7}/{:<7} {name} {}", count.equal, count.total, count.example);
        if ratio < LEAST && !KNOWN.iter().any(|(known, _)| known == name) {
            bad.push(format!("{name} {ratio:.4}: {}", count.example));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    let differs = |name: &str| table.get(name).is_some_and(|count| count.equal < count.total);
    let stale: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).filter(|name| !differs(name)).collect();
    assert!(!chosen.is_empty() || stale.is_empty(), "nothing differs any more in {}", stale.join(", "));
}
