//! The command line: what can be typed. What it means is decided by each command in `cli`.

mod files;
mod keys;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub use files::{
    ConvertArguments, FileFormat, InfoArguments, MergeArguments, SecretsAction, SecretsArguments,
    SecretsKind, SplitArguments,
};
pub use keys::{InspectArguments, KeysArguments, PodName, Script, TargetArguments, TargetsArguments};

/// plaintap shows what one process really says on the wire: its packets and only its packets, labelled and decrypted.
#[derive(Debug, Parser)]
#[command(name = "plaintap", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "Examples:
  plaintap run -w a.pcapng -- curl https://example.com    capture one command
  plaintap read a.pcapng                                  print the packets, decrypted
  plaintap run -w - -- curl https://example.com | wireshark -k -i -")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a command and capture only its traffic, with the keys to decrypt it
    Run(RunArguments),
    /// Print the packets of a capture file, decrypted
    Read(ReadArguments),
    /// Compile a capture filter and print its program
    Filter(FilterArguments),
    /// Print facts about capture files: format, packets, times, interfaces, secrets
    Info(InfoArguments),
    /// Filter, cut, split, re-format and compress a capture file
    Convert(ConvertArguments),
    /// Merge capture files by time
    Merge(MergeArguments),
    /// Inject, extract or discard the decryption secrets of a capture file
    Secrets(SecretsArguments),
    /// Write the TLS secrets of running processes, without packets
    Keys(KeysArguments),
    /// List processes with their TLS stacks
    Targets(TargetsArguments),
    /// Show where TLS secrets pass in a program, a library or a process, and how that was found
    Inspect(InspectArguments),
}

/// Arguments of `plaintap run`.
#[derive(Debug, Args)]
#[command(after_help = "\
The command keeps its terminal, standard input, signals and exit status. Its children are captured too. Without -w a \
line for each packet goes to standard error. With -w - the capture takes standard output, and the command's own \
standard output goes to standard error.

Exit status: that of the command; 126 if it cannot be executed, 127 if it is not found, 1 if the capture failed.")]
pub struct RunArguments {
    /// Write the capture (pcapng, mode 0600) to FILE; - is standard output
    #[arg(short = 'w', long = "write", value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Keep only the first SNAPLEN bytes of each packet; 0 keeps all
    #[arg(short = 's', long = "snapshot-length", value_name = "SNAPLEN", default_value_t = 0)]
    pub snap_length: u32,
    /// Stop capturing after COUNT packets; the command runs on
    #[arg(short = 'c', long = "count", value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Size of the kernel's capture buffer in KiB, as a power of two
    #[arg(short = 'B', long = "buffer-size", value_name = "KIB", default_value_t = 65_536)]
    pub buffer_size: u32,
    /// Capture only packets that match this capture filter (pcap-filter(7)); the others stay in the kernel
    #[arg(short = 'f', long = "capture-filter", value_name = "FILTER")]
    pub capture_filter: Option<String>,
    /// Write for each TLS connection which secrets came, from where, and if not why, to LEDGER (JSON, see docs/ledger.md)
    #[arg(long, value_name = "LEDGER", conflicts_with = "no_keys")]
    pub ledger: Option<PathBuf>,
    /// Take no TLS secrets: packets only
    #[arg(long)]
    pub no_keys: bool,
    /// Run the command as this user (name or number)
    #[arg(long = "as", value_name = "USER")]
    pub user: Option<String>,
    /// Do not print the summary at the end
    #[arg(short = 'q', long)]
    pub quiet: bool,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// Arguments of `plaintap read`.
#[derive(Debug, Args)]
pub struct ReadArguments {
    /// The capture file (pcap or pcapng); - is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print all fields of each packet, with the bytes they stand for as offset:length
    #[arg(short = 'V', long = "details")]
    pub details: bool,
    /// Print the fields of these protocols only (names, commas between), and a line for each other one
    #[arg(short = 'O', value_name = "PROTOCOLS")]
    pub only_details: Option<String>,
    /// With -V or -O: print the packet's line too
    #[arg(short = 'P', long = "print")]
    pub summary: bool,
    /// Print the bytes of each packet in hex and ASCII, decrypted ones too
    #[arg(short = 'x', long = "hex")]
    pub hex: bool,
    /// What to print
    #[arg(short = 'T', value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// With -T fields or jsonl: print this field, or a column of Wireshark's list like _ws.col.Info (repeatable)
    #[arg(short = 'e', long = "field", value_name = "FIELD")]
    pub fields: Vec<String>,
    /// With -T fields: header=y|n, separator=/t|/s|CHARACTER, aggregator=,|/s|CHARACTER, occurrence=f|l|a (first, last,
    /// all), quote=d|s|n (double, single, none), escape=y|n, bom=y|n (repeatable)
    #[arg(short = 'E', value_name = "OPTION=VALUE")]
    pub field_options: Vec<String>,
    /// Print only packets that match this display filter
    #[arg(short = 'Y', long = "display-filter", value_name = "FILTER")]
    pub display_filter: Option<String>,
    /// Look only at packets that match this capture filter (pcap-filter(7)); the others are not decoded
    #[arg(short = 'f', long = "capture-filter", value_name = "FILTER")]
    pub capture_filter: Option<String>,
    /// Print nothing and write the packets that match to OUT (pcapng, or pcap if so named); - is standard output
    #[arg(short = 'w', long = "write", value_name = "OUT", conflicts_with_all = ["details", "only_details", "summary", "hex", "format", "fields", "field_options", "time"])]
    pub write: Option<PathBuf>,
    /// Decode what a number announces as another protocol: LAYER is tcp.port, udp.port, sctp.port, sctp.ppi,
    /// ethertype or ip.proto, SELECTOR
    /// a number, FIRST-LAST or FIRST:COUNT, as in tcp.port==8443,tls (repeatable)
    #[arg(short = 'd', value_name = "LAYER==SELECTOR,PROTOCOL")]
    pub decode_as: Vec<String>,
    /// Verify the checksums of IP, TCP, UDP and SCTP, and say what is wrong with them
    #[arg(long)]
    pub verify_checksums: bool,
    /// Stop after COUNT packets
    #[arg(short = 'c', long = "count", value_name = "COUNT")]
    pub count: Option<u64>,
    /// How to print times: ad date, a time of day, r since the first packet, d since the packet before, dd since the
    /// packet printed before, e seconds since 1970, u UTC time of day, ud UTC date [default: a; for _ws.col.Time r]
    #[arg(short = 't', value_name = "FORMAT")]
    pub time: Option<TimeFormat>,
    /// Do not resolve names (the default; kept for tcpdump's and tshark's users)
    #[arg(short = 'n', conflicts_with_all = ["names", "hosts"])]
    pub numeric: bool,
    /// Show hosts by name: d names that packets tell (DNS, mDNS, DHCP), n names in blocks of the file. The network is
    /// never asked
    #[arg(short = 'N', value_name = "dn")]
    pub names: Option<String>,
    /// Show hosts by the names in this file, as /etc/hosts has them (repeatable)
    #[arg(short = 'H', value_name = "FILE")]
    pub hosts: Vec<PathBuf>,
    /// Read more TLS secrets from this key log (SSLKEYLOGFILE; repeatable)
    #[arg(long = "keys", value_name = "FILE")]
    pub keys: Vec<PathBuf>,
    /// Do not decrypt
    #[arg(long)]
    pub no_decrypt: bool,
}

/// Arguments of `plaintap filter`.
#[derive(Debug, Args)]
#[command(after_help = "\
-d prints as tcpdump does: once in assembler, -dd as C, -ddd as numbers. --ebpf prints what plaintap run -f puts before \
its own kernel program, which sees packets from the IP header on.")]
pub struct FilterArguments {
    /// The capture filter, as pcap-filter(7) has it; several words are joined
    #[arg(value_name = "EXPR", required = true)]
    pub expression: Vec<String>,
    /// Print the program: -d readable (the default), -dd as C, -ddd as decimal numbers
    #[arg(short = 'd', action = ArgAction::Count)]
    pub dump: u8,
    /// Print the program as eBPF
    #[arg(long, conflicts_with = "dump")]
    pub ebpf: bool,
    /// What the packets begin with, as tcpdump names it (EN10MB, RAW, LINUX_SLL2, …); default EN10MB, with --ebpf RAW
    #[arg(short = 'y', long = "linktype", value_name = "DLT")]
    pub link_type: Option<String>,
}

/// What `read` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line for each packet, or with -V its fields
    Text,
    /// The values of the fields given with -e, tab between fields, comma between occurrences
    Fields,
    /// A JSON object for each packet, on a line of its own, with all fields or those given with -e
    Jsonl,
}

/// How a time is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TimeFormat {
    /// Local time of day
    A,
    /// Local date and time
    Ad,
    /// Seconds since the first packet
    R,
    /// Seconds since the packet before
    D,
    /// Seconds since the printed packet before
    Dd,
    /// Seconds since 1970-01-01 UTC
    E,
    /// UTC time of day
    U,
    /// UTC date and time
    Ud,
}
