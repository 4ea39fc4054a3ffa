//! Server Message Block versions 2 and 3 (MS-SMB2). Numbers are little-endian.

use std::ops::Range;

use super::gss;
use super::prelude::*;
use super::put::utf16;
use super::smb_names::{
    CREATE_ACTIONS, DIALECTS, DISPOSITIONS, FUNCTIONS, INFO_CLASSES, NT_STATUS, SHARE_TYPES, SMB2_COMMANDS,
};
use super::smb_parts::Part::{Elsewhere, Flags, Guid, Number, Skip, Time};
use super::smb_parts::{Content, Part, Pointer, put_parts};

fields! {
    PROTOCOL_ID: U32 walk, "smb2.protocol_id", "ProtocolId", hex;
    HEADER_LEN: U16 walk, "smb2.header_len", "Header Length";
    CREDIT_CHARGE: U16 walk, "smb2.credit.charge", "Credit Charge";
    CHANNEL_SEQUENCE: U16 walk, "smb2.channel_sequence", "Channel Sequence";
    STATUS: U32 walk, "smb2.nt_status", "NT Status", hex, names(NT_STATUS);
    CMD: U16 walk, "smb2.cmd", "Command", names(SMB2_COMMANDS);
    CREDITS_REQUESTED: U16 walk, "smb2.credits.requested", "Credits requested";
    CREDITS_GRANTED: U16 walk, "smb2.credits.granted", "Credits granted";
    FLAGS: U32 walk, "smb2.flags", "Flags", hex;
    FLAGS_RESPONSE: Bool walk, "smb2.flags.response", "Response";
    FLAGS_ASYNC: Bool walk, "smb2.flags.async", "Async command";
    FLAGS_CHAINED: Bool walk, "smb2.flags.chained", "Chained";
    FLAGS_SIGNATURE: Bool walk, "smb2.flags.signature", "Signing";
    FLAGS_PRIORITY_MASK: Bool walk, "smb2.flags.priority_mask", "Priority";
    FLAGS_DFS: Bool walk, "smb2.flags.dfs", "DFS operation";
    FLAGS_REPLAY: Bool walk, "smb2.flags.replay", "Replay operation";
    CHAIN_OFFSET: U32 walk, "smb2.chain_offset", "Chain Offset", hex;
    MSG_ID: U64 walk, "smb2.msg_id", "Message ID";
    PID: U32 walk, "smb2.pid", "Process Id", hex;
    TID: U32 walk, "smb2.tid", "Tree Id", hex;
    AID: U64 walk, "smb2.aid", "Async Id", hex;
    SESID: U64 walk, "smb2.sesid", "Session Id", hex;
    SIGNATURE: Bytes walk, "smb2.signature", "Signature";
    TRANSFORM_SIGNATURE: Bytes walk, "smb2.header.transform.signature", "Signature";
    TRANSFORM_NONCE: Bytes walk, "smb2.header.transform.nonce", "Nonce";
    TRANSFORM_MSG_SIZE: U32 walk, "smb2.header.transform.msg_size", "Message size";
    TRANSFORM_FLAGS: U16 walk, "smb2.header.transform.flags", "Flags", hex;
    TRANSFORM_ENC_DATA: Bytes walk, "smb2.header.transform.enc_data", "Encrypted SMB3 data";
    COMP_ORIGINAL_SIZE: U32 walk, "smb2.header.comp_transform.original_size", "OriginalSize";
    BUFFER_CODE: U16 walk, "smb2.buffer_code", "StructureSize", hex;
    BUFFER_CODE_LENGTH: U16 walk, "smb2.buffer_code.length", "Fixed Part Length";
    BUFFER_CODE_DYNAMIC: Bool walk, "smb2.buffer_code.dynamic", "Dynamic Part";
    OLB_OFFSET: U32 walk, "smb2.olb.offset", "Blob Offset", hex;
    OLB_LENGTH: U32 walk, "smb2.olb.length", "Blob Length";
    DIALECT_COUNT: U16 walk, "smb2.dialect_count", "Dialect count";
    DIALECT: U16 walk, "smb2.dialect", "Dialect", hex, names(DIALECTS);
    SEC_MODE: U8 walk, "smb2.sec_mode", "Security mode", hex;
    SEC_MODE_SIGN_ENABLED: Bool walk, "smb2.sec_mode.sign_enabled", "Signing enabled";
    SEC_MODE_SIGN_REQUIRED: Bool walk, "smb2.sec_mode.sign_required", "Signing required";
    CAPABILITIES: U32 walk, "smb2.capabilities", "Capabilities", hex;
    CAPABILITIES_DFS: Bool walk, "smb2.capabilities.dfs", "DFS";
    CAPABILITIES_LEASING: Bool walk, "smb2.capabilities.leasing", "LEASING";
    CAPABILITIES_LARGE_MTU: Bool walk, "smb2.capabilities.large_mtu", "LARGE MTU";
    CAPABILITIES_MULTI_CHANNEL: Bool walk, "smb2.capabilities.multi_channel", "MULTI CHANNEL";
    CAPABILITIES_PERSISTENT_HANDLES: Bool walk, "smb2.capabilities.persistent_handles", "PERSISTENT HANDLES";
    CAPABILITIES_DIRECTORY_LEASING: Bool walk, "smb2.capabilities.directory_leasing", "DIRECTORY LEASING";
    CAPABILITIES_ENCRYPTION: Bool walk, "smb2.capabilities.encryption", "ENCRYPTION";
    CLIENT_GUID: Guid walk, "smb2.client_guid", "Client Guid";
    SERVER_GUID: Guid walk, "smb2.server_guid", "Server Guid";
    CONTEXT_COUNT: U16 walk, "smb2.negotiate_context.count", "NegotiateContextCount";
    CONTEXT_OFFSET: U32 walk, "smb2.negotiate_context.offset", "NegotiateContextOffset", hex;
    MAX_TRANS_SIZE: U32 walk, "smb2.max_trans_size", "Max Transaction Size";
    MAX_READ_SIZE: U32 walk, "smb2.max_read_size", "Max Read Size";
    MAX_WRITE_SIZE: U32 walk, "smb2.max_write_size", "Max Write Size";
    CURRENT_TIME: Time walk, "smb2.current_time", "Current Time";
    BOOT_TIME: Time walk, "smb2.boot_time", "Boot Time";
    SECURITY_BLOB: Bytes walk, "smb2.security_blob", "Security Blob";
    SES_REQ_FLAGS: U8 walk, "smb2.ses_req_flags", "Flags";
    SES_REQ_FLAGS_BINDING: Bool walk, "smb2.ses_req_flags.session_binding", "Session Binding Request";
    CHANNEL: U32 walk, "smb2.channel", "Channel", hex;
    PREVIOUS_SESID: U64 walk, "smb2.previous_sesid", "Previous Session Id", hex;
    SESSION_FLAGS: U16 walk, "smb2.session_flags", "Session Flags", hex;
    SES_FLAGS_GUEST: Bool walk, "smb2.ses_flags.guest", "Guest";
    SES_FLAGS_NULL: Bool walk, "smb2.ses_flags.null", "Null";
    SES_FLAGS_ENCRYPT: Bool walk, "smb2.ses_flags.encrypt", "Encrypt";
    TREE: Text walk, "smb2.tree", "Tree";
    SHARE_TYPE: U8 walk, "smb2.share_type", "Share Type", hex, names(SHARE_TYPES);
    SHARE_FLAGS: U32 walk, "smb2.share_flags", "Share flags", hex;
    SHARE_CAPS: U32 walk, "smb2.share_caps", "Share Capabilities", hex;
    CREATE_OPLOCK: U8 walk, "smb2.create.oplock", "Oplock", hex;
    IMPERSONATION_LEVEL: U32 walk, "smb2.impersonation.level", "Impersonation level";
    CREATE_DISPOSITION: U32 walk, "smb2.create.disposition", "Disposition", names(DISPOSITIONS);
    CREATE_ACTION: U32 walk, "smb2.create.action", "Create Action", names(CREATE_ACTIONS);
    FILENAME: Text walk, "smb2.filename", "Filename";
    FID: Guid walk, "smb2.fid", "File Id";
    CREATE_TIME: Time walk, "smb2.create.time", "Create";
    LAST_ACCESS_TIME: Time walk, "smb2.last_access.time", "Last Access";
    LAST_WRITE_TIME: Time walk, "smb2.last_write.time", "Last Write";
    LAST_CHANGE_TIME: Time walk, "smb2.last_change.time", "Last Change";
    ALLOCATION_SIZE: U64 walk, "smb2.allocation_size", "Allocation Size";
    EOF: U64 walk, "smb2.eof", "End Of File";
    CLOSE_FLAGS: U16 walk, "smb2.close.flags", "Close Flags", hex;
    READ_PADDING: U8 walk, "smb2.read_padding", "Padding", hex;
    READ_FLAGS: U8 walk, "smb2.read_flags", "Flags", hex;
    READ_LENGTH: U32 walk, "smb2.read_length", "Read Length";
    READ_REMAINING: U32 walk, "smb2.read_remaining", "Read Remaining";
    MIN_COUNT: U32 walk, "smb2.min_count", "Min Count";
    FILE_OFFSET: U64 walk, "smb2.file_offset", "File Offset";
    REMAINING_BYTES: U32 walk, "smb2.remaining_bytes", "Remaining Bytes";
    DATA_OFFSET: U16 walk, "smb2.data_offset", "Data Offset", hex;
    WRITE_LENGTH: U32 walk, "smb2.write_length", "Write Length";
    WRITE_FLAGS: U32 walk, "smb2.write.flags", "Write Flags", hex;
    WRITE_COUNT: U32 walk, "smb2.write.count", "Write Count";
    WRITE_REMAINING: U32 walk, "smb2.write.remaining", "Write Remaining";
    LOCK_COUNT: U16 walk, "smb2.lock_count", "Lock Count";
    IOCTL_FUNCTION: U32 walk, "smb2.ioctl.function", "Function", hex, names(FUNCTIONS);
    FIND_INFOLEVEL: U32 walk, "smb2.find.infolevel", "Info Level";
    FIND_FLAGS: U8 walk, "smb2.find.flags", "Find Flags", hex;
    FIND_PATTERN: Text walk, "smb2.find.pattern", "Search Pattern";
    CLASS: U8 walk, "smb2.class", "Class", hex, names(INFO_CLASSES);
    FILE_INFOLEVEL: U8 walk, "smb2.file_info.infolevel", "InfoLevel", hex;
    FS_INFOLEVEL: U8 walk, "smb2.fs_info.infolevel", "InfoLevel", hex;
    SEC_INFOLEVEL: U8 walk, "smb2.sec_info.infolevel", "InfoLevel", hex;
    INFOLEVEL: U8 walk, "smb2.infolevel", "InfoLevel", hex;
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    walk: Some(walk),
    carries: Some(carries),
    info: Some(info),
    ..Protocol::new("smb2", "SMB2 (Server Message Block Protocol version 2)", "SMB2")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    Ok(Step::last(b))
}

/// The Kerberos message in the token of a session setup (§2.2.5, §2.2.6), the first message of a chain.
fn carries(bytes: &[u8]) -> Option<(ProtocolId, Range<usize>)> {
    let b = Bytes(bytes);
    if b.u8(0) != 0xfe || b.little(12, 2) != SESSION_SETUP {
        return None;
    }
    let is_response = b.little(16, 4) & RESPONSE != 0;
    let place = HEADER + if is_response { 4 } else { 12 };
    let start = b.little(place, 2) as usize;
    gss::kerberos(bytes, start..(start + b.little(place + 2, 2) as usize).min(bytes.len()))
}

/// The first byte tells the header of a message from those in front of encrypted and compressed ones (§2.2.1, §2.2.41,
/// §2.2.42).
const TRANSFORM: u8 = 0xfd;
const COMPRESSION: u8 = 0xfc;
/// Length of the header of a message.
const HEADER: usize = 64;

const RESPONSE: u64 = 1;
const ASYNC: u64 = 2;
const FLAG_BITS: &[(FieldIndex, u64)] = &[
    (FLAGS_RESPONSE, RESPONSE),
    (FLAGS_ASYNC, ASYNC),
    (FLAGS_CHAINED, 4),
    (FLAGS_SIGNATURE, 8),
    (FLAGS_PRIORITY_MASK, 0x70),
    (FLAGS_DFS, 0x1000_0000),
    (FLAGS_REPLAY, 0x2000_0000),
];

const NEGOTIATE: u64 = 0;
const SESSION_SETUP: u64 = 1;
const TREE_CONNECT: u64 = 3;
const CREATE: u64 = 5;
const IOCTL: u64 = 11;
const GET_INFO: u64 = 16;
const SET_INFO: u64 = 17;

const MORE_PROCESSING_REQUIRED: u64 = 0xc000_0016;

/// A message, which may be one of a chain (§3.2.4.1.4).
struct Message<'a> {
    /// The whole of it; offsets are those of the layer.
    reader: Reader<'a>,
    command: u64,
    status: u64,
    flags: u64,
}

impl<'a> Message<'a> {
    /// Takes the next message of the chain.
    fn next(chain: &mut Reader<'a>) -> Result<Self, Short> {
        let at = chain.at();
        let number = |start: usize, length: usize| Bytes(chain.whole()).little(at + start, length);
        let (status, command, flags) = (number(8, 4), number(12, 2), number(16, 4));
        let length = match number(20, 4) as usize {
            0 => chain.left(),
            next => next.min(chain.left()),
        };
        let reader = chain.sub(length)?;
        if length < HEADER {
            return Err(Short::new(HEADER, length));
        }
        Ok(Self { reader, command, status, flags })
    }

    fn is_response(&self) -> bool {
        self.flags & RESPONSE != 0
    }

    /// An error takes the place of the response proper (§2.2.2), but where authentication goes on.
    fn is_error(&self) -> bool {
        self.is_response() && self.status >> 30 == 3 && self.status != MORE_PROCESSING_REQUIRED
    }

    fn name(&self) -> &'static str {
        crate::field::value_name(SMB2_COMMANDS, self.command).unwrap_or("Unknown")
    }

    fn kind(&self) -> &'static str {
        if self.is_response() { "Response" } else { "Request" }
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 0);
    match view.bytes.u8(0) {
        TRANSFORM => return transform(&mut r, out),
        COMPRESSION => {
            r.take(4)?;
            return put_little(&mut r, 4, COMP_ORIGINAL_SIZE, out).map(drop);
        }
        _ => {}
    }
    while r.left() > 0 {
        let message = Message::next(&mut r)?;
        let at = message.reader.at();
        out.open(at..at + HEADER, format_args!("SMB2 Header"));
        let mut body = message.reader;
        header(&message, &mut body, out)?;
        out.close();
        out.open(body.at()..body.end(), format_args!("{} {}", message.name(), message.kind()));
        // One damaged body does not hide the next message.
        let _ = fixed_part(&message, &mut body, out);
        out.close();
    }
    Ok(())
}

/// §2.2.1.1 and §2.2.1.2.
fn header(message: &Message<'_>, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 4, PROTOCOL_ID, out)?;
    put_little(r, 2, HEADER_LEN, out)?;
    put_little(r, 2, CREDIT_CHARGE, out)?;
    if message.is_response() {
        put_little(r, 4, STATUS, out)?;
    } else {
        put_little(r, 2, CHANNEL_SEQUENCE, out)?;
        r.take(2)?;
    }
    put_little(r, 2, CMD, out)?;
    put_little(r, 2, if message.is_response() { CREDITS_GRANTED } else { CREDITS_REQUESTED }, out)?;
    put_little(r, 4, FLAGS, out)?;
    put_flags(r, 4, message.flags, FLAG_BITS, out);
    put_little(r, 4, CHAIN_OFFSET, out)?;
    put_little(r, 8, MSG_ID, out)?;
    if message.flags & ASYNC != 0 {
        put_little(r, 8, AID, out)?;
    } else {
        put_little(r, 4, PID, out)?;
        put_little(r, 4, TID, out)?;
    }
    put_little(r, 8, SESID, out)?;
    put_bytes(r, 16, SIGNATURE, out)
}

fn fixed_part(message: &Message<'_>, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let size = put_little(r, 2, BUFFER_CODE, out)?;
    out.put(BUFFER_CODE_LENGTH, r.at() - 2..r.at(), Value::Unsigned(size >> 1));
    put_flags(r, 2, size, &[(BUFFER_CODE_DYNAMIC, 1)], out);
    if message.is_error() {
        return Ok(());
    }
    let base = message.reader.at();
    let body = r.at();
    if matches!((message.command, message.is_response()), (GET_INFO | SET_INFO, false)) {
        classes(r, out)?;
    }
    put_parts(parts(message), r, base, Pointer { offset: OLB_OFFSET, length: OLB_LENGTH }, out)?;
    if message.command == NEGOTIATE && !message.is_response() {
        for _ in 0..Bytes(r.whole()).little(body, 2) {
            put_little(r, 2, DIALECT, out)?;
        }
    }
    Ok(())
}

/// What kind of information is asked for, and which of its kind.
fn classes(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let field = match put_little(r, 1, CLASS, out)? {
        1 => FILE_INFOLEVEL,
        2 => FS_INFOLEVEL,
        3 => SEC_INFOLEVEL,
        _ => INFOLEVEL,
    };
    put_little(r, 1, field, out).map(drop)
}

const MODE_BITS: &[(FieldIndex, u64)] = &[(SEC_MODE_SIGN_ENABLED, 1), (SEC_MODE_SIGN_REQUIRED, 2)];
const CAPABILITY_BITS: &[(FieldIndex, u64)] = &[
    (CAPABILITIES_DFS, 1),
    (CAPABILITIES_LEASING, 2),
    (CAPABILITIES_LARGE_MTU, 4),
    (CAPABILITIES_MULTI_CHANNEL, 8),
    (CAPABILITIES_PERSISTENT_HANDLES, 0x10),
    (CAPABILITIES_DIRECTORY_LEASING, 0x20),
    (CAPABILITIES_ENCRYPTION, 0x40),
];
const SESSION_BITS: &[(FieldIndex, u64)] =
    &[(SES_FLAGS_GUEST, 1), (SES_FLAGS_NULL, 2), (SES_FLAGS_ENCRYPT, 4)];

/// A file's two halves of an identifier (§2.2.14.1).
const FILE_ID: Part = Guid(FID);
const TOKEN: Part = Elsewhere(2, Content::Bytes(SECURITY_BLOB));

/// The fixed part behind its own size, for the commands whose fields are shown (§2.2.3 to §2.2.40).
fn parts(message: &Message<'_>) -> &'static [Part] {
    match (message.command, message.is_response()) {
        (NEGOTIATE, false) => &[
            Number(2, DIALECT_COUNT),
            Flags(1, SEC_MODE, MODE_BITS),
            Skip(3),
            Flags(4, CAPABILITIES, CAPABILITY_BITS),
            Guid(CLIENT_GUID),
            Number(4, CONTEXT_OFFSET),
            Number(2, CONTEXT_COUNT),
            Skip(2),
        ],
        (NEGOTIATE, true) => &[
            Flags(1, SEC_MODE, MODE_BITS),
            Skip(1),
            Number(2, DIALECT),
            Number(2, CONTEXT_COUNT),
            Guid(SERVER_GUID),
            Flags(4, CAPABILITIES, CAPABILITY_BITS),
            Number(4, MAX_TRANS_SIZE),
            Number(4, MAX_READ_SIZE),
            Number(4, MAX_WRITE_SIZE),
            Time(CURRENT_TIME),
            Time(BOOT_TIME),
            TOKEN,
            Number(4, CONTEXT_OFFSET),
        ],
        (SESSION_SETUP, false) => &[
            Flags(1, SES_REQ_FLAGS, &[(SES_REQ_FLAGS_BINDING, 1)]),
            Flags(1, SEC_MODE, MODE_BITS),
            Flags(4, CAPABILITIES, CAPABILITY_BITS),
            Number(4, CHANNEL),
            TOKEN,
            Number(8, PREVIOUS_SESID),
        ],
        (SESSION_SETUP, true) => &[Flags(2, SESSION_FLAGS, SESSION_BITS), TOKEN],
        (TREE_CONNECT, false) => &[Skip(2), Elsewhere(2, Content::Text(TREE))],
        (TREE_CONNECT, true) => {
            &[Number(1, SHARE_TYPE), Skip(1), Number(4, SHARE_FLAGS), Number(4, SHARE_CAPS)]
        }
        (CREATE, false) => &[
            Skip(1),
            Number(1, CREATE_OPLOCK),
            Number(4, IMPERSONATION_LEVEL),
            Skip(28),
            Number(4, CREATE_DISPOSITION),
            Skip(4),
            Elsewhere(2, Content::Text(FILENAME)),
            Elsewhere(4, Content::Unseen),
        ],
        (CREATE, true) => &[
            Number(1, CREATE_OPLOCK),
            Skip(1),
            Number(4, CREATE_ACTION),
            Time(CREATE_TIME),
            Time(LAST_ACCESS_TIME),
            Time(LAST_WRITE_TIME),
            Time(LAST_CHANGE_TIME),
            Number(8, ALLOCATION_SIZE),
            Number(8, EOF),
            Skip(8),
            FILE_ID,
            Elsewhere(4, Content::Unseen),
        ],
        (6, false) => &[Number(2, CLOSE_FLAGS), Skip(4), FILE_ID],
        (7, false) => &[Skip(6), FILE_ID],
        (6, true) => &[
            Number(2, CLOSE_FLAGS),
            Skip(4),
            Time(CREATE_TIME),
            Time(LAST_ACCESS_TIME),
            Time(LAST_WRITE_TIME),
            Time(LAST_CHANGE_TIME),
            Number(8, ALLOCATION_SIZE),
            Number(8, EOF),
        ],
        (8, false) => &[
            Number(1, READ_PADDING),
            Number(1, READ_FLAGS),
            Number(4, READ_LENGTH),
            Number(8, FILE_OFFSET),
            FILE_ID,
            Number(4, MIN_COUNT),
            Number(4, CHANNEL),
            Number(4, REMAINING_BYTES),
            Elsewhere(2, Content::Unseen),
        ],
        (8, true) => &[Number(1, OLB_OFFSET), Skip(1), Number(4, OLB_LENGTH), Number(4, READ_REMAINING)],
        (9, false) => &[
            Number(2, DATA_OFFSET),
            Number(4, WRITE_LENGTH),
            Number(8, FILE_OFFSET),
            FILE_ID,
            Number(4, CHANNEL),
            Number(4, REMAINING_BYTES),
            Skip(4),
            Number(4, WRITE_FLAGS),
        ],
        (9, true) => &[Skip(2), Number(4, WRITE_COUNT), Number(4, WRITE_REMAINING)],
        (10, false) => &[Number(2, LOCK_COUNT), Skip(4), FILE_ID],
        (IOCTL, false) => &[
            Skip(2),
            Number(4, IOCTL_FUNCTION),
            FILE_ID,
            Elsewhere(4, Content::Unseen),
            Skip(4),
            Elsewhere(4, Content::Unseen),
        ],
        (IOCTL, true) => &[
            Skip(2),
            Number(4, IOCTL_FUNCTION),
            FILE_ID,
            Elsewhere(4, Content::Unseen),
            Elsewhere(4, Content::Unseen),
            Number(4, FLAGS),
        ],
        (14, false) => &[
            Number(1, FIND_INFOLEVEL),
            Number(1, FIND_FLAGS),
            Skip(4),
            FILE_ID,
            Elsewhere(2, Content::Text(FIND_PATTERN)),
        ],
        (GET_INFO, false) => &[Skip(20), FILE_ID],
        (SET_INFO, false) => &[Skip(12), FILE_ID],
        _ => &[],
    }
}

/// The header of an encrypted message (§2.2.41).
fn transform(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    r.take(4)?;
    put_bytes(r, 16, TRANSFORM_SIGNATURE, out)?;
    put_bytes(r, 16, TRANSFORM_NONCE, out)?;
    put_little(r, 4, TRANSFORM_MSG_SIZE, out)?;
    r.take(2)?;
    put_little(r, 2, TRANSFORM_FLAGS, out)?;
    put_little(r, 8, SESID, out)?;
    put_rest(r, TRANSFORM_ENC_DATA, out)
}

/// Each message of the chain, with the name it is about.
fn info(view: &View<'_>, out: &mut String) {
    match view.bytes.u8(0) {
        TRANSFORM => return out.push_str("Encrypted SMB3"),
        COMPRESSION => return out.push_str("Compressed SMB3"),
        _ => {}
    }
    let mut r = Reader::new(view.header().0, 0);
    let start = out.len();
    while r.left() > 0
        && let Ok(message) = Message::next(&mut r)
    {
        let separator = if out.len() == start { "" } else { ";" };
        put!(out, "{separator}{} {}", message.name(), message.kind());
        if message.is_response() && message.status != 0 {
            match crate::field::value_name(NT_STATUS, message.status) {
                Some(name) => put!(out, ", Error: {name}"),
                None => put!(out, ", Error: {:#010x}", message.status),
            }
        }
        append_subject(&message, out);
    }
}

fn append_subject(message: &Message<'_>, out: &mut String) {
    let whole = Bytes(message.reader.whole());
    let base = message.reader.at();
    let number = |start: usize, length: usize| whole.little(base + HEADER + start, length) as usize;
    let (label, at) = match (message.command, message.is_response()) {
        (TREE_CONNECT, false) => (" Tree: ", 4),
        (CREATE, false) => (" File: ", 44),
        (14, false) => (" Pattern: ", 24),
        (IOCTL, false) => {
            let function = number(4, 4) as u64;
            let name = crate::field::value_name(FUNCTIONS, function).unwrap_or("unknown function");
            return put!(out, " {name}");
        }
        _ => return,
    };
    let start = base.saturating_add(number(at, 2));
    let text = utf16(whole.clamped(start, start.saturating_add(number(at + 2, 2))));
    out.push_str(label);
    crate::text::write_escaped(text.as_bytes(), out);
}
