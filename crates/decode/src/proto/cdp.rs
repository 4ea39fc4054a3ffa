//! The Cisco Discovery Protocol: what a device says about itself and the port it sends from.

use super::prelude::*;

fields! {
    VERSION: U8 at(0..1), "cdp.version", "Version";
    TTL: U8 at(1..2), "cdp.ttl", "TTL";
    CHECKSUM: U16 at(2..4), "cdp.checksum", "Checksum", hex;
    TLV_TYPE: U16 walk, "cdp.tlv.type", "Type", hex, names(TYPES);
    TLV_LEN: U16 walk, "cdp.tlv.len", "Length";
    DEVICE_ID: Text walk, "cdp.deviceid", "Device ID";
    PORT_ID: Text walk, "cdp.portid", "Sent through Interface";
    CAPABILITIES: U32 walk, "cdp.capabilities", "Capabilities", hex;
    PLATFORM: Text walk, "cdp.platform", "Platform";
    ADDRESSES: U32 walk, "cdp.number_of_addresses", "Number of addresses";
    NATIVE_VLAN: U16 walk, "cdp.native_vlan", "Native VLAN";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("cdp", "Cisco Discovery Protocol", "CDP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    Ok(Step::last(b))
}

const TYPES: crate::field::ValueNames = &[
    (0x0001, "Device ID"),
    (0x0002, "Addresses"),
    (0x0003, "Port ID"),
    (0x0004, "Capabilities"),
    (0x0005, "Software version"),
    (0x0006, "Platform"),
    (0x0007, "IP Prefix/Gateway (used for ODR)"),
    (0x0008, "Protocol Hello"),
    (0x0009, "VTP Management Domain"),
    (0x000a, "Native VLAN"),
    (0x000b, "Duplex"),
    (0x000e, "VoIP VLAN Reply"),
    (0x0010, "Power Consumption"),
    (0x0012, "Trust Bitmap"),
    (0x0013, "Untrusted Port CoS"),
    (0x0014, "System Name"),
    (0x0016, "Management Address"),
    (0x0017, "Location"),
    (0x001a, "Power Available"),
];

/// Lengths count their own 4 bytes of type and length.
fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.bytes.0, 4);
    while r.left() > 0 {
        let at = r.at();
        let (kind, length) = (r.u16()?, r.u16()?);
        let Some(length_of_value) = length.checked_sub(4) else { return Err(Short::new(4, length.into())) };
        let mut body = r.sub(length_of_value.into())?;
        let left = body.left();
        let name = crate::field::value_name(TYPES, kind.into()).unwrap_or("Unknown");
        out.open(at..r.at(), format_args!("{name}"));
        out.put(TLV_TYPE, at..at + 2, Value::Unsigned(kind.into()));
        out.put(TLV_LEN, at + 2..at + 4, Value::Unsigned(length.into()));
        let read = match kind {
            0x0001 => put_text(&mut body, left, DEVICE_ID, out),
            0x0002 => put_number(&mut body, 4, ADDRESSES, out).map(drop),
            0x0003 => put_text(&mut body, left, PORT_ID, out),
            0x0004 => put_number(&mut body, 4, CAPABILITIES, out).map(drop),
            0x0006 => put_text(&mut body, left, PLATFORM, out),
            0x000a => put_number(&mut body, 2, NATIVE_VLAN, out).map(drop),
            0x0016 => put_number(&mut body, 4, ADDRESSES, out).map(drop),
            _ => Ok(()),
        };
        out.close();
        read?;
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let mut r = Reader::new(view.bytes.0, 4);
    while let (Ok(kind), Ok(length)) = (r.u16(), r.u16()) {
        let Ok(body) = r.take(usize::from(length).saturating_sub(4)) else { return };
        match kind {
            0x0001 => out.push_str("Device ID: "),
            0x0003 => out.push_str("Port ID: "),
            _ => continue,
        }
        crate::text::write_value(None, &Value::Text(body), out);
        out.push_str("  ");
    }
    out.truncate(out.trim_end().len());
}
