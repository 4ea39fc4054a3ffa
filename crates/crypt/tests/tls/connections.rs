//! Real connections under every disturbance that a capture can have: late keys, wrong keys, lost records, garbage.

use crate::support::http::find;
use crate::support::tcp::Event;
use crate::support::{corpus, decrypt, key_store, own, records};
use plaintap_crypt::{KeyStore, SecretLabel, TlsDecryptor, TlsSecret};
use plaintap_decode::{Decryptor, Outcome, Side, Unreadable};
use proptest::prelude::*;

const ALL: [&str; 8] = [
    "tls13-aes128gcm",
    "tls13-chacha20-early-data-refused",
    "tls13-early-data",
    "tls13-key-update",
    "tls13-hello-retry",
    "tls12-resumption",
    "tls12-renegotiation",
    "tls12-suites",
];

/// What became of an event, with the plaintext.
type Seen = Option<(Outcome, Vec<u8>)>;

#[test]
fn everything_is_decrypted() {
    let text = [
        ("tls13-aes128gcm", Side::Responder, "757eulb 67redro 188rehtaew"),
        ("tls13-chacha20-early-data-refused", Side::Initiator, "early words that the server refuses\n"),
        ("tls13-chacha20-early-data-refused", Side::Initiator, "dritte Zeile"),
        ("tls13-chacha20-early-data-refused", Side::Responder, "elieZ ettird"),
        ("tls13-early-data", Side::Initiator, "number471 secret490 number948"),
        ("tls13-key-update", Side::Initiator, "invoice653 order928 weather800"),
        ("tls13-hello-retry", Side::Initiator, "blue879 number622"),
        ("tls12-resumption", Side::Initiator, "GET /api/items.json HTTP/1.1\r\n"),
        ("tls12-renegotiation", Side::Responder, "358der 588tekcit"),
    ];
    for name in ALL {
        let (events, store) = own(name);
        let out = decrypt(&events, &store);
        assert!(out.decrypted > 8, "{name}");
        assert_eq!(out.unread(), 0, "{name}: {:?}", out.unreadable);
        for (_, side, text) in text.iter().filter(|(of, ..)| *of == name) {
            assert!(out.side(*side).any(|said| find(said, text.as_bytes()).is_some()), "{name}: {text}");
        }
    }
}

#[test]
fn early_data_comes_before_the_server_hello() {
    let (events, store) = own("tls13-early-data");
    let first_of_second = events.iter().position(|event| stream(event) == 1).unwrap();
    let early = all(&events, &store)[first_of_second..]
        .iter()
        .flatten()
        .position(|(outcome, plain)| *outcome == Outcome::Decrypted(23) && !plain.is_empty())
        .unwrap();
    let hello = events[first_of_second..].iter().position(|event| side(event) == Side::Responder).unwrap();
    assert!(early < hello, "the first data is record {early}, the ServerHello {hello}");
}

/// Ten connections with the suites that the others do not have.
#[test]
fn suites_of_tls12() {
    let (events, store) = own("tls12-suites");
    let said: Vec<String> = decrypt(&events, &store)
        .side(Side::Initiator)
        .map(|said| String::from_utf8_lossy(said).trim_end().to_owned())
        .collect();
    let names = "ECDHE-ECDSA-AES256-CCM ECDHE-ECDSA-AES256-CCM8 ECDHE-ECDSA-AES128-CCM8 PSK-AES256-CCM PSK-AES128-CCM8 \
                 DHE-PSK-AES256-CCM8 PSK-AES128-GCM-SHA256 DHE-PSK-AES256-GCM-SHA384 ECDHE-PSK-CHACHA20-POLY1305 \
                 PSK-CHACHA20-POLY1305";
    assert!(
        said.iter().map(String::as_str).eq(names.split(' ').map(|name| format!("said with {name}"))),
        "{said:?}"
    );
}

/// Which end opened the TCP connection does not matter.
#[test]
fn sides_may_be_swapped() {
    for name in ALL {
        let (mut events, store) = own(name);
        let plain: Vec<Seen> = all(&events, &store);
        for event in &mut events {
            let (Event::Record { side, .. } | Event::Gap { side, .. }) = event;
            *side = if *side == Side::Initiator { Side::Responder } else { Side::Initiator };
        }
        assert_eq!(all(&events, &store), plain, "{name}");
    }
}

/// Keys that come before record K open K and all behind it.
#[test]
fn late_keys_open_what_follows() {
    for name in ALL {
        let (events, store) = own(name);
        let wanted = all(&events, &store);
        for start in 0..events.len() {
            let late = KeyStore::new();
            let seen = all_with(&events, &late, |at| {
                if at == start {
                    copy(&store, &events, &late);
                }
            });
            for at in 0..events.len() {
                let was_clear = matches!(wanted[at], Some((Outcome::Clear, _)) | None);
                if was_clear {
                    assert_eq!(seen[at], wanted[at], "{name}: keys before {start}, record {at}");
                } else if hides_key_changes(name) {
                    assert!(seen[at] == wanted[at] || reason(&seen[at]).is_some(), "{name}: {start} {at}");
                } else if at < start {
                    assert_eq!(
                        reason(&seen[at]),
                        Some(Unreadable::NoSecret),
                        "{name}: keys before {start}, record {at}"
                    );
                } else {
                    assert_eq!(seen[at], wanted[at], "{name}: keys before {start}, record {at}");
                }
            }
        }
    }
}

/// Lost records cost nothing but themselves, as long as both hellos are there.
#[test]
fn lost_records_cost_only_themselves() {
    for name in ALL {
        let (events, store) = own(name);
        let wanted = all(&events, &store);
        for (first, count) in (0..events.len()).flat_map(|first| (1..4).map(move |count| (first, count))) {
            let mut damaged = events.clone();
            let last = (first + count).min(events.len());
            for event in &mut damaged[first..last] {
                *event = Event::Gap { stream: stream(event), side: side(event) };
            }
            let lost_hello = events[first..last].iter().any(is_hello);
            let seen = all(&damaged, &store);
            for at in last..events.len() {
                let lost_change = name == "tls12-renegotiation" || (name == "tls13-key-update" && count > 1);
                if lost_hello || lost_change {
                    // Not readable is all that may happen: no plaintext that was not said.
                    let same = seen[at] == wanted[at];
                    assert!(
                        same || !matches!(seen[at], Some((Outcome::Decrypted(_), _))),
                        "{name}: {first} {at}"
                    );
                } else {
                    assert_eq!(seen[at], wanted[at], "{name}: lost {first}..{last}, record {at}");
                }
            }
        }
    }
}

/// A handshake cut into small records: what follows a lost piece looks like no message, but is not encrypted yet.
#[test]
fn a_lost_piece_of_the_handshake_costs_no_data() {
    let Some(folder) = corpus("tls") else { return };
    let events = records(&folder.join("tls12-line-smallrecords-a.pcapng"));
    let store = key_store(&folder.join("tls12-line-smallrecords-a.keylog"));
    let wanted = all(&events, &store);
    let clear = |at: &usize| matches!(wanted[*at], Some((Outcome::Clear, _)));
    let mut tried = 0;
    for lost in (0..events.len()).filter(clear) {
        let mut damaged = events.clone();
        damaged[lost] = Event::Gap { stream: stream(&events[lost]), side: side(&events[lost]) };
        let seen = all(&damaged, &store);
        let hello_lost = seen.iter().any(|seen| reason(seen) == Some(Unreadable::HandshakeMissing));
        for at in (0..events.len()).filter(|at| !hello_lost && !clear(at)) {
            assert_eq!(seen[at], wanted[at], "lost {lost}, record {at}");
            tried += 1;
        }
    }
    assert!(tried > 0);
}

/// Wrong secrets open nothing, and do not keep the right ones from it.
#[test]
fn wrong_secrets_are_bad_tags_until_corrected() {
    for name in ALL.into_iter().filter(|name| !hides_key_changes(name)) {
        let (events, store) = own(name);
        let wanted = all(&events, &store);
        let wrong = KeyStore::new();
        for secret in randoms(&events).iter().flat_map(|random| store.secrets(random)) {
            let bytes: Vec<u8> = secret.secret.as_bytes().iter().map(|byte| !byte).collect();
            wrong.insert(TlsSecret::new(secret.label, secret.client_random, &bytes).unwrap());
        }
        let middle = events.len() / 2;
        let seen = all_with(&events, &wrong, |at| {
            if at == middle {
                copy(&store, &events, &wrong);
            }
        });
        for at in 0..events.len() {
            match &wanted[at] {
                Some((Outcome::Decrypted(_), _)) if at < middle => {
                    assert_eq!(reason(&seen[at]), Some(Unreadable::BadTag), "{name}: record {at}");
                }
                wanted => assert_eq!(&seen[at], wanted, "{name}: record {at}"),
            }
        }
    }
}

/// Without the handshake secrets the data is read all the same: the record where it starts is found by trying.
#[test]
fn traffic_secrets_alone_open_the_data() {
    let (events, store) = own("tls13-aes128gcm");
    let wanted = all(&events, &store);
    let traffic = KeyStore::new();
    for secret in randoms(&events).iter().flat_map(|random| store.secrets(random)) {
        if matches!(secret.label, SecretLabel::ClientTrafficSecret0 | SecretLabel::ServerTrafficSecret0) {
            traffic.insert(secret);
        }
    }
    for (seen, wanted) in all(&events, &traffic).iter().zip(&wanted) {
        if matches!(wanted, Some((Outcome::Decrypted(23 | 21), _))) {
            assert_eq!(seen, wanted);
        }
    }
}

/// A capture may have the directions out of order.
#[test]
fn a_server_hello_before_the_client_hello() {
    let (mut events, store) = own("tls13-aes128gcm");
    let wanted = decrypt(&events, &store);
    events.sort_by_key(|event| side(event) == Side::Initiator);
    let out = decrypt(&events, &store);
    assert!(out.side(Side::Initiator).eq(wanted.side(Side::Initiator)));
}

#[test]
fn the_end_forgets_the_connection() {
    let (events, store) = own("tls13-aes128gcm");
    let mut decryptor = TlsDecryptor::new(store);
    let mut plain = Vec::new();
    let (last, before) = events.split_last().unwrap();
    let Event::Record { stream, side, bytes } = last else { panic!("a gap") };
    for event in before {
        feed(&mut decryptor, event, &mut plain);
    }
    decryptor.end(*stream);
    let outcome = decryptor.record(*stream, *side, bytes, &mut plain);
    assert_eq!(outcome, Outcome::Encrypted(Unreadable::HandshakeMissing));
}

/// What is done to a capture.
#[derive(Clone, Debug)]
enum Damage {
    Swap(usize, usize),
    Lose(usize),
    Repeat(usize),
    Flip(usize, usize, u8),
    Cut(usize, usize),
    Garbage(usize, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = || any::<usize>();
    prop_oneof![
        (at(), at()).prop_map(|(a, b)| Damage::Swap(a, b)),
        at().prop_map(Damage::Lose),
        at().prop_map(Damage::Repeat),
        (at(), at(), 1..=255_u8).prop_map(|(event, byte, mask)| Damage::Flip(event, byte, mask)),
        (at(), at()).prop_map(|(event, len)| Damage::Cut(event, len)),
        (at(), prop::collection::vec(any::<u8>(), 0..60))
            .prop_map(|(event, bytes)| Damage::Garbage(event, bytes)),
    ]
}

fn apply(damage: Damage, events: &mut Vec<Event>) {
    let count = events.len();
    let bytes_of = |event: usize, events: &mut Vec<Event>, change: &dyn Fn(&mut Vec<u8>)| {
        if let Event::Record { bytes, .. } = &mut events[event % count] {
            change(bytes);
        }
    };
    match damage {
        Damage::Swap(a, b) => events.swap(a % count, b % count),
        Damage::Lose(at) => {
            let event = &mut events[at % count];
            *event = Event::Gap { stream: stream(event), side: side(event) };
        }
        Damage::Repeat(at) => events.insert(at % count, events[at % count].clone()),
        Damage::Flip(event, byte, mask) => bytes_of(event, events, &|bytes| {
            let place = byte % bytes.len().max(1);
            bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= mask);
        }),
        Damage::Cut(event, len) => bytes_of(event, events, &|bytes| bytes.truncate(len % (bytes.len() + 1))),
        Damage::Garbage(event, garbage) => bytes_of(event, events, &|bytes| {
            bytes.truncate(1);
            bytes.extend([3, 3, 0, garbage.len() as u8]);
            bytes.extend(&garbage);
        }),
    }
}

proptest! {
    /// No panic, and no plaintext that was not said: damage makes records unreadable, never different.
    #[test]
    fn damage_never_makes_other_plaintext(
        capture in 0..ALL.len(), damages in prop::collection::vec(damage(), 1..12), keys_at in 0..40_usize,
    ) {
        let (mut events, store) = own(ALL[capture]);
        let said: Vec<Vec<u8>> = all(&events, &store).into_iter().flatten().map(|(_, plain)| plain).collect();
        let original = events.clone();
        for damage in damages {
            apply(damage, &mut events);
        }
        let late = KeyStore::new();
        for (_, plain) in all_with(&events, &late, |at| if at == keys_at { copy(&store, &original, &late) }).into_iter().flatten() {
            prop_assert!(plain.is_empty() || said.contains(&plain));
        }
    }

    #[test]
    fn any_records_do_not_panic(records in prop::collection::vec(
        (any::<bool>(), 19..25_u8, prop::collection::vec(any::<u8>(), 0..80), any::<bool>()), 0..30,
    )) {
        let mut decryptor = TlsDecryptor::new(own("tls13-aes128gcm").1);
        let mut plain = Vec::new();
        for (initiator, kind, body, gap) in records {
            let side = if initiator { Side::Initiator } else { Side::Responder };
            let record = [&[kind, 3, 3, 0, body.len() as u8][..], &body].concat();
            if gap {
                decryptor.gap(1, side);
            }
            decryptor.record(1, side, &record, &mut plain);
            decryptor.record(1, side, &record[..record.len().min(4)], &mut plain);
        }
    }
}

fn all(events: &[Event], store: &KeyStore) -> Vec<Seen> {
    all_with(events, store, |_| {})
}

/// Decrypts all events, with a call before each.
fn all_with(events: &[Event], store: &KeyStore, before: impl Fn(usize)) -> Vec<Seen> {
    let mut decryptor = TlsDecryptor::new(store.clone());
    let mut plain = Vec::new();
    let step = |(at, event)| {
        before(at);
        feed(&mut decryptor, event, &mut plain).map(|outcome| (outcome, plain.clone()))
    };
    events.iter().enumerate().map(step).collect()
}

fn feed(decryptor: &mut TlsDecryptor, event: &Event, plain: &mut Vec<u8>) -> Option<Outcome> {
    match event {
        Event::Record { stream, side, bytes } => Some(decryptor.record(*stream, *side, bytes, plain)),
        Event::Gap { stream, side } => {
            decryptor.gap(*stream, *side);
            None
        }
    }
}

/// The secrets that `from` has for these connections.
fn copy(from: &KeyStore, events: &[Event], to: &KeyStore) {
    for secret in randoms(events).iter().flat_map(|random| from.secrets(random)) {
        to.insert(secret);
    }
    // The ClientHello of a renegotiation is not in the clear: its secret is found through the log as a whole.
    assert!(!randoms(events).is_empty());
}

/// The client randoms in clear ClientHellos.
fn randoms(events: &[Event]) -> Vec<[u8; 32]> {
    let mut found: Vec<[u8; 32]> = Vec::new();
    for event in events {
        if let Event::Record { bytes, .. } = event
            && matches!(bytes[..], [22, _, _, _, _, 1, 0, ..])
        {
            let random = bytes[11..43].try_into().unwrap();
            if !found.contains(&random) {
                found.push(random);
            }
        }
    }
    found
}

/// Keys change inside of what is encrypted, so that who does not read it from the start cannot follow.
fn hides_key_changes(name: &str) -> bool {
    matches!(name, "tls12-renegotiation" | "tls13-key-update")
}

fn is_hello(event: &Event) -> bool {
    matches!(event, Event::Record { bytes, .. } if matches!(bytes[..], [22, _, _, _, _, 1 | 2, 0, ..]))
}

fn reason(seen: &Seen) -> Option<Unreadable> {
    match seen {
        Some((Outcome::Encrypted(reason), _)) => Some(*reason),
        _ => None,
    }
}

fn stream(event: &Event) -> u32 {
    let (Event::Record { stream, .. } | Event::Gap { stream, .. }) = event;
    *stream
}

fn side(event: &Event) -> Side {
    let (Event::Record { side, .. } | Event::Gap { side, .. }) = event;
    *side
}
