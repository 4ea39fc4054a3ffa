//! Domain Name System, RFC 1035 and its records. Over TCP each message has a length in front (RFC 7766 §8).

use super::dns_content;
use super::dns_names::{CLASSES, OPCODES, RCODES, TYPES};
use super::prelude::*;
use crate::exchanges::{self, Exchange, Turn};
use crate::limits;

fields! {
    LENGTH: U16 meta(length_prefix), "dns.length", "Length";
    ID: U16 at(0..2), "dns.id", "Transaction ID", hex;
    FLAGS: U16 at(2..4), "dns.flags", "Flags", hex;
    RESPONSE: Bool bits(2..4, 0x8000), "dns.flags.response", "Response";
    OPCODE: U16 bits(2..4, 0x7800), "dns.flags.opcode", "Opcode", names(OPCODES);
    AUTHORITATIVE: Bool bits(2..4, 0x0400), "dns.flags.authoritative", "Authoritative", when(is_response);
    TRUNCATED: Bool bits(2..4, 0x0200), "dns.flags.truncated", "Truncated";
    RECDESIRED: Bool bits(2..4, 0x0100), "dns.flags.recdesired", "Recursion desired";
    RECAVAIL: Bool bits(2..4, 0x0080), "dns.flags.recavail", "Recursion available", when(is_response);
    Z: Bool bits(2..4, 0x0040), "dns.flags.z", "Z";
    AUTHENTICATED: Bool bits(2..4, 0x0020), "dns.flags.authenticated", "Answer authenticated";
    CHECKDISABLE: Bool bits(2..4, 0x0010), "dns.flags.checkdisable", "Non-authenticated data";
    RCODE: U16 bits(2..4, 0x000f), "dns.flags.rcode", "Reply code", names(RCODES), when(is_response);
    COUNT_QUERIES: U16 at(4..6), "dns.count.queries", "Questions";
    COUNT_ANSWERS: U16 at(6..8), "dns.count.answers", "Answer RRs";
    COUNT_AUTH: U16 at(8..10), "dns.count.auth_rr", "Authority RRs";
    COUNT_ADD: U16 at(10..12), "dns.count.add_rr", "Additional RRs";
    QRY_NAME: Text walk, "dns.qry.name", "Name";
    QRY_NAME_LEN: U16 walk, "dns.qry.name.len", "Name Length";
    COUNT_LABELS: U16 walk, "dns.count.labels", "Label Count";
    QRY_TYPE: U16 walk, "dns.qry.type", "Type", names(TYPES);
    QRY_CLASS: U16 walk, "dns.qry.class", "Class", hex, names(CLASSES);
    QRY_QU: Bool walk, "dns.qry.qu", "\"QU\" question";
    RESP_NAME: Text walk, "dns.resp.name", "Name";
    RESP_TYPE: U16 walk, "dns.resp.type", "Type", names(TYPES);
    RESP_CLASS: U16 walk, "dns.resp.class", "Class", hex, names(CLASSES);
    CACHE_FLUSH: Bool walk, "dns.resp.cache_flush", "Cache flush";
    RESP_TTL: U32 walk, "dns.resp.ttl", "Time to live";
    RESP_LEN: U16 walk, "dns.resp.len", "Data length";
    A: Ip4 walk, "dns.a", "Address";
    AAAA: Ip6 walk, "dns.aaaa", "AAAA Address";
    NS: Text walk, "dns.ns", "Name Server";
    CNAME: Text walk, "dns.cname", "CNAME";
    DNAME: Text walk, "dns.dname", "Dname";
    PTR: Text walk, "dns.ptr.domain_name", "Domain Name";
    MX_PREFERENCE: U16 walk, "dns.mx.preference", "Preference";
    MX: Text walk, "dns.mx.mail_exchange", "Mail Exchange";
    SOA_MNAME: Text walk, "dns.soa.mname", "Primary name server";
    SOA_RNAME: Text walk, "dns.soa.rname", "Responsible authority's mailbox";
    SOA_SERIAL: U32 walk, "dns.soa.serial_number", "Serial Number";
    SOA_REFRESH: U32 walk, "dns.soa.refresh_interval", "Refresh Interval";
    SOA_RETRY: U32 walk, "dns.soa.retry_interval", "Retry Interval";
    SOA_EXPIRE: U32 walk, "dns.soa.expire_limit", "Expire limit";
    SOA_MINIMUM: U32 walk, "dns.soa.minimum_ttl", "Minimum TTL";
    TXT_LENGTH: U8 walk, "dns.txt.length", "TXT Length";
    TXT: Text walk, "dns.txt", "TXT";
    SPF_LENGTH: U8 walk, "dns.spf.length", "SPF Length";
    SPF: Text walk, "dns.spf", "SPF";
    SRV_SERVICE: Text walk, "dns.srv.service", "Service";
    SRV_PROTO: Text walk, "dns.srv.proto", "Protocol";
    SRV_NAME: Text walk, "dns.srv.name", "Name";
    SRV_PRIORITY: U16 walk, "dns.srv.priority", "Priority";
    SRV_WEIGHT: U16 walk, "dns.srv.weight", "Weight";
    SRV_PORT: U16 walk, "dns.srv.port", "Port";
    SRV_TARGET: Text walk, "dns.srv.target", "Target";
    HINFO_CPU_LENGTH: U8 walk, "dns.hinfo.cpu_length", "CPU Length";
    HINFO_CPU: Text walk, "dns.hinfo.cpu", "CPU";
    HINFO_OS_LENGTH: U8 walk, "dns.hinfo.os_length", "OS Length";
    HINFO_OS: Text walk, "dns.hinfo.os", "OS";
    UDP_PAYLOAD_SIZE: U16 walk, "dns.rr.udp_payload_size", "UDP payload size";
    EXT_RCODE: U8 walk, "dns.resp.ext_rcode", "Higher bits in extended RCODE", hex;
    EDNS0_VERSION: U8 walk, "dns.resp.edns0_version", "EDNS0 version";
    RESP_Z: U16 walk, "dns.resp.z", "Z", hex;
    RESP_Z_DO: Bool walk, "dns.resp.z.do", "DO bit";
    OPT_CODE: U16 walk, "dns.opt.code", "Option Code";
    OPT_LEN: U16 walk, "dns.opt.len", "Option Length";
    OPT_DATA: Bytes walk, "dns.opt.data", "Option Data";
    DS_KEY_ID: U16 walk, "dns.ds.key_id", "Key id", hex;
    DS_ALGORITHM: U8 walk, "dns.ds.algorithm", "Algorithm";
    DS_DIGEST_TYPE: U8 walk, "dns.ds.digest_type", "Digest Type";
    DS_DIGEST: Bytes walk, "dns.ds.digest", "Digest";
    RRSIG_TYPE_COVERED: U16 walk, "dns.rrsig.type_covered", "Type Covered", names(TYPES);
    RRSIG_ALGORITHM: U8 walk, "dns.rrsig.algorithm", "Algorithm";
    RRSIG_LABELS: U8 walk, "dns.rrsig.labels", "Labels";
    RRSIG_TTL: U32 walk, "dns.rrsig.original_ttl", "Original TTL";
    RRSIG_EXPIRATION: Time walk, "dns.rrsig.signature_expiration", "Signature Expiration";
    RRSIG_INCEPTION: Time walk, "dns.rrsig.signature_inception", "Signature Inception";
    RRSIG_KEY_TAG: U16 walk, "dns.rrsig.key_tag", "Key Tag";
    RRSIG_SIGNER: Text walk, "dns.rrsig.signers_name", "Signer's name";
    RRSIG_SIGNATURE: Bytes walk, "dns.rrsig.signature", "Signature";
    DNSKEY_FLAGS: U16 walk, "dns.dnskey.flags", "Flags", hex;
    DNSKEY_PROTOCOL: U8 walk, "dns.dnskey.protocol", "Protocol";
    DNSKEY_ALGORITHM: U8 walk, "dns.dnskey.algorithm", "Algorithm";
    DNSKEY_PUBLIC_KEY: Bytes walk, "dns.dnskey.public_key", "Public Key";
    NSEC_NEXT: Text walk, "dns.nsec.next_domain_name", "Next Domain Name";
    CAA_FLAGS: U8 walk, "dns.caa.flags", "CAA Flags", hex;
    CAA_TAG: Text walk, "dns.caa.tag", "Tag";
    CAA_VALUE: Text walk, "dns.caa.value", "Value";
    RETRANSMIT_REQUEST: None exchange(retransmitted_request), "dns.retransmit_request", "DNS query retransmission";
    RETRANSMIT_REQUEST_IN: FrameNumber exchange(exchanges::repeated_request), "dns.retransmit_request_in", "Retransmitted request. Original request in";
    RETRANSMIT_RESPONSE: None exchange(retransmitted_response), "dns.retransmit_response", "DNS response retransmission";
    RETRANSMIT_RESPONSE_IN: FrameNumber exchange(exchanges::repeated_response), "dns.retransmit_response_in", "Retransmitted response. Original response in";
    RETRANSMISSION: Bool exchange(retransmission), "dns.retransmission", "Retransmission";
    RESPONSE_TO: FrameNumber exchange(exchanges::request_frame), "dns.response_to", "Request In", when(is_first);
    TIME: Duration exchange(exchanges::elapsed), "dns.time", "Time", when(is_first);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(53), Claim::TcpPort(53)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 2, partial_counts: true }),
    recognise_stream: Some(dns_content::is_in_stream),
    datagrams: Some(Datagrams {
        admits: |_| true,
        recognise: Some(dns_content::is_message),
        keeps: false,
        follow: None,
    }),
    exchange: Some(Exchange { patience: 5, ..Exchange::new(turns) }),
    column_of: Some(column),
    info: Some(info),
    summary: Some(|view, out| out.push_str(if is_response(view) { " (response)" } else { " (query)" })),
    ..Protocol::new("dns", "Domain Name System", "DNS")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(12)?;
    Ok(Step::last(b))
}

/// A length that can hold a header, and behind it a message with an assigned operation code and few records.
fn probe(b: &[u8]) -> bool {
    let b = Bytes(b);
    b.len() >= 2 && b.u16(0) >= 12 && (b.len() < 6 || (b.u16(4) >> 11 & 15) <= 6)
}

fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    match Bytes(b).array(0).map(u16::from_be_bytes) {
        None => Length::Need,
        Some(length) if length < 12 => Length::NotMine,
        Some(length) => Length::Known(2 + u64::from(length)),
    }
}

fn is_response(view: &View<'_>) -> bool {
    view.bytes.u8(2) & 0x80 != 0
}

fn length_prefix(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if view.below().last().is_some_and(|layer| matches!(layer.protocol, id::tcp | id::dns)) {
        out(Value::Unsigned(view.bytes.len() as u64));
    }
}

/// Queries and responses have the same number (RFC 1035 §4.1.1). In multicast DNS and LLMNR many may answer.
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    if !view.below().last().is_some_and(|layer| matches!(layer.protocol, id::mdns | id::llmnr)) {
        let id = view.bytes.u16(0).into();
        out(if is_response(view) { Turn::Response(id) } else { Turn::Request(id) });
    }
}

/// Whether it is no response that was there before, whose time would say nothing.
fn is_first(view: &View<'_>) -> bool {
    let mut first = true;
    exchanges::repeated_response(view, &mut |_| first = false);
    first
}

fn retransmission(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    exchanges::repeated_request(view, &mut |_| out(Value::Bool(true)));
    exchanges::repeated_response(view, &mut |_| out(Value::Bool(true)));
}

fn retransmitted_request(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    exchanges::repeated_request(view, &mut |_| out(Value::Present));
}

fn retransmitted_response(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    exchanges::repeated_response(view, &mut |_| out(Value::Present));
}

/// Multicast DNS (RFC 6762) uses the highest bit of the class for itself.
fn is_multicast(view: &View<'_>) -> bool {
    view.below().last().is_some_and(|layer| layer.protocol == id::mdns)
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let b = view.bytes;
    let multicast = is_multicast(view);
    let mut r = Reader::new(b.0, 12);
    let mut name = Name::default();
    for _ in 0..b.u16(4) {
        question(&mut r, &mut name, multicast, out)?;
    }
    for (count, section) in [(6, "Answer"), (8, "Authority"), (10, "Additional")] {
        for _ in 0..b.u16(count) {
            record(&mut r, &mut name, section, multicast, out)?;
        }
    }
    Ok(())
}

fn question(
    r: &mut Reader<'_>,
    name: &mut Name,
    multicast: bool,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let at = r.at();
    let labels = name.read(r)?;
    let behind = r.at();
    let kind = r.u16()?;
    let class = r.u16()?;
    out.open(at..r.at(), format_args!("Query: {}, type {}", name, type_name(kind)));
    out.put(QRY_NAME, at..behind, name.value());
    out.put(QRY_NAME_LEN, at..at, Value::Unsigned(name.shown_length()));
    // tshark counts the root as a label where it stands alone.
    out.put(COUNT_LABELS, at..at, Value::Unsigned(labels.max(1)));
    out.put(QRY_TYPE, behind..behind + 2, Value::Unsigned(kind.into()));
    put_class(QRY_CLASS, QRY_QU, behind + 2, class, multicast, out);
    out.close();
    Ok(())
}

fn put_class(
    field: FieldIndex,
    flag: FieldIndex,
    at: usize,
    class: u16,
    multicast: bool,
    out: &mut dyn FieldSink,
) {
    if multicast {
        out.put(field, at..at + 2, Value::Unsigned(u64::from(class & 0x7fff)));
        out.put(flag, at..at + 2, Value::Bool(class & 0x8000 != 0));
    } else {
        out.put(field, at..at + 2, Value::Unsigned(class.into()));
    }
}

/// The types that exist of a name: blocks of 256 bits (RFC 4034 §4.1.2, RFC 5155 §3.2.1). Wireshark shows them as types
/// of records.
fn types(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        let block = u64::from(r.u8()?) * 256;
        let length = r.u8()?;
        let at = r.at();
        for (index, byte) in r.take(length.into())?.iter().enumerate() {
            for bit in (0..8).filter(|bit| byte & (0x80 >> bit) != 0) {
                let kind = block + index as u64 * 8 + bit;
                out.put(RESP_TYPE, at + index..at + index + 1, Value::Unsigned(kind));
            }
        }
    }
    Ok(())
}

const SRV: u16 = 33;

/// The owner of a service record says service and protocol in its first two labels (RFC 2782); Wireshark has fields of
/// their own for them, and no `dns.resp.name`.
fn service_name(name: &Name, range: std::ops::Range<usize>, out: &mut dyn FieldSink) {
    let mut labels = name.bytes().splitn(3, |&byte| byte == b'.');
    for field in [SRV_SERVICE, SRV_PROTO, SRV_NAME] {
        if let Some(label) = labels.next() {
            out.put(field, range.clone(), Value::Text(label));
        }
    }
}

fn record(
    r: &mut Reader<'_>,
    name: &mut Name,
    section: &str,
    multicast: bool,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let at = r.at();
    name.read(r)?;
    let behind = r.at();
    let kind = r.u16()?;
    let class = r.u16()?;
    let ttl = r.number(4)?;
    let length = r.u16()?;
    let mut data = r.sub(length.into())?;
    out.open(at..r.at(), format_args!("{section}: {}, type {}", name, type_name(kind)));
    if kind == SRV {
        service_name(name, at..behind, out);
    } else {
        out.put(RESP_NAME, at..behind, name.value());
    }
    out.put(RESP_TYPE, behind..behind + 2, Value::Unsigned(kind.into()));
    if kind == OPT {
        // The class is the sender's buffer size, the TTL holds flags (RFC 6891 §6.1.3).
        out.put(UDP_PAYLOAD_SIZE, behind + 2..behind + 4, Value::Unsigned(class.into()));
        out.put(EXT_RCODE, behind + 4..behind + 5, Value::Unsigned(ttl >> 24));
        out.put(EDNS0_VERSION, behind + 5..behind + 6, Value::Unsigned(ttl >> 16 & 0xff));
        out.put(RESP_Z, behind + 6..behind + 8, Value::Unsigned(ttl & 0xffff));
        out.put(RESP_Z_DO, behind + 6..behind + 8, Value::Bool(ttl & 0x8000 != 0));
    } else {
        put_class(RESP_CLASS, CACHE_FLUSH, behind + 2, class, multicast, out);
        out.put(RESP_TTL, behind + 4..behind + 8, Value::Unsigned(ttl));
    }
    out.put(RESP_LEN, behind + 8..behind + 10, Value::Unsigned(length.into()));
    // Damaged data of one record does not hide the next.
    let _ = record_data(kind, &mut data, name, out);
    out.close();
    Ok(())
}

const OPT: u16 = 41;

fn record_data(kind: u16, r: &mut Reader<'_>, name: &mut Name, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    match kind {
        1 => {
            if let Some(&address) = r.take(4)?.first_chunk() {
                out.put(A, at..at + 4, Value::Ip4(address));
            }
        }
        28 => {
            if let Some(&address) = r.take(16)?.first_chunk() {
                out.put(AAAA, at..at + 16, Value::Ip6(address));
            }
        }
        2 => put_name(r, name, NS, out)?,
        5 => put_name(r, name, CNAME, out)?,
        12 => put_name(r, name, PTR, out)?,
        39 => put_name(r, name, DNAME, out)?,
        6 => {
            put_name(r, name, SOA_MNAME, out)?;
            put_name(r, name, SOA_RNAME, out)?;
            for field in [SOA_SERIAL, SOA_REFRESH, SOA_RETRY, SOA_EXPIRE, SOA_MINIMUM] {
                put_number(r, 4, field, out)?;
            }
        }
        13 => {
            put_string(r, HINFO_CPU_LENGTH, HINFO_CPU, out)?;
            put_string(r, HINFO_OS_LENGTH, HINFO_OS, out)?;
        }
        15 => {
            put_number(r, 2, MX_PREFERENCE, out)?;
            put_name(r, name, MX, out)?;
        }
        16 => {
            while r.left() > 0 {
                put_string(r, TXT_LENGTH, TXT, out)?;
            }
        }
        99 => {
            while r.left() > 0 {
                put_string(r, SPF_LENGTH, SPF, out)?;
            }
        }
        SRV => {
            for field in [SRV_PRIORITY, SRV_WEIGHT, SRV_PORT] {
                put_number(r, 2, field, out)?;
            }
            put_name(r, name, SRV_TARGET, out)?;
        }
        OPT => {
            while r.left() > 0 {
                put_number(r, 2, OPT_CODE, out)?;
                let length = put_number(r, 2, OPT_LEN, out)?;
                put_bytes(r, length as usize, OPT_DATA, out)?;
            }
        }
        43 => {
            put_number(r, 2, DS_KEY_ID, out)?;
            put_number(r, 1, DS_ALGORITHM, out)?;
            put_number(r, 1, DS_DIGEST_TYPE, out)?;
            put_bytes(r, r.left(), DS_DIGEST, out)?;
        }
        46 => {
            put_number(r, 2, RRSIG_TYPE_COVERED, out)?;
            put_number(r, 1, RRSIG_ALGORITHM, out)?;
            put_number(r, 1, RRSIG_LABELS, out)?;
            put_number(r, 4, RRSIG_TTL, out)?;
            for field in [RRSIG_EXPIRATION, RRSIG_INCEPTION] {
                let at = r.at();
                let seconds = r.number(4)? as i64;
                out.put(field, at..at + 4, Value::Time(plaintap_packet::Nanos(seconds * 1_000_000_000)));
            }
            put_number(r, 2, RRSIG_KEY_TAG, out)?;
            put_name(r, name, RRSIG_SIGNER, out)?;
            put_bytes(r, r.left(), RRSIG_SIGNATURE, out)?;
        }
        47 => {
            put_name(r, name, NSEC_NEXT, out)?;
            types(r, out)?;
        }
        50 => {
            r.take(4)?;
            for _salt_and_hash in 0..2 {
                let length = r.u8()?;
                r.take(length.into())?;
            }
            types(r, out)?;
        }
        48 => {
            put_number(r, 2, DNSKEY_FLAGS, out)?;
            put_number(r, 1, DNSKEY_PROTOCOL, out)?;
            put_number(r, 1, DNSKEY_ALGORITHM, out)?;
            put_bytes(r, r.left(), DNSKEY_PUBLIC_KEY, out)?;
        }
        257 => {
            put_number(r, 1, CAA_FLAGS, out)?;
            let length = r.u8()?;
            let at = r.at();
            out.put(CAA_TAG, at..at + usize::from(length), Value::Text(r.take(length.into())?));
            let at = r.at();
            out.put(CAA_VALUE, at..r.end(), Value::Text(r.take(r.left())?));
        }
        _ => {}
    }
    Ok(())
}

/// A character string: one byte of length in front (RFC 1035 §3.3).
fn put_string(
    r: &mut Reader<'_>,
    length: FieldIndex,
    text: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let count = put_number(r, 1, length, out)? as usize;
    let at = r.at();
    let bytes = r.take(count)?;
    out.put(text, at..at + count, Value::Text(bytes));
    Ok(())
}

fn put_name(
    r: &mut Reader<'_>,
    name: &mut Name,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let at = r.at();
    name.read(r)?;
    out.put(field, at..r.at(), name.value());
    Ok(())
}

/// Room for one name in text, used again for the next one.
#[derive(Debug)]
struct Name {
    text: [u8; 256],
    length: usize,
}

impl Default for Name {
    fn default() -> Self {
        Self { text: [0; 256], length: 0 }
    }
}

impl Name {
    /// Reads a name, compressed or not (RFC 1035 §4.1.4), and returns the number of its labels. Pointers may only lead
    /// backwards, so that no name is endless.
    fn read(&mut self, r: &mut Reader<'_>) -> Result<u64, Short> {
        self.length = 0;
        let whole = r.whole();
        let (mut at, mut behind, mut labels) = (r.at(), None, 0);
        for _ in 0..limits::MAX_DNS_JUMPS {
            let length = *whole.get(at).ok_or(Short::new(1, 0))?;
            match length >> 6 {
                0 if length == 0 => {
                    let end = behind.unwrap_or(at + 1);
                    r.skip_to(end)?;
                    return Ok(labels);
                }
                0 => {
                    let label = whole
                        .get(at + 1..at + 1 + usize::from(length))
                        .ok_or(Short::new(length.into(), whole.len() - at - 1))?;
                    self.append(label);
                    labels += 1;
                    at += 1 + usize::from(length);
                }
                3 => {
                    let low = *whole.get(at + 1).ok_or(Short::new(2, 1))?;
                    behind = behind.or(Some(at + 2));
                    let target = usize::from(length & 0x3f) << 8 | usize::from(low);
                    if target >= at {
                        return Err(Short::new(target, at));
                    }
                    at = target;
                }
                // The other two forms were never used, or are withdrawn (RFC 6891 §5).
                _ => return Err(Short::new(1, 0)),
            }
        }
        Err(Short::new(limits::MAX_DNS_JUMPS, 0))
    }

    fn append(&mut self, label: &[u8]) {
        if self.length > 0 {
            self.push(b'.');
        }
        for &byte in label {
            self.push(byte);
        }
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.text.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    fn bytes(&self) -> &[u8] {
        if self.length == 0 { b"<Root>" } else { &self.text[..self.length] }
    }

    /// Length in characters; that of the root is 0, though it is shown as text.
    fn shown_length(&self) -> u64 {
        self.bytes().len() as u64
    }

    fn value(&self) -> Value<'_> {
        Value::Text(self.bytes())
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        crate::text::write_escaped(self.bytes(), &mut text);
        f.write_str(&text)
    }
}

fn type_name(kind: u16) -> &'static str {
    crate::field::value_name(TYPES, kind.into()).unwrap_or("Unknown")
}

/// Multicast DNS and LLMNR stand in the column under their own names.
fn column(view: &View<'_>) -> &'static str {
    match view.below().last().map(|layer| layer.protocol) {
        Some(id::mdns) => "MDNS",
        Some(id::llmnr) => "LLMNR",
        _ if view.is_silent() => "",
        _ => "DNS",
    }
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    let rcode = b.u8(3) & 15;
    let opcode = b.u8(2) >> 3 & 15;
    out.push_str(crate::field::value_name(OPCODES, opcode.into()).unwrap_or("Unknown operation"));
    if is_response(view) {
        out.push_str(" response");
    }
    out.push_str(" 0x");
    crate::text::write_hex_bytes(b.clamped(0, 2), out);
    if is_response(view) && rcode != 0 {
        put!(out, " {}", crate::field::value_name(RCODES, rcode.into()).unwrap_or("Unknown error"));
    }
    let _ = walk(view, &mut InfoSink { out });
}

/// Writes types, names and addresses one behind the other.
struct InfoSink<'o> {
    out: &'o mut String,
}

impl FieldSink for InfoSink<'_> {
    fn wants(&self, field: FieldIndex) -> bool {
        matches!(
            field,
            QRY_NAME | QRY_TYPE | RESP_TYPE | A | AAAA | NS | CNAME | PTR | MX | SRV_TARGET | SOA_MNAME
        )
    }

    fn put(&mut self, field: FieldIndex, _: std::ops::Range<usize>, value: Value<'_>) {
        if !self.wants(field) {
            return;
        }
        self.out.push(' ');
        match (field, value) {
            (QRY_TYPE | RESP_TYPE, Value::Unsigned(kind)) => self.out.push_str(type_name(kind as u16)),
            (_, value) => crate::text::write_value(None, &value, self.out),
        }
    }

    fn open(&mut self, _: std::ops::Range<usize>, _: std::fmt::Arguments<'_>) {}

    fn close(&mut self) {}
}
