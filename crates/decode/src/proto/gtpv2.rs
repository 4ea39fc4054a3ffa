//! GTP-C version 2, the control of mobile tunnels: 3GPP TS 29.274, headers and the list of information elements.

use super::prelude::*;

fields! {
    FLAGS: U8 at(0..1), "gtpv2.flags", "Flags", hex;
    VERSION: U8 bits(0..1, 0xe0), "gtpv2.version", "Version";
    PIGGYBACKED: U8 bits(0..1, 0x10), "gtpv2.p", "Piggybacking flag (P)";
    HAS_TEID: U8 bits(0..1, 0x08), "gtpv2.t", "TEID flag (T)";
    MESSAGE_TYPE: U8 at(1..2), "gtpv2.message_type", "Message Type", names(MESSAGES);
    LENGTH: U16 at(2..4), "gtpv2.msg_length", "Message Length";
    TEID: U32 at(4..8), "gtpv2.teid", "Tunnel Endpoint Identifier", hex, when(has_teid);
    SEQUENCE: U24 walk, "gtpv2.seq", "Sequence Number", hex;
    ELEMENT_TYPE: U8 walk, "gtpv2.ie_type", "IE Type", names(ELEMENTS);
    ELEMENT_LENGTH: U16 walk, "gtpv2.ie_len", "IE Length";
    CR: U8 walk, "gtpv2.cr", "CR flag";
    INSTANCE: U8 walk, "gtpv2.instance", "Instance";
    RECOVERY: U8 walk, "gtpv2.rec", "Restart Counter";
    CAUSE: U8 walk, "gtpv2.cause", "Cause";
    APN: Text walk, "gtpv2.apn", "APN (Access Point Name)";
    EBI: U8 walk, "gtpv2.ebi", "EPS Bearer ID (EBI)";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(2123)],
    fields: FIELDS,
    walk: Some(walk),
    datagrams: Some(Datagrams {
        admits: |b| b.first().is_some_and(|first| first >> 5 == 2),
        recognise: None,
        keeps: false,
        follow: None,
    }),
    info: Some(|view, out| {
        let message = view.bytes.u8(1);
        match crate::field::value_name(MESSAGES, message.into()) {
            Some(name) => out.push_str(name),
            None => put!(out, "Message type {message}"),
        }
    }),
    ..Protocol::new("gtpv2", "GPRS Tunneling Protocol V2", "GTPv2")
};

/// One message; another one may follow in the same datagram, which a flag says (TS 29.274 §5.5.1).
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    const PIGGYBACK: u8 = 0x10;
    b.need(8)?;
    let length = 4 + usize::from(b.u16(2));
    let more = b.u8(0) & PIGGYBACK != 0 && b.len() > length + 8;
    if more { Ok(Step::next(length, id::gtpv2)) } else { Ok(Step::last(b)) }
}

fn has_teid(view: &View<'_>) -> bool {
    view.bytes.u8(0) & 8 != 0
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let whole = view.header().0;
    let end = 4 + usize::from(view.bytes.u16(2));
    let mut r = Reader::between(whole, if has_teid(view) { 8 } else { 4 }, end);
    put_number(&mut r, 3, SEQUENCE, out)?;
    r.take(1)?;
    elements(r, 0, out)
}

/// Information elements (TS 29.274 §8.2.1); bearer contexts and the like hold others (§8.2.1, grouped).
fn elements(mut r: Reader<'_>, depth: u8, out: &mut dyn FieldSink) -> Result<(), Short> {
    /// Groups in groups are not in the standard; this bounds what is made up.
    const DEEPEST: u8 = 3;
    while r.left() >= 4 {
        let at = r.at();
        let b = Bytes(r.whole());
        let end = (at + 4 + usize::from(b.u16(at + 1))).min(r.end());
        let kind = b.u8(at);
        let name = crate::field::value_name(ELEMENTS, kind.into()).unwrap_or("Unknown");
        out.open(at..end, format_args!("{name}"));
        put_number(&mut r, 1, ELEMENT_TYPE, out)?;
        let length = put_number(&mut r, 2, ELEMENT_LENGTH, out)?;
        let spare = u64::from(r.u8()?);
        out.put(CR, r.at() - 1..r.at(), Value::Unsigned(spare >> 4));
        out.put(INSTANCE, r.at() - 1..r.at(), Value::Unsigned(spare & 15));
        let read = r.sub(length as usize).and_then(|mut body| match kind {
            3 => put_number(&mut body, 1, RECOVERY, out).map(drop),
            2 => put_number(&mut body, 1, CAUSE, out).map(drop),
            71 => access_point(&mut body, out),
            73 => {
                let at = body.at();
                let id = u64::from(body.u8()?) & 15;
                out.put(EBI, at..at + 1, Value::Unsigned(id));
                Ok(())
            }
            93 | 109 | 180 if depth < DEEPEST => elements(body, depth + 1, out),
            _ => Ok(()),
        });
        out.close();
        read?;
    }
    Ok(())
}

/// A name in labels, each behind its length, as DNS has it (TS 23.003 §9.1).
fn access_point(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at()..r.end();
    if !out.wants(APN) {
        return Ok(());
    }
    let mut name = Vec::new();
    while r.left() > 0 {
        let length = r.u8()?;
        if !name.is_empty() {
            name.push(b'.');
        }
        name.extend_from_slice(r.take(length.into())?);
    }
    out.put(APN, at, Value::Text(&name));
    Ok(())
}

const MESSAGES: crate::field::ValueNames = &[
    (1, "Echo Request"),
    (2, "Echo Response"),
    (3, "Version Not Supported Indication"),
    (25, "SRVCC PS to CS Request"),
    (26, "SRVCC PS to CS Response"),
    (32, "Create Session Request"),
    (33, "Create Session Response"),
    (34, "Modify Bearer Request"),
    (35, "Modify Bearer Response"),
    (36, "Delete Session Request"),
    (37, "Delete Session Response"),
    (38, "Change Notification Request"),
    (39, "Change Notification Response"),
    (64, "Modify Bearer Command"),
    (65, "Modify Bearer Failure Indication"),
    (66, "Delete Bearer Command"),
    (67, "Delete Bearer Failure Indication"),
    (68, "Bearer Resource Command"),
    (69, "Bearer Resource Failure Indication"),
    (70, "Downlink Data Notification Failure Indication"),
    (71, "Trace Session Activation"),
    (72, "Trace Session Deactivation"),
    (73, "Stop Paging Indication"),
    (95, "Create Bearer Request"),
    (96, "Create Bearer Response"),
    (97, "Update Bearer Request"),
    (98, "Update Bearer Response"),
    (99, "Delete Bearer Request"),
    (100, "Delete Bearer Response"),
    (101, "Delete PDN Connection Set Request"),
    (102, "Delete PDN Connection Set Response"),
    (128, "Identification Request"),
    (129, "Identification Response"),
    (130, "Context Request"),
    (131, "Context Response"),
    (132, "Context Acknowledge"),
    (133, "Forward Relocation Request"),
    (134, "Forward Relocation Response"),
    (135, "Forward Relocation Complete Notification"),
    (136, "Forward Relocation Complete Acknowledge"),
    (137, "Forward Access Context Notification"),
    (138, "Forward Access Context Acknowledge"),
    (139, "Relocation Cancel Request"),
    (140, "Relocation Cancel Response"),
    (149, "Detach Notification"),
    (150, "Detach Acknowledge"),
    (160, "Create Forwarding Tunnel Request"),
    (161, "Create Forwarding Tunnel Response"),
    (162, "Suspend Notification"),
    (163, "Suspend Acknowledge"),
    (164, "Resume Notification"),
    (165, "Resume Acknowledge"),
    (166, "Create Indirect Data Forwarding Tunnel Request"),
    (167, "Create Indirect Data Forwarding Tunnel Response"),
    (168, "Delete Indirect Data Forwarding Tunnel Request"),
    (169, "Delete Indirect Data Forwarding Tunnel Response"),
    (170, "Release Access Bearers Request"),
    (171, "Release Access Bearers Response"),
    (176, "Downlink Data Notification"),
    (177, "Downlink Data Notification Acknowledgement"),
    (200, "Update PDN Connection Set Request"),
    (201, "Update PDN Connection Set Response"),
    (211, "Modify Access Bearers Request"),
    (212, "Modify Access Bearers Response"),
];

const ELEMENTS: crate::field::ValueNames = &[
    (1, "International Mobile Subscriber Identity (IMSI)"),
    (2, "Cause"),
    (3, "Recovery (Restart Counter)"),
    (71, "Access Point Name (APN)"),
    (72, "Aggregate Maximum Bit Rate (AMBR)"),
    (73, "EPS Bearer ID (EBI)"),
    (74, "IP Address"),
    (75, "Mobile Equipment Identity (MEI)"),
    (76, "MSISDN"),
    (77, "Indication"),
    (78, "Protocol Configuration Options (PCO)"),
    (79, "PDN Address Allocation (PAA)"),
    (80, "Bearer Level Quality of Service (Bearer QoS)"),
    (82, "RAT Type"),
    (83, "Serving Network"),
    (84, "EPS Bearer Level Traffic Flow Template (Bearer TFT)"),
    (86, "User Location Info (ULI)"),
    (87, "Fully Qualified Tunnel Endpoint Identifier (F-TEID)"),
    (93, "Bearer Context"),
    (94, "Charging ID"),
    (95, "Charging Characteristics"),
    (99, "PDN Type"),
    (109, "PDN Connection"),
    (114, "UE Time Zone"),
    (127, "APN Restriction"),
    (128, "Selection Mode"),
    (132, "FQ-CSID"),
    (136, "FQDN"),
    (180, "Overload Control Information"),
    (255, "Private Extension"),
];
