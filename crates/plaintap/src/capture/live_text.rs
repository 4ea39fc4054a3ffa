//! The sink that prints a line for each packet on standard error, decrypted, while the command runs.

use std::io::{self, Write};

use plaintap_crypt::{KeyStore, TlsDecryptor, TlsSecret};
use plaintap_decode::{Decoder, Options, ProcessInfo};
use plaintap_packet::Packet;
use plaintap_packet::file::{InterfaceStatistics, Process};

use super::recorder::Sink;
use crate::args::TimeFormat;
use crate::out::{Clock, Lines, Printer};

/// See the module.
pub struct LiveText {
    decoder: Decoder,
    /// What the decryptor may use: only secrets that the recorder let through.
    keys: KeyStore,
    lines: Lines,
    number: u64,
    processes: u32,
    text: String,
}

impl LiveText {
    /// A printer that has seen nothing yet.
    pub fn new() -> Self {
        let keys = KeyStore::new();
        let decryptor = TlsDecryptor::new(keys.clone());
        let options = Options { decryptor: Some(Box::new(decryptor)), ..Options::default() };
        Self {
            decoder: Decoder::new(options),
            keys,
            lines: Lines::new(Clock::new(TimeFormat::A)),
            number: 0,
            processes: 0,
            text: String::new(),
        }
    }
}

impl Sink for LiveText {
    fn process(&mut self, process: &Process) -> io::Result<()> {
        let info = ProcessInfo { pid: process.pid, name: process.name.clone(), uid: None };
        self.decoder.set_process(self.processes, info);
        self.processes += 1;
        Ok(())
    }

    fn secrets(&mut self, secrets: &[TlsSecret]) -> io::Result<()> {
        for secret in secrets {
            self.keys.insert(secret.clone());
        }
        Ok(())
    }

    fn packet(&mut self, packet: &Packet<'_>, _comment: Option<&str>) -> io::Result<()> {
        self.number += 1;
        let decoded = self.decoder.decode(packet, self.number);
        self.lines.packet(&decoded, &mut self.text);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = io::stderr().write_all(self.text.as_bytes());
        self.text.clear();
        result
    }

    fn finish(&mut self, _statistics: &InterfaceStatistics, _remarks: &str) -> io::Result<()> {
        self.flush()
    }
}
