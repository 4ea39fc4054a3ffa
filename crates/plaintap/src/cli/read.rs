//! `plaintap read`: prints the packets of a capture file.

use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::slice;

use anyhow::{Context, Error, Result, anyhow, bail};
use plaintap_crypt::keylog::LineError;
use plaintap_crypt::{KeyStore, TlsDecryptor};
use plaintap_decode::{DecodeAs, Decoder, Options, ProcessInfo};
use plaintap_filter::{DisplayFilter, Needs};
use plaintap_packet::file::{self, Entry, Reader, Record, secrets_type};

use super::convert::select;
use super::names::NameSources;
use crate::args::{Format, ReadArguments, TimeFormat};
use crate::capture_filter::FileFilter;
use crate::files::{display_name, open};
use crate::out::{Clock, Details, FieldOptions, Fields, Hex, Jsonl, Lines, Printer, fields_of, losses};
use crate::{complain, decode_as, display_filter};

/// Runs the command.
///
/// # Errors
/// When the file cannot be read to its end; what stands before is printed.
pub fn read(arguments: &ReadArguments) -> Result<ExitCode> {
    if let Some(output) = &arguments.write {
        return select(arguments, output);
    }
    let printers = match printers(arguments) {
        Ok(printers) => printers,
        Err(error) => return Ok(usage(&error)),
    };
    let filter = match arguments.display_filter.as_deref().map(display_filter::compile).transpose() {
        Ok(filter) => filter,
        Err(error) => return Ok(usage(&error)),
    };
    let capture_filter = match arguments.capture_filter.as_deref().map(FileFilter::new).transpose() {
        Ok(filter) => filter,
        Err(error) => return Ok(usage(&error)),
    };
    let rules = match decode_as::parse_all(&arguments.decode_as) {
        Ok(rules) => rules,
        Err(error) => return Ok(usage(&error)),
    };
    let names = match NameSources::new(arguments) {
        Ok(names) => names,
        Err(error) => return Ok(usage(&error)),
    };
    let keys = KeyStore::new();
    for path in &arguments.keys {
        load_keys(&keys, path)?;
    }
    let name = display_name(&arguments.file);
    let stream = open(&arguments.file)?;
    let reader = Reader::new(stream).map_err(|e| anyhow!("{name}: {e}"))?;

    let mut pass = Pass {
        decoder: decoder(arguments, rules, &keys, &names, filter.as_ref()),
        names,
        keys,
        printers,
        capture_filter,
        filter,
        output: Box::new(io::stdout().lock()),
        batch: if io::stdout().is_terminal() { 0 } else { BATCH },
        text: String::new(),
        number: 0,
        left: arguments.count.unwrap_or(u64::MAX),
        bad_secrets: 0,
    };
    let result = pass.run(reader);
    let bad_secrets = pass.bad_secrets;
    let flushed = pass.write().and_then(|()| pass.output.flush());
    if bad_secrets > 0 {
        eprintln!("plaintap: {name}: {bad_secrets} damaged lines in its decryption secrets were passed over");
    }
    let result = result.and(flushed.map_err(Stop::Output));
    if let Some(losses) = losses(pass.decoder.counters())
        && !matches!(result, Err(Stop::Output(_)))
    {
        eprintln!("plaintap: {name}: {losses}");
    }
    match result {
        // The reader of our output has enough.
        Err(Stop::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(Stop::Output(e)) => Err(Error::new(e).context("cannot write to standard output")),
        Err(Stop::Input(e)) => Err(anyhow!("{name}: {e}")),
        Err(Stop::Filter(error)) => Err(error.context(name)),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

/// Bytes of text that are written together, unless a person reads along.
const BATCH: usize = 64 << 10;

/// One pass over a file.
struct Pass {
    decoder: Decoder,
    keys: KeyStore,
    names: NameSources,
    printers: Vec<Box<dyn Printer>>,
    capture_filter: Option<FileFilter>,
    filter: Option<DisplayFilter>,
    output: Box<dyn Write>,
    /// Bytes of text that are written together.
    batch: usize,
    text: String,
    number: u64,
    left: u64,
    bad_secrets: usize,
}

enum Stop {
    Input(file::Error),
    Filter(Error),
    Output(io::Error),
}

impl Pass {
    fn run(&mut self, mut reader: Reader<Box<dyn Read>>) -> Result<(), Stop> {
        for printer in &mut self.printers {
            printer.start(&mut self.text);
        }
        let pcap_order = reader.pcap_header().is_some_and(|header| header.big_endian);
        while self.left > 0 {
            let Some(Entry { record, block, .. }) = reader.next_entry().map_err(Stop::Input)? else { break };
            match record {
                Record::Packet(packet, options) => {
                    self.number += 1;
                    if let Some(filter) = &mut self.capture_filter {
                        let big_endian = block.map_or(pcap_order, |block| block.big_endian);
                        if !filter.matches(&packet, big_endian).map_err(Stop::Filter)? {
                            continue;
                        }
                    }
                    // Does not allocate where there is no comment, which is nearly always.
                    let comments: Vec<&[u8]> = options.comments().collect();
                    let decoded = self.decoder.decode_with_comments(&packet, self.number, &comments);
                    if self.filter.as_ref().is_some_and(|filter| !filter.matches(&decoded)) {
                        for printer in &mut self.printers {
                            printer.pass(&decoded);
                        }
                        continue;
                    }
                    self.left -= 1;
                    for printer in &mut self.printers {
                        printer.packet(&decoded, &mut self.text);
                    }
                    if self.text.len() >= self.batch {
                        self.write().map_err(Stop::Output)?;
                    }
                }
                Record::Secrets(secrets_type::TLS_KEY_LOG, data) => {
                    let bad = &mut self.bad_secrets;
                    self.keys.insert_keylog(data, |error| *bad += usize::from(is_damage(&error.problem)));
                }
                Record::Names(names) => self.names.of_block(names, &mut self.decoder),
                Record::Process(index) => {
                    if let Some(process) = reader.processes().get(index as usize) {
                        let info = ProcessInfo { pid: process.pid, name: process.name.clone(), uid: None };
                        self.decoder.set_process(index, info);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes what was printed so far.
    fn write(&mut self) -> io::Result<()> {
        let written = self.output.write_all(self.text.as_bytes());
        self.text.clear();
        self.text.shrink_to(2 * BATCH);
        written
    }
}

/// A decoder for what is printed: lines and details show everything that is found.
fn decoder(
    arguments: &ReadArguments,
    decode_as: Vec<DecodeAs>,
    keys: &KeyStore,
    names: &NameSources,
    filter: Option<&DisplayFilter>,
) -> Decoder {
    let options = Options {
        decode_as,
        verify_checksums: arguments.verify_checksums,
        exchanges: shows_exchanges(arguments, filter),
        ..Options::default()
    };
    let fields =
        if names.of_packets() || arguments.fields.is_empty() { None } else { fields_of(&arguments.fields) };
    let needs = fields.map(|fields| {
        let needs = Needs::of_fields(&fields);
        match filter {
            Some(filter) => needs.and(filter.needs()),
            None => needs,
        }
    });
    names.prepare(decoder_for(needs.as_ref(), keys, !arguments.no_decrypt, options))
}

/// Whether anything is asked for that says what a response answers. Lines do not.
fn shows_exchanges(arguments: &ReadArguments, filter: Option<&DisplayFilter>) -> bool {
    let jsonl = matches!(arguments.format, Format::Jsonl);
    let all = arguments.details || arguments.only_details.is_some() || jsonl && arguments.fields.is_empty();
    let asks = |name: &String| {
        fields_of(slice::from_ref(name)).is_some_and(|fields| Needs::of_fields(&fields).exchanges)
    };
    all || filter.is_some_and(|filter| filter.needs().exchanges) || arguments.fields.iter().any(asks)
}

/// A decoder that does no more than what is needed; `None` stands for everything.
pub(super) fn decoder_for(
    needs: Option<&Needs>,
    keys: &KeyStore,
    decrypt: bool,
    options: Options,
) -> Decoder {
    let exchanges = options.exchanges || needs.is_some_and(|needs| needs.exchanges);
    let options = Options { exchanges, ..options };
    if let Some(needs) = needs
        && !needs.reassembly
    {
        return Decoder::of_headers(Options { flows: needs.flows, ..options });
    }
    let decryptor = TlsDecryptor::new(keys.clone());
    Decoder::new(Options { decryptor: if decrypt { Some(Box::new(decryptor)) } else { None }, ..options })
}

/// What prints each packet, in order.
fn printers(arguments: &ReadArguments) -> Result<Vec<Box<dyn Printer>>> {
    let clock = |default| Clock::new(arguments.time.unwrap_or(default));
    let details = arguments.details || arguments.only_details.is_some();
    let mut printers: Vec<Box<dyn Printer>> = Vec::new();
    match arguments.format {
        Format::Fields | Format::Jsonl if details || arguments.summary || arguments.hex => {
            bail!("-V, -O, -P and -x are for text: leave out -T, or them");
        }
        Format::Fields => {
            let options = FieldOptions::parse(&arguments.field_options)?;
            printers.push(Box::new(Fields::new(&arguments.fields, options, clock(TimeFormat::R))?));
        }
        Format::Jsonl => {
            if !arguments.field_options.is_empty() {
                bail!("-E is for -T fields");
            }
            printers.push(Box::new(Jsonl::new(&arguments.fields, clock(TimeFormat::R))?));
        }
        Format::Text => {
            if !arguments.fields.is_empty() || !arguments.field_options.is_empty() {
                bail!("-e needs -T fields or -T jsonl, -E needs -T fields");
            }
            if arguments.summary || !details {
                printers.push(Box::new(Lines::new(clock(TimeFormat::A))));
            }
            match &arguments.only_details {
                Some(protocols) => printers.push(Box::new(Details::only(protocols)?)),
                None if arguments.details => printers.push(Box::new(Details::default())),
                None => {}
            }
            if arguments.hex {
                printers.push(Box::new(Hex));
            }
        }
    }
    Ok(printers)
}

pub(super) fn usage(error: &Error) -> ExitCode {
    complain(error);
    ExitCode::from(2)
}

pub(super) fn load_keys(keys: &KeyStore, path: &Path) -> Result<()> {
    let name = path.display();
    let text = std::fs::read(path).with_context(|| format!("cannot read the key log {name}"))?;
    let mut bad = Vec::new();
    keys.insert_keylog(&text, |error| {
        if is_damage(&error.problem) {
            bad.push(error);
        }
    });
    if let Some(first) = bad.first() {
        bail!(
            "{name}: {first}{}",
            if bad.len() > 1 { format!(" (and {} more)", bad.len() - 1) } else { String::new() }
        );
    }
    Ok(())
}

/// Lines with labels that are not needed (later secrets of a key update are derived) or not supported (RSA) are sound.
fn is_damage(problem: &LineError) -> bool {
    !matches!(problem, LineError::Label(_) | LineError::Rsa)
}
