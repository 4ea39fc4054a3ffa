//! The outputs of a conversion: one file, a sequence of files, or one for each connection.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use plaintap_packet::Nanos;
use plaintap_packet::file::{Compression, Compressor};

use super::encoder::{Encoded, Preamble};
use super::{FlowKey, OutputFile};

/// Bytes of all connections that wait in memory to be written; so there is no limit by open files.
const MAX_PENDING: usize = 64 << 20;

/// When a new file is begun.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Split {
    /// Never.
    No,
    /// After so many packets.
    Packets(u64),
    /// When so many nanoseconds since the first packet are over, and again.
    Time(i64),
    /// Before a file grows over so many bytes.
    Bytes(u64),
    /// For each connection.
    Connections,
}

/// See the module.
pub struct Outputs {
    path: PathBuf,
    split: Split,
    private: bool,
    current: Option<Current>,
    /// Files begun so far.
    files: u32,
    /// When the next file of a split by time begins.
    next: Option<Nanos>,
    connections: HashMap<FlowKey, usize>,
    pending: Vec<Connection>,
    pending_bytes: usize,
    other: Option<usize>,
    dropped: u64,
}

struct Current {
    file: OutputFile,
    has: Has,
    packets: u64,
}

/// What of which preamble an output has.
#[derive(Clone, Copy, Default)]
struct Has {
    section: u64,
    bytes: usize,
}

/// The file of a connection.
struct Connection {
    path: PathBuf,
    has: Has,
    pending: Vec<u8>,
    /// It is on the disk already, under a temporary name.
    begun: Option<PathBuf>,
}

impl Has {
    /// What is missing of the preamble.
    fn missing<'p>(&mut self, preamble: Preamble<'p>) -> &'p [u8] {
        if self.section != preamble.section {
            *self = Self { section: preamble.section, bytes: 0 };
        }
        let missing = preamble.bytes.get(self.bytes..).unwrap_or_default();
        self.bytes = preamble.bytes.len();
        missing
    }
}

impl Outputs {
    /// Files named after `path`; with `private`, only their owner can read them.
    pub fn new(path: &Path, split: Split, private: bool) -> Self {
        Self {
            path: path.to_path_buf(),
            split,
            private,
            current: None,
            files: 0,
            next: None,
            connections: HashMap::new(),
            pending: Vec::new(),
            pending_bytes: 0,
            other: None,
            dropped: 0,
        }
    }

    /// Files that will be completed from now on hold secrets.
    pub fn make_private(&mut self) {
        self.private = true;
        if let Some(current) = &mut self.current {
            current.file.make_private();
        }
    }

    /// Whether there is only one output, which needs each part of the preamble once.
    pub fn is_single(&self) -> bool {
        self.split == Split::No
    }

    /// Writes a packet where it belongs.
    ///
    /// # Errors
    /// What the file answers.
    #[inline]
    pub fn packet(&mut self, encoded: &Encoded<'_>, time: Nanos, flow: Option<FlowKey>) -> Result<()> {
        if self.split == Split::Connections {
            return self.write_to_connection(encoded, flow);
        }
        if self.current.is_none() || self.split != Split::No && self.is_over(encoded.bytes.len(), time) {
            self.begin(time)?;
        }
        self.write(encoded)?;
        if let Some(current) = &mut self.current {
            current.packets += 1;
        }
        Ok(())
    }

    /// Writes a block that stands between packets.
    ///
    /// # Errors
    /// What the file answers.
    pub fn block(&mut self, encoded: &Encoded<'_>) -> Result<()> {
        if encoded.bytes.is_empty() && self.split != Split::No {
            return Ok(()); // Each file takes the preamble when it begins.
        }
        match (self.split, &self.current) {
            // It belongs to no connection.
            (Split::Connections, _) => {
                self.dropped += 1;
                return Ok(());
            }
            (Split::No, None) => self.begin(Nanos(0))?,
            // Files of a sequence begin with a packet.
            (_, None) => {
                self.dropped += 1;
                return Ok(());
            }
            _ => {}
        }
        self.write(encoded)
    }

    /// Writes secrets into the file of a connection.
    ///
    /// # Errors
    /// What the file answers.
    pub fn write_to_connection(&mut self, encoded: &Encoded<'_>, flow: Option<FlowKey>) -> Result<()> {
        let index = match flow.map_or(self.other, |flow| self.connections.get(&flow).copied()) {
            Some(index) => index,
            None => {
                let index = self.pending.len();
                let label = flow.map_or_else(|| "other".to_owned(), |flow| flow.to_string());
                self.pending.push(Connection {
                    path: numbered(&self.path, index as u32, &label),
                    has: Has { section: u64::MAX, bytes: 0 },
                    pending: Vec::new(),
                    begun: None,
                });
                match flow {
                    Some(flow) => drop(self.connections.insert(flow, index)),
                    None => self.other = Some(index),
                }
                index
            }
        };
        let connection = &mut self.pending[index];
        let before = connection.pending.len();
        connection.pending.extend_from_slice(connection.has.missing(encoded.preamble));
        connection.pending.extend_from_slice(encoded.bytes);
        self.pending_bytes += connection.pending.len() - before;
        if self.pending_bytes > MAX_PENDING { self.flush_connections() } else { Ok(()) }
    }

    /// Completes all files. Without a packet there is still one file, with the preamble.
    ///
    /// # Errors
    /// What the files answer.
    pub fn finish(&mut self, preamble: Preamble<'_>) -> Result<()> {
        if self.split == Split::Connections {
            self.flush_connections()?;
            for connection in &mut self.pending {
                if let Some(temporary) = &connection.begun {
                    fs::rename(temporary, &connection.path)
                        .with_context(|| format!("cannot write {}", connection.path.display()))?;
                    connection.begun = None;
                }
            }
            self.files = self.pending.len() as u32;
            if self.files > 0 {
                return Ok(());
            }
        }
        if self.current.is_none() && self.files == 0 {
            self.split = Split::No;
            self.begin(Nanos(0))?;
        }
        if self.current.is_some() {
            self.write(&Encoded { preamble, bytes: &[] })?;
        }
        self.commit()
    }

    /// The only output has the preamble, and the encoder forgets it.
    pub fn forget_preamble(&mut self) {
        if let Some(current) = &mut self.current {
            current.has.bytes = 0;
        }
    }

    /// Blocks that found no file.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    #[inline]
    fn write(&mut self, encoded: &Encoded<'_>) -> Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let missing = current.has.missing(encoded.preamble);
        let written = current.file.write_all(missing).and_then(|()| current.file.write_all(encoded.bytes));
        written.map_err(|error| current.file.error(error))
    }

    fn is_over(&mut self, length: usize, time: Nanos) -> bool {
        let Some(current) = &self.current else { return true };
        match self.split {
            Split::No | Split::Connections => false,
            Split::Packets(packets) => current.packets >= packets,
            Split::Bytes(bytes) => current.packets > 0 && current.file.written() + length as u64 > bytes,
            Split::Time(_) => self.next.is_some_and(|next| time >= next),
        }
    }

    fn begin(&mut self, time: Nanos) -> Result<()> {
        self.commit()?;
        let path = match self.split {
            Split::No => self.path.clone(),
            _ => numbered(&self.path, self.files, &date(time)),
        };
        if let Split::Time(interval) = self.split {
            let interval = interval.max(1);
            let start = self.next.unwrap_or(time);
            // The files' times are multiples of the interval since the first packet, also behind a pause.
            let steps = time.since(start).max(0) / interval + 1;
            self.next = Some(Nanos(start.0.saturating_add(steps.saturating_mul(interval))));
        }
        let file = OutputFile::create(&path, self.private)?;
        self.current = Some(Current { file, has: Has { section: u64::MAX, bytes: 0 }, packets: 0 });
        self.files += 1;
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        match self.current.take() {
            Some(current) => current.file.commit(),
            None => Ok(()),
        }
    }

    fn flush_connections(&mut self) -> Result<()> {
        let mode = if self.private { 0o600 } else { 0o666 };
        for connection in &mut self.pending {
            if connection.pending.is_empty() {
                continue;
            }
            let temporary = connection.path.with_added_extension("tmp");
            let mut options = OpenOptions::new();
            options.mode(mode).create(true).write(true);
            match connection.begun {
                Some(_) => options.append(true),
                None => options.truncate(true),
            };
            let name = || format!("cannot write {}", temporary.display());
            let file = options.open(&temporary).with_context(name)?;
            connection.begun = Some(temporary.clone());
            // Members and frames one behind the other are one compressed file.
            let mut writer =
                Compressor::new(file, Compression::of_file_name(&connection.path)).with_context(name)?;
            writer.write_all(&connection.pending).with_context(name)?;
            writer.finish().with_context(name)?;
            connection.pending = Vec::new();
        }
        self.pending_bytes = 0;
        Ok(())
    }
}

impl Drop for Outputs {
    fn drop(&mut self) {
        for connection in &self.pending {
            if let Some(temporary) = &connection.begun {
                let _ = fs::remove_file(temporary);
            }
        }
    }
}

/// `a.pcapng.gz` and 7 make `a_00007_LABEL.pcapng.gz`.
fn numbered(path: &Path, number: u32, label: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut end = name.len();
    if Compression::of_file_name(path) != Compression::None {
        end = name.rfind('.').unwrap_or(end);
    }
    let stem = name[..end].rfind('.').filter(|&at| at > 0).unwrap_or(end);
    path.with_file_name(format!("{}_{number:05}_{label}{}", &name[..stem], &name[stem..]))
}

fn date(time: Nanos) -> String {
    match Timestamp::from_second(time.seconds()) {
        Ok(timestamp) => timestamp.to_zoned(TimeZone::system()).strftime("%Y%m%d%H%M%S").to_string(),
        Err(_) => time.seconds().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_before_the_extensions() {
        let name = |path: &str| numbered(Path::new(path), 7, "x").display().to_string();
        assert_eq!(name("d.e/a.pcapng"), "d.e/a_00007_x.pcapng");
        assert_eq!(name("a.pcap.gz"), "a_00007_x.pcap.gz");
        assert_eq!(name("a"), "a_00007_x");
        assert_eq!(name(".a"), ".a_00007_x");
        assert_eq!(name("a.gz"), "a_00007_x.gz");
    }

    #[test]
    fn each_part_of_a_preamble_is_written_once() {
        let mut has = Has { section: u64::MAX, bytes: 0 };
        assert_eq!(has.missing(Preamble { bytes: b"ab", section: 0 }), b"ab");
        assert_eq!(has.missing(Preamble { bytes: b"abc", section: 0 }), b"c");
        assert_eq!(has.missing(Preamble { bytes: b"xyz", section: 1 }), b"xyz");
    }
}
