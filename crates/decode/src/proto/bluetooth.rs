//! Bluetooth packets between host and controller: named, not decoded.

use plaintap_packet::LinkType;

use super::prelude::*;

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[
        Claim::LinkType(LinkType::BLUETOOTH_HCI_H4),
        Claim::LinkType(LinkType::BLUETOOTH_HCI_H4_WITH_PHDR),
        Claim::LinkType(LinkType::BLUETOOTH_LINUX_MONITOR),
    ],
    info: Some(|view, out| put!(out, "Bluetooth, {} bytes", view.bytes.len())),
    ..Protocol::new("bluetooth", "Bluetooth", "Bluetooth")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}
