//! Secure Shell, RFC 4253: the identification of both sides, and the packets of the key exchange, which are clear.

use super::prelude::*;

fields! {
    PROTOCOL_LINE: Text walk, "ssh.protocol", "Protocol";
    PACKET_LENGTH: U32 walk, "ssh.packet_length", "Packet Length";
    PADDING_LENGTH: U8 walk, "ssh.padding_length", "Padding Length";
    MESSAGE_CODE: U8 walk, "ssh.message_code", "Message Code", names(MESSAGES);
    COOKIE: Bytes walk, "ssh.cookie", "Cookie";
    KEX_LENGTH: U32 walk, "ssh.kex_algorithms_length", "kex_algorithms length";
    KEX: Text walk, "ssh.kex_algorithms", "kex_algorithms string";
    HOST_KEY_LENGTH: U32 walk, "ssh.server_host_key_algorithms_length", "server_host_key_algorithms length";
    HOST_KEY: Text walk, "ssh.server_host_key_algorithms", "server_host_key_algorithms string";
    ENC_C2S_LENGTH: U32 walk, "ssh.encryption_algorithms_client_to_server_length",
        "encryption_algorithms_client_to_server length";
    ENC_C2S: Text walk, "ssh.encryption_algorithms_client_to_server",
        "encryption_algorithms_client_to_server string";
    ENC_S2C_LENGTH: U32 walk, "ssh.encryption_algorithms_server_to_client_length",
        "encryption_algorithms_server_to_client length";
    ENC_S2C: Text walk, "ssh.encryption_algorithms_server_to_client",
        "encryption_algorithms_server_to_client string";
    MAC_C2S_LENGTH: U32 walk, "ssh.mac_algorithms_client_to_server_length",
        "mac_algorithms_client_to_server length";
    MAC_C2S: Text walk, "ssh.mac_algorithms_client_to_server", "mac_algorithms_client_to_server string";
    MAC_S2C_LENGTH: U32 walk, "ssh.mac_algorithms_server_to_client_length",
        "mac_algorithms_server_to_client length";
    MAC_S2C: Text walk, "ssh.mac_algorithms_server_to_client", "mac_algorithms_server_to_client string";
    COMP_C2S_LENGTH: U32 walk, "ssh.compression_algorithms_client_to_server_length",
        "compression_algorithms_client_to_server length";
    COMP_C2S: Text walk, "ssh.compression_algorithms_client_to_server",
        "compression_algorithms_client_to_server string";
    COMP_S2C_LENGTH: U32 walk, "ssh.compression_algorithms_server_to_client_length",
        "compression_algorithms_server_to_client length";
    COMP_S2C: Text walk, "ssh.compression_algorithms_server_to_client",
        "compression_algorithms_server_to_client string";
    LANG_C2S_LENGTH: U32 walk, "ssh.languages_client_to_server_length", "languages_client_to_server length";
    LANG_C2S: Text walk, "ssh.languages_client_to_server", "languages_client_to_server string";
    LANG_S2C_LENGTH: U32 walk, "ssh.languages_server_to_client_length", "languages_server_to_client length";
    LANG_S2C: Text walk, "ssh.languages_server_to_client", "languages_server_to_client string";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(22)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: true, frame, prefix: 0, partial_counts: true }),
    column_of: Some(|view| if view.is_silent() { "" } else { "SSH" }),
    info: Some(info),
    ..Protocol::new("ssh", "SSH Protocol", "SSH")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

/// The longest packet taken for one (RFC 4253 §6.1 asks for 35000).
const MAX_PACKET: u32 = 256 << 10;

/// The longest identification with its line end (RFC 4253 §4.2).
const MAX_IDENTIFICATION: usize = 255;

const KEX_INIT: u8 = 20;
const NEW_KEYS: u8 = 21;

const MESSAGES: crate::field::ValueNames = &[
    (1, "Disconnect"),
    (2, "Ignore"),
    (3, "Unimplemented"),
    (4, "Debug"),
    (5, "Service Request"),
    (6, "Service Accept"),
    (7, "Extension Information"),
    (20, "Key Exchange Init"),
    (21, "New Keys"),
    (30, "Diffie-Hellman Key Exchange Init"),
    (31, "Diffie-Hellman Key Exchange Reply"),
    (32, "Diffie-Hellman Group Exchange Init"),
    (33, "Diffie-Hellman Group Exchange Reply"),
    (34, "Diffie-Hellman Group Exchange Request"),
];

fn probe(b: &[u8]) -> bool {
    b.starts_with(b"SSH-2.0-") || b.starts_with(b"SSH-1.99-")
}

/// A line, then packets; behind a side's NEWKEYS all it says is encrypted.
fn frame(b: &[u8], framing: &mut Framing<'_>) -> Length {
    let side = framing.side as usize;
    if framing.memory[side] == 1 {
        return Length::Known(b.len() as u64);
    }
    if b.starts_with(b"SSH-") {
        return match memchr::memchr(b'\n', &b[..b.len().min(MAX_IDENTIFICATION)]) {
            Some(end) => Length::Known(end as u64 + 1),
            None if b.len() < MAX_IDENTIFICATION => Length::Need,
            None => Length::NotMine,
        };
    }
    if b.len() < 6 {
        return Length::Need;
    }
    let length = Bytes(b).u32(0);
    if !(2..=MAX_PACKET).contains(&length) {
        // Joined in the middle, or encrypted: what there is.
        return Length::Known(b.len() as u64);
    }
    framing.memory[side] = u64::from(b[5] == NEW_KEYS);
    Length::Known(4 + u64::from(length))
}

/// The message of a clear packet (RFC 4253 §6): its lengths fit, which those of ciphertext do not.
fn message(b: Bytes<'_>) -> Option<u8> {
    let padding = u32::from(b.u8(4));
    let fits = b.len() as u64 == 4 + u64::from(b.u32(0)) && padding >= 4 && padding + 2 <= b.u32(0);
    (fits && crate::field::value_name(MESSAGES, b.u8(5).into()).is_some()).then(|| b.u8(5))
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let bytes = view.header();
    if bytes.0.starts_with(b"SSH-") {
        let line = super::lines::first(bytes.0);
        out.put(PROTOCOL_LINE, 0..line.len(), Value::Text(line));
        return Ok(());
    }
    let Some(code) = message(bytes) else { return Ok(()) };
    let mut r = Reader::new(bytes.0, 0);
    put_number(&mut r, 4, PACKET_LENGTH, out)?;
    put_number(&mut r, 1, PADDING_LENGTH, out)?;
    put_number(&mut r, 1, MESSAGE_CODE, out)?;
    if code != KEX_INIT {
        return Ok(());
    }
    // RFC 4253 §7.1.
    put_bytes(&mut r, 16, COOKIE, out)?;
    for (length_field, field) in [
        (KEX_LENGTH, KEX),
        (HOST_KEY_LENGTH, HOST_KEY),
        (ENC_C2S_LENGTH, ENC_C2S),
        (ENC_S2C_LENGTH, ENC_S2C),
        (MAC_C2S_LENGTH, MAC_C2S),
        (MAC_S2C_LENGTH, MAC_S2C),
        (COMP_C2S_LENGTH, COMP_C2S),
        (COMP_S2C_LENGTH, COMP_S2C),
        (LANG_C2S_LENGTH, LANG_C2S),
        (LANG_S2C_LENGTH, LANG_S2C),
    ] {
        let length = put_number(&mut r, 4, length_field, out)?;
        put_text(&mut r, length as usize, field, out)?;
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let bytes = view.header();
    if bytes.0.starts_with(b"SSH-") {
        out.push_str("Protocol (");
        crate::text::write_escaped(super::lines::first(bytes.0), out);
        return out.push(')');
    }
    match message(bytes).and_then(|code| crate::field::value_name(MESSAGES, code.into())) {
        Some(name) => out.push_str(name),
        None => put!(out, "Encrypted packet (len={})", bytes.len()),
    }
}
