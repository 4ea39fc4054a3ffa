//! What a request of TRANSACTION2 asks for (MS-CIFS §2.2.6): the subcommand stands in the words, its parameters further
//! behind. What a response holds depends on its request.

use super::*;

/// MS-CIFS §2.2.2.2.
pub(super) const SUBCOMMANDS: crate::field::ValueNames = &[
    (0x0000, "OPEN2"),
    (0x0001, "FIND_FIRST2"),
    (0x0002, "FIND_NEXT2"),
    (0x0003, "QUERY_FS_INFO"),
    (0x0004, "SET_FS_INFO"),
    (0x0005, "QUERY_PATH_INFO"),
    (0x0006, "SET_PATH_INFO"),
    (0x0007, "QUERY_FILE_INFO"),
    (0x0008, "SET_FILE_INFO"),
    (0x0009, "FSCTL"),
    (0x000a, "IOCTL2"),
    (0x000b, "FIND_NOTIFY_FIRST"),
    (0x000c, "FIND_NOTIFY_NEXT"),
    (0x000d, "CREATE_DIRECTORY"),
    (0x000e, "SESSION_SETUP"),
    (0x0010, "GET_DFS_REFERRAL"),
    (0x0011, "REPORT_DFS_INCONSISTENCY"),
];

const FIND_FIRST: usize = 1;
const FIND_NEXT: usize = 2;
const QUERY_FILE_SYSTEM: usize = 3;
const QUERY_PATH: usize = 5;
const SET_PATH: usize = 6;
const QUERY_FILE: usize = 7;
const SET_FILE: usize = 8;
const CREATE_DIRECTORY: usize = 0x0d;
const GET_DFS_REFERRAL: usize = 0x10;

const SEARCH_BITS: &[(FieldIndex, u64)] = &[
    (SEARCH_ATTRIBUTE_READ_ONLY, 0x1),
    (SEARCH_ATTRIBUTE_HIDDEN, 0x2),
    (SEARCH_ATTRIBUTE_SYSTEM, 0x4),
    (SEARCH_ATTRIBUTE_VOLUME, 0x8),
    (SEARCH_ATTRIBUTE_DIRECTORY, 0x10),
    (SEARCH_ATTRIBUTE_ARCHIVE, 0x20),
];
const FIND_BITS: &[(FieldIndex, u64)] = &[
    (FIND_FIRST2_FLAGS_CLOSE, 0x1),
    (FIND_FIRST2_FLAGS_EOS, 0x2),
    (FIND_FIRST2_FLAGS_RESUME, 0x4),
    (FIND_FIRST2_FLAGS_CONTINUE, 0x8),
    (FIND_FIRST2_FLAGS_BACKUP, 0x10),
];

/// The parameters of a request.
pub(super) fn request(
    subcommand: usize,
    unicode: bool,
    r: &mut Reader<'_>,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    match subcommand {
        FIND_FIRST => {
            flags(r, SEARCH_ATTRIBUTE, SEARCH_BITS, out)?;
            put_little(r, 2, SEARCH_COUNT, out)?;
            flags(r, FIND_FIRST2_FLAGS, FIND_BITS, out)?;
            put_little(r, 2, FF2_LOI, out)?;
            put_little(r, 4, STORAGE_TYPE, out)?;
            strings(r, unicode, &[SEARCH_PATTERN], out)
        }
        FIND_NEXT => {
            put_little(r, 2, SEARCH_ID, out)?;
            put_little(r, 2, SEARCH_COUNT, out)?;
            put_little(r, 2, FF2_LOI, out)?;
            put_little(r, 4, RESUME, out)?;
            flags(r, FIND_FIRST2_FLAGS, FIND_BITS, out)?;
            strings(r, unicode, &[FILE], out)
        }
        QUERY_FILE_SYSTEM => put_little(r, 2, QFSI_LOI, out).map(drop),
        QUERY_PATH => named(r, QPI_LOI, unicode, out),
        SET_PATH => named(r, SPI_LOI, unicode, out),
        QUERY_FILE => {
            put_little(r, 2, FID, out)?;
            put_little(r, 2, QPI_LOI, out).map(drop)
        }
        SET_FILE => {
            put_little(r, 2, FID, out)?;
            put_little(r, 2, SPI_LOI, out)?;
            put_bytes(r, 2, RESERVED, out)
        }
        CREATE_DIRECTORY => {
            put_bytes(r, 4, RESERVED, out)?;
            strings(r, unicode, &[DIR_NAME], out)
        }
        GET_DFS_REFERRAL => {
            put_little(r, 2, MAX_REFERRAL_LEVEL, out)?;
            strings(r, unicode, &[FILE], out)
        }
        _ => Ok(()),
    }
}

/// The level of information about a file that is named.
fn named(r: &mut Reader<'_>, level: FieldIndex, unicode: bool, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_little(r, 2, level, out)?;
    put_bytes(r, 4, RESERVED, out)?;
    strings(r, unicode, &[FILE], out)
}

fn flags(
    r: &mut Reader<'_>,
    field: FieldIndex,
    bits: &[(FieldIndex, u64)],
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let number = put_little(r, 2, field, out)?;
    put_flags(r, 2, number, bits, out);
    Ok(())
}

/// What a search gives of each file (§2.2.2.3.1).
pub(super) const FIND_LEVELS: crate::field::ValueNames = &[
    (1, "Info Standard"),
    (2, "Info Query EA Size"),
    (3, "Info Query EAs From List"),
    (257, "Find File Directory Info"),
    (258, "Find File Full Directory Info"),
    (259, "Find File Names Info"),
    (260, "Find File Both Directory Info"),
    (261, "Find File Full Directory Info"),
    (262, "Find File Id Both Directory Info"),
    (514, "Find File Unix"),
    (523, "Find File Unix Info2"),
];

/// What is asked of a file system (§2.2.2.3.2).
pub(super) const FILE_SYSTEM_LEVELS: crate::field::ValueNames = &[
    (1, "Info Allocation"),
    (2, "Info Volume"),
    (257, "Query FS Label Info"),
    (258, "Query FS Volume Info"),
    (259, "Query FS Size Info"),
    (260, "Query FS Device Info"),
    (261, "Query FS Attribute Info"),
    (512, "Unix Query FS Info"),
    (514, "Unix Query POSIX whoami"),
    (769, "Mac Query FS Info"),
    (1001, "Query FS Label Info"),
    (1002, "Query FS Volume Info"),
    (1003, "Query FS Size Info"),
    (1004, "Query FS Device Info"),
    (1005, "Query FS Attribute Info"),
    (1006, "Query FS Quota Info"),
    (1007, "Query Full FS Size Info"),
    (1008, "Object ID Information"),
];

/// What is asked of a file (§2.2.2.3.3); from 1000 on it is the class of MS-FSCC §2.4 and 1000.
pub(super) const QUERY_LEVELS: crate::field::ValueNames = &[
    (1, "Info Standard"),
    (2, "Info Query EA Size"),
    (3, "Info Query EAs From List"),
    (4, "Info Query All EAs"),
    (6, "Info Is Name Valid"),
    (257, "Query File Basic Info"),
    (258, "Query File Standard Info"),
    (259, "Query File EA Info"),
    (260, "Query File Name Info"),
    (263, "Query File All Info"),
    (264, "Query File Alt Name Info"),
    (265, "Query File Stream Info"),
    (267, "Query File Compression Info"),
    (512, "Query File Unix Basic"),
    (513, "Query File Unix Link"),
    (514, "Query File Unix Hardlink"),
    (516, "Query File Posix ACL"),
    (517, "Query File Posix XATTR"),
    (518, "Query File Posix Attr Flags"),
    (519, "Query File Posix Permissions"),
    (520, "Query File Posix Lock"),
    (523, "Query File Unix Info2"),
    (1004, "Query File Basic Info"),
    (1005, "Query File Standard Info"),
    (1006, "Query File Internal Info"),
    (1007, "Query File EA Info"),
    (1009, "Query File Name Info"),
    (1010, "Query File Rename Info"),
    (1011, "Query File Link Info"),
    (1012, "Query File Names Info"),
    (1013, "Query File Disposition Info"),
    (1014, "Query File Position Info"),
    (1015, "Query File Full EA Info"),
    (1016, "Query File Mode Info"),
    (1017, "Query File Alignment Info"),
    (1018, "Query File All Info"),
    (1019, "Query File Allocation Info"),
    (1020, "Query File End of File Info"),
    (1021, "Query File Alt Name Info"),
    (1022, "Query File Stream Info"),
    (1023, "Query File Pipe Info"),
    (1024, "Query File Pipe Local Info"),
    (1025, "Query File Pipe Remote Info"),
    (1026, "Query File Mailslot Query Info"),
    (1027, "Query File Mailslot Set Info"),
    (1028, "Query File Compression Info"),
    (1029, "Query File ObjectID Info"),
    (1030, "Query File Completion Info"),
    (1031, "Query File Move Cluster Info"),
    (1032, "Query File Quota Info"),
    (1033, "Query File Reparsepoint Info"),
    (1034, "Query File Network Open Info"),
    (1035, "Query File Attribute Tag Info"),
    (1036, "Query File Tracking Info"),
    (1037, "Query File Maximum Info"),
];

/// What is set of a file (§2.2.2.3.4).
pub(super) const SET_LEVELS: crate::field::ValueNames = &[
    (1, "Info Standard"),
    (2, "Info Set EAs"),
    (4, "Info Query All EAs"),
    (257, "Set File Basic Info"),
    (258, "Set File Disposition Info"),
    (259, "Set File Allocation Info"),
    (260, "Set File End Of File Info"),
    (512, "Set File Unix Basic"),
    (513, "Set File Unix Link"),
    (514, "Set File Unix HardLink"),
    (516, "Set File Unix ACL"),
    (517, "Set File Unix XATTR"),
    (518, "Set File Unix Attr Flags"),
    (520, "Set File Posix Lock"),
    (521, "Set File Posix Open"),
    (522, "Set File Posix Unlink"),
    (523, "Set File Unix Info2"),
    (1004, "Set File Basic Info"),
    (1010, "Set Rename Information"),
    (1013, "Set Disposition Information"),
    (1014, "Set Position Information"),
    (1016, "Set Mode Information"),
    (1019, "Set Allocation Information"),
    (1020, "Set EOF Information"),
    (1023, "Set File Pipe Information"),
    (1025, "Set File Pipe Remote Information"),
    (1029, "Set Copy On Write Information"),
    (1032, "Set OLE Class ID Information"),
    (1039, "Set Inherit Context Index Information"),
];
