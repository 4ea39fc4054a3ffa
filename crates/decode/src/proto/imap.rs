//! Internet Message Access Protocol, RFC 9051: lines, their tags, commands and results.

use super::lines;
use super::prelude::*;
use super::waiting::Waiting;
use crate::Counters;
use crate::decryptor::Side;
use crate::flow::Unpacker;

fields! {
    ISREQUEST: Bool walk, "imap.isrequest", "Request";
    LINE: Text walk, "imap.line", "Line";
    TAG: Text walk, "imap.tag", "Tag", hidden;
    REQUEST: Text walk, "imap.request", "Request", hidden;
    RESPONSE: Text walk, "imap.response", "Response", hidden;
    REQUEST_UID: Bool walk, "imap.request.command.uid", "Request UID";
    REQUEST_TAG: Text walk, "imap.request_tag", "Request Tag";
    COMMAND: Text walk, "imap.command", "Command", hidden;
    REQUEST_COMMAND: Text walk, "imap.request.command", "Request Command";
    RESPONSE_TAG: Text walk, "imap.response_tag", "Response Tag";
    RESPONSE_COMMAND: Text walk, "imap.response.command", "Response Command";
    REQUEST_FOLDER: Text walk, "imap.request.folder", "Request Folder";
    REQUEST_USERNAME: Text walk, "imap.request.username", "Request Username";
    REQUEST_PASSWORD: Text walk, "imap.request.password", "Request Password";
    RESPONSE_STATUS: Text walk, "imap.response.status", "Response Status";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(PORT)],
    fields: FIELDS,
    walk: Some(walk),
    stream: lines::stream(frame),
    unpacker: Some(|| Box::<Requests>::default()),
    info: Some(|view, out| {
        lines::append(view, if lines::from_server(view, &[PORT]) { "Response: " } else { "Request: " }, out);
    }),
    ..Protocol::new("imap", "Internet Message Access Protocol", "IMAP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

const PORT: u16 = 143;

/// Behind the reply to STARTTLS the content decides (RFC 9051 §6.2.1).
fn frame(b: &[u8], framing: &mut Framing<'_>) -> Length {
    let Some(end) = memchr::memrchr(b'\n', b) else { return lines::line(b, framing) };
    // All whole lines that came together are one PDU, as in tshark.
    for line in b[..end].split(|&byte| byte == b'\n') {
        let line = lines::first(line);
        let (tag, behind) = lines::word(line);
        let rest = &line[behind..];
        if rest.eq_ignore_ascii_case(b"STARTTLS") {
            framing.memory[0] = 1;
        } else if framing.memory[0] == 1 && tag != b"*" && rest.starts_with(b"OK") {
            *framing.upgrade = Some(ProtocolId::NONE);
        }
    }
    Length::Known(end as u64 + 1)
}

/// Commands whose first argument is a mailbox.
const NAME_A_FOLDER: &[&[u8]] =
    &[b"SELECT", b"EXAMINE", b"CREATE", b"DELETE", b"SUBSCRIBE", b"UNSUBSCRIBE", b"STATUS"];

/// A line of a client: its tag, whether it addresses messages by their UID, its command, and where what follows begins.
struct Request<'a> {
    tag: &'a [u8],
    uid: bool,
    command: &'a [u8],
    at: usize,
    behind: usize,
}

impl<'a> Request<'a> {
    fn of(line: &'a [u8]) -> Self {
        let (tag, mut at) = lines::word(line);
        let (mut command, mut behind) = lines::word(&line[at..]);
        let uid = command.eq_ignore_ascii_case(b"UID");
        if uid {
            at += behind;
            (command, behind) = lines::word(&line[at..]);
        }
        Self { tag, uid, command, at, behind: at + behind }
    }
}

/// The tag and the status of a line that answers a command (RFC 9051 §7.1).
fn result(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (tag, behind) = lines::word(line);
    let (status, _) = lines::word(&line[behind..]);
    (tag != b"*" && matches!(status, b"OK" | b"NO" | b"BAD")).then_some((tag, status))
}

/// Tags and commands that wait for their results.
#[derive(Default)]
struct Requests(Waiting<(Vec<u8>, Vec<u8>)>);

/// The longest tag or command that is kept.
const MAX_WORD: usize = 64;

/// Unpacked are the commands that the results in a PDU of the server answer, each behind its length.
impl Unpacker for Requests {
    fn pdu(
        &mut self,
        side: Side,
        pdu: &[u8],
        out: &mut Vec<u8>,
        _: &mut Counters,
    ) -> Option<(ProtocolId, usize)> {
        for line in pdu.split_inclusive(|&byte| byte == b'\n').map(lines::first) {
            if side == Side::Initiator {
                let Request { tag, command, .. } = Request::of(line);
                if !command.is_empty() && tag.len() <= MAX_WORD && command.len() <= MAX_WORD {
                    self.0.ask((tag.to_vec(), command.to_vec()));
                }
            } else if let Some((tag, _)) = result(line) {
                let asked = self.0.answer(|(waiting, _)| waiting == tag);
                let command = asked.map_or(Vec::new(), |(_, command)| command);
                out.push(command.len() as u8);
                out.extend_from_slice(&command);
            }
        }
        None
    }

    fn forget(&mut self, _: Side) {
        self.0.clear();
    }

    fn kept(&self) -> usize {
        self.0.iter().map(|(tag, command)| tag.len() + command.len()).sum()
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let bytes = view.header().0;
    let response = lines::from_server(view, &[PORT]);
    out.put(ISREQUEST, 0..0, Value::Bool(!response));
    let mut answered = Reader::new(view.unpacked(), 0);
    let mut at = 0;
    while at < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1);
        out.put(LINE, at..end, Value::Text(&bytes[at..end]));
        let line = lines::first(&bytes[at..end]);
        if response {
            put_response(at, line, &mut answered, out);
        } else {
            put_request(at, line, out);
        }
        at = end;
    }
    Ok(())
}

fn put_response(at: usize, line: &[u8], answered: &mut Reader<'_>, out: &mut dyn FieldSink) {
    let Some((tag, status)) = result(line) else { return };
    out.put(TAG, at..at + tag.len(), Value::Text(tag));
    out.put(RESPONSE, at..at + line.len(), Value::Text(line));
    out.put(RESPONSE_TAG, at..at + tag.len(), Value::Text(tag));
    let begin = at + tag.len() + 1;
    out.put(RESPONSE_STATUS, begin..begin + status.len(), Value::Text(status));
    let command = answered.u8().and_then(|length| answered.take(length.into())).unwrap_or(b"");
    if !command.is_empty() {
        out.put(COMMAND, 0..0, Value::Text(command));
        out.put(RESPONSE_COMMAND, 0..0, Value::Text(command));
    }
}

fn put_request(at: usize, line: &[u8], out: &mut dyn FieldSink) {
    let request = Request::of(line);
    let Request { tag, command, .. } = request;
    if request.uid {
        out.put(REQUEST_UID, 0..0, Value::Bool(true));
    }
    out.put(TAG, at..at + tag.len(), Value::Text(tag));
    out.put(REQUEST, at..at + line.len(), Value::Text(line));
    out.put(REQUEST_TAG, at..at + tag.len(), Value::Text(tag));
    if command.is_empty() {
        return;
    }
    let begin = at + request.at;
    out.put(COMMAND, begin..begin + command.len(), Value::Text(command));
    out.put(REQUEST_COMMAND, begin..begin + command.len(), Value::Text(command));
    let (first, behind) = lines::word(&line[request.behind..]);
    let begin = at + request.behind;
    if first.is_empty() {
        return;
    }
    if NAME_A_FOLDER.iter().any(|name| command.eq_ignore_ascii_case(name)) {
        out.put(REQUEST_FOLDER, begin..begin + first.len(), Value::Text(first));
    } else if command.eq_ignore_ascii_case(b"LOGIN") {
        out.put(REQUEST_USERNAME, begin..begin + first.len(), Value::Text(first));
        let (quoted, _) = lines::word(&line[request.behind + behind..]);
        let password = quoted.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(quoted);
        if !password.is_empty() {
            let begin = begin + behind + usize::from(password.len() < quoted.len());
            out.put(REQUEST_PASSWORD, begin..begin + password.len(), Value::Text(password));
        }
    }
}
