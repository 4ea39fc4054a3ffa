//! Server Message Block versions 2 and 3 (MS-SMB2). Numbers are little-endian.

mod bodies;

use std::ops::Range;

use super::gss;
use super::prelude::*;
use super::put::utf16;
use super::smb_names::{
    CREATE_ACTIONS, DIALECTS, DISPOSITIONS, FUNCTIONS, INFO_CLASSES, NT_STATUS, SHARE_TYPES, SMB2_COMMANDS,
};
use super::smb_parts::{Content, Pointer, put_parts};
use crate::exchanges::{self, Exchange, Turn};

fields! {
    PROTOCOL_ID: U32 walk, "smb2.protocol_id", "ProtocolId", hex;
    HEADER_LEN: U16 walk, "smb2.header_len", "Header Length";
    CREDIT_CHARGE: U16 walk, "smb2.credit.charge", "Credit Charge";
    CHANNEL_SEQUENCE: U16 walk, "smb2.channel_sequence", "Channel Sequence";
    RESERVED: Bytes walk, "smb2.reserved", "Reserved";
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
    RESPONSE_TO: FrameNumber exchange(exchanges::request_frame), "smb2.response_to", "Response to";
    TIME: Duration exchange(exchanges::elapsed), "smb2.time", "Time from request";
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
    TC_FLAGS: U16 walk, "smb2.tc.flags", "Flags", hex;
    TC_CLUSTER_RECONNECT: Bool walk, "smb2.tc.cluster_reconnect", "Cluster Reconnect";
    TC_REDIRECT_TO_OWNER: Bool walk, "smb2.tc.redirect_to_owner", "Redirect To Owner";
    TC_EXTENSION_PRESENT: Bool walk, "smb2.tc.extension_present", "Extension Present";
    TC_RESERVED: U16 walk, "smb2.tc.reserved", "Reserved", hex;
    SHARE_TYPE: U8 walk, "smb2.share_type", "Share Type", hex, names(SHARE_TYPES);
    SHARE_FLAGS: U32 walk, "smb2.share_flags", "Share flags", hex;
    SHARE_FLAGS_DFS: Bool walk, "smb2.share_flags.dfs", "DFS";
    SHARE_FLAGS_DFS_ROOT: Bool walk, "smb2.share_flags.dfs_root", "DFS root";
    SHARE_FLAGS_RESTRICT_EXCLUSIVE_OPENS: Bool walk, "smb2.share_flags.restrict_exclusive_opens", "Restrict exclusive opens";
    SHARE_FLAGS_FORCE_SHARED_DELETE: Bool walk, "smb2.share_flags.force_shared_delete", "Force shared delete";
    SHARE_FLAGS_ALLOW_NAMESPACE_CACHING: Bool walk, "smb2.share_flags.allow_namespace_caching", "Allow namespace caching";
    SHARE_FLAGS_ACCESS_BASED_DIR_ENUM: Bool walk, "smb2.share_flags.access_based_dir_enum", "Access based directory enum";
    SHARE_FLAGS_FORCE_LEVELII_OPLOCK: Bool walk, "smb2.share_flags.force_levelii_oplock", "Force level II oplock";
    SHARE_FLAGS_ENABLE_HASH_V1: Bool walk, "smb2.share_flags.enable_hash_v1", "Enable hash V1";
    SHARE_FLAGS_ENABLE_HASH_V2: Bool walk, "smb2.share_flags.enable_hash_v2", "Enable hash V2";
    SHARE_FLAGS_ENCRYPT_DATA: Bool walk, "smb2.share_flags.encrypt_data", "Encrypted data required";
    SHARE_FLAGS_IDENTITY_REMOTING: Bool walk, "smb2.share_flags.identity_remoting", "Identity Remoting";
    SHARE_FLAGS_COMPRESS_DATA: Bool walk, "smb2.share_flags.compress_data", "Compressed IO";
    SHARE_CACHING: U32 walk, "smb2.share.caching", "Caching policy", hex;
    SHARE_CAPS: U32 walk, "smb2.share_caps", "Share Capabilities", hex;
    SHARE_CAPS_DFS: Bool walk, "smb2.share_caps.dfs", "DFS";
    SHARE_CAPS_CONTINUOUS_AVAILABILITY: Bool walk, "smb2.share_caps.continuous_availability", "CONTINUOUS AVAILABILITY";
    SHARE_CAPS_SCALEOUT: Bool walk, "smb2.share_caps.scaleout", "SCALEOUT";
    SHARE_CAPS_CLUSTER: Bool walk, "smb2.share_caps.cluster", "CLUSTER";
    SHARE_CAPS_ASSYMETRIC: Bool walk, "smb2.share_caps.assymetric", "ASSYMETRIC";
    SHARE_CAPS_REDIRECT_TO_OWNER: Bool walk, "smb2.share_caps.redirect_to_owner", "REDIRECT_TO_OWNER";
    CREATE_OPLOCK: U8 walk, "smb2.create.oplock", "Oplock", hex;
    IMPERSONATION_LEVEL: U32 walk, "smb2.impersonation.level", "Impersonation level";
    CREATE_FLAGS: U64 walk, "smb2.create_flags", "Create Flags", hex;
    FILE_ATTRIBUTE: U32 walk, "smb2.file_attribute", "File Attributes", hex;
    FILE_ATTRIBUTE_READ_ONLY: Bool walk, "smb2.file_attribute.read_only", "Read Only";
    FILE_ATTRIBUTE_HIDDEN: Bool walk, "smb2.file_attribute.hidden", "Hidden";
    FILE_ATTRIBUTE_SYSTEM: Bool walk, "smb2.file_attribute.system", "System";
    FILE_ATTRIBUTE_DIRECTORY: Bool walk, "smb2.file_attribute.directory", "Directory";
    FILE_ATTRIBUTE_ARCHIVE: Bool walk, "smb2.file_attribute.archive", "Requires archived";
    FILE_ATTRIBUTE_NORMAL: Bool walk, "smb2.file_attribute.normal", "Normal";
    FILE_ATTRIBUTE_TEMPORARY: Bool walk, "smb2.file_attribute.temporary", "Temporary";
    FILE_ATTRIBUTE_SPARSE: Bool walk, "smb2.file_attribute.sparse", "Sparse";
    FILE_ATTRIBUTE_REPARSE: Bool walk, "smb2.file_attribute.reparse", "Reparse Point";
    FILE_ATTRIBUTE_COMPRESSED: Bool walk, "smb2.file_attribute.compressed", "Compressed";
    FILE_ATTRIBUTE_OFFLINE: Bool walk, "smb2.file_attribute.offline", "Offline";
    FILE_ATTRIBUTE_NOT_CONTENT_INDEXED: Bool walk, "smb2.file_attribute.not_content_indexed", "Not Content Indexed";
    FILE_ATTRIBUTE_ENCRYPTED: Bool walk, "smb2.file_attribute.encrypted", "Encrypted";
    FILE_ATTRIBUTE_INTEGRITY_STREAM: Bool walk, "smb2.file_attribute.integrity_stream", "Integrity Stream";
    FILE_ATTRIBUTE_NO_SCRUB_DATA: Bool walk, "smb2.file_attribute.no_scrub_data", "No Scrub Data";
    CREATE_DISPOSITION: U32 walk, "smb2.create.disposition", "Disposition", names(DISPOSITIONS);
    CREATE_ACTION: U32 walk, "smb2.create.action", "Create Action", names(CREATE_ACTIONS);
    CREATE_REP_FLAGS: U8 walk, "smb2.create.rep_flags", "Response Flags", hex;
    CREATE_REP_FLAGS_REPARSE_POINT: Bool walk, "smb2.create.rep_flags.reparse_point", "ReparsePoint";
    CREATE_EXTRAINFO: None walk, "smb2.create.extrainfo", "ExtraInfo";
    FILENAME: Text walk, "smb2.filename", "Filename";
    FID: Guid walk, "smb2.fid", "File Id";
    CREATE_TIME: Time walk, "smb2.create.time", "Create";
    LAST_ACCESS_TIME: Time walk, "smb2.last_access.time", "Last Access";
    LAST_WRITE_TIME: Time walk, "smb2.last_write.time", "Last Write";
    LAST_CHANGE_TIME: Time walk, "smb2.last_change.time", "Last Change";
    ALLOCATION_SIZE: U64 walk, "smb2.allocation_size", "Allocation Size";
    EOF: U64 walk, "smb2.eof", "End Of File";
    CLOSE_FLAGS: U16 walk, "smb2.close.flags", "Close Flags", hex;
    CLOSE_PQ_ATTRIB: Bool walk, "smb2.close.pq_attrib", "PostQuery Attrib";
    READ_PADDING: U8 walk, "smb2.read_padding", "Padding", hex;
    READ_FLAGS: U8 walk, "smb2.read_flags", "Flags", hex;
    READ_FLAGS_UNBUFFERED: Bool walk, "smb2.read_flags.unbuffered", "Unbuffered";
    READ_FLAGS_COMPRESSED: Bool walk, "smb2.read_flags.compressed", "Compressed";
    READ_LENGTH: U32 walk, "smb2.read_length", "Read Length";
    READ_REMAINING: U32 walk, "smb2.read_remaining", "Read Remaining";
    READ_BLOB: Bytes walk, "smb2.read.blob", "Info";
    CHANNEL_INFO_BLOB: None walk, "smb2.channel_info_blob", "Channel Info Blob";
    MIN_COUNT: U32 walk, "smb2.min_count", "Min Count";
    FILE_OFFSET: U64 walk, "smb2.file_offset", "File Offset";
    REMAINING_BYTES: U32 walk, "smb2.remaining_bytes", "Remaining Bytes";
    DATA_OFFSET: U16 walk, "smb2.data_offset", "Data Offset", hex;
    WRITE_LENGTH: U32 walk, "smb2.write_length", "Write Length";
    WRITE_FLAGS: U32 walk, "smb2.write.flags", "Write Flags", hex;
    WRITE_FLAGS_WRITE_THROUGH: Bool walk, "smb2.write.flags.write_through", "Write through";
    WRITE_FLAGS_UNBUFFERED: Bool walk, "smb2.write.flags.unbuffered", "Unbuffered";
    WRITE_DATA: Bytes walk, "smb2.write_data", "Write Data";
    WRITE_COUNT: U32 walk, "smb2.write.count", "Write Count";
    WRITE_REMAINING: U32 walk, "smb2.write.remaining", "Write Remaining";
    LOCK_COUNT: U16 walk, "smb2.lock_count", "Lock Count";
    IOCTL_FUNCTION: U32 walk, "smb2.ioctl.function", "Function", hex, names(FUNCTIONS);
    MAX_IOCTL_IN_SIZE: U32 walk, "smb2.max_ioctl_in_size", "Max Ioctl In Size";
    MAX_IOCTL_OUT_SIZE: U32 walk, "smb2.max_ioctl_out_size", "Max Ioctl Out Size";
    IOCTL_FLAGS: U32 walk, "smb2.ioctl.flags", "Flags", hex;
    IOCTL_IS_FSCTL: Bool walk, "smb2.ioctl.is_fsctl", "Is FSCTL";
    FIND_INFOLEVEL: U32 walk, "smb2.find.infolevel", "Info Level";
    FIND_FLAGS: U8 walk, "smb2.find.flags", "Find Flags", hex;
    FIND_RESTART_SCANS: Bool walk, "smb2.find.restart_scans", "Restart Scans";
    FIND_SINGLE_ENTRY: Bool walk, "smb2.find.single_entry", "Single Entry";
    FIND_INDEX_SPECIFIED: Bool walk, "smb2.find.index_specified", "Index Specified";
    FIND_REOPEN: Bool walk, "smb2.find.reopen", "Reopen";
    FILE_INDEX: U32 walk, "smb2.file_index", "File Index", hex;
    OUTPUT_BUFFER_LEN: U32 walk, "smb2.output_buffer_len", "Output Buffer Length";
    FIND_INFO_BLOB: Bytes walk, "smb2.find.info_blob", "Info";
    FIND_PATTERN: Text walk, "smb2.find.pattern", "Search Pattern";
    CLASS: U8 walk, "smb2.class", "Class", hex, names(INFO_CLASSES);
    FILE_INFOLEVEL: U8 walk, "smb2.file_info.infolevel", "InfoLevel", hex;
    FS_INFOLEVEL: U8 walk, "smb2.fs_info.infolevel", "InfoLevel", hex;
    SEC_INFOLEVEL: U8 walk, "smb2.sec_info.infolevel", "InfoLevel", hex;
    INFOLEVEL: U8 walk, "smb2.infolevel", "InfoLevel", hex;
    MAX_RESPONSE_SIZE: U32 walk, "smb2.max_response_size", "Max Response Size";
    GETINFO_INPUT_OFFSET: U16 walk, "smb2.getinfo_input_offset", "Getinfo Input Offset", hex;
    GETINFO_INPUT_SIZE: U32 walk, "smb2.getinfo_input_size", "Getinfo Input Size";
    GETSETINFO_ADDITIONAL: U32 walk, "smb2.getsetinfo_additional", "Additional Info", hex;
    GETINFO_FLAGS: U32 walk, "smb2.getinfo_flags", "Flags", hex;
    SETINFO_SIZE: U32 walk, "smb2.setinfo_size", "Setinfo Size";
    SETINFO_OFFSET: U16 walk, "smb2.setinfo_offset", "Setinfo Offset", hex;
    NOTIFY_FLAGS: U16 walk, "smb2.notify.flags", "Notify Flags", hex;
    NOTIFY_WATCH_TREE: Bool walk, "smb2.notify.watch_tree", "Watch Tree";
    ERROR_CONTEXT_COUNT: U8 walk, "smb2.error.context_count", "Error Context Count";
    ERROR_RESERVED: U8 walk, "smb2.error.reserved", "Reserved", hex;
    ERROR_BYTE_COUNT: U32 walk, "smb2.error.byte_count", "Byte Count";
    ERROR_DATA: Bytes walk, "smb2.error.data", "Error Data";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    walk: Some(walk),
    carries: Some(carries),
    exchange: Some(Exchange::new(turns)),
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

/// A response has the number of its request (§2.2.1).
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    let mut chain = Reader::new(view.header().0, 0);
    if view.bytes.u8(0) != 0xfe {
        return;
    }
    while chain.left() > 0 {
        let at = chain.at();
        let Ok(message) = Message::next(&mut chain) else { return };
        let number = view.bytes.little(at + 24, 8);
        out(if message.is_response() { Turn::Response(number) } else { Turn::Request(number) });
    }
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
const READ: u64 = 8;
const WRITE: u64 = 9;
const IOCTL: u64 = 11;
const NOTIFY: u64 = 15;
const GET_INFO: u64 = 16;
const SET_INFO: u64 = 17;

const BUFFER_OVERFLOW: u64 = 0x8000_0005;
const NOTIFY_ENUM_DIR: u64 = 0x0000_010c;
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

    /// An error takes the place of the response proper (§2.2.2), but where there is more to come (§3.3.4.4).
    fn is_error(&self) -> bool {
        let is_whole = match self.command {
            SESSION_SETUP => self.status == MORE_PROCESSING_REQUIRED,
            READ | IOCTL | GET_INFO => self.status == BUFFER_OVERFLOW,
            NOTIFY => self.status == NOTIFY_ENUM_DIR,
            _ => false,
        };
        self.is_response() && self.status != 0 && !is_whole
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
        put_bytes(r, 2, RESERVED, out)?;
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
        return error(r, out);
    }
    let base = message.reader.at();
    let body = r.at();
    if matches!((message.command, message.is_response()), (GET_INFO | SET_INFO, false)) {
        classes(r, out)?;
    }
    put_parts(bodies::parts(message), r, base, Pointer { offset: OLB_OFFSET, length: OLB_LENGTH }, out)?;
    match (message.command, message.is_response()) {
        (TREE_CONNECT, false) => {
            let reserved = Bytes(r.whole()).little(body, 2) & 0xfff8;
            out.put(TC_RESERVED, body..body + 2, Value::Unsigned(reserved));
        }
        (TREE_CONNECT, true) => {
            let caching = Bytes(r.whole()).little(body + 2, 4) & 0x30;
            out.put(SHARE_CACHING, body + 2..body + 6, Value::Unsigned(caching));
        }
        (READ, true) => content(r, base, body, READ_BLOB, out)?,
        (WRITE, false) => content(r, base, body, WRITE_DATA, out)?,
        _ => {}
    }
    if message.command == NEGOTIATE && !message.is_response() {
        for _ in 0..Bytes(r.whole()).little(body, 2) {
            put_little(r, 2, DIALECT, out)?;
        }
    }
    Ok(())
}

/// An error in place of a response (§2.2.2); where it has no data there is one byte all the same.
fn error(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, ERROR_CONTEXT_COUNT, out)?;
    put_number(r, 1, ERROR_RESERVED, out)?;
    let length = put_little(r, 4, ERROR_BYTE_COUNT, out)? as usize;
    put_bytes(r, length.max(1).min(r.left()), ERROR_DATA, out)
}

/// What is read or written (§2.2.20, §2.2.21): where it lies, as 1 or 2 bytes, then its length.
fn content(
    r: &Reader<'_>,
    base: usize,
    body: usize,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let b = Bytes(r.whole());
    let offset = b.little(body, if field == READ_BLOB { 1 } else { 2 }) as usize;
    let length = b.little(body + 2, 4) as usize;
    let mut there = Reader::between(r.whole(), base.saturating_add(offset), r.end());
    if length == 0 { Ok(()) } else { put_bytes(&mut there, length, field, out) }
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
