//! A copy of the memory that a process's registers reached when it passed a hook.

use std::hint::black_box;

use plaintap_linux::bpf::Window;
use plaintap_locate::{Expression, Field, Length, Register};
use plaintap_packet::Nanos;

/// See the module.
pub(super) struct Image {
    pub(super) tid: u32,
    pub(super) time: Nanos,
    registers: Vec<(Register, u64)>,
    pieces: Vec<Piece>,
}

/// Contiguous bytes of it. Wiped when dropped: there are secrets among them.
pub(super) struct Piece {
    address: u64,
    pub(super) bytes: Vec<u8>,
    /// What leads to the first byte.
    way: Expression,
}

impl Image {
    /// Nothing yet of the hit that this window is of.
    pub(super) const fn new(window: &Window<'_>) -> Self {
        Self { tid: window.tid, time: window.time, registers: Vec::new(), pieces: Vec::new() }
    }

    pub(super) fn is_of(&self, window: &Window<'_>) -> bool {
        (self.tid, self.time) == (window.tid, window.time)
    }

    pub(super) fn add(&mut self, window: &Window<'_>) {
        self.registers.extend(window.registers());
        if let Some(way) = window.expression(0) {
            self.pieces.push(Piece { address: window.address, bytes: window.bytes.to_vec(), way });
        }
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The registers whose low 32 bits, which is what lengths have, are this.
    pub(super) fn registers_of(&self, value: u32) -> impl Iterator<Item = Register> {
        let same = self.registers.iter().filter(move |(_, known)| *known as u32 == value);
        same.map(|(register, _)| *register)
    }

    /// What the probe program would read for this field. `None` where the memory was not copied.
    pub(super) fn read(&self, field: &Field) -> Option<&[u8]> {
        match field {
            Field::Constant(text) => Some(text.as_bytes()),
            Field::ObjectValue { .. } => None,
            Field::Memory { address, length } => {
                let bytes = self.from(self.value(address)?)?;
                let length = match length {
                    Length::Nul => bytes.iter().position(|&byte| byte == 0)?,
                    length => self.length(length)?,
                };
                bytes.get(..length)
            }
        }
    }

    /// The length of a field, as the probe program would read it.
    pub(super) fn length(&self, length: &Length) -> Option<usize> {
        match length {
            Length::Constant(length) => Some(*length as usize),
            Length::Value(value) => Some(self.value(value)? as u32 as usize),
            Length::Nul => None,
        }
    }

    fn value(&self, expression: &Expression) -> Option<u64> {
        let (_, start) = self.registers.iter().find(|(known, _)| *known == expression.register)?;
        let Some((&last, loads)) = expression.offsets.split_last() else { return Some(*start) };
        let mut value = *start;
        for &offset in loads {
            let word = self.from(value.wrapping_add_signed(offset.into()))?.first_chunk()?;
            value = u64::from_ne_bytes(*word);
        }
        Some(value.wrapping_add_signed(last.into()))
    }

    /// The copied bytes from an address on.
    fn from(&self, address: u64) -> Option<&[u8]> {
        let behind = self.pieces.iter().filter_map(|piece| {
            piece.bytes.get(usize::try_from(address.checked_sub(piece.address)?).ok()?..)
        });
        behind.max_by_key(|bytes| bytes.len())
    }
}

impl Piece {
    /// What leads to one of its bytes.
    pub(super) fn way(&self, place: usize) -> Option<Expression> {
        let mut way = self.way.clone();
        let last = way.offsets.last_mut()?;
        *last = last.checked_add(i32::try_from(place).ok()?)?;
        Some(way)
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.bytes.fill(0);
        // Keeps the compiler from leaving out a write that nobody reads.
        black_box(&mut self.bytes);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A hit with this memory behind registers, one page apart.
    pub(in super::super) fn image(memory: &[(Register, &[u8])], values: &[(Register, u64)]) -> Image {
        let (mut registers, mut pieces) = (values.to_vec(), Vec::new());
        for (address, (register, bytes)) in (0x1000..).step_by(0x1000).zip(memory) {
            registers.push((*register, address));
            let way = Expression::path(*register, &[0]);
            pieces.push(Piece { address, bytes: bytes.to_vec(), way });
        }
        Image { tid: 1, time: Nanos(1), registers, pieces }
    }

    #[test]
    fn fields_are_read_as_the_probe_program_does() {
        let pointer = 0x1010u64.to_ne_bytes();
        let memory: &[(Register, &[u8])] =
            &[(Register::Rdi, b"0123456789abcdefLABEL\0behind"), (Register::Rsi, &pointer)];
        let image = image(memory, &[(Register::Rcx, 0xffff_ffff_0000_0005)]);
        let field = |register, offsets: &[i32], length| Field::Memory {
            address: Expression::path(register, offsets),
            length,
        };
        let counted = Length::Value(Expression::register(Register::Rcx));
        for (field, expected) in [
            (field(Register::Rsi, &[0, 0], Length::Nul), Some(&b"LABEL"[..])),
            (field(Register::Rdi, &[16], counted), Some(b"LABEL")),
            (field(Register::Rdi, &[1], Length::Constant(3)), Some(b"123")),
            (field(Register::Rdi, &[16], Length::Constant(64)), None),
            (field(Register::Rdi, &[-1], Length::Constant(1)), None),
            (field(Register::R8, &[0], Length::Constant(1)), None),
            (Field::Constant("EXPORTER_SECRET"), Some(b"EXPORTER_SECRET")),
        ] {
            assert_eq!(image.read(&field), expected, "{field}");
        }
        assert!(image.registers_of(5).eq([Register::Rcx]));
        assert_eq!(image.pieces()[0].way(16).unwrap().to_string(), "rdi+0x10");
    }
}
