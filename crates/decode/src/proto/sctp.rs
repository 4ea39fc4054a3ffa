//! The Stream Control Transmission Protocol, RFC 9260: the common header and its chunks.

use super::prelude::*;
use crate::checksum;

fields! {
    SRCPORT: U16 at(0..2), "sctp.srcport", "Source port";
    DSTPORT: U16 at(2..4), "sctp.dstport", "Destination port";
    VERIFICATION_TAG: U32 at(4..8), "sctp.verification_tag", "Verification tag", hex;
    CHECKSUM: U32 at(8..12), "sctp.checksum", "Checksum", hex;
    CHECKSUM_STATUS: U8 meta(checksum::put_status), "sctp.checksum.status", "Checksum Status", names(checksum::STATUS);
    CHUNK_TYPE: U8 walk, "sctp.chunk_type", "Chunk type", names(CHUNKS);
    CHUNK_FLAGS: U8 walk, "sctp.chunk_flags", "Chunk flags", hex;
    CHUNK_LENGTH: U16 walk, "sctp.chunk_length", "Chunk length";
    DATA_I: Bool walk, "sctp.data_i_bit", "I-Bit";
    DATA_U: Bool walk, "sctp.data_u_bit", "U-Bit";
    DATA_B: Bool walk, "sctp.data_b_bit", "B-Bit";
    DATA_E: Bool walk, "sctp.data_e_bit", "E-Bit";
    DATA_TSN: U32 walk, "sctp.data_tsn_raw", "Transmission sequence number (absolute)";
    DATA_SID: U16 walk, "sctp.data_sid", "Stream identifier", hex;
    DATA_SSN: U16 walk, "sctp.data_ssn", "Stream sequence number";
    DATA_PPID: U32 walk, "sctp.data_payload_proto_id", "Payload protocol identifier";
    INIT_TAG: U32 walk, "sctp.init_initiate_tag", "Initiate tag", hex;
    INIT_CREDIT: U32 walk, "sctp.init_credit", "Advertised receiver window credit (a_rwnd)";
    INIT_OUT: U16 walk, "sctp.init_nr_out_streams", "Number of outbound streams";
    INIT_IN: U16 walk, "sctp.init_nr_in_streams", "Number of inbound streams";
    INIT_TSN: U32 walk, "sctp.init_initial_tsn", "Initial TSN";
    INITACK_TAG: U32 walk, "sctp.initack_initiate_tag", "Initiate tag", hex;
    INITACK_CREDIT: U32 walk, "sctp.initack_credit", "Advertised receiver window credit (a_rwnd)";
    INITACK_OUT: U16 walk, "sctp.initack_nr_out_streams", "Number of outbound streams";
    INITACK_IN: U16 walk, "sctp.initack_nr_in_streams", "Number of inbound streams";
    INITACK_TSN: U32 walk, "sctp.initack_initial_tsn", "Initial TSN";
    SACK_TSN: U32 walk, "sctp.sack_cumulative_tsn_ack_raw", "Cumulative TSN ACK (absolute)";
    SACK_CREDIT: U32 walk, "sctp.sack_a_rwnd", "Advertised receiver window credit (a_rwnd)";
    SACK_GAPS: U16 walk, "sctp.sack_number_of_gap_blocks", "Number of gap acknowledgement blocks";
    SACK_DUPLICATES: U16 walk, "sctp.sack_number_of_duplicated_tsns", "Number of duplicated TSNs";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(132)],
    fields: FIELDS,
    aliases: &[Alias { name: "sctp.port", label: "Port", fields: &[SRCPORT, DSTPORT] }],
    walk: Some(walk),
    info: Some(info),
    summary: Some(|view, out| {
        put!(out, ", Src Port: {}, Dst Port: {}", view.bytes.u16(0), view.bytes.u16(2));
    }),
    ..Protocol::new("sctp", "Stream Control Transmission Protocol", "SCTP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(12)?;
    Ok(Step::last(b))
}

const DATA: u64 = 0;
const INIT: u64 = 1;
const INIT_ACK: u64 = 2;
const SACK: u64 = 3;

const CHUNKS: crate::field::ValueNames = &[
    (DATA, "DATA"),
    (INIT, "INIT"),
    (INIT_ACK, "INIT_ACK"),
    (SACK, "SACK"),
    (4, "HEARTBEAT"),
    (5, "HEARTBEAT_ACK"),
    (6, "ABORT"),
    (7, "SHUTDOWN"),
    (8, "SHUTDOWN_ACK"),
    (9, "ERROR"),
    (10, "COOKIE_ECHO"),
    (11, "COOKIE_ACK"),
    (12, "ECNE"),
    (13, "CWR"),
    (14, "SHUTDOWN_COMPLETE"),
    (15, "AUTH"),
    (16, "NR_SACK"),
    (64, "I_DATA"),
    (128, "ASCONF_ACK"),
    (129, "PKTDROP"),
    (130, "RE_CONFIG"),
    (192, "FORWARD_TSN"),
    (193, "ASCONF"),
];

/// Chunks begin at multiples of 4; their length does not count the padding (RFC 9260 §3.2).
fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.bytes.0, 12);
    while r.left() > 0 {
        let at = r.at();
        let length = usize::from(Bytes(view.bytes.0).u16(at + 2));
        if length < 4 {
            return Err(Short::new(4, length));
        }
        let mut body = r.sub(length.min(r.left()))?;
        let kind = u64::from(view.bytes.u8(at));
        let name = crate::field::value_name(CHUNKS, kind).unwrap_or("Unknown");
        out.open(at..body.end(), format_args!("{name} chunk"));
        let read = chunk(&mut body, out);
        out.close();
        read?;
        r.skip_to((at + length.next_multiple_of(4)).min(r.end()))?;
    }
    Ok(())
}

fn chunk(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let kind = put_number(r, 1, CHUNK_TYPE, out)?;
    let flags = put_number(r, 1, CHUNK_FLAGS, out)?;
    if kind == DATA {
        put_flags(r, 1, flags, &[(DATA_I, 8), (DATA_U, 4), (DATA_B, 2), (DATA_E, 1)], out);
    }
    put_number(r, 2, CHUNK_LENGTH, out)?;
    let values: &[(usize, FieldIndex)] = match kind {
        DATA => &[(4, DATA_TSN), (2, DATA_SID), (2, DATA_SSN), (4, DATA_PPID)],
        INIT => &[(4, INIT_TAG), (4, INIT_CREDIT), (2, INIT_OUT), (2, INIT_IN), (4, INIT_TSN)],
        INIT_ACK => {
            &[(4, INITACK_TAG), (4, INITACK_CREDIT), (2, INITACK_OUT), (2, INITACK_IN), (4, INITACK_TSN)]
        }
        SACK => &[(4, SACK_TSN), (4, SACK_CREDIT), (2, SACK_GAPS), (2, SACK_DUPLICATES)],
        _ => &[],
    };
    for &(width, field) in values {
        put_number(r, width, field, out)?;
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    let mut at = 12;
    while at + 4 <= b.len() {
        if at > 12 {
            out.push(' ');
        }
        let kind = b.u8(at);
        match crate::field::value_name(CHUNKS, kind.into()) {
            Some(name) => out.push_str(name),
            None => put!(out, "chunk type {kind}"),
        }
        match u64::from(kind) {
            DATA => put!(out, " (TSN={})", b.u32(at + 4)),
            SACK => put!(out, " (Ack={}, Arwnd={})", b.u32(at + 4), b.u32(at + 8)),
            _ => {}
        }
        at += usize::from(b.u16(at + 2)).max(4).next_multiple_of(4);
    }
}
