//! The list of protocols: what each one is, what it claims, and how names are found.

pub(crate) mod claimed;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use plaintap_packet::LinkType;

use crate::exchanges::Exchange;
use crate::field::{Field, FieldIndex, Kind, Walk};
use crate::flow::{Announcements, Following, Framing, Unpacker};
pub use crate::proto::PROTOCOLS;
use crate::view::View;

/// The number of a protocol: its place in [`PROTOCOLS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProtocolId(pub u8);

impl ProtocolId {
    /// No protocol: the packet ends here.
    pub const NONE: Self = Self(255);
    /// The payload is a part of an IP datagram; [`crate::Step::detail`] is the protocol of the whole.
    pub(crate) const FRAGMENT: Self = Self(254);
    /// The payload belongs to a stream; the flow stage decodes it.
    pub(crate) const STREAM: Self = Self(253);
    /// The payload belongs to a conversation of datagrams; the flow stage chooses its protocol.
    pub(crate) const DATAGRAM: Self = Self(252);

    /// The payload is compressed by itself; the flow stage inflates it.
    pub(crate) const COMPRESSED: Self = Self(251);

    /// The protocol itself. None for the marks above.
    pub fn protocol(self) -> Option<&'static Protocol> {
        PROTOCOLS.get(usize::from(self.0)).copied()
    }

    /// The name in filters; empty for the marks above.
    pub fn name(self) -> &'static str {
        self.protocol().map_or("", |p| p.name)
    }
}

/// One protocol: a static in its own file under `proto/`. Its `enter` is called directly by number.
#[derive(Debug)]
pub struct Protocol {
    /// The name in filters, as Wireshark spells it.
    pub name: &'static str,
    /// The name in full.
    pub title: &'static str,
    /// The name in the protocol column; empty for layers that never stand there.
    pub column: &'static str,
    /// Who hands it packets.
    pub claims: &'static [Claim],
    /// Its fields.
    pub fields: &'static [Field],
    /// Names that stand for several fields.
    pub aliases: &'static [Alias],
    /// Finds the `walk` fields.
    pub walk: Option<Walk>,
    /// For protocols over a stream of bytes: how it is cut into PDUs.
    pub stream: Option<Stream>,
    /// Whether a stream on any port surely begins with a PDU of this protocol, where its `probe` is strong enough only on
    /// the ports that it claims.
    pub recognise_stream: Option<fn(&[u8]) -> bool>,
    /// For protocols over UDP that are told from others by more than a port.
    pub datagrams: Option<Datagrams>,
    /// Finds the conversations that a PDU announces, like the data connections of FTP and the media of SDP. Called with
    /// the bytes of each layer of this protocol, wherever it lies, and in the order of the capture.
    pub announce: Option<fn(&[u8], &mut Announcements<'_>)>,
    /// For protocols over a stream that are packed by what went before: makes the state of a connection.
    pub unpacker: Option<fn() -> Box<dyn Unpacker>>,
    /// For stream protocols: what a PDU carries besides, and where. It has a layer of its own behind the PDU's.
    pub carries: Option<Carries>,
    /// For stream protocols whose PDUs are known by more than `probe`: the offset where the first PDU may begin in bytes
    /// behind a gap, or behind what is not a PDU.
    pub resumes: Option<Find>,
    /// Which of its messages answer which.
    pub exchange: Option<Exchange>,
    /// The protocol column where it depends on the packet.
    pub column_of: Option<fn(&View<'_>) -> &'static str>,
    /// The line for people: what this packet says.
    pub info: Option<fn(&View<'_>, &mut String)>,
    /// What stands behind the title in the first line of the tree.
    pub summary: Option<fn(&View<'_>, &mut String)>,
}

impl Protocol {
    /// A protocol with nothing but its names; the rest is set by struct update.
    pub(crate) const fn new(name: &'static str, title: &'static str, column: &'static str) -> Self {
        Self {
            name,
            title,
            column,
            claims: &[],
            fields: &[],
            aliases: &[],
            walk: None,
            stream: None,
            recognise_stream: None,
            datagrams: None,
            announce: None,
            unpacker: None,
            carries: None,
            resumes: None,
            exchange: None,
            column_of: None,
            info: None,
            summary: None,
        }
    }
}

/// A name for several fields: `tcp.port` for the source and the destination port.
#[derive(Debug)]
pub struct Alias {
    /// The name in filters.
    pub name: &'static str,
    /// The name for people.
    pub label: &'static str,
    /// The fields, of one type.
    pub fields: &'static [FieldIndex],
}

/// A number under which other layers announce a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The first layer of this link type.
    LinkType(LinkType),
    /// An Ethernet type.
    EtherType(u16),
    /// An IP protocol number or IPv6 next header.
    IpProtocol(u8),
    /// A well-known TCP port. A hint: the content decides.
    TcpPort(u16),
    /// A well-known UDP port.
    UdpPort(u16),
    /// A name of the TLS ALPN registry.
    Alpn(&'static str),
    /// No number: the flow stage finds it in what other packets or other protocols hold.
    Flow,
}

/// How a protocol lies in a stream of bytes.
#[derive(Debug)]
pub struct Stream {
    /// Whether these first bytes of a PDU look like this protocol.
    pub probe: fn(&[u8]) -> bool,
    /// Whether `probe` is strong enough to be asked on any port; otherwise only on the claimed ones.
    pub any_port: bool,
    /// How long the next PDU is.
    pub frame: fn(&[u8], &mut Framing<'_>) -> Length,
    /// Bytes in front of each PDU that are not part of the layer (a length prefix).
    pub prefix: u8,
    /// Whether a segment with only the beginning of a PDU counts as a packet of this protocol, as in Wireshark.
    pub partial_counts: bool,
}

/// How a protocol is known in the datagrams of UDP. Asked in this order: the protocol of the conversation, when that is
/// known; those that claim a port; those that recognise their content on any port.
#[derive(Debug)]
pub struct Datagrams {
    /// Whether a payload can be of this protocol: asked on its own ports, and in conversations that are known to be
    /// its. Where it cannot, others are asked.
    pub admits: fn(&[u8]) -> bool,
    /// Whether a payload is surely of this protocol, whatever its ports. None where the content does not tell.
    pub recognise: Option<fn(&[u8]) -> bool>,
    /// Whether a conversation is of this protocol from its first recognised datagram on.
    pub keeps: bool,
    /// Follows the conversation. What it returns becomes [`crate::Layer::detail`] of this datagram's layer, in place of
    /// what `enter` gave.
    pub follow: Option<Follow>,
}

/// Looks in a PDU for what it carries.
pub type Carries = fn(&[u8]) -> Option<(ProtocolId, Range<usize>)>;

/// Looks for an offset in bytes.
pub type Find = fn(&[u8]) -> Option<usize>;

/// Takes the payload of a datagram, and gives the detail of its layer.
pub type Follow = fn(&[u8], &mut Following<'_>) -> Option<u32>;

/// How long a PDU is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Not known before more bytes are there.
    Need,
    /// This many bytes from its start.
    Known(u64),
    /// Up to the end of the connection.
    UntilClose,
    /// These bytes are not this protocol.
    NotMine,
}

/// What a field name in a filter or column stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldRef {
    protocol: ProtocolId,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Protocol,
    Field(FieldIndex),
    Alias(u16),
}

impl FieldRef {
    /// The protocol as a field of its own.
    pub(crate) const fn of_protocol(protocol: ProtocolId) -> Self {
        Self { protocol, what: What::Protocol }
    }

    /// One field of a protocol.
    pub(crate) const fn of_field(protocol: ProtocolId, field: FieldIndex) -> Self {
        Self { protocol, what: What::Field(field) }
    }

    /// The protocol it belongs to.
    pub const fn protocol(self) -> ProtocolId {
        self.protocol
    }

    /// Whether it names a protocol and not a field.
    pub const fn is_protocol(self) -> bool {
        matches!(self.what, What::Protocol)
    }

    /// The fields it stands for: one, several for an alias, none for a protocol.
    pub fn fields(self) -> impl Iterator<Item = (FieldIndex, &'static Field)> {
        let protocol = self.protocol.protocol();
        let (one, many): (Option<FieldIndex>, &'static [FieldIndex]) = match self.what {
            What::Protocol => (None, &[]),
            What::Field(index) => (Some(index), &[]),
            What::Alias(a) => {
                (None, protocol.and_then(|p| p.aliases.get(usize::from(a))).map_or(&[], |a| a.fields))
            }
        };
        one.into_iter()
            .chain(many.iter().copied())
            .filter_map(move |index| Some((index, protocol?.fields.get(usize::from(index.0))?)))
    }

    /// The row that says type, base and value names: the field, or the first one of an alias. None for a protocol.
    pub fn field(self) -> Option<&'static Field> {
        self.fields().next().map(|(_, field)| field)
    }

    /// The type of its values.
    pub fn kind(self) -> Kind {
        self.field().map_or(Kind::Protocol, |field| field.kind)
    }

    /// Its name in filters.
    pub fn name(self) -> &'static str {
        match self.what {
            What::Alias(a) => self
                .protocol
                .protocol()
                .and_then(|p| p.aliases.get(usize::from(a)))
                .map_or("", |alias| alias.name),
            _ => self.field().map_or(self.protocol.name(), |field| field.name),
        }
    }

    /// Its name for people.
    pub fn label(self) -> &'static str {
        match self.what {
            What::Alias(a) => self
                .protocol
                .protocol()
                .and_then(|p| p.aliases.get(usize::from(a)))
                .map_or("", |alias| alias.label),
            _ => match self.field() {
                Some(field) => field.label,
                None => self.protocol.protocol().map_or("", |p| p.title),
            },
        }
    }
}

/// Finds a protocol, field or alias by its name in filters.
pub fn field(name: &str) -> Option<FieldRef> {
    NAMES.get(name).copied()
}

/// Finds a protocol by its name in filters.
pub fn protocol(name: &str) -> Option<ProtocolId> {
    field(name).filter(|f| f.is_protocol()).map(FieldRef::protocol)
}

/// Every name of the registry: each protocol, followed by its fields and aliases.
pub fn all() -> impl Iterator<Item = FieldRef> {
    PROTOCOLS.iter().enumerate().flat_map(|(number, protocol)| {
        let id = ProtocolId(number as u8);
        let fields = (0..protocol.fields.len()).map(move |i| FieldRef::of_field(id, FieldIndex(i as u16)));
        let aliases =
            (0..protocol.aliases.len()).map(move |i| FieldRef { protocol: id, what: What::Alias(i as u16) });
        std::iter::once(FieldRef::of_protocol(id)).chain(fields).chain(aliases)
    })
}

static NAMES: LazyLock<HashMap<&'static str, FieldRef>> =
    LazyLock::new(|| all().map(|field| (field.name(), field)).collect());

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};
    use std::process::Command;

    use super::*;
    use crate::field::{Base, Place};

    #[test]
    fn names_are_unique() {
        let mut seen = HashSet::new();
        for field in all() {
            assert!(seen.insert(field.name()), "{} is defined twice", field.name());
        }
        assert_eq!(seen.len(), NAMES.len());
    }

    #[test]
    fn claims_are_unique() {
        let mut seen: Vec<(Claim, &str)> = Vec::new();
        for protocol in PROTOCOLS {
            for claim in protocol.claims.iter().filter(|claim| **claim != Claim::Flow) {
                if let Some((_, other)) = seen.iter().find(|(c, _)| c == claim) {
                    panic!("{claim:?} is claimed by {other} and {}", protocol.name);
                }
                seen.push((*claim, protocol.name));
            }
        }
    }

    #[test]
    fn fixed_rows_are_sorted_and_as_wide_as_their_type() {
        for protocol in PROTOCOLS {
            let mut last = 0;
            for field in protocol.fields {
                let (start, end) = match field.place {
                    Place::At { start, end } => (start, end),
                    Place::Bits { start, end, mask } => {
                        assert!(mask != 0 && end - start <= 8, "{}: mask", field.name);
                        assert!(
                            end - start == 8 || mask >> (8 * (end - start)) == 0,
                            "{}: mask is wider than its place",
                            field.name
                        );
                        (start, end)
                    }
                    _ => continue,
                };
                assert!(start < end && end <= 64, "{}: empty or far place", field.name);
                // Several rows may read the same bytes differently, depending on the message type.
                assert!(start >= last || field.when.is_some(), "{} is out of order", field.name);
                last = if field.when.is_some() { last } else { start };
                let width = match (field.kind, field.place) {
                    (Kind::Ip4, _) => 4,
                    (Kind::Ip6, _) => 16,
                    (Kind::Mac, _) => 6,
                    _ => continue,
                };
                assert_eq!(end - start, width, "{}: width", field.name);
            }
        }
    }

    #[test]
    fn value_names_are_sorted() {
        for field in all().filter_map(FieldRef::field) {
            assert!(field.names.windows(2).all(|w| w[0].0 < w[1].0), "{}: value names", field.name);
        }
    }

    #[test]
    fn lookups_find_what_the_rows_say() {
        let port = field("tcp.port").unwrap();
        assert_eq!((port.name(), port.kind(), port.fields().count()), ("tcp.port", Kind::U16, 2));
        assert!(protocol("tcp").is_some() && protocol("tcp.port").is_none() && field("tcp.prot").is_none());
        assert_eq!(claimed::ether_type(0x0800).name(), "ip");
        assert_eq!(claimed::alpn(b"h2").map(ProtocolId::name), Some("http2"));
    }

    /// Names under which `tshark -G` lists a twin (for multicast DNS, for SSL 2, for numbered frames), one whose hexadecimal numbers are too
    /// wide to be printed as such, and one of which it keeps a byte only.
    const LISTED_WRONG: &[&str] = &[
        "dns.rr.udp_payload_size",
        "tls.handshake.session_id_length",
        "quic.frame_type",
        "radiotap.vht.known",
        "llc.control.ftype",
        "http3.stream_type",
        "http3.frame_type",
        "http3.settings.id",
        "wlan.fixed.action_code",
    ];

    /// Names that came after version 4.0, the oldest in use.
    const NEWER: &[&str] = &[".handshake.ja4", ".handshake.ja4_r"];

    /// Names and types are those of the installed tshark; `proc` is our own.
    #[test]
    fn names_and_types_are_wiresharks() {
        let Ok(output) = Command::new("tshark").args(["-G", "fields"]).output() else {
            println!("skipped: tshark is not installed");
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout);
        let mut types: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
        for line in text.lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            match columns[..] {
                ["P", _, name, ..] => types.entry(name).or_default().push(("FT_PROTOCOL", "")),
                ["F", _, name, kind, _, base, ..] => types.entry(name).or_default().push((kind, base)),
                _ => {}
            }
        }
        if types.len() < 1000 {
            println!("skipped: tshark -G fields gave {} names", types.len());
            return;
        }
        let mut wrong = Vec::new();
        for field in all().filter(|f| f.protocol().name() != "proc") {
            let newer = NEWER.iter().any(|ending| field.name().ends_with(ending));
            let Some(known) = types.get(field.name()) else {
                if newer {
                    continue;
                }
                wrong.push(format!("{} is unknown", field.name()));
                continue;
            };
            // Several fields of Wireshark may share a name: one of them has to fit.
            let kind = field.kind().wireshark_name();
            let ours = field.field().is_some_and(|f| f.base == Base::Hexadecimal);
            let number = kind.starts_with("FT_UINT") || kind.starts_with("FT_INT");
            // Text is text, however it ends or is counted; dotted object identifiers are text here.
            let same = |k: &str| {
                k == kind
                    || kind == "FT_STRING"
                        && (k.starts_with("FT_STRINGZ") || k.ends_with("_STRING") || k == "FT_OID")
            };
            let fits =
                |(k, base): &(&str, &str)| same(k) && (!number || base.starts_with("BASE_HEX") == ours);
            if !known.iter().any(fits) && !LISTED_WRONG.contains(&field.name()) {
                wrong.push(format!("{} is {kind}, hex {ours}, expected {known:?}", field.name()));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
