//! eBPF instructions as text, in the kernel's notation (kernel/bpf/disasm.c).

use std::fmt;

/// A line for each instruction. The words are `struct bpf_insn`, little-endian.
pub struct EbpfListing<'a>(pub &'a [u64]);

/// The helpers that translated filters call (enum bpf_func_id).
const HELPERS: &[(i32, &str)] = &[(26, "bpf_skb_load_bytes")];

/// BPF_OP of arithmetic, by its number; negation and byte order are written otherwise.
const ARITHMETIC: [&str; 14] =
    ["+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "", "%=", "^=", "=", "s>>=", ""];

/// BPF_OP of jumps, by its number; those without a comparison are empty.
const COMPARISONS: [&str; 14] = ["", "==", ">", ">=", "&", "!=", "s>", "s>=", "", "", "<", "<=", "s<", "s<="];

impl fmt::Display for EbpfListing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, &word) in self.0.iter().enumerate() {
            writeln!(f, "{at:4}: ({:02x}) {}", word as u8, Instruction::from_word(word))?;
        }
        Ok(())
    }
}

struct Instruction {
    code: u8,
    to: u8,
    from: u8,
    offset: i16,
    constant: i32,
}

impl Instruction {
    fn from_word(word: u64) -> Self {
        Self {
            code: word as u8,
            to: (word >> 8) as u8 & 15,
            from: (word >> 12) as u8 & 15,
            offset: ((word >> 16) as u16).cast_signed(),
            constant: ((word >> 32) as u32).cast_signed(),
        }
    }

    /// The number of bits that a load or store moves.
    fn width(&self) -> u8 {
        match self.code & 0x18 {
            0x00 => 32,
            0x08 => 16,
            0x10 => 8,
            _ => 64,
        }
    }

    fn arithmetic(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 32-bit operations work on the lower halves, which have names of their own.
        let half = if self.code & 7 == 4 { 'w' } else { 'r' };
        let Self { to, from, constant, .. } = *self;
        let sign = ARITHMETIC[usize::from(self.code >> 4).min(13)];
        match (self.code >> 4, self.code & 8 != 0) {
            (0xd, true) => write!(f, "r{to} = be{constant} r{to}"),
            (0xd, false) => write!(f, "r{to} = le{constant} r{to}"),
            (0x8, _) => write!(f, "{half}{to} = -{half}{to}"),
            (_, true) => write!(f, "{half}{to} {sign} {half}{from}"),
            (_, false) => write!(f, "{half}{to} {sign} {constant}"),
        }
    }

    fn jump(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = if self.code & 7 == 6 { 'w' } else { 'r' };
        let Self { to, from, offset, constant, .. } = *self;
        let sign = COMPARISONS[usize::from(self.code >> 4).min(13)];
        match (self.code >> 4, self.code & 8 != 0) {
            (0x0, _) => write!(f, "goto pc{offset:+}"),
            (0x8, _) => match HELPERS.iter().find(|(number, _)| *number == constant) {
                Some((_, name)) => write!(f, "call {name}#{constant}"),
                None => write!(f, "call #{constant}"),
            },
            (0x9, _) => f.write_str("exit"),
            (_, true) => write!(f, "if {half}{to} {sign} {half}{from} goto pc{offset:+}"),
            (_, false) => write!(f, "if {half}{to} {sign} {constant:#x} goto pc{offset:+}"),
        }
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { to, from, offset, constant, .. } = *self;
        let width = self.width();
        match self.code & 7 {
            0 => write!(f, "r{to} = {constant:#x}"),
            1 => write!(f, "r{to} = *(u{width} *)(r{from} {offset:+})"),
            2 => write!(f, "*(u{width} *)(r{to} {offset:+}) = {constant}"),
            3 => write!(f, "*(u{width} *)(r{to} {offset:+}) = r{from}"),
            4 | 7 => self.arithmetic(f),
            _ => self.jump(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_read_as_the_kernel_prints_them() {
        for (word, text) in [
            (0x0000_0000_0000_16bf, "   0: (bf) r6 = r1\n"),
            (0x0000_0001_0000_00b4, "   0: (b4) w0 = 1\n"),
            (0x0000_0000_0004_6761, "   0: (61) r7 = *(u32 *)(r6 +4)\n"),
            (0x0000_0000_ffc0_7a63, "   0: (63) *(u32 *)(r10 -64) = r7\n"),
            (0x0000_0010_0000_07dc, "   0: (dc) r7 = be16 r7\n"),
            (0x0000_001a_0000_0085, "   0: (85) call bpf_skb_load_bytes#26\n"),
            (0x0000_0006_0003_0755, "   0: (55) if r7 != 0x6 goto pc+3\n"),
            (0x0000_0000_0002_0005, "   0: (05) goto pc+2\n"),
            (0x0000_0000_0000_0095, "   0: (95) exit\n"),
        ] {
            assert_eq!(EbpfListing(&[word]).to_string(), text);
        }
    }
}
