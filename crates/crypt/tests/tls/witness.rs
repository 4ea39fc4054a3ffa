//! Right and wrong secrets told apart by what they open.

use plaintap_crypt::{Findings, KeyStore, SecretLabel, TlsSecret, Witness};
use plaintap_decode::{Decryptor, Outcome};

use crate::support::tcp::Event;
use crate::support::{corpus, key_store, own, records};

const CAPTURES: [&str; 8] = [
    "tls13-aes128gcm",
    "tls13-chacha20-early-data-refused",
    "tls13-early-data",
    "tls13-key-update",
    "tls13-hello-retry",
    "tls12-resumption",
    "tls12-renegotiation",
    "tls12-suites",
];

fn observe(events: &[Event], store: &KeyStore) -> Findings {
    let (mut witness, findings) = Witness::new(store.clone());
    let mut plain = Vec::new();
    for event in events {
        match event {
            Event::Record { stream, side, bytes } => {
                let _: Outcome = witness.record(*stream, *side, bytes, &mut plain);
            }
            Event::Gap { stream, side } => witness.gap(*stream, *side),
        }
    }
    findings.lock().unwrap().clone()
}

/// The client randoms of a capture.
fn randoms(events: &[Event]) -> Vec<[u8; 32]> {
    let hello = |event: &Event| match event {
        Event::Record { bytes, .. } if bytes.len() > 43 && bytes[0] == 22 && bytes[5] == 1 => {
            bytes[11..43].try_into().ok()
        }
        _ => None,
    };
    events.iter().filter_map(hello).collect()
}

/// A store with one bit of one secret changed.
fn damaged(secrets: &[TlsSecret], victim: &TlsSecret) -> KeyStore {
    let store = KeyStore::new();
    for secret in secrets {
        let mut bytes = secret.secret.as_bytes().to_vec();
        if secret == victim {
            bytes[7] ^= 1;
        }
        store.insert(TlsSecret::new(secret.label, secret.client_random, &bytes).unwrap());
    }
    store
}

/// Those whose first record is known by its place. Behind early data that the server refuses, that of the client is not.
fn judged(name: &str, label: SecretLabel) -> bool {
    let refused = name.contains("refused") && label == SecretLabel::ClientHandshakeTrafficSecret;
    !refused
        && matches!(
            label,
            SecretLabel::ClientRandom
                | SecretLabel::ClientHandshakeTrafficSecret
                | SecretLabel::ServerHandshakeTrafficSecret
                | SecretLabel::ServerTrafficSecret0
        )
}

#[test]
fn a_secret_is_right_when_it_opens_something_and_wrong_when_it_opens_nothing() {
    let (mut right, mut wrong) = (0, 0);
    for name in CAPTURES {
        let (events, store) = own(name);
        let findings = observe(&events, &store);
        let secrets: Vec<TlsSecret> =
            randoms(&events).iter().flat_map(|random| store.secrets(random)).collect();
        for secret in &secrets {
            let (random, label) = (&secret.client_random, secret.label);
            assert!(!findings.is_wrong(random, label), "{name}: {label}");
            if !findings.is_right(random, label) {
                assert!(!judged(name, label), "{name}: {label}");
                continue;
            }
            right += 1;
            let findings = observe(&events, &damaged(&secrets, secret));
            assert!(!findings.is_right(random, label), "{name}: {label} is damaged");
            assert!(findings.is_wrong(random, label) || !judged(name, label), "{name}: {label} is damaged");
            wrong += usize::from(findings.is_wrong(random, label));
        }
    }
    assert!(right > 30 && wrong > 20, "{right} right, {wrong} wrong");
}

#[test]
fn a_capture_with_gaps_or_without_its_beginning_condemns_no_secret() {
    for name in CAPTURES {
        let (events, store) = own(name);
        for left_out in 0..events.len().min(40) {
            let (Event::Record { stream, side, .. } | Event::Gap { stream, side }) = events[left_out];
            let mut events: Vec<Event> = events.clone();
            events[left_out] = Event::Gap { stream, side };
            let findings = observe(&events, &store);
            for random in randoms(&events) {
                for secret in store.secrets(&random) {
                    assert!(
                        !findings.is_wrong(&random, secret.label),
                        "{name}, {left_out}: {}",
                        secret.label
                    );
                }
            }
        }
    }
}

#[test]
fn no_secret_of_real_programs_is_condemned() {
    let Some(folder) = corpus("stacks") else { return };
    let (mut files, mut right) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "pcap") {
            continue;
        }
        let (events, store) = (records(&path), key_store(&path.with_extension("keys")));
        let findings = observe(&events, &store);
        for secret in randoms(&events).iter().flat_map(|random| store.secrets(random)) {
            let (random, label) = (&secret.client_random, secret.label);
            assert!(!findings.is_wrong(random, label), "{}: {label}", path.display());
            right += usize::from(findings.is_right(random, label));
        }
        files += 1;
    }
    assert!(files > 50 && right > 400, "{files} files, {right} right");
}

/// The store without one secret.
fn without(secrets: &[TlsSecret], left_out: &TlsSecret) -> KeyStore {
    let store = KeyStore::new();
    for secret in secrets.iter().filter(|secret| *secret != left_out) {
        store.insert(secret.clone());
    }
    store
}

#[test]
fn a_missing_secret_is_told_from_all_other_bytes_by_its_lock() {
    let mut tried = 0;
    for name in CAPTURES {
        let (events, store) = own(name);
        let secrets: Vec<TlsSecret> =
            randoms(&events).iter().flat_map(|random| store.secrets(random)).collect();
        for missing in secrets.iter().filter(|secret| judged(name, secret.label)) {
            let findings = observe(&events, &without(&secrets, missing));
            let (random, label) = (&missing.client_random, missing.label);
            let lock =
                findings.locks().iter().find(|lock| (lock.client_random(), lock.label()) == (random, label));
            let lock = lock.unwrap_or_else(|| panic!("{name}: no lock for {label}"));
            let secret = missing.secret.as_bytes();
            assert!(lock.opens(secret) && lock.secret_len() == secret.len(), "{name}: {label}");
            let others = secrets.iter().filter(|other| other.secret != missing.secret);
            for other in others {
                assert!(!lock.opens(other.secret.as_bytes()), "{name}: {label} by {}", other.label);
            }
            for wrong in [&secret[1..], &[secret, &[0]].concat()[..], &[], &[0; 32], &[0; 48]] {
                assert!(!lock.opens(wrong), "{name}: {label}");
            }
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}
