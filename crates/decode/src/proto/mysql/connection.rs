//! What a packet is: most replies do not say it, the command before them does.

use super::commands;
use crate::Counters;
use crate::bytes::Bytes;
use crate::decryptor::Side;
use crate::flow::Unpacker;
use crate::registry::ProtocolId;

pub(super) const CONNECT_WITH_DB: u64 = 0x8;
pub(super) const SECURE_CONNECTION: u64 = 0x8000;
pub(super) const PLUGIN_AUTH: u64 = 1 << 19;
pub(super) const CONNECT_ATTRS: u64 = 1 << 20;
pub(super) const PLUGIN_AUTH_LENENC: u64 = 1 << 21;
const DEPRECATE_EOF: u64 = 1 << 24;
pub(super) const ZSTD: u64 = 1 << 26;

/// SERVER_MORE_RESULTS_EXISTS of the server's status.
const MORE_RESULTS: u64 = 0x8;

macro_rules! packets {
    ($($packet:ident $name:literal)*) => {
        /// What a packet is.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Packet {
            $($packet,)*
            /// Of the server, with what came before it unknown.
            #[default]
            Response,
        }

        impl Packet {
            /// What was found of a packet when it passed.
            pub(super) fn of(unpacked: &[u8]) -> Self {
                match unpacked {
                    $(&[n, ..] if n == Self::$packet as u8 => Self::$packet,)*
                    _ => Self::Response,
                }
            }

            /// For people.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$packet => $name,)*
                    Self::Response => "Response",
                }
            }
        }
    };
}

packets! {
    Greeting "Server Greeting"
    Login "Login Request"
    Command "Request"
    AuthReply "Auth Switch Response"
    Unknown "Request"
    Ok "Response OK"
    Error "Response Error"
    Eof "Response EOF"
    OkAsEof "Response OK"
    AuthSwitch "Auth Switch Request"
    AuthData "Auth Data"
    Prepared "Response to Prepare Statement"
    Text "Response"
    ColumnCount "Column Count"
    Column "Field"
    Row "Row"
    BinaryRow "Row"
}

/// What the server's next packet may be.
#[derive(Clone, Copy, Default)]
enum Expected {
    /// Not known: joined in the middle, or something was lost.
    #[default]
    Unknown,
    Authentication,
    /// The first packet of a reply.
    Reply,
    /// So many definitions of columns, then rows.
    Columns(u64),
    /// The end of the columns, before the rows.
    EndOfColumns,
    /// Definitions of columns up to an EOF.
    ListOfFields,
    Rows,
    /// So many definitions of parameters and columns of a prepared statement, the EOF packets included.
    Definitions(u32),
    Nothing,
}

/// A connection, as far as its packets explain those behind them.
#[derive(Default)]
pub(super) struct Connection {
    expected: Expected,
    command: u8,
    capabilities: u64,
    /// The number of the last packet; those of an exchange count on.
    number: u8,
}

/// Unpacked is what the packet is.
impl Unpacker for Connection {
    fn pdu(
        &mut self,
        side: Side,
        packet: &[u8],
        out: &mut Vec<u8>,
        _: &mut Counters,
    ) -> Option<(ProtocolId, usize)> {
        let b = Bytes(packet);
        let found = if side == Side::Initiator { self.client(b) } else { self.server(b) };
        self.number = b.u8(3);
        out.push(found as u8);
        None
    }

    fn forget(&mut self, _: Side) {
        self.expected = Expected::Unknown;
    }

    fn kept(&self) -> usize {
        0
    }
}

impl Connection {
    fn client(&mut self, b: Bytes<'_>) -> Packet {
        // The bytes of zeros that a login request has (HandshakeResponse41).
        if b.u8(3) == 1 && b.len() >= 36 && b.clamped(13, 27) == [0; 14] {
            self.expected = Expected::Authentication;
            self.capabilities = b.little(4, 4);
            return Packet::Login;
        }
        match b.u8(3) {
            0 if b.len() > 4 => {
                self.command = b.u8(4);
                self.expected = match self.command {
                    commands::STMT_SEND_LONG_DATA | commands::STMT_CLOSE => Expected::Nothing,
                    commands::FIELD_LIST => Expected::ListOfFields,
                    // The rows of a cursor come without their columns.
                    commands::STMT_FETCH => Expected::Rows,
                    _ => Expected::Reply,
                };
                Packet::Command
            }
            _ if matches!(self.expected, Expected::Authentication) => Packet::AuthReply,
            _ => Packet::Unknown,
        }
    }

    fn server(&mut self, b: Bytes<'_>) -> Packet {
        if matches!(self.expected, Expected::Authentication) && b.u8(3) != self.number.wrapping_add(1) {
            // Something between them was not captured.
            self.expected = Expected::Unknown;
        }
        let (packet, expected) = self.reply(b);
        self.expected = expected;
        packet
    }

    /// What the server's packet is, and what may follow.
    fn reply(&self, b: Bytes<'_>) -> (Packet, Expected) {
        let first = b.u8(4);
        // A length-encoded number takes 8 bytes behind 0xfe, so that what is shorter is none.
        let is_end = first == 0xfe && b.len() < 13;
        let status = b.little(if is_end && b.len() == 9 { 7 } else { 0 }, 2);
        match self.expected {
            _ if b.u8(3) == 0 && first == 10 => (Packet::Greeting, Expected::Authentication),
            _ if b.len() <= 4 => (Packet::Response, self.expected),
            _ if first == 0xff => (Packet::Error, Expected::Nothing),
            Expected::Unknown if b.u8(3) == 1 && first == 0 && b.len() == 11 => {
                (Packet::Ok, Expected::Nothing)
            }
            Expected::Unknown | Expected::Nothing => (Packet::Response, self.expected),
            Expected::Authentication => match first {
                0 => (Packet::Ok, Expected::Nothing),
                0xfe => (Packet::AuthSwitch, self.expected),
                _ => (Packet::AuthData, self.expected),
            },
            Expected::Reply => self.first_of_reply(b, first),
            Expected::Columns(left) => (Packet::Column, self.after_columns(left.saturating_sub(1))),
            Expected::EndOfColumns => (Packet::Eof, Expected::Rows),
            Expected::ListOfFields if is_end => (Packet::Eof, Expected::Nothing),
            Expected::ListOfFields => (Packet::Column, self.expected),
            // With CLIENT_DEPRECATE_EOF an OK packet that begins as an EOF ends the rows; no row begins with this byte
            // and is shorter than 16 MiB.
            Expected::Rows if first == 0xfe && self.deprecates_eof() => {
                (Packet::OkAsEof, self.after_rows(super::replies::status_of_ok(b)))
            }
            Expected::Rows if is_end => (Packet::Eof, self.after_rows(status)),
            Expected::Rows if matches!(self.command, commands::STMT_EXECUTE | commands::STMT_FETCH) => {
                (Packet::BinaryRow, self.expected)
            }
            Expected::Rows => (Packet::Row, self.expected),
            Expected::Definitions(left) => {
                let expected = match left {
                    0 | 1 => Expected::Nothing,
                    left => Expected::Definitions(left - 1),
                };
                (if is_end { Packet::Eof } else { Packet::Column }, expected)
            }
        }
    }

    fn first_of_reply(&self, b: Bytes<'_>, first: u8) -> (Packet, Expected) {
        match (self.command, first) {
            (commands::STATISTICS, _) => (Packet::Text, Expected::Nothing),
            (commands::STMT_PREPARE, 0) => {
                let [columns, parameters] = [b.little(9, 2), b.little(11, 2)].map(|n| n as u32);
                let end = |count: u32| u32::from(count > 0 && !self.deprecates_eof());
                let all = columns + end(columns) + parameters + end(parameters);
                (Packet::Prepared, if all > 0 { Expected::Definitions(all) } else { Expected::Nothing })
            }
            (_, 0) => (Packet::Ok, self.after_rows(super::replies::status_of_ok(b))),
            (_, 0xfe) => (Packet::Eof, Expected::Nothing),
            // The server asks for a file of LOAD DATA LOCAL, which the client sends as packets without a command.
            (_, 0xfb) => (Packet::Response, Expected::Reply),
            _ => {
                let count = super::replies::length_encoded(&mut crate::Reader::new(b.0, 4)).ok().flatten();
                (Packet::ColumnCount, self.after_columns(count.unwrap_or(0)))
            }
        }
    }

    fn after_columns(&self, left: u64) -> Expected {
        match left {
            0 if self.deprecates_eof() => Expected::Rows,
            0 => Expected::EndOfColumns,
            left => Expected::Columns(left),
        }
    }

    /// A command may have several results.
    fn after_rows(&self, status: u64) -> Expected {
        if status & MORE_RESULTS != 0 { Expected::Reply } else { Expected::Nothing }
    }

    fn deprecates_eof(&self) -> bool {
        self.capabilities & DEPRECATE_EOF != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(connection: &mut Connection, packets: &[(Side, &[u8])]) -> Vec<Packet> {
        let found = |&(side, packet): &(Side, &[u8])| {
            let mut out = Vec::new();
            connection.pdu(side, packet, &mut out, &mut Counters::default());
            Packet::of(&out)
        };
        packets.iter().map(found).collect()
    }

    /// The reply to a query: only what came before tells its packets apart.
    #[test]
    fn a_result_has_columns_and_rows() {
        let column = b"\x06\0\0\x02\x03def\0\0";
        let end = b"\x05\0\0\x03\xfe\0\0\x02\0";
        let reply = [
            (Side::Initiator, &b"\x02\0\0\0\x03x"[..]),
            (Side::Responder, b"\x01\0\0\x01\x01"),
            (Side::Responder, column),
            (Side::Responder, end),
            (Side::Responder, b"\x01\0\0\x04\0"),
            (Side::Responder, end),
            (Side::Responder, b"\x01\0\0\x01\0"),
        ];
        let expected = [
            Packet::Command,
            Packet::ColumnCount,
            Packet::Column,
            Packet::Eof,
            // A row with an empty text begins as an OK packet does.
            Packet::Row,
            Packet::Eof,
            // Nothing was asked.
            Packet::Response,
        ];
        assert_eq!(packets(&mut Connection::default(), &reply), expected);
    }

    #[test]
    fn without_eof_rows_follow_the_columns() {
        let mut connection = Connection { capabilities: DEPRECATE_EOF, ..Connection::default() };
        let reply = [
            (Side::Initiator, &b"\x02\0\0\0\x03x"[..]),
            (Side::Responder, b"\x01\0\0\x01\x01"),
            (Side::Responder, b"\x06\0\0\x02\x03def\0\0"),
            (Side::Responder, b"\x02\0\0\x03\x01a"),
            // The status says that there is another result.
            (Side::Responder, b"\x07\0\0\x04\xfe\0\0\x08\0\0\0"),
            (Side::Responder, b"\x07\0\0\x05\0\0\0\x02\0\0\0"),
        ];
        let expected =
            [Packet::Command, Packet::ColumnCount, Packet::Column, Packet::Row, Packet::OkAsEof, Packet::Ok];
        assert_eq!(packets(&mut connection, &reply), expected);
    }
}
