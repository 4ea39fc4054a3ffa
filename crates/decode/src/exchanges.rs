//! Requests and their responses: who asked, and how long the answer took (`dns.response_to`, `http.time`). Only what is in
//! front of a packet counts, as where tshark reads a capture once.

use plaintap_packet::Nanos;

use crate::Layer;
use crate::decoded::Decoded;
use crate::field::Value;
use crate::flow::Generations;
use crate::limits::{self, Counters};
use crate::proto::id;
use crate::registry::ProtocolId;
use crate::view::View;

/// How the messages of a protocol answer each other.
#[derive(Debug)]
pub struct Exchange {
    /// Gives what each message of a layer is, of those that ask or answer.
    pub turns: fn(&View<'_>, &mut dyn FnMut(Turn)),
    /// A request that comes again within so many seconds, and without an answer, is the same one.
    pub patience: i64,
    /// Whether no later request has the number of one that was answered.
    pub unique: bool,
    /// What the response shows of its request.
    pub subject: Option<fn(&View<'_>, &mut Vec<u8>)>,
}

impl Exchange {
    /// Messages that are told by a number or by their order, with nothing to show of the request.
    pub(crate) const fn new(turns: fn(&View<'_>, &mut dyn FnMut(Turn))) -> Self {
        Self { turns, patience: i64::MAX / SECOND, unique: false, subject: None }
    }
}

const SECOND: i64 = 1_000_000_000;

/// What a message is in the exchange of its conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Asks; the response repeats this number.
    Request(u64),
    /// Answers the request of this number.
    Response(u64),
    /// Asks; responses come in the order of the requests.
    NextRequest,
    /// Says something about the first request that has no answer, and does not answer it.
    Interim,
    /// Answers the first request that has no answer.
    NextResponse,
}

/// What is known of the exchanges of a message.
#[derive(Debug, Default)]
pub(crate) struct Note {
    layer: usize,
    /// The number of the request, or of what the response answers, in its conversation, from 1; where they come in order.
    ordinal: u64,
    asked: Option<Asked>,
    /// The frame that said the same before.
    repeats: Option<u64>,
    is_request: bool,
    previous_request: Option<u64>,
    previous_response: Option<u64>,
}

/// A request.
#[derive(Clone, Debug, Default)]
struct Asked {
    frame: u64,
    time: Nanos,
    /// The frame of the request before it.
    previous: Option<u64>,
    /// The frame of the first response.
    answer: Option<u64>,
    /// What that shows of it; kept until then.
    subject: Box<[u8]>,
}

/// Where messages answer each other: the protocol, and the number of the transport's conversation or two addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Conversation {
    protocol: u8,
    low: [u64; 2],
    high: [u64; 2],
}

/// How far a conversation is where responses come in the order of the requests.
#[derive(Debug, Default)]
struct Turns {
    requests: u64,
    responses: u64,
    previous_request: Option<u64>,
    previous_response: Option<u64>,
}

/// The requests seen so far, and what the current packet has to do with them.
#[derive(Debug)]
pub(crate) struct Exchanges {
    asked: Generations<(Conversation, u64), Asked>,
    turns: Generations<Conversation, Turns>,
    notes: Vec<Note>,
    /// Bytes of all subjects kept.
    subjects: usize,
    /// Used again and again.
    text: Vec<u8>,
}

impl Exchanges {
    pub(crate) fn new() -> Self {
        Self {
            asked: Generations::new(limits::MAX_EXCHANGES),
            turns: Generations::new(limits::MAX_EXCHANGES),
            notes: Vec::new(),
            subjects: 0,
            text: Vec::new(),
        }
    }

    /// Makes the notes on a packet.
    pub(crate) fn follow(&mut self, packet: &Decoded<'_>, counters: &mut Counters) {
        self.notes.clear();
        for (number, layer) in packet.layers().iter().enumerate() {
            let Some(exchange) = layer.protocol.protocol().and_then(|p| p.exchange.as_ref()) else {
                continue;
            };
            let view = packet.view(*layer);
            if view.is_silent() || is_quoted(&packet.layers()[..number]) {
                continue;
            }
            let conversation = Conversation::of(packet, number, layer.protocol);
            (exchange.turns)(&view, &mut |turn| {
                let note = match turn {
                    Turn::Request(key) => self.request(exchange, &view, (conversation, key), None, counters),
                    Turn::Response(key) => self.response(packet, (conversation, key), true),
                    Turn::NextRequest => self.next_request(exchange, &view, conversation, counters),
                    Turn::Interim => self.next_response(packet, conversation, false),
                    Turn::NextResponse => self.next_response(packet, conversation, true),
                };
                self.notes.push(Note { layer: number, ..note });
            });
        }
    }

    fn request(
        &mut self,
        exchange: &Exchange,
        view: &View<'_>,
        (conversation, key): (Conversation, u64),
        previous: Option<u64>,
        counters: &mut Counters,
    ) -> Note {
        let (frame, time) = (view.decoded.number(), view.decoded.packet().time);
        let note = Note { is_request: true, previous_request: previous, ..Note::default() };
        let same = |asked: &&Asked| {
            (exchange.unique || asked.answer.is_none()) && time.since(asked.time) / SECOND < exchange.patience
        };
        if let Some(before) = self.asked.peek(&(conversation, key)).filter(same) {
            return Note { repeats: Some(before.frame), ..note };
        }
        let subject = self.subject(exchange, view, counters);
        let subjects = &mut self.subjects;
        let kept = self.asked.get((conversation, key), Asked::default, |gone| {
            counters.requests_forgotten += u64::from(gone.answer.is_none());
            *subjects -= gone.subject.len();
        });
        *subjects -= kept.subject.len();
        *subjects += subject.len();
        *kept = Asked { frame, time, previous, answer: None, subject };
        note
    }

    /// What the response is to show of a request, while there is room.
    fn subject(&mut self, exchange: &Exchange, view: &View<'_>, counters: &mut Counters) -> Box<[u8]> {
        self.text.clear();
        if let Some(subject) = exchange.subject {
            subject(view, &mut self.text);
        }
        if self.subjects + self.text.len() > limits::MAX_SUBJECTS {
            counters.subjects_dropped += 1;
            self.text.clear();
        }
        self.text.as_slice().into()
    }

    fn response(&mut self, packet: &Decoded<'_>, key: (Conversation, u64), answers: bool) -> Note {
        let Some(asked) = self.asked.find(&key) else { return Note::default() };
        let note = Note { asked: Some(asked.clone()), repeats: asked.answer, ..Note::default() };
        if answers && asked.answer.is_none() {
            asked.answer = Some(packet.number());
            self.subjects -= std::mem::take(&mut asked.subject).len();
        }
        note
    }

    fn next_request(
        &mut self,
        exchange: &Exchange,
        view: &View<'_>,
        conversation: Conversation,
        counters: &mut Counters,
    ) -> Note {
        let turns = self.turns.get(conversation, Turns::default, |_| {});
        turns.requests += 1;
        let ordinal = turns.requests;
        let previous = turns.previous_request.replace(view.decoded.number());
        let note = self.request(exchange, view, (conversation, ordinal), previous, counters);
        Note { ordinal, ..note }
    }

    fn next_response(&mut self, packet: &Decoded<'_>, conversation: Conversation, answers: bool) -> Note {
        let turns = self.turns.get(conversation, Turns::default, |_| {});
        let ordinal = turns.responses + 1;
        let previous_response = turns.previous_response;
        if answers {
            turns.responses = ordinal;
            // A response to a request in front of the capture: the next request is that of the next response.
            turns.requests = turns.requests.max(ordinal);
            turns.previous_response = Some(packet.number());
        }
        let note = self.response(packet, (conversation, ordinal), answers);
        let previous_request = note.asked.as_ref().and_then(|asked| asked.previous);
        Note { ordinal, previous_request, previous_response, ..note }
    }
}

impl Conversation {
    /// Where the layer of this number talks: in the conversation of the transport below it, or between two addresses.
    fn of(packet: &Decoded<'_>, layer: usize, protocol: ProtocolId) -> Self {
        let below = packet.layers().get(..layer).unwrap_or_default();
        let mut found = Self { protocol: protocol.0, low: [0; 2], high: [0; 2] };
        for layer in below.iter().rev() {
            if let Some(facts) = packet.view(*layer).facts() {
                found.low = [u64::from(layer.protocol.0) << 32 | u64::from(facts.stream), 0];
                return found;
            }
            if matches!(layer.protocol, id::ip | id::ipv6) {
                let [source, destination] = ends(&packet.view(*layer));
                (found.low, found.high) = (source.min(destination), source.max(destination));
                return found;
            }
        }
        found
    }
}

/// Source and destination of a network layer.
fn ends(view: &View<'_>) -> [[u64; 2]; 2] {
    let number = |from, to| view.bytes.number(from, to).unwrap_or(0);
    if view.layer.protocol == id::ip {
        [[number(12, 16), 0], [number(16, 20), 0]]
    } else {
        [[number(8, 16), number(16, 24)], [number(24, 32), number(32, 40)]]
    }
}

/// Whether what is above these layers is quoted in an ICMP error.
fn is_quoted(below: &[Layer]) -> bool {
    below.iter().any(|layer| matches!(layer.protocol, id::icmp | id::icmpv6))
}

impl<'a> View<'a> {
    /// The notes on the messages of this layer.
    fn exchanges(&self) -> impl Iterator<Item = &'a Note> {
        let layer = self.below().len();
        let notes = self.decoded.exchanges.map_or(&[][..], |exchanges| &exchanges.notes);
        notes.iter().filter(move |note| note.layer == layer)
    }

    /// The requests that the messages of this layer answer.
    fn answered(&self) -> impl Iterator<Item = &'a Asked> {
        self.exchanges().filter_map(|note| note.asked.as_ref())
    }
}

/// Gives the frame of the request, in a response.
pub(crate) fn request_frame(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    view.answered().for_each(|asked| out(Value::Unsigned(asked.frame)));
}

/// Gives the time since the request, in a response.
pub(crate) fn elapsed(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    view.answered().for_each(|asked| out(Value::Duration(view.decoded.packet().time.since(asked.time))));
}

/// The same in milliseconds.
pub(crate) fn elapsed_milliseconds(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    for asked in view.answered() {
        out(Value::Float(view.decoded.packet().time.since(asked.time) as f64 / 1e6));
    }
}

/// The same in whole milliseconds.
pub(crate) fn elapsed_whole_milliseconds(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    for asked in view.answered() {
        let milliseconds = view.decoded.packet().time.since(asked.time) / 1_000_000;
        out(Value::Unsigned(milliseconds.max(0).cast_unsigned()));
    }
}

/// Gives what the response shows of its request.
pub(crate) fn subject(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    for asked in view.answered().filter(|asked| !asked.subject.is_empty()) {
        out(Value::Text(&asked.subject));
    }
}

/// Gives the number of a request in its conversation.
pub(crate) fn request_number(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let requests = view.exchanges().filter(|note| note.is_request);
    requests.for_each(|note| out(Value::Unsigned(note.ordinal)));
}

/// Gives the number of a response in its conversation.
pub(crate) fn response_number(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let responses = view.exchanges().filter(|note| !note.is_request);
    responses.for_each(|note| out(Value::Unsigned(note.ordinal)));
}

/// Gives the frame of the request before: in a response, that before its own.
pub(crate) fn previous_request(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let frames = view.exchanges().filter_map(|note| note.previous_request);
    frames.for_each(|frame| out(Value::Unsigned(frame)));
}

/// Gives the frame of the response before.
pub(crate) fn previous_response(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let frames = view.exchanges().filter_map(|note| note.previous_response);
    frames.for_each(|frame| out(Value::Unsigned(frame)));
}

/// Gives the frame of the same request, in one that came again without an answer.
pub(crate) fn repeated_request(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let frames = view.exchanges().filter(|note| note.is_request).filter_map(|note| note.repeats);
    frames.for_each(|frame| out(Value::Unsigned(frame)));
}

/// Gives the frame of the first response to the same request.
pub(crate) fn repeated_response(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let frames = view.exchanges().filter(|note| !note.is_request).filter_map(|note| note.repeats);
    frames.for_each(|frame| out(Value::Unsigned(frame)));
}
