//! The fields of `tcp.analysis`, and the words for them in the line for people. What they say is found out by the flow
//! stage.

use super::prelude::*;
use crate::flow::analysis::{Analysis, mark};

type Out<'o> = &'o mut dyn FnMut(Value<'_>);

/// What the segment tells about its connection.
fn analysis<'a>(view: &View<'a>) -> Option<&'a Analysis> {
    view.facts()?.analysis.as_ref()
}

/// Whether there is anything to say of the segment beside its time of arrival.
fn says_something(analysis: &Analysis) -> bool {
    analysis.flags != 0 || analysis.acks.is_some() || analysis.bytes_in_flight > 0
}

pub(super) fn flags(view: &View<'_>, out: Out<'_>) {
    marked(view, !0, out);
}

/// Presence of one of these marks.
pub(super) fn marked(view: &View<'_>, marks: u16, out: Out<'_>) {
    if analysis(view).is_some_and(|analysis| analysis.flags & marks != 0) {
        out(Value::Present);
    }
}

/// Wireshark has two fields of this name, and shows both.
pub(super) fn duplicate_ack(view: &View<'_>, out: Out<'_>) {
    marked(view, mark::DUPLICATE_ACK, out);
    marked(view, mark::DUPLICATE_ACK, out);
}

pub(super) fn duplicate_ack_num(view: &View<'_>, out: Out<'_>) {
    number(duplicate(view).map(|(number, _)| number.into()), out);
}

pub(super) fn duplicate_ack_frame(view: &View<'_>, out: Out<'_>) {
    number(duplicate(view).map(|(_, frame)| frame), out);
}

pub(super) fn acks_frame(view: &View<'_>, out: Out<'_>) {
    number(analysis(view).and_then(|analysis| analysis.acks).map(|(frame, _)| frame), out);
}

pub(super) fn ack_rtt(view: &View<'_>, out: Out<'_>) {
    time(analysis(view).and_then(|analysis| analysis.acks).map(|(_, time)| time), out);
}

pub(super) fn initial_rtt(view: &View<'_>, out: Out<'_>) {
    time(analysis(view).filter(|a| says_something(a)).and_then(|a| a.initial_rtt), out);
}

pub(super) fn bytes_in_flight(view: &View<'_>, out: Out<'_>) {
    number(analysis(view).map(|a| a.bytes_in_flight.into()), out);
}

pub(super) fn push_bytes_sent(view: &View<'_>, out: Out<'_>) {
    number(analysis(view).map(|a| a.push_bytes_sent.into()), out);
}

pub(super) fn rto(view: &View<'_>, out: Out<'_>) {
    time(analysis(view).and_then(|analysis| analysis.rto).map(|(_, time)| time), out);
}

pub(super) fn rto_frame(view: &View<'_>, out: Out<'_>) {
    let rto = analysis(view).and_then(|analysis| analysis.rto);
    number(rto.filter(|&(_, time)| time != 0).map(|(frame, _)| frame), out);
}

fn duplicate(view: &View<'_>) -> Option<(u32, u64)> {
    Some(analysis(view)?.duplicate_ack)
}

/// As everywhere in the analysis, 0 means that there is none.
fn number(number: Option<u64>, out: Out<'_>) {
    if let Some(number) = number.filter(|&number| number != 0) {
        out(Value::Unsigned(number));
    }
}

/// A time of 0 is not shown, as Wireshark does.
fn time(time: Option<i64>, out: Out<'_>) {
    if let Some(time) = time.filter(|&time| time != 0) {
        out(Value::Duration(time));
    }
}

/// Writes the marks of a segment in front of the line for people, in Wireshark's words and order.
pub(crate) fn append_marks(view: &View<'_>, out: &mut String) {
    let Some(analysis) = analysis(view).filter(|analysis| analysis.flags != 0) else { return };
    let has = |mark: u16| analysis.flags & mark != 0;
    for (mark, words) in [
        (mark::ZERO_WINDOW_PROBE_ACK, "ZeroWindowProbeAck"),
        (mark::ZERO_WINDOW, "ZeroWindow"),
        (mark::ZERO_WINDOW_PROBE, "ZeroWindowProbe"),
        (mark::DUPLICATE_ACK, "Dup ACK"),
        (mark::KEEP_ALIVE_ACK, "Keep-Alive ACK"),
        (mark::KEEP_ALIVE, "Keep-Alive"),
        (mark::WINDOW_FULL, "Window Full"),
        (mark::WINDOW_UPDATE, "Window Update"),
        (mark::ACK_LOST_SEGMENT, "ACKed unseen segment"),
        (mark::LOST_SEGMENT, "Previous segment not captured"),
        (mark::OUT_OF_ORDER, "Out-Of-Order"),
        (mark::SPURIOUS_RETRANSMISSION, "Spurious Retransmission"),
        (mark::FAST_RETRANSMISSION, "Fast Retransmission"),
        (mark::RETRANSMISSION, "Retransmission"),
        (mark::REUSED_PORTS, "Port numbers reused"),
    ] {
        let better_known = mark::SPURIOUS_RETRANSMISSION | mark::FAST_RETRANSMISSION;
        if !has(mark) || mark == mark::RETRANSMISSION && has(better_known) {
            continue;
        }
        out.push_str("[TCP ");
        out.push_str(words);
        if mark == mark::DUPLICATE_ACK {
            let (number, frame) = analysis.duplicate_ack;
            append(out, " ", frame);
            append(out, "#", number);
        }
        out.push_str("] ");
    }
}
