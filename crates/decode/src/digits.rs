//! Digits of numbers and addresses as text. A line for people is mostly these, so they are copied from tables of text by
//! twos: that they are UTF-8 need not be found out again.

/// `00` to `99`.
static DECIMAL_PAIRS: &str = text(&decimal_pairs());
/// `00` to `ff`.
static HEX_PAIRS: &str = text(&hex_pairs());
/// `0.` to `255.`, each filled up with spaces to four bytes.
static OCTETS: &str = text(&octets());

/// Appends a decimal number.
pub fn write_decimal(number: u64, out: &mut String) {
    if number < 100 {
        return push_head(number as u32, out);
    }
    if number < 10_000 {
        let number = number as u32;
        push_head(number / 100, out);
        return push_pair(number % 100, out);
    }
    if number < 100_000_000 {
        let number = number as u32;
        write_decimal((number / 10_000).into(), out);
        return push_four(number % 10_000, out);
    }
    write_decimal(number / 100_000_000, out);
    push_eight((number % 100_000_000) as u32, out);
}

/// Appends the last `width` (at most 20) decimal digits of a number, with leading zeros.
pub fn write_padded(number: u64, width: usize, out: &mut String) {
    match width {
        6 => {
            let number = (number % 1_000_000) as u32;
            push_pair(number / 10_000, out);
            push_four(number % 10_000, out);
        }
        9 => {
            let number = (number % 1_000_000_000) as u32;
            push_digit(number / 100_000_000, out);
            push_eight(number % 100_000_000, out);
        }
        _ => {
            for place in (0..width.min(20) as u32).rev() {
                push_digit((number / 10_u64.pow(place) % 10) as u32, out);
            }
        }
    }
}

/// Appends the last `digits` hexadecimal digits of a number.
pub(crate) fn write_hex_digits(number: u64, digits: usize, out: &mut String) {
    for place in (0..digits.min(16)).rev() {
        push_hex_digit((number >> (4 * place)) as u8 & 15, out);
    }
}

/// Appends the two hexadecimal digits of a byte.
pub(crate) fn push_hex_pair(byte: u8, out: &mut String) {
    let at = 2 * usize::from(byte);
    out.push_str(&HEX_PAIRS[at..at + 2]);
}

/// Appends up to four hexadecimal digits, without leading zeros.
pub(crate) fn write_hex_group(group: u16, out: &mut String) {
    let [high, low] = group.to_be_bytes();
    match high {
        0 if low < 16 => return push_hex_digit(low, out),
        0 => {}
        1..16 => push_hex_digit(high, out),
        _ => push_hex_pair(high, out),
    }
    push_hex_pair(low, out);
}

/// Appends bytes as hexadecimal digits.
pub fn write_hex_bytes(bytes: &[u8], out: &mut String) {
    out.reserve(bytes.len() * 2);
    let mut digits = [0; 256];
    for chunk in bytes.chunks(digits.len() / 2) {
        for (pair, &byte) in digits.chunks_exact_mut(2).zip(chunk) {
            pair[0] = hex_digit(byte >> 4);
            pair[1] = hex_digit(byte & 15);
        }
        // Digits are ASCII, so nothing is lost.
        out.push_str(str::from_utf8(&digits[..chunk.len() * 2]).unwrap_or_default());
    }
}

/// Appends an IPv4 address.
pub(crate) fn write_ip4(address: [u8; 4], out: &mut String) {
    out.reserve(16);
    for byte in address {
        let at = 4 * usize::from(byte);
        out.push_str(&OCTETS[at..at + 4]);
        out.truncate(out.len() - usize::from(byte < 10) - usize::from(byte < 100));
    }
    out.truncate(out.len() - 1);
}

/// One digit or two.
#[inline]
fn push_head(number: u32, out: &mut String) {
    if number < 10 { push_digit(number, out) } else { push_pair(number, out) }
}

#[inline]
fn push_digit(number: u32, out: &mut String) {
    out.push(char::from(b'0' + number as u8));
}

#[inline]
fn push_hex_digit(nibble: u8, out: &mut String) {
    out.push(char::from(hex_digit(nibble)));
}

#[inline]
fn push_pair(number: u32, out: &mut String) {
    let at = 2 * number as usize;
    out.push_str(&DECIMAL_PAIRS[at..at + 2]);
}

#[inline]
fn push_four(number: u32, out: &mut String) {
    push_pair(number / 100, out);
    push_pair(number % 100, out);
}

#[inline]
fn push_eight(number: u32, out: &mut String) {
    push_four(number / 10_000, out);
    push_four(number % 10_000, out);
}

/// By calculation and not from a table: so the compiler does many at once.
#[inline]
const fn hex_digit(nibble: u8) -> u8 {
    nibble + if nibble < 10 { b'0' } else { b'a' - 10 }
}

const fn decimal_pairs() -> [u8; 200] {
    let mut pairs = [0; 200];
    let mut number = 0;
    while number < 100 {
        pairs[2 * number] = b'0' + number as u8 / 10;
        pairs[2 * number + 1] = b'0' + number as u8 % 10;
        number += 1;
    }
    pairs
}

const fn hex_pairs() -> [u8; 512] {
    let mut pairs = [0; 512];
    let mut byte = 0;
    while byte < 256 {
        pairs[2 * byte] = hex_digit(byte as u8 >> 4);
        pairs[2 * byte + 1] = hex_digit(byte as u8 & 15);
        byte += 1;
    }
    pairs
}

const fn octets() -> [u8; 1024] {
    let mut octets = [b' '; 1024];
    let mut byte = 0;
    while byte < 256 {
        let mut at = 4 * byte;
        let mut scale = if byte < 10 {
            1
        } else if byte < 100 {
            10
        } else {
            100
        };
        while scale > 0 {
            octets[at] = b'0' + (byte / scale % 10) as u8;
            at += 1;
            scale /= 10;
        }
        octets[at] = b'.';
        byte += 1;
    }
    octets
}

const fn text(ascii: &'static [u8]) -> &'static str {
    match str::from_utf8(ascii) {
        Ok(text) => text,
        Err(_) => panic!("tables are ASCII"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::from("→");
        write(&mut out);
        out.split_off("→".len())
    }

    #[test]
    fn numbers_look_as_the_standard_library_writes_them() {
        let mut seed = 1_u64;
        for step in 0..200_000_u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            for number in
                [step, seed >> (step % 64), 10_u64.pow((step % 20) as u32).wrapping_sub(step / 20 % 2)]
            {
                assert_eq!(written(|out| write_decimal(number, out)), number.to_string());
                let (six, nine) = (number % 1_000_000, number % 1_000_000_000);
                assert_eq!(written(|out| write_padded(number, 6, out)), format!("{six:06}"));
                assert_eq!(written(|out| write_padded(number, 9, out)), format!("{nine:09}"));
                assert_eq!(written(|out| write_padded(six, 20, out)), format!("{six:020}"));
                assert_eq!(written(|out| write_hex_digits(number, 16, out)), format!("{number:016x}"));
            }
        }
        assert_eq!(written(|out| write_decimal(u64::MAX, out)), u64::MAX.to_string());
    }

    #[test]
    fn every_byte_and_every_group_is_written() {
        for byte in 0..=255_u8 {
            assert_eq!(written(|out| push_hex_pair(byte, out)), format!("{byte:02x}"));
            let expected = format!("{byte}.{byte}.1.{byte}");
            assert_eq!(written(|out| write_ip4([byte, byte, 1, byte], out)), expected);
        }
        for group in 0..=u16::MAX {
            assert_eq!(written(|out| write_hex_group(group, out)), format!("{group:x}"));
        }
        let bytes: Vec<u8> = (0..1000).map(|n| n as u8).collect();
        let expected: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(written(|out| write_hex_bytes(&bytes, out)), expected);
    }
}
