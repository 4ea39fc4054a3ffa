//! The columns of Wireshark's packet list as fields: `-e _ws.col.Info`.

use plaintap_decode::text::write_decimal;
use plaintap_decode::{Address, Decoded};

use super::Clock;
use super::lines::push_printable;

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableColumn {
    /// The number of the packet.
    Number,
    /// When it came, as `-t` says.
    Time,
    /// Who sent it.
    Source,
    /// Who it is for.
    Destination,
    /// Its highest protocol.
    Protocol,
    /// Its length on the wire.
    Length,
    /// What it says.
    Info,
}

impl TableColumn {
    /// Finds a column by its title in Wireshark 4.0 (`_ws.col.Info`) or its name in 4.2 (`_ws.col.info`).
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("_ws.col.")?.to_ascii_lowercase().as_str() {
            "no." | "number" => Self::Number,
            "time" | "cls_time" => Self::Time,
            "source" | "def_src" => Self::Source,
            "destination" | "def_dst" => Self::Destination,
            "protocol" => Self::Protocol,
            "length" | "packet_length" => Self::Length,
            "info" => Self::Info,
            _ => return None,
        })
    }
}

/// Writes columns.
pub struct Table {
    clock: Clock,
    info: String,
}

impl Table {
    /// Times are those of `clock`.
    pub fn new(clock: Clock) -> Self {
        Self { clock, info: String::new() }
    }

    /// Appends the text that a packet has in a column.
    pub fn write(&mut self, column: TableColumn, decoded: &Decoded<'_>, out: &mut String) {
        let address = |address: Option<Address>, out: &mut String| {
            if let Some(address) = address {
                decoded.write_host(address, out);
            }
        };
        match column {
            TableColumn::Number => write_decimal(decoded.number(), out),
            TableColumn::Time => self.clock.write(decoded.packet().time, out),
            TableColumn::Source => address(decoded.addresses().source, out),
            TableColumn::Destination => address(decoded.addresses().destination, out),
            TableColumn::Protocol => out.push_str(decoded.protocol_label()),
            TableColumn::Length => write_decimal(decoded.packet().original_length.into(), out),
            TableColumn::Info => {
                self.info.clear();
                decoded.info(&mut self.info);
                push_printable(&self.info, out);
            }
        }
    }

    /// Takes note of a packet that is not printed.
    pub fn pass(&mut self, decoded: &Decoded<'_>) {
        self.clock.pass(decoded.packet().time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_their_names_of_both_versions() {
        assert_eq!(TableColumn::named("_ws.col.Info"), Some(TableColumn::Info));
        assert_eq!(TableColumn::named("_ws.col.info"), Some(TableColumn::Info));
        assert_eq!(TableColumn::named("_ws.col.No."), Some(TableColumn::Number));
        assert_eq!(TableColumn::named("_ws.col.def_src"), Some(TableColumn::Source));
        assert_eq!(TableColumn::named("_ws.col.Nosuch"), None);
        assert_eq!(TableColumn::named("info"), None);
    }
}
