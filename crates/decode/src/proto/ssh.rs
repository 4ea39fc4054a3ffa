//! Secure Shell, RFC 4253: the identification of both sides, and the packets of the key exchange, which are clear.

mod connection;
mod kex;

use super::prelude::*;
use crate::decryptor::Side;
use connection::{Connection, Method};

fields! {
    PROTOCOL_LINE: Text walk, "ssh.protocol", "Protocol";
    PACKET_LENGTH: U32 walk, "ssh.packet_length", "Packet Length";
    PACKET_LENGTH_ENCRYPTED: Bytes walk, "ssh.packet_length_encrypted", "Packet Length (encrypted)";
    ENCRYPTED_PACKET: Bytes walk, "ssh.encrypted_packet", "Encrypted Packet";
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
    FIRST_KEX_PACKET_FOLLOWS: U8 walk, "ssh.first_kex_packet_follows", "First KEX Packet Follows";
    RESERVED: Bytes walk, "ssh.kex.reserved", "Reserved";
    HASSH_ALGORITHMS: Text walk, "ssh.kex.hassh_algorithms", "hasshAlgorithms";
    HASSH: Text walk, "ssh.kex.hassh", "hassh";
    HASSH_SERVER_ALGORITHMS: Text walk, "ssh.kex.hasshserver_algorithms", "hasshServerAlgorithms";
    HASSH_SERVER: Text walk, "ssh.kex.hasshserver", "hasshServer";
    HOST_KEY_BLOB_LENGTH: U32 walk, "ssh.host_key.length", "Host key length";
    HOST_KEY_TYPE_LENGTH: U32 walk, "ssh.host_key.type_length", "Host key type length";
    HOST_KEY_TYPE: Text walk, "ssh.host_key.type", "Host key type";
    HOST_KEY_DATA: Bytes walk, "ssh.host_key.data", "Host key data";
    MPINT_LENGTH: U32 walk, "ssh.mpint_length", "Multi Precision Integer Length";
    RSA_E: Bytes walk, "ssh.host_key.rsa.e", "RSA public exponent (e)";
    RSA_N: Bytes walk, "ssh.host_key.rsa.n", "RSA modulus (N)";
    DSA_P: Bytes walk, "ssh.host_key.dsa.p", "DSA prime modulus (p)";
    DSA_Q: Bytes walk, "ssh.host_key.dsa.q", "DSA prime divisor (q)";
    DSA_G: Bytes walk, "ssh.host_key.dsa.g", "DSA subgroup generator (g)";
    DSA_Y: Bytes walk, "ssh.host_key.dsa.y", "DSA public key (y)";
    ECDSA_ID_LENGTH: U32 walk, "ssh.host_key.ecdsa.id_length", "ECDSA elliptic curve identifier length";
    ECDSA_ID: Text walk, "ssh.host_key.ecdsa.id", "ECDSA elliptic curve identifier";
    ECDSA_Q_LENGTH: U32 walk, "ssh.host_key.ecdsa.q_length", "ECDSA public key length";
    ECDSA_Q: Bytes walk, "ssh.host_key.ecdsa.q", "ECDSA public key (Q)";
    EDDSA_KEY_LENGTH: U32 walk, "ssh.host_key.eddsa.key_length", "EdDSA public key length";
    EDDSA_KEY: Bytes walk, "ssh.host_key.eddsa.key", "EdDSA public key";
    SIGNATURE_LENGTH: U32 walk, "ssh.host_sig.length", "Host signature length";
    SIGNATURE_TYPE_LENGTH: U32 walk, "ssh.host_sig.type_length", "Host signature type length";
    SIGNATURE_TYPE: Text walk, "ssh.host_sig.type", "Host signature type";
    SIGNATURE_DATA: Bytes walk, "ssh.host_sig.data", "Host signature data";
    SIGNATURE_RSA: Bytes walk, "ssh.host_sig.rsa", "RSA signature";
    SIGNATURE_DSA: Bytes walk, "ssh.host_sig.dsa", "DSA signature";
    DH_E: Bytes walk, "ssh.dh.e", "DH client e";
    DH_F: Bytes walk, "ssh.dh.f", "DH server f";
    GEX_MIN: U32 walk, "ssh.dh_gex.min", "DH GEX Min";
    GEX_NBITS: U32 walk, "ssh.dh_gex.nbits", "DH GEX Number of Bits";
    GEX_MAX: U32 walk, "ssh.dh_gex.max", "DH GEX Max";
    GEX_P: Bytes walk, "ssh.dh_gex.p", "DH GEX modulus (P)";
    GEX_G: Bytes walk, "ssh.dh_gex.g", "DH GEX base (G)";
    ECDH_Q_C_LENGTH: U32 walk, "ssh.ecdh.q_c_length", "ECDH client's ephemeral public key length";
    ECDH_Q_C: Bytes walk, "ssh.ecdh.q_c", "ECDH client's ephemeral public key (Q_C)";
    ECDH_Q_S_LENGTH: U32 walk, "ssh.ecdh.q_s_length", "ECDH server's ephemeral public key length";
    ECDH_Q_S: Bytes walk, "ssh.ecdh.q_s", "ECDH server's ephemeral public key (Q_S)";
    DISCONNECT_REASON: U32 walk, "ssh.disconnect_reason", "Disconnect reason", hex;
    DISCONNECT_DESCRIPTION_LENGTH: U32 walk, "ssh.disconnect_description_length", "Disconnect description length";
    DISCONNECT_DESCRIPTION: Text walk, "ssh.disconnect_description", "Disconnect description";
    LANGUAGE_TAG_LENGTH: U32 walk, "ssh.lang_tag_length", "Language tag length";
    LANGUAGE_TAG: Text walk, "ssh.lang_tag", "Language tag";
    PADDING_STRING: Bytes walk, "ssh.padding_string", "Padding String";
    SEQUENCE_NUMBER: U32 walk, "ssh.seq_num", "Sequence number";
    DIRECTION: Bool walk, "ssh.direction", "Direction";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(22)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: true, frame, prefix: 0, partial_counts: true }),
    unpacker: Some(|| Box::<Connection>::default()),
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

const DISCONNECT: u8 = 1;
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
    let (side, method, sequence) = connection::found(view.unpacked());
    if let Some(side) = side {
        out.put(DIRECTION, 0..0, Value::Bool(side == Side::Responder));
    }
    if bytes.0.starts_with(b"SSH-") {
        let line = super::lines::first(bytes.0);
        out.put(PROTOCOL_LINE, 0..line.len(), Value::Text(line));
        return Ok(());
    }
    let mut r = Reader::new(bytes.0, 0);
    let Some(code) = message(bytes) else {
        put_bytes(&mut r, 4, PACKET_LENGTH_ENCRYPTED, out)?;
        return put_rest(&mut r, ENCRYPTED_PACKET, out);
    };
    put_number(&mut r, 4, PACKET_LENGTH, out)?;
    put_number(&mut r, 1, PADDING_LENGTH, out)?;
    put_number(&mut r, 1, MESSAGE_CODE, out)?;
    let padding = usize::from(bytes.u8(4));
    let mut payload = r.sub(r.left().saturating_sub(padding))?;
    let read = match code {
        DISCONNECT => disconnect(&mut payload, out),
        KEX_INIT => kex::init(&mut payload, side, out),
        30..=34 => kex::exchange(code, method, &mut payload, out),
        _ => Ok(()),
    };
    put_bytes(&mut r, padding, PADDING_STRING, out)?;
    if let Some(sequence) = sequence {
        out.put(SEQUENCE_NUMBER, 0..0, Value::Unsigned(sequence.into()));
    }
    read
}

/// RFC 4253 §11.1.
fn disconnect(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 4, DISCONNECT_REASON, out)?;
    put_string(r, DISCONNECT_DESCRIPTION_LENGTH, DISCONNECT_DESCRIPTION, out)?;
    put_string(r, LANGUAGE_TAG_LENGTH, LANGUAGE_TAG, out)
}

/// Text behind its length (RFC 4251 §5).
fn put_string(
    r: &mut Reader<'_>,
    length_field: FieldIndex,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let length = put_number(r, 4, length_field, out)?;
    put_text(r, length as usize, field, out)
}

/// Bytes behind their length.
fn put_blob(
    r: &mut Reader<'_>,
    length_field: FieldIndex,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let length = put_number(r, 4, length_field, out)?;
    put_bytes(r, length as usize, field, out)
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
