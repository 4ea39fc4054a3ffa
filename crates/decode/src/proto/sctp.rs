//! The Stream Control Transmission Protocol, RFC 9260: the common header and its chunks.

mod chunks;
mod names;

use self::names::*;
use super::prelude::*;
use crate::checksum;

fields! {
    SRCPORT: U16 at(0..2), "sctp.srcport", "Source port";
    DSTPORT: U16 at(2..4), "sctp.dstport", "Destination port";
    VERIFICATION_TAG: U32 at(4..8), "sctp.verification_tag", "Verification tag", hex;
    CHECKSUM: U32 at(8..12), "sctp.checksum", "Checksum", hex;
    CHECKSUM_STATUS: U8 meta(checksum::put_status), "sctp.checksum.status", "Checksum Status", names(checksum::STATUS);
    CHUNK_TYPE: U8 walk, "sctp.chunk_type", "Chunk type", names(CHUNKS);
    CHUNK_BIT_1: Bool walk, "sctp.chunk_bit_1", "Bit";
    CHUNK_BIT_2: Bool walk, "sctp.chunk_bit_2", "Bit";
    CHUNK_FLAGS: U8 walk, "sctp.chunk_flags", "Chunk flags", hex;
    CHUNK_LENGTH: U16 walk, "sctp.chunk_length", "Chunk length";
    DATA_I: Bool walk, "sctp.data_i_bit", "I-Bit";
    DATA_U: Bool walk, "sctp.data_u_bit", "U-Bit";
    DATA_B: Bool walk, "sctp.data_b_bit", "B-Bit";
    DATA_E: Bool walk, "sctp.data_e_bit", "E-Bit";
    DATA_TSN: U32 walk, "sctp.data_tsn_raw", "Transmission sequence number (absolute)";
    DATA_SID: U16 walk, "sctp.data_sid", "Stream identifier", hex;
    DATA_SSN: U16 walk, "sctp.data_ssn", "Stream sequence number";
    DATA_PPID: U32 walk, "sctp.data_payload_proto_id", "Payload protocol identifier", names(PAYLOADS);
    DATA_RESERVED: U16 walk, "sctp.data_reserved", "Reserved";
    DATA_MID: U32 walk, "sctp.data_mid", "Message identifier";
    DATA_FSN: U32 walk, "sctp.data_fsn", "Fragment sequence number";
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
    SACK_GAP_START: U16 walk, "sctp.sack_gap_block_start", "Start";
    SACK_GAP_END: U16 walk, "sctp.sack_gap_block_end", "End";
    SACK_DUPLICATE: U32 walk, "sctp.sack_duplicate_tsn", "Duplicate TSN";
    NR_SACK_TSN: U32 walk, "sctp.nr_sack_cumulative_tsn_ack", "Cumulative TSN ACK";
    NR_SACK_CREDIT: U32 walk, "sctp.nr_sack_a_rwnd", "Advertised receiver window credit (a_rwnd)";
    NR_SACK_GAPS: U16 walk, "sctp.nr_sack_number_of_gap_blocks", "Number of gap acknowledgement blocks";
    NR_SACK_NR_GAPS: U16 walk, "sctp.nr_sack_number_of_nr_gap_blocks",
        "Number of nr-gap acknowledgement blocks";
    NR_SACK_DUPLICATES: U16 walk, "sctp.nr_sack_number_of_duplicated_tsns", "Number of duplicated TSNs";
    SHUTDOWN_TSN: U32 walk, "sctp.shutdown_cumulative_tsn_ack", "Cumulative TSN Ack";
    ECNE_TSN: U32 walk, "sctp.ecne_lowest_tsn", "Lowest TSN";
    CWR_TSN: U32 walk, "sctp.cwr_lowest_tsn", "Lowest TSN";
    COMPLETE_T: Bool walk, "sctp.shutdown_complete_t_bit", "T-Bit";
    ABORT_T: Bool walk, "sctp.abort_t_bit", "T-Bit";
    COOKIE: Bytes walk, "sctp.cookie", "Cookie";
    FORWARD_TSN: U32 walk, "sctp.forward_tsn_tsn", "New cumulative TSN";
    FORWARD_SID: U16 walk, "sctp.forward_tsn_sid", "Stream identifier";
    FORWARD_SSN: U16 walk, "sctp.forward_tsn_ssn", "Stream sequence number";
    I_FORWARD_TSN: U32 walk, "sctp.i_forward_tsn_tsn", "New cumulative TSN";
    I_FORWARD_SID: U16 walk, "sctp.i_forward_tsn_sid", "Stream identifier";
    I_FORWARD_FLAGS: U16 walk, "sctp.i_forward_tsn_flags", "Flags", hex;
    I_FORWARD_MID: U32 walk, "sctp.forward_tsn_mid", "Message identifier";
    ASCONF_NUMBER: U32 walk, "sctp.asconf_seq_nr_number", "Sequence number", hex;
    ASCONF_ACK_NUMBER: U32 walk, "sctp.asconf_ack_seq_nr_number", "Sequence number", hex;
    SHARED_KEY: U16 walk, "sctp.shared_key_id", "Shared key identifier";
    HMAC_ID: U16 walk, "sctp.hmac_id", "HMAC identifier", names(&[(1, "SHA-1"), (3, "SHA-256")]);
    HMAC: Bytes walk, "sctp.hmac", "HMAC";
    PARAMETER_TYPE: U16 walk, "sctp.parameter_type", "Parameter type", hex, names(PARAMETERS);
    PARAMETER_BIT_1: Bool walk, "sctp.parameter_bit_1", "Bit";
    PARAMETER_BIT_2: Bool walk, "sctp.parameter_bit_2", "Bit";
    PARAMETER_LENGTH: U16 walk, "sctp.parameter_length", "Parameter length";
    PARAMETER_VALUE: Bytes walk, "sctp.parameter_value", "Parameter value";
    HEARTBEAT_INFORMATION: Bytes walk, "sctp.parameter_heartbeat_information", "Heartbeat information";
    ADDRESS_IP4: Ip4 walk, "sctp.parameter_ipv4_address", "IP Version 4 address";
    ADDRESS_IP6: Ip6 walk, "sctp.parameter_ipv6_address", "IP Version 6 address";
    STATE_COOKIE: Bytes walk, "sctp.parameter_state_cookie", "State cookie";
    COOKIE_PRESERVATIVE: U32 walk, "sctp.parameter_cookie_preservative_incr",
        "Suggested Cookie life-span increment (msec)";
    HOSTNAME: Text walk, "sctp.parameter_hostname", "Hostname";
    SUPPORTED_ADDRESS: U16 walk, "sctp.parameter_supported_address_type", "Supported address type";
    RANDOM: Bytes walk, "sctp.random_number", "Random number";
    CHUNK_TO_AUTH: U8 walk, "sctp.chunk_type_to_auth", "Chunk type", names(CHUNKS);
    SUPPORTED_CHUNK: U8 walk, "sctp.supported_chunk_type", "Supported chunk type", names(CHUNKS);
    CORRELATION_ID: U32 walk, "sctp.correlation_id", "Correlation_id", hex;
    ADAPTATION: U32 walk, "sctp.adaptation_layer_indication", "Indication", hex;
    RECONFIG_REQUEST: U32 walk, "sctp.parameter_reconfig_request_sequence_number",
        "Re-configuration request sequence number";
    RECONFIG_RESPONSE: U32 walk, "sctp.parameter_reconfig_response_sequence_number",
        "Re-configuration response sequence number";
    RECONFIG_LAST_TSN: U32 walk, "sctp.parameter_senders_last_assigned_tsn", "Senders last assigned TSN";
    RECONFIG_SID: U16 walk, "sctp.parameter_reconfig_sid", "Stream Identifier";
    RECONFIG_RESULT: U32 walk, "sctp.parameter_reconfig_response_result", "Result";
    RECONFIG_SENDERS_NEXT: U32 walk, "sctp.parameter_senders_next_tsn", "Senders next TSN";
    RECONFIG_RECEIVERS_NEXT: U32 walk, "sctp.parameter_receivers_next_tsn", "Receivers next TSN";
    ADD_OUTGOING: U16 walk, "sctp.parameter_add_outgoing_streams_number", "Number of streams";
    ADD_INCOMING: U16 walk, "sctp.parameter_add_incoming_streams_number", "Number of streams";
    CAUSE_CODE: U16 walk, "sctp.cause_code", "Cause code", hex, names(CAUSES);
    CAUSE_LENGTH: U16 walk, "sctp.cause_length", "Cause length";
    CAUSE_INFORMATION: Bytes walk, "sctp.cause_information", "Cause information";
    CAUSE_STREAM: U16 walk, "sctp.cause_stream_identifier", "Stream identifier";
    CAUSE_MISSING_COUNT: U32 walk, "sctp.cause_nr_of_missing_parameters", "Number of missing parameters";
    CAUSE_MISSING: U16 walk, "sctp.cause_missing_parameter_type", "Missing parameter type", hex, names(PARAMETERS);
    CAUSE_STALENESS: U32 walk, "sctp.cause_measure_of_staleness", "Measure of staleness in usec";
    CAUSE_TSN: U32 walk, "sctp.cause_tsn", "TSN";
    PADDING_DATA: Bytes walk, "sctp.padding_data", "Padding data";
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

/// What messages are by their payload protocol identifier or else by the ports: DTLS of Diameter, NGAP and others, and the
/// protocols that are spoken over TCP too (RFC 4168 for SIP).
pub(crate) fn message_protocol(identifier: u32, ports: (u16, u16)) -> Option<ProtocolId> {
    let by_port = |port: u16| match port {
        179 => Some(id::bgp),
        5060 => Some(id::sip),
        _ => None,
    };
    match identifier {
        47 | 66..=69 => Some(id::dtls),
        _ => by_port(ports.0.min(ports.1)).or_else(|| by_port(ports.0.max(ports.1))),
    }
}

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
        let read = chunks::one(&mut body, out);
        out.close();
        read?;
        r.skip_to((at + length.next_multiple_of(4)).min(r.end()))?;
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
            DATA | I_DATA => put!(out, " (TSN={})", b.u32(at + 4)),
            SACK => put!(out, " (Ack={}, Arwnd={})", b.u32(at + 4), b.u32(at + 8)),
            _ => {}
        }
        at += usize::from(b.u16(at + 2)).max(4).next_multiple_of(4);
    }
}
