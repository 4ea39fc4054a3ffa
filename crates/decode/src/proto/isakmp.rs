//! Internet Key Exchange: version 1 (ISAKMP, RFC 2408 and RFC 2409) and 2 (RFC 7296). The header and the chain of
//! payloads, as far as they are not encrypted.

use super::prelude::*;

fields! {
    ISPI: Bytes at(0..8), "isakmp.ispi", "Initiator SPI";
    RSPI: Bytes at(8..16), "isakmp.rspi", "Responder SPI";
    NEXT_PAYLOAD: U8 walk, "isakmp.nextpayload", "Next payload", names(PAYLOADS);
    VERSION: U8 at(17..18), "isakmp.version", "Version", hex;
    MAJOR_VERSION: U8 bits(17..18, 0xf0), "isakmp.mjver", "MjVer", hex;
    MINOR_VERSION: U8 bits(17..18, 0x0f), "isakmp.mnver", "MnVer", hex;
    EXCHANGE_TYPE: U8 at(18..19), "isakmp.exchangetype", "Exchange type", names(EXCHANGES);
    FLAGS: U8 at(19..20), "isakmp.flags", "Flags", hex;
    FLAG_E: Bool bits(19..20, 0x01), "isakmp.flag_e", "Encryption", when(is_version_1);
    FLAG_C: Bool bits(19..20, 0x02), "isakmp.flag_c", "Commit", when(is_version_1);
    FLAG_A: Bool bits(19..20, 0x04), "isakmp.flag_a", "Authentication", when(is_version_1);
    FLAG_I: Bool bits(19..20, 0x08), "isakmp.flag_i", "Initiator", when(|v| !is_version_1(v));
    FLAG_V: Bool bits(19..20, 0x10), "isakmp.flag_v", "Version", when(|v| !is_version_1(v));
    FLAG_R: Bool bits(19..20, 0x20), "isakmp.flag_r", "Response", when(|v| !is_version_1(v));
    MESSAGE_ID: U32 at(20..24), "isakmp.messageid", "Message ID", hex;
    LENGTH: U32 at(24..28), "isakmp.length", "Length";
    TYPE_PAYLOAD: U8 walk, "isakmp.typepayload", "Payload", names(PAYLOADS);
    PAYLOAD_LENGTH: U16 walk, "isakmp.payloadlength", "Payload length";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(500)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("isakmp", "Internet Security Association and Key Management Protocol", "ISAKMP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(HEADER)?;
    Ok(Step::last(b))
}

const HEADER: usize = 28;
const SA_V1: u8 = 1;
const SA_V2: u8 = 33;
const PROPOSAL: u8 = 2;
const TRANSFORM: u8 = 3;
/// "Encrypted and Authenticated": what follows cannot be read (RFC 7296 §3.14).
const ENCRYPTED: u8 = 46;
const ENCRYPTED_FRAGMENT: u8 = 53;

const EXCHANGES: crate::field::ValueNames = &[
    (0, "NONE"),
    (1, "Base"),
    (2, "Identity Protection (Main Mode)"),
    (3, "Authentication Only"),
    (4, "Aggressive"),
    (5, "Informational"),
    (6, "Transaction (Config Mode)"),
    (32, "Quick Mode"),
    (33, "New Group Mode"),
    (34, "IKE_SA_INIT"),
    (35, "IKE_AUTH"),
    (36, "CREATE_CHILD_SA"),
    (37, "INFORMATIONAL"),
    (38, "IKE_SESSION_RESUME"),
    (43, "IKE_INTERMEDIATE"),
];

const PAYLOADS: crate::field::ValueNames = &[
    (0, "NONE / No Next Payload"),
    (1, "Security Association"),
    (2, "Proposal"),
    (3, "Transform"),
    (4, "Key Exchange"),
    (5, "Identification"),
    (6, "Certificate"),
    (7, "Certificate Request"),
    (8, "Hash"),
    (9, "Signature"),
    (10, "Nonce"),
    (11, "Notification"),
    (12, "Delete"),
    (13, "Vendor ID"),
    (20, "NAT-D (RFC 3947)"),
    (21, "NAT-OA (RFC 3947)"),
    (33, "Security Association"),
    (34, "Key Exchange"),
    (35, "Identification - Initiator"),
    (36, "Identification - Responder"),
    (37, "Certificate"),
    (38, "Certificate Request"),
    (39, "Authentication"),
    (40, "Nonce"),
    (41, "Notify"),
    (42, "Delete"),
    (43, "Vendor ID"),
    (44, "Traffic Selector - Initiator"),
    (45, "Traffic Selector - Responder"),
    (46, "Encrypted and Authenticated"),
    (47, "Configuration"),
    (48, "Extensible Authentication"),
    (53, "Encrypted and Authenticated Fragment"),
];

fn is_version_1(view: &View<'_>) -> bool {
    view.bytes.u8(17) >> 4 == 1
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.bytes;
    out.put(NEXT_PAYLOAD, 16..17, Value::Unsigned(b.u8(16).into()));
    // From here on all is encrypted in version 1 when its flag is set (RFC 2408 §3.1).
    if is_version_1(view) && b.u8(19) & 1 != 0 {
        return Ok(());
    }
    let mut r = Reader::new(b.0, HEADER);
    payloads(&mut r, b.u8(16), 0, out)
}

/// Payloads that hold others are a security association, which holds proposals, and a proposal, which holds transforms.
const MAX_DEPTH: usize = 2;

/// A chain of payloads, the first of this kind. Lengths count their own 4 bytes (RFC 7296 §3.2).
fn payloads(r: &mut Reader<'_>, first: u8, depth: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut kind = first;
    while kind != 0 && r.left() > 0 {
        let at = r.at();
        let length = usize::from(Bytes(r.whole()).u16(at + 2));
        let name = crate::field::value_name(PAYLOADS, kind.into()).unwrap_or("Unknown");
        out.open(at..at + length, format_args!("Payload: {name} ({kind})"));
        let next = payload(r, kind, depth, out);
        out.close();
        let next = next?;
        if matches!(kind, ENCRYPTED | ENCRYPTED_FRAGMENT) || length < 4 {
            return Ok(());
        }
        r.skip_to(at + length)?;
        kind = next;
    }
    Ok(())
}

/// One payload; returns the kind of the next.
fn payload(r: &mut Reader<'_>, kind: u8, depth: usize, out: &mut dyn FieldSink) -> Result<u8, Short> {
    let start = r.at();
    out.put(TYPE_PAYLOAD, start..start, Value::Unsigned(kind.into()));
    let next = put_number(r, 1, NEXT_PAYLOAD, out)? as u8;
    r.take(1)?;
    let length = put_number(r, 2, PAYLOAD_LENGTH, out)? as usize;
    if depth == MAX_DEPTH || !matches!(kind, SA_V1 | SA_V2 | PROPOSAL) {
        return Ok(next);
    }
    let mut body = r.sub(length.saturating_sub(4))?;
    let inner = match kind {
        // Domain of interpretation and situation (RFC 2408 §3.4).
        SA_V1 => body.take(8).map(|_| PROPOSAL)?,
        SA_V2 => PROPOSAL,
        // Number, protocol, length of the SPI, number of transforms, SPI (RFC 7296 §3.3.1).
        _ => {
            let header = body.take(4)?;
            body.take(header[2].into())?;
            TRANSFORM
        }
    };
    payloads(&mut body, inner, depth + 1, out)?;
    Ok(next)
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    let exchange = b.u8(18);
    match crate::field::value_name(EXCHANGES, exchange.into()) {
        Some(name) => out.push_str(name),
        None => put!(out, "Exchange type {exchange}"),
    }
    if !is_version_1(view) {
        let initiator = if b.u8(19) & 0x08 != 0 { "Initiator" } else { "Responder" };
        let kind = if b.u8(19) & 0x20 != 0 { "Response" } else { "Request" };
        put!(out, " MID={:02x} {initiator} {kind}", b.u32(20));
    }
}
