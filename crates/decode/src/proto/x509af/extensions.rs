//! The extensions of certificates (RFC 5280 §4.2).

use super::*;

/// The bytes of 2.5.29, under which most extensions are; the last number follows.
const CE: [u8; 2] = [0x55, 0x1d];
/// authorityInfoAccess, 1.3.6.1.5.5.7.1.1.
const AUTHORITY_INFO: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
/// The qualifier that is a URI, 1.3.6.1.5.5.7.2.1.
const CPS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 2, 1];

/// Gives out the list of extensions in `[3]`.
pub(super) fn list(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut list = ber::expect(r, tag::SEQUENCE)?;
    out.put(EXTENSIONS, list.at()..list.end(), Value::Unsigned(count(&list)));
    while list.left() > 0 {
        let mut one = ber::expect(&mut list, tag::SEQUENCE)?;
        out.put(EXTENSION, one.at()..one.end(), Value::Present);
        let id = ber::expect(&mut { one }, tag::OBJECT_IDENTIFIER)?;
        put_oid(&mut one, EXTENSION_ID, out)?;
        let (mut kind, mut value) = ber::element(&mut one)?;
        if kind == tag::BOOLEAN {
            put_bool(&value, CRITICAL, out);
            (kind, value) = ber::element(&mut one)?;
        }
        if kind == tag::OCTET_STRING {
            // A damaged extension hides nothing but itself.
            let _ = extension(content(&id), &mut value, out);
        }
    }
    Ok(())
}

fn extension(id: &[u8], r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if id == AUTHORITY_INFO {
        return authority_info(r, out);
    }
    let &[a, b, number] = id else { return Ok(()) };
    if [a, b] != CE {
        return Ok(());
    }
    match number {
        14 => {
            put_content(&ber::expect(r, tag::OCTET_STRING)?, SUBJECT_KEY_IDENTIFIER, out);
            Ok(())
        }
        15 => key_usage(r, out),
        17 | 18 => general_names(&mut ber::expect(r, tag::SEQUENCE)?, GENERAL_NAMES, out),
        19 => basic_constraints(r, out),
        31 => distribution_points(r, out),
        32 => policies(r, out),
        35 => authority_key(r, out),
        37 => {
            let mut list = ber::expect(r, tag::SEQUENCE)?;
            out.put(KEY_PURPOSE_IDS, list.at()..list.end(), Value::Unsigned(count(&list)));
            while list.left() > 0 {
                put_oid(&mut list, KEY_PURPOSE_ID, out)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn put_bool(value: &Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) {
    let set = content(value).first().is_some_and(|&byte| byte != 0);
    out.put(field, value.at()..value.end(), Value::Bool(set));
}

fn key_usage(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const BITS: [FieldIndex; 9] = [
        DIGITAL_SIGNATURE,
        CONTENT_COMMITMENT,
        KEY_ENCIPHERMENT,
        DATA_ENCIPHERMENT,
        KEY_AGREEMENT,
        KEY_CERT_SIGN,
        CRL_SIGN,
        ENCIPHER_ONLY,
        DECIPHER_ONLY,
    ];
    let mut bits = ber::expect(r, tag::BIT_STRING)?;
    bits.take(1)?;
    put_content(&bits, KEY_USAGE, out);
    let first_two = Bytes(content(&bits));
    let number = u16::from(first_two.u8(0)) << 8 | u16::from(first_two.u8(1));
    for (place, field) in BITS.into_iter().enumerate() {
        out.put(field, bits.at()..bits.end(), Value::Bool(number << place & 0x8000 != 0));
    }
    Ok(())
}

fn basic_constraints(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut constraints = ber::expect(r, tag::SEQUENCE)?;
    out.put(BASIC_CONSTRAINTS, constraints.at()..constraints.end(), Value::Present);
    while constraints.left() > 0 {
        match ber::element(&mut constraints)? {
            (tag::BOOLEAN, value) => put_bool(&value, CA, out),
            (tag::INTEGER, value) => {
                let number = Value::Unsigned(ber::integer(&value) as u64);
                out.put(PATH_LEN_CONSTRAINT, value.at()..value.end(), number);
            }
            _ => {}
        }
    }
    Ok(())
}

fn authority_key(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut parts = ber::expect(r, tag::SEQUENCE)?;
    out.put(AUTHORITY_KEY_IDENTIFIER, parts.at()..parts.end(), Value::Present);
    while parts.left() > 0 {
        match ber::element(&mut parts)? {
            (0x80, value) => put_content(&value, KEY_IDENTIFIER, out),
            (0xa1, mut names) => general_names(&mut names, AUTHORITY_CERT_ISSUER, out)?,
            (0x82, value) => put_content(&value, AUTHORITY_CERT_SERIAL, out),
            _ => {}
        }
    }
    Ok(())
}

/// RFC 5280 §4.2.1.6.
fn general_names(list: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    out.put(field, list.at()..list.end(), Value::Unsigned(count(list)));
    while list.left() > 0 {
        general_name(list, GENERAL_NAME, out)?;
    }
    Ok(())
}

fn general_name(r: &mut Reader<'_>, choice: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let (kind, mut value) = ber::element(r)?;
    let at = value.at()..value.end();
    out.put(choice, at.clone(), Value::Unsigned((kind & 0x1f).into()));
    let bytes = content(&value);
    match kind & 0x1f {
        1 => out.put(RFC822_NAME, at, Value::Text(bytes)),
        2 => out.put(DNS_NAME, at, Value::Text(bytes)),
        4 => put_name(&mut value, [DIRECTORY_NAME, ISSUER_SEQUENCE], out)?,
        6 => out.put(URI, at, Value::Text(bytes)),
        7 => match (bytes.try_into(), bytes.try_into()) {
            (Ok(address), _) => out.put(IP_ADDRESS_4, at, Value::Ip4(address)),
            (_, Ok(address)) => out.put(IP_ADDRESS_6, at, Value::Ip6(address)),
            _ => {}
        },
        _ => {}
    }
    Ok(())
}

/// RFC 5280 §4.2.1.13.
fn distribution_points(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut points = ber::expect(r, tag::SEQUENCE)?;
    out.put(CRL_DIST_POINTS, points.at()..points.end(), Value::Unsigned(count(&points)));
    while points.left() > 0 {
        let mut point = ber::expect(&mut points, tag::SEQUENCE)?;
        out.put(DISTRIBUTION_POINT_ELEMENT, point.at()..point.end(), Value::Present);
        while point.left() > 0 {
            let (0xa0, mut name) = ber::element(&mut point)? else { continue };
            let (kind, mut value) = ber::element(&mut name)?;
            out.put(DISTRIBUTION_POINT, value.at()..value.end(), Value::Unsigned((kind & 0x1f).into()));
            if kind == 0xa0 {
                general_names(&mut value, FULL_NAME, out)?;
            }
        }
    }
    Ok(())
}

/// RFC 5280 §4.2.1.4.
fn policies(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut list = ber::expect(r, tag::SEQUENCE)?;
    out.put(CERTIFICATE_POLICIES, list.at()..list.end(), Value::Unsigned(count(&list)));
    while list.left() > 0 {
        let mut policy = ber::expect(&mut list, tag::SEQUENCE)?;
        out.put(POLICY_INFORMATION, policy.at()..policy.end(), Value::Present);
        put_oid(&mut policy, POLICY_IDENTIFIER, out)?;
        if policy.left() == 0 {
            continue;
        }
        let mut qualifiers = ber::expect(&mut policy, tag::SEQUENCE)?;
        let at = qualifiers.at()..qualifiers.end();
        out.put(POLICY_QUALIFIERS, at, Value::Unsigned(count(&qualifiers)));
        while qualifiers.left() > 0 {
            let mut qualifier = ber::expect(&mut qualifiers, tag::SEQUENCE)?;
            out.put(POLICY_QUALIFIER_INFO, qualifier.at()..qualifier.end(), Value::Present);
            let id = ber::expect(&mut { qualifier }, tag::OBJECT_IDENTIFIER)?;
            put_oid(&mut qualifier, POLICY_QUALIFIER_ID, out)?;
            if content(&id) == CPS {
                let (_, uri) = ber::element(&mut qualifier)?;
                out.put(CPS_URI, uri.at()..uri.end(), Value::Text(content(&uri)));
            }
        }
    }
    Ok(())
}

/// RFC 5280 §4.2.2.1.
fn authority_info(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut list = ber::expect(r, tag::SEQUENCE)?;
    out.put(AUTHORITY_INFO_ACCESS, list.at()..list.end(), Value::Unsigned(count(&list)));
    while list.left() > 0 {
        let mut access = ber::expect(&mut list, tag::SEQUENCE)?;
        out.put(ACCESS_DESCRIPTION, access.at()..access.end(), Value::Present);
        put_oid(&mut access, ACCESS_METHOD, out)?;
        general_name(&mut access, ACCESS_LOCATION, out)?;
    }
    Ok(())
}
