//! Numbers at fixed places, read without detours: what filters ask for most.

use crate::decoded::Decoded;
use crate::field::{Field, Kind, Place};
use crate::layers::Layer;
use crate::registry::FieldRef;
use crate::view::View;

/// A row whose value is a number of at most 8 bytes in the header. IPv4 and MAC addresses count as numbers in network
/// byte order, true and false as 1 and 0.
#[derive(Clone, Copy, Debug)]
pub struct FixedNumber {
    start: u16,
    width: u16,
    mask: u64,
    shift: u32,
    truth: bool,
    when: Option<fn(&View<'_>) -> bool>,
}

impl FixedNumber {
    fn of(row: &Field) -> Option<Self> {
        let (start, end, mask) = match row.place {
            Place::At { start, end } => (start, end, u64::MAX),
            Place::Bits { start, end, mask } => (start, end, mask),
            Place::Rest(_) | Place::Payload | Place::Walk | Place::Meta(_) | Place::Exchange(_) => {
                return None;
            }
        };
        let unsigned = row.kind.is_integer() && !row.kind.is_signed();
        let number = unsigned || matches!(row.kind, Kind::Bool | Kind::Ip4 | Kind::Mac);
        (number && end - start <= 8).then(|| Self {
            start,
            width: end - start,
            mask,
            shift: mask.trailing_zeros(),
            truth: row.kind == Kind::Bool,
            when: row.when,
        })
    }

    /// The number in a layer of the row's protocol; None where the header ends before it, or has no such field.
    #[inline]
    pub fn read(&self, packet: &Decoded<'_>, layer: &Layer) -> Option<u64> {
        let end = u32::from(self.start) + u32::from(self.width);
        if end > layer.header || self.when.is_some_and(|when| !when(&packet.view(*layer))) {
            return None;
        }
        let at = (layer.offset + u32::from(self.start)) as usize;
        let bytes = packet.buffer(layer.buffer).get(at..)?;
        let number = match self.width {
            1 => (*bytes.first()?).into(),
            2 => u16::from_be_bytes(*bytes.first_chunk()?).into(),
            4 => u32::from_be_bytes(*bytes.first_chunk()?).into(),
            width => bytes.get(..usize::from(width))?.iter().fold(0, |n, &b| n << 8 | u64::from(b)),
        };
        let number = (number & self.mask) >> self.shift;
        Some(if self.truth { u64::from(number != 0) } else { number })
    }
}

impl FieldRef {
    /// The rows it stands for, when all are numbers at fixed places.
    pub fn fixed_numbers(self) -> Option<Box<[FixedNumber]>> {
        let rows: Option<Box<[_]>> = self.fields().map(|(_, row)| FixedNumber::of(row)).collect();
        rows.filter(|rows| !rows.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use plaintap_packet::{Direction, LinkType, Nanos, Packet};

    use crate::{Decoder, Options, Value, registry};

    /// Both ways to read a field agree, whole headers or not.
    #[test]
    fn numbers_are_what_the_rows_say() {
        let mut frame = [0; 14 + 20 + 20];
        frame.iter_mut().enumerate().for_each(|(i, byte)| *byte = (i * 37) as u8 | 1);
        frame[12..16].copy_from_slice(&[8, 0, 0x45, 0]);
        frame[16..18].copy_from_slice(&[0, 40]);
        frame[20..24].copy_from_slice(&[0x40, 0, 64, 6]);
        frame[46] = 0x50;
        let mut compared = 0;
        for length in [frame.len(), 40, 30, 10] {
            let mut decoder = Decoder::new(Options { flows: false, reassemble: false, ..Options::default() });
            let packet = Packet {
                data: &frame[..length],
                time: Nanos(0),
                original_length: frame.len() as u32,
                link_type: LinkType::ETHERNET,
                interface: 0,
                direction: Direction::Unknown,
                process: None,
            };
            let decoded = decoder.decode(&packet, 1);
            for field in registry::all() {
                let Some(places) = field.fixed_numbers() else { continue };
                let mut slow = Vec::new();
                decoded.values(field, &mut |_, value| {
                    slow.push(match value {
                        Value::Bool(b) => b.into(),
                        Value::Unsigned(n) => n,
                        Value::Ip4(a) => u32::from_be_bytes(a).into(),
                        Value::Mac([a, b, c, d, e, f]) => u64::from_be_bytes([0, 0, a, b, c, d, e, f]),
                        other => panic!("{}: {other:?}", field.name()),
                    });
                });
                let layers = decoded.layers().iter().filter(|layer| layer.protocol == field.protocol());
                let fast: Vec<u64> = layers
                    .flat_map(|layer| places.iter().filter_map(move |place| place.read(&decoded, layer)))
                    .collect();
                assert_eq!(fast, slow, "{} of {length} bytes", field.name());
                compared += fast.len();
            }
        }
        assert!(compared > 60, "{compared} values compared");
    }
}
