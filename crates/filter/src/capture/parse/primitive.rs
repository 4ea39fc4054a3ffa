//! The primitives: what begins with a keyword.

use super::{Operand, Parser, relation};
use crate::capture::error::Error;
use crate::capture::lex::Token;
use crate::capture::syntax::{
    Atm, AtmField, ByteOperator, Direction, Encapsulation, Expression, Kind, Llc, Mtp3, Pf, Primitive,
    Protocol, Qualifiers, Relation, SignalUnit, Span,
};
use crate::capture::words::Keyword;

impl Parser<'_> {
    /// A primitive, and the qualifiers that an id behind it takes: only those of another id.
    pub(super) fn primitive(&mut self) -> Result<(Operand, Option<Qualifiers>), Error> {
        let start = self.span().start;
        let protocol = match self.peek() {
            Token::Protocol(protocol) => {
                self.at += 1;
                Some(protocol)
            }
            _ => None,
        };
        if let Some((direction, kind)) = self.qualifiers() {
            let qualifiers = Qualifiers { protocol, direction, kind };
            return Ok((Operand::Condition(self.id(qualifiers)?), Some(qualifiers)));
        }
        let primitive = match (self.peek(), protocol) {
            (Token::Keyword(keyword), _) => match self.qualified(keyword, protocol)? {
                Some(primitive) => primitive,
                None => match protocol {
                    Some(protocol) => Primitive::Protocol(protocol),
                    None => self.unqualified(keyword)?,
                },
            },
            (_, Some(protocol)) => Primitive::Protocol(protocol),
            (_, None) => return Err(self.expected("a keyword such as 'host', 'port' or 'tcp'")),
        };
        let span = Span { start, end: self.tokens[self.at - 1].end };
        Ok((Operand::Condition(Expression::Primitive(primitive, span)), None))
    }

    /// Direction and kind, if at least one of them is there.
    fn qualifiers(&mut self) -> Option<(Option<Direction>, Option<Kind>)> {
        let direction = self.direction();
        let Token::Keyword(keyword) = self.peek() else {
            return direction.map(|direction| (Some(direction), None));
        };
        let kind = match keyword {
            Keyword::Host => Kind::Host,
            Keyword::Net => Kind::Net,
            Keyword::Port => Kind::Port,
            Keyword::PortRange => Kind::PortRange,
            Keyword::Proto if direction.is_none() => Kind::Protocol,
            Keyword::ProtoChain if direction.is_none() => Kind::ProtocolChain,
            Keyword::Gateway if direction.is_none() => Kind::Gateway,
            _ => return direction.map(|direction| (Some(direction), None)),
        };
        self.at += 1;
        Some((direction, Some(kind)))
    }

    fn direction(&mut self) -> Option<Direction> {
        let Token::Keyword(keyword) = self.peek() else { return None };
        let (direction, other) = match keyword {
            Keyword::Src => (Direction::Source, Keyword::Dst),
            Keyword::Dst => (Direction::Destination, Keyword::Src),
            Keyword::Address1 => (Direction::Address1, Keyword::And),
            Keyword::Address2 => (Direction::Address2, Keyword::And),
            Keyword::Address3 => (Direction::Address3, Keyword::And),
            Keyword::Address4 => (Direction::Address4, Keyword::And),
            Keyword::Receiver => (Direction::Receiver, Keyword::And),
            Keyword::Transmitter => (Direction::Transmitter, Keyword::And),
            _ => return None,
        };
        self.at += 1;
        let both = match self.peek() {
            Token::Keyword(Keyword::Or) => Direction::Either,
            Token::Keyword(Keyword::And) => Direction::Both,
            _ => return Some(direction),
        };
        if self.peek_at(1) != Token::Keyword(other) {
            return Some(direction);
        }
        self.at += 2;
        Some(both)
    }

    /// Primitives that may have a protocol before them.
    fn qualified(
        &mut self,
        keyword: Keyword,
        protocol: Option<Protocol>,
    ) -> Result<Option<Primitive>, Error> {
        let primitive = match keyword {
            Keyword::Broadcast => Primitive::Broadcast(protocol),
            Keyword::Multicast => Primitive::Multicast(protocol),
            Keyword::Type | Keyword::Subtype | Keyword::Direction => return self.wlan(keyword).map(Some),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(primitive))
    }

    fn unqualified(&mut self, keyword: Keyword) -> Result<Primitive, Error> {
        self.at += 1;
        Ok(match keyword {
            Keyword::Less => Primitive::Less(self.plain_number("a length")?),
            Keyword::Greater => Primitive::Greater(self.plain_number("a length")?),
            Keyword::Byte => self.byte()?,
            Keyword::Inbound => Primitive::Inbound,
            Keyword::Outbound => Primitive::Outbound,
            Keyword::InterfaceIndex => Primitive::InterfaceIndex(self.plain_number("an interface index")?),
            Keyword::Vlan => self.encapsulation(Encapsulation::Vlan)?,
            Keyword::Mpls => self.encapsulation(Encapsulation::Mpls)?,
            Keyword::PppoeDiscovery => Primitive::PppoeDiscovery,
            Keyword::PppoeSession => self.encapsulation(Encapsulation::PppoeSession)?,
            Keyword::Geneve => self.encapsulation(Encapsulation::Geneve)?,
            Keyword::Vxlan => self.encapsulation(Encapsulation::Vxlan)?,
            Keyword::Llc => self.llc()?,
            Keyword::PfInterface => Primitive::Pf(Pf::Interface(self.name("an interface name")?)),
            Keyword::PfRuleset => Primitive::Pf(Pf::Ruleset(self.name("a ruleset name")?)),
            Keyword::PfRule => Primitive::Pf(Pf::Rule(self.plain_number("a rule number")?)),
            Keyword::PfSubrule => Primitive::Pf(Pf::Subrule(self.plain_number("a rule number")?)),
            Keyword::PfReason => Primitive::Pf(Pf::Reason(self.number_or_name("a PF reason", PF_REASONS)?)),
            Keyword::PfAction => self.pf_action()?,
            Keyword::Lane => Primitive::Atm(Atm::Lane),
            Keyword::MetaSignalling => Primitive::Atm(Atm::MetaSignalling),
            Keyword::BroadcastCircuit => Primitive::Atm(Atm::Broadcast),
            Keyword::Oam => Primitive::Atm(Atm::Oam),
            Keyword::OamF4 => Primitive::Atm(Atm::OamF4),
            Keyword::OamF4EndToEnd => Primitive::Atm(Atm::OamF4EndToEnd),
            Keyword::OamF4Segment => Primitive::Atm(Atm::OamF4Segment),
            Keyword::Signalling => Primitive::Atm(Atm::Signalling),
            Keyword::Ilmi => Primitive::Atm(Atm::Ilmi),
            Keyword::ConnectMessage => Primitive::Atm(Atm::ConnectMessage),
            Keyword::MetaConnect => Primitive::Atm(Atm::MetaConnect),
            Keyword::Vpi => Primitive::AtmField(AtmField::Path, self.alternatives()?),
            Keyword::Vci => Primitive::AtmField(AtmField::Channel, self.alternatives()?),
            Keyword::Fisu => Primitive::SignalUnit(SignalUnit::Fill),
            Keyword::Lssu => Primitive::SignalUnit(SignalUnit::Status),
            Keyword::Msu => Primitive::SignalUnit(SignalUnit::Message),
            Keyword::HighFisu => Primitive::SignalUnit(SignalUnit::HighFill),
            Keyword::HighLssu => Primitive::SignalUnit(SignalUnit::HighStatus),
            Keyword::HighMsu => Primitive::SignalUnit(SignalUnit::HighMessage),
            Keyword::Sio => Primitive::Mtp3(Mtp3::Sio, self.alternatives()?),
            Keyword::Opc => Primitive::Mtp3(Mtp3::Opc, self.alternatives()?),
            Keyword::Dpc => Primitive::Mtp3(Mtp3::Dpc, self.alternatives()?),
            Keyword::Sls => Primitive::Mtp3(Mtp3::Sls, self.alternatives()?),
            Keyword::HighSio => Primitive::Mtp3(Mtp3::HighSio, self.alternatives()?),
            Keyword::HighOpc => Primitive::Mtp3(Mtp3::HighOpc, self.alternatives()?),
            Keyword::HighDpc => Primitive::Mtp3(Mtp3::HighDpc, self.alternatives()?),
            Keyword::HighSls => Primitive::Mtp3(Mtp3::HighSls, self.alternatives()?),
            _ => return Err(self.expected_at(self.at - 1, "a keyword such as 'host', 'port' or 'tcp'")),
        })
    }

    fn byte(&mut self) -> Result<Primitive, Error> {
        let index = self.plain_number("the index of a byte")?;
        let operator = match self.peek() {
            Token::Symbol("=") => ByteOperator::Equal,
            Token::Symbol("<") => ByteOperator::Less,
            Token::Symbol(">") => ByteOperator::Greater,
            Token::Symbol("&") => ByteOperator::And,
            Token::Symbol("|") => ByteOperator::Or,
            _ => return Err(self.expected("one of = < > & |")),
        };
        self.at += 1;
        Ok(Primitive::Byte(index, operator, self.plain_number("a number")?))
    }

    /// An encapsulation with its number, which may stand in parentheses.
    fn encapsulation(&mut self, kind: Encapsulation) -> Result<Primitive, Error> {
        let open = (0..).take_while(|&ahead| self.peek_at(ahead) == Token::Symbol("(")).count();
        let Token::Number(number) = self.peek_at(open) else {
            return Ok(Primitive::Encapsulation(kind, None));
        };
        self.at += open + 1;
        for _ in 0..open {
            self.symbol(")")?;
        }
        Ok(Primitive::Encapsulation(kind, Some(number)))
    }

    /// `N`, `>= N` or `(N or N or N)`.
    fn alternatives(&mut self) -> Result<Vec<(Relation, u32)>, Error> {
        if let Some(relation) = relation(self.peek()) {
            self.at += 1;
            return Ok(vec![(relation, self.plain_number("a number")?)]);
        }
        if self.peek() != Token::Symbol("(") {
            return Ok(vec![(Relation::Equal, self.plain_number("a number")?)]);
        }
        let mut values = Vec::new();
        loop {
            self.at += 1;
            values.push((Relation::Equal, self.plain_number("a number")?));
            if self.peek() != Token::Keyword(Keyword::Or) {
                break;
            }
        }
        self.symbol(")")?;
        Ok(values)
    }

    fn wlan(&mut self, keyword: Keyword) -> Result<Primitive, Error> {
        self.at += 1;
        match keyword {
            Keyword::Direction => {
                Ok(Primitive::WlanDirection(self.number_or_name("an 802.11 direction", WLAN_DIRECTIONS)?))
            }
            Keyword::Subtype => {
                let name = self.name("an 802.11 subtype name")?;
                let value = WLAN_SUBTYPES
                    .iter()
                    .find_map(|&(kind, names)| lookup(names, &name).map(|subtype| kind | subtype))
                    .ok_or_else(|| self.unknown("802.11 subtype", name))?;
                Ok(Primitive::WlanType { value, mask: 0xfc })
            }
            _ => {
                let kind = self.masked_number_or_name("an 802.11 type", WLAN_TYPES, 0x0c)?;
                if self.peek() != Token::Keyword(Keyword::Subtype) {
                    return Ok(Primitive::WlanType { value: kind, mask: 0x0c });
                }
                self.at += 1;
                let names = WLAN_SUBTYPES
                    .iter()
                    .find(|&&(owner, _)| owner == kind)
                    .map_or(&[][..], |&(_, names)| names);
                let subtype = self.masked_number_or_name("an 802.11 subtype", names, 0xf0)?;
                Ok(Primitive::WlanType { value: kind | subtype, mask: 0xfc })
            }
        }
    }

    fn llc(&mut self) -> Result<Primitive, Error> {
        let name = match self.peek() {
            Token::Name(name) => name,
            // "rnr" is already the keyword of PF.
            Token::Keyword(Keyword::PfRule) => "rnr",
            _ => return Ok(Primitive::Llc(Llc::Any)),
        };
        self.at += 1;
        let named = |table: &[(&'static str, u32)]| {
            table.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).copied()
        };
        let llc = match name {
            "i" | "I" => Llc::Information,
            "s" | "S" => Llc::Supervisory,
            "u" | "U" => Llc::Unnumbered,
            _ => match (named(LLC_SUPERVISORY), named(LLC_UNNUMBERED)) {
                (Some((name, control)), _) => Llc::SupervisoryType(name, control),
                (_, Some((name, control))) => Llc::UnnumberedType(name, control),
                _ => return Err(self.unknown("LLC type", name.to_owned())),
            },
        };
        Ok(Primitive::Llc(llc))
    }

    fn pf_action(&mut self) -> Result<Primitive, Error> {
        let name = self.name("a PF action")?;
        match PF_ACTIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
            Some(&(name, code)) => Ok(Primitive::Pf(Pf::Action(name, code))),
            None => Err(self.unknown("PF action", name)),
        }
    }

    fn name(&mut self, expected: &'static str) -> Result<String, Error> {
        let Token::Name(name) = self.peek() else { return Err(self.expected(expected)) };
        self.at += 1;
        Ok(name.to_owned())
    }

    /// A number, or the number of a name of the table.
    fn number_or_name(&mut self, what: &'static str, names: &[(&'static str, u32)]) -> Result<u32, Error> {
        if let Token::Number(number) = self.peek() {
            self.at += 1;
            return Ok(number);
        }
        let name = self.name(what)?;
        lookup(names, &name).ok_or_else(|| self.unknown(what, name))
    }

    fn masked_number_or_name(
        &mut self,
        what: &'static str,
        names: &[(&'static str, u32)],
        mask: u32,
    ) -> Result<u32, Error> {
        let value = self.number_or_name(what, names)?;
        if value & !mask != 0 {
            let message = format!("{what} has no bits but {mask:#04x}, found {value:#04x}");
            return Err(Error::Invalid { column: self.tokens[self.at - 1].start + 1, message });
        }
        Ok(value)
    }

    /// The name just taken is in no table.
    fn unknown(&self, what: &'static str, name: String) -> Error {
        let what = what.trim_start_matches("an ").trim_start_matches("a ");
        Error::UnknownName { column: self.tokens[self.at - 1].start + 1, what, name }
    }
}

fn lookup(names: &[(&'static str, u32)], name: &str) -> Option<u32> {
    names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, value)| value)
}

const WLAN_DIRECTIONS: &[(&str, u32)] = &[("nods", 0), ("tods", 1), ("fromds", 2), ("dstods", 3)];

const WLAN_TYPES: &[(&str, u32)] = &[("data", 8), ("mgt", 0), ("management", 0), ("ctl", 4), ("control", 4)];

/// A frame type and its subtypes.
const WLAN_SUBTYPES: &[(u32, &[(&str, u32)])] = &[
    (
        0,
        &[
            ("assocreq", 0x00),
            ("assoc-req", 0x00),
            ("assocresp", 0x10),
            ("assoc-resp", 0x10),
            ("reassocreq", 0x20),
            ("reassoc-req", 0x20),
            ("reassocresp", 0x30),
            ("reassoc-resp", 0x30),
            ("probereq", 0x40),
            ("probe-req", 0x40),
            ("proberesp", 0x50),
            ("probe-resp", 0x50),
            ("beacon", 0x80),
            ("atim", 0x90),
            ("disassoc", 0xa0),
            ("disassociation", 0xa0),
            ("auth", 0xb0),
            ("authentication", 0xb0),
            ("deauth", 0xc0),
            ("deauthentication", 0xc0),
        ],
    ),
    (
        4,
        &[
            ("bar", 0x80),
            ("ba", 0x90),
            ("ps-poll", 0xa0),
            ("rts", 0xb0),
            ("cts", 0xc0),
            ("ack", 0xd0),
            ("cf-end", 0xe0),
            ("cf-end-ack", 0xf0),
        ],
    ),
    (
        8,
        &[
            ("data", 0x00),
            ("data-cf-ack", 0x10),
            ("data-cf-poll", 0x20),
            ("data-cf-ack-poll", 0x30),
            ("null", 0x40),
            ("cf-ack", 0x50),
            ("cf-poll", 0x60),
            ("cf-ack-poll", 0x70),
            ("qos-data", 0x80),
            ("qos-data-cf-ack", 0x90),
            ("qos-data-cf-poll", 0xa0),
            ("qos-data-cf-ack-poll", 0xb0),
            ("qos", 0xc0),
            ("qos-cf-poll", 0xe0),
            ("qos-cf-ack-poll", 0xf0),
        ],
    ),
];

/// Control fields of supervisory PDUs, IEEE 802.2.
const LLC_SUPERVISORY: &[(&str, u32)] = &[("rr", 0x01), ("rnr", 0x05), ("rej", 0x09)];

/// Control fields of unnumbered PDUs, IEEE 802.2, without the poll bit.
const LLC_UNNUMBERED: &[(&str, u32)] = &[
    ("ui", 0x03),
    ("ua", 0x63),
    ("disc", 0x43),
    ("dm", 0x0f),
    ("sabme", 0x6f),
    ("test", 0xe3),
    ("xid", 0xaf),
    ("frmr", 0x87),
];

/// PF's reasons, net/pfvar.h. From `map-failed` on the systems differ; these are OpenBSD's, NetBSD's and macOS's names.
const PF_REASONS: &[(&str, u32)] = &[
    ("match", 0),
    ("bad-offset", 1),
    ("fragment", 2),
    ("short", 3),
    ("normalize", 4),
    ("memory", 5),
    ("bad-timestamp", 6),
    ("congestion", 7),
    ("ip-option", 8),
    ("proto-cksum", 9),
    ("state-mismatch", 10),
    ("state-insert", 11),
    ("state-limit", 12),
    ("src-limit", 13),
    ("synproxy", 14),
];

/// PF's actions, net/pfvar.h, as far as the systems agree.
const PF_ACTIONS: &[(&str, u32)] = &[
    ("pass", 0),
    ("accept", 0),
    ("drop", 1),
    ("block", 1),
    ("scrub", 2),
    ("noscrub", 3),
    ("nat", 4),
    ("nonat", 5),
    ("binat", 6),
    ("nobinat", 7),
    ("rdr", 8),
    ("nordr", 9),
    ("synproxy-drop", 10),
];
