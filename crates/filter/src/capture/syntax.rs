//! The expression as a tree, with every omitted qualifier filled in, and its text.

use std::fmt;
use std::net::Ipv6Addr;

use super::lex;

/// A capture filter expression. Its text (`Display`) parses to the same tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// One test.
    Primitive(Primitive, Span),
    /// True where the inner expression is false.
    Not(Box<Self>),
    /// Tests joined from left to right: `and` and `or` bind equally.
    Chain(Box<Self>, Vec<(Connective, Self)>),
}

/// How a member of a chain joins what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connective {
    /// Both.
    And,
    /// Either.
    Or,
}

/// Where in the text something stands. Spans compare equal to each other: a tree is what it says, wherever it was written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// One test.
#[derive(Clone, Debug, PartialEq)]
pub enum Primitive {
    /// Qualifiers and what they qualify: `tcp dst port 80`.
    Qualified(Qualifiers, Id),
    /// A protocol is there.
    Protocol(Protocol),
    /// Two arithmetic expressions compared.
    Relation(Arithmetic, Relation, Arithmetic),
    /// `broadcast`, of the link layer or of IPv4.
    Broadcast(Option<Protocol>),
    /// `multicast`, of the link layer, IPv4 or IPv6.
    Multicast(Option<Protocol>),
    /// `less N`: at most N bytes long.
    Less(u32),
    /// `greater N`: at least N bytes long.
    Greater(u32),
    /// `byte N OP VALUE` on a byte of the link layer header.
    Byte(u32, ByteOperator, u32),
    /// Received by the capturing machine.
    Inbound,
    /// Sent by the capturing machine.
    Outbound,
    /// Seen on the interface of that index.
    InterfaceIndex(u32),
    /// A header that what follows in the expression lies behind.
    Encapsulation(Encapsulation, Option<u32>),
    /// A PPPoE discovery packet.
    PppoeDiscovery,
    /// A field of a packet logged by PF.
    Pf(Pf),
    /// `type`, `subtype` of an 802.11 frame: the frame control byte under a mask.
    WlanType {
        /// Type and subtype bits.
        value: u32,
        /// Which of the bits are compared.
        mask: u32,
    },
    /// `dir`: the To DS and From DS bits.
    WlanDirection(u32),
    /// An 802.2 LLC frame.
    Llc(Llc),
    /// A circuit or message of ATM.
    Atm(Atm),
    /// `vpi`, `vci`: any of the comparisons holds.
    AtmField(AtmField, Vec<(Relation, u32)>),
    /// A signal unit of SS7.
    SignalUnit(SignalUnit),
    /// A field of SS7's MTP3: any of the comparisons holds.
    Mtp3(Mtp3, Vec<(Relation, u32)>),
}

/// What stands before an address, port or protocol number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Qualifiers {
    /// The protocol whose field it is.
    pub protocol: Option<Protocol>,
    /// Which end of the packet.
    pub direction: Option<Direction>,
    /// What kind of thing it is.
    pub kind: Option<Kind>,
}

/// What qualifiers stand before.
#[derive(Clone, Debug, PartialEq)]
pub enum Id {
    /// A name.
    Name(String),
    /// A number.
    Number(u32),
    /// Two to four numbers with dots: an IPv4 address or its beginning, or a DECnet address.
    Dotted(String),
    /// The same with a prefix length.
    DottedPrefix(String, u32),
    /// The same with a mask.
    DottedMask(String, String),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// An IPv6 address with a prefix length.
    Ipv6Prefix(Ipv6Addr, u32),
    /// A MAC address.
    Ethernet([u8; 6]),
    /// An ARCnet address.
    Arcnet(u8),
}

/// An expression over numbers; all are 32 bits wide, unsigned and wrap around.
#[derive(Clone, Debug, PartialEq)]
pub enum Arithmetic {
    /// A number.
    Number(u32),
    /// The packet's length on the wire.
    Length,
    /// Bytes of the packet, big-endian: the protocol, the offset in its header, how many (1, 2 or 4), and where it stands.
    Load(Protocol, Box<Self>, u32, Span),
    /// Two operands.
    Binary(Box<Self>, Operator, Box<Self>, Span),
    /// The negative.
    Negate(Box<Self>),
}

/// Writes an enum whose members have one spelling each.
macro_rules! spelled {
    ($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $member:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$member_doc])* $member,)* }

        impl $name {
            /// The spelling in an expression.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$member => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.text())
            }
        }
    };
}

macro_rules! protocols {
    ($($member:ident = $text:literal $(| $other:literal)* ;)*) => {
        spelled! {
            /// Protocols that an expression can name.
            Protocol { $(#[doc = $text] $member = $text,)* }
        }

        impl Protocol {
            /// The protocol of that spelling.
            pub(super) fn from_name(text: &str) -> Option<Self> {
                match text {
                    $($text $(| $other)* => Some(Self::$member),)*
                    _ => None,
                }
            }
        }
    };
}

protocols! {
    Link = "link" | "ether" | "ppp" | "slip" | "fddi" | "tr" | "wlan";
    Ip = "ip"; Arp = "arp"; Rarp = "rarp"; Sctp = "sctp"; Tcp = "tcp"; Udp = "udp"; Icmp = "icmp"; Igmp = "igmp";
    Igrp = "igrp"; Pim = "pim"; Vrrp = "vrrp"; Carp = "carp"; Radio = "radio"; Ip6 = "ip6"; Icmp6 = "icmp6"; Ah = "ah";
    Esp = "esp"; AppleTalk = "atalk"; Aarp = "aarp"; Decnet = "decnet"; Lat = "lat"; Sca = "sca"; MopRc = "moprc";
    MopDl = "mopdl"; Iso = "iso"; EsIs = "esis" | "es-is"; IsIs = "isis" | "is-is"; Level1 = "l1"; Level2 = "l2";
    Iih = "iih"; Lsp = "lsp"; Snp = "snp"; Csnp = "csnp"; Psnp = "psnp"; Clnp = "clnp"; Stp = "stp"; Ipx = "ipx";
    NetBeui = "netbeui";
}

spelled! {
    /// Which end of a packet an address or port belongs to; none means either.
    Direction {
        /// The sender's.
        Source = "src",
        /// The receiver's.
        Destination = "dst",
        /// Either's.
        Either = "src or dst",
        /// Both's.
        Both = "src and dst",
        /// First address of an 802.11 header.
        Address1 = "addr1",
        /// Second address of an 802.11 header.
        Address2 = "addr2",
        /// Third address of an 802.11 header.
        Address3 = "addr3",
        /// Fourth address of an 802.11 header.
        Address4 = "addr4",
        /// Receiver address of an 802.11 header.
        Receiver = "ra",
        /// Transmitter address of an 802.11 header.
        Transmitter = "ta",
    }
}

spelled! {
    /// What kind of thing an id is; none means a host.
    Kind {
        /// A host's address or name.
        Host = "host",
        /// A network.
        Net = "net",
        /// A port.
        Port = "port",
        /// A range of ports.
        PortRange = "portrange",
        /// The number of the protocol in the payload.
        Protocol = "proto",
        /// The number of a protocol anywhere in the chain of headers.
        ProtocolChain = "protochain",
        /// A gateway (understood, not supported).
        Gateway = "gateway",
    }
}

spelled! {
    /// Comparisons.
    Relation {
        /// Equal.
        Equal = "=",
        /// Not equal.
        NotEqual = "!=",
        /// Greater.
        Greater = ">",
        /// Greater or equal.
        GreaterOrEqual = ">=",
        /// Less.
        Less = "<",
        /// Less or equal.
        LessOrEqual = "<=",
    }
}

spelled! {
    /// Operators of arithmetic.
    Operator {
        /// Sum.
        Add = "+",
        /// Difference.
        Subtract = "-",
        /// Product.
        Multiply = "*",
        /// Quotient.
        Divide = "/",
        /// Remainder.
        Modulo = "%",
        /// Bits in both.
        And = "&",
        /// Bits in either.
        Or = "|",
        /// Bits in one.
        Xor = "^",
        /// Shift to the left.
        ShiftLeft = "<<",
        /// Shift to the right.
        ShiftRight = ">>",
    }
}

spelled! {
    /// Operators of `byte`.
    ByteOperator {
        /// Equal.
        Equal = "=",
        /// Less.
        Less = "<",
        /// Greater.
        Greater = ">",
        /// A bit in common.
        And = "&",
        /// A bit in either.
        Or = "|",
    }
}

spelled! {
    /// Headers that the rest of an expression lies behind.
    Encapsulation {
        /// An 802.1Q tag (802.1ad, QinQ).
        Vlan = "vlan",
        /// An MPLS label.
        Mpls = "mpls",
        /// A PPPoE session.
        PppoeSession = "pppoes",
        /// Geneve, RFC 8926.
        Geneve = "geneve",
        /// VXLAN, RFC 7348.
        Vxlan = "vxlan",
    }
}

/// A field of the header that PF puts before a logged packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pf {
    /// Interface name.
    Interface(String),
    /// Ruleset name.
    Ruleset(String),
    /// Rule number.
    Rule(u32),
    /// Rule number in the ruleset.
    Subrule(u32),
    /// Reason code.
    Reason(u32),
    /// Action code.
    Action(&'static str, u32),
}

/// An 802.2 LLC frame by its control field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Llc {
    /// Any.
    Any,
    /// Information.
    Information,
    /// Supervisory.
    Supervisory,
    /// Unnumbered.
    Unnumbered,
    /// A supervisory frame of that name and control field.
    SupervisoryType(&'static str, u32),
    /// An unnumbered frame of that name and control field.
    UnnumberedType(&'static str, u32),
}

spelled! {
    /// Circuits and messages of ATM.
    Atm {
        /// LAN emulation.
        Lane = "lane",
        /// Meta signalling circuit.
        MetaSignalling = "metac",
        /// Broadcast signalling circuit.
        Broadcast = "bcc",
        /// Segment OAM F4 circuit.
        OamF4Segment = "oamf4sc",
        /// End-to-end OAM F4 circuit.
        OamF4EndToEnd = "oamf4ec",
        /// Either OAM F4 circuit.
        Oam = "oam",
        /// Either OAM F4 circuit.
        OamF4 = "oamf4",
        /// Signalling circuit.
        Signalling = "sc",
        /// ILMI circuit.
        Ilmi = "ilmic",
        /// Q.2931 messages that set up or release a connection.
        ConnectMessage = "connectmsg",
        /// The same on the meta signalling circuit.
        MetaConnect = "metaconnect",
    }
}

spelled! {
    /// Fields of an ATM cell.
    AtmField {
        /// Virtual path identifier.
        Path = "vpi",
        /// Virtual channel identifier.
        Channel = "vci",
    }
}

spelled! {
    /// Signal units of SS7's MTP2; the high speed ones have a longer length field.
    SignalUnit {
        /// Fill-in.
        Fill = "fisu",
        /// Link status.
        Status = "lssu",
        /// Message.
        Message = "msu",
        /// Fill-in, high speed.
        HighFill = "hfisu",
        /// Link status, high speed.
        HighStatus = "hlssu",
        /// Message, high speed.
        HighMessage = "hmsu",
    }
}

spelled! {
    /// Fields of SS7's MTP3.
    Mtp3 {
        /// Service information octet.
        Sio = "sio",
        /// Originating point code.
        Opc = "opc",
        /// Destination point code.
        Dpc = "dpc",
        /// Signalling link selection.
        Sls = "sls",
        /// Service information octet, high speed link.
        HighSio = "hsio",
        /// Originating point code, high speed link.
        HighOpc = "hopc",
        /// Destination point code, high speed link.
        HighDpc = "hdpc",
        /// Signalling link selection, high speed link.
        HighSls = "hsls",
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Primitive(primitive, _) => primitive.fmt(f),
            Self::Not(inner) => write!(f, "not {}", Grouped(inner)),
            Self::Chain(first, rest) => {
                Grouped(first).fmt(f)?;
                rest.iter().try_for_each(|(connective, member)| {
                    let word = if *connective == Connective::And { "and" } else { "or" };
                    write!(f, " {word} {}", Grouped(member))
                })
            }
        }
    }
}

/// An expression as a member of another: a chain in parentheses.
struct Grouped<'a>(&'a Expression);

impl fmt::Display for Grouped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expression::Chain(..) => write!(f, "({})", self.0),
            other => other.fmt(f),
        }
    }
}

impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Qualified(qualifiers, id) => write!(f, "{qualifiers}{id}"),
            Self::Protocol(protocol) => protocol.fmt(f),
            Self::Relation(left, relation, right) => write!(f, "{left} {relation} {right}"),
            Self::Broadcast(protocol) => write!(f, "{}broadcast", Leading(*protocol)),
            Self::Multicast(protocol) => write!(f, "{}multicast", Leading(*protocol)),
            Self::Less(length) => write!(f, "less {length}"),
            Self::Greater(length) => write!(f, "greater {length}"),
            Self::Byte(index, operator, value) => write!(f, "byte {index} {operator} {value}"),
            Self::Inbound => f.write_str("inbound"),
            Self::Outbound => f.write_str("outbound"),
            Self::InterfaceIndex(index) => write!(f, "ifindex {index}"),
            Self::Encapsulation(kind, None) => kind.fmt(f),
            Self::Encapsulation(kind, Some(number)) => write!(f, "{kind} {number}"),
            Self::PppoeDiscovery => f.write_str("pppoed"),
            Self::Pf(pf) => pf.fmt(f),
            Self::WlanType { value, mask: 0x0c } => write!(f, "type {value}"),
            Self::WlanType { value, .. } => write!(f, "type {} subtype {}", value & 0x0c, value & 0xf0),
            Self::WlanDirection(direction) => write!(f, "dir {direction}"),
            Self::Llc(Llc::Any) => f.write_str("llc"),
            Self::Llc(Llc::Information) => f.write_str("llc i"),
            Self::Llc(Llc::Supervisory) => f.write_str("llc s"),
            Self::Llc(Llc::Unnumbered) => f.write_str("llc u"),
            Self::Llc(Llc::SupervisoryType(name, _) | Llc::UnnumberedType(name, _)) => {
                write!(f, "llc {name}")
            }
            Self::Atm(atm) => atm.fmt(f),
            Self::AtmField(field, values) => write!(f, "{field}{}", Alternatives(values)),
            Self::SignalUnit(unit) => unit.fmt(f),
            Self::Mtp3(field, values) => write!(f, "{field}{}", Alternatives(values)),
        }
    }
}

/// A protocol and a blank, or nothing.
struct Leading<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for Leading<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|qualifier| write!(f, "{qualifier} "))
    }
}

/// ` >= 5` or ` (5 or 6)`.
struct Alternatives<'a>(&'a [(Relation, u32)]);

impl fmt::Display for Alternatives<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [(relation, value)] = self.0 {
            return write!(f, " {relation} {value}");
        }
        let values: Vec<String> = self.0.iter().map(|(_, value)| value.to_string()).collect();
        write!(f, " ({})", values.join(" or "))
    }
}

impl fmt::Display for Qualifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", Leading(self.protocol), Leading(self.direction), Leading(self.kind))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) if lex::is_bare_name(name) => f.write_str(name),
            Self::Name(name) => write!(f, "\\{name}"),
            Self::Number(number) => number.fmt(f),
            Self::Dotted(text) => f.write_str(text),
            Self::DottedPrefix(text, length) => write!(f, "{text}/{length}"),
            Self::DottedMask(text, mask) => write!(f, "{text} mask {mask}"),
            Self::Ipv6(address) => address.fmt(f),
            Self::Ipv6Prefix(address, length) => write!(f, "{address}/{length}"),
            Self::Ethernet([a, b, c, d, e, g]) => {
                write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
            }
            Self::Arcnet(address) => write!(f, "${address:02x}"),
        }
    }
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Length => f.write_str("len"),
            Self::Load(protocol, offset, 1, _) => write!(f, "{protocol}[{offset}]"),
            Self::Load(protocol, offset, size, _) => write!(f, "{protocol}[{offset} : {size}]"),
            Self::Binary(left, operator, right, _) => write!(f, "({left} {operator} {right})"),
            Self::Negate(inner) => write!(f, "-{inner}"),
        }
    }
}

impl fmt::Display for Pf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interface(name) => write!(f, "ifname {}", Id::Name(name.clone())),
            Self::Ruleset(name) => write!(f, "ruleset {}", Id::Name(name.clone())),
            Self::Rule(number) => write!(f, "rulenum {number}"),
            Self::Subrule(number) => write!(f, "subrulenum {number}"),
            Self::Reason(code) => write!(f, "reason {code}"),
            Self::Action(name, _) => write!(f, "action {name}"),
        }
    }
}
