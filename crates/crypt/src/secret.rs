//! One TLS secret as the key log format names it.

use std::fmt;

use thiserror::Error;

/// The `random` of a ClientHello: what a key log names a connection by.
pub type ClientRandom = [u8; 32];

/// The longest secret accepted, in bytes: the output of the longest hash in use (SHA-512).
const MAX_SECRET: usize = 64;

/// A TLS secret and the connection it belongs to: one line of a key log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSecret {
    /// What the secret is.
    pub label: SecretLabel,
    /// The connection.
    pub client_random: ClientRandom,
    /// The secret.
    pub secret: Secret,
}

impl TlsSecret {
    /// Checks the length of `secret` against its label.
    pub fn new(label: SecretLabel, client_random: ClientRandom, secret: &[u8]) -> Result<Self, SecretError> {
        let (min, max) = label.secret_len();
        if !(min..=max).contains(&secret.len()) {
            return Err(SecretError { label, min, max, got: secret.len() });
        }
        Ok(Self { label, client_random, secret: Secret::copy(secret) })
    }
}

/// A secret of a length that its label does not allow.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{label} takes {}, got {got} bytes", bytes(*.min, *.max))]
pub struct SecretError {
    /// What the secret was said to be.
    pub label: SecretLabel,
    /// The shortest length allowed, in bytes.
    pub min: usize,
    /// The longest length allowed, in bytes.
    pub max: usize,
    /// The length found, in bytes.
    pub got: usize,
}

fn bytes(min: usize, max: usize) -> String {
    if min == max { format!("{min} bytes") } else { format!("{min} to {max} bytes") }
}

/// The bytes of a secret: 32 to 64 of them. They are not printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    len: u8,
    bytes: [u8; MAX_SECRET],
}

impl Secret {
    /// The secret.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Copies at most 64 bytes.
    pub(crate) fn copy(secret: &[u8]) -> Self {
        let len = secret.len().min(MAX_SECRET);
        let mut bytes = [0; MAX_SECRET];
        bytes[..len].copy_from_slice(&secret[..len]);
        Self { len: len as u8, bytes }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len)
    }
}

/// What a secret is, by the labels of draft-ietf-tls-keylogfile §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretLabel {
    /// The master secret of TLS 1.2 and below.
    ClientRandom,
    /// TLS 1.3: protects 0-RTT data.
    ClientEarlyTrafficSecret,
    /// TLS 1.3: for exporters in 0-RTT data.
    EarlyExporterSecret,
    /// TLS 1.3: protects the client's handshake messages.
    ClientHandshakeTrafficSecret,
    /// TLS 1.3: protects the server's handshake messages.
    ServerHandshakeTrafficSecret,
    /// TLS 1.3: protects the client's data up to its first KeyUpdate.
    ClientTrafficSecret0,
    /// TLS 1.3: protects the server's data up to its first KeyUpdate.
    ServerTrafficSecret0,
    /// TLS 1.3: for exporters.
    ExporterSecret,
}

impl SecretLabel {
    /// Every label.
    pub const ALL: [Self; 8] = [
        Self::ClientRandom,
        Self::ClientEarlyTrafficSecret,
        Self::EarlyExporterSecret,
        Self::ClientHandshakeTrafficSecret,
        Self::ServerHandshakeTrafficSecret,
        Self::ClientTrafficSecret0,
        Self::ServerTrafficSecret0,
        Self::ExporterSecret,
    ];

    /// The label as key logs write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientRandom => "CLIENT_RANDOM",
            Self::ClientEarlyTrafficSecret => "CLIENT_EARLY_TRAFFIC_SECRET",
            Self::EarlyExporterSecret => "EARLY_EXPORTER_SECRET",
            Self::ClientHandshakeTrafficSecret => "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            Self::ServerHandshakeTrafficSecret => "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            Self::ClientTrafficSecret0 => "CLIENT_TRAFFIC_SECRET_0",
            Self::ServerTrafficSecret0 => "SERVER_TRAFFIC_SECRET_0",
            Self::ExporterSecret => "EXPORTER_SECRET",
        }
    }

    /// The label with this name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.name().as_bytes() == name)
    }

    /// Whether records or packets are protected by it; the secrets of exporters serve others.
    pub const fn protects_records(self) -> bool {
        !matches!(self, Self::ExporterSecret | Self::EarlyExporterSecret)
    }

    /// The shortest and the longest secret of this label, in bytes. A TLS 1.2 master secret has 48
    /// (RFC 5246 §8.1); a TLS 1.3 secret is as long as the hash of the cipher suite.
    const fn secret_len(self) -> (usize, usize) {
        match self {
            Self::ClientRandom => (48, 48),
            _ => (32, MAX_SECRET),
        }
    }
}

impl fmt::Display for SecretLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_print_the_secret() {
        let secret = TlsSecret::new(SecretLabel::ExporterSecret, [1; 32], &[0xab; 32]).unwrap();
        let text = format!("{secret:?}");
        assert!(text.contains("Secret(32 bytes)"), "{text}");
        assert!(!text.to_lowercase().contains("ab, ab") && !text.contains("171"), "{text}");
    }

    #[test]
    fn the_length_is_checked() {
        let error = TlsSecret::new(SecretLabel::ClientRandom, [1; 32], &[1; 32]).unwrap_err();
        assert_eq!(error.to_string(), "CLIENT_RANDOM takes 48 bytes, got 32 bytes");
        let error = TlsSecret::new(SecretLabel::ExporterSecret, [1; 32], &[1; 65]).unwrap_err();
        assert_eq!(error.to_string(), "EXPORTER_SECRET takes 32 to 64 bytes, got 65 bytes");
    }
}
