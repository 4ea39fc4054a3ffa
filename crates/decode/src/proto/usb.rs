//! USB packets of Linux, Windows and macOS: named, not decoded.

use plaintap_packet::LinkType;

use super::prelude::*;

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[
        Claim::LinkType(LinkType::USB_LINUX),
        Claim::LinkType(LinkType::USB_LINUX_MMAPPED),
        Claim::LinkType(LinkType::USBPCAP),
        Claim::LinkType(LinkType::USB_DARWIN),
        Claim::LinkType(LinkType::USB_2_0),
    ],
    info: Some(|view, out| put!(out, "USB, {} bytes", view.bytes.len())),
    ..Protocol::new("usb", "USB", "USB")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}
