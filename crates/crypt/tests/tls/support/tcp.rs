//! TCP streams in order, cut into TLS records.

use std::collections::{BTreeMap, HashMap};

use plaintap_decode::Side;

use super::capture::Frame;

/// What a decryptor is told.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Record { stream: u32, side: Side, bytes: Vec<u8> },
    Gap { stream: u32, side: Side },
}

/// Both addresses and ports, as bytes.
type Endpoints = (Vec<u8>, Vec<u8>);

#[derive(Default)]
pub(crate) struct Splitter {
    /// The newest stream of each pair of ends, keyed by initiator and responder.
    streams: HashMap<Endpoints, u32>,
    directions: BTreeMap<(u32, usize), Direction>,
    next: u32,
    events: Vec<Event>,
}

/// One direction; offsets count from the first byte seen.
#[derive(Default)]
struct Direction {
    first: Option<u32>,
    /// The offset behind what was handed on.
    end: u64,
    waiting: BTreeMap<u64, Segment>,
    buffer: Vec<u8>,
    /// The buffer starts at no record: the next segment that looks like one does.
    lost: bool,
}

struct Segment {
    data: Vec<u8>,
    /// Bytes behind `data` that the capture cut off.
    cut: u64,
}

impl Splitter {
    pub(crate) fn frame(&mut self, frame: &Frame<'_>) {
        let Some(Tcp { source, destination, len, bytes: tcp }) = tcp(frame) else { return };
        let sequence = u32::from_be_bytes(tcp[4..8].try_into().unwrap());
        let header = usize::from(tcp[12] >> 4) * 4;
        let (syn, ack) = (tcp[13] & 2 != 0, tcp[13] & 16 != 0);
        let (stream, side) = self.stream(source, destination, syn && !ack);
        let direction = self.directions.entry((stream, side as usize)).or_default();
        let first = *direction.first.get_or_insert(sequence.wrapping_add(u32::from(syn)));
        let data = &tcp[header.min(tcp.len())..len.min(tcp.len())];
        let cut = (len - header - data.len()) as u64;
        if data.is_empty() && cut == 0 {
            return;
        }
        let offset = u64::from(sequence.wrapping_sub(first));
        if offset < 1 << 31 {
            direction.waiting.entry(offset).or_insert(Segment { data: data.to_vec(), cut });
            direction.hand_on(stream, side, false, &mut self.events);
        }
    }

    /// The end of the capture: what still waits for missing bytes comes behind a gap.
    pub(crate) fn finish(mut self) -> Vec<Event> {
        for ((stream, side), direction) in &mut self.directions {
            let side = if *side == 0 { Side::Initiator } else { Side::Responder };
            direction.hand_on(*stream, side, true, &mut self.events);
        }
        self.events
    }

    fn stream(&mut self, source: Vec<u8>, destination: Vec<u8>, opens: bool) -> (u32, Side) {
        if let Some(stream) = self.streams.get(&(destination.clone(), source.clone())) {
            return (*stream, Side::Responder);
        }
        let known = self.streams.get(&(source.clone(), destination.clone())).copied();
        match known {
            Some(stream) if !opens => (stream, Side::Initiator),
            _ => {
                self.streams.insert((source, destination), self.next);
                self.next += 1;
                (self.next - 1, Side::Initiator)
            }
        }
    }
}

impl Direction {
    fn hand_on(&mut self, stream: u32, side: Side, all: bool, events: &mut Vec<Event>) {
        while let Some(entry) = self.waiting.first_entry() {
            let offset = *entry.key();
            if offset > self.end && !all {
                break;
            }
            let segment = entry.remove();
            if offset > self.end {
                self.gap(stream, side, events);
                self.end = offset;
            }
            let old = (self.end - offset).min(segment.data.len() as u64);
            let data = &segment.data[old as usize..];
            if self.lost && is_record(data) {
                self.lost = false;
            }
            if !self.lost {
                self.buffer.extend_from_slice(data);
            }
            self.end = self.end.max(offset + segment.data.len() as u64);
            self.cut_records(stream, side, events);
            if segment.cut > 0 {
                self.gap(stream, side, events);
                self.end = offset + segment.data.len() as u64 + segment.cut;
            }
        }
    }

    fn cut_records(&mut self, stream: u32, side: Side, events: &mut Vec<Event>) {
        while let Some(length) = self.buffer.get(3..5) {
            if !is_record(&self.buffer) {
                return self.buffer.clear();
            }
            let len = 5 + usize::from(u16::from_be_bytes([length[0], length[1]]));
            if self.buffer.len() < len {
                break;
            }
            let rest = self.buffer.split_off(len);
            let bytes = std::mem::replace(&mut self.buffer, rest);
            events.push(Event::Record { stream, side, bytes });
        }
    }

    fn gap(&mut self, stream: u32, side: Side, events: &mut Vec<Event>) {
        self.buffer.clear();
        self.lost = true;
        events.push(Event::Gap { stream, side });
    }
}

fn is_record(bytes: &[u8]) -> bool {
    matches!(bytes, [20..=24, 3, 0..=4, 0..=0x41, _, ..])
}

/// A TCP segment.
struct Tcp<'a> {
    source: Vec<u8>,
    destination: Vec<u8>,
    /// By the IP header: what was captured may be less.
    len: usize,
    bytes: &'a [u8],
}

fn tcp<'a>(frame: &Frame<'a>) -> Option<Tcp<'a>> {
    let ip = match frame.link_type {
        1 => frame.data.get(14..)?,
        101 => frame.data,
        113 => frame.data.get(16..)?,
        276 => frame.data.get(20..)?,
        other => panic!("link type {other}"),
    };
    let (addresses, len, segment) = match ip.first()? >> 4 {
        4 if ip[9] == 6 => {
            let header = usize::from(ip[0] & 15) * 4;
            (&ip[12..20], usize::from(u16::from_be_bytes([ip[2], ip[3]])) - header, &ip[header..])
        }
        6 if ip[6] == 6 => (&ip[8..40], usize::from(u16::from_be_bytes([ip[4], ip[5]])), &ip[40..]),
        _ => return None,
    };
    let (source, destination) = addresses.split_at(addresses.len() / 2);
    let source = [source, &segment[0..2]].concat();
    let destination = [destination, &segment[2..4]].concat();
    Some(Tcp { source, destination, len, bytes: segment })
}
