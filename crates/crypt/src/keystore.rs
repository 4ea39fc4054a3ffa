//! The secrets known so far, shared by those who find them and those who decrypt with them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rustc_hash::FxHashMap;

use crate::keylog::{self, KeylogError};
use crate::secret::{ClientRandom, Secret, SecretLabel, TlsSecret};

/// TLS secrets by connection. A clone shares the same secrets.
#[derive(Clone, Debug, Default)]
pub struct KeyStore {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Counts the inserts; read without the lock by those who wait for a secret.
    epoch: AtomicU64,
    connections: RwLock<FxHashMap<ClientRandom, Secrets>>,
}

/// The secrets of one connection, in the order they came.
#[derive(Debug)]
struct Secrets {
    /// The epoch of the newest of them.
    revision: u64,
    list: Vec<(SecretLabel, Secret)>,
}

impl Secrets {
    /// With room for those of a TLS 1.3 handshake.
    fn new() -> Self {
        Self { revision: 0, list: Vec::with_capacity(5) }
    }
}

/// How much of a connection the secrets known open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// No secret is known.
    Missing,
    /// Some secrets are known, but not those of the handshake and data of both directions.
    Partial,
    /// All of it: the master secret, or both handshake and both traffic secrets of TLS 1.3.
    Complete,
}

impl KeyStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret; true if it is news. A secret of the same label and connection is replaced: whoever corrects a
    /// secret is right. All-zero randoms and secrets, which are memory that was read too early, are refused.
    pub fn insert(&self, secret: TlsSecret) -> bool {
        if is_zero(&secret.client_random) || is_zero(secret.secret.as_bytes()) {
            return false;
        }
        let mut connections = self.write();
        let secrets = connections.entry(secret.client_random).or_insert_with(Secrets::new);
        match secrets.list.iter_mut().find(|(label, _)| *label == secret.label) {
            Some((_, known)) if *known == secret.secret => return false,
            Some((_, known)) => *known = secret.secret,
            None => secrets.list.push((secret.label, secret.secret)),
        }
        // The lock orders the writers, so no two inserts get the same epoch.
        secrets.revision = self.shared.epoch.load(Ordering::Relaxed) + 1;
        self.shared.epoch.store(secrets.revision, Ordering::Release);
        true
    }

    /// Adds every secret of a key log and returns how many were news. Bad lines go to `bad_line`.
    pub fn insert_keylog(&self, text: &[u8], mut bad_line: impl FnMut(KeylogError)) -> usize {
        let mut news = 0;
        for line in keylog::parse(text) {
            match line {
                Ok(secret) => news += usize::from(self.insert(secret)),
                Err(error) => bad_line(error),
            }
        }
        news
    }

    /// The secret of this label and connection.
    pub fn lookup(&self, label: SecretLabel, client_random: &ClientRandom) -> Option<Secret> {
        let connections = self.read();
        let (_, secret) = connections.get(client_random)?.list.iter().find(|(known, _)| *known == label)?;
        Some(secret.clone())
    }

    /// All secrets of a connection, in the order they were inserted.
    pub fn secrets(&self, client_random: &ClientRandom) -> Vec<TlsSecret> {
        let connections = self.read();
        let list = connections.get(client_random).map_or(&[][..], |secrets| &secrets.list);
        list.iter()
            .map(|(label, secret)| TlsSecret {
                label: *label,
                client_random: *client_random,
                secret: secret.clone(),
            })
            .collect()
    }

    /// How much of a connection can be decrypted.
    pub fn completeness(&self, client_random: &ClientRandom) -> Completeness {
        use SecretLabel as L;
        let connections = self.read();
        let Some(secrets) = connections.get(client_random) else { return Completeness::Missing };
        let has = |wanted: L| secrets.list.iter().any(|(label, _)| *label == wanted);
        let tls13 = [
            L::ClientHandshakeTrafficSecret,
            L::ServerHandshakeTrafficSecret,
            L::ClientTrafficSecret0,
            L::ServerTrafficSecret0,
        ];
        if has(L::ClientRandom) || tls13.into_iter().all(has) {
            Completeness::Complete
        } else {
            Completeness::Partial
        }
    }

    /// The number of inserts so far: when it stands still, a secret that was missing still is.
    pub fn epoch(&self) -> u64 {
        self.shared.epoch.load(Ordering::Acquire)
    }

    /// The epoch of the newest secret of this connection, 0 without any.
    pub(crate) fn revision(&self, client_random: &ClientRandom) -> u64 {
        self.read().get(client_random).map_or(0, |secrets| secrets.revision)
    }

    // A panic of another thread cannot leave the map half changed, so poisoning is passed over.
    fn read(&self) -> RwLockReadGuard<'_, FxHashMap<ClientRandom, Secrets>> {
        self.shared.connections.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, FxHashMap<ClientRandom, Secrets>> {
        self.shared.connections.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(label: SecretLabel, random: u8, byte: u8) -> TlsSecret {
        TlsSecret::new(label, [random; 32], &[byte; 48]).unwrap()
    }

    #[test]
    fn news_replacements_and_refusals() {
        let store = KeyStore::new();
        let shared = store.clone();
        assert!(store.insert(secret(SecretLabel::ClientRandom, 1, 5)));
        assert!(!store.insert(secret(SecretLabel::ClientRandom, 1, 5)));
        assert_eq!(shared.epoch(), 1);
        assert!(store.insert(secret(SecretLabel::ClientRandom, 1, 6)), "a corrected secret is news");
        assert_eq!(shared.lookup(SecretLabel::ClientRandom, &[1; 32]).unwrap().as_bytes(), [6; 48]);
        assert!(!store.insert(secret(SecretLabel::ClientRandom, 0, 5)), "zero random");
        assert!(!store.insert(secret(SecretLabel::ClientRandom, 2, 0)), "zero secret");
        assert_eq!((shared.epoch(), store.revision(&[1; 32]), store.revision(&[2; 32])), (2, 2, 0));
    }

    #[test]
    fn completeness_of_both_versions() {
        use SecretLabel as L;
        let store = KeyStore::new();
        assert_eq!(store.completeness(&[1; 32]), Completeness::Missing);
        store.insert(secret(L::ClientRandom, 1, 1));
        assert_eq!(store.completeness(&[1; 32]), Completeness::Complete);
        let order = [
            L::ServerHandshakeTrafficSecret,
            L::ExporterSecret,
            L::ServerTrafficSecret0,
            L::ClientHandshakeTrafficSecret,
            L::ClientTrafficSecret0,
        ];
        for label in order {
            assert_ne!(store.completeness(&[2; 32]), Completeness::Complete);
            store.insert(secret(label, 2, 1));
        }
        assert_eq!(store.completeness(&[2; 32]), Completeness::Complete);
        assert!(store.secrets(&[2; 32]).iter().map(|secret| secret.label).eq(order));
        assert!(store.secrets(&[3; 32]).is_empty());
    }

    #[test]
    fn inserts_of_many_threads_all_count() {
        let store = KeyStore::new();
        std::thread::scope(|scope| {
            for thread in 1..=4 {
                let store = store.clone();
                scope.spawn(move || {
                    for byte in 1..=100 {
                        store.insert(secret(SecretLabel::ClientRandom, thread, byte));
                    }
                });
            }
        });
        assert_eq!(store.epoch(), 400);
    }
}
