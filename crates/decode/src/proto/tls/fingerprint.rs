//! Fingerprints of hellos: JA3 and JA3S as Wireshark computes them, and JA4 (FoxIO's technical details of JA4).

use md5::Md5;
use sha2::{Digest, Sha256};

use super::extensions::{is_grease, number};
use super::handshake::{Carrier, kind};
use super::*;

/// What the fingerprints are made of, as lists of numbers in network byte order.
#[derive(Default)]
struct Hello<'a> {
    version: u16,
    suites: &'a [u8],
    /// The types of the extensions, in their order.
    extensions: Vec<u16>,
    groups: &'a [u8],
    point_formats: &'a [u8],
    signature_algorithms: &'a [u8],
    versions: &'a [u8],
    /// The first name of ALPN.
    application: &'a [u8],
}

/// Gives out the fingerprints of the hello in `body`.
pub(super) fn put(body: &Reader<'_>, kind: u8, carrier: Carrier, out: &mut dyn FieldSink) {
    let wanted: &[FieldIndex] =
        if kind == kind::CLIENT_HELLO { &[JA3, JA3_FULL, JA4, JA4_R] } else { &[JA3S, JA3S_FULL] };
    if !wanted.iter().any(|&field| out.wants(field)) {
        return;
    }
    let Ok(hello) = Hello::read(*body, kind, carrier) else { return };
    let at = body.at()..body.end();
    if kind == kind::SERVER_HELLO {
        let mut full = String::new();
        put!(full, "{},", hello.version);
        append_numbers(pairs(hello.suites), &mut full);
        full.push(',');
        append_numbers(hello.extensions.iter().copied(), &mut full);
        out.put(JA3S_FULL, at.clone(), Value::Text(full.as_bytes()));
        return out.put(JA3S, at, Value::Text(hex(&Md5::digest(&full)).as_bytes()));
    }
    let full = ja3(&hello);
    out.put(JA3_FULL, at.clone(), Value::Text(full.as_bytes()));
    out.put(JA3, at.clone(), Value::Text(hex(&Md5::digest(&full)).as_bytes()));
    let transport = match carrier {
        Carrier::Records => 't',
        Carrier::Quic => 'q',
        Carrier::Datagrams(_) => 'd',
    };
    let [hashed, raw] = ja4(&hello, transport);
    out.put(JA4, at.clone(), Value::Text(hashed.as_bytes()));
    out.put(JA4_R, at, Value::Text(raw.as_bytes()));
}

impl<'a> Hello<'a> {
    fn read(mut r: Reader<'a>, kind: u8, carrier: Carrier) -> Result<Self, Short> {
        let mut hello = Self { version: r.u16()?, ..Self::default() };
        r.take(32)?;
        let is_short = kind == kind::SERVER_HELLO && version::SHORT_DRAFTS.contains(&hello.version);
        if !is_short {
            let session_id = r.u8()?;
            r.take(session_id.into())?;
        }
        if kind == kind::SERVER_HELLO {
            hello.suites = r.take(2)?;
            r.take(usize::from(!is_short))?;
        } else {
            if matches!(carrier, Carrier::Datagrams(_)) {
                let cookie = r.u8()?;
                r.take(cookie.into())?;
            }
            let length = r.u16()?;
            hello.suites = r.take(length.into())?;
            let methods = r.u8()?;
            r.take(methods.into())?;
        }
        if r.left() > 0 {
            let length = r.u16()?;
            hello.extensions(r.sub(length.into())?)?;
        }
        Ok(hello)
    }

    fn extensions(&mut self, mut list: Reader<'a>) -> Result<(), Short> {
        // Fewer bytes than a header are no extension.
        while list.left() >= 4 {
            let kind = list.u16()?;
            let length = list.u16()?;
            let data = list.take(length.into())?;
            self.extensions.push(kind);
            match kind {
                number::SUPPORTED_GROUPS => self.groups = data.get(2..).unwrap_or(&[]),
                number::EC_POINT_FORMATS => self.point_formats = data.get(1..).unwrap_or(&[]),
                number::SIGNATURE_ALGORITHMS => self.signature_algorithms = data.get(2..).unwrap_or(&[]),
                number::SUPPORTED_VERSIONS => self.versions = data.get(1..).unwrap_or(&[]),
                number::ALPN => {
                    let end = 3 + usize::from(data.get(2).copied().unwrap_or(0));
                    self.application = data.get(3..end).unwrap_or(&[]);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Numbers of two bytes, those made up aside.
fn pairs(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).map(|pair| u16::from(pair[0]) << 8 | u16::from(pair[1])).filter(|&n| !is_grease(n))
}

/// Version, suites, extensions, groups and point formats, with commas between.
fn ja3(hello: &Hello<'_>) -> String {
    let mut full = String::new();
    put!(full, "{},", hello.version);
    append_numbers(pairs(hello.suites), &mut full);
    full.push(',');
    append_numbers(hello.extensions.iter().copied().filter(|&n| !is_grease(n)), &mut full);
    full.push(',');
    append_numbers(pairs(hello.groups), &mut full);
    full.push(',');
    append_numbers(hello.point_formats.iter().map(|&n| n.into()), &mut full);
    full
}

fn append_numbers(numbers: impl Iterator<Item = u16>, out: &mut String) {
    for (at, number) in numbers.enumerate() {
        append(out, if at > 0 { "-" } else { "" }, number);
    }
}

/// JA4, and the same with the lists in place of their hashes.
fn ja4(hello: &Hello<'_>, transport: char) -> [String; 2] {
    let mut suites: Vec<u16> = pairs(hello.suites).collect();
    let mut extensions: Vec<u16> = hello.extensions.iter().copied().filter(|&n| !is_grease(n)).collect();
    let versions = pairs(hello.versions);
    // The versions of DTLS count down (RFC 6347 §4.1).
    let highest = if transport == 'd' { versions.min() } else { versions.max() }.unwrap_or(hello.version);
    let mut head = String::new();
    put!(
        head,
        "{transport}{}{}{:02}{:02}{}",
        version_code(highest),
        if extensions.contains(&number::SERVER_NAME) { 'd' } else { 'i' },
        suites.len().min(99),
        extensions.len().min(99),
        application_code(hello.application)
    );
    suites.sort_unstable();
    extensions.retain(|&n| !matches!(n, number::SERVER_NAME | number::ALPN));
    extensions.sort_unstable();
    let suites = hex_list(suites.into_iter());
    let mut rest = hex_list(extensions.into_iter());
    let has_extensions = !rest.is_empty();
    if !hello.signature_algorithms.is_empty() {
        put!(rest, "_{}", hex_list(pairs(hello.signature_algorithms)));
    }
    let hashed = |list: &str, any: bool| match any {
        true => hex(&Sha256::digest(list))[..12].to_owned(),
        false => "000000000000".to_owned(),
    };
    let short = format!("{head}_{}_{}", hashed(&suites, !suites.is_empty()), hashed(&rest, has_extensions));
    [short, format!("{head}_{suites}_{rest}")]
}

const fn version_code(version: u16) -> &'static str {
    match version {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        0xfeff => "d1",
        0xfefd => "d2",
        0xfefc => "d3",
        _ => "00",
    }
}

/// The first and the last character of a name; of their hexadecimal digits where they are not letters or digits.
fn application_code(name: &[u8]) -> String {
    let (Some(&first), Some(&last)) = (name.first(), name.last()) else { return "00".to_owned() };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [char::from(first), char::from(last)].iter().collect();
    }
    format!("{:x}{:x}", first >> 4, last & 15)
}

fn hex_list(numbers: impl Iterator<Item = u16>) -> String {
    let mut out = String::new();
    for (at, number) in numbers.enumerate() {
        put!(out, "{}{number:04x}", if at > 0 { "," } else { "" });
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    crate::text::write_hex_bytes(bytes, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FoxIO's description of JA4 ("JA4: TLS Client Fingerprinting").
    #[test]
    fn ja4_of_the_published_example() {
        let numbers = |text: &str| -> Vec<u8> {
            text.split(',').flat_map(|n| u16::from_str_radix(n, 16).unwrap().to_be_bytes()).collect()
        };
        let suites =
            numbers("1a1a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035");
        let extensions = numbers(
            "1a1a,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015,dada",
        );
        let signature_algorithms = numbers("0403,0804,0401,0503,0805,0501,0806,0601");
        let hello = Hello {
            version: 0x0303,
            suites: &suites,
            extensions: extensions.chunks(2).map(|n| u16::from(n[0]) << 8 | u16::from(n[1])).collect(),
            signature_algorithms: &signature_algorithms,
            versions: &[0x0a, 0x0a, 3, 4, 3, 3],
            application: b"h2",
            ..Hello::default()
        };
        let [hashed, raw] = ja4(&hello, 't');
        assert_eq!(hashed, "t13d1516h2_8daaf6152771_e5627efa2ab1");
        assert_eq!(
            raw,
            "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_\
             0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_\
             0403,0804,0401,0503,0805,0501,0806,0601"
        );
    }

    #[test]
    fn names_that_are_not_letters_are_shown_in_hexadecimal() {
        assert_eq!(application_code(b"http/1.1"), "h1");
        assert_eq!(application_code(b"\xab"), "ab");
        assert_eq!(application_code(&[0xab, 0x20, 0xcd]), "ad");
    }

    #[test]
    fn nothing_hashes_to_zeros() {
        let [hashed, raw] = ja4(&Hello { version: 0xfefd, ..Hello::default() }, 'd');
        assert_eq!((&*hashed, &*raw), ("dd2i000000_000000000000_000000000000", "dd2i000000__"));
    }
}
