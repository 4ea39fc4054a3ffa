//! 802.11: frame types, the four addresses, and where the payload begins behind headers of variable length.

use super::link_types::{Kind, Radio};
use super::{Condition, From, Generator, Offset, graph};
use crate::capture::error::Error;
use crate::capture::syntax::{Direction, Operator, Relation};
use crate::capture::values::{ValueId, Width};

/// Bits of the first byte of the frame control field.
const DATA: u32 = 0x08;
const CONTROL: u32 = 0x04;
const TYPE: u32 = 0x0c;
const SUBTYPE: u32 = 0xf0;
const SUBTYPE_CTS: u32 = 0xc0;
const SUBTYPE_ACK: u32 = 0xd0;

/// Bits of its second byte.
const TO_DS: u32 = 0x01;
const FROM_DS: u32 = 0x02;

impl Generator<'_> {
    /// Finds the link header and the payload of link types where both are known only from the packet.
    pub(super) fn find_variable_headers(&mut self) {
        match self.layers.kind {
            Kind::Wlan(radio) => {
                let header = self.radio_length(radio);
                self.layers.header = header;
                self.layers.outer_header = header;
                self.layers.payload = Some(self.wlan_payload(radio, header));
                self.layers.type_field = self.layers.payload;
            }
            Kind::Pflog => {
                // The header's length is in its first byte, and padded to words.
                let length = self.values.load(Width::Byte, None, 0);
                let length = self.values.binary_constant(Operator::Add, length, 3);
                let length = self.values.binary_constant(Operator::And, length, !3);
                self.layers.payload = Some(Offset { base: Some(length), constant: 0 });
            }
            _ => {}
        }
    }

    /// PPI can carry anything: it has to be 802.11.
    pub(super) fn payload_check(&mut self) -> Option<Condition> {
        /// LINKTYPE_IEEE802_11, little-endian.
        const IEEE802_11: u32 = 105u32.swap_bytes();
        if self.layers.row.kind != Kind::Wlan(Radio::Ppi) {
            return None;
        }
        let link_type = self.values.load(Width::Word, None, 4);
        let expected = self.values.constant(IEEE802_11);
        Some(graph::relation(&mut self.values, link_type, Relation::Equal, expected))
    }

    /// Where the 802.11 header begins.
    fn radio_length(&mut self, radio: Radio) -> Offset {
        let length = match radio {
            Radio::Nothing => return Offset::constant(0),
            Radio::Avs => self.values.load(Width::Word, None, 4),
            Radio::Radiotap | Radio::Ppi => {
                // A little-endian number at 2.
                let high = self.values.load(Width::Byte, None, 3);
                let high = self.values.binary_constant(Operator::ShiftLeft, high, 8);
                let low = self.values.load(Width::Byte, None, 2);
                self.values.binary(Operator::Or, high, low)
            }
            Radio::Prism => {
                // 144 bytes, unless it is really an AVS header, which some drivers write: that begins with 0x80211 and
                // a version, and has its length at 4.
                let magic = self.values.load(Width::Word, None, 0);
                let magic = self.values.binary_constant(Operator::ShiftRight, magic, 12);
                let is_avs = self.equality_bit(magic, 0x8_0211);
                let mask = self.values.negate(is_avs);
                let avs = self.values.load(Width::Word, None, 4);
                let difference = self.values.binary_constant(Operator::Xor, avs, 144);
                let difference = self.values.binary(Operator::And, difference, mask);
                self.values.binary_constant(Operator::Xor, difference, 144)
            }
        };
        Offset { base: Some(length), constant: 0 }
    }

    /// Behind the 802.11 header: 24 bytes, two more in a QoS data frame, and padding that a radiotap header tells of.
    fn wlan_payload(&mut self, radio: Radio, header: Offset) -> Offset {
        let control = self.values.load(Width::Byte, header.base, header.constant);
        let kind = self.values.binary_constant(Operator::And, control, 0x8c);
        let quality = self.equality_bit(kind, 0x88);
        let more = self.values.binary_constant(Operator::ShiftLeft, quality, 1);
        let end = match header.base {
            Some(base) => self.values.binary(Operator::Add, more, base),
            None => more,
        };
        if radio != Radio::Radiotap {
            return Offset { base: Some(end), constant: header.constant + 24 };
        }
        // Rounded up to words: (end + 24 + pad) & !pad, where pad is 3 or 0.
        let pad = self.radiotap_padding();
        let end = self.values.binary_constant(Operator::Add, end, 24);
        let end = self.values.binary(Operator::Add, end, pad);
        let keep = self.values.binary_constant(Operator::Xor, pad, u32::MAX);
        let end = self.values.binary(Operator::And, end, keep);
        Offset { base: Some(end), constant: 0 }
    }

    /// 3 if the radiotap header has a flags field that says that the header is padded, else 0. Its presence bits are
    /// little-endian: bit 1 for the flags field, before which only a time of eight bytes (bit 0) can stand, and bit 31 for
    /// more presence bits, with which the field is not looked for.
    fn radiotap_padding(&mut self) -> ValueId {
        let presence = self.values.load(Width::Word, None, 4);
        let known = self.values.binary_constant(Operator::And, presence, 0x0200_0080);
        let known = self.values.binary_constant(Operator::ShiftRight, known, 1);
        let present = self.equality_bit(known, 0x0100_0000);
        let time = self.values.binary_constant(Operator::ShiftRight, presence, 24);
        let time = self.values.binary_constant(Operator::And, time, 1);
        let time = self.values.binary_constant(Operator::ShiftLeft, time, 3);
        let flags = self.values.load(Width::Byte, Some(time), 8);
        let padded = self.values.binary_constant(Operator::ShiftRight, flags, 5);
        let padded = self.values.binary(Operator::And, padded, present);
        self.values.binary_constant(Operator::Multiply, padded, 3)
    }

    pub(super) fn wlan_data_frame(&mut self) -> Result<Condition, Error> {
        self.masked(From::Link, 0, Width::Byte, DATA, TYPE)
    }

    pub(super) fn wlan_type(&mut self, value: u32, mask: u32) -> Result<Condition, Error> {
        self.frame_header("'type' and 'subtype'")?;
        self.masked(From::Link, 0, Width::Byte, value, mask)
    }

    pub(super) fn wlan_direction(&mut self, direction: u32) -> Result<Condition, Error> {
        self.frame_header("'dir'")?;
        self.masked(From::Link, 1, Width::Byte, direction, TO_DS | FROM_DS)
    }

    fn frame_header(&self, what: &'static str) -> Result<(), Error> {
        match self.layers.kind {
            Kind::Wlan(_) => Ok(()),
            _ => Err(self.unsupported(what)),
        }
    }

    /// A MAC address of an 802.11 frame, by its role.
    pub(super) fn wlan_address(
        &mut self,
        direction: Option<Direction>,
        address: [u8; 6],
    ) -> Result<Condition, Error> {
        match direction {
            Some(Direction::Address1) => self.bytes(From::Link, 4, &address),
            Some(Direction::Address2) => {
                Ok(self.has_second_address()?.and(self.bytes(From::Link, 10, &address)?))
            }
            Some(Direction::Address3) => {
                let control = self.masked(From::Link, 0, Width::Byte, CONTROL, TYPE)?;
                Ok(control.negated().and(self.bytes(From::Link, 16, &address)?))
            }
            Some(Direction::Address4) => {
                let between = self.masked(From::Link, 1, Width::Byte, TO_DS | FROM_DS, TO_DS | FROM_DS)?;
                Ok(between.and(self.bytes(From::Link, 24, &address)?))
            }
            // Management frames have none.
            Some(Direction::Receiver) => {
                Ok(self.any_bit(From::Link, 0, DATA)?.and(self.bytes(From::Link, 4, &address)?))
            }
            Some(Direction::Transmitter) => {
                let condition = self.any_bit(From::Link, 0, DATA)?.and(self.has_second_address()?);
                Ok(condition.and(self.bytes(From::Link, 10, &address)?))
            }
            _ => self.ends(direction, |generator, is_source| {
                if is_source {
                    generator.wlan_source(address)
                } else {
                    generator
                        .wlan_destination(|generator, offset| generator.bytes(From::Link, offset, &address))
                }
            }),
        }
    }

    /// All frames but CTS and ACK.
    fn has_second_address(&mut self) -> Result<Condition, Error> {
        let control = self.masked(From::Link, 0, Width::Byte, CONTROL, TYPE)?;
        let cts = self.masked(From::Link, 0, Width::Byte, SUBTYPE_CTS, SUBTYPE)?;
        let ack = self.masked(From::Link, 0, Width::Byte, SUBTYPE_ACK, SUBTYPE)?;
        Ok(control.negated().or(cts.negated().and(ack.negated())))
    }

    /// The source: at 10 if From DS is clear or in a management frame, at 24 if To DS is set too, else at 16.
    fn wlan_source(&mut self, address: [u8; 6]) -> Result<Condition, Error> {
        let at_24 = self.any_bit(From::Link, 1, TO_DS)?.and(self.bytes(From::Link, 24, &address)?);
        let at_16 =
            self.any_bit(From::Link, 1, TO_DS)?.negated().and(self.bytes(From::Link, 16, &address)?);
        let from_network = self.any_bit(From::Link, 1, FROM_DS)?.and(at_16.or(at_24));
        let from_station =
            self.any_bit(From::Link, 1, FROM_DS)?.negated().and(self.bytes(From::Link, 10, &address)?);
        let data = self.any_bit(From::Link, 0, DATA)?.and(from_station.or(from_network));
        let management =
            self.any_bit(From::Link, 0, DATA)?.negated().and(self.bytes(From::Link, 10, &address)?);
        Ok(self.any_bit(From::Link, 0, CONTROL)?.negated().and(management.or(data)))
    }

    /// A test of the destination: at 16 in a data frame with To DS, else at 4; a control frame has none.
    pub(super) fn wlan_destination(
        &mut self,
        mut test: impl FnMut(&mut Self, u32) -> Result<Condition, Error>,
    ) -> Result<Condition, Error> {
        let at_16 = self.any_bit(From::Link, 1, TO_DS)?.and(test(self, 16)?);
        let at_4 = self.any_bit(From::Link, 1, TO_DS)?.negated().and(test(self, 4)?);
        let data = self.any_bit(From::Link, 0, DATA)?.and(at_4.or(at_16));
        let management = self.any_bit(From::Link, 0, DATA)?.negated().and(test(self, 4)?);
        Ok(self.any_bit(From::Link, 0, CONTROL)?.negated().and(management.or(data)))
    }
}
