//! The protocol of MySQL and MariaDB: packet headers, the greeting, login, commands, and replies as far as the packets before
//! them explain them (MySQL internals, "Client/Server Protocol"). Numbers are little-endian.

mod commands;
mod connection;
mod replies;

use commands::{COMMANDS, EXECUTE_FLAG_NAMES, FIELD_TYPES, OPTIONS, RESPONSES};
use connection::{Connection, Packet};

use super::prelude::*;

fields! {
    PACKET_LENGTH: U24 walk, "mysql.packet_length", "Packet Length";
    PACKET_NUMBER: U8 walk, "mysql.packet_number", "Packet Number";
    SERVER_GREETING: None walk, "mysql.server_greeting", "Server Greeting";
    PROTOCOL_VERSION: U8 walk, "mysql.protocol", "Protocol";
    VERSION: Text walk, "mysql.version", "Version";
    THREAD_ID: U32 walk, "mysql.thread_id", "Thread ID";
    SALT: Text walk, "mysql.salt", "Salt";
    CAPS_SERVER: U16 walk, "mysql.caps.server", "Server Capabilities", hex;
    LOGIN_REQUEST: None walk, "mysql.login_request", "Login Request";
    CAPS_CLIENT: U16 walk, "mysql.caps.client", "Client Capabilities", hex;
    LONG_PASSWORD: Bool walk, "mysql.caps.lp", "Long Password";
    FOUND_ROWS: Bool walk, "mysql.caps.fr", "Found Rows";
    LONG_FLAG: Bool walk, "mysql.caps.lf", "Long Column Flags";
    CONNECT_WITH_DB: Bool walk, "mysql.caps.cd", "Connect With Database";
    NO_SCHEMA: Bool walk, "mysql.caps.ns", "Don't Allow database.table.column";
    COMPRESS: Bool walk, "mysql.caps.cp", "Can use compression protocol";
    ODBC: Bool walk, "mysql.caps.ob", "ODBC Client";
    LOCAL_FILES: Bool walk, "mysql.caps.li", "Can Use LOAD DATA LOCAL";
    IGNORE_SPACE: Bool walk, "mysql.caps.is", "Ignore Spaces before '('";
    PROTOCOL_41: Bool walk, "mysql.caps.cu", "Speaks 4.1 protocol (new flag)";
    INTERACTIVE: Bool walk, "mysql.caps.ia", "Interactive Client";
    SSL: Bool walk, "mysql.caps.sl", "Switch to SSL after handshake";
    IGNORE_SIGPIPE: Bool walk, "mysql.caps.ii", "Ignore sigpipes";
    TRANSACTIONS: Bool walk, "mysql.caps.ta", "Knows about transactions";
    RESERVED_41: Bool walk, "mysql.caps.rs", "Speaks 4.1 protocol (old flag)";
    SECURE_CONNECTION: Bool walk, "mysql.caps.sc", "Can do 4.1 authentication";
    SERVER_LANGUAGE: U8 walk, "mysql.server_language", "Server Language";
    EXTCAPS_SERVER: U16 walk, "mysql.extcaps.server", "Extended Server Capabilities", hex;
    EXTCAPS_CLIENT: U16 walk, "mysql.extcaps.client", "Extended Client Capabilities", hex;
    MULTI_STATEMENTS: Bool walk, "mysql.caps.ms", "Multiple statements";
    MULTI_RESULTS: Bool walk, "mysql.caps.mr", "Multiple results";
    PS_MULTI_RESULTS: Bool walk, "mysql.caps.pm", "PS Multiple results";
    PLUGIN_AUTH: Bool walk, "mysql.caps.pa", "Plugin Auth";
    CONNECT_ATTRS: Bool walk, "mysql.caps.ca", "Connect attrs";
    EXPIRED_PASSWORDS: Bool walk, "mysql.caps.ep", "Client can handle expired passwords";
    SESSION_TRACK: Bool walk, "mysql.caps.session_track", "Session variable tracking";
    DEPRECATE_EOF: Bool walk, "mysql.caps.deprecate_eof", "Deprecate EOF";
    OPTIONAL_METADATA: Bool walk, "mysql.caps.optional_metadata", "Client can hanle optional resultset metadata";
    ZSTD: Bool walk, "mysql.caps.compress_zsd", "ZSTD Compression Algorithm";
    QUERY_ATTRIBUTES: Bool walk, "mysql.caps.query_attrs", "Query Attributes";
    MULTI_FACTOR: Bool walk, "mysql.caps.mf_auth", "Multifactor Authentication";
    CAPABILITY_EXTENSION: Bool walk, "mysql.caps.cap_ext", "Capability Extension";
    CAPS_UNUSED: U16 walk, "mysql.caps.unused", "Unused", hex;
    AUTH_PLUGIN_LENGTH: U8 walk, "mysql.auth_plugin.length", "Authentication Plugin Length";
    UNUSED: Bytes walk, "mysql.unused", "Unused";
    SALT2: Text walk, "mysql.salt2", "Salt";
    AUTH_PLUGIN: Text walk, "mysql.auth_plugin", "Authentication Plugin";
    MAX_PACKET: U32 walk, "mysql.max_packet", "MAX Packet";
    CHARSET: U8 walk, "mysql.charset", "Charset";
    USER: Text walk, "mysql.user", "Username";
    PASSWORD: Bytes walk, "mysql.passwd", "Password";
    SCHEMA: Text walk, "mysql.schema", "Schema";
    CLIENT_AUTH_PLUGIN: Text walk, "mysql.client_auth_plugin", "Client Auth Plugin";
    CONNATTRS: None walk, "mysql.connattrs", "Connection Attributes";
    CONNATTRS_LENGTH: U64 walk, "mysql.connattrs.length", "Connection Attributes length";
    CONNATTRS_ATTR: None walk, "mysql.connattrs.attr", "Connection Attribute";
    CONNATTRS_NAME_LENGTH: U64 walk, "mysql.connattrs.name.length", "Connection Attribute Name Length";
    CONNATTRS_NAME: Text walk, "mysql.connattrs.name", "Connection Attribute Name";
    CONNATTRS_VALUE_LENGTH: U64 walk, "mysql.connattrs.value.length", "Connection Attribute Value Length";
    CONNATTRS_VALUE: Text walk, "mysql.connattrs.value", "Connection Attribute Value";
    ZSTD_LEVEL: U8 walk, "mysql.compression.zstd_level", "ZSTD Compression Level";
    AUTH_SWITCH_STATUS: U8 walk, "mysql.auth_switch_request.status", "Status", hex;
    AUTH_SWITCH_NAME: Text walk, "mysql.auth_switch_request.name", "Auth Method Name";
    AUTH_SWITCH_DATA: Bytes walk, "mysql.auth_switch_request.data", "Auth Method Data";
    AUTH_SWITCH_RESPONSE: Bytes walk, "mysql.auth_switch_response.data", "Auth Method Data";
    REQUEST: None walk, "mysql.request", "Request Command";
    COMMAND: U8 walk, "mysql.command", "Command", names(COMMANDS);
    QUERY: Text walk, "mysql.query", "Statement";
    STATEMENT_ID: U32 walk, "mysql.stmt_id", "Statement ID";
    PARAMETER: U16 walk, "mysql.param", "Parameter";
    EXECUTE_FLAGS: U8 walk, "mysql.exec_flags", "Flags (unused)", names(EXECUTE_FLAG_NAMES);
    EXECUTE_ITERATIONS: U32 walk, "mysql.exec_iter", "Iterations (unused)";
    FETCH_ROWS: U32 walk, "mysql.num_rows", "Rows to fetch";
    OPTION: U16 walk, "mysql.option", "Option", names(OPTIONS);
    TABLE_NAME: Text walk, "mysql.table_name", "Table Name";
    RESPONSE_CODE: U8 walk, "mysql.response_code", "Response Code", hex, names(RESPONSES);
    ERROR_CODE: U16 walk, "mysql.error_code", "Error Code";
    SQL_STATE: Text walk, "mysql.sqlstate", "SQL state";
    ERROR_MESSAGE: Text walk, "mysql.error.message", "Error message";
    EOF_MARKER: U8 walk, "mysql.eof", "EOF marker";
    AFFECTED_ROWS: U64 walk, "mysql.affected_rows", "Affected Rows";
    INSERT_ID: U64 walk, "mysql.insert_id", "Last INSERT ID";
    SERVER_STATUS: U16 walk, "mysql.server_status", "Server Status", hex;
    IN_TRANSACTION: Bool walk, "mysql.stat.it", "In transaction";
    AUTO_COMMIT: Bool walk, "mysql.stat.ac", "AUTO_COMMIT";
    MULTI_QUERY: Bool walk, "mysql.stat.mu", "Multi query / Unused";
    MORE_RESULTS: Bool walk, "mysql.stat.mr", "More results";
    BAD_INDEX: Bool walk, "mysql.stat.bi", "Bad index used";
    NO_INDEX: Bool walk, "mysql.stat.ni", "No index used";
    CURSOR_EXISTS: Bool walk, "mysql.stat.cr", "Cursor exists";
    LAST_ROW: Bool walk, "mysql.stat.lr", "Last row sent";
    DATABASE_DROPPED: Bool walk, "mysql.stat.dr", "Database dropped";
    NO_BACKSLASH_ESCAPES: Bool walk, "mysql.stat.bs", "No backslash escapes";
    METADATA_CHANGED: Bool walk, "mysql.stat.mc", "Metadata changed";
    QUERY_WAS_SLOW: Bool walk, "mysql.stat.query_was_slow", "Query was slow";
    PS_OUT_PARAMS: Bool walk, "mysql.stat.ps_out_params", "PS Out Params";
    TRANSACTION_READONLY: Bool walk, "mysql.stat.trans_readonly", "In Trans Readonly";
    SESSION_STATE_CHANGED: Bool walk, "mysql.stat.session_state_changed", "Session state changed";
    WARNINGS: U16 walk, "mysql.warnings", "Warnings";
    MESSAGE: Text walk, "mysql.message", "Message";
    NUMBER_OF_FIELDS: U64 walk, "mysql.num_fields", "Number of fields";
    NUMBER_OF_PARAMETERS: U16 walk, "mysql.num_params", "Number of parameter";
    FIELD_CATALOG: Text walk, "mysql.field.catalog", "Catalog";
    FIELD_DB: Text walk, "mysql.field.db", "Database";
    FIELD_TABLE: Text walk, "mysql.field.table", "Table";
    FIELD_ORG_TABLE: Text walk, "mysql.field.org_table", "Original table";
    FIELD_NAME: Text walk, "mysql.field.name", "Name";
    FIELD_ORG_NAME: Text walk, "mysql.field.org_name", "Original name";
    FIELD_CHARSET: U16 walk, "mysql.field.charsetnr", "Charset number";
    FIELD_LENGTH: U32 walk, "mysql.field.length", "Length";
    FIELD_TYPE: U8 walk, "mysql.field.type", "Type", names(FIELD_TYPES);
    FIELD_FLAGS: U16 walk, "mysql.field.flags", "Flags", hex;
    NOT_NULL: Bool walk, "mysql.field.flags.not_null", "Not null";
    PRIMARY_KEY: Bool walk, "mysql.field.flags.primary_key", "Primary key";
    UNIQUE_KEY: Bool walk, "mysql.field.flags.unique_key", "Unique key";
    MULTIPLE_KEY: Bool walk, "mysql.field.flags.multiple_key", "Multiple key";
    BLOB: Bool walk, "mysql.field.flags.blob", "Blob";
    UNSIGNED: Bool walk, "mysql.field.flags.unsigned", "Unsigned";
    ZERO_FILL: Bool walk, "mysql.field.flags.zero_fill", "Zero fill";
    ENUM: Bool walk, "mysql.field.flags.enum", "Enum";
    AUTO_INCREMENT: Bool walk, "mysql.field.flags.auto_increment", "Auto increment";
    TIMESTAMP: Bool walk, "mysql.field.flags.timestamp", "Timestamp";
    SET: Bool walk, "mysql.field.flags.set", "Set";
    FIELD_DECIMALS: U8 walk, "mysql.field.decimals", "Decimals";
    FIELD_DEFAULT: Text walk, "mysql.field.default", "Default";
    ROW_TEXT: Text walk, "mysql.row.text", "text";
    ROW_NULL_BUFFER: Bytes walk, "mysql.row.nullbuffer", "Row null buffer";
    PAYLOAD: Bytes walk, "mysql.payload", "Payload";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(PORT)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: true }),
    unpacker: Some(|| Box::<Connection>::default()),
    info: Some(info),
    ..Protocol::new("mysql", "MySQL Protocol", "MySQL")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    Ok(Step::last(b))
}

const PORT: u16 = 3306;
const HEADER: usize = 4;
/// The client goes on with TLS (capability CLIENT_SSL).
const CLIENT_SSL: u8 = 0x08;
/// A request for TLS is a login request that ends before the user's name.
const SSL_REQUEST: u64 = 32;

/// Lower half of the capabilities.
const CAPABILITIES: &[(FieldIndex, u64)] = &[
    (LONG_PASSWORD, 0x1),
    (FOUND_ROWS, 0x2),
    (LONG_FLAG, 0x4),
    (CONNECT_WITH_DB, 0x8),
    (NO_SCHEMA, 0x10),
    (COMPRESS, 0x20),
    (ODBC, 0x40),
    (LOCAL_FILES, 0x80),
    (IGNORE_SPACE, 0x100),
    (PROTOCOL_41, 0x200),
    (INTERACTIVE, 0x400),
    (SSL, 0x800),
    (IGNORE_SIGPIPE, 0x1000),
    (TRANSACTIONS, 0x2000),
    (RESERVED_41, 0x4000),
    (SECURE_CONNECTION, 0x8000),
];

/// Their upper half.
const EXTENDED_CAPABILITIES: &[(FieldIndex, u64)] = &[
    (MULTI_STATEMENTS, 0x1),
    (MULTI_RESULTS, 0x2),
    (PS_MULTI_RESULTS, 0x4),
    (PLUGIN_AUTH, 0x8),
    (CONNECT_ATTRS, 0x10),
    (EXPIRED_PASSWORDS, 0x40),
    (SESSION_TRACK, 0x80),
    (DEPRECATE_EOF, 0x100),
    (OPTIONAL_METADATA, 0x200),
    (ZSTD, 0x400),
    (QUERY_ATTRIBUTES, 0x800),
    (MULTI_FACTOR, 0x1000),
    (CAPABILITY_EXTENSION, 0x2000),
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

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let mut r = Reader::new(view.header().0, 0);
    put_little(&mut r, 3, PACKET_LENGTH, out)?;
    put_number(&mut r, 1, PACKET_NUMBER, out)?;
    let rest = r.at()..r.end();
    match Packet::of(view.unpacked()) {
        Packet::Greeting => {
            out.put(SERVER_GREETING, rest, Value::Present);
            greeting(&mut r, out)
        }
        Packet::Login => {
            out.put(LOGIN_REQUEST, rest, Value::Present);
            login(&mut r, out)
        }
        Packet::Command => {
            out.put(REQUEST, rest, Value::Present);
            command(&mut r, out)
        }
        Packet::AuthReply => put_rest(&mut r, AUTH_SWITCH_RESPONSE, out),
        packet => replies::reply(packet, &mut r, out),
    }
}

fn greeting(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, PROTOCOL_VERSION, out)?;
    put_text_z(r, VERSION, out)?;
    put_little(r, 4, THREAD_ID, out)?;
    put_text_z(r, SALT, out)?;
    if r.left() == 0 {
        return Ok(());
    }
    let low = put_little(r, 2, CAPS_SERVER, out)?;
    put_flags(r, 2, low, CAPABILITIES, out);
    if r.left() == 0 {
        return Ok(());
    }
    put_number(r, 1, SERVER_LANGUAGE, out)?;
    replies::server_status(r, out)?;
    extended_capabilities(r, EXTCAPS_SERVER, out)?;
    put_number(r, 1, AUTH_PLUGIN_LENGTH, out)?;
    put_bytes(r, 10, UNUSED, out)?;
    for field in [SALT2, AUTH_PLUGIN] {
        if r.left() > 0 {
            put_text_z(r, field, out)?;
        }
    }
    Ok(())
}

fn extended_capabilities(
    r: &mut Reader<'_>,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<u64, Short> {
    let high = put_little(r, 2, field, out)?;
    put_flags(r, 2, high, EXTENDED_CAPABILITIES, out);
    put_parts(r, 2, high, &[(CAPS_UNUSED, 0xc000)], out);
    Ok(high)
}

/// A login request (HandshakeResponse41); which parts it has is said by its capabilities.
fn login(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let low = put_little(r, 2, CAPS_CLIENT, out)?;
    put_flags(r, 2, low, CAPABILITIES, out);
    let high = extended_capabilities(r, EXTCAPS_CLIENT, out)?;
    let has = |bit: u64| (low | high << 16) & bit != 0;
    put_little(r, 4, MAX_PACKET, out)?;
    put_number(r, 1, CHARSET, out)?;
    put_bytes(r, 23, UNUSED, out)?;
    if r.left() == 0 {
        // The request for TLS.
        return Ok(());
    }
    put_text_z(r, USER, out)?;
    if has(connection::PLUGIN_AUTH_LENENC) {
        let length = replies::length_encoded(r)?.unwrap_or(0);
        password(r, length, out)?;
    } else if has(connection::SECURE_CONNECTION) {
        let length = r.u8()?;
        password(r, length.into(), out)?;
    } else {
        let at = r.at();
        let length = text_z(r)?.len();
        password(&mut Reader::between(r.whole(), at, at + length), length as u64, out)?;
    }
    if has(connection::CONNECT_WITH_DB) {
        put_text_z(r, SCHEMA, out)?;
    }
    if has(connection::PLUGIN_AUTH) {
        put_text_z(r, CLIENT_AUTH_PLUGIN, out)?;
    }
    if has(connection::CONNECT_ATTRS) && r.left() > 0 {
        attributes(r, out)?;
    }
    if has(connection::ZSTD) && r.left() > 0 {
        put_number(r, 1, ZSTD_LEVEL, out)?;
    }
    Ok(())
}

fn password(r: &mut Reader<'_>, length: u64, out: &mut dyn FieldSink) -> Result<(), Short> {
    if length > 0 { put_bytes(r, length as usize, PASSWORD, out) } else { Ok(()) }
}

/// Names and values that say what the client is.
fn attributes(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let length = replies::put_length(r, CONNATTRS_LENGTH, out)?.unwrap_or(0);
    let mut list = r.sub(length as usize)?;
    out.put(CONNATTRS, at..list.end(), Value::Present);
    while list.left() > 0 {
        out.put(CONNATTRS_ATTR, list.at()..list.end(), Value::Present);
        replies::put_string(&mut list, Some(CONNATTRS_NAME_LENGTH), CONNATTRS_NAME, out)?;
        replies::put_string(&mut list, Some(CONNATTRS_VALUE_LENGTH), CONNATTRS_VALUE, out)?;
    }
    Ok(())
}

/// A command of the client, and what goes with it.
fn command(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let command = put_number(r, 1, COMMAND, out)? as u8;
    let left = r.left();
    match command {
        commands::INIT_DB | commands::CREATE_DB | commands::DROP_DB => put_text(r, left, SCHEMA, out),
        commands::QUERY | commands::STMT_PREPARE => put_text(r, left, QUERY, out),
        commands::FIELD_LIST => put_text_z(r, TABLE_NAME, out).map(drop),
        commands::PROCESS_KILL => put_little(r, 4, THREAD_ID, out).map(drop),
        commands::SET_OPTION => put_little(r, 2, OPTION, out).map(drop),
        commands::STMT_CLOSE | commands::STMT_RESET => put_little(r, 4, STATEMENT_ID, out).map(drop),
        commands::STMT_SEND_LONG_DATA => {
            put_little(r, 4, STATEMENT_ID, out)?;
            put_little(r, 2, PARAMETER, out)?;
            put_rest(r, PAYLOAD, out)
        }
        commands::STMT_FETCH => {
            put_little(r, 4, STATEMENT_ID, out)?;
            put_little(r, 4, FETCH_ROWS, out).map(drop)
        }
        commands::STMT_EXECUTE => {
            put_little(r, 4, STATEMENT_ID, out)?;
            put_number(r, 1, EXECUTE_FLAGS, out)?;
            put_little(r, 4, EXECUTE_ITERATIONS, out)?;
            // What it binds is explained by the reply to the preparation.
            put_rest(r, PAYLOAD, out)
        }
        _ => put_rest(r, PAYLOAD, out),
    }
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.header();
    match Packet::of(view.unpacked()) {
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
        Packet::Command => {
            out.push_str("Request ");
            out.push_str(crate::field::value_name(COMMANDS, b.u8(4).into()).unwrap_or("Unknown"));
            if matches!(b.u8(4), commands::QUERY | commands::STMT_PREPARE) {
                out.push_str(" { ");
                crate::text::write_escaped(b.clamped(5, b.len()), out);
                out.push_str(" }");
            }
        }
        Packet::AuthReply => out.push_str("Auth Switch Response"),
        Packet::Error => put!(out, "Response Error {}", u16::from_le_bytes(b.array(5).unwrap_or_default())),
        packet => out.push_str(packet.name()),
    }
}
