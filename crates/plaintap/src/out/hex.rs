//! `-x`: the bytes of a packet, of the frame and of each buffer derived from it.

use std::fmt::Write;

use plaintap_decode::Decoded;
use plaintap_packet::BufferId;

use super::Printer;

/// See the module.
pub struct Hex;

impl Printer for Hex {
    fn packet(&mut self, decoded: &Decoded<'_>, out: &mut String) {
        let count = decoded.buffer_count();
        for number in 0..count {
            let buffer = BufferId(number as u16);
            let bytes = decoded.buffer(buffer);
            // What has no name is not the peers' bytes, but our notes on them.
            if decoded.buffer_name(buffer).is_empty() {
                continue;
            }
            if count > 1 {
                // Writing to a String does not fail.
                let _ = writeln!(out, "{} ({} bytes):", decoded.buffer_name(buffer), bytes.len());
            }
            dump(bytes, out);
        }
        out.push('\n');
    }
}

/// Lines of 16 bytes: offset, hex, ASCII.
fn dump(bytes: &[u8], out: &mut String) {
    for (line, chunk) in bytes.chunks(16).enumerate() {
        let _ = write!(out, "{:04x}  ", line * 16);
        for column in 0..16 {
            let _ = match chunk.get(column) {
                Some(byte) => write!(out, "{byte:02x} "),
                None => write!(out, "   "),
            };
        }
        out.push(' ');
        out.extend(chunk.iter().map(|&b| if b.is_ascii_graphic() || b == b' ' { b as char } else { '.' }));
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dumps_look_like_those_of_tshark() {
        let mut out = String::new();
        dump(b"GET /hello HTTP/1.1\r\n", &mut out);
        assert_eq!(
            out,
            "0000  47 45 54 20 2f 68 65 6c 6c 6f 20 48 54 54 50 2f  GET /hello HTTP/\n\
             0010  31 2e 31 0d 0a                                   1.1..\n"
        );
    }
}
