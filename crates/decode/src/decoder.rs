//! The decoder: packets in, decoded packets out, flow state in between.

use plaintap_packet::{BufferId, Nanos, Packet};

use crate::decode_as::DecodeAs;
use crate::decoded::{Address, Decoded, Settings, Work};
use crate::decryptor::Decryptor;
use crate::exchanges::Exchanges;
use crate::flow::{Flows, Stages, walk};
use crate::hosts::{self, Hosts};
use crate::limits::Counters;
use crate::process::ProcessInfo;
use crate::proto::id;
use crate::registry::{ProtocolId, claimed};

/// What the decoder is to do.
pub struct Options {
    /// Decrypts TLS; without one, what is encrypted stays so.
    pub decryptor: Option<Box<dyn Decryptor>>,
    /// Number the flows and follow sequence numbers (`tcp.stream`, `tcp.seq`, `udp.stream`, ...).
    pub flows: bool,
    /// Put IP fragments and streams together, decode what streams carry, and decrypt. Implies `flows`. Without it, each
    /// packet is read alone, and nothing behind its TCP header.
    pub reassemble: bool,
    /// What the user knows of ports and type numbers. Stands above what protocols claim and announce.
    pub decode_as: Vec<DecodeAs>,
    /// Calculate the checksums of IP, TCP, UDP and SCTP; otherwise their status is 2, not verified.
    pub verify_checksums: bool,
    /// Find the request of each response, for fields like `dns.time`. Needs `flows`, and `reassemble` for what TCP carries.
    pub exchanges: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            decryptor: None,
            flows: true,
            reassemble: true,
            decode_as: Vec::new(),
            verify_checksums: false,
            exchanges: false,
        }
    }
}

/// Decodes packets in the order of the capture. Takes any bytes; never fails, never panics.
pub struct Decoder {
    flows: Option<Flows>,
    work: Work,
    timing: Timing,
    processes: Vec<Option<ProcessInfo>>,
    hosts: Option<Hosts>,
    exchanges: Option<Exchanges>,
    counters: Counters,
}

/// When packets came, for times that count from others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timing {
    pub(crate) first: Option<Nanos>,
    pub(crate) previous: Nanos,
    current: Nanos,
}

impl Decoder {
    /// A decoder that has seen nothing yet.
    pub fn new(options: Options) -> Self {
        let Options { flows, reassemble, .. } = options;
        let stages = Stages { numbers: flows || reassemble, fragments: reassemble, streams: reassemble };
        Self::with(stages, options)
    }

    /// A decoder that puts IP fragments together, but leaves alone what TCP carries, whatever the options say: for those
    /// who ask for nothing behind the TCP header.
    pub fn of_headers(options: Options) -> Self {
        Self::with(Stages { numbers: options.flows, fragments: true, streams: false }, options)
    }

    fn with(stages: Stages, options: Options) -> Self {
        let Stages { numbers, fragments, .. } = stages;
        let Options { decryptor, decode_as, verify_checksums, exchanges, .. } = options;
        let settings = Settings { decode_as: decode_as.into(), verify_checksums };
        Self {
            flows: (numbers || fragments).then(|| Flows::new(decryptor, stages)),
            work: Work { settings, ..Work::default() },
            timing: Timing::default(),
            processes: Vec::new(),
            hosts: None,
            exchanges: exchanges.then(Exchanges::new),
            counters: Counters::default(),
        }
    }

    /// Sets an entry of the process table, to which [`Packet::process`] points. Indices beyond 2^20 are ignored.
    pub fn set_process(&mut self, index: u32, process: ProcessInfo) {
        let index = index as usize;
        if index >= 1 << 20 {
            return;
        }
        if self.processes.len() <= index {
            self.processes.resize(index + 1, None);
        }
        self.processes[index] = Some(process);
    }

    /// Decodes the next packet; `number` counts from 1.
    #[inline]
    pub fn decode<'a>(&'a mut self, packet: &Packet<'a>, number: u64) -> Decoded<'a> {
        self.decode_with_comments(packet, number, &[])
    }

    /// The same for a packet that carries comments.
    #[inline]
    pub fn decode_with_comments<'a>(
        &'a mut self,
        packet: &Packet<'a>,
        number: u64,
        comments: &'a [&'a [u8]],
    ) -> Decoded<'a> {
        self.decode_from(claimed::link_type(packet.link_type), packet, number, comments)
    }

    /// The same for bytes that begin with a header of `protocol`, whatever the link type says.
    pub fn decode_protocol<'a>(
        &'a mut self,
        protocol: ProtocolId,
        packet: &Packet<'a>,
        number: u64,
    ) -> Decoded<'a> {
        self.decode_from(protocol, packet, number, &[])
    }

    #[inline(always)]
    fn decode_from<'a>(
        &'a mut self,
        protocol: ProtocolId,
        packet: &Packet<'a>,
        number: u64,
        comments: &'a [&'a [u8]],
    ) -> Decoded<'a> {
        if let Some(hosts) = &mut self.hosts {
            self.counters.names_dropped += hosts.settle();
        }
        self.timing.advance(packet.time);
        self.work.clear();
        let end = packet.data.len() as u32;
        let reported = packet.original_length.max(end);
        walk::mark(&mut self.work, id::frame, BufferId::FRAME, 0..end, reported);
        if packet.process.is_some() {
            walk::mark(&mut self.work, id::proc, BufferId::FRAME, 0..0, 0);
        }
        let start = walk::Start { buffer: BufferId::FRAME, offset: 0, end, reported_end: reported, protocol };
        match &mut self.flows {
            Some(flows) => flows.decode(&mut self.work, packet, number, start, &mut self.counters),
            None => walk::alone(&mut self.work, packet.data, start, &mut self.counters),
        }
        self.counters.layers_dropped += u64::from(self.work.layers.dropped());
        if self.exchanges.is_some() || self.hosts.as_ref().is_some_and(|hosts| hosts.learns) {
            self.take_note(packet, number, comments);
        }
        self.decoded(packet, number, comments)
    }

    /// Notes what the packet just walked tells of others.
    #[cold]
    fn take_note<'a>(&'a mut self, packet: &Packet<'a>, number: u64, comments: &'a [&'a [u8]]) {
        if let Some(mut exchanges) = self.exchanges.take() {
            let mut counters = self.counters;
            exchanges.follow(&self.decoded(packet, number, comments), &mut counters);
            self.counters = counters;
            self.exchanges = Some(exchanges);
        }
        if let Some(mut hosts) = self.hosts.take_if(|hosts| hosts.learns) {
            let decoded = self.decoded(packet, number, comments);
            if decoded.layers().iter().any(|layer| hosts::has_names(layer.protocol)) {
                hosts.learn(&decoded);
            }
            self.hosts = Some(hosts);
        }
    }

    /// The packet just walked.
    #[inline]
    fn decoded<'a>(&'a self, packet: &Packet<'a>, number: u64, comments: &'a [&'a [u8]]) -> Decoded<'a> {
        Decoded {
            packet: *packet,
            number,
            work: &self.work,
            timing: &self.timing,
            processes: &self.processes,
            hosts: self.hosts.as_ref(),
            exchanges: self.exchanges.as_ref(),
            comments,
        }
    }

    /// Shows addresses by the names that packets tell (DNS answers, DHCP clients) from the next packet on.
    pub fn learn_names(&mut self) {
        self.hosts.get_or_insert_with(Hosts::new).learns = true;
    }

    /// Shows an address by this name from now on; `given` names stay whatever else is said.
    pub fn set_host(&mut self, address: Address, name: &[u8], given: bool) {
        let hosts = self.hosts.get_or_insert_with(Hosts::new);
        self.counters.names_dropped += u64::from(!hosts.set(address, name, given));
    }

    /// Limits hit and damage seen so far.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The decryptor, to ask it what it could not read.
    pub fn decryptor(&self) -> Option<&dyn Decryptor> {
        self.flows.as_ref()?.decryptor()
    }
}

impl Timing {
    fn advance(&mut self, time: Nanos) {
        self.previous = if self.first.is_some() { self.current } else { time };
        self.first.get_or_insert(time);
        self.current = time;
    }
}
