//! The OPEN message (RFC 4271 §4.2) and its capabilities (RFC 5492).

use super::*;

pub(super) fn message(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    /// Says that lengths of two bytes follow (RFC 9072 §2).
    const EXTENDED: u8 = 255;
    put_number(r, 1, OPEN_VERSION, out)?;
    put_number(r, 2, OPEN_AS, out)?;
    put_number(r, 2, OPEN_HOLD_TIME, out)?;
    put_ip4(r, OPEN_IDENTIFIER, out)?;
    let mut length = put_number(r, 1, OPEN_OPTIONS_LENGTH, out)?;
    let extended = length == EXTENDED.into() && Bytes(r.whole()).u8(r.at()) == EXTENDED;
    if extended {
        r.take(1)?;
        length = r.u16()?.into();
    }
    let mut parameters = r.sub(length as usize)?;
    if parameters.left() > 0 {
        out.put(OPEN_OPTIONS, parameters.at()..parameters.end(), Value::Present);
    }
    while parameters.left() > 0 {
        parameter(&mut parameters, if extended { 2 } else { 1 }, out)?;
    }
    Ok(())
}

fn parameter(r: &mut Reader<'_>, width: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    const AUTHENTICATION: u64 = 1;
    const CAPABILITY: u64 = 2;
    let at = r.at();
    let length = Bytes(r.whole()).number(at + 1, at + 1 + width).unwrap_or(0) as usize;
    out.put(PARAM, at..(at + 1 + width + length).min(r.end()), Value::Present);
    let kind = put_number(r, 1, PARAM_TYPE, out)?;
    let length = put_number(r, width, PARAM_LEN, out)?;
    let mut body = r.sub(length as usize)?;
    match kind {
        AUTHENTICATION => put_rest(&mut body, PARAM_AUTH, out),
        CAPABILITY => {
            while body.left() > 0 {
                capability(&mut body, out)?;
            }
            Ok(())
        }
        _ => put_rest(&mut body, PARAM_UNKNOWN, out),
    }
}

/// RFC 5492 §4.
fn capability(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let b = Bytes(r.whole());
    let end = (at + 2 + usize::from(b.u8(at + 1))).min(r.end());
    let name = crate::field::value_name(CAPABILITIES, b.u8(at).into()).unwrap_or("Unknown");
    out.open(at..end, format_args!("Capability: {name}"));
    out.put(CAP, at..end, Value::Present);
    let kind = put_number(r, 1, CAP_TYPE, out)?;
    let length = put_number(r, 1, CAP_LENGTH, out)?;
    let read = r.sub(length as usize).and_then(|mut value| content(kind, &mut value, out));
    out.close();
    read
}

fn content(kind: u64, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match (kind, r.left()) {
        (_, 0) => Ok(()),
        // RFC 4760 §8.
        (1, 4) => {
            put_number(r, 2, CAP_MP_AFI, out)?;
            put_bytes(r, 1, CAP_RESERVED, out)?;
            put_number(r, 1, CAP_MP_SAFI, out).map(drop)
        }
        // RFC 5291 §5; 130 is Cisco's number for it.
        (3 | 130, _) => {
            while r.left() > 0 {
                put_number(r, 2, CAP_ORF_AFI, out)?;
                put_bytes(r, 1, CAP_RESERVED, out)?;
                put_number(r, 1, CAP_ORF_SAFI, out)?;
                for _ in 0..put_number(r, 1, CAP_ORF_NUMBER, out)? {
                    put_number(r, 1, CAP_ORF_TYPE, out)?;
                    put_number(r, 1, CAP_ORF_SEND_RECEIVE, out)?;
                }
            }
            Ok(())
        }
        // RFC 8950 §4.
        (5, _) => {
            while r.left() >= 6 {
                put_number(r, 2, CAP_ENH_AFI, out)?;
                put_number(r, 2, CAP_ENH_SAFI, out)?;
                put_number(r, 2, CAP_ENH_NEXT_HOP_AFI, out)?;
            }
            Ok(())
        }
        // RFC 8205 §2.1.
        (7, 3) => {
            let at = r.at();
            let flags = put_number(r, 1, CAP_BGPSEC_FLAGS, out)?;
            out.put(CAP_BGPSEC_VERSION, at..at + 1, Value::Unsigned(flags >> 4));
            out.put(CAP_BGPSEC_SEND_RECEIVE, at..at + 1, Value::Unsigned(flags >> 3 & 1));
            out.put(CAP_BGPSEC_RESERVED, at..at + 1, Value::Unsigned(flags & 7));
            put_number(r, 2, CAP_BGPSEC_AFI, out).map(drop)
        }
        // RFC 4724 §3, RFC 8538 §2.
        (64, 2..) => {
            let at = r.at();
            let timers = put_number(r, 2, CAP_GR_TIMERS, out)?;
            put_flags(r, 2, timers, &[(CAP_GR_RESTART, 0x8000), (CAP_GR_NOTIFICATION, 0x4000)], out);
            out.put(CAP_GR_TIME, at..at + 2, Value::Unsigned(timers & 0xfff));
            while r.left() >= 4 {
                put_number(r, 2, CAP_GR_AFI, out)?;
                put_number(r, 1, CAP_GR_SAFI, out)?;
                let flags = put_number(r, 1, CAP_GR_FLAG, out)?;
                put_flags(r, 1, flags, &[(CAP_GR_PRESERVE, 0x80)], out);
            }
            Ok(())
        }
        // RFC 6793 §3.
        (65, 4) => put_number(r, 4, CAP_4AS, out).map(drop),
        // RFC 7911 §4.
        (69, _) => {
            while r.left() >= 4 {
                put_number(r, 2, CAP_PATHS_AFI, out)?;
                put_number(r, 1, CAP_PATHS_SAFI, out)?;
                put_number(r, 1, CAP_PATHS_SEND_RECEIVE, out)?;
            }
            Ok(())
        }
        // draft-walton-bgp-hostname-capability §3.
        (73, _) => {
            for (length, name) in [(CAP_HOSTNAME_LEN, CAP_HOSTNAME), (CAP_DOMAIN_LEN, CAP_DOMAIN)] {
                let length = put_number(r, 1, length, out)?;
                put_text(r, length as usize, name, out)?;
            }
            Ok(())
        }
        _ => put_rest(r, CAP_UNKNOWN, out),
    }
}
