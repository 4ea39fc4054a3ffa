//! The packets of the key exchange: RFC 4253 §7.1 and §8, groups of the server's choice (RFC 4419), elliptic curves
//! (RFC 5656, RFC 8731).

use md5::{Digest, Md5};

use super::*;

/// The lists of algorithms of each side (RFC 4253 §7.1).
pub(super) fn init(r: &mut Reader<'_>, side: Option<Side>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_bytes(r, 16, COOKIE, out)?;
    let mut lists = [&[][..]; 10];
    for (list, [length_field, field]) in lists.iter_mut().zip([
        [KEX_LENGTH, KEX],
        [HOST_KEY_LENGTH, HOST_KEY],
        [ENC_C2S_LENGTH, ENC_C2S],
        [ENC_S2C_LENGTH, ENC_S2C],
        [MAC_C2S_LENGTH, MAC_C2S],
        [MAC_S2C_LENGTH, MAC_S2C],
        [COMP_C2S_LENGTH, COMP_C2S],
        [COMP_S2C_LENGTH, COMP_S2C],
        [LANG_C2S_LENGTH, LANG_C2S],
        [LANG_S2C_LENGTH, LANG_S2C],
    ]) {
        let behind_length = r.at() + 4;
        put_string(r, length_field, field, out)?;
        *list = Bytes(r.whole()).clamped(behind_length, r.at());
    }
    put_number(r, 1, FIRST_KEX_PACKET_FOLLOWS, out)?;
    put_bytes(r, 4, RESERVED, out)?;
    let [kex, _, enc_c2s, enc_s2c, mac_c2s, mac_s2c, comp_c2s, comp_s2c, ..] = lists;
    match side {
        Some(Side::Initiator) => hassh([kex, enc_c2s, mac_c2s, comp_c2s], HASSH_ALGORITHMS, HASSH, out),
        Some(Side::Responder) => {
            hassh([kex, enc_s2c, mac_s2c, comp_s2c], HASSH_SERVER_ALGORITHMS, HASSH_SERVER, out);
        }
        None => {}
    }
    Ok(())
}

/// The fingerprint of a side: the MD5 sum of its lists for what it sends, with semicolons in between.
fn hassh(lists: [&[u8]; 4], algorithms: FieldIndex, sum: FieldIndex, out: &mut dyn FieldSink) {
    if !out.wants(algorithms) && !out.wants(sum) {
        return;
    }
    let all = lists.join(&b';');
    out.put(algorithms, 0..0, Value::Text(&all));
    let mut hex = String::new();
    for byte in Md5::digest(&all) {
        put!(hex, "{byte:02x}");
    }
    out.put(sum, 0..0, Value::Text(hex.as_bytes()));
}

/// The messages 30 to 34, whose meaning depends on the method.
pub(super) fn exchange(
    code: u8,
    method: Method,
    r: &mut Reader<'_>,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    match (method, code) {
        (Method::EllipticCurve, 30) => put_blob(r, ECDH_Q_C_LENGTH, ECDH_Q_C, out),
        (Method::EllipticCurve, 31) => {
            host_key(r, out)?;
            put_blob(r, ECDH_Q_S_LENGTH, ECDH_Q_S, out)?;
            signature(r, out)
        }
        (Method::Group, 30) | (Method::GroupExchange, 32) => put_blob(r, MPINT_LENGTH, DH_E, out),
        (Method::Group, 31) | (Method::GroupExchange, 33) => {
            host_key(r, out)?;
            put_blob(r, MPINT_LENGTH, DH_F, out)?;
            signature(r, out)
        }
        // The old request, with the wanted number of bits alone (RFC 4419 §5).
        (Method::GroupExchange, 30) => put_number(r, 4, GEX_NBITS, out).map(drop),
        (Method::GroupExchange, 31) => {
            put_blob(r, MPINT_LENGTH, GEX_P, out)?;
            put_blob(r, MPINT_LENGTH, GEX_G, out)
        }
        (Method::GroupExchange, 34) => {
            for field in [GEX_MIN, GEX_NBITS, GEX_MAX] {
                put_number(r, 4, field, out)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The server's public key (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4).
fn host_key(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = put_number(r, 4, HOST_KEY_BLOB_LENGTH, out)?;
    let mut key = r.sub(length as usize)?;
    let kind = put_type(&mut key, HOST_KEY_TYPE_LENGTH, HOST_KEY_TYPE, out)?;
    let numbers: &[FieldIndex] = match kind {
        b"ssh-rsa" => &[RSA_E, RSA_N],
        b"ssh-dss" => &[DSA_P, DSA_Q, DSA_G, DSA_Y],
        b"ssh-ed25519" | b"ssh-ed448" => return put_blob(&mut key, EDDSA_KEY_LENGTH, EDDSA_KEY, out),
        b"ecdsa-sha2-nistp256" | b"ecdsa-sha2-nistp384" | b"ecdsa-sha2-nistp521" => {
            put_string(&mut key, ECDSA_ID_LENGTH, ECDSA_ID, out)?;
            return put_blob(&mut key, ECDSA_Q_LENGTH, ECDSA_Q, out);
        }
        _ => return put_rest(&mut key, HOST_KEY_DATA, out),
    };
    for &field in numbers {
        put_blob(&mut key, MPINT_LENGTH, field, out)?;
    }
    Ok(())
}

fn signature(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = put_number(r, 4, SIGNATURE_LENGTH, out)?;
    let mut signature = r.sub(length as usize)?;
    match put_type(&mut signature, SIGNATURE_TYPE_LENGTH, SIGNATURE_TYPE, out)? {
        b"ssh-rsa" => put_blob(&mut signature, MPINT_LENGTH, SIGNATURE_RSA, out),
        b"ssh-dss" => put_blob(&mut signature, MPINT_LENGTH, SIGNATURE_DSA, out),
        _ => put_rest(&mut signature, SIGNATURE_DATA, out),
    }
}

/// Gives out the name in front of a key or signature, and returns it.
fn put_type<'a>(
    r: &mut Reader<'a>,
    length_field: FieldIndex,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<&'a [u8], Short> {
    let at = r.at() + 4;
    put_string(r, length_field, field, out)?;
    Ok(Bytes(r.whole()).clamped(at, r.at()))
}
