//! How fast records are decrypted: `cargo bench -p plaintap-crypt`.
//!
//! A server encrypts a few megabytes once; then its records go through `Decryptor::record` again and again, each pass
//! as a new connection with its handshake. Printed is plaintext per second of one core.

use std::hint::black_box;
use std::time::{Duration, Instant};

use plaintap_crypt::{KeyStore, SecretLabel, TlsDecryptor, TlsSecret};
use plaintap_decode::{Decryptor, Outcome, Side};
use ring::{aead, hkdf};

const TOTAL: usize = 4 << 20;
const AT_LEAST: Duration = Duration::from_secs(1);

fn main() {
    println!("{:24} {:>12} {:>10} {:>12}", "cipher", "record bytes", "MB/s", "records/s");
    for (name, suite, algorithm) in [
        ("AES-128-GCM", 0x1301_u16, &aead::AES_128_GCM),
        ("ChaCha20-Poly1305", 0x1303, &aead::CHACHA20_POLY1305),
    ] {
        for len in [16_384, 1_400, 100] {
            measure(name, suite, algorithm, len);
        }
    }
}

fn measure(name: &str, suite: u16, algorithm: &'static aead::Algorithm, len: usize) {
    let store = KeyStore::new();
    let mut handshake = Sender::new(algorithm, &store, SecretLabel::ServerHandshakeTrafficSecret, 1);
    let mut traffic = Sender::new(algorithm, &store, SecretLabel::ServerTrafficSecret0, 2);
    let mut records =
        vec![server_hello(suite), handshake.seal(&[&[20, 0, 0, 32][..], &[0; 32]].concat(), 22)];
    let count = TOTAL / len;
    records.extend((0..count).map(|_| traffic.seal(&vec![b'x'; len], 23)));

    let mut decryptor = TlsDecryptor::new(store);
    let mut plain = Vec::new();
    let mut passes = 0;
    let start = Instant::now();
    while start.elapsed() < AT_LEAST {
        decryptor.record(passes, Side::Initiator, &client_hello(), &mut plain);
        let mut opened = 0;
        for record in &records {
            let outcome = decryptor.record(passes, Side::Responder, black_box(record), &mut plain);
            opened += usize::from(outcome == Outcome::Decrypted(23));
        }
        assert_eq!(opened, count);
        decryptor.end(passes);
        passes += 1;
    }
    let per_second = f64::from(passes) / start.elapsed().as_secs_f64();
    let (megabytes, records) = (per_second * (count * len) as f64 / 1e6, per_second * count as f64);
    println!("{name:24} {len:>12} {megabytes:>10.0} {records:>12.0}");
}

const CLIENT_RANDOM: [u8; 32] = [7; 32];

/// One side's key, made as RFC 8446 §7.3 says.
struct Sender {
    key: aead::LessSafeKey,
    iv: [u8; 12],
    sequence: u64,
}

impl Sender {
    fn new(algorithm: &'static aead::Algorithm, store: &KeyStore, label: SecretLabel, byte: u8) -> Self {
        let secret = [byte; 32];
        store.insert(TlsSecret::new(label, CLIENT_RANDOM, &secret).expect("32 bytes"));
        let mut iv = [0; 12];
        expand(&secret, b"tls13 iv", &mut iv);
        let mut key = vec![0; algorithm.key_len()];
        expand(&secret, b"tls13 key", &mut key);
        let key =
            aead::LessSafeKey::new(aead::UnboundKey::new(algorithm, &key).expect("the length asked for"));
        Self { key, iv, sequence: 0 }
    }

    fn seal(&mut self, content: &[u8], kind: u8) -> Vec<u8> {
        let len = (content.len() + 1 + 16) as u16;
        let header = [&[23, 3, 3][..], &len.to_be_bytes()].concat();
        let mut nonce = self.iv;
        nonce[4..].iter_mut().zip(self.sequence.to_be_bytes()).for_each(|(byte, count)| *byte ^= count);
        self.sequence += 1;
        let mut inner = [content, &[kind]].concat();
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        self.key
            .seal_in_place_append_tag(nonce, aead::Aad::from(&header), &mut inner)
            .expect("a short record");
        [header, inner].concat()
    }
}

fn expand(secret: &[u8], label: &[u8], out: &mut [u8]) {
    struct Len(usize);
    impl hkdf::KeyType for Len {
        fn len(&self) -> usize {
            self.0
        }
    }
    let info = [&[0, out.len() as u8, label.len() as u8][..], label, &[0]];
    let key = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, secret);
    let okm = key.expand(&info, Len(out.len())).expect("a short output");
    okm.fill(out).expect("the length asked for");
}

fn client_hello() -> Vec<u8> {
    record(1, &[&[3, 3][..], &CLIENT_RANDOM, &[0, 0, 2, 0x13, 0x01, 1, 0, 0, 0]].concat())
}

fn server_hello(suite: u16) -> Vec<u8> {
    record(2, &[&[3, 3][..], &[9; 32], &[0], &suite.to_be_bytes(), &[0, 0, 6, 0, 43, 0, 2, 3, 4]].concat())
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = body.len() as u8;
    [&[22, 3, 3, 0, len + 4, kind, 0, 0, len][..], body].concat()
}
