//! The protocol of PostgreSQL, version 3 (PostgreSQL documentation, "Frontend/Backend Protocol").

use super::pgsql_names::{BACKEND, FRONTEND};
use super::prelude::*;

fields! {
    FRONTEND_FIELD: Bool walk, "pgsql.frontend", "Frontend";
    TYPE: Text walk, "pgsql.type", "Type";
    LENGTH: U32 walk, "pgsql.length", "Length";
    VERSION_MAJOR: U16 walk, "pgsql.version_major", "Protocol major version";
    VERSION_MINOR: U16 walk, "pgsql.version_minor", "Protocol minor version";
    PARAMETER_NAME: Text walk, "pgsql.parameter_name", "Parameter name";
    PARAMETER_VALUE: Text walk, "pgsql.parameter_value", "Parameter value";
    QUERY: Text walk, "pgsql.query", "Query";
    STATEMENT: Text walk, "pgsql.statement", "Statement";
    AUTHTYPE: U32 walk, "pgsql.authtype", "Authentication type";
    SALT: Bytes walk, "pgsql.salt", "Salt value";
    TAG: Text walk, "pgsql.tag", "Tag";
    STATUS: U8 walk, "pgsql.status", "Status", names(STATUSES);
    PID: U32 walk, "pgsql.pid", "PID";
    KEY: U32 walk, "pgsql.key", "Key";
    SEVERITY: Text walk, "pgsql.severity", "Severity";
    CODE: Text walk, "pgsql.code", "Code";
    MESSAGE: Text walk, "pgsql.message", "Message";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(PORT)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: true }),
    info: Some(info),
    ..Protocol::new("pgsql", "PostgreSQL", "PGSQL")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

const PORT: u16 = 5432;

/// The longest message taken for one.
const MAX_MESSAGE: u32 = 1 << 30;

/// The first message of a client has no type; its length, and a version or one of three requests, tell it apart.
fn opening(b: Bytes<'_>) -> Option<&'static str> {
    if b.u8(0) != 0 {
        return None;
    }
    Some(match b.u32(4) {
        0x0003_0000..=0x0003_ffff => "Startup message",
        80_877_102 => "Cancel request",
        80_877_103 => "SSL request",
        80_877_104 => "GSS encrypt request",
        _ => return None,
    })
}

fn probe(b: &[u8]) -> bool {
    let b = Bytes(b);
    opening(b).is_some() || b.len() >= 5 && is_message(b)
}

fn is_message(b: Bytes<'_>) -> bool {
    let known = |names| crate::field::value_name(names, b.u8(0).into()).is_some();
    (4..=MAX_MESSAGE).contains(&b.u32(1)) && (known(FRONTEND) || known(BACKEND))
}

/// The server answers a request for encryption with one letter, behind which TLS begins if it agrees.
fn frame(b: &[u8], framing: &mut Framing<'_>) -> Length {
    let bytes = Bytes(b);
    let client = framing.side == crate::decryptor::Side::Initiator;
    if !client && framing.memory[0] == 1 && matches!(b, [b'S' | b'N' | b'G', ..]) {
        framing.memory[0] = 0;
        if b[0] != b'N' {
            *framing.upgrade = Some(ProtocolId::NONE);
        }
        return Length::Known(1);
    }
    if b.len() < 5 {
        return Length::Need;
    }
    if client && b[0] == 0 {
        if b.len() < 8 {
            return Length::Need;
        }
        return match opening(bytes) {
            Some(kind) if bytes.u32(0) >= 8 => {
                framing.memory[0] = u64::from(kind.ends_with("request") && !kind.starts_with("Cancel"));
                Length::Known(bytes.u32(0).into())
            }
            _ => Length::NotMine,
        };
    }
    if is_message(bytes) { Length::Known(1 + u64::from(bytes.u32(1))) } else { Length::NotMine }
}

/// Where a transaction stands when the server is ready for the next query, in the letters I, T and E.
const STATUSES: crate::field::ValueNames =
    &[(69, "In a failed transaction"), (73, "Idle"), (84, "In a transaction")];

fn is_frontend(view: &View<'_>) -> bool {
    !super::lines::from_server(view, &[PORT])
}

fn type_name(view: &View<'_>) -> &'static str {
    let b = view.bytes;
    if b.len() == 1 {
        return "SSL response";
    }
    let names = if is_frontend(view) { FRONTEND } else { BACKEND };
    opening(b).or_else(|| crate::field::value_name(names, b.u8(0).into())).unwrap_or("Unknown")
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() || view.bytes.len() == 1 {
        return Ok(());
    }
    let frontend = is_frontend(view);
    let mut r = Reader::new(view.header().0, 0);
    out.put(FRONTEND_FIELD, 0..0, Value::Bool(frontend));
    let name = type_name(view);
    if let Some(kind) = opening(view.bytes) {
        out.put(TYPE, 0..0, Value::Text(name.as_bytes()));
        put_number(&mut r, 4, LENGTH, out)?;
        if kind.starts_with("Startup") {
            put_number(&mut r, 2, VERSION_MAJOR, out)?;
            put_number(&mut r, 2, VERSION_MINOR, out)?;
            while r.left() > 1 {
                put_parameter(&mut r, out)?;
            }
        }
        return Ok(());
    }
    let kind = r.u8()?;
    out.put(TYPE, 0..1, Value::Text(name.as_bytes()));
    put_number(&mut r, 4, LENGTH, out)?;
    match (frontend, kind) {
        (true, b'Q') => put_text_z(&mut r, QUERY, out).map(drop),
        (true, b'P') => {
            put_text_z(&mut r, STATEMENT, out)?;
            put_text_z(&mut r, QUERY, out).map(drop)
        }
        (false, b'R') => {
            const MD5: u64 = 5;
            if put_number(&mut r, 4, AUTHTYPE, out)? == MD5 { put_rest(&mut r, SALT, out) } else { Ok(()) }
        }
        (false, b'S') => put_parameter(&mut r, out),
        (false, b'Z') => put_number(&mut r, 1, STATUS, out).map(drop),
        (false, b'K') => {
            put_number(&mut r, 4, PID, out)?;
            put_number(&mut r, 4, KEY, out).map(drop)
        }
        (false, b'C') => put_text_z(&mut r, TAG, out).map(drop),
        (false, b'E' | b'N') => {
            while r.left() > 1 {
                match r.u8()? {
                    b'S' => put_text_z(&mut r, SEVERITY, out)?,
                    b'C' => put_text_z(&mut r, CODE, out)?,
                    b'M' => put_text_z(&mut r, MESSAGE, out)?,
                    _ => text_z(&mut r)?,
                };
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn put_parameter(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_text_z(r, PARAMETER_NAME, out)?;
    put_text_z(r, PARAMETER_VALUE, out).map(drop)
}

fn info(view: &View<'_>, out: &mut String) {
    out.push_str(if is_frontend(view) { ">" } else { "<" });
    out.push_str(type_name(view));
    for field in [QUERY, MESSAGE] {
        let Some(row) = FIELDS.get(usize::from(field.0)) else { continue };
        view.values(field, row, &mut |_, value| {
            out.push(' ');
            crate::text::write_value(None, &value, out);
        });
    }
}
