//! The bodies in decrypted HTTP, named by their SHA-256, to hold against what the peers recorded.

use std::collections::BTreeMap;

/// What a client starts HTTP/2 with (RFC 9113 §3.4).
pub(crate) const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The hashes of all bodies in what one side said on one connection, compressed ones as they are.
pub(crate) fn body_hashes(said: &[u8]) -> Vec<String> {
    let is_text = said.first().is_some_and(u8::is_ascii_uppercase);
    match said.strip_prefix(HTTP2_PREFACE) {
        Some(frames) => http2(frames),
        None if is_text => http1(said),
        None => http2(said),
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn http1(mut rest: &[u8]) -> Vec<String> {
    let mut hashes = Vec::new();
    while let Some(end) = find(rest, b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&rest[..end]).to_lowercase();
        rest = &rest[end + 4..];
        let body = if head.contains("transfer-encoding: chunked") {
            dechunk(&mut rest)
        } else {
            let header = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let len: usize = header.map_or(0, |value| value.parse().unwrap());
            // The response to HEAD has the length but no body.
            let len = if rest.starts_with(b"HTTP/1.") { 0 } else { len.min(rest.len()) };
            let (body, next) = rest.split_at(len);
            rest = next;
            body.to_vec()
        };
        hashes.push(sha256(&body));
    }
    hashes
}

fn dechunk(rest: &mut &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = find(rest, b"\r\n") {
        let len = usize::from_str_radix(&String::from_utf8_lossy(&rest[..end]), 16).unwrap_or(0);
        let chunk = &rest[end + 2..];
        body.extend_from_slice(&chunk[..len.min(chunk.len())]);
        *rest = chunk.get(len + 2..).unwrap_or_default();
        if len == 0 {
            break;
        }
    }
    body
}

/// Frame types, RFC 9113 §6.
const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;

pub(crate) struct Http2Frame<'a> {
    pub(crate) kind: u8,
    flags: u8,
    stream: u32,
    payload: &'a [u8],
}

/// The whole frames at the start of `bytes`.
pub(crate) fn http2_frames(mut bytes: &[u8]) -> impl Iterator<Item = Http2Frame<'_>> {
    std::iter::from_fn(move || {
        let header: [u8; 9] = *bytes.first_chunk()?;
        let len = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
        let payload = bytes[9..].get(..len)?;
        bytes = &bytes[9 + len..];
        let stream = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
        Some(Http2Frame { kind: header[3], flags: header[4], stream, payload })
    })
}

/// The content of DATA frames by stream (RFC 9113 §6.1).
fn http2(said: &[u8]) -> Vec<String> {
    const PADDED: u8 = 8;
    let mut bodies: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    for frame in http2_frames(said) {
        let mut content = frame.payload;
        if frame.flags & PADDED != 0 && frame.kind == DATA {
            content = &content[1..content.len() - usize::from(content[0])];
        }
        match frame.kind {
            DATA => bodies.entry(frame.stream).or_default().extend_from_slice(content),
            // No DATA need follow.
            HEADERS => {
                bodies.entry(frame.stream).or_default();
            }
            _ => {}
        }
    }
    bodies.values().map(|body| sha256(body)).collect()
}

pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
