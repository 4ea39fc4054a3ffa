//! Transmission Control Protocol, RFC 9293. The payload is decoded by the flow stage.

use super::prelude::*;
use super::tcp_analysis as analysis;
use crate::checksum;
use crate::flow::analysis::mark;

/// Bits of the flags.
pub(crate) mod flag {
    pub(crate) const FIN: u16 = 0x01;
    pub(crate) const SYN: u16 = 0x02;
    pub(crate) const RST: u16 = 0x04;
    pub(crate) const PSH: u16 = 0x08;
    pub(crate) const ACK: u16 = 0x10;
    pub(crate) const SYN_ACK: u16 = SYN | ACK;
}

fields! {
    SRCPORT: U16 at(0..2), "tcp.srcport", "Source Port";
    DSTPORT: U16 at(2..4), "tcp.dstport", "Destination Port";
    STREAM: U32 meta(|v, out| if let Some(f) = v.facts() { out(Value::Unsigned(f.stream.into())) }),
        "tcp.stream", "Stream index";
    LEN: U32 meta(|v, out| if whole(v) && !quoted(v) { out(Value::Unsigned(v.payload_length().into())) }),
        "tcp.len", "TCP Segment Len";
    SEQ: U32 meta(|v, out| if let Some((seq, _)) = relative(v) { out(Value::Unsigned(seq.into())) }),
        "tcp.seq", "Sequence Number";
    SEQ_RAW: U32 at(4..8), "tcp.seq_raw", "Sequence Number (raw)";
    NXTSEQ: U32 meta(|v, out| if let Some((seq, _)) = relative(v).filter(|_| !quoted(v)) { out(Value::Unsigned(next(v, seq).into())) }),
        "tcp.nxtseq", "Next Sequence Number";
    ACK: U32 meta(|v, out| if let Some((_, ack)) = relative(v) { out(Value::Unsigned(ack.into())) }),
        "tcp.ack", "Acknowledgment Number";
    ACK_RAW: U32 at(8..12), "tcp.ack_raw", "Acknowledgment number (raw)";
    HDR_LEN: U8 meta(|v, out| if v.header().len() > 12 { out(Value::Unsigned(u64::from(v.bytes.u8(12) >> 4) * 4)) }),
        "tcp.hdr_len", "Header Length";
    FLAGS: U16 bits(12..14, 0x0fff), "tcp.flags", "Flags", hex;
    FLAGS_RES: Bool bits(12..14, 0x0e00), "tcp.flags.res", "Reserved";
    FLAGS_AE: Bool bits(12..14, 0x0100), "tcp.flags.ae", "Accurate ECN";
    FLAGS_CWR: Bool bits(12..14, 0x0080), "tcp.flags.cwr", "Congestion Window Reduced";
    FLAGS_ECE: Bool bits(12..14, 0x0040), "tcp.flags.ece", "ECN-Echo";
    FLAGS_URG: Bool bits(12..14, 0x0020), "tcp.flags.urg", "Urgent";
    FLAGS_ACK: Bool bits(12..14, 0x0010), "tcp.flags.ack", "Acknowledgment";
    FLAGS_PUSH: Bool bits(12..14, 0x0008), "tcp.flags.push", "Push";
    FLAGS_RESET: Bool bits(12..14, 0x0004), "tcp.flags.reset", "Reset";
    FLAGS_SYN: Bool bits(12..14, 0x0002), "tcp.flags.syn", "Syn";
    FLAGS_FIN: Bool bits(12..14, 0x0001), "tcp.flags.fin", "Fin";
    FLAGS_STR: Text meta(flags_text), "tcp.flags.str", "TCP Flags";
    WINDOW_SIZE_VALUE: U16 at(14..16), "tcp.window_size_value", "Window";
    WINDOW_SIZE: U32 meta(|v, out| if whole(v) { out(Value::Unsigned(window(v))) }),
        "tcp.window_size", "Calculated window size";
    WINDOW_SCALE: I32 meta(window_factor), "tcp.window_size_scalefactor", "Window size scaling factor";
    CHECKSUM: U16 at(16..18), "tcp.checksum", "Checksum", hex;
    CHECKSUM_STATUS: U8 meta(checksum::put_status), "tcp.checksum.status", "Checksum Status", names(checksum::STATUS);
    URGENT_POINTER: U16 at(18..20), "tcp.urgent_pointer", "Urgent Pointer";
    OPTIONS: Bytes rest(20), "tcp.options", "TCP Options";
    OPTION_KIND: U8 walk, "tcp.option_kind", "Kind", names(KINDS);
    OPTION_LEN: U8 walk, "tcp.option_len", "Length";
    MSS: U16 walk, "tcp.options.mss_val", "MSS Value";
    WSCALE_SHIFT: U8 walk, "tcp.options.wscale.shift", "Shift count";
    WSCALE_MULTIPLIER: U16 walk, "tcp.options.wscale.multiplier", "Multiplier";
    SACK_LE: U32 walk, "tcp.options.sack_le", "TCP SACK Left Edge";
    SACK_RE: U32 walk, "tcp.options.sack_re", "TCP SACK Right Edge";
    SACK_COUNT: U8 walk, "tcp.options.sack.count", "TCP SACK Count";
    TSVAL: U32 walk, "tcp.options.timestamp.tsval", "Timestamp value";
    TSECR: U32 walk, "tcp.options.timestamp.tsecr", "Timestamp echo reply";
    MD5: Bytes walk, "tcp.options.md5.digest", "MD5 digest";
    COMPLETENESS: U8 meta(|v, out| if let Some(f) = v.facts() { out(Value::Unsigned(f.completeness.into())) }),
        "tcp.completeness", "Conversation completeness";
    ANALYSIS_FLAGS: None meta(analysis::flags), "tcp.analysis.flags", "TCP Analysis Flags";
    ACKS_FRAME: FrameNumber meta(analysis::acks_frame), "tcp.analysis.acks_frame",
        "This is an ACK to the segment in frame";
    ACK_RTT: Duration meta(analysis::ack_rtt), "tcp.analysis.ack_rtt", "The RTT to ACK the segment was";
    INITIAL_RTT: Duration meta(analysis::initial_rtt), "tcp.analysis.initial_rtt", "iRTT";
    BYTES_IN_FLIGHT: U32 meta(analysis::bytes_in_flight), "tcp.analysis.bytes_in_flight", "Bytes in flight";
    PUSH_BYTES_SENT: U32 meta(analysis::push_bytes_sent), "tcp.analysis.push_bytes_sent",
        "Bytes sent since last PSH flag";
    RETRANSMISSION: None meta(|v, out| analysis::marked(v, mark::RETRANSMISSION, out)),
        "tcp.analysis.retransmission", "This frame is a (suspected) retransmission";
    FAST_RETRANSMISSION: None meta(|v, out| analysis::marked(v, mark::FAST_RETRANSMISSION, out)),
        "tcp.analysis.fast_retransmission", "This frame is a (suspected) fast retransmission";
    SPURIOUS_RETRANSMISSION: None meta(|v, out| analysis::marked(v, mark::SPURIOUS_RETRANSMISSION, out)),
        "tcp.analysis.spurious_retransmission", "This frame is a (suspected) spurious retransmission";
    OUT_OF_ORDER: None meta(|v, out| analysis::marked(v, mark::OUT_OF_ORDER, out)),
        "tcp.analysis.out_of_order", "This frame is a (suspected) out-of-order segment";
    REUSED_PORTS: None meta(|v, out| analysis::marked(v, mark::REUSED_PORTS, out)),
        "tcp.analysis.reused_ports", "A new session begins with the ports of an earlier one";
    LOST_SEGMENT: None meta(|v, out| analysis::marked(v, mark::LOST_SEGMENT, out)),
        "tcp.analysis.lost_segment", "Previous segment(s) not captured (common at capture start)";
    ACK_LOST_SEGMENT: None meta(|v, out| analysis::marked(v, mark::ACK_LOST_SEGMENT, out)),
        "tcp.analysis.ack_lost_segment", "ACKed segment that wasn't captured (common at capture start)";
    WINDOW_UPDATE: None meta(|v, out| analysis::marked(v, mark::WINDOW_UPDATE, out)),
        "tcp.analysis.window_update", "TCP window update";
    WINDOW_FULL: None meta(|v, out| analysis::marked(v, mark::WINDOW_FULL, out)),
        "tcp.analysis.window_full", "TCP window specified by the receiver is now completely full";
    KEEP_ALIVE: None meta(|v, out| analysis::marked(v, mark::KEEP_ALIVE, out)),
        "tcp.analysis.keep_alive", "TCP keep-alive segment";
    KEEP_ALIVE_ACK: None meta(|v, out| analysis::marked(v, mark::KEEP_ALIVE_ACK, out)),
        "tcp.analysis.keep_alive_ack", "ACK to a TCP keep-alive segment";
    DUPLICATE_ACK: None meta(analysis::duplicate_ack), "tcp.analysis.duplicate_ack", "Duplicate ACK";
    DUPLICATE_ACK_NUM: U32 meta(analysis::duplicate_ack_num), "tcp.analysis.duplicate_ack_num", "Duplicate ACK #";
    DUPLICATE_ACK_FRAME: FrameNumber meta(analysis::duplicate_ack_frame), "tcp.analysis.duplicate_ack_frame",
        "Duplicate to the ACK in frame";
    ZERO_WINDOW: None meta(|v, out| analysis::marked(v, mark::ZERO_WINDOW, out)),
        "tcp.analysis.zero_window", "TCP Zero Window segment";
    ZERO_WINDOW_PROBE: None meta(|v, out| analysis::marked(v, mark::ZERO_WINDOW_PROBE, out)),
        "tcp.analysis.zero_window_probe", "TCP Zero Window Probe";
    ZERO_WINDOW_PROBE_ACK: None meta(|v, out| analysis::marked(v, mark::ZERO_WINDOW_PROBE_ACK, out)),
        "tcp.analysis.zero_window_probe_ack", "ACK to a TCP Zero Window Probe";
    RTO: Duration meta(analysis::rto), "tcp.analysis.rto", "The RTO for this segment was";
    RTO_FRAME: FrameNumber meta(analysis::rto_frame), "tcp.analysis.rto_frame", "RTO based on delta from frame";
    TIME_RELATIVE: Duration meta(|v, out| if let Some(f) = v.facts() { out(Value::Duration(f.since_first)) }),
        "tcp.time_relative", "Time since first frame in this TCP stream";
    TIME_DELTA: Duration meta(|v, out| if let Some(f) = v.facts() { out(Value::Duration(f.since_previous)) }),
        "tcp.time_delta", "Time since previous frame in this TCP stream";
    PAYLOAD: Bytes payload, "tcp.payload", "TCP payload";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(6)],
    fields: FIELDS,
    aliases: &[Alias { name: "tcp.port", label: "Source or Destination Port", fields: &[SRCPORT, DSTPORT] }],
    walk: Some(walk),
    info: Some(info),
    summary: Some(summary),
    ..Protocol::new("tcp", "Transmission Control Protocol", "TCP")
};

#[inline]
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(20)?;
    let header = usize::from(b.u8(12) >> 4) * 4;
    if header < 20 {
        return Err(Short::new(20, header));
    }
    b.need(header)?;
    Ok(Step::next(header, ProtocolId::STREAM))
}

/// The window scale option in a TCP header (RFC 7323 §2.2).
pub(crate) fn window_scale(header: &[u8]) -> Option<u8> {
    let mut shift = None;
    let _ = options(header, |kind, _, body| {
        if kind == WINDOW_SCALE_OPTION && body.len() == 1 {
            shift = Some(body[0]);
        }
    });
    shift
}

/// The number of bytes in the blocks of the SACK option of a TCP header (RFC 2018 §3).
pub(crate) fn sacked(header: &[u8]) -> u32 {
    let mut bytes = 0_u32;
    if header.len() < 20 + 10 {
        return 0;
    }
    let _ = options(header, |kind, _, body| {
        if kind == SACK_OPTION {
            let block = |b: &[u8]| Bytes(b).u32(4).wrapping_sub(Bytes(b).u32(0));
            bytes = body.chunks_exact(8).map(block).fold(0, u32::saturating_add);
        }
    });
    bytes
}

const WINDOW_SCALE_OPTION: u8 = 3;
const SACK_OPTION: u8 = 5;

const KINDS: crate::field::ValueNames = &[
    (0, "End of Option List"),
    (1, "No-Operation"),
    (2, "Maximum Segment Size"),
    (3, "Window Scale"),
    (4, "SACK Permitted"),
    (5, "SACK"),
    (8, "Time Stamp Option"),
    (19, "MD5 Signature Option"),
    (28, "User Timeout Option"),
    (29, "TCP Authentication Option"),
    (30, "Multipath TCP"),
    (34, "TCP Fast Open"),
    (253, "RFC3692-style Experiment 1"),
    (254, "RFC3692-style Experiment 2"),
];

/// Gives kind, offset of the option and its bytes behind kind and length.
fn options(header: &[u8], mut each: impl FnMut(u8, usize, &[u8])) -> Result<(), Short> {
    let mut r = Reader::new(header, 20);
    while r.left() > 0 {
        let at = r.at();
        let kind = r.u8()?;
        if kind <= 1 {
            each(kind, at, &[]);
            continue;
        }
        let length = usize::from(r.u8()?);
        if length < 2 {
            return Err(Short::new(2, length));
        }
        each(kind, at, r.take(length - 2)?);
    }
    Ok(())
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let bases = view.facts().map_or(0, |facts| facts.ack_base);
    options(view.header().0, |kind, at, body| {
        let b = Bytes(body);
        let end = at + if kind <= 1 { 1 } else { 2 + body.len() };
        let name = crate::field::value_name(KINDS, kind.into()).unwrap_or("Unknown");
        out.open(at..end, format_args!("TCP Option - {name}"));
        out.put(OPTION_KIND, at..at + 1, Value::Unsigned(kind.into()));
        if kind > 1 {
            out.put(OPTION_LEN, at + 1..at + 2, Value::Unsigned((end - at) as u64));
        }
        let body_at = at + 2;
        match (kind, body.len()) {
            (2, 2) => out.put(MSS, body_at..end, Value::Unsigned(b.u16(0).into())),
            (WINDOW_SCALE_OPTION, 1) => {
                out.put(WSCALE_SHIFT, body_at..end, Value::Unsigned(b.u8(0).into()));
                out.put(WSCALE_MULTIPLIER, body_at..body_at, Value::Unsigned(1 << b.u8(0).min(14)));
            }
            (SACK_OPTION, _) => {
                for edge in 0..body.len() / 8 {
                    let (left, right) = (body_at + edge * 8, body_at + edge * 8 + 4);
                    let relative = |at: usize| Value::Unsigned(b.u32(at).wrapping_sub(bases).into());
                    out.put(SACK_LE, left..left + 4, relative(edge * 8));
                    out.put(SACK_RE, right..right + 4, relative(edge * 8 + 4));
                }
                out.put(SACK_COUNT, body_at..body_at, Value::Unsigned(body.len() as u64 / 8));
            }
            (8, 8) => {
                out.put(TSVAL, body_at..body_at + 4, Value::Unsigned(b.u32(0).into()));
                out.put(TSECR, body_at + 4..end, Value::Unsigned(b.u32(4).into()));
            }
            (19, 16) => out.put(MD5, body_at..end, Value::Bytes(body)),
            _ => {}
        }
        out.close();
    })
}

fn quoted(view: &View<'_>) -> bool {
    view.facts().is_some_and(|facts| facts.quoted)
}

/// Whether the fixed header is there.
fn whole(view: &View<'_>) -> bool {
    view.header().len() >= 20
}

/// Sequence and acknowledgment number, relative where the flow is known.
fn relative(view: &View<'_>) -> Option<(u32, u32)> {
    if !whole(view) {
        return None;
    }
    let (seq, ack) = (view.bytes.u32(4), view.bytes.u32(8));
    Some(match view.facts() {
        None => (seq, ack),
        Some(facts) => {
            // Without the ACK flag the field means nothing; Wireshark shows it as it is.
            let has_ack = view.bytes.u16(12) & flag::ACK != 0;
            (seq.wrapping_sub(facts.seq_base), if has_ack { ack.wrapping_sub(facts.ack_base) } else { ack })
        }
    })
}

/// The sequence number behind this segment; SYN and FIN count as a byte each.
fn next(view: &View<'_>, seq: u32) -> u32 {
    let flags = view.bytes.u16(12);
    let marks = u32::from(flags & (flag::SYN | flag::FIN) != 0);
    seq.wrapping_add(view.payload_length()).wrapping_add(marks)
}

/// The window in bytes. That of a SYN is never scaled (RFC 7323 §2.2).
fn window(view: &View<'_>) -> u64 {
    let value = u64::from(view.bytes.u16(14));
    match view.facts() {
        Some(facts) if facts.window_shift > 0 && !facts.quoted && view.bytes.u16(12) & flag::SYN == 0 => {
            value << facts.window_shift
        }
        _ => value,
    }
}

fn window_factor(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if let Some(facts) = view.facts()
        && view.bytes.u16(12) & flag::SYN == 0
    {
        let shift = facts.window_shift;
        out(Value::Signed(if shift >= 0 { 1 << shift } else { shift.into() }));
    }
}

fn flags_text(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let flags = view.bytes.u16(12);
    let mut text = String::new();
    for (bit, letter) in "RRRACEUAPRSF".chars().enumerate() {
        text.push(if flags & 0x800 >> bit != 0 { letter } else { '·' });
    }
    if whole(view) {
        out(Value::Text(text.as_bytes()));
    }
}

fn flag_names(flags: u16, out: &mut String) {
    const NAMES: [&str; 9] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"];
    let start = out.len();
    for (_, name) in NAMES.iter().enumerate().filter(|(bit, _)| flags & 1 << bit != 0) {
        if out.len() > start {
            out.push_str(", ");
        }
        out.push_str(name);
    }
    if out.len() == start {
        out.push_str("<None>");
    }
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    let Some((seq, ack)) = relative(view) else { return };
    let flags = b.u16(12) & 0xfff;
    append_ports(view, out);
    out.push_str(" [");
    flag_names(flags, out);
    append(out, "] Seq=", seq);
    if flags & flag::ACK != 0 {
        append(out, " Ack=", ack);
    }
    append(out, " Win=", window(view));
    append(out, " Len=", view.payload_length());
    let _ = options(view.header().0, |kind, _, body| {
        let o = Bytes(body);
        match (kind, body.len()) {
            (2, 2) => append(out, " MSS=", o.u16(0)),
            (WINDOW_SCALE_OPTION, 1) => append(out, " WS=", 1_u32 << o.u8(0).min(14)),
            (4, 0) => out.push_str(" SACK_PERM"),
            (8, 8) => {
                append(out, " TSval=", o.u32(0));
                append(out, " TSecr=", o.u32(4));
            }
            _ => {}
        }
    });
}

fn summary(view: &View<'_>, out: &mut String) {
    put!(out, ", Src Port: {}, Dst Port: {}", view.bytes.u16(0), view.bytes.u16(2));
    if let Some((seq, ack)) = relative(view) {
        put!(out, ", Seq: {seq}, Ack: {ack}, Len: {}", view.payload_length());
    }
}
