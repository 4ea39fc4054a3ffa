//! Proving secrets: the first secrets of a hook must open what they are said to open before any of that hook is written.
//!
//! The packets of a handshake are kept until then. Once a secret of a hook has opened a record (an authentication tag does not
//! fit by chance), the place and the expressions of the hook are right, and its later secrets need no such proof.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::sync::PoisonError;

use plaintap_crypt::{Findings, KeyStore, Lock, TlsSecret, Witness};
use plaintap_decode::{Decoder, Options};
use plaintap_packet::{Direction, LinkType, Nanos, Packet};
use rustc_hash::FxHashSet;

/// Bytes of a connection's packets that are kept: a handshake with a long chain of certificates, and the first data.
const LARGEST_EVIDENCE: usize = 64 << 10;
/// Connections whose packets are kept. Beyond, the oldest goes; its secrets then wait for the proof of their hook elsewhere.
const MOST_TRIALS: usize = 512;
/// Secrets that may wait for the proof of one connection.
const MOST_WAITING: usize = 64;

/// The random of a ClientHello.
type Random = [u8; 32];

/// What is known of the hooks, and the connections that can tell more.
#[derive(Default)]
pub struct Proofs {
    proven: FxHashSet<u32>,
    /// Hooks whose expressions were learned: one record that opens is not taken for a proof of more than its connection.
    doubted: FxHashSet<u32>,
    /// Secrets that did not open what they had to, by hook.
    wrong: HashMap<u32, u64>,
    // Peers choose the randoms: hashed with a random key.
    trials: foldhash::HashMap<Random, Trial>,
    order: VecDeque<Random>,
    unchecked: u64,
    undecided: u64,
}

/// One connection with secrets to prove.
#[derive(Default)]
struct Trial {
    packets: Vec<(Range<usize>, u32)>,
    bytes: Vec<u8>,
    /// With the hooks they came from.
    secrets: Vec<(TlsSecret, u32)>,
    /// Something is new since the last judgement.
    stale: bool,
    /// Those already taken, which help to read the records behind theirs.
    taken: Vec<TlsSecret>,
    /// Hooks that a secret of this length was right of, here.
    proven: HashSet<(u32, usize)>,
}

/// What became of secrets that waited.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Those that can be written now.
    pub accepted: Vec<TlsSecret>,
    /// The connections of those that were dropped, and their hooks.
    pub wrong: Vec<(Random, u32)>,
}

/// What is to become of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Right,
    Wrong,
    Unchecked,
    Unknown,
}

impl Proofs {
    /// A handshake begins whose packets will be needed unless all `hooks` are proven.
    pub fn begin(&mut self, random: Random, hooks: usize) {
        let all_proven = self.proven.len() >= hooks && self.doubted.is_empty();
        if all_proven || self.trials.contains_key(&random) {
            return;
        }
        if self.trials.len() >= MOST_TRIALS
            && let Some(oldest) = self.order.pop_front()
        {
            self.end(&oldest);
        }
        self.trials.insert(random, Trial::default());
        self.order.push_back(random);
    }

    /// Whether packets of any connection are wanted.
    pub fn wants_packets(&self) -> bool {
        !self.trials.is_empty()
    }

    /// A packet of this connection.
    pub fn packet(&mut self, random: &Random, data: &[u8], original_length: u32) {
        let Some(trial) = self.trials.get_mut(random) else { return };
        if trial.bytes.len() + data.len() > LARGEST_EVIDENCE {
            return;
        }
        let start = trial.bytes.len();
        trial.bytes.extend_from_slice(data);
        trial.packets.push((start..trial.bytes.len(), original_length));
        trial.stale = true;
    }

    /// The secrets of this connection are complete: nothing is left to prove unless some still wait.
    pub fn complete(&mut self, random: &Random) {
        if self.trials.get(random).is_some_and(|trial| trial.secrets.is_empty()) {
            self.trials.remove(random);
            self.order.retain(|known| known != random);
        }
    }

    /// A secret of a captured connection. Given back when it can be written at once.
    pub fn secret(&mut self, secret: TlsSecret, hook: u32) -> Option<TlsSecret> {
        if self.suffices(&secret, hook) {
            if let Some(trial) = self.trials.get_mut(&secret.client_random) {
                trial.taken.push(secret.clone());
                trial.stale = true;
            }
            return Some(secret);
        }
        let random = secret.client_random;
        let known = self.trials.contains_key(&random);
        let trial = self.trials.entry(random).or_default();
        if !known {
            self.order.push_back(random);
        }
        if trial.secrets.len() >= MOST_WAITING {
            self.undecided += 1;
        } else if !trial.secrets.contains(&(secret.clone(), hook)) {
            trial.secrets.push((secret, hook));
            trial.stale = true;
        }
        None
    }

    /// Whether it needs no proof of its own.
    fn suffices(&self, secret: &TlsSecret, hook: u32) -> bool {
        match self.doubted.contains(&hook) {
            false => self.proven.contains(&hook),
            true => {
                self.trials.get(&secret.client_random).is_some_and(|trial| trial.has_proven(secret, hook))
            }
        }
    }

    /// The expressions of this hook were learned. Each connection has to prove them again: they may fit only some. What it
    /// read before is none of the secrets.
    pub fn doubt(&mut self, hook: u32) {
        self.doubted.insert(hook);
        let mut dropped = 0;
        for trial in self.trials.values_mut() {
            let before = trial.secrets.len();
            trial.secrets.retain(|(_, from)| *from != hook);
            dropped += (before - trial.secrets.len()) as u64;
        }
        if dropped > 0 {
            self.misread(hook, dropped);
        }
    }

    /// Secrets of this hook were read where they are not.
    pub fn misread(&mut self, hook: u32, count: u64) {
        *self.wrong.entry(hook).or_default() += count;
    }

    /// The first records of a connection whose secrets are missing.
    pub fn locks(&self, random: &Random, link_type: LinkType) -> Vec<Lock> {
        let Some(trial) = self.trials.get(random) else { return Vec::new() };
        let store = KeyStore::new();
        for secret in &trial.taken {
            store.insert(secret.clone());
        }
        trial.findings(store, link_type).locks().to_vec()
    }

    /// Looks again where something is new.
    pub fn judge(&mut self, link_type: LinkType) -> Judgement {
        let Judgement { mut accepted, mut wrong } = Judgement::default();
        let before = self.proven.len();
        for trial in self.trials.values_mut() {
            if !std::mem::take(&mut trial.stale) || trial.secrets.is_empty() {
                continue;
            }
            let verdicts = trial.verdicts(link_type);
            let mut waiting = Vec::new();
            for (entry, verdict) in std::mem::take(&mut trial.secrets).into_iter().zip(verdicts) {
                let (secret, hook) = entry;
                match verdict {
                    Verdict::Right => {
                        self.proven.insert(hook);
                        trial.proven.insert((hook, secret.secret.as_bytes().len()));
                        trial.take(secret, &mut accepted);
                    }
                    Verdict::Wrong => {
                        *self.wrong.entry(hook).or_default() += 1;
                        wrong.push((secret.client_random, hook));
                    }
                    Verdict::Unchecked => {
                        self.unchecked += 1;
                        trial.take(secret, &mut accepted);
                    }
                    Verdict::Unknown => waiting.push((secret, hook)),
                }
            }
            for (secret, hook) in waiting {
                match self.doubted.contains(&hook) && trial.has_proven(&secret, hook) {
                    true => trial.take(secret, &mut accepted),
                    false => trial.secrets.push((secret, hook)),
                }
            }
        }
        if self.proven.len() > before {
            for trial in self.trials.values_mut() {
                for (secret, hook) in std::mem::take(&mut trial.secrets) {
                    match self.proven.contains(&hook) && !self.doubted.contains(&hook) {
                        true => trial.take(secret, &mut accepted),
                        false => trial.secrets.push((secret, hook)),
                    }
                }
            }
        }
        Judgement { accepted, wrong }
    }

    /// Whether a secret of this hook has opened something.
    pub fn is_proven(&self, hook: u32) -> bool {
        self.proven.contains(&hook)
    }

    /// Whether secrets of this connection wait for their proof.
    pub fn waits(&self, random: &Random) -> bool {
        self.trials.get(random).is_some_and(|trial| !trial.secrets.is_empty())
    }

    /// Secrets that did not open what they had to, by hook.
    pub fn wrong(&self) -> &HashMap<u32, u64> {
        &self.wrong
    }

    /// Secrets that were written although their cipher suite cannot be decrypted here.
    pub fn unchecked(&self) -> u64 {
        self.unchecked
    }

    /// Secrets that nothing was captured to prove with, of hooks that were not proven elsewhere.
    pub fn undecided(&self) -> u64 {
        let waiting = self.trials.values().flat_map(|trial| &trial.secrets);
        // Nothing on the wire is protected by an exporter's secret, so it says nothing that one is left over.
        self.undecided + waiting.filter(|(secret, _)| secret.label.protects_records()).count() as u64
    }

    /// Takes a hook for proven.
    #[cfg(test)]
    pub fn trust(&mut self, hook: u32) {
        self.proven.insert(hook);
    }

    fn end(&mut self, random: &Random) {
        let waiting = self.trials.remove(random).map_or(0, |trial| trial.secrets.len());
        self.undecided += waiting as u64;
    }
}

impl Trial {
    /// Whether a secret of the same hook and length was right here.
    fn has_proven(&self, secret: &TlsSecret, hook: u32) -> bool {
        self.proven.contains(&(hook, secret.secret.as_bytes().len()))
    }

    fn take(&mut self, secret: TlsSecret, accepted: &mut Vec<TlsSecret>) {
        self.taken.push(secret.clone());
        accepted.push(secret);
    }

    /// What the packets say of each waiting secret.
    fn verdicts(&self, link_type: LinkType) -> Vec<Verdict> {
        let mut verdicts = vec![Verdict::Unknown; self.secrets.len()];
        // Two hooks may have read different things for the same: each of them is tried.
        let mut left: Vec<usize> = (0..self.secrets.len()).collect();
        while !left.is_empty() {
            let store = KeyStore::new();
            for secret in &self.taken {
                store.insert(secret.clone());
            }
            let mut labels = Vec::new();
            let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(|&index| {
                let (secret, _) = &self.secrets[index];
                let first =
                    !labels.iter().any(|(label, value)| *label == secret.label && *value != &secret.secret);
                labels.push((secret.label, &secret.secret));
                first
            });
            for &index in &now {
                store.insert(self.secrets[index].0.clone());
            }
            let findings = self.findings(store, link_type);
            for index in now {
                let (secret, _) = &self.secrets[index];
                let (random, label) = (&secret.client_random, secret.label);
                verdicts[index] = match () {
                    () if findings.is_right(random, label) => Verdict::Right,
                    () if findings.is_unsupported() => Verdict::Unchecked,
                    () if findings.is_wrong(random, label) => Verdict::Wrong,
                    () => Verdict::Unknown,
                };
            }
            left = later;
        }
        verdicts
    }

    fn findings(&self, store: KeyStore, link_type: LinkType) -> Findings {
        let (witness, findings) = Witness::new(store);
        let mut decoder = Decoder::new(Options { decryptor: Some(Box::new(witness)), ..Options::default() });
        for (number, (range, original_length)) in (1..).zip(&self.packets) {
            let packet = Packet {
                data: &self.bytes[range.clone()],
                time: Nanos(0),
                original_length: *original_length,
                link_type,
                interface: 0,
                direction: Direction::Unknown,
                process: None,
            };
            decoder.decode(&packet, number);
        }
        findings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    use plaintap_crypt::{SecretLabel, keylog};
    use plaintap_packet::file::{Reader, Record};

    const HOOK: u32 = 3;

    fn data(name: &str) -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "../crypt/tests/data", name].iter().collect()
    }

    /// The secrets of the first connection of a capture.
    fn secrets(name: &str) -> Vec<TlsSecret> {
        let text = fs::read(data(&format!("{name}.keylog"))).unwrap();
        let all: Vec<_> = keylog::parse(&text).filter_map(Result::ok).collect();
        let first = all[0].client_random;
        all.into_iter().filter(|secret| secret.client_random == first).collect()
    }

    /// Gives all packets of a capture as one connection's; its link type.
    fn feed(proofs: &mut Proofs, name: &str, random: &Random) -> LinkType {
        feed_changed(proofs, name, random, |_| {})
    }

    fn feed_changed(
        proofs: &mut Proofs,
        name: &str,
        random: &Random,
        change: impl Fn(&mut [u8]),
    ) -> LinkType {
        let mut reader = Reader::new(fs::File::open(data(&format!("{name}.pcapng"))).unwrap()).unwrap();
        let mut link_type = LinkType::RAW;
        while let Some(record) = reader.next_record().unwrap() {
            if let Record::Packet(packet, _) = record {
                link_type = packet.link_type;
                let mut data = packet.data.to_vec();
                change(&mut data);
                proofs.packet(random, &data, packet.original_length);
            }
        }
        link_type
    }

    fn damaged(secret: &TlsSecret) -> TlsSecret {
        let mut bytes = secret.secret.as_bytes().to_vec();
        bytes[3] ^= 0x10;
        TlsSecret::new(secret.label, secret.client_random, &bytes).unwrap()
    }

    #[test]
    fn secrets_wait_until_one_of_their_hook_opened_a_record() {
        for name in ["tls13-aes128gcm", "tls12-resumption"] {
            let secrets = secrets(name);
            let random = secrets[0].client_random;
            let mut proofs = Proofs::default();
            proofs.begin(random, 1);
            for secret in &secrets {
                assert_eq!(proofs.secret(secret.clone(), HOOK), None, "{name}");
            }
            assert!(
                proofs.judge(LinkType::RAW) == Judgement::default() && proofs.waits(&random),
                "no packet yet"
            );
            let link_type = feed(&mut proofs, name, &random);
            let accepted = proofs.judge(link_type).accepted;
            assert_eq!(accepted.len(), secrets.len(), "{name}: the exporter's too");
            assert!(proofs.is_proven(HOOK) && !proofs.waits(&random));
            assert!(proofs.wrong().is_empty());
            // Another connection of the same hook.
            let next = TlsSecret::new(SecretLabel::ClientRandom, [9; 32], &[1; 48]).unwrap();
            assert_eq!(proofs.secret(next.clone(), HOOK), Some(next.clone()));
            assert_eq!(proofs.secret(next, HOOK + 1), None);
        }
    }

    #[test]
    fn a_secret_that_opens_nothing_is_dropped_and_proves_no_hook() {
        for (name, label) in [
            ("tls13-aes128gcm", SecretLabel::ServerHandshakeTrafficSecret),
            ("tls12-resumption", SecretLabel::ClientRandom),
        ] {
            let secret = secrets(name).into_iter().find(|secret| secret.label == label).unwrap();
            let mut proofs = Proofs::default();
            proofs.begin(secret.client_random, 2);
            let link_type = feed(&mut proofs, name, &secret.client_random);
            assert_eq!(proofs.secret(damaged(&secret), HOOK), None);
            let judgement = proofs.judge(link_type);
            assert_eq!((judgement.accepted, judgement.wrong), (vec![], vec![(secret.client_random, HOOK)]));
            assert_eq!((proofs.wrong().get(&HOOK), proofs.undecided()), (Some(&1), 0), "{name}");
            assert!(!proofs.is_proven(HOOK));
            // Another hook reads the right one.
            assert_eq!(proofs.secret(secret.clone(), HOOK + 1), None);
            assert_eq!(proofs.judge(link_type).accepted, [secret]);
            assert!(proofs.is_proven(HOOK + 1));
        }
    }

    #[test]
    fn a_doubted_hook_proves_itself_in_each_connection() {
        let secrets = secrets("tls13-aes128gcm");
        let random = secrets[0].client_random;
        let mut proofs = Proofs::default();
        proofs.begin(random, 1);
        let exporter = secrets.iter().find(|secret| secret.label == SecretLabel::ExporterSecret).unwrap();
        assert_eq!(proofs.secret(damaged(exporter), HOOK), None);
        proofs.doubt(HOOK);
        assert!(!proofs.waits(&random), "what it read before is dropped");
        assert_eq!(proofs.wrong().get(&HOOK), Some(&1));
        let link_type = feed(&mut proofs, "tls13-aes128gcm", &random);
        let labels: Vec<_> = proofs.locks(&random, link_type).iter().map(Lock::label).collect();
        assert_eq!(
            labels,
            [SecretLabel::ServerHandshakeTrafficSecret, SecretLabel::ClientHandshakeTrafficSecret]
        );
        for secret in &secrets {
            assert_eq!(proofs.secret(secret.clone(), HOOK), None);
        }
        let accepted = proofs.judge(link_type).accepted;
        assert_eq!(accepted.len(), secrets.len(), "the exporter's is of the same length");
        assert!(accepted.iter().all(|secret| secrets.contains(secret)));
        assert!(proofs.is_proven(HOOK));
        // Another length needs a proof even here, and another connection anyway.
        let long = TlsSecret::new(SecretLabel::ExporterSecret, random, &[1; 48]).unwrap();
        assert_eq!(proofs.secret(long, HOOK), None);
        proofs.begin([9; 32], 1);
        let next = TlsSecret::new(SecretLabel::ClientRandom, [9; 32], &[1; 48]).unwrap();
        assert_eq!(proofs.secret(next, HOOK), None);
        assert_eq!(proofs.judge(link_type), Judgement::default());
    }

    #[test]
    fn of_two_values_for_the_same_the_right_one_is_taken() {
        let secrets = secrets("tls13-aes128gcm");
        for wrong_first in [true, false] {
            let mut proofs = Proofs::default();
            proofs.begin(secrets[0].client_random, 2);
            let link_type = feed(&mut proofs, "tls13-aes128gcm", &secrets[0].client_random);
            for secret in &secrets {
                let right = (secret.clone(), HOOK);
                let wrong = (damaged(secret), HOOK + 1);
                for (secret, hook) in if wrong_first { [wrong, right] } else { [right, wrong] } {
                    assert_eq!(proofs.secret(secret, hook), None);
                }
            }
            let accepted = proofs.judge(link_type).accepted;
            assert!(accepted.iter().all(|secret| secrets.contains(secret)));
            assert_eq!(accepted.len(), secrets.len());
            assert!(proofs.is_proven(HOOK) && !proofs.is_proven(HOOK + 1));
        }
    }

    #[test]
    fn what_cannot_be_decrypted_here_is_taken_unchecked() {
        let name = "tls12-resumption";
        let secret = secrets(name).remove(0);
        let mut proofs = Proofs::default();
        proofs.begin(secret.client_random, 1);
        // A cipher suite that there is not, in each ServerHello (RFC 5246 section 7.4.1.3).
        let link_type = feed_changed(&mut proofs, name, &secret.client_random, |data| {
            let begin = [2, 0, 0];
            for at in 0..data.len().saturating_sub(80) {
                let hello = &mut data[at..];
                if hello[..3] == begin && hello[4..6] == [3, 3] && hello[3] > 40 {
                    let session = usize::from(hello[38]);
                    if session <= 32 {
                        hello[39 + session..41 + session].copy_from_slice(&[0x7a, 0x7b]);
                    }
                }
            }
        });
        assert_eq!(proofs.secret(secret.clone(), HOOK), None);
        assert_eq!(proofs.judge(link_type).accepted, [secret]);
        assert!(!proofs.is_proven(HOOK));
        assert_eq!(proofs.unchecked(), 1);
    }

    /// The capture of the decoder's tests, with its secrets in it.
    #[test]
    fn dtls_proves_its_secrets_too() {
        let path: PathBuf =
            [env!("CARGO_MANIFEST_DIR"), "../../tests/cases/dtls/decrypted.pcapng"].iter().collect();
        let mut reader = Reader::new(fs::File::open(path).unwrap()).unwrap();
        let (mut packets, mut secrets, mut link_type) = (Vec::new(), Vec::new(), LinkType::RAW);
        while let Some(record) = reader.next_record().unwrap() {
            match record {
                Record::Packet(packet, _) => {
                    link_type = packet.link_type;
                    packets.push(packet.data.to_vec());
                }
                Record::Secrets(_, text) => secrets.extend(keylog::parse(text).filter_map(Result::ok)),
                _ => {}
            }
        }
        let secret: TlsSecret =
            secrets.into_iter().find(|secret| secret.label == SecretLabel::ClientRandom).unwrap();
        for (given, right) in [(secret.clone(), true), (damaged(&secret), false)] {
            let mut proofs = Proofs::default();
            proofs.begin(secret.client_random, 1);
            for data in &packets {
                if proofs.trials[&secret.client_random].bytes.len() + data.len() < LARGEST_EVIDENCE {
                    proofs.packet(&secret.client_random, data, data.len() as u32);
                }
            }
            assert_eq!(proofs.secret(given.clone(), HOOK), None);
            let expected = if right { vec![given] } else { vec![] };
            assert_eq!(proofs.judge(link_type).accepted, expected);
            assert_eq!(proofs.is_proven(HOOK), right);
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut proofs = Proofs::default();
        for number in 0..MOST_TRIALS + 10 {
            let mut random = [0; 32];
            random[..8].copy_from_slice(&number.to_ne_bytes());
            proofs.begin(random, 1);
            for _ in 0..10 {
                proofs.packet(&random, &[0; LARGEST_EVIDENCE / 4], 0);
            }
        }
        assert_eq!((proofs.trials.len(), proofs.order.len()), (MOST_TRIALS, MOST_TRIALS));
        let bytes: usize = proofs.trials.values().map(|trial| trial.bytes.len()).sum();
        assert_eq!(bytes, MOST_TRIALS * LARGEST_EVIDENCE);
        // None are kept when all hooks are proven.
        let mut proofs = Proofs::default();
        proofs.begin([1; 32], 0);
        assert!(!proofs.wants_packets());
    }
}
