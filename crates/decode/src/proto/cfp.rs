//! Cisco FabricPath: a frame inside of one whose addresses are those of switches.

use super::prelude::*;

fields! {
    FTAG: U16 bits(0..2, 0xffc0), "cfp.ftag", "FTAG";
    TTL: U16 bits(0..2, 0x003f), "cfp.ttl", "TTL";
}

pub(super) const ETHER_TYPE: u16 = 0x8903;

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::EtherType(ETHER_TYPE)],
    fields: FIELDS,
    ..Protocol::new("cfp", "Cisco FabricPath", "FabricPath")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(2)?;
    Ok(Step::next(2, id::eth))
}
