//! Computer browsing of Windows: announcements and elections (MS-BRWS §2.2). Numbers are little-endian.

use super::prelude::*;

fields! {
    COMMAND: U8 at(0..1), "browser.command", "Command", hex, names(COMMANDS);
    UPDATE_COUNT: U8 walk, "browser.update_count", "Update Count";
    PERIOD: U32 walk, "browser.period", "Update Periodicity";
    SERVER: Text walk, "browser.server", "Host Name";
    OS_MAJOR: U8 walk, "browser.os_major", "OS Major Version";
    OS_MINOR: U8 walk, "browser.os_minor", "OS Minor Version";
    SERVER_TYPE: U32 walk, "browser.server_type", "Server Type", hex;
    PROTO_MAJOR: U8 walk, "browser.proto_major", "Browser Protocol Major Version";
    PROTO_MINOR: U8 walk, "browser.proto_minor", "Browser Protocol Minor Version";
    SIG: U16 walk, "browser.sig", "Signature", hex;
    MYSTERIOUS_FIELD: U32 walk, "browser.mysterious_field", "Mysterious Field", hex;
    COMMENT: Text walk, "browser.comment", "Host Comment";
    MB_SERVER: Text walk, "browser.mb_server", "Master Browser Server Name";
    RESPONSE_COMPUTER_NAME: Text walk, "browser.response_computer_name", "Response Computer Name";
    ELECTION_VERSION: U8 walk, "browser.election.version", "Election Version";
    ELECTION_CRITERIA: U32 walk, "browser.election.criteria", "Election Criteria", hex;
    ELECTION_DESIRE: U8 walk, "browser.election.desire", "Election Desire", hex;
    ELECTION_OS: U8 walk, "browser.election.os", "Election OS", hex;
    UPTIME: U32 walk, "browser.uptime", "Uptime";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("browser", "Microsoft Windows Browser Protocol", "BROWSER")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(1)?;
    Ok(Step::last(b))
}

const HOST: u8 = 0x01;
const REQUEST: u8 = 0x02;
const ELECTION: u8 = 0x08;
const DOMAIN: u8 = 0x0c;
const LOCAL_MASTER: u8 = 0x0f;

const COMMANDS: crate::field::ValueNames = &[
    (0x01, "Host Announcement"),
    (0x02, "Request Announcement"),
    (0x08, "Browser Election Request"),
    (0x09, "Get Backup List Request"),
    (0x0a, "Get Backup List Response"),
    (0x0b, "Become Backup Browser"),
    (0x0c, "Domain/Workgroup Announcement"),
    (0x0d, "Master Announcement"),
    (0x0e, "Reset Browser State Announcement"),
    (0x0f, "Local Master Announcement"),
];

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 1);
    match view.bytes.u8(0) {
        kind @ (HOST | DOMAIN | LOCAL_MASTER) => announcement(kind, &mut r, out),
        REQUEST => {
            r.take(1)?;
            put_text_z(&mut r, RESPONSE_COMPUTER_NAME, out).map(drop)
        }
        ELECTION => {
            put_little(&mut r, 1, ELECTION_VERSION, out)?;
            let mut criteria = r;
            put_little(&mut r, 4, ELECTION_CRITERIA, out)?;
            put_little(&mut criteria, 1, ELECTION_DESIRE, out)?;
            put_little(&mut criteria, 1, PROTO_MAJOR, out)?;
            put_little(&mut criteria, 1, PROTO_MINOR, out)?;
            put_little(&mut criteria, 1, ELECTION_OS, out)?;
            put_little(&mut r, 4, UPTIME, out)?;
            r.take(4)?;
            put_text_z(&mut r, SERVER, out).map(drop)
        }
        _ => Ok(()),
    }
}

/// §2.2.1, §2.2.3 and §2.2.10: that of a domain has no version, and names its master browser.
fn announcement(kind: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_little(r, 1, UPDATE_COUNT, out)?;
    put_little(r, 4, PERIOD, out)?;
    let mut name = r.sub(16)?;
    put_text_z(&mut name, SERVER, out)?;
    put_little(r, 1, OS_MAJOR, out)?;
    put_little(r, 1, OS_MINOR, out)?;
    put_little(r, 4, SERVER_TYPE, out)?;
    if kind == DOMAIN {
        put_little(r, 4, MYSTERIOUS_FIELD, out)?;
        return put_text_z(r, MB_SERVER, out).map(drop);
    }
    put_little(r, 1, PROTO_MAJOR, out)?;
    put_little(r, 1, PROTO_MINOR, out)?;
    put_little(r, 2, SIG, out)?;
    put_text_z(r, COMMENT, out).map(drop)
}

fn info(view: &View<'_>, out: &mut String) {
    let kind = view.bytes.u8(0);
    out.push_str(crate::field::value_name(COMMANDS, kind.into()).unwrap_or("Unknown command"));
    let field = if kind == REQUEST { RESPONSE_COMPUTER_NAME } else { SERVER };
    append_first(view, field, " ", out);
}
