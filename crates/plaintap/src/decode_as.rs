//! `-d LAYER==SELECTOR,PROTOCOL`, as tshark takes it.

use std::ops::RangeInclusive;

use anyhow::{Context, Result, anyhow, bail};
use plaintap_decode::{DecodeAs, ProtocolId, Selector, registry};
use plaintap_filter::{nearest, suggestion};

/// Reads rules.
///
/// # Errors
/// As [`parse`].
pub fn parse_all(rules: &[String]) -> Result<Vec<DecodeAs>> {
    rules.iter().map(|rule| parse(rule)).collect()
}

/// Reads a rule.
///
/// # Errors
/// When it is not of that form, or names a layer or a protocol that is not known or not possible there.
pub fn parse(rule: &str) -> Result<DecodeAs> {
    let parts = || {
        let (layer, rest) = rule.split_once("==")?;
        let (numbers, protocol) = rest.split_once(',')?;
        Some((layer.trim(), numbers.trim(), protocol.trim()))
    };
    let (layer, numbers, protocol) = parts()
        .with_context(|| format!("-d {rule}: expected LAYER==SELECTOR,PROTOCOL, as in tcp.port==8443,tls"))?;
    let selector = Selector::ALL.into_iter().find(|selector| selector.name() == layer).ok_or_else(|| {
        let known = Selector::ALL.map(Selector::name).join(", ");
        anyhow!("-d {rule}: unknown layer type {layer:?}; known are {known}")
    })?;
    let numbers = range(numbers, selector.largest()).with_context(|| format!("-d {rule}"))?;
    Ok(DecodeAs {
        selector,
        numbers,
        protocol: named(protocol, selector).with_context(|| format!("-d {rule}"))?,
    })
}

fn named(name: &str, selector: Selector) -> Result<ProtocolId> {
    let accepted = |name: &str| registry::protocol(name).filter(|&protocol| selector.accepts(protocol));
    if let Some(protocol) = accepted(name) {
        return Ok(protocol);
    }
    if registry::protocol(name).is_some() {
        bail!("protocol {name:?} cannot stand behind {}", selector.name());
    }
    let like: Vec<_> =
        nearest(name, usize::MAX).into_iter().filter(|name| accepted(name).is_some()).take(3).collect();
    bail!("unknown protocol {name:?}{}", suggestion(&like));
}

/// One number, the first and the last with a dash, or the first and how many with a colon.
fn range(text: &str, largest: u32) -> Result<RangeInclusive<u32>> {
    let range = if let Some((first, count)) = text.split_once(':') {
        let first = number(first, largest)?;
        let last = first.saturating_add(number(count, largest)?).saturating_sub(1);
        first..=last
    } else if let Some((first, last)) = text.split_once('-') {
        number(first, largest)?..=number(last, largest)?
    } else {
        let only = number(text, largest)?;
        only..=only
    };
    if range.is_empty() {
        bail!("no number is in {text:?}");
    }
    Ok(range)
}

/// Decimal, hexadecimal with 0x, or octal with 0.
fn number(text: &str, largest: u32) -> Result<u32> {
    let text = text.trim();
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    match u32::from_str_radix(digits, radix) {
        Ok(number) if number <= largest && !digits.starts_with('+') => Ok(number),
        _ => bail!("{text:?} is no number from 0 to {largest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(rule: &str) -> Result<(&'static str, RangeInclusive<u32>, &'static str), String> {
        parse(rule)
            .map(|rule| (rule.selector.name(), rule.numbers, rule.protocol.name()))
            .map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn rules_are_read_as_tshark_does() {
        assert_eq!(parsed("tcp.port==9443,tls"), Ok(("tcp.port", 9443..=9443, "tls")));
        assert_eq!(parsed("tcp.port==8000-8010,http"), Ok(("tcp.port", 8000..=8010, "http")));
        assert_eq!(parsed("tcp.port==8000:11,http"), Ok(("tcp.port", 8000..=8010, "http")));
        assert_eq!(parsed("ethertype==0x88b5,ip"), Ok(("ethertype", 0x88b5..=0x88b5, "ip")));
        assert_eq!(parsed("ip.proto==253,udp"), Ok(("ip.proto", 253..=253, "udp")));
        assert_eq!(parsed("udp.port==5000,data"), Ok(("udp.port", 5000..=5000, "data")));
    }

    #[test]
    fn errors_say_what_is_wrong() {
        for (rule, expected) in [
            ("tcp.port==1", "expected LAYER==SELECTOR,PROTOCOL"),
            ("tcp.port=1,tls", "expected LAYER==SELECTOR,PROTOCOL"),
            ("foo.port==1,tls", "known are ethertype, ip.proto, tcp.port, udp.port, sctp.port, sctp.ppi"),
            ("tcp.port==80,htp", "unknown protocol \"htp\"; did you mean "),
            ("udp.port==1,http", "cannot stand behind udp.port"),
            ("tcp.port==x,tls", "\"x\" is no number from 0 to 65535"),
            ("tcp.port==,tls", "is no number"),
            ("tcp.port==65536,tls", "is no number"),
            ("tcp.port==+1,tls", "is no number"),
            ("ip.proto==256,udp", "from 0 to 255"),
            ("tcp.port==2-1,tls", "no number is in"),
        ] {
            assert!(parsed(rule).is_err_and(|error| error.contains(expected)), "{rule}: {:?}", parsed(rule));
        }
    }
}
