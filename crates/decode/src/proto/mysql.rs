//! The protocol of MySQL and MariaDB: packet headers, the greeting, login, commands and errors (MySQL internals,
//! "Client/Server Protocol"). Numbers are little-endian.

use super::prelude::*;

fields! {
    PACKET_LENGTH: U24 walk, "mysql.packet_length", "Packet Length";
    PACKET_NUMBER: U8 walk, "mysql.packet_number", "Packet Number";
    SERVER_GREETING: None walk, "mysql.server_greeting", "Server Greeting";
    PROTOCOL_VERSION: U8 walk, "mysql.protocol", "Protocol";
    VERSION: Text walk, "mysql.version", "Version";
    THREAD_ID: U32 walk, "mysql.thread_id", "Thread ID";
    LOGIN_REQUEST: None walk, "mysql.login_request", "Login Request";
    CAPS_CLIENT: U16 walk, "mysql.caps.client", "Client Capabilities", hex;
    MAX_PACKET: U32 walk, "mysql.max_packet", "MAX Packet";
    USER: Text walk, "mysql.user", "Username";
    REQUEST: None walk, "mysql.request", "Request Command";
    COMMAND: U8 walk, "mysql.command", "Command", names(COMMANDS);
    QUERY: Text walk, "mysql.query", "Statement";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(PORT)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: true }),
    info: Some(info),
    ..Protocol::new("mysql", "MySQL Protocol", "MySQL")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    Ok(Step::last(b))
}

const PORT: u16 = 3306;
const HEADER: usize = 4;
const COM_QUERY: u8 = 3;
/// The client goes on with TLS (capability CLIENT_SSL).
const CLIENT_SSL: u8 = 0x08;
/// A request for TLS is a login request that ends before the user's name.
const SSL_REQUEST: u64 = 32;

const COMMANDS: crate::field::ValueNames = &[
    (0, "Sleep"),
    (1, "Quit"),
    (2, "Use Database"),
    (3, "Query"),
    (4, "Show Fields"),
    (5, "Create Database"),
    (6, "Drop Database"),
    (7, "Refresh"),
    (8, "Shutdown"),
    (9, "Statistics"),
    (10, "Process List"),
    (12, "Kill Server Thread"),
    (14, "Ping"),
    (17, "Change User"),
    (22, "Prepare Statement"),
    (23, "Execute Statement"),
    (24, "Send BLOB"),
    (25, "Close Statement"),
    (26, "Reset Statement"),
    (27, "Set Option"),
    (28, "Fetch Data"),
    (31, "Reset Connection"),
];

fn length(b: &[u8]) -> Option<u64> {
    let bytes: [u8; 3] = *b.first_chunk()?;
    Some(bytes.iter().rev().fold(0, |n, &byte| n << 8 | u64::from(byte)))
}

/// The first packet of an exchange.
fn probe(b: &[u8]) -> bool {
    b.len() >= 5 && b[3] <= 1 && length(b).is_some_and(|length| length > 0)
}

fn frame(b: &[u8], framing: &mut Framing<'_>) -> Length {
    let Some(length) = length(b).filter(|_| b.len() >= HEADER) else { return Length::Need };
    let client = framing.side == crate::decryptor::Side::Initiator;
    if client && b[3] == 1 && length == SSL_REQUEST && Bytes(b).u8(5) & CLIENT_SSL != 0 {
        *framing.upgrade = Some(ProtocolId::NONE);
    }
    Length::Known(HEADER as u64 + length)
}

/// What a packet is, as far as it alone tells.
enum Packet {
    Greeting,
    Login,
    Command(u8),
    Error,
    Other,
}

fn packet(view: &View<'_>) -> Packet {
    let b = view.header();
    let server = super::lines::from_server(view, &[PORT]);
    match (server, b.u8(3), b.u8(4)) {
        (true, 0, 10) => Packet::Greeting,
        (true, _, 0xff) => Packet::Error,
        // The bytes of zeros that a login request has (HandshakeResponse41); what else has this number is short.
        (false, 1, _) if b.len() >= 36 && b.clamped(13, 27) == [0; 14] => Packet::Login,
        (false, 0, command) if b.len() > HEADER => Packet::Command(command),
        _ => Packet::Other,
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let mut r = Reader::new(view.header().0, 0);
    put_little(&mut r, 3, PACKET_LENGTH, out)?;
    put_number(&mut r, 1, PACKET_NUMBER, out)?;
    let rest = r.at()..r.end();
    match packet(view) {
        Packet::Greeting => {
            out.put(SERVER_GREETING, rest, Value::Present);
            put_number(&mut r, 1, PROTOCOL_VERSION, out)?;
            put_text_z(&mut r, VERSION, out)?;
            put_little(&mut r, 4, THREAD_ID, out).map(drop)
        }
        Packet::Login => {
            out.put(LOGIN_REQUEST, rest, Value::Present);
            put_little(&mut r, 2, CAPS_CLIENT, out)?;
            r.take(2)?;
            put_little(&mut r, 4, MAX_PACKET, out)?;
            r.take(24)?;
            if r.left() > 0 { put_text_z(&mut r, USER, out).map(drop) } else { Ok(()) }
        }
        Packet::Command(command) => {
            out.put(REQUEST, rest, Value::Present);
            put_number(&mut r, 1, COMMAND, out)?;
            if command == COM_QUERY {
                let left = r.left();
                put_text(&mut r, left, QUERY, out)?;
            }
            Ok(())
        }
        Packet::Error | Packet::Other => Ok(()),
    }
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.header();
    match packet(view) {
        Packet::Greeting => {
            out.push_str("Server Greeting version=");
            let version = text_z(&mut Reader::new(b.0, 5)).unwrap_or(b"");
            crate::text::write_escaped(version, out);
        }
        Packet::Login => {
            out.push_str("Login Request user=");
            let user = text_z(&mut Reader::new(b.0, 36)).unwrap_or(b"");
            crate::text::write_escaped(user, out);
        }
        Packet::Command(command) => {
            out.push_str("Request ");
            out.push_str(crate::field::value_name(COMMANDS, command.into()).unwrap_or("Unknown"));
            if command == COM_QUERY {
                out.push_str(" { ");
                crate::text::write_escaped(b.clamped(5, b.len()), out);
                out.push_str(" }");
            }
        }
        Packet::Error => put!(out, "Response Error {}", u16::from_le_bytes(b.array(5).unwrap_or_default())),
        Packet::Other if super::lines::from_server(view, &[PORT]) => out.push_str("Response"),
        Packet::Other => out.push_str("Request"),
    }
}
