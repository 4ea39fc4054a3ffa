//! Numbers of the protocol of MySQL, and their names.

use crate::field::ValueNames;

pub(super) const INIT_DB: u8 = 2;
pub(super) const QUERY: u8 = 3;
pub(super) const FIELD_LIST: u8 = 4;
pub(super) const CREATE_DB: u8 = 5;
pub(super) const DROP_DB: u8 = 6;
pub(super) const STATISTICS: u8 = 9;
pub(super) const PROCESS_KILL: u8 = 12;
pub(super) const STMT_PREPARE: u8 = 22;
pub(super) const STMT_EXECUTE: u8 = 23;
pub(super) const STMT_SEND_LONG_DATA: u8 = 24;
pub(super) const STMT_CLOSE: u8 = 25;
pub(super) const STMT_RESET: u8 = 26;
pub(super) const SET_OPTION: u8 = 27;
pub(super) const STMT_FETCH: u8 = 28;

pub(super) const COMMANDS: ValueNames = &[
    (0, "SLEEP"),
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
    (11, "Connect"),
    (12, "Kill Server Thread"),
    (13, "Dump Debuginfo"),
    (14, "Ping"),
    (15, "Time"),
    (16, "Insert Delayed"),
    (17, "Change User"),
    (18, "Send Binlog"),
    (19, "Send Table"),
    (20, "Slave Connect"),
    (21, "Register Slave"),
    (22, "Prepare Statement"),
    (23, "Execute Statement"),
    (24, "Send BLOB"),
    (25, "Close Statement"),
    (26, "Reset Statement"),
    (27, "Set Option"),
    (28, "Fetch Data"),
    (29, "Daemon"),
    (30, "Send Binlog GTID"),
    (31, "Reset Connection"),
    (250, "Execute Bulk Statement"),
];

pub(super) const RESPONSES: ValueNames = &[(0, "OK Packet"), (0xfe, "EOF Packet"), (0xff, "ERR Packet")];

pub(super) const OPTIONS: ValueNames = &[(0, "multi statements on"), (1, "multi statements off")];

pub(super) const EXECUTE_FLAG_NAMES: ValueNames =
    &[(0, "Defaults"), (1, "Read-only cursor"), (2, "Cursor for update"), (4, "Scrollable cursor")];

pub(super) const FIELD_TYPES: ValueNames = &[
    (0, "FIELD_TYPE_DECIMAL"),
    (1, "FIELD_TYPE_TINY"),
    (2, "FIELD_TYPE_SHORT"),
    (3, "FIELD_TYPE_LONG"),
    (4, "FIELD_TYPE_FLOAT"),
    (5, "FIELD_TYPE_DOUBLE"),
    (6, "FIELD_TYPE_NULL"),
    (7, "FIELD_TYPE_TIMESTAMP"),
    (8, "FIELD_TYPE_LONGLONG"),
    (9, "FIELD_TYPE_INT24"),
    (10, "FIELD_TYPE_DATE"),
    (11, "FIELD_TYPE_TIME"),
    (12, "FIELD_TYPE_DATETIME"),
    (13, "FIELD_TYPE_YEAR"),
    (14, "FIELD_TYPE_NEWDATE"),
    (15, "FIELD_TYPE_VARCHAR"),
    (16, "FIELD_TYPE_BIT"),
    (246, "FIELD_TYPE_NEWDECIMAL"),
    (247, "FIELD_TYPE_ENUM"),
    (248, "FIELD_TYPE_SET"),
    (249, "FIELD_TYPE_TINY_BLOB"),
    (250, "FIELD_TYPE_MEDIUM_BLOB"),
    (251, "FIELD_TYPE_LONG_BLOB"),
    (252, "FIELD_TYPE_BLOB"),
    (253, "FIELD_TYPE_VAR_STRING"),
    (254, "FIELD_TYPE_STRING"),
    (255, "FIELD_TYPE_GEOMETRY"),
];
