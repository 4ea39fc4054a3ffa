//! Makes the first inputs of the targets from captures and lists of filters.
//!
//! Every input is in the file named by a hash of it, so that equal ones are there once.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use plaintap_decode::{Decoder, FieldRef, Options, Value, registry};
use plaintap_packet::file::{Reader, Record};

use crate::conversation::{MARK_REVERSED, with_port};

/// Longer inputs make the fuzzer slow.
const LONGEST: usize = 8 << 10;

/// Inputs of one protocol.
const LAYERS: usize = 40;

/// Fills a folder for each target below `out` from the files below `folders`.
///
/// # Errors
/// When something cannot be read or written.
pub fn make(out: &Path, folders: &[PathBuf]) -> io::Result<()> {
    let mut seeds = Seeds { out: out.to_path_buf(), layers: HashMap::new() };
    folders.iter().try_for_each(|folder| seeds.folder(folder))
}

struct Seeds {
    out: PathBuf,
    /// How many there are of each protocol.
    layers: HashMap<u8, usize>,
}

impl Seeds {
    fn folder(&mut self, folder: &Path) -> io::Result<()> {
        let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
        entries.sort_by_key(fs::DirEntry::path);
        for entry in entries {
            let path = entry.path();
            let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
            if entry.file_type()?.is_dir() {
                self.folder(&path)?;
            } else if extension == "tsv" {
                let name = path.to_string_lossy();
                let display = name.contains("display") || name.contains("tshark");
                let target = if display { "display-filters" } else { "capture-filters" };
                self.filters(target, &fs::read_to_string(&path)?)?;
            } else if extension.contains("cap") || ["gz", "zst", "lz4", "ntar"].contains(&extension) {
                self.capture(&fs::read(&path)?)?;
            } else if extension.contains("key") {
                self.write("keys", &fs::read(&path)?)?;
            }
        }
        Ok(())
    }

    fn write(&self, target: &str, data: &[u8]) -> io::Result<()> {
        if data.is_empty() || data.len() > LONGEST {
            return Ok(());
        }
        let mut hasher = DefaultHasher::new();
        data.hash(&mut hasher);
        let folder = self.out.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{:016x}", hasher.finish())), data)
    }

    /// Every column of a table may be a filter; what is none is good for errors.
    fn filters(&self, target: &str, table: &str) -> io::Result<()> {
        for text in table.lines().flat_map(|line| line.split('\t')).filter(|text| text.len() < 200) {
            if text.contains(|c: char| c.is_ascii_alphabetic()) {
                self.write(target, text.as_bytes())?;
            }
        }
        Ok(())
    }

    fn capture(&mut self, data: &[u8]) -> io::Result<()> {
        for target in ["files", "packets"] {
            self.write(target, data)?;
        }
        let Ok(mut reader) = Reader::new(data) else { return Ok(()) };
        let mut decoder = Decoder::new(Options::default());
        let mut streams: HashMap<u64, Stream> = HashMap::new();
        let mut number = 0;
        while let Ok(Some(entry)) = reader.next_entry() {
            let Record::Packet(packet, _) = entry.record else { continue };
            number += 1;
            if number > 3000 {
                break;
            }
            let decoded = decoder.decode(&packet, number);
            for layer in decoded.layers() {
                let bytes = decoded.buffer(layer.buffer);
                let bytes = bytes.get(layer.offset as usize..layer.end as usize).unwrap_or(&[]);
                let count = self.layers.entry(layer.protocol.0).or_default();
                if bytes.len() < 2000 && *count < LAYERS {
                    *count += 1;
                    self.write("protocols", &[&[layer.protocol.0], bytes].concat())?;
                }
            }
            let number_of = |name| {
                registry::field(name).and_then(|field: FieldRef| {
                    let mut found = None;
                    decoded.values(field, &mut |_, value| {
                        if let Value::Unsigned(number) = value {
                            found.get_or_insert(number);
                        }
                    });
                    found
                })
            };
            let (Some(stream), Some(source)) = (number_of("tcp.stream"), number_of("tcp.srcport")) else {
                continue;
            };
            let destination = number_of("tcp.dstport").unwrap_or(0);
            if let Some(field) = registry::field("tcp.payload") {
                let stream = streams.entry(stream).or_insert_with(|| Stream::new(source, destination));
                decoded.values(field, &mut |_, value| {
                    if let Value::Bytes(payload) = value {
                        stream.add(source, payload);
                    }
                });
            }
        }
        streams.values().try_for_each(|stream| self.write("streams", &stream.input))
    }
}

/// A conversation as the target `streams` takes it.
struct Stream {
    client: u64,
    input: Vec<u8>,
}

impl Stream {
    fn new(source: u64, destination: u64) -> Self {
        let server = source.min(destination) as u16;
        Self { client: source.max(destination), input: vec![with_port(server)] }
    }

    /// The beginning is enough.
    fn add(&mut self, source: u64, payload: &[u8]) {
        if self.input.len() + payload.len() + 3 > LONGEST {
            return;
        }
        self.input.push(if source == self.client { 0 } else { MARK_REVERSED });
        self.input.extend((payload.len() as u16).to_be_bytes());
        self.input.extend(payload);
    }
}
