//! What the tests share: captures read from disk, cut into TLS records, and decrypted.
//!
//! The reader is apart from the one that plaintap ships, so that a mistake in that one does not hide one here.

pub(crate) mod capture;
pub(crate) mod http;
pub(crate) mod tcp;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plaintap_crypt::keylog::LineError;
use plaintap_crypt::{KeyStore, TlsDecryptor};
use plaintap_decode::{Decryptor, Outcome, Side, Unreadable};
use tcp::{Event, Splitter};

/// What came out of a capture.
#[derive(Default)]
pub(crate) struct Decrypted {
    /// Application data by stream, of both sides.
    pub(crate) data: BTreeMap<u32, [Vec<u8>; 2]>,
    /// Records decrypted.
    pub(crate) decrypted: usize,
    /// Handshake records among them.
    pub(crate) handshake: usize,
    /// Records not decrypted, by reason.
    pub(crate) unreadable: BTreeMap<String, usize>,
}

impl Decrypted {
    /// All that one side said, stream by stream.
    pub(crate) fn side(&self, side: Side) -> impl Iterator<Item = &[u8]> {
        self.data.values().map(move |both| &both[side as usize][..])
    }

    pub(crate) fn unread(&self) -> usize {
        self.unreadable.values().sum()
    }
}

/// The records of a capture, in order.
pub(crate) fn records(path: &Path) -> Vec<Event> {
    let mut splitter = Splitter::default();
    for frame in capture::read(&std::fs::read(path).unwrap()) {
        splitter.frame(&frame);
    }
    splitter.finish()
}

pub(crate) fn key_store(path: &Path) -> KeyStore {
    let store = KeyStore::new();
    store.insert_keylog(&std::fs::read(path).unwrap(), |error| {
        // OpenSSL also logs the secrets behind a KeyUpdate, as CLIENT_TRAFFIC_SECRET_N.
        let passed_over = matches!(error.problem, LineError::Rsa | LineError::Label(_));
        assert!(passed_over, "{}: {error}", path.display());
    });
    store
}

pub(crate) fn decrypt(events: &[Event], store: &KeyStore) -> Decrypted {
    let mut decryptor = TlsDecryptor::new(store.clone());
    let mut out = Decrypted::default();
    let mut plain = Vec::new();
    for event in events {
        feed(&mut decryptor, event, &mut plain, &mut out);
    }
    out
}

/// One event into the decryptor, its result into `out`.
pub(crate) fn feed(decryptor: &mut TlsDecryptor, event: &Event, plain: &mut Vec<u8>, out: &mut Decrypted) {
    match event {
        Event::Record { stream, side, bytes } => match decryptor.record(*stream, *side, bytes, plain) {
            Outcome::Clear => assert!(plain.is_empty()),
            Outcome::Decrypted(kind) => {
                out.decrypted += 1;
                out.handshake += usize::from(kind == 22);
                if kind == 23 {
                    out.data.entry(*stream).or_default()[*side as usize].extend_from_slice(plain);
                }
            }
            Outcome::Encrypted(reason) => {
                assert!(plain.is_empty());
                *out.unreadable.entry(name(reason)).or_default() += 1;
            }
        },
        Event::Gap { stream, side } => decryptor.gap(*stream, *side),
    }
}

fn name(reason: Unreadable) -> String {
    match reason {
        Unreadable::CipherSuite(number) => format!("suite {number:04x}"),
        reason => format!("{reason:?}"),
    }
}

/// A capture kept with the tests, and its keys.
pub(crate) fn own(name: &str) -> (Vec<Event>, KeyStore) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    (records(&folder.join(format!("{name}.pcapng"))), key_store(&folder.join(format!("{name}.keylog"))))
}

/// The corpus beside the workspace; a line on stderr when there is none.
pub(crate) fn corpus(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PLAINTAP_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"), PathBuf::from);
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: corpus not found at {}", path.display());
    None
}
