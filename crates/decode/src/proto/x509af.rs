//! Certificates (ITU-T X.509, RFC 5280), each a layer behind the TLS message that carries it. Wireshark spreads their
//! fields over the protocols `x509af`, `x509ce`, `x509if` and `x509sat`, after the ASN.1 modules they are defined in.

mod extensions;

use plaintap_packet::Nanos;

use super::ber::{self, tag};
use super::prelude::*;

fields! {
    SIGNED_CERTIFICATE: None walk, "x509af.signedCertificate_element", "signedCertificate";
    VERSION: I32 walk, "x509af.version", "version";
    SERIAL_NUMBER: Bytes walk, "x509af.serialNumber", "serialNumber";
    SIGNATURE: None walk, "x509af.signature_element", "signature";
    ALGORITHM_ID: Text walk, "x509af.algorithm.id", "Algorithm Id";
    ISSUER: U32 walk, "x509af.issuer", "issuer";
    ISSUER_SEQUENCE: U32 walk, "x509if.rdnSequence", "rdnSequence";
    RDN_ITEM: U32 walk, "x509if.RDNSequence_item", "RDNSequence item";
    RDN_ITEM_ELEMENT: None walk, "x509if.RelativeDistinguishedName_item_element",
        "RelativeDistinguishedName item";
    OID: Text walk, "x509if.oid", "Object Id";
    DIRECTORY_STRING: U32 walk, "x509sat.DirectoryString", "DirectoryString";
    TELETEX_STRING: Text walk, "x509sat.teletexString", "teletexString";
    PRINTABLE_STRING: Text walk, "x509sat.printableString", "printableString";
    UNIVERSAL_STRING: Text walk, "x509sat.universalString", "universalString";
    BMP_STRING: Text walk, "x509sat.bmpString", "bmpString";
    UTF8_STRING: Text walk, "x509sat.uTF8String", "uTF8String";
    PRINTABLE_SYNTAX: Text walk, "x509sat.PrintableString", "PrintableString";
    IA5_SYNTAX: Text walk, "x509sat.IA5String", "IA5String";
    COUNTRY_NAME: Text walk, "x509sat.CountryName", "CountryName";
    VALIDITY: None walk, "x509af.validity_element", "validity";
    NOT_BEFORE: U32 walk, "x509af.notBefore", "notBefore";
    NOT_AFTER: U32 walk, "x509af.notAfter", "notAfter";
    UTC_TIME: Text walk, "x509af.utcTime", "utcTime";
    GENERALIZED_TIME: Time walk, "x509af.generalizedTime", "generalizedTime";
    SUBJECT: U32 walk, "x509af.subject", "subject";
    SUBJECT_SEQUENCE: U32 walk, "x509af.rdnSequence", "rdnSequence";
    SUBJECT_PUBLIC_KEY_INFO: None walk, "x509af.subjectPublicKeyInfo_element", "subjectPublicKeyInfo";
    ALGORITHM: None walk, "x509af.algorithm_element", "algorithm";
    SUBJECT_PUBLIC_KEY: Bytes walk, "x509af.subjectPublicKey", "subjectPublicKey";
    EXTENSIONS: U32 walk, "x509af.extensions", "extensions";
    EXTENSION: None walk, "x509af.Extension_element", "Extension";
    EXTENSION_ID: Text walk, "x509af.extension.id", "Extension Id";
    CRITICAL: Bool walk, "x509af.critical", "critical";
    KEY_USAGE: Bytes walk, "x509ce.KeyUsage", "KeyUsage";
    DIGITAL_SIGNATURE: Bool walk, "x509ce.KeyUsage.digitalSignature", "digitalSignature";
    CONTENT_COMMITMENT: Bool walk, "x509ce.KeyUsage.contentCommitment", "contentCommitment";
    KEY_ENCIPHERMENT: Bool walk, "x509ce.KeyUsage.keyEncipherment", "keyEncipherment";
    DATA_ENCIPHERMENT: Bool walk, "x509ce.KeyUsage.dataEncipherment", "dataEncipherment";
    KEY_AGREEMENT: Bool walk, "x509ce.KeyUsage.keyAgreement", "keyAgreement";
    KEY_CERT_SIGN: Bool walk, "x509ce.KeyUsage.keyCertSign", "keyCertSign";
    CRL_SIGN: Bool walk, "x509ce.KeyUsage.cRLSign", "cRLSign";
    ENCIPHER_ONLY: Bool walk, "x509ce.KeyUsage.encipherOnly", "encipherOnly";
    DECIPHER_ONLY: Bool walk, "x509ce.KeyUsage.decipherOnly", "decipherOnly";
    KEY_PURPOSE_IDS: U32 walk, "x509ce.KeyPurposeIDs", "KeyPurposeIDs";
    KEY_PURPOSE_ID: Text walk, "x509ce.KeyPurposeId", "KeyPurposeId";
    BASIC_CONSTRAINTS: None walk, "x509ce.BasicConstraintsSyntax_element", "BasicConstraintsSyntax";
    CA: Bool walk, "x509ce.cA", "cA";
    PATH_LEN_CONSTRAINT: U64 walk, "x509ce.pathLenConstraint", "pathLenConstraint";
    SUBJECT_KEY_IDENTIFIER: Bytes walk, "x509ce.SubjectKeyIdentifier", "SubjectKeyIdentifier";
    AUTHORITY_KEY_IDENTIFIER: None walk, "x509ce.AuthorityKeyIdentifier_element", "AuthorityKeyIdentifier";
    KEY_IDENTIFIER: Bytes walk, "x509ce.keyIdentifier", "keyIdentifier";
    AUTHORITY_CERT_ISSUER: U32 walk, "x509ce.authorityCertIssuer", "authorityCertIssuer";
    AUTHORITY_CERT_SERIAL: Bytes walk, "x509ce.authorityCertSerialNumber", "authorityCertSerialNumber";
    GENERAL_NAMES: U32 walk, "x509ce.GeneralNames", "GeneralNames";
    GENERAL_NAME: U32 walk, "x509ce.GeneralName", "GeneralName";
    RFC822_NAME: Text walk, "x509ce.rfc822Name", "rfc822Name";
    DNS_NAME: Text walk, "x509ce.dNSName", "dNSName";
    DIRECTORY_NAME: U32 walk, "x509ce.directoryName", "directoryName";
    URI: Text walk, "x509ce.uniformResourceIdentifier", "uniformResourceIdentifier";
    IP_ADDRESS_4: Ip4 walk, "x509ce.IPAddress.ipv4", "iPAddress";
    IP_ADDRESS_6: Ip6 walk, "x509ce.IPAddress.ipv6", "iPAddress";
    CRL_DIST_POINTS: U32 walk, "x509ce.CRLDistPointsSyntax", "CRLDistPointsSyntax";
    DISTRIBUTION_POINT_ELEMENT: None walk, "x509ce.DistributionPoint_element", "DistributionPoint";
    DISTRIBUTION_POINT: U32 walk, "x509ce.distributionPoint", "distributionPoint";
    FULL_NAME: U32 walk, "x509ce.fullName", "fullName";
    CERTIFICATE_POLICIES: U32 walk, "x509ce.CertificatePoliciesSyntax", "CertificatePoliciesSyntax";
    POLICY_INFORMATION: None walk, "x509ce.PolicyInformation_element", "PolicyInformation";
    POLICY_IDENTIFIER: Text walk, "x509ce.policyIdentifier", "policyIdentifier";
    POLICY_QUALIFIERS: U32 walk, "x509ce.policyQualifiers", "policyQualifiers";
    POLICY_QUALIFIER_INFO: None walk, "x509ce.PolicyQualifierInfo_element", "PolicyQualifierInfo";
    POLICY_QUALIFIER_ID: Text walk, "x509ce.id", "Id";
    CPS_URI: Text walk, "pkix1explicit.DirectoryString", "DirectoryString";
    AUTHORITY_INFO_ACCESS: U32 walk, "pkix1implicit.AuthorityInfoAccessSyntax", "AuthorityInfoAccessSyntax";
    ACCESS_DESCRIPTION: None walk, "pkix1implicit.AccessDescription_element", "AccessDescription";
    ACCESS_METHOD: Text walk, "pkix1implicit.accessMethod", "accessMethod";
    ACCESS_LOCATION: U32 walk, "pkix1implicit.accessLocation", "accessLocation";
    ALGORITHM_IDENTIFIER: None walk, "x509af.algorithmIdentifier_element", "algorithmIdentifier";
    ENCRYPTED: Bytes walk, "x509af.encrypted", "encrypted";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::Flow],
    fields: FIELDS,
    walk: Some(walk),
    ..Protocol::new("x509af", "X.509 Certificate", "")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

/// The parts of a certificate that stand in front of its name.
struct Start<'a> {
    version: Option<Reader<'a>>,
    /// From the serial number on.
    rest: Reader<'a>,
}

fn start<'a>(signed: &Reader<'a>) -> Result<Start<'a>, Short> {
    let mut rest = *signed;
    let mut first = rest;
    let version = match ber::element(&mut first)? {
        (VERSION_TAG, mut body) => {
            rest = first;
            Some(ber::expect(&mut body, tag::INTEGER)?)
        }
        _ => None,
    };
    Ok(Start { version, rest })
}

/// `[0]`, version (RFC 5280 §4.1).
const VERSION_TAG: u8 = 0xa0;
/// `[3]`, extensions.
const EXTENSIONS_TAG: u8 = 0xa3;

/// The value of the extension with this object identifier (its encoded content) in a certificate.
pub(super) fn extension<'a>(certificate: &Reader<'a>, wanted: &[u8]) -> Option<Reader<'a>> {
    let mut signed =
        ber::expect(&mut ber::expect(&mut { *certificate }, tag::SEQUENCE).ok()?, tag::SEQUENCE).ok()?;
    while signed.left() > 0 {
        let (EXTENSIONS_TAG, mut body) = ber::element(&mut signed).ok()? else { continue };
        let mut list = ber::expect(&mut body, tag::SEQUENCE).ok()?;
        while list.left() > 0 {
            let mut one = ber::expect(&mut list, tag::SEQUENCE).ok()?;
            let id = ber::expect(&mut one, tag::OBJECT_IDENTIFIER).ok()?;
            if content(&id) != wanted {
                continue;
            }
            while one.left() > 0 {
                if let (tag::OCTET_STRING, value) = ber::element(&mut one).ok()? {
                    return Some(value);
                }
            }
        }
    }
    None
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut certificate = ber::expect(&mut Reader::new(view.header().0, 0), tag::SEQUENCE)?;
    let signed = ber::expect(&mut certificate, tag::SEQUENCE)?;
    out.put(SIGNED_CERTIFICATE, signed.at()..signed.end(), Value::Present);
    let found = signed_certificate(&signed, out);
    put_algorithm(&mut certificate, ALGORITHM_IDENTIFIER, out)?;
    put_bits(&mut certificate, ENCRYPTED, out)?;
    found
}

/// RFC 5280 §4.1, TBSCertificate.
fn signed_certificate(signed: &Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let Start { version, rest: mut r } = start(signed)?;
    if let Some(version) = version {
        out.put(VERSION, version.at()..version.end(), Value::Signed(ber::integer(&version)));
    }
    let serial = ber::expect(&mut r, tag::INTEGER)?;
    put_content(&serial, SERIAL_NUMBER, out);
    put_algorithm(&mut r, SIGNATURE, out)?;
    put_name(&mut r, [ISSUER, ISSUER_SEQUENCE], out)?;
    let mut validity = ber::expect(&mut r, tag::SEQUENCE)?;
    out.put(VALIDITY, validity.at()..validity.end(), Value::Present);
    put_time(&mut validity, NOT_BEFORE, out)?;
    put_time(&mut validity, NOT_AFTER, out)?;
    put_name(&mut r, [SUBJECT, SUBJECT_SEQUENCE], out)?;
    let mut key = ber::expect(&mut r, tag::SEQUENCE)?;
    out.put(SUBJECT_PUBLIC_KEY_INFO, key.at()..key.end(), Value::Present);
    put_algorithm(&mut key, ALGORITHM, out)?;
    put_bits(&mut key, SUBJECT_PUBLIC_KEY, out)?;
    while r.left() > 0 {
        if let (EXTENSIONS_TAG, mut body) = ber::element(&mut r)? {
            extensions::list(&mut body, out)?;
        }
    }
    Ok(())
}

fn content<'a>(element: &Reader<'a>) -> &'a [u8] {
    &element.whole()[element.at()..element.end()]
}

fn put_content(element: &Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) {
    out.put(field, element.at()..element.end(), Value::Bytes(content(element)));
}

fn put_oid(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let id = ber::expect(r, tag::OBJECT_IDENTIFIER)?;
    if out.wants(field) {
        let mut text = String::new();
        ber::write_oid(&id, &mut text);
        out.put(field, id.at()..id.end(), Value::Text(text.as_bytes()));
    }
    Ok(())
}

fn put_algorithm(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut algorithm = ber::expect(r, tag::SEQUENCE)?;
    out.put(field, algorithm.at()..algorithm.end(), Value::Present);
    put_oid(&mut algorithm, ALGORITHM_ID, out)
}

/// A BIT STRING; its first byte counts the bits unused at the end (X.690 §8.6).
fn put_bits(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut bits = ber::expect(r, tag::BIT_STRING)?;
    bits.take(1)?;
    put_content(&bits, field, out);
    Ok(())
}

/// Number of elements in a list.
fn count(list: &Reader<'_>) -> u64 {
    let mut list = *list;
    let mut items = 0;
    while list.left() > 0 && ber::element(&mut list).is_ok() {
        items += 1;
    }
    items
}

/// A Name, of which there is one kind: number 0.
fn put_name(
    r: &mut Reader<'_>,
    [choice, sequence]: [FieldIndex; 2],
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let mut names = ber::expect(r, tag::SEQUENCE)?;
    let at = names.at()..names.end();
    out.put(choice, at.clone(), Value::Unsigned(0));
    out.put(sequence, at, Value::Unsigned(count(&names)));
    while names.left() > 0 {
        let mut set = ber::expect(&mut names, tag::SET)?;
        out.put(RDN_ITEM, set.at()..set.end(), Value::Unsigned(count(&set)));
        while set.left() > 0 {
            let mut attribute = ber::expect(&mut set, tag::SEQUENCE)?;
            out.put(RDN_ITEM_ELEMENT, attribute.at()..attribute.end(), Value::Present);
            let id = ber::expect(&mut { attribute }, tag::OBJECT_IDENTIFIER)?;
            put_oid(&mut attribute, OID, out)?;
            let (kind, value) = ber::element(&mut attribute)?;
            put_attribute(content(&id), kind, &value, out);
        }
    }
    Ok(())
}

/// The value of an attribute, by the syntax of its type (ITU-T X.520): a choice of strings but for those named here.
fn put_attribute(id: &[u8], kind: u8, value: &Reader<'_>, out: &mut dyn FieldSink) {
    /// serialNumber, countryName, dnQualifier (2.5.4.5, .6, .46).
    const SERIAL_NUMBER: &[u8] = &[0x55, 4, 5];
    const COUNTRY: &[u8] = &[0x55, 4, 6];
    const DN_QUALIFIER: &[u8] = &[0x55, 4, 46];
    /// The jurisdiction of incorporation of extended validation, 1.3.6.1.4.1.311.60.2.1.3.
    const JURISDICTION_COUNTRY: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 3];
    /// emailAddress of PKCS #9 (1.2.840.113549.1.9.1) and domainComponent (0.9.2342.19200300.100.1.25).
    const EMAIL: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
    const DOMAIN_COMPONENT: &[u8] = &[9, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25];
    let at = value.at()..value.end();
    let text = Value::Text(content(value));
    match id {
        COUNTRY | JURISDICTION_COUNTRY => return out.put(COUNTRY_NAME, at, text),
        SERIAL_NUMBER | DN_QUALIFIER => return out.put(PRINTABLE_SYNTAX, at, text),
        EMAIL | DOMAIN_COMPONENT => return out.put(IA5_SYNTAX, at, text),
        _ => {}
    }
    let (choice, field) = match kind {
        tag::TELETEX_STRING => (0, TELETEX_STRING),
        tag::PRINTABLE_STRING => (1, PRINTABLE_STRING),
        tag::UNIVERSAL_STRING => (2, UNIVERSAL_STRING),
        tag::BMP_STRING => (3, BMP_STRING),
        tag::UTF8_STRING => (4, UTF8_STRING),
        _ => return,
    };
    out.put(DIRECTORY_STRING, at.clone(), Value::Unsigned(choice));
    match kind {
        tag::BMP_STRING => {
            let units =
                content(value).chunks_exact(2).map(|unit| u16::from(unit[0]) << 8 | u16::from(unit[1]));
            let text: String = char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect();
            out.put(field, at, Value::Text(text.as_bytes()));
        }
        _ => out.put(field, at, text),
    }
}

/// UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5).
fn put_time(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let (kind, value) = ber::element(r)?;
    let at = value.at()..value.end();
    let generalized = kind == tag::GENERALIZED_TIME;
    out.put(field, at.clone(), Value::Unsigned(generalized.into()));
    let Some(parts) = time_parts(content(&value), if generalized { 4 } else { 2 }) else { return Ok(()) };
    let [year, month, day, hour, minute, second] = parts;
    if generalized {
        let seconds = crate::text::days_of_date(year.into(), month.into(), day.into()) * 86_400
            + i64::from(hour) * 3600
            + i64::from(minute) * 60
            + i64::from(second);
        let time = Nanos(seconds.saturating_mul(1_000_000_000));
        out.put(GENERALIZED_TIME, at, Value::Time(time));
    } else {
        let year = if year < 50 { 2000 + year } else { 1900 + year };
        let mut text = String::new();
        put!(text, "{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} (UTC)");
        out.put(UTC_TIME, at, Value::Text(text.as_bytes()));
    }
    Ok(())
}

/// Year, month, day, hour, minute and second of a time in UTC; the year has `digits` digits.
fn time_parts(text: &[u8], digits: usize) -> Option<[u16; 6]> {
    let mut parts = [0; 6];
    let mut rest = text.strip_suffix(b"Z")?;
    for (index, part) in parts.iter_mut().enumerate() {
        let (number, behind) = rest.split_at_checked(if index == 0 { digits } else { 2 })?;
        rest = behind;
        for &digit in number {
            let digit = char::from(digit).to_digit(10)?;
            *part = *part * 10 + digit as u16;
        }
    }
    ((1..=12).contains(&parts[1]) && rest.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_checked() {
        assert_eq!(time_parts(b"191217011728Z", 2), Some([19, 12, 17, 1, 17, 28]));
        assert_eq!(time_parts(b"47590415151428Z", 4), Some([4759, 4, 15, 15, 14, 28]));
        for wrong in
            [&b"191317011728Z"[..], b"1912170117Z", b"1912170117280Z", b"19121701172xZ", b"191217011728"]
        {
            assert_eq!(time_parts(wrong, 2), None);
        }
    }
}
