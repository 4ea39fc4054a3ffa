//! Arguments of the commands on capture files.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Arguments of `plaintap info`.
#[derive(Debug, Args)]
pub struct InfoArguments {
    /// Capture files, compressed or not; - is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Print one JSON object a file
    #[arg(long, conflicts_with_all = ["count", "table"])]
    pub json: bool,
    /// Print only the number of packets
    #[arg(short = 'c', long = "count", conflicts_with = "table")]
    pub count: bool,
    /// Print one line a file: packets, first and last time, duration, bytes, name
    #[arg(short = 'T', long = "table")]
    pub table: bool,
    /// Do not compute the SHA-256 of the file
    #[arg(long)]
    pub no_hash: bool,
}

/// Arguments of `plaintap convert`.
#[derive(Debug, Args)]
#[command(after_help = "\
Times: 2026-11-21T10:00:00.5 (local), the same with Z or +02:00, or seconds since 1970.
Ranges: 1-100,200,300- (packet numbers from 1).
Split files are named OUT_00000_20261121100000.pcapng as by editcap, with the local time of their first packet.

The format follows from the name of OUT (.pcap, .pcapng; .gz, .zst, .lz4 behind it compress), otherwise it stays.
From pcapng to pcapng all blocks, options and the byte order stay as they are.")]
pub struct ConvertArguments {
    /// The capture file; - is standard input
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// The file to write; - is standard output
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
    /// Keep only packets that match this display filter
    #[arg(short = 'Y', long = "display-filter", value_name = "FILTER")]
    pub display_filter: Option<String>,
    /// Keep only packets that match this capture filter (pcap-filter(7))
    #[arg(short = 'f', long = "capture-filter", value_name = "FILTER")]
    pub capture_filter: Option<String>,
    /// With -Y: decrypt with the TLS secrets of this key log too (SSLKEYLOGFILE; repeatable)
    #[arg(long = "keys", value_name = "FILE", requires = "display_filter")]
    pub keys: Vec<PathBuf>,
    /// Keep only these packets
    #[arg(short = 'r', long = "packets", value_name = "RANGES")]
    pub packets: Option<String>,
    /// Leave these packets out
    #[arg(long = "delete", value_name = "RANGES", conflicts_with = "packets")]
    pub delete: Option<String>,
    /// Keep only packets of this time and later
    #[arg(short = 'A', long = "start", value_name = "TIME", allow_negative_numbers = true)]
    pub start: Option<String>,
    /// Keep only packets before this time
    #[arg(short = 'B', long = "stop", value_name = "TIME", allow_negative_numbers = true)]
    pub stop: Option<String>,
    /// Keep only the first SNAPLEN bytes of each packet
    #[arg(short = 's', long = "snapshot-length", value_name = "SNAPLEN", value_parser = clap::value_parser!(u32).range(1..))]
    pub snap_length: Option<u32>,
    /// The format to write
    #[arg(short = 'F', long = "format", value_name = "FORMAT")]
    pub format: Option<FileFormat>,
    /// How to split the output
    #[command(flatten)]
    pub split: SplitArguments,
    /// Leave out packets that are equal to one of the 4 before
    #[arg(short = 'd', long = "deduplicate", conflicts_with_all = ["window", "time_window"])]
    pub deduplicate: bool,
    /// Leave out packets that are equal to one of the WINDOW - 1 before
    #[arg(short = 'D', long = "duplicate-window", value_name = "WINDOW", conflicts_with = "time_window", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub window: Option<u32>,
    /// Leave out packets that are equal to one of the SECONDS before
    #[arg(short = 'w', long = "duplicate-time", value_name = "SECONDS")]
    pub time_window: Option<f64>,
    /// Leave out decryption secrets and key tables
    #[arg(long)]
    pub no_secrets: bool,
    /// Move decryption secrets to the front, where every reader can use them
    #[arg(long, conflicts_with = "no_secrets")]
    pub finalize: bool,
}

/// How the output is split: at most one way.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct SplitArguments {
    /// Begin a new file after COUNT packets
    #[arg(short = 'c', long = "split-count", value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Begin a new file every SECONDS of capture time
    #[arg(short = 'i', long = "split-seconds", value_name = "SECONDS")]
    pub seconds: Option<f64>,
    /// Begin a new file before it grows over MB million bytes (not compressed)
    #[arg(short = 'C', long = "split-size", value_name = "MB", value_parser = clap::value_parser!(u64).range(1..1_000_000))]
    pub megabytes: Option<u64>,
    /// One file for each TCP and UDP connection, and for what is left between two addresses
    #[arg(long = "split-connections")]
    pub connections: bool,
}

/// Formats that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    /// pcap with microseconds
    Pcap,
    /// pcap with nanoseconds
    Nsecpcap,
    /// pcapng
    Pcapng,
}

/// Arguments of `plaintap merge`.
#[derive(Debug, Args)]
pub struct MergeArguments {
    /// The file to write; - is standard output
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
    /// The capture files, of any format and link type
    #[arg(value_name = "IN", required = true)]
    pub inputs: Vec<PathBuf>,
}

/// Arguments of `plaintap secrets`.
#[derive(Debug, Args)]
pub struct SecretsArguments {
    /// What to do
    #[command(subcommand)]
    pub action: SecretsAction,
}

/// What `plaintap secrets` can do.
#[derive(Debug, Subcommand)]
pub enum SecretsAction {
    /// Put key logs and key tables into a capture, before its packets
    Inject {
        /// A TLS key log (SSLKEYLOGFILE), or Wireshark's esp_sa or ikev2_decryption_table (repeatable)
        #[arg(short = 'k', long = "keys", value_name = "FILE", required = true)]
        keys: Vec<PathBuf>,
        /// The capture file; - is standard input
        #[arg(value_name = "IN")]
        input: PathBuf,
        /// The file to write (pcapng); - is standard output
        #[arg(value_name = "OUT")]
        output: PathBuf,
    },
    /// Print the secrets of a capture
    Extract {
        /// Which secrets
        #[arg(short = 't', long = "type", value_name = "TYPE", default_value = "tls")]
        kind: SecretsKind,
        /// The capture file; - is standard input
        #[arg(value_name = "IN")]
        input: PathBuf,
        /// The file to write (mode 0600); standard output if left out
        #[arg(value_name = "OUT", default_value = "-")]
        output: PathBuf,
    },
    /// Copy a capture without its secrets
    Discard {
        /// The capture file; - is standard input
        #[arg(value_name = "IN")]
        input: PathBuf,
        /// The file to write; - is standard output
        #[arg(value_name = "OUT")]
        output: PathBuf,
    },
}

/// Kinds of secrets in a capture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SecretsKind {
    /// TLS key log lines (SSLKEYLOGFILE)
    Tls,
    /// SSH key log lines
    Ssh,
    /// WireGuard key log lines
    Wireguard,
    /// Lines of Wireshark's esp_sa table
    EspSa,
    /// Lines of Wireshark's ikev2_decryption_table
    Ikev2,
}
