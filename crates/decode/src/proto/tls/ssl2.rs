//! The ClientHello in the form of SSL 2, with which old clients offer SSL 3 and TLS too (RFC 5246 §E.2).

use super::*;

/// The version of the record.
pub(crate) const VERSION: u16 = 0x0002;

const HEADER: usize = 2;

/// The length of the record that begins here, if it is such a hello: its parts have to fill it.
pub(crate) fn length(b: &[u8]) -> Option<usize> {
    let &[high @ 0x80..=0xff, low, kind::CLIENT_HELLO, major, minor, c0, c1, s0, s1, h0, h1, ..] = b else {
        return None;
    };
    let parts = [[c0, c1], [s0, s1], [h0, h1]].map(|bytes| usize::from(u16::from_be_bytes(bytes)));
    let length = usize::from(u16::from_be_bytes([high & 0x7f, low]));
    let known = matches!((major, minor), (0, 2) | (3, 0..=4));
    let [ciphers, session, challenge] = parts;
    let fits = ciphers > 0 && ciphers % 3 == 0 && matches!(session, 0 | 16) && (16..=32).contains(&challenge);
    (known && fits && length == 9 + ciphers + session + challenge).then_some(HEADER + length)
}

pub(super) fn walk(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    out.put(RECORD, 0..r.end(), Value::Present);
    out.put(super::VERSION, 0..0, Value::Unsigned(VERSION.into()));
    let length = r.number(HEADER)? & 0x7fff;
    out.put(LENGTH, 0..HEADER, Value::Unsigned(length));
    put_number(r, 1, HANDSHAKE_TYPE, out)?;
    put_number(r, 2, HANDSHAKE_VERSION, out)?;
    let ciphers = put_number(r, 2, CIPHER_SPEC_LEN, out)?;
    let session = put_number(r, 2, SESSION_ID_LENGTH, out)?;
    let challenge = put_number(r, 2, CHALLENGE_LENGTH, out)?;
    put_list(r, ciphers, 3, CIPHER_SPEC, out)?;
    if session > 0 {
        put_bytes(r, session as usize, SESSION_ID, out)?;
    }
    out.put(CHALLENGE, r.at()..r.at() + challenge as usize, Value::Present);
    Ok(())
}

/// The cipher suites of SSL 2 itself ("The SSL Protocol", 1995, §C.4); those of TLS have a zero in front.
pub(super) const CIPHER_SPECS: crate::field::ValueNames = &[
    (0x010080, "SSL2_RC4_128_WITH_MD5"),
    (0x020080, "SSL2_RC4_128_EXPORT40_WITH_MD5"),
    (0x030080, "SSL2_RC2_128_CBC_WITH_MD5"),
    (0x040080, "SSL2_RC2_128_CBC_EXPORT40_WITH_MD5"),
    (0x050080, "SSL2_IDEA_128_CBC_WITH_MD5"),
    (0x060040, "SSL2_DES_64_CBC_WITH_MD5"),
    (0x0700c0, "SSL2_DES_192_EDE3_CBC_WITH_MD5"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_is_known_by_its_lengths() {
        let mut hello = vec![0x80, 0x1c, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 5];
        hello.extend([7; 16]);
        assert_eq!(length(&hello), Some(30));
        for (at, byte) in [(0, 0), (1, 0x1d), (2, 2), (4, 5), (6, 4), (8, 1), (10, 15)] {
            let mut other = hello.clone();
            other[at] = byte;
            assert_eq!(length(&other), None, "byte {at}");
        }
        assert_eq!(length(&hello[..10]), None);
    }
}
