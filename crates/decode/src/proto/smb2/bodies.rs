//! The fixed parts of the bodies of SMB 2, command by command (MS-SMB2 §2.2.3 to §2.2.40).

use super::super::smb_parts::Part::{self, Bytes, Elsewhere, Flags, Guid, Number, Skip, Time};
use super::*;

const MODE_BITS: Bits = &[(SEC_MODE_SIGN_ENABLED, 1), (SEC_MODE_SIGN_REQUIRED, 2)];
const CAPABILITY_BITS: Bits = &[
    (CAPABILITIES_DFS, 1),
    (CAPABILITIES_LEASING, 2),
    (CAPABILITIES_LARGE_MTU, 4),
    (CAPABILITIES_MULTI_CHANNEL, 8),
    (CAPABILITIES_PERSISTENT_HANDLES, 0x10),
    (CAPABILITIES_DIRECTORY_LEASING, 0x20),
    (CAPABILITIES_ENCRYPTION, 0x40),
];
const SESSION_BITS: Bits = &[(SES_FLAGS_GUEST, 1), (SES_FLAGS_NULL, 2), (SES_FLAGS_ENCRYPT, 4)];

/// A file's two halves of an identifier (§2.2.14.1).
const FILE_ID: Part = Guid(FID);
const CLOSE: Part = Flags(2, CLOSE_FLAGS, &[(CLOSE_PQ_ATTRIB, 1)]);
const TOKEN: Part = Elsewhere(2, 2, Content::Bytes(SECURITY_BLOB));

/// The fixed part behind its own size, for the commands whose fields are shown (§2.2.3 to §2.2.40).
pub(super) fn parts(message: &Message<'_>) -> &'static [Part] {
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
        (TREE_CONNECT, false) => {
            &[Flags(2, TC_FLAGS, TREE_CONNECT_BITS), Elsewhere(2, 2, Content::Text(TREE))]
        }
        (TREE_CONNECT, true) => &[
            Number(1, SHARE_TYPE),
            Bytes(1, RESERVED),
            Flags(4, SHARE_FLAGS, SHARE_FLAG_BITS),
            Flags(4, SHARE_CAPS, SHARE_CAPABILITY_BITS),
        ],
        (CREATE, false) => &[
            Skip(1),
            Number(1, CREATE_OPLOCK),
            Number(4, IMPERSONATION_LEVEL),
            Number(8, CREATE_FLAGS),
            Bytes(8, RESERVED),
            Skip(4),
            Flags(4, FILE_ATTRIBUTE, FILE_ATTRIBUTE_BITS),
            Skip(4),
            Number(4, CREATE_DISPOSITION),
            Skip(4),
            Elsewhere(2, 2, Content::Text(FILENAME)),
            Elsewhere(4, 4, Content::Presence(CREATE_EXTRAINFO)),
        ],
        (CREATE, true) => &[
            Number(1, CREATE_OPLOCK),
            Flags(1, CREATE_REP_FLAGS, &[(CREATE_REP_FLAGS_REPARSE_POINT, 1)]),
            Number(4, CREATE_ACTION),
            Time(CREATE_TIME),
            Time(LAST_ACCESS_TIME),
            Time(LAST_WRITE_TIME),
            Time(LAST_CHANGE_TIME),
            Number(8, ALLOCATION_SIZE),
            Number(8, EOF),
            Flags(4, FILE_ATTRIBUTE, FILE_ATTRIBUTE_BITS),
            Bytes(4, RESERVED),
            FILE_ID,
            Elsewhere(4, 4, Content::Presence(CREATE_EXTRAINFO)),
        ],
        (6, false) => &[CLOSE, Skip(4), FILE_ID],
        (7, false) => &[Skip(6), FILE_ID],
        (6, true) => &[
            CLOSE,
            Bytes(4, RESERVED),
            Time(CREATE_TIME),
            Time(LAST_ACCESS_TIME),
            Time(LAST_WRITE_TIME),
            Time(LAST_CHANGE_TIME),
            Number(8, ALLOCATION_SIZE),
            Number(8, EOF),
            Flags(4, FILE_ATTRIBUTE, FILE_ATTRIBUTE_BITS),
        ],
        (8, false) => &[
            Number(1, READ_PADDING),
            Flags(1, READ_FLAGS, &[(READ_FLAGS_UNBUFFERED, 1), (READ_FLAGS_COMPRESSED, 2)]),
            Number(4, READ_LENGTH),
            Number(8, FILE_OFFSET),
            FILE_ID,
            Number(4, MIN_COUNT),
            Number(4, CHANNEL),
            Number(4, REMAINING_BYTES),
            Elsewhere(2, 2, Content::Presence(CHANNEL_INFO_BLOB)),
        ],
        (8, true) => &[
            Number(1, OLB_OFFSET),
            Bytes(1, RESERVED),
            Number(4, OLB_LENGTH),
            Number(4, READ_REMAINING),
            Bytes(4, RESERVED),
        ],
        (9, false) => &[
            Number(2, DATA_OFFSET),
            Number(4, WRITE_LENGTH),
            Number(8, FILE_OFFSET),
            FILE_ID,
            Number(4, CHANNEL),
            Number(4, REMAINING_BYTES),
            Elsewhere(2, 2, Content::Presence(CHANNEL_INFO_BLOB)),
            Flags(4, WRITE_FLAGS, &[(WRITE_FLAGS_WRITE_THROUGH, 1), (WRITE_FLAGS_UNBUFFERED, 2)]),
        ],
        (9, true) => &[Skip(2), Number(4, WRITE_COUNT), Number(4, WRITE_REMAINING)],
        (10, false) => &[Number(2, LOCK_COUNT), Skip(4), FILE_ID],
        (IOCTL, false) => &[
            Skip(2),
            Number(4, IOCTL_FUNCTION),
            FILE_ID,
            Elsewhere(4, 4, Content::Unseen),
            Number(4, MAX_IOCTL_IN_SIZE),
            Elsewhere(4, 4, Content::Unseen),
            Number(4, MAX_IOCTL_OUT_SIZE),
            Flags(4, IOCTL_FLAGS, &[(IOCTL_IS_FSCTL, 1)]),
        ],
        (IOCTL, true) => &[
            Skip(2),
            Number(4, IOCTL_FUNCTION),
            FILE_ID,
            Elsewhere(4, 4, Content::Unseen),
            Elsewhere(4, 4, Content::Unseen),
            Number(4, FLAGS),
        ],
        (14, false) => &[
            Number(1, FIND_INFOLEVEL),
            Flags(1, FIND_FLAGS, FIND_BITS),
            Number(4, FILE_INDEX),
            FILE_ID,
            Elsewhere(2, 2, Content::Text(FIND_PATTERN)),
            Number(4, OUTPUT_BUFFER_LEN),
        ],
        (14, true) => &[Elsewhere(2, 4, Content::Bytes(FIND_INFO_BLOB))],
        (15, false) => {
            &[Flags(2, NOTIFY_FLAGS, &[(NOTIFY_WATCH_TREE, 1)]), Number(4, OUTPUT_BUFFER_LEN), FILE_ID]
        }
        (GET_INFO, false) => &[
            Number(4, MAX_RESPONSE_SIZE),
            Number(2, GETINFO_INPUT_OFFSET),
            Bytes(2, RESERVED),
            Number(4, GETINFO_INPUT_SIZE),
            Number(4, GETSETINFO_ADDITIONAL),
            Number(4, GETINFO_FLAGS),
            FILE_ID,
        ],
        (GET_INFO | 15, true) => &[Elsewhere(2, 4, Content::Unseen)],
        (SET_INFO, false) => &[
            Number(4, SETINFO_SIZE),
            Number(2, SETINFO_OFFSET),
            Bytes(2, RESERVED),
            Number(4, GETSETINFO_ADDITIONAL),
            FILE_ID,
        ],
        _ => &[],
    }
}

type Bits = &'static [(FieldIndex, u64)];

/// MS-FSCC §2.6.
const FILE_ATTRIBUTE_BITS: Bits = &[
    (FILE_ATTRIBUTE_READ_ONLY, 0x1),
    (FILE_ATTRIBUTE_HIDDEN, 0x2),
    (FILE_ATTRIBUTE_SYSTEM, 0x4),
    (FILE_ATTRIBUTE_DIRECTORY, 0x10),
    (FILE_ATTRIBUTE_ARCHIVE, 0x20),
    (FILE_ATTRIBUTE_NORMAL, 0x80),
    (FILE_ATTRIBUTE_TEMPORARY, 0x100),
    (FILE_ATTRIBUTE_SPARSE, 0x200),
    (FILE_ATTRIBUTE_REPARSE, 0x400),
    (FILE_ATTRIBUTE_COMPRESSED, 0x800),
    (FILE_ATTRIBUTE_OFFLINE, 0x1000),
    (FILE_ATTRIBUTE_NOT_CONTENT_INDEXED, 0x2000),
    (FILE_ATTRIBUTE_ENCRYPTED, 0x4000),
    (FILE_ATTRIBUTE_INTEGRITY_STREAM, 0x8000),
    (FILE_ATTRIBUTE_NO_SCRUB_DATA, 0x20000),
];

/// §2.2.9.
const TREE_CONNECT_BITS: Bits =
    &[(TC_CLUSTER_RECONNECT, 0x1), (TC_REDIRECT_TO_OWNER, 0x2), (TC_EXTENSION_PRESENT, 0x4)];

/// §2.2.10.
const SHARE_FLAG_BITS: Bits = &[
    (SHARE_FLAGS_DFS, 0x1),
    (SHARE_FLAGS_DFS_ROOT, 0x2),
    (SHARE_FLAGS_RESTRICT_EXCLUSIVE_OPENS, 0x100),
    (SHARE_FLAGS_FORCE_SHARED_DELETE, 0x200),
    (SHARE_FLAGS_ALLOW_NAMESPACE_CACHING, 0x400),
    (SHARE_FLAGS_ACCESS_BASED_DIR_ENUM, 0x800),
    (SHARE_FLAGS_FORCE_LEVELII_OPLOCK, 0x1000),
    (SHARE_FLAGS_ENABLE_HASH_V1, 0x2000),
    (SHARE_FLAGS_ENABLE_HASH_V2, 0x4000),
    (SHARE_FLAGS_ENCRYPT_DATA, 0x8000),
    (SHARE_FLAGS_IDENTITY_REMOTING, 0x40000),
    (SHARE_FLAGS_COMPRESS_DATA, 0x100000),
];
const SHARE_CAPABILITY_BITS: Bits = &[
    (SHARE_CAPS_DFS, 0x8),
    (SHARE_CAPS_CONTINUOUS_AVAILABILITY, 0x10),
    (SHARE_CAPS_SCALEOUT, 0x20),
    (SHARE_CAPS_CLUSTER, 0x40),
    (SHARE_CAPS_ASSYMETRIC, 0x80),
    (SHARE_CAPS_REDIRECT_TO_OWNER, 0x100),
];

/// §2.2.33.
const FIND_BITS: Bits =
    &[(FIND_RESTART_SCANS, 0x1), (FIND_SINGLE_ENTRY, 0x2), (FIND_INDEX_SPECIFIED, 0x4), (FIND_REOPEN, 0x10)];
