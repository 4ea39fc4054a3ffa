//! Files of secrets, checked line by line before they go into a capture.

use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, Result, bail};
use plaintap_crypt::keylog::{self, LineError};
use plaintap_packet::file::secrets_type;

/// Encryption algorithms of Wireshark's `esp_sa` table.
const ESP_ENCRYPTION: &[&str] = &[
    "NULL",
    "TripleDES-CBC [RFC2451]",
    "AES-CBC [RFC3602]",
    "AES-CTR [RFC3686]",
    "DES-CBC [RFC2405]",
    "CAST5-CBC [RFC2144]",
    "BLOWFISH-CBC [RFC2451]",
    "TWOFISH-CBC",
    "AES-GCM [RFC4106]",
    "AES-GCM with 8 octet ICV [RFC4106]",
    "AES-GCM with 12 octet ICV [RFC4106]",
    "AES-GCM with 16 octet ICV [RFC4106]",
    "ChaCha20 with Poly1305 [RFC7634]",
];

/// Authentication algorithms of Wireshark's `esp_sa` table.
const ESP_AUTHENTICATION: &[&str] = &[
    "NULL",
    "HMAC-SHA-1-96 [RFC2404]",
    "HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]",
    "HMAC-SHA-256-128 [RFC4868]",
    "HMAC-SHA-384-192 [RFC4868]",
    "HMAC-SHA-512-256 [RFC4868]",
    "HMAC-MD5-96 [RFC2403]",
    "MAC-RIPEMD-160-96 [RFC2857]",
    "ANY 64 bit authentication [no checking]",
    "ANY 96 bit authentication [no checking]",
    "ANY 128 bit authentication [no checking]",
    "ANY 192 bit authentication [no checking]",
    "ANY 256 bit authentication [no checking]",
];

/// Refuses a line that is not what it should be.
type Check = fn(&[u8]) -> Result<()>;

/// A file of secrets that is sound.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyFile {
    /// What it holds: one of [`secrets_type`].
    pub secrets_type: u32,
    /// Its text.
    pub text: Vec<u8>,
    /// How many secrets.
    pub entries: usize,
}

/// Reads and checks a key log or key table; its first line that is no comment says which it is.
///
/// # Errors
/// When it cannot be read, holds no secret, or a line is none: which line, what was expected and what stands there.
/// Never shows a secret.
pub fn read_key_file(path: &Path) -> Result<KeyFile> {
    let name = path.display();
    let text = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
    check(text).with_context(|| name.to_string())
}

fn check(mut text: Vec<u8>) -> Result<KeyFile> {
    let lines = || {
        let numbered = text.split(|&b| b == b'\n').enumerate();
        numbered.map(|(i, line)| (i + 1, line.trim_ascii())).filter(|(_, l)| !l.is_empty() && l[0] != b'#')
    };
    let Some((_, first)) = lines().next() else {
        bail!("expected a TLS key log or a table of ESP or IKEv2 keys, but there is no line with a secret");
    };
    let (kind, check): (u32, Check) = match fields(first).as_deref() {
        Some([family, ..]) if ["ipv4", "ipv6", "any"].contains(&family.to_ascii_lowercase().as_str()) => {
            (secrets_type::ESP_SA, check_esp)
        }
        Some([spi, _, ..]) if is_hex(spi) => (secrets_type::IKEV2_DECRYPTION_TABLE, check_ike),
        _ => (secrets_type::TLS_KEY_LOG, check_tls),
    };
    let mut entries = 0;
    for (number, line) in lines() {
        check(line).with_context(|| format!("line {number}"))?;
        entries += 1;
    }
    if text.last() != Some(&b'\n') {
        text.push(b'\n');
    }
    Ok(KeyFile { secrets_type: kind, text, entries })
}

fn check_tls(line: &[u8]) -> Result<()> {
    match keylog::parse_line(line) {
        Ok(_) => Ok(()),
        // Other readers know more labels than we can use: what is well-formed goes into the file.
        Err(LineError::Label(_) | LineError::Rsa) if is_labelled_hex(line) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A label of capitals, digits and underscores, and two words of hexadecimal digits.
fn is_labelled_hex(line: &[u8]) -> bool {
    let words: Vec<&[u8]> = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    let [label, identifier, secret] = words[..] else { return false };
    let is_label = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
    let is_bytes = |word: &[u8]| word.len().is_multiple_of(2) && word.iter().all(u8::is_ascii_hexdigit);
    label[0].is_ascii_uppercase() && label.iter().all(is_label) && is_bytes(identifier) && is_bytes(secret)
}

/// `"IPv4","10.0.0.1","10.0.0.2","0x1001","AES-CBC [RFC3602]","0x…","HMAC-SHA-256-128 [RFC4868]","0x…"`, and in newer
/// files the length of the sequence number.
fn check_esp(line: &[u8]) -> Result<()> {
    let fields = fields(line).context("expected fields in double quotes with commas between")?;
    let [family, source, destination, spi, encryption, key, authentication, authentication_key, ..] =
        &fields[..]
    else {
        bail!(
            "expected 8 fields of an ESP SA (family, 2 addresses, SPI, 2 algorithms with keys), got {}",
            fields.len()
        );
    };
    if fields.len() > 9 {
        bail!("expected 8 or 9 fields of an ESP SA, got {}", fields.len());
    }
    one_of("protocol", family, &["IPv4", "IPv6", "Any"])?;
    for address in [source, destination] {
        // Wireshark takes * for any address, and address/prefix.
        let plain = address.split_once('/').map_or(address.as_str(), |(a, _)| a);
        if !plain.contains('*') && plain.parse::<IpAddr>().is_err() {
            bail!("expected an IP address, got {address:?}");
        }
    }
    let is_spi = match spi.strip_prefix("0x") {
        Some(digits) => {
            !digits.is_empty()
                && digits.len() <= 8
                && digits.bytes().all(|b| b.is_ascii_hexdigit() || b == b'*')
        }
        None => spi == "*" || spi.parse::<u32>().is_ok(),
    };
    if !is_spi {
        bail!("expected an SPI like 0x00001001, got {spi:?}");
    }
    one_of("encryption algorithm", encryption, ESP_ENCRYPTION)?;
    one_of("authentication algorithm", authentication, ESP_AUTHENTICATION)?;
    check_key("encryption key", key, encryption == "NULL")?;
    check_key(
        "authentication key",
        authentication_key,
        authentication == "NULL" || authentication.starts_with("ANY"),
    )
}

/// `initiator SPI,responder SPI,SK_ei,SK_er,"encryption algorithm",SK_ai,SK_ar,"integrity algorithm"`.
fn check_ike(line: &[u8]) -> Result<()> {
    let fields = fields(line).context("expected fields with commas between")?;
    let [initiator, responder, sk_ei, sk_er, encryption, sk_ai, sk_ar, integrity] = &fields[..] else {
        bail!(
            "expected 8 fields of an IKEv2 SA (2 SPIs, 2 keys, algorithm, 2 keys, algorithm), got {}",
            fields.len()
        );
    };
    for spi in [initiator, responder] {
        if spi.len() != 16 || !is_hex(spi) {
            bail!("expected an SPI of 16 hexadecimal digits, got {spi:?}");
        }
    }
    for (what, algorithm) in [("encryption", encryption), ("integrity", integrity)] {
        if algorithm.is_empty() || is_hex(algorithm) {
            bail!("expected the name of an {what} algorithm");
        }
    }
    check_key("SK_ei", sk_ei, encryption.starts_with("NULL"))?;
    check_key("SK_er", sk_er, encryption.starts_with("NULL"))?;
    // Combined-mode ciphers have no integrity keys.
    check_key("SK_ai", sk_ai, integrity.starts_with("NONE"))?;
    check_key("SK_ar", sk_ar, integrity.starts_with("NONE"))
}

fn check_key(what: &str, key: &str, may_be_empty: bool) -> Result<()> {
    if key.is_empty() && may_be_empty {
        return Ok(());
    }
    // Wireshark takes a key in quotes as text; no tool writes such keys, and typing errors look like them.
    let digits = key.strip_prefix("0x").unwrap_or(key);
    if !is_hex(digits) || !digits.len().is_multiple_of(2) {
        bail!("expected the {what} as an even number of hexadecimal digits, got {} characters", key.len());
    }
    Ok(())
}

fn one_of(what: &str, text: &str, known: &[&str]) -> Result<()> {
    if known.iter().any(|name| name.eq_ignore_ascii_case(text)) {
        return Ok(());
    }
    bail!(
        "expected the {what} as one of {}, got {:?}",
        known.join(", "),
        text.chars().take(60).collect::<String>()
    )
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The comma-separated fields of a table's line, without their quotes; `None` if quotes do not match or there is only
/// one field.
fn fields(line: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(line).ok()?;
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (field, behind) = match rest.trim_start().strip_prefix('"') {
            Some(quoted) => {
                let (field, behind) = quoted.split_once('"')?;
                (field.to_owned(), behind.trim_start())
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].trim().to_owned(), &rest[end..])
            }
        };
        fields.push(field);
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None if behind.is_empty() => break,
            None => return None,
        }
    }
    (fields.len() > 1).then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        format!("{:#}", check(text.as_bytes().to_vec()).unwrap_err())
    }

    const ESP: &str = r#""IPv4","10.9.0.1","10.9.0.2","0x00001001","AES-CBC [RFC3602]","0x0001","HMAC-SHA-256-128 [RFC4868]","0x02""#;
    const IKE: &str = r#"0123456789abcdef,fedcba9876543210,00,01,"AES-CBC-128 [RFC3602]",02,03,"HMAC_SHA2_256_128 [RFC4868]""#;

    #[test]
    fn each_kind_is_recognised() {
        let tls = format!("# c\n\nCLIENT_RANDOM {} {}\nNEW_LABEL_2 00 00", "ab".repeat(32), "cd".repeat(48));
        for (text, kind, entries) in [
            (tls.as_str(), secrets_type::TLS_KEY_LOG, 2),
            (ESP, secrets_type::ESP_SA, 1),
            (IKE, secrets_type::IKEV2_DECRYPTION_TABLE, 1),
        ] {
            let file = check(text.as_bytes().to_vec()).unwrap();
            assert_eq!((file.secrets_type, file.entries), (kind, entries));
            assert!(file.text.ends_with(b"\n"));
        }
    }

    #[test]
    fn nonsense_is_refused_with_its_line() {
        assert!(error("").contains("no line with a secret"));
        assert!(error("# c\nhello world\n").starts_with("line 2: expected a label"));
        assert!(
            error(&format!("{ESP}\n{}", ESP.replace("0x0001", "0xzz")))
                .starts_with("line 2: expected the encryption key")
        );
        assert!(
            error(&ESP.replace("AES-CBC [RFC3602]", "AES")).contains("encryption algorithm as one of NULL")
        );
        assert!(error(&ESP.replace("10.9.0.1", "10.9.0.999")).contains("expected an IP address"));
        assert!(error(&ESP.replace("0x00001001", "0x123456789")).contains("expected an SPI"));
        assert!(error(&IKE.replace("fedcba9876543210", "fed")).contains("16 hexadecimal digits"));
        assert!(error(&IKE.replace(",03", "")).contains("expected 8 fields of an IKEv2 SA"));
        assert!(!error(&format!("CLIENT_RANDOM {} 1234zz", "ab".repeat(32))).contains("1234zz"));
    }
}
