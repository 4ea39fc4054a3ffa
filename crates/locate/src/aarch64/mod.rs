//! The aarch64 instructions that passing a pointer on takes, decoded from the Arm Architecture Reference Manual (chapter C4, "A64
//! Instruction Set Encoding"). Of all others only the registers that they write are told.

pub(crate) mod symbolic;
pub(crate) mod trace;
pub(crate) mod xref;

use crate::elf::Elf;
use crate::xref::RegisterSet;

/// Number of the stack pointer, or in other places of the zero register.
pub(crate) const SP: u8 = 31;

/// Procedure Call Standard for the Arm 64-bit Architecture §6.1.1: x0 to x18 and the link register.
pub(crate) const CALLER_SAVED: RegisterSet = 0x4007_ffff;

/// An instruction and its vaddr.
pub(crate) struct Instruction {
    pub(crate) address: u64,
    pub(crate) step: Step,
}

/// What an instruction does. Registers are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// `to = vaddr` (adr, adrp).
    Address {
        to: u8,
        vaddr: u64,
    },
    /// `to = from + number` of 64 bits.
    Add {
        to: u8,
        from: u8,
        number: i64,
    },
    /// `to = from`; the lower half only unless `whole`.
    Copy {
        to: u8,
        from: u8,
        whole: bool,
    },
    /// `to = number`
    Number {
        to: u8,
        number: i64,
    },
    /// Reads memory.
    Load(Access),
    /// Writes memory.
    Store(Access),
    /// Goes there or on.
    Branch {
        target: u64,
        tests: Option<Test>,
    },
    Call(u64),
    Jump(u64),
    IndirectCall,
    /// Returns, jumps to a place in a register, or traps.
    Stop,
    /// Anything else.
    Other {
        written: RegisterSet,
    },
}

/// What decides a branch, if it is the register itself: it is taken if the register, or its lowest bit, is zero or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Test {
    pub(crate) register: u8,
    pub(crate) zero: bool,
}

/// A load or store at `base + offset`, or at `base + index`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    /// The general registers that are loaded or stored; none for vectors.
    pub(crate) registers: [Option<u8>; 2],
    pub(crate) base: u8,
    pub(crate) index: Option<u8>,
    pub(crate) offset: i64,
    /// Bytes, of both registers of a pair.
    pub(crate) size: u32,
    /// How far the base moves on.
    pub(crate) moves: i64,
}

impl Step {
    /// The general registers that it writes, those that a call leaves to its callee not counted.
    pub(crate) fn written(&self) -> RegisterSet {
        match *self {
            Self::Address { to, .. }
            | Self::Add { to, .. }
            | Self::Copy { to, .. }
            | Self::Number { to, .. } => set(to),
            Self::Load(access) => {
                access.registers.into_iter().flatten().fold(0, |all, register| all | set(register))
            }
            Self::Other { written } => written,
            Self::Store(_)
            | Self::Branch { .. }
            | Self::Call(_)
            | Self::Jump(_)
            | Self::IndirectCall
            | Self::Stop => 0,
        }
    }
}

/// The code at `vaddr`, nothing if there is none.
pub(crate) fn decode<'a>(elf: &Elf<'a>, vaddr: u64) -> impl Iterator<Item = Instruction> + use<'a> {
    let code = elf.code(vaddr).unwrap_or_default();
    code.as_chunks().0.iter().zip(0..).map(move |(word, index): (_, u64)| {
        let address = vaddr.wrapping_add(index * 4);
        Instruction { address, step: step(u32::from_le_bytes(*word), address) }
    })
}

/// Decodes one instruction.
pub(crate) fn step(word: u32, address: u64) -> Step {
    let is = |mask: u32, value: u32| word & mask == value;
    let (d, n) = (register(word, 0), register(word, 5));
    let to = |offset: i64| address.wrapping_add_signed(offset);
    if is(0x1f00_0000, 0x1000_0000) {
        let immediate = signed(bits(word, 5, 19) << 2 | bits(word, 29, 2), 21);
        let vaddr = match is(0x8000_0000, 0) {
            true => to(immediate),
            false => (address & !0xfff).wrapping_add_signed(immediate << 12),
        };
        return Step::Address { to: d, vaddr };
    }
    if is(0xbf80_0000, 0x9100_0000) {
        let number = i64::from(bits(word, 10, 12)) << (12 * bits(word, 22, 1));
        let number = if is(0x4000_0000, 0) { number } else { -number };
        return Step::Add { to: d, from: n, number };
    }
    if is(0x7fe0_ffe0, 0x2a00_03e0) {
        return Step::Copy { to: d, from: register(word, 16), whole: !is(0x8000_0000, 0) };
    }
    if is(0x7f80_0000, 0x5280_0000) {
        let number = i64::from(bits(word, 5, 16)) << (16 * bits(word, 21, 2));
        return Step::Number { to: d, number };
    }
    if is(0x0a00_0000, 0x0800_0000) {
        return access(word);
    }
    branch(word, address).unwrap_or_else(|| Step::Other { written: written(word) })
}

fn branch(word: u32, address: u64) -> Option<Step> {
    let is = |mask: u32, value: u32| word & mask == value;
    let to = |field: u32, width: u32| address.wrapping_add_signed(signed(field, width) * 4);
    Some(match () {
        () if is(0xfc00_0000, 0x1400_0000) => Step::Jump(to(bits(word, 0, 26), 26)),
        () if is(0xfc00_0000, 0x9400_0000) => Step::Call(to(bits(word, 0, 26), 26)),
        // b.cond
        () if is(0xff00_0010, 0x5400_0000) => Step::Branch { target: to(bits(word, 5, 19), 19), tests: None },
        // cbz and cbnz
        () if is(0x7e00_0000, 0x3400_0000) => {
            Step::Branch { target: to(bits(word, 5, 19), 19), tests: Some(test(word)) }
        }
        // tbz, tbnz
        () if is(0x7e00_0000, 0x3600_0000) => {
            let lowest = bits(word, 19, 5) == 0 && is(0x8000_0000, 0);
            Step::Branch { target: to(bits(word, 5, 14), 14), tests: lowest.then(|| test(word)) }
        }
        // blr, also with pointer authentication; then br, ret
        () if is(0xfee0_0000, 0xd620_0000) => Step::IndirectCall,
        () if is(0xfe00_0000, 0xd600_0000) => Step::Stop,
        // brk, udf
        () if is(0xffe0_001f, 0xd420_0000) || is(0xffff_0000, 0) => Step::Stop,
        () => return None,
    })
}

/// Of cbz, cbnz, tbz and tbnz.
fn test(word: u32) -> Test {
    Test { register: register(word, 0), zero: bits(word, 24, 1) == 0 }
}

/// Loads and stores: register with immediate or register offset, and pairs. Others only write registers.
fn access(word: u32) -> Step {
    let is = |mask: u32, value: u32| word & mask == value;
    let (t, base) = (register(word, 0), register(word, 5));
    let vector = !is(0x0400_0000, 0);
    let general = |register| (!vector).then_some(register);
    if is(0x3a00_0000, 0x2800_0000) {
        let opc = bits(word, 30, 2);
        let scale = if vector { 2 + opc } else { 2 + opc / 2 };
        let immediate = signed(bits(word, 15, 7), 7) << scale;
        let (offset, moves) = match bits(word, 23, 2) {
            1 => (0, immediate),
            3 => (immediate, immediate),
            _ => (immediate, 0),
        };
        let registers = [general(t), general(register(word, 10))];
        let access = Access { registers, base, index: None, offset, size: 2 << scale, moves };
        return if is(1 << 22, 0) { Step::Store(access) } else { Step::Load(access) };
    }
    let (size, opc) = (bits(word, 30, 2), bits(word, 22, 2));
    let scale = if vector && opc & 2 != 0 { 4 } else { size };
    let single =
        Access { registers: [general(t), None], base, index: None, offset: 0, size: 1 << scale, moves: 0 };
    let short = signed(bits(word, 12, 9), 9);
    let access = match () {
        () if is(0x3b00_0000, 0x3900_0000) => {
            Access { offset: i64::from(bits(word, 10, 12)) << scale, ..single }
        }
        () if is(0x3b20_0c00, 0x3800_0400) => Access { moves: short, ..single },
        () if is(0x3b20_0c00, 0x3800_0c00) => Access { offset: short, moves: short, ..single },
        () if is(0x3b20_0400, 0x3800_0000) => Access { offset: short, ..single },
        () if is(0x3b20_0c00, 0x3820_0800) => Access { index: Some(register(word, 16)), ..single },
        () if vector => return Step::Other { written: 0 },
        // Literals, exclusive and atomic accesses.
        () => return Step::Other { written: set(t) | set(register(word, 16)) },
    };
    let load = if vector { opc & 1 == 1 } else { opc != 0 };
    if load { Step::Load(access) } else { Step::Store(access) }
}

/// The register that an instruction of no other kind writes.
fn written(word: u32) -> RegisterSet {
    let is = |mask: u32, value: u32| word & mask == value;
    let d = set(register(word, 0));
    match () {
        // Conditional comparisons have flags there.
        () if is(0x1fe0_0000, 0x1a40_0000) => 0,
        // Data processing, with an immediate or with registers.
        () if is(0x1c00_0000, 0x1000_0000) || is(0x0e00_0000, 0x0a00_0000) => d,
        // mrs
        () if is(0xfff0_0000, 0xd530_0000) => d,
        // From vector registers: conversions and fmov, umov.
        () if is(0x7f20_fc00, 0x1e20_0000) || is(0xbfe0_fc00, 0x0e00_3c00) => d,
        () => 0,
    }
}

/// Nothing for number 31, which is the zero register where results go.
fn set(register: u8) -> RegisterSet {
    if register == SP { 0 } else { 1 << register }
}

fn register(word: u32, at: u32) -> u8 {
    bits(word, at, 5) as u8
}

fn bits(word: u32, at: u32, width: u32) -> u32 {
    word >> at & ((1 << width) - 1)
}

fn signed(value: u32, width: u32) -> i64 {
    let unused = 64 - width;
    (i64::from(value) << unused) >> unused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_as_the_assembler_has_them() {
        let load = |registers, base, offset, size| {
            Step::Load(Access { registers, base, index: None, offset, size, moves: 0 })
        };
        let at = 0x1_0000;
        for (word, expected) in [
            (0x9000_0001, Step::Address { to: 1, vaddr: at }),
            (0x1000_0081, Step::Address { to: 1, vaddr: at + 16 }),
            (0x9106_201b, Step::Add { to: 27, from: 0, number: 0x188 }),
            (0xd100_83ff, Step::Add { to: 31, from: 31, number: -32 }),
            (0xaa01_03f3, Step::Copy { to: 19, from: 1, whole: true }),
            (0x2a03_03e4, Step::Copy { to: 4, from: 3, whole: false }),
            (0x5280_0404, Step::Number { to: 4, number: 32 }),
            (0xf940_1800, load([Some(0), None], 0, 0x30, 8)),
            (0x3940_0108, load([Some(8), None], 8, 0, 1)),
            (0xad40_0400, load([None, None], 0, 0, 32)),
            (0x3dc0_0c01, load([None, None], 0, 0x30, 16)),
            (0x9400_0004, Step::Call(at + 16)),
            (0x17ff_fffc, Step::Jump(at - 16)),
            (0x5400_0040, Step::Branch { target: at + 8, tests: None }),
            (0xb400_0060, Step::Branch { target: at + 12, tests: Some(Test { register: 0, zero: true }) }),
            (0x3500_0063, Step::Branch { target: at + 12, tests: Some(Test { register: 3, zero: false }) }),
            (0x3600_0080, Step::Branch { target: at + 16, tests: Some(Test { register: 0, zero: true }) }),
            (0x3608_0080, Step::Branch { target: at + 16, tests: None }),
            (0xd63f_02e0, Step::IndirectCall),
            (0xd65f_03c0, Step::Stop),
            (0xd503_233f, Step::Other { written: 0 }),
            (0xeb01_001f, Step::Other { written: 0 }),
            (0x8b01_0002, Step::Other { written: 4 }),
        ] {
            assert_eq!(step(word, at), expected, "{word:#010x}");
        }
        let Step::Store(push) = step(0xa9bd_7bfd, at) else { panic!("stp x29, x30, [sp, #-48]!") };
        assert_eq!(
            (push.registers, push.base, push.offset, push.moves),
            ([Some(29), Some(30)], SP, -48, -48)
        );
        let Step::Load(next) = step(0x3840_1408, at) else { panic!("ldrb w8, [x0], #1") };
        assert_eq!((next.base, next.offset, next.size, next.moves), (0, 0, 1, 1));
        let Step::Load(indexed) = step(0x3868_6809, at) else { panic!("ldrb w9, [x0, x8]") };
        assert_eq!((indexed.base, indexed.index), (0, Some(8)));
    }
}
