//! What of the packets could not be decoded, in words.

use plaintap_decode::Counters;
use plaintap_decode::limits::{
    MAX_BODY, MAX_EXCHANGES, MAX_FLOWS, MAX_HEADER_LIST, MAX_HOSTS, MAX_LAYERS, MAX_PDU, MAX_SUBJECTS,
};

/// One line of what is missing in the capture or went beyond a limit; None where nothing did. What was sent twice and what
/// TCP's analysis gave up is no loss.
pub fn losses(counters: &Counters) -> Option<String> {
    const MIB: usize = 1 << 20;
    let Counters {
        layers_dropped,
        flows_forgotten,
        pdus_cut,
        announcements_forgotten,
        segments_forgotten: _,
        gaps,
        bytes_waiting,
        datagrams_dropped,
        header_lists_cut,
        bodies_cut,
        requests_forgotten,
        subjects_dropped,
        names_dropped,
        bytes_repeated: _,
    } = *counters;
    let rows = [
        (gaps, "gaps in TCP streams".to_owned()),
        (bytes_waiting, "bytes of TCP streams that still wait behind a gap".to_owned()),
        (datagrams_dropped, "IP datagrams without all of their fragments".to_owned()),
        (pdus_cut, format!("PDUs longer than {} MiB, or without room", MAX_PDU / MIB)),
        (bodies_cut, format!("damaged compressed bodies, or of more than {} MiB", MAX_BODY / MIB)),
        (
            header_lists_cut,
            format!("damaged HTTP/2 header lists, or of more than {} MiB", MAX_HEADER_LIST / MIB),
        ),
        (layers_dropped, format!("layers beyond {MAX_LAYERS} in a packet")),
        (flows_forgotten, format!("conversations beyond {MAX_FLOWS}")),
        (announcements_forgotten, "announced conversations without room".to_owned()),
        (requests_forgotten, format!("requests without a response beyond {MAX_EXCHANGES}")),
        (
            subjects_dropped,
            format!("requests whose target is not kept, beyond {} MiB of them", MAX_SUBJECTS / MIB),
        ),
        (names_dropped, format!("names of addresses beyond {MAX_HOSTS}")),
    ];
    let told: Vec<String> = rows
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{what}: {number}"))
        .collect();
    (!told.is_empty()).then(|| format!("not decoded: {}", told.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_told() {
        let mut counters = Counters { bytes_repeated: 7, segments_forgotten: 7, ..Counters::default() };
        assert_eq!(losses(&counters), None);
        (counters.gaps, counters.pdus_cut) = (2, 1);
        let line = losses(&counters).unwrap_or_default();
        assert_eq!(line, "not decoded: gaps in TCP streams: 2; PDUs longer than 8 MiB, or without room: 1");
    }
}
