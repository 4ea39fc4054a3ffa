//! From the typed tree to what runs: common tests become their own nodes, and the filter's needs are summed up.

use memchr::memmem;
use plaintap_decode::field::Place;
use plaintap_decode::registry::Claim;
use plaintap_decode::{FieldRef, Kind, Protocol, ProtocolId, id};

use super::check::Checked;
use super::eval::{Fixed, Node, Order, Source};
use super::value::Constant;

/// What has to be decoded for a filter to see what it asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The protocols named, in the order of their numbers.
    pub protocols: Vec<ProtocolId>,
    /// Whether a field is asked for that only the flow stage knows (`tcp.stream`, `tcp.seq`).
    pub flows: bool,
    /// Whether a protocol is asked for that lies in a stream or may come out of decryption. IP fragments alone do not
    /// count: without reassembly, ports are those of a datagram's first fragment.
    pub reassembly: bool,
    /// Whether a field is asked for that says what a response answers (`dns.time`).
    pub exchanges: bool,
}

/// Compiles a checked filter.
pub(super) fn compile(checked: Checked) -> (Node, Needs) {
    let mut needs = Needs::default();
    let node = node(checked, &mut needs);
    (node, needs.settled())
}

fn node(checked: Checked, needs: &mut Needs) -> Node {
    match checked {
        Checked::Not(inner) => Node::Not(Box::new(node(*inner, needs))),
        Checked::And(terms) => Node::And(nodes(terms, needs)),
        Checked::Xor(terms) => Node::Xor(nodes(terms, needs)),
        Checked::Or(terms) => Node::Or(nodes(terms, needs)),
        Checked::Exists(source) => {
            needs.add(&source);
            match plain(&source) {
                Some(field) if field.is_protocol() => Node::Layer(field.protocol()),
                field => field
                    .and_then(|field| fixed(false, field, u64::MAX, &[(i128::MIN, i128::MAX)]))
                    .unwrap_or(Node::Exists(source)),
            }
        }
        Checked::NotZero(source) => {
            needs.add(&source);
            Node::NotZero(source)
        }
        Checked::Compare { all, order, left, right } => {
            needs.add(&left);
            needs.add(&right);
            match (plain(&left), right) {
                (Some(field), Source::Constant(value)) => fixed_comparison(all, order, field, &value)
                    .unwrap_or(Node::Field { all, order, field, value }),
                (_, right) => Node::Compare { all, order, left, right },
            }
        }
        Checked::Contains { all, left, right } => {
            needs.add(&left);
            needs.add(&right);
            match right {
                Source::Constant(Constant::Bytes(bytes) | Constant::Text(bytes)) => {
                    let finder = Box::new(memmem::Finder::new(&bytes).into_owned());
                    Node::Find { all, left, finder }
                }
                right => Node::Contains { all, left, right },
            }
        }
        Checked::Matches { all, left, regex } => {
            needs.add(&left);
            Node::Matches { all, left, regex: Box::new(regex) }
        }
        Checked::In { all, negated, left, set } => {
            needs.add(&left);
            for (low, high) in &set {
                needs.add(low);
                high.iter().for_each(|high| needs.add(high));
            }
            let test = match numbers(&set) {
                Some(ranges) => plain(&left)
                    .and_then(|field| fixed(all, field, u64::MAX, &ranges))
                    .unwrap_or(Node::Numbers { all, left, ranges }),
                None => Node::In { all, left, set: set.into() },
            };
            if negated { Node::Not(Box::new(test)) } else { test }
        }
    }
}

fn nodes(terms: Vec<Checked>, needs: &mut Needs) -> Box<[Node]> {
    terms.into_iter().map(|term| node(term, needs)).collect()
}

/// The field, where it is one of all layers and not its raw bytes.
fn plain(source: &Source) -> Option<FieldRef> {
    match source {
        Source::Field { field, layers, raw: false } if layers.is_empty() => Some(*field),
        _ => None,
    }
}

/// A comparison of a field at fixed places with a value of its type.
fn fixed_comparison(all: bool, order: Order, field: FieldRef, value: &Constant) -> Option<Node> {
    let (number, mask) = match value {
        Constant::Number(number) => (*number, u64::MAX),
        Constant::Ip4(address, mask) => (i128::from(address & mask), u64::from(*mask)),
        // Only bytes of one length compare like numbers.
        Constant::Bytes(bytes) if field.kind() == Kind::Mac && bytes.len() == 6 => {
            (bytes.iter().fold(0, |n, &b| n << 8 | i128::from(b)), u64::MAX)
        }
        _ => return None,
    };
    let below = (i128::MIN, number.saturating_sub(1));
    let above = (number.saturating_add(1), i128::MAX);
    match order {
        Order::Equal => fixed(all, field, mask, &[(number, number)]),
        Order::NotEqual => fixed(all, field, mask, &[below, above]),
        Order::Greater => fixed(all, field, mask, &[above]),
        Order::GreaterOrEqual => fixed(all, field, mask, &[(number, i128::MAX)]),
        Order::Less => fixed(all, field, mask, &[below]),
        Order::LessOrEqual => fixed(all, field, mask, &[(i128::MIN, number)]),
    }
}

/// A test of a field at fixed places for sorted ranges; None for other fields.
fn fixed(all: bool, field: FieldRef, mask: u64, ranges: &[(i128, i128)]) -> Option<Node> {
    let places = field.fixed_numbers()?;
    let part = |&(low, high): &(i128, i128)| {
        let low = u64::try_from(low.max(0)).ok()?;
        let high = u64::try_from(high.min(u64::MAX.into())).ok()?;
        (low <= high).then_some((low, high))
    };
    let ranges = ranges.iter().filter_map(part).collect();
    Some(Node::Fixed(Fixed { all, protocol: field.protocol(), places, mask, ranges }))
}

/// The set as sorted ranges that do not overlap; None when it is not all numbers. Ranges the wrong way round are empty.
fn numbers(set: &[(Source, Option<Source>)]) -> Option<Box<[(i128, i128)]>> {
    let number = |source: &Source| match source {
        Source::Constant(Constant::Number(n)) => Some(*n),
        _ => None,
    };
    let mut ranges = Vec::new();
    for (low, high) in set {
        let low = number(low)?;
        let high = high.as_ref().map_or(Some(low), number)?;
        if low <= high {
            ranges.push((low, high));
        }
    }
    ranges.sort_unstable();
    ranges.dedup_by(|next, last| {
        let overlaps = next.0 <= last.1;
        if overlaps {
            last.1 = last.1.max(next.1);
        }
        overlaps
    });
    Some(ranges.into())
}

impl Needs {
    /// What has to be decoded to read these fields.
    pub fn of_fields(fields: &[FieldRef]) -> Self {
        let mut needs = Self::default();
        fields.iter().for_each(|field| needs.add_field(*field));
        needs.settled()
    }

    /// What either asks for.
    pub fn and(mut self, other: &Self) -> Self {
        self.protocols.extend_from_slice(&other.protocols);
        self.flows |= other.flows;
        self.reassembly |= other.reassembly;
        self.exchanges |= other.exchanges;
        self.settled()
    }

    fn settled(mut self) -> Self {
        self.protocols.sort_unstable();
        self.protocols.dedup();
        self.flows |= self.reassembly || self.exchanges;
        self
    }

    fn add(&mut self, source: &Source) {
        match source {
            Source::Constant(_) => {}
            Source::Slice(inner, _) | Source::Negate(inner) => self.add(inner),
            Source::Call { arguments, .. } => arguments.iter().for_each(|argument| self.add(argument)),
            Source::Calculate(_, operands) => operands.iter().for_each(|operand| self.add(operand)),
            Source::Field { field, .. } => self.add_field(*field),
        }
    }

    fn add_field(&mut self, field: FieldRef) {
        let number = field.protocol();
        self.protocols.push(number);
        self.exchanges |= field.fields().any(|(_, row)| matches!(row.place, Place::Exchange(_)));
        let transport = matches!(number, id::tcp | id::udp);
        self.flows |= transport
            && field
                .fields()
                .any(|(_, row)| matches!(row.place, Place::Meta(_) | Place::Walk) || row.when.is_some());
        // frame.protocols lists whatever is found; `data` is what nobody knew.
        self.reassembly |= number.protocol().is_some_and(|protocol| is_in_streams(number, protocol))
            || number == id::data
            || field.name() == "frame.protocols";
    }
}

/// What nothing claims is what other protocols carry, as NBSS does SMB; but for what begins the packet or lies right behind
/// the header of the link.
fn is_in_streams(number: ProtocolId, protocol: &Protocol) -> bool {
    let over_streams = |claim: &Claim| matches!(claim, Claim::TcpPort(_) | Claim::Alpn(_) | Claim::Flow);
    let is_of_link =
        matches!(number, id::frame | id::proc | id::llc | id::stp | id::cdp | id::pppoed | id::pppoes);
    protocol.stream.is_some()
        || protocol.claims.is_empty() && !is_of_link
        || protocol.claims.iter().any(over_streams)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DisplayFilter;

    fn needs(text: &str) -> (Vec<&'static str>, bool, bool) {
        let filter = DisplayFilter::compile(text).unwrap();
        let needs = filter.needs();
        (needs.protocols.iter().map(|p| p.name()).collect(), needs.flows, needs.reassembly)
    }

    #[test]
    fn needs_are_no_more_than_what_is_asked_for() {
        assert_eq!(needs(""), (vec![], false, false));
        assert_eq!(needs("tcp.port == 443 && !arp"), (vec!["arp", "tcp"], false, false));
        assert_eq!(needs("tcp.stream == 1"), (vec!["tcp"], true, false));
        assert_eq!(needs("len(ip.src) == 1 or tls"), (vec!["ip", "tls"], true, true));
        assert_eq!(needs("frame.number == 1"), (vec!["frame"], false, false));
        assert_eq!(needs("smb2.cmd == 5"), (vec!["smb2"], true, true));
        assert_eq!(needs("stp or llc"), (vec!["llc", "stp"], false, false));
        assert_eq!(needs("frame.protocols contains \"tls\""), (vec!["frame"], true, true));
    }

    #[test]
    fn sets_of_numbers_become_sorted_ranges() {
        let number = |n| Source::Constant(Constant::Number(n));
        let set = [
            (number(80), None),
            (number(5), Some(number(90))),
            (number(9), Some(number(1))),
            (number(-4), None),
            (number(100), Some(number(101))),
        ];
        assert_eq!(numbers(&set), Some([(-4, -4), (5, 90), (100, 101)].into()));
        assert_eq!(numbers(&[(Source::Constant(Constant::Nanos(1)), None)]), None);
    }
}
