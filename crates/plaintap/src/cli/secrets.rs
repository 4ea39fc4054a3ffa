//! `plaintap secrets`: puts secrets into captures, takes them out, throws them away.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use plaintap_packet::file::{Reader, Record, secrets_type};

use super::convert::{copy, target};
use crate::args::{SecretsAction, SecretsArguments, SecretsKind};
use crate::files::{OutputFile, Secrets, Target, display_name, failure, open, read_key_file};

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or written, or a line of a key file is no secret.
pub fn secrets(arguments: &SecretsArguments) -> Result<ExitCode> {
    match &arguments.action {
        SecretsAction::Inject { keys, input, output } => inject(keys, input, output),
        SecretsAction::Extract { kind, input, output } => extract(*kind, input, output),
        SecretsAction::Discard { input, output } => copy(input, output, Secrets::Discard, Vec::new()),
    }
}

fn inject(keys: &[PathBuf], input: &Path, output: &Path) -> Result<ExitCode> {
    if let Some(Target::Pcap { .. }) = target(output, None) {
        bail!("pcap cannot hold secrets: give {} a name with .pcapng", output.display());
    }
    let mut injected = Vec::new();
    for path in keys {
        let file = read_key_file(path)?;
        injected.push((file.secrets_type, file.text));
    }
    copy(input, output, Secrets::Keep, injected)
}

fn extract(kind: SecretsKind, input: &Path, output: &Path) -> Result<ExitCode> {
    let wanted = match kind {
        SecretsKind::Tls => secrets_type::TLS_KEY_LOG,
        SecretsKind::Ssh => secrets_type::SSH_KEY_LOG,
        SecretsKind::Wireguard => secrets_type::WIREGUARD_KEY_LOG,
        SecretsKind::EspSa => secrets_type::ESP_SA,
        SecretsKind::Ikev2 => secrets_type::IKEV2_DECRYPTION_TABLE,
    };
    let mut reader = Reader::new(open(input)?).map_err(|error| failure(input, &error))?;
    let mut text = Vec::new();
    let end = loop {
        match reader.next_record() {
            Ok(Some(Record::Secrets(found, data))) if found == wanted => {
                text.extend_from_slice(data);
                if data.last().is_some_and(|&last| last != b'\n') {
                    text.push(b'\n');
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => break Ok(ExitCode::SUCCESS),
            Err(error) => break Err(failure(input, &error)),
        }
    };
    if text.is_empty() {
        end?;
        let name = secrets_type::name(wanted).unwrap_or("such secrets");
        bail!("{} holds no {name}", display_name(input));
    }
    if output == Path::new("-") {
        // To be read on a terminal, if the user wants that.
        std::io::stdout().write_all(&text)?;
    } else {
        let mut file = OutputFile::create(output, true)?;
        file.write_all(&text).map_err(|error| file.error(error))?;
        file.commit()?;
    }
    end
}
