//! UDP encapsulation of IPsec packets, RFC 3948: ESP, IKE or a keepalive on port 4500.

use super::prelude::*;

fields! {
    NAT_KEEPALIVE: None meta(|v, out| if is_keepalive(v.bytes) { out(Value::Present) }),
        "udpencap.nat_keepalive", "NAT-keepalive packet";
    NON_ESP_MARKER: None meta(|v, out| if has_marker(v.bytes) { out(Value::Present) }),
        "udpencap.non_esp_marker", "Non-ESP Marker";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(4500)],
    fields: FIELDS,
    info: Some(|view, out| {
        if is_keepalive(view.bytes) {
            out.push_str("NAT-keepalive");
        }
    }),
    ..Protocol::new("udpencap", "UDP Encapsulation of IPsec Packets", "UDPENCAP")
};

/// The first 4 bytes are the SPI of ESP, or the zero that no SPI is (RFC 3948 §2.2).
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    if is_keepalive(b) {
        return Ok(Step::last(b));
    }
    b.need(4)?;
    Ok(if has_marker(b) { Step::next(4, id::isakmp) } else { Step::next(0, id::esp) })
}

/// One byte of ones (RFC 3948 §2.3).
fn is_keepalive(b: Bytes<'_>) -> bool {
    b.0 == [0xff]
}

fn has_marker(b: Bytes<'_>) -> bool {
    b.len() >= 4 && b.u32(0) == 0
}
