//! JSON as text, written piece by piece: hot paths build no tree of values.

use std::fmt::Write as _;

use plaintap_decode::Value;
use plaintap_decode::field::{Field, Kind};
use plaintap_decode::text::{write_decimal, write_hex_bytes, write_seconds, write_value};

/// Appends the value of a field. docs/jsonl.md says how each type is written.
pub fn push_value(field: &Field, value: &Value<'_>, out: &mut String) {
    match *value {
        Value::Present => out.push_str("true"),
        Value::Bool(set) => out.push_str(if set { "true" } else { "false" }),
        // Many readers keep numbers as doubles, which lose digits of 64 bits.
        Value::Unsigned(_) | Value::Signed(_) if matches!(field.kind, Kind::U64 | Kind::I64) => {
            out.push('"');
            push_integer(value, out);
            out.push('"');
        }
        Value::Unsigned(_) | Value::Signed(_) => push_integer(value, out),
        Value::Float(number) if number.is_finite() => {
            // Writing to a String does not fail.
            let _ = write!(out, "{number:e}");
        }
        Value::Bytes(bytes) if field.kind == Kind::Bytes => {
            push_quoted(out, |out| write_hex_bytes(bytes, out));
        }
        Value::Text(text) => push_text(text, out),
        Value::Time(time) => push_quoted(out, |out| write_seconds(time.0, out)),
        // Addresses, identifiers and the names of protocols have no character that JSON escapes.
        Value::Float(_)
        | Value::Bytes(_)
        | Value::Ip4(_)
        | Value::Ip6(_)
        | Value::Mac(_)
        | Value::Guid(_)
        | Value::Duration(_)
        | Value::Protocol(..) => push_quoted(out, |out| write_value(Some(field), value, out)),
    }
}

/// Appends text as a JSON string, or where it is not UTF-8 as `{"hex":"…"}`, so that nothing is lost.
pub fn push_text(text: &[u8], out: &mut String) {
    match str::from_utf8(text) {
        Ok(text) => push_string(text, out),
        Err(_) => {
            out.push_str("{\"hex\":");
            push_quoted(out, |out| write_hex_bytes(text, out));
            out.push('}');
        }
    }
}

/// Appends a JSON string (RFC 8259 §7). DEL and line separators are escaped too: a terminal or a program that reads lines
/// may take them for something else.
pub fn push_string(text: &str, out: &mut String) {
    let plain =
        |c: char| !matches!(c, '\0'..='\x1f' | '"' | '\\' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}');
    push_quoted(out, |out| {
        if text.chars().all(plain) {
            return out.push_str(text);
        }
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if plain(c) => out.push(c),
                c => {
                    let _ = write!(out, "\\u{:04x}", u32::from(c));
                }
            }
        }
    });
}

/// Appends what `write` writes between quotes.
pub fn push_quoted(out: &mut String, write: impl FnOnce(&mut String)) {
    out.push('"');
    write(out);
    out.push('"');
}

fn push_integer(value: &Value<'_>, out: &mut String) {
    match *value {
        Value::Unsigned(number) => write_decimal(number, out),
        Value::Signed(number) => {
            if number < 0 {
                out.push('-');
            }
            write_decimal(number.unsigned_abs(), out);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use plaintap_decode::registry;

    use super::*;

    fn parsed(write: impl FnOnce(&mut String)) -> serde_json::Value {
        let mut out = String::new();
        write(&mut out);
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{out}: {e}"))
    }

    #[test]
    fn any_text_comes_back() {
        for text in ["", "plain", "a\"b\\c\r\n\t\0\u{1b}[2J", "é → 🦀 \u{202e}\u{2028}\u{7f}\u{85}"] {
            assert_eq!(parsed(|out| push_text(text.as_bytes(), out)), text);
        }
        let odd = parsed(|out| push_text(b"a\xffb", out));
        assert_eq!(odd, serde_json::json!({ "hex": "61ff62" }));
    }

    #[test]
    fn values_have_the_documented_types() {
        use serde_json::json;
        let field = |kind| Field { kind, ..*registry::field("frame.len").unwrap().field().unwrap() };
        for (kind, value, expected) in [
            (Kind::Bool, Value::Bool(true), json!(true)),
            (Kind::None, Value::Present, json!(true)),
            (Kind::U32, Value::Unsigned(u32::MAX.into()), json!(u32::MAX)),
            (Kind::I16, Value::Signed(-2), json!(-2)),
            (Kind::U64, Value::Unsigned(u64::MAX), json!("18446744073709551615")),
            (Kind::I64, Value::Signed(i64::MIN), json!("-9223372036854775808")),
            (Kind::Double, Value::Float(0.1), json!(0.1)),
            (Kind::Double, Value::Float(1e300), json!(1e300)),
            (Kind::Double, Value::Float(f64::NEG_INFINITY), json!("-inf")),
            (Kind::Bytes, Value::Bytes(&[]), json!("")),
            (Kind::Bytes, Value::Bytes(&[0, 0xab]), json!("00ab")),
            (Kind::Eui64, Value::Bytes(&[1, 2, 3, 4, 5, 6, 7, 8]), json!("01:02:03:04:05:06:07:08")),
            (Kind::Mac, Value::Mac([1, 2, 3, 4, 5, 6]), json!("01:02:03:04:05:06")),
            (Kind::Ip4, Value::Ip4([10, 0, 0, 1]), json!("10.0.0.1")),
            (Kind::Time, Value::Time(plaintap_packet::Nanos(1_500_000_000)), json!("1.500000000")),
            (Kind::Duration, Value::Duration(-1), json!("-0.000000001")),
        ] {
            assert_eq!(parsed(|out| push_value(&field(kind), &value, out)), expected);
        }
    }
}
