//! The sink that writes the capture file.

use std::io;

use plaintap_crypt::TlsSecret;
use plaintap_packet::file::{Interface, InterfaceStatistics, PcapngWriter, Process, secrets_type};
use plaintap_packet::{LinkType, Packet};

use super::recorder::Sink;
use crate::out::CaptureFile;

/// The longest label, a client random and a secret of 64 bytes in hexadecimal, and what separates them.
const LONGEST_LINE: usize = 31 + 2 * (32 + 64) + 3;

/// See the module.
pub struct PcapngSink {
    writer: PcapngWriter<CaptureFile>,
}

impl PcapngSink {
    /// Writes the section header and the one interface of a sockets capture.
    ///
    /// # Errors
    /// When the file does not take it.
    pub fn new(
        file: CaptureFile,
        link_type: LinkType,
        snap_length: u32,
        target: &str,
        filter: &str,
    ) -> io::Result<Self> {
        let system = rustix::system::uname();
        let system_name =
            format!("{} {}", system.sysname().to_string_lossy(), system.release().to_string_lossy());
        let command_line: Vec<_> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
        let application = format!("plaintap {} ({})", env!("CARGO_PKG_VERSION"), command_line.join(" "));
        let mut writer =
            PcapngWriter::new(file, &application, &system_name, &system.machine().to_string_lossy())?;
        writer.interface(&Interface {
            link_type,
            snap_length,
            name: "sockets".to_owned(),
            description: target.to_owned(),
            filter: filter.to_owned(),
        })?;
        writer.flush()?;
        Ok(Self { writer })
    }
}

impl Sink for PcapngSink {
    fn process(&mut self, process: &Process) -> io::Result<()> {
        self.writer.process(process).map(|_| ())
    }

    fn secrets(&mut self, secrets: &[TlsSecret]) -> io::Result<()> {
        let mut lines = String::with_capacity(secrets.len() * LONGEST_LINE);
        for secret in secrets {
            secret.append_to(&mut lines);
            lines.push('\n');
        }
        self.writer.secrets(secrets_type::TLS_KEY_LOG, lines.as_bytes())
    }

    fn packet(&mut self, packet: &Packet<'_>, comment: Option<&str>) -> io::Result<()> {
        self.writer.packet(packet, comment)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    fn finish(&mut self, statistics: &InterfaceStatistics, remarks: &str) -> io::Result<()> {
        if !remarks.is_empty() {
            self.writer.secrets(secrets_type::TLS_KEY_LOG, remarks.as_bytes())?;
        }
        self.writer.statistics(statistics)?;
        self.writer.flush()
    }
}
