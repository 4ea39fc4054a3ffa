//! Syslog: priority and message, RFC 3164 and RFC 5424.

use super::lines;
use super::prelude::*;

fields! {
    FACILITY: U8 walk, "syslog.facility", "Facility", names(FACILITIES);
    LEVEL: U8 walk, "syslog.level", "Level", names(LEVELS);
    VERSION: Text walk, "syslog.version", "Syslog version";
    TIMESTAMP_OLD: Text walk, "syslog.timestamp_rfc3164", "Syslog timestamp (RFC3164)";
    HOSTNAME: Text walk, "syslog.hostname", "Syslog hostname";
    APPNAME: Text walk, "syslog.appname", "Syslog app name";
    PROCID: Text walk, "syslog.procid", "Syslog process id";
    MSGID: Text walk, "syslog.msgid", "Syslog message id";
    MSG: Text walk, "syslog.msg", "Message";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(514)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("syslog", "Syslog message", "Syslog")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

const FACILITIES: crate::field::ValueNames = &[
    (0, "KERN"),
    (1, "USER"),
    (2, "MAIL"),
    (3, "DAEMON"),
    (4, "AUTH"),
    (5, "SYSLOG"),
    (6, "LPR"),
    (7, "NEWS"),
    (8, "UUCP"),
    (9, "CRON"),
    (10, "AUTHPRIV"),
    (11, "FTP"),
    (12, "NTP"),
    (13, "LOGAUDIT"),
    (14, "LOGALERT"),
    (15, "CRON"),
    (16, "LOCAL0"),
    (17, "LOCAL1"),
    (18, "LOCAL2"),
    (19, "LOCAL3"),
    (20, "LOCAL4"),
    (21, "LOCAL5"),
    (22, "LOCAL6"),
    (23, "LOCAL7"),
];

const LEVELS: crate::field::ValueNames = &[
    (0, "EMERG"),
    (1, "ALERT"),
    (2, "CRIT"),
    (3, "ERR"),
    (4, "WARNING"),
    (5, "NOTICE"),
    (6, "INFO"),
    (7, "DEBUG"),
];

/// The priority in angle brackets, at most three digits (RFC 5424 §6.2.1), and the offset behind it.
fn priority(b: &[u8]) -> Option<(u64, usize)> {
    let digits = b.strip_prefix(b"<")?;
    let count = digits.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        return None;
    }
    let number = digits[..count].iter().fold(0, |n, &digit| n * 10 + u64::from(digit - b'0'));
    Some((number, 1 + count + usize::from(digits.get(count) == Some(&b'>'))))
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let bytes = view.header().0;
    let mut start = 0;
    if let Some((number, behind)) = priority(bytes) {
        out.put(FACILITY, 0..behind, Value::Unsigned(number >> 3 & 0x7f));
        out.put(LEVEL, 0..behind, Value::Unsigned(number & 7));
        start = behind;
    }
    let mut r = Reader::new(bytes, start);
    let message = put_text_z(&mut r, MSG, out)?;
    match message {
        [b'1', b' ', ..] => header(start, message, out),
        _ => old_header(start, message, out),
    }
    Ok(())
}

/// Words with a blank between: version, time, host, program, process and message (RFC 5424 §6). A hyphen stands for nothing.
fn header(start: usize, message: &[u8], out: &mut dyn FieldSink) {
    let mut at = 0;
    for field in [Some(VERSION), None, Some(HOSTNAME), Some(APPNAME), Some(PROCID), Some(MSGID)] {
        let (word, behind) = lines::word(&message[at..]);
        if let Some(field) = field {
            out.put(field, start + at..start + at + word.len(), Value::Text(word));
        }
        at += behind;
    }
}

/// `Oct 11 22:14:15 host program[process]: ...` (RFC 3164 §4.1).
fn old_header(start: usize, message: &[u8], out: &mut dyn FieldSink) {
    const TIMESTAMP: usize = 15;
    let Some((time, rest)) = message.split_at_checked(TIMESTAMP) else { return };
    let form = |(at, byte): (usize, &u8)| match at {
        3 | 6 => *byte == b' ',
        9 | 12 => *byte == b':',
        _ => byte.is_ascii_alphanumeric() || *byte == b' ',
    };
    if !time.iter().enumerate().all(form) || rest.first() != Some(&b' ') {
        return;
    }
    out.put(TIMESTAMP_OLD, start..start + TIMESTAMP, Value::Text(time));
    let at = TIMESTAMP + 1;
    let (host, behind) = lines::word(&message[at..]);
    out.put(HOSTNAME, start + at..start + at + host.len(), Value::Text(host));
    let at = at + behind;
    let rest = &message[at..];
    let end = rest.iter().position(|byte| matches!(byte, b':' | b'[' | b' ')).unwrap_or(rest.len());
    out.put(PROCID, start + at..start + at + end, Value::Text(&rest[..end]));
    out.put(MSGID, start + at + end..start + message.len(), Value::Text(&rest[end..]));
}

fn info(view: &View<'_>, out: &mut String) {
    let bytes = view.header().0;
    let mut start = 0;
    if let Some((number, behind)) = priority(bytes) {
        let facility = crate::field::value_name(FACILITIES, number >> 3).unwrap_or("UNKNOWN");
        let level = crate::field::value_name(LEVELS, number & 7).unwrap_or("UNKNOWN");
        put!(out, "{facility}.{level}: ");
        start = behind;
    }
    crate::text::write_escaped(&bytes[start..], out);
}
