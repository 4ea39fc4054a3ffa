//! RTP Control Protocol, RFC 3550 §6; feedback messages, RFC 4585.

use super::ntp;
use super::prelude::*;
use super::setup;

fields! {
    SETUP_FRAME: FrameNumber meta(setup::frame), "rtcp.setup-frame", "Setup frame";
    SETUP_METHOD: Text meta(setup::method), "rtcp.setup-method", "Setup Method";
    VERSION: U8 walk, "rtcp.version", "Version";
    PADDING: Bool walk, "rtcp.padding", "Padding";
    RC: U8 walk, "rtcp.rc", "Reception report count";
    SC: U8 walk, "rtcp.sc", "Source count";
    APP_SUBTYPE: U8 walk, "rtcp.app.subtype", "Subtype";
    RTPFB_FMT: U8 walk, "rtcp.rtpfb.fmt", "RTCP Feedback message type (FMT)", names(RTPFB_FORMATS);
    PSFB_FMT: U8 walk, "rtcp.psfb.fmt", "RTCP Feedback message type (FMT)", names(PSFB_FORMATS);
    PT: U8 walk, "rtcp.pt", "Packet type", names(PACKET_TYPES);
    LENGTH: U16 walk, "rtcp.length", "Length";
    SENDERSSRC: U32 walk, "rtcp.senderssrc", "Sender SSRC", hex;
    MEDIASSRC: U32 walk, "rtcp.mediassrc", "Media source SSRC", hex;
    NTP_MSW: U32 walk, "rtcp.timestamp.ntp.msw", "Timestamp, MSW";
    NTP_LSW: U32 walk, "rtcp.timestamp.ntp.lsw", "Timestamp, LSW";
    NTP: Time walk, "rtcp.timestamp.ntp", "MSW and LSW as NTP timestamp";
    RTP: U32 walk, "rtcp.timestamp.rtp", "RTP timestamp";
    PACKETCOUNT: U32 walk, "rtcp.sender.packetcount", "Sender's packet count";
    OCTETCOUNT: U32 walk, "rtcp.sender.octetcount", "Sender's octet count";
    IDENTIFIER: U32 walk, "rtcp.ssrc.identifier", "Identifier", hex;
    FRACTION: U8 walk, "rtcp.ssrc.fraction", "Fraction lost";
    CUM_NR: I24 walk, "rtcp.ssrc.cum_nr", "Cumulative number of packets lost";
    EXT_HIGH: U32 walk, "rtcp.ssrc.ext_high", "Extended highest sequence number received";
    HIGH_CYCLES: U16 walk, "rtcp.ssrc.high_cycles", "Sequence number cycles count";
    HIGH_SEQ: U16 walk, "rtcp.ssrc.high_seq", "Highest sequence number received";
    JITTER: U32 walk, "rtcp.ssrc.jitter", "Interarrival jitter";
    LSR: U32 walk, "rtcp.ssrc.lsr", "Last SR timestamp";
    DLSR: U32 walk, "rtcp.ssrc.dlsr", "Delay since last SR timestamp";
    SDES_TYPE: U8 walk, "rtcp.sdes.type", "Type", names(SDES_TYPES);
    SDES_LENGTH: U32 walk, "rtcp.sdes.length", "Length";
    SDES_TEXT: Text walk, "rtcp.sdes.text", "Text";
    APP_NAME: Text walk, "rtcp.app.name", "Name (ASCII)";
    APP_DATA: Bytes walk, "rtcp.app.data", "Application specific data";
    NACK_PID: U16 walk, "rtcp.rtpfb.nack_pid", "RTCP Transport Feedback NACK PID";
    NACK_BLP: U16 walk, "rtcp.rtpfb.nack_blp", "RTCP Transport Feedback NACK BLP", hex;
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    datagrams: Some(Datagrams { admits, recognise: Some(recognise), keeps: false, follow: None }),
    ..Protocol::new("rtcp", "Real-time Transport Control Protocol", "RTCP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    Ok(Step::last(b))
}

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const APPLICATION: u8 = 204;
const RTP_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;

const PACKET_TYPES: crate::field::ValueNames = &[
    (192, "Full Intra-frame Request (H.261)"),
    (193, "Negative Acknowledgement (H.261)"),
    (194, "SMPTE time-code mapping"),
    (195, "Extended inter-arrival jitter report"),
    (200, "Sender Report"),
    (201, "Receiver Report"),
    (202, "Source description"),
    (203, "Goodbye"),
    (204, "Application specific"),
    (205, "Generic RTP Feedback"),
    (206, "Payload-specific Feedback"),
    (207, "Extended report (RFC 3611)"),
    (208, "AVB RTCP packet (IEEE1733)"),
    (209, "Receiver Summary Information"),
    (210, "Port Mapping"),
];

const RTPFB_FORMATS: crate::field::ValueNames = &[
    (1, "Generic negative acknowledgement (NACK)"),
    (3, "Temporary Maximum Media Stream Bit Rate Request (TMMBR)"),
    (4, "Temporary Maximum Media Stream Bit Rate Notification (TMMBN)"),
    (15, "Transport-wide Congestion Control (Transport-cc)"),
];

const PSFB_FORMATS: crate::field::ValueNames = &[
    (1, "Picture Loss Indication"),
    (2, "Slice Loss Indication"),
    (3, "Reference Picture Selection Indication"),
    (4, "Full Intra Request (FIR) Command"),
    (5, "Temporal-Spatial Trade-off Request (TSTR)"),
    (6, "Temporal-Spatial Trade-off Notification (TSTN)"),
    (7, "Video Back Channel Message (VBCM)"),
    (15, "Application Layer Feedback"),
];

const SDES_TYPES: crate::field::ValueNames = &[
    (0, "END"),
    (1, "CNAME (user and domain)"),
    (2, "NAME (common name)"),
    (3, "EMAIL (e-mail address)"),
    (4, "PHONE (phone number)"),
    (5, "LOC (geographic location)"),
    (6, "TOOL (name/version of source app)"),
    (7, "NOTE (note about source)"),
    (8, "PRIV (private extensions)"),
];

/// Version 2 and a packet type of this protocol (RFC 5761 §4).
fn admits(b: &[u8]) -> bool {
    matches!(b, [first, 192..=223, _, _, ..] if first >> 6 == 2)
}

/// The reports that begin a compound packet (RFC 3550 §6.1) and those packets that tshark takes for a beginning; all
/// packets are of whole words.
fn recognise(b: &[u8]) -> bool {
    let begins =
        matches!(b, [first, SENDER_REPORT | RECEIVER_REPORT | APPLICATION, ..] if first & 0xe0 == 0x80);
    begins && b.len() >= 8 && b.len().is_multiple_of(4)
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 0);
    // What is encrypted behind the first packet (RFC 3711 §3.4) looks like none.
    while admits(&r.whole()[r.at()..]) {
        let at = r.at();
        let b = Bytes(&r.whole()[at..]);
        let length = (4 * (usize::from(b.u16(2)) + 1)).min(r.left());
        let kind = b.u8(1);
        out.open(at..at + length, format_args!("{}", name(kind)));
        // One damaged packet does not hide the next.
        let _ = packet(kind, &mut r.sub(length)?, out);
        out.close();
    }
    Ok(())
}

fn name(kind: u8) -> &'static str {
    crate::field::value_name(PACKET_TYPES, kind.into()).unwrap_or("Unknown")
}

/// RFC 3550 §6.4 to §6.7, RFC 4585 §6.1.
fn packet(kind: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let first = r.u8()?;
    let count = first & 0x1f;
    out.put(VERSION, at..at + 1, Value::Unsigned(u64::from(first >> 6)));
    out.put(PADDING, at..at + 1, Value::Bool(first & 0x20 != 0));
    let field = match kind {
        SENDER_REPORT | RECEIVER_REPORT => Some(RC),
        SOURCE_DESCRIPTION | GOODBYE => Some(SC),
        APPLICATION => Some(APP_SUBTYPE),
        RTP_FEEDBACK => Some(RTPFB_FMT),
        PAYLOAD_FEEDBACK => Some(PSFB_FMT),
        _ => None,
    };
    if let Some(field) = field {
        out.put(field, at..at + 1, Value::Unsigned(count.into()));
    }
    put_number(r, 1, PT, out)?;
    put_number(r, 2, LENGTH, out)?;
    match kind {
        SENDER_REPORT => {
            put_number(r, 4, SENDERSSRC, out)?;
            sender(r, out)?;
            reports(count, r, out)
        }
        RECEIVER_REPORT => {
            put_number(r, 4, SENDERSSRC, out)?;
            reports(count, r, out)
        }
        SOURCE_DESCRIPTION => descriptions(count, r, out),
        GOODBYE => (0..count).try_for_each(|_| put_number(r, 4, IDENTIFIER, out).map(drop)),
        APPLICATION => {
            put_number(r, 4, IDENTIFIER, out)?;
            if Bytes(r.whole()).clamped(r.at(), r.at() + 4).is_ascii() {
                put_text(r, 4, APP_NAME, out)?;
            } else {
                r.take(4)?;
            }
            put_rest(r, APP_DATA, out)
        }
        RTP_FEEDBACK | PAYLOAD_FEEDBACK => {
            put_number(r, 4, SENDERSSRC, out)?;
            put_number(r, 4, MEDIASSRC, out)?;
            while (kind, count) == (RTP_FEEDBACK, 1) && r.left() > 0 {
                put_number(r, 2, NACK_PID, out)?;
                put_number(r, 2, NACK_BLP, out)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn sender(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let seconds = put_number(r, 4, NTP_MSW, out)?;
    let fraction = put_number(r, 4, NTP_LSW, out)?;
    if let Some(time) = ntp::timestamp(seconds, fraction) {
        out.put(NTP, at..at + 8, Value::Time(time));
    }
    put_number(r, 4, RTP, out)?;
    put_number(r, 4, PACKETCOUNT, out)?;
    put_number(r, 4, OCTETCOUNT, out).map(drop)
}

fn reports(count: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    for number in 1..=count {
        let at = r.at();
        out.open(at..(at + 24).min(r.end()), format_args!("Source {number}"));
        put_number(r, 4, IDENTIFIER, out)?;
        put_number(r, 1, FRACTION, out)?;
        let lost = crate::field::signed(r.number(3)?, 24);
        out.put(CUM_NR, r.at() - 3..r.at(), Value::Signed(lost));
        let mut halves = *r;
        put_number(r, 4, EXT_HIGH, out)?;
        put_number(&mut halves, 2, HIGH_CYCLES, out)?;
        put_number(&mut halves, 2, HIGH_SEQ, out)?;
        put_number(r, 4, JITTER, out)?;
        put_number(r, 4, LSR, out)?;
        put_number(r, 4, DLSR, out)?;
        out.close();
    }
    Ok(())
}

/// Each source has items up to one of type 0, and goes on at a multiple of 4 bytes (RFC 3550 §6.5).
fn descriptions(count: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let start = r.at();
    for _ in 0..count {
        put_number(r, 4, IDENTIFIER, out)?;
        while r.left() > 0 && put_number(r, 1, SDES_TYPE, out)? != 0 {
            let length = put_number(r, 1, SDES_LENGTH, out)?;
            put_text(r, length as usize, SDES_TEXT, out)?;
        }
        r.take(((4 - (r.at() - start) % 4) % 4).min(r.left()))?;
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let start = out.len();
    let mut rest = view.header().0;
    while admits(rest) {
        let b = Bytes(rest);
        let separator = if out.len() == start { "" } else { ", " };
        put!(out, "{separator}{}", name(b.u8(1)));
        rest = rest.get(4 * (usize::from(b.u16(2)) + 1)..).unwrap_or_default();
    }
}
