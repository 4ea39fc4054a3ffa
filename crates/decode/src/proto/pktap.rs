//! Apple's packets with process information (LINKTYPE_PKTAP; bsd/net/pktap.h of XNU). Numbers are little-endian.

use plaintap_packet::LinkType;

use super::prelude::*;

fields! {
    HDRLEN: U32 walk, "pktap.hdrlen", "Header length";
    RECTYPE: U32 walk, "pktap.rectype", "Record type", names(&[(0, "None"), (1, "Packet")]);
    DLT: U32 walk, "pktap.dlt", "DLT";
    IFNAME: Text walk, "pktap.ifname", "Interface name";
    FLAGS: U32 walk, "pktap.flags", "Flags", hex;
    PFAMILY: U32 walk, "pktap.pfamily", "Protocol family";
    LLHDRLEN: U32 walk, "pktap.llhdrlen", "Link-layer header length";
    LLTRLRLEN: U32 walk, "pktap.lltrlrlen", "Link-layer trailer length";
    PID: U32 walk, "pktap.pid", "Process ID";
    CMDNAME: Text walk, "pktap.cmdname", "Command name";
    SVC_CLASS: U32 walk, "pktap.svc_class", "Service class";
    IFTYPE: U16 walk, "pktap.iftype", "Interface type";
    IFUNIT: U16 walk, "pktap.ifunit", "Interface unit";
    EPID: U32 walk, "pktap.epid", "Effective process ID";
    ECMDNAME: Text walk, "pktap.ecmdname", "Effective command name";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::PKTAP)],
    fields: FIELDS,
    walk: Some(walk),
    ..Protocol::new("pktap", "PKTAP packet header", "PKTAP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(HEADER)?;
    let length = b.u32(0).swap_bytes() as usize;
    if length < HEADER {
        return Err(Short::new(HEADER, length));
    }
    b.need(length)?;
    let link_type = match b.u32(8).swap_bytes() {
        DLT_RAW => LinkType::RAW,
        other => LinkType(u16::try_from(other).unwrap_or(u16::MAX)),
    };
    Ok(Step::next(length, claimed::link_type(link_type)))
}

const HEADER: usize = 108;
/// Apple's number for packets without a link layer, which files know as LINKTYPE_RAW.
const DLT_RAW: u32 = 12;

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 0);
    for field in [HDRLEN, RECTYPE, DLT] {
        put_little(&mut r, 4, field, out)?;
    }
    put_text_z(&mut r.sub(24)?, IFNAME, out)?;
    for field in [FLAGS, PFAMILY, LLHDRLEN, LLTRLRLEN, PID] {
        put_little(&mut r, 4, field, out)?;
    }
    put_text_z(&mut r.sub(20)?, CMDNAME, out)?;
    put_little(&mut r, 4, SVC_CLASS, out)?;
    put_little(&mut r, 2, IFTYPE, out)?;
    put_little(&mut r, 2, IFUNIT, out)?;
    put_little(&mut r, 4, EPID, out)?;
    put_text_z(&mut r.sub(20)?, ECMDNAME, out)?;
    Ok(())
}
