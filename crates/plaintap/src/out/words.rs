//! Short texts that several outputs have.

use plaintap_decode::Address;
use plaintap_decode::text::{write_hex_bytes, write_seconds};

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    write_hex_bytes(bytes, &mut text);
    text
}

/// Seconds with 9 decimals: a number in JSON would lose some.
pub fn seconds(nanoseconds: i64) -> String {
    let mut text = String::new();
    write_seconds(nanoseconds, &mut text);
    text
}

/// An address and a port.
pub fn end((address, port): (Address, u16)) -> String {
    match address {
        Address::Ip6(_) => format!("[{address}]:{port}"),
        _ => format!("{address}:{port}"),
    }
}
