//! Server Message Block version 1 (MS-CIFS, MS-SMB). Numbers are little-endian.

mod transactions;

use super::prelude::*;
use super::put::put_utf16;
use super::smb_names::{ERROR_CLASSES, NT_STATUS, SMB_COMMANDS};
use super::smb_parts::Part::{Flags, Number, Skip, Time};
use super::smb_parts::{Part, Pointer, put_parts};
use crate::exchanges::{self, Exchange, Turn};

fields! {
    SERVER_COMPONENT: U32 walk, "smb.server_component", "Server Component", hex;
    CMD: U8 walk, "smb.cmd", "SMB Command", hex, names(SMB_COMMANDS);
    STATUS: U32 walk, "smb.nt_status", "NT Status", hex, names(NT_STATUS);
    ERROR_CLASS: U8 walk, "smb.error_class", "Error Class", hex, names(ERROR_CLASSES);
    ERROR_CODE: U16 walk, "smb.error_code", "Error Code", hex;
    FLAGS: U8 walk, "smb.flags", "Flags", hex;
    FLAGS_RESPONSE: Bool walk, "smb.flags.response", "Request/Response";
    FLAGS_NOTIFY: Bool walk, "smb.flags.notify", "Notify";
    FLAGS_OPLOCK: Bool walk, "smb.flags.oplock", "Oplocks";
    FLAGS_CANON: Bool walk, "smb.flags.canon", "Canonicalized Pathnames";
    FLAGS_CASELESS: Bool walk, "smb.flags.caseless", "Case Sensitivity";
    FLAGS_RECEIVE_BUFFER: Bool walk, "smb.flags.receive_buffer", "Receive Buffer Posted";
    FLAGS_LOCK: Bool walk, "smb.flags.lock", "Lock and Read";
    FLAGS2: U16 walk, "smb.flags2", "Flags2", hex;
    FLAGS2_STRING: Bool walk, "smb.flags2.string", "Unicode Strings";
    FLAGS2_NT_ERROR: Bool walk, "smb.flags2.nt_error", "Error Code Type";
    FLAGS2_ROE: Bool walk, "smb.flags2.roe", "Execute-only Reads";
    FLAGS2_DFS: Bool walk, "smb.flags2.dfs", "Dfs";
    FLAGS2_ESN: Bool walk, "smb.flags2.esn", "Extended Security Negotiation";
    FLAGS2_REPARSE_PATH: Bool walk, "smb.flags2.reparse_path", "Reparse Path";
    FLAGS2_LONG_NAMES_USED: Bool walk, "smb.flags2.long_names_used", "Long Names Used";
    FLAGS2_SEC_SIG_REQUIRED: Bool walk, "smb.flags2.sec_sig_required", "Security Signatures Required";
    FLAGS2_COMPRESSED: Bool walk, "smb.flags2.compressed", "Compressed";
    FLAGS2_SEC_SIG: Bool walk, "smb.flags2.sec_sig", "Security Signatures";
    FLAGS2_EA: Bool walk, "smb.flags2.ea", "Extended Attributes";
    FLAGS2_LONG_NAMES_ALLOWED: Bool walk, "smb.flags2.long_names_allowed", "Long Names Allowed";
    PID_HIGH: U16 walk, "smb.pid.high", "Process ID High";
    SIGNATURE: Bytes walk, "smb.signature", "Signature";
    RESERVED: Bytes walk, "smb.reserved", "Reserved";
    RESPONSE_TO: FrameNumber exchange(exchanges::request_frame), "smb.response_to", "Response to";
    TIME: Duration exchange(exchanges::elapsed), "smb.time", "Time from request";
    TID: U16 walk, "smb.tid", "Tree ID";
    PID: U16 walk, "smb.pid", "Process ID";
    UID: U16 walk, "smb.uid", "User ID";
    MID: U16 walk, "smb.mid", "Multiplex ID";
    WCT: U8 walk, "smb.wct", "Word Count (WCT)";
    ANDXOFFSET: U16 walk, "smb.andxoffset", "AndXOffset";
    BCC: U16 walk, "smb.bcc", "Byte Count (BCC)";
    DIALECT_INDEX: U16 walk, "smb.dialect.index", "Selected Index";
    DIALECT: Text walk, "smb.dialect", "Dialect";
    BUFFER_FORMAT: U8 walk, "smb.buffer_format", "Buffer Format";
    DIALECT_NAME: Text walk, "smb.dialect.name", "Name";
    SM: U16 walk, "smb.sm", "Security Mode", hex;
    SM_MODE: Bool walk, "smb.sm.mode", "Mode";
    SM_PASSWORD: Bool walk, "smb.sm.password", "Password";
    SM_SIGNATURES: Bool walk, "smb.sm.signatures", "Signatures";
    SM_SIG_REQUIRED: Bool walk, "smb.sm.sig_required", "Sig Req";
    MAX_BUF: U16 walk, "smb.max_buf", "Max Buffer";
    MAX_MPX_COUNT: U16 walk, "smb.max_mpx_count", "Max Mpx Count";
    MAX_VCS: U16 walk, "smb.max_vcs", "Max VCs";
    MAX_BUFSIZE: U32 walk, "smb.max_bufsize", "Max Buffer Size";
    MAX_RAW: U32 walk, "smb.max_raw", "Max Raw Buffer";
    VC: U16 walk, "smb.vc", "VC Number";
    SESSION_KEY: U32 walk, "smb.session_key", "Session Key", hex;
    SERVER_CAP: U32 walk, "smb.server_cap", "Capabilities", hex;
    SERVER_CAP_RAW_MODE: Bool walk, "smb.server_cap.raw_mode", "Raw Mode";
    SERVER_CAP_MPX_MODE: Bool walk, "smb.server_cap.mpx_mode", "MPX Mode";
    SERVER_CAP_UNICODE: Bool walk, "smb.server_cap.unicode", "Unicode";
    SERVER_CAP_LARGE_FILES: Bool walk, "smb.server_cap.large_files", "Large Files";
    SERVER_CAP_NT_SMBS: Bool walk, "smb.server_cap.nt_smbs", "NT SMBs";
    SERVER_CAP_RPC_REMOTE_APIS: Bool walk, "smb.server_cap.rpc_remote_apis", "RPC Remote APIs";
    SERVER_CAP_NT_STATUS: Bool walk, "smb.server_cap.nt_status", "NT Status Codes";
    SERVER_CAP_LEVEL_2_OPLOCKS: Bool walk, "smb.server_cap.level_2_oplocks", "Level 2 Oplocks";
    SERVER_CAP_LOCK_AND_READ: Bool walk, "smb.server_cap.lock_and_read", "Lock and Read";
    SERVER_CAP_NT_FIND: Bool walk, "smb.server_cap.nt_find", "NT Find";
    SERVER_CAP_DFS: Bool walk, "smb.server_cap.dfs", "Dfs";
    SERVER_CAP_INFOLEVEL_PASSTHRU: Bool walk, "smb.server_cap.infolevel_passthru", "Infolevel Passthru";
    SERVER_CAP_LARGE_READX: Bool walk, "smb.server_cap.large_readx", "Large ReadX";
    SERVER_CAP_LARGE_WRITEX: Bool walk, "smb.server_cap.large_writex", "Large WriteX";
    SERVER_CAP_LWIO: Bool walk, "smb.server_cap.lwio", "LWIO";
    SERVER_CAP_UNIX: Bool walk, "smb.server_cap.unix", "UNIX";
    SERVER_CAP_COMPRESSED_DATA: Bool walk, "smb.server_cap.compressed_data", "Compressed Data";
    SERVER_CAP_DYNAMIC_REAUTH: Bool walk, "smb.server_cap.dynamic_reauth", "Dynamic Reauth";
    SERVER_CAP_EXTENDED_SECURITY: Bool walk, "smb.server_cap.extended_security", "Extended Security";
    SYSTEM_TIME: Time walk, "smb.system.time", "System Time";
    CHALLENGE_LENGTH: U16 walk, "smb.challenge_length", "Challenge Length";
    SECURITY_BLOB_LEN: U16 walk, "smb.security_blob_len", "Security Blob Length";
    SECURITY_BLOB: Bytes walk, "smb.security_blob", "Security Blob";
    SETUP_ACTION: U16 walk, "smb.setup.action", "Action", hex;
    SETUP_ACTION_GUEST: Bool walk, "smb.setup.action.guest", "Guest";
    ACCOUNT: Text walk, "smb.account", "Account";
    NATIVE_OS: Text walk, "smb.native_os", "Native OS";
    NATIVE_LANMAN: Text walk, "smb.native_lanman", "Native LAN Manager";
    PRIMARY_DOMAIN: Text walk, "smb.primary_domain", "Primary Domain";
    PWLEN: U16 walk, "smb.pwlen", "Password Length";
    PATH: Text walk, "smb.path", "Path";
    SERVICE: Text walk, "smb.service", "Service";
    FILE: Text walk, "smb.file", "File Name";
    FID: U16 walk, "smb.fid", "FID", hex;
    OFFSET: U32 walk, "smb.offset", "Offset";
    CREATE_FLAGS: U32 walk, "smb.create_flags", "Create Flags", hex;
    ACCESS_MASK: U32 walk, "smb.access_mask", "Access Mask", hex;
    ACCESS_READ: Bool walk, "smb.access.read", "Read";
    ACCESS_WRITE: Bool walk, "smb.access.write", "Write";
    ACCESS_APPEND: Bool walk, "smb.access.append", "Append";
    ACCESS_MODE: U16 walk, "smb.access.mode", "Access Mode";
    ACCESS_READ_EA: Bool walk, "smb.access.read_ea", "Read EA";
    ACCESS_WRITE_EA: Bool walk, "smb.access.write_ea", "Write EA";
    ACCESS_EXECUTE: Bool walk, "smb.access.execute", "Execute";
    ACCESS_DELETE_CHILD: Bool walk, "smb.access.delete_child", "Delete Child";
    ACCESS_SHARING: U16 walk, "smb.access.sharing", "Sharing Mode";
    ACCESS_READ_ATTRIBUTES: Bool walk, "smb.access.read_attributes", "Read Attributes";
    ACCESS_WRITE_ATTRIBUTES: Bool walk, "smb.access.write_attributes", "Write Attributes";
    ACCESS_LOCALITY: U16 walk, "smb.access.locality", "Locality";
    ACCESS_CACHING: Bool walk, "smb.access.caching", "Caching";
    ACCESS_WRITETHROUGH: Bool walk, "smb.access.writethrough", "Writethrough";
    ACCESS_DELETE: Bool walk, "smb.access.delete", "Delete";
    ACCESS_READ_CONTROL: Bool walk, "smb.access.read_control", "Read Control";
    ACCESS_WRITE_DAC: Bool walk, "smb.access.write_dac", "Write DAC";
    ACCESS_WRITE_OWNER: Bool walk, "smb.access.write_owner", "Write Owner";
    ACCESS_SYNCHRONIZE: Bool walk, "smb.access.synchronize", "Synchronize";
    ACCESS_SYSTEM_SECURITY: Bool walk, "smb.access.system_security", "System Security";
    ACCESS_MAXIMUM_ALLOWED: Bool walk, "smb.access.maximum_allowed", "Maximum Allowed";
    ACCESS_GENERIC_ALL: Bool walk, "smb.access.generic_all", "Generic All";
    ACCESS_GENERIC_EXECUTE: Bool walk, "smb.access.generic_execute", "Generic Execute";
    ACCESS_GENERIC_WRITE: Bool walk, "smb.access.generic_write", "Generic Write";
    ACCESS_GENERIC_READ: Bool walk, "smb.access.generic_read", "Generic Read";
    SHARE_ACCESS: U32 walk, "smb.share_access", "Share Access", hex;
    SHARE_ACCESS_READ: Bool walk, "smb.share.access.read", "Read";
    SHARE_ACCESS_WRITE: Bool walk, "smb.share.access.write", "Write";
    SHARE_ACCESS_DELETE: Bool walk, "smb.share.access.delete", "Delete";
    CREATE_OPTIONS: U32 walk, "smb.create_options", "Create Options", hex;
    NT_CREATE_OPTIONS_DIRECTORY: Bool walk, "smb.nt.create_options.directory", "Directory";
    NT_CREATE_OPTIONS_WRITE_THROUGH: Bool walk, "smb.nt.create_options.write_through", "Write Through";
    NT_CREATE_OPTIONS_SEQUENTIAL_ONLY: Bool walk, "smb.nt.create_options.sequential_only", "Sequential Only";
    NT_CREATE_OPTIONS_INTERMEDIATE_BUFFERING: Bool walk, "smb.nt.create_options.intermediate_buffering",
        "Intermediate Buffering";
    NT_CREATE_OPTIONS_SYNC_IO_ALERT: Bool walk, "smb.nt.create_options.sync_io_alert", "Sync I/O Alert";
    NT_CREATE_OPTIONS_SYNC_IO_NONALERT: Bool walk, "smb.nt.create_options.sync_io_nonalert",
        "Sync I/O Nonalert";
    NT_CREATE_OPTIONS_NON_DIRECTORY: Bool walk, "smb.nt.create_options.non_directory", "Non-Directory";
    NT_CREATE_OPTIONS_CREATE_TREE_CONNECTION: Bool walk, "smb.nt.create_options.create_tree_connection",
        "Create Tree Connection";
    NT_CREATE_OPTIONS_COMPLETE_IF_OPLOCKED: Bool walk, "smb.nt.create_options.complete_if_oplocked",
        "Complete If Oplocked";
    NT_CREATE_OPTIONS_NO_EA_KNOWLEDGE: Bool walk, "smb.nt.create_options.no_ea_knowledge", "No EA Knowledge";
    NT_CREATE_OPTIONS_EIGHT_DOT_THREE_ONLY: Bool walk, "smb.nt.create_options.eight_dot_three_only",
        "8.3 Only";
    NT_CREATE_OPTIONS_RANDOM_ACCESS: Bool walk, "smb.nt.create_options.random_access", "Random Access";
    NT_CREATE_OPTIONS_DELETE_ON_CLOSE: Bool walk, "smb.nt.create_options.delete_on_close", "Delete On Close";
    NT_CREATE_OPTIONS_OPEN_BY_FILEID: Bool walk, "smb.nt.create_options.open_by_fileid", "Open By FileID";
    NT_CREATE_OPTIONS_BACKUP_INTENT: Bool walk, "smb.nt.create_options.backup_intent", "Backup Intent";
    NT_CREATE_OPTIONS_NO_COMPRESSION: Bool walk, "smb.nt.create_options.no_compression", "No Compression";
    NT_CREATE_OPTIONS_RESERVE_OPFILTER: Bool walk, "smb.nt.create_options.reserve_opfilter",
        "Reserve Opfilter";
    NT_CREATE_OPTIONS_OPEN_REPARSE_POINT: Bool walk, "smb.nt.create_options.open_reparse_point",
        "Open Reparse Point";
    NT_CREATE_OPTIONS_OPEN_NO_RECALL: Bool walk, "smb.nt.create_options.open_no_recall", "Open No Recall";
    NT_CREATE_OPTIONS_OPEN_FOR_FREE_SPACE_QUERY: Bool walk, "smb.nt.create_options.open_for_free_space_query",
        "Open For Free Space query";
    TPC: U32 walk, "smb.tpc", "Total Parameter Count";
    TDC: U32 walk, "smb.tdc", "Total Data Count";
    MPC: U32 walk, "smb.mpc", "Max Parameter Count";
    MDC: U32 walk, "smb.mdc", "Max Data Count";
    MSC: U8 walk, "smb.msc", "Max Setup Count";
    TRANSACTION_FLAGS: U16 walk, "smb.transaction.flags", "Flags", hex;
    TRANSACTION_FLAGS_OWT: Bool walk, "smb.transaction.flags.owt", "One Way Transaction";
    TRANSACTION_FLAGS_DTID: Bool walk, "smb.transaction.flags.dtid", "Disconnect TID";
    TIMEOUT: U32 walk, "smb.timeout", "Timeout";
    PC: U16 walk, "smb.pc", "Parameter Count";
    PO: U16 walk, "smb.po", "Parameter Offset";
    PD: U16 walk, "smb.pd", "Parameter Displacement";
    DC: U16 walk, "smb.dc", "Data Count";
    DATA_OFFSET: U16 walk, "smb.data_offset", "Data Offset";
    DATA_DISP: U16 walk, "smb.data_disp", "Data Displacement";
    SC: U8 walk, "smb.sc", "Setup Count";
    PADDING: Bytes walk, "smb.padding", "Padding";
    DIR_NAME: Text walk, "smb.dir_name", "Directory";
    TRANS_NAME: Text walk, "smb.trans_name", "Transaction Name";
    TRANS2_CMD: U16 walk, "smb.trans2.cmd", "Subcommand", hex, names(transactions::SUBCOMMANDS);
    SEARCH_ATTRIBUTE: U16 walk, "smb.search.attribute", "Search Attributes", hex;
    SEARCH_ATTRIBUTE_READ_ONLY: Bool walk, "smb.search.attribute.read_only", "Read Only";
    SEARCH_ATTRIBUTE_HIDDEN: Bool walk, "smb.search.attribute.hidden", "Hidden";
    SEARCH_ATTRIBUTE_SYSTEM: Bool walk, "smb.search.attribute.system", "System";
    SEARCH_ATTRIBUTE_VOLUME: Bool walk, "smb.search.attribute.volume", "Volume ID";
    SEARCH_ATTRIBUTE_DIRECTORY: Bool walk, "smb.search.attribute.directory", "Directory";
    SEARCH_ATTRIBUTE_ARCHIVE: Bool walk, "smb.search.attribute.archive", "Archive";
    SEARCH_COUNT: U16 walk, "smb.search_count", "Search Count";
    FIND_FIRST2_FLAGS: U16 walk, "smb.find_first2.flags", "Flags", hex;
    FIND_FIRST2_FLAGS_CLOSE: Bool walk, "smb.find_first2.flags.close", "Close";
    FIND_FIRST2_FLAGS_EOS: Bool walk, "smb.find_first2.flags.eos", "Close on EOS";
    FIND_FIRST2_FLAGS_RESUME: Bool walk, "smb.find_first2.flags.resume", "Resume";
    FIND_FIRST2_FLAGS_CONTINUE: Bool walk, "smb.find_first2.flags.continue", "Continue";
    FIND_FIRST2_FLAGS_BACKUP: Bool walk, "smb.find_first2.flags.backup", "Backup Intent";
    FF2_LOI: U16 walk, "smb.ff2_loi", "Level of Interest", names(transactions::FIND_LEVELS);
    STORAGE_TYPE: U32 walk, "smb.storage_type", "Storage Type";
    SEARCH_PATTERN: Text walk, "smb.search_pattern", "Search Pattern";
    SEARCH_ID: U16 walk, "smb.search_id", "Search ID", hex;
    RESUME: U32 walk, "smb.resume", "Resume Key";
    QFSI_LOI: U16 walk, "smb.qfsi_loi", "Level of Interest", hex, names(transactions::FILE_SYSTEM_LEVELS);
    QPI_LOI: U16 walk, "smb.qpi_loi", "Level of Interest", names(transactions::QUERY_LEVELS);
    SPI_LOI: U16 walk, "smb.spi_loi", "Level of Interest", names(transactions::SET_LEVELS);
    MAX_REFERRAL_LEVEL: U16 walk, "smb.max_referral_level", "Max Referral Level";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    walk: Some(walk),
    exchange: Some(Exchange::new(turns)),
    info: Some(info),
    ..Protocol::new("smb", "SMB (Server Message Block Protocol)", "SMB")
};

/// Which version's header these bytes begin with; `data` where they do with none.
pub(super) fn dialect(b: Bytes<'_>) -> ProtocolId {
    match b.array(0) {
        Some([0xff, b'S', b'M', b'B']) => id::smb,
        Some([0xfc..=0xfe, b'S', b'M', b'B']) => id::smb2,
        _ => id::data,
    }
}

/// Length of the header up to the number of words.
const HEADER: usize = 32;

const TRANSACTION: u8 = 0x25;
const TRANSACTION2: u8 = 0x32;
const NEGOTIATE: u8 = 0x72;
const SESSION_SETUP: u8 = 0x73;
const LOGOFF: u8 = 0x74;
const TREE_CONNECT: u8 = 0x75;
const NT_CREATE: u8 = 0xa2;
const NO_FURTHER_COMMANDS: u8 = 0xff;

const RESPONSE: u64 = 0x80;
const UNICODE: u64 = 0x8000;
const EXTENDED_SECURITY: u64 = 0x0800;
const NT_ERROR: u64 = 0x4000;

/// The browser's mailslot is the one transaction whose data is a layer of its own (MS-BRWS §2.1).
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(HEADER + 3)?;
    let name = b"\\MAILSLOT\\BROWSE\0";
    let words = usize::from(b.u8(HEADER));
    let name_at = HEADER + 3 + 2 * words;
    let is_request = u64::from(b.u8(9)) & RESPONSE == 0;
    if b.u8(4) == TRANSACTION && is_request && words >= 14 && b.clamped(name_at, name_at + name.len()) == name
    {
        let data = b.little(HEADER + 25, 2) as usize;
        if data >= name_at + name.len() && data < b.len() {
            return Ok(Step::next(data, id::browser));
        }
    }
    Ok(Step::last(b))
}

const FLAG_BITS: &[(FieldIndex, u64)] = &[
    (FLAGS_RESPONSE, RESPONSE),
    (FLAGS_NOTIFY, 0x40),
    (FLAGS_OPLOCK, 0x20),
    (FLAGS_CANON, 0x10),
    (FLAGS_CASELESS, 0x08),
    (FLAGS_RECEIVE_BUFFER, 0x02),
    (FLAGS_LOCK, 0x01),
];
const FLAG2_BITS: &[(FieldIndex, u64)] = &[
    (FLAGS2_STRING, UNICODE),
    (FLAGS2_NT_ERROR, NT_ERROR),
    (FLAGS2_ROE, 0x2000),
    (FLAGS2_DFS, 0x1000),
    (FLAGS2_ESN, EXTENDED_SECURITY),
    (FLAGS2_REPARSE_PATH, 0x0400),
    (FLAGS2_LONG_NAMES_USED, 0x0040),
    (FLAGS2_SEC_SIG_REQUIRED, 0x0010),
    (FLAGS2_COMPRESSED, 0x0008),
    (FLAGS2_SEC_SIG, 0x0004),
    (FLAGS2_EA, 0x0002),
    (FLAGS2_LONG_NAMES_ALLOWED, 0x0001),
];

/// One command of a message, and how its text is written.
#[derive(Clone, Copy)]
struct Command {
    number: u8,
    is_response: bool,
    unicode: bool,
}

impl Command {
    fn of(b: Bytes<'_>) -> Self {
        Self {
            number: b.u8(4),
            is_response: u64::from(b.u8(9)) & RESPONSE != 0,
            unicode: b.little(10, 2) & UNICODE != 0,
        }
    }

    fn name(self) -> &'static str {
        crate::field::value_name(SMB_COMMANDS, self.number.into()).unwrap_or("Unknown command")
    }

    fn kind(self) -> &'static str {
        if self.is_response { "Response" } else { "Request" }
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 0);
    header(&mut r, out)?;
    let mut command = Command::of(view.bytes);
    // Each command of a chain lies behind the one before (MS-CIFS §3.2.4.1.4), so that there is an end.
    loop {
        let at = r.at();
        out.open(at..r.end(), format_args!("{} {}", command.name(), command.kind()));
        let next = block(command, &mut r, out)?;
        out.close();
        match next {
            Some((number, offset)) if offset > at => {
                r.skip_to(offset)?;
                command.number = number;
            }
            _ => return Ok(()),
        }
    }
}

/// A response has the identifiers of its request: of the process and of the request (MS-CIFS §2.2.3.1).
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    let b = view.bytes;
    let number = b.little(26, 2) << 16 | b.little(30, 2);
    let is_response = Command::of(b).is_response;
    out(if is_response { Turn::Response(number) } else { Turn::Request(number) });
}

/// MS-CIFS §2.2.3.1.
fn header(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_little(r, 4, SERVER_COMPONENT, out)?;
    put_number(r, 1, CMD, out)?;
    let flags2 = Bytes(r.whole()).little(10, 2);
    if flags2 & NT_ERROR != 0 {
        put_little(r, 4, STATUS, out)?;
    } else {
        put_number(r, 1, ERROR_CLASS, out)?;
        put_bytes(r, 1, RESERVED, out)?;
        put_little(r, 2, ERROR_CODE, out)?;
    }
    let flags = put_number(r, 1, FLAGS, out)?;
    put_flags(r, 1, flags, FLAG_BITS, out);
    put_little(r, 2, FLAGS2, out)?;
    put_flags(r, 2, flags2, FLAG2_BITS, out);
    put_little(r, 2, PID_HIGH, out)?;
    put_bytes(r, 8, SIGNATURE, out)?;
    put_bytes(r, 2, RESERVED, out)?;
    for field in [TID, PID, UID, MID] {
        put_little(r, 2, field, out)?;
    }
    Ok(())
}

/// A command's words and bytes (MS-CIFS §2.2.3.2, §2.2.3.3). Returns the next command and where it is.
fn block(
    command: Command,
    r: &mut Reader<'_>,
    out: &mut dyn FieldSink,
) -> Result<Option<(u8, usize)>, Short> {
    let count = put_number(r, 1, WCT, out)? as usize;
    let mut words = r.sub(2 * count)?;
    let at = words.at();
    let mut next = None;
    if count >= 2 && has_andx(command.number) {
        let number = put_number(&mut words, 1, CMD, out)? as u8;
        put_bytes(&mut words, 1, RESERVED, out)?;
        let offset = put_little(&mut words, 2, ANDXOFFSET, out)? as usize;
        next = (number != NO_FURTHER_COMMANDS).then_some((number, offset));
    }
    // What is shown of the words holds for their usual number.
    let _ = put_parts(parts(command, count), &mut words, 0, Pointer { offset: PO, length: PC }, out);
    let length = put_little(r, 2, BCC, out)? as usize;
    let mut bytes = r.sub(length.min(r.left()))?;
    let word = |n: usize| Bytes(r.whole()).little(at + 2 * n, 2) as usize;
    if (command.number, command.is_response) == (TRANSACTION2, false) && count >= 15 {
        out.put(TRANS2_CMD, at + 28..at + 30, Value::Unsigned(word(14) as u64));
    }
    let _ = data(command, count, &word, &mut bytes, out);
    Ok(next)
}

fn has_andx(number: u8) -> bool {
    matches!(number, 0x24 | 0x2d..=0x2f | SESSION_SETUP | LOGOFF | TREE_CONNECT | NT_CREATE)
}

const MODE_BITS: &[(FieldIndex, u64)] =
    &[(SM_MODE, 1), (SM_PASSWORD, 2), (SM_SIGNATURES, 4), (SM_SIG_REQUIRED, 8)];
const TRANSACTION_BITS: &[(FieldIndex, u64)] = &[(TRANSACTION_FLAGS_OWT, 2), (TRANSACTION_FLAGS_DTID, 1)];

/// MS-CIFS §2.2.4.52.2.
const CAPABILITY_BITS: &[(FieldIndex, u64)] = &[
    (SERVER_CAP_RAW_MODE, 0x1),
    (SERVER_CAP_MPX_MODE, 0x2),
    (SERVER_CAP_UNICODE, 0x4),
    (SERVER_CAP_LARGE_FILES, 0x8),
    (SERVER_CAP_NT_SMBS, 0x10),
    (SERVER_CAP_RPC_REMOTE_APIS, 0x20),
    (SERVER_CAP_NT_STATUS, 0x40),
    (SERVER_CAP_LEVEL_2_OPLOCKS, 0x80),
    (SERVER_CAP_LOCK_AND_READ, 0x100),
    (SERVER_CAP_NT_FIND, 0x200),
    (SERVER_CAP_DFS, 0x1000),
    (SERVER_CAP_INFOLEVEL_PASSTHRU, 0x2000),
    (SERVER_CAP_LARGE_READX, 0x4000),
    (SERVER_CAP_LARGE_WRITEX, 0x8000),
    (SERVER_CAP_LWIO, 0x10000),
    (SERVER_CAP_UNIX, 0x800000),
    (SERVER_CAP_COMPRESSED_DATA, 0x2000000),
    (SERVER_CAP_DYNAMIC_REAUTH, 0x20000000),
    (SERVER_CAP_EXTENDED_SECURITY, 0x80000000),
];
/// MS-SMB §2.2.1.4.
const ACCESS_BITS: &[(FieldIndex, u64)] = &[
    (ACCESS_READ, 0x1),
    (ACCESS_WRITE, 0x2),
    (ACCESS_APPEND, 0x4),
    (ACCESS_MODE, 0x7),
    (ACCESS_READ_EA, 0x8),
    (ACCESS_WRITE_EA, 0x10),
    (ACCESS_EXECUTE, 0x20),
    (ACCESS_DELETE_CHILD, 0x40),
    (ACCESS_SHARING, 0x70),
    (ACCESS_READ_ATTRIBUTES, 0x80),
    (ACCESS_WRITE_ATTRIBUTES, 0x100),
    (ACCESS_LOCALITY, 0x700),
    (ACCESS_CACHING, 0x1000),
    (ACCESS_WRITETHROUGH, 0x4000),
    (ACCESS_DELETE, 0x10000),
    (ACCESS_READ_CONTROL, 0x20000),
    (ACCESS_WRITE_DAC, 0x40000),
    (ACCESS_WRITE_OWNER, 0x80000),
    (ACCESS_SYNCHRONIZE, 0x100000),
    (ACCESS_SYSTEM_SECURITY, 0x1000000),
    (ACCESS_MAXIMUM_ALLOWED, 0x2000000),
    (ACCESS_GENERIC_ALL, 0x10000000),
    (ACCESS_GENERIC_EXECUTE, 0x20000000),
    (ACCESS_GENERIC_WRITE, 0x40000000),
    (ACCESS_GENERIC_READ, 0x80000000),
];
/// MS-CIFS §2.2.4.64.1.
const SHARE_BITS: &[(FieldIndex, u64)] =
    &[(SHARE_ACCESS_READ, 0x1), (SHARE_ACCESS_WRITE, 0x2), (SHARE_ACCESS_DELETE, 0x4)];
/// MS-CIFS §2.2.4.64.1.
const CREATE_BITS: &[(FieldIndex, u64)] = &[
    (NT_CREATE_OPTIONS_DIRECTORY, 0x1),
    (NT_CREATE_OPTIONS_WRITE_THROUGH, 0x2),
    (NT_CREATE_OPTIONS_SEQUENTIAL_ONLY, 0x4),
    (NT_CREATE_OPTIONS_INTERMEDIATE_BUFFERING, 0x8),
    (NT_CREATE_OPTIONS_SYNC_IO_ALERT, 0x10),
    (NT_CREATE_OPTIONS_SYNC_IO_NONALERT, 0x20),
    (NT_CREATE_OPTIONS_NON_DIRECTORY, 0x40),
    (NT_CREATE_OPTIONS_CREATE_TREE_CONNECTION, 0x80),
    (NT_CREATE_OPTIONS_COMPLETE_IF_OPLOCKED, 0x100),
    (NT_CREATE_OPTIONS_NO_EA_KNOWLEDGE, 0x200),
    (NT_CREATE_OPTIONS_EIGHT_DOT_THREE_ONLY, 0x400),
    (NT_CREATE_OPTIONS_RANDOM_ACCESS, 0x800),
    (NT_CREATE_OPTIONS_DELETE_ON_CLOSE, 0x1000),
    (NT_CREATE_OPTIONS_OPEN_BY_FILEID, 0x2000),
    (NT_CREATE_OPTIONS_BACKUP_INTENT, 0x4000),
    (NT_CREATE_OPTIONS_NO_COMPRESSION, 0x8000),
    (NT_CREATE_OPTIONS_RESERVE_OPFILTER, 0x100000),
    (NT_CREATE_OPTIONS_OPEN_REPARSE_POINT, 0x200000),
    (NT_CREATE_OPTIONS_OPEN_NO_RECALL, 0x400000),
    (NT_CREATE_OPTIONS_OPEN_FOR_FREE_SPACE_QUERY, 0x800000),
];

/// The words of a command, behind those that lead to the next one.
fn parts(command: Command, count: usize) -> &'static [Part] {
    match (command.number, command.is_response, count) {
        (NEGOTIATE, true, 17) => &[
            Number(2, DIALECT_INDEX),
            Flags(1, SM, MODE_BITS),
            Number(2, MAX_MPX_COUNT),
            Number(2, MAX_VCS),
            Number(4, MAX_BUFSIZE),
            Number(4, MAX_RAW),
            Number(4, SESSION_KEY),
            Flags(4, SERVER_CAP, CAPABILITY_BITS),
            Time(SYSTEM_TIME),
            Skip(2),
            Number(1, CHALLENGE_LENGTH),
        ],
        (NEGOTIATE, true, _) => &[Number(2, DIALECT_INDEX)],
        (SESSION_SETUP, false, 12) => &[
            Number(2, MAX_BUF),
            Number(2, MAX_MPX_COUNT),
            Number(2, VC),
            Number(4, SESSION_KEY),
            Number(2, SECURITY_BLOB_LEN),
            Part::Bytes(4, RESERVED),
            Flags(4, SERVER_CAP, CAPABILITY_BITS),
        ],
        (SESSION_SETUP, false, 13) => &[
            Number(2, MAX_BUF),
            Number(2, MAX_MPX_COUNT),
            Number(2, VC),
            Number(4, SESSION_KEY),
            Skip(4),
            Part::Bytes(4, RESERVED),
            Flags(4, SERVER_CAP, CAPABILITY_BITS),
        ],
        (SESSION_SETUP, true, 4) => {
            &[Flags(2, SETUP_ACTION, &[(SETUP_ACTION_GUEST, 1)]), Number(2, SECURITY_BLOB_LEN)]
        }
        (SESSION_SETUP, true, 3) => &[Flags(2, SETUP_ACTION, &[(SETUP_ACTION_GUEST, 1)])],
        (TREE_CONNECT, false, 4) => &[Skip(2), Number(2, PWLEN)],
        (TREE_CONNECT, true, 7) => {
            &[Skip(2), Flags(4, ACCESS_MASK, ACCESS_BITS), Flags(4, ACCESS_MASK, ACCESS_BITS)]
        }
        (NT_CREATE, false, 24) => &[
            Skip(3),
            Number(4, CREATE_FLAGS),
            Skip(4),
            Flags(4, ACCESS_MASK, ACCESS_BITS),
            Skip(12),
            Flags(4, SHARE_ACCESS, SHARE_BITS),
            Skip(4),
            Flags(4, CREATE_OPTIONS, CREATE_BITS),
        ],
        (NT_CREATE, true, _) => &[Skip(1), Number(2, FID)],
        (0x04, false, 3) => &[Number(2, FID)],
        (0x2e, false, 10 | 12) | (0x2f, false, 12 | 14) => &[Number(2, FID), Number(4, OFFSET)],
        (TRANSACTION | TRANSACTION2, false, 14..) => &[
            Number(2, TPC),
            Number(2, TDC),
            Number(2, MPC),
            Number(2, MDC),
            Number(1, MSC),
            Part::Bytes(1, RESERVED),
            Flags(2, TRANSACTION_FLAGS, TRANSACTION_BITS),
            Number(4, TIMEOUT),
            Part::Bytes(2, RESERVED),
            Number(2, PC),
            Number(2, PO),
            Number(2, DC),
            Number(2, DATA_OFFSET),
            Number(1, SC),
            Part::Bytes(1, RESERVED),
        ],
        (TRANSACTION | TRANSACTION2, true, 10..) => &[
            Number(2, TPC),
            Number(2, TDC),
            Part::Bytes(2, RESERVED),
            Number(2, PC),
            Number(2, PO),
            Number(2, PD),
            Number(2, DC),
            Number(2, DATA_OFFSET),
            Number(2, DATA_DISP),
            Number(1, SC),
            Part::Bytes(1, RESERVED),
        ],
        _ => &[],
    }
}

/// The bytes of a command; `word` gives one of its words.
fn data(
    command: Command,
    count: usize,
    word: &dyn Fn(usize) -> usize,
    r: &mut Reader<'_>,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let unicode = command.unicode;
    match (command.number, command.is_response, count) {
        (NEGOTIATE, false, _) => dialects(r, out),
        (NEGOTIATE, true, 17) if Bytes(r.whole()).little(10, 2) & EXTENDED_SECURITY != 0 => {
            r.take(16)?;
            blob(r, r.left(), out)
        }
        (SESSION_SETUP, false, 12) => {
            blob(r, word(7), out)?;
            strings(r, unicode, &[NATIVE_OS, NATIVE_LANMAN, PRIMARY_DOMAIN], out)
        }
        (SESSION_SETUP, false, 13) => {
            r.take(word(7) + word(8))?;
            strings(r, unicode, &[ACCOUNT, PRIMARY_DOMAIN, NATIVE_OS, NATIVE_LANMAN], out)
        }
        (SESSION_SETUP, true, 3 | 4) => {
            let length = if count == 4 { word(3) } else { 0 };
            blob(r, length, out)?;
            strings(r, unicode, &[NATIVE_OS, NATIVE_LANMAN, PRIMARY_DOMAIN], out)
        }
        (TREE_CONNECT, false, 4) => {
            r.take(word(3))?;
            strings(r, unicode, &[PATH], out)?;
            strings(r, false, &[SERVICE], out)
        }
        (TREE_CONNECT, true, _) => strings(r, false, &[SERVICE], out),
        (NT_CREATE, false, 24) => strings(r, unicode, &[FILE], out),
        (TRANSACTION, false, 14..) => strings(r, unicode, &[TRANS_NAME], out),
        (TRANSACTION2, false, 15..) => {
            let end = word(10).saturating_add(word(9));
            let padding = word(10).saturating_sub(r.at()).min(r.left());
            if padding > 0 {
                put_bytes(r, padding, PADDING, out)?;
            }
            let mut parameters = Reader::between(r.whole(), word(10), end.min(r.end()));
            transactions::request(word(14), unicode, &mut parameters, out)
        }
        _ => Ok(()),
    }
}

fn blob(r: &mut Reader<'_>, length: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    if length == 0 { Ok(()) } else { put_bytes(r, length, SECURITY_BLOB, out) }
}

/// What the client can speak: each name behind a byte that says what it is (MS-CIFS §2.2.4.52.1).
fn dialects(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        let at = r.at();
        let mut rest = *r;
        rest.take(1)?;
        let name = text_z(&mut rest)?;
        out.put(DIALECT, at..rest.at(), Value::Text(name));
        put_number(r, 1, BUFFER_FORMAT, out)?;
        put_text_z(r, DIALECT_NAME, out)?;
    }
    Ok(())
}

/// Texts that end with a zero; those of UTF-16 begin at even offsets in the message.
fn strings(
    r: &mut Reader<'_>,
    unicode: bool,
    fields: &[FieldIndex],
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    if unicode && r.at() % 2 == 1 {
        r.take(1)?;
    }
    for &field in fields {
        if r.left() == 0 {
            break;
        }
        if unicode {
            let length = utf16_length(r);
            put_utf16(r, length, field, out)?;
        } else {
            put_text_z(r, field, out)?;
        }
    }
    Ok(())
}

/// Length of the text that comes next, with the zero at its end.
fn utf16_length(r: &Reader<'_>) -> usize {
    let rest = Bytes(r.whole()).clamped(r.at(), r.end());
    let zero = rest.chunks_exact(2).position(|unit| unit == [0, 0]);
    zero.map_or(rest.len(), |units| 2 * units + 2)
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.header();
    let command = Command::of(b);
    put!(out, "{} {}", command.name(), command.kind());
    let status = b.little(5, 4);
    if command.is_response && status != 0 && b.little(10, 2) & NT_ERROR != 0 {
        match crate::field::value_name(NT_STATUS, status) {
            Some(name) => put!(out, ", Error: {name}"),
            None => put!(out, ", Error: {status:#010x}"),
        }
    }
    let (label, field) = match (command.number, command.is_response) {
        (TREE_CONNECT, false) => (", Path: ", PATH),
        (NT_CREATE, false) => (", Path: ", FILE),
        (TRANSACTION, false) => (", Name: ", TRANS_NAME),
        _ => return,
    };
    append_first(view, field, label, out);
}
