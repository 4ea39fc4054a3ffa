//! Code that loads the address of a string, and where the string goes from there. For x86-64; aarch64's is in a module of its own.

use std::ops::Range;

use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind,
};
use memchr::memmem;

use crate::aarch64;
use crate::elf::{Elf, Machine, Segment};

/// Bound for damaged files; the largest TLS users have some 40.
pub(crate) const MAX_REFERENCES: usize = 1024;

/// A set of general registers, one bit for each by its number in the encoding.
pub(crate) type RegisterSet = u32;

/// The first argument on x86-64.
pub(crate) const RDI: RegisterSet = 1 << 7;

/// The second argument, which labels come in.
pub(crate) fn second_argument(machine: Machine) -> RegisterSet {
    1 << machine.arguments()[1].number()
}

/// The number of rsp.
pub(crate) const STACK_POINTER: u8 = 4;

/// An instruction that loads the address of a string.
pub(crate) struct Reference {
    /// vaddr of the instruction.
    pub(crate) address: u64,
    /// Its index in the list of strings asked for.
    pub(crate) string: usize,
    /// vaddr of the next instruction.
    pub(crate) next: u64,
    pub(crate) register: u8,
}

/// A call or jump that leaves straight-line code.
pub(crate) struct Call {
    /// vaddr of the instruction.
    pub(crate) address: u64,
    pub(crate) target: Target,
    /// The registers that hold the string's address.
    pub(crate) registers: RegisterSet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// vaddr of the code.
    Code(u64),
    /// vaddr of a slot that holds the address of the code.
    Slot(u64),
}

/// All references to `strings`, their vaddrs in ascending order.
///
/// A raw scan of the executable bytes: no disassembly is needed to see `lea reg, [rip+disp32]`, and in files with a fixed
/// address `mov reg, imm32`. A match inside other instructions is as unlikely as 32 random bits being right.
pub(crate) fn references(elf: &Elf<'_>, strings: &[u64]) -> Vec<Reference> {
    if elf.machine == Machine::Aarch64 {
        return aarch64::xref::references(elf, strings);
    }
    let mut found = Vec::new();
    for segment in elf.loads.iter().filter(|segment| segment.executable()) {
        found.extend(rip_relative_leas(segment, strings).take(MAX_REFERENCES));
        if elf.fixed {
            for string in 0..strings.len() {
                found.extend(immediates(segment.data, segment.vaddr, strings, string).take(MAX_REFERENCES));
            }
        }
    }
    found.sort_by_key(|reference| reference.address);
    found.truncate(MAX_REFERENCES);
    found
}

/// Length of `lea r64, [rip+disp32]`.
const LEA: usize = 7;
/// Bytes that are looked through at once: enough for the compiler to compare many at a time.
const BLOCK: usize = 64;
/// Bytes of code that have the reach to the strings worked out once.
const STRETCH: usize = 64 << 10;

/// The `lea r64, [rip+disp32]` of a segment that load the address of a string.
///
/// Code is full of such instructions, so the upper half of the displacement is compared before anything is computed.
fn rip_relative_leas(segment: &Segment<'_>, strings: &[u64]) -> impl Iterator<Item = Reference> {
    let (code, vaddr) = (segment.data, segment.vaddr);
    (0..code.len()).step_by(STRETCH).flat_map(move |start| {
        let end = code.len().min(start + STRETCH);
        let reach = Reach::of(vaddr.wrapping_add(start as u64)..vaddr.wrapping_add(end as u64), strings);
        let blocks = (start..end)
            .step_by(BLOCK)
            .filter(move |&at| reach.is_some_and(|reach| reach.may_hold(code, at)));
        blocks.flat_map(move |at| {
            (at..end.min(at + BLOCK)).filter_map(move |at| rip_relative_lea(code, vaddr, at, strings))
        })
    })
}

/// What the two highest bytes of a displacement can be, that leads from a stretch of code to a string.
#[derive(Clone, Copy)]
struct Reach {
    highest: Span,
    second: Span,
}

/// This many bytes more from the lowest on, round from 255 to 0.
#[derive(Clone, Copy)]
struct Span {
    lowest: u8,
    more: u8,
}

impl Span {
    /// 0 if the byte is in it.
    fn distance(self, byte: u8) -> u8 {
        byte.wrapping_sub(self.lowest).saturating_sub(self.more)
    }
}

impl Reach {
    /// `None` if no displacement leads there.
    fn of(code: Range<u64>, strings: &[u64]) -> Option<Self> {
        let (first, last) = (i128::from(*strings.first()?), i128::from(*strings.last()?));
        // A displacement counts from behind the instruction.
        let nearest = first - i128::from(code.end) - LEA as i128;
        let farthest = last - i128::from(code.start);
        let (low, high) = (nearest.max(i32::MIN.into()), farthest.min(i32::MAX.into()));
        let [low, high] = [i32::try_from(low).ok()? >> 16, i32::try_from(high).ok()? >> 16];
        let span = |low: i32, high: i32| Span { lowest: low as u8, more: (high - low) as u8 };
        let second = if low >> 8 == high >> 8 { span(low, high) } else { span(0, 255) };
        (low <= high).then(|| Self { highest: span(low >> 8, high >> 8), second })
    }

    /// Whether such an instruction may start in the block at `at`. Its prefix is left to a closer look.
    fn may_hold(self, code: &[u8], at: usize) -> bool {
        let Some(bytes) = code.get(at..).and_then(<[u8]>::first_chunk::<{ BLOCK + LEA - 1 }>) else {
            // At the end of the code each byte is looked at.
            return true;
        };
        let mut least = u8::MAX;
        for i in 0..BLOCK {
            let opcode = bytes[i + 1] ^ 0x8d;
            let modrm = (bytes[i + 2] & 0xc7) ^ 0x05;
            let far = self.second.distance(bytes[i + 5]) | self.highest.distance(bytes[i + 6]);
            least = least.min(opcode | modrm | far);
        }
        least == 0
    }
}

/// `48|4c 8d /r` with mod 00 and rm 101, that is `lea r64, [rip+disp32]`.
fn rip_relative_lea(code: &[u8], vaddr: u64, at: usize, strings: &[u64]) -> Option<Reference> {
    let &[rex, 0x8d, modrm, a, b, c, d] = code.get(at..)?.first_chunk::<LEA>()? else { return None };
    if rex & 0xfb != 0x48 || modrm & 0xc7 != 0x05 {
        return None;
    }
    let next = vaddr.wrapping_add((at + LEA) as u64);
    let target = next.wrapping_add_signed(i32::from_le_bytes([a, b, c, d]).into());
    let string = strings.binary_search(&target).ok()?;
    Some(Reference {
        address: next.wrapping_sub(LEA as u64),
        string,
        next,
        register: (modrm >> 3 & 7) | (rex & 4) << 1,
    })
}

/// `mov r32, imm32` (`[41] b8+r`) and `mov r64, simm32` (`48|49 c7 c0+r`) of one string's address.
fn immediates(code: &[u8], vaddr: u64, strings: &[u64], string: usize) -> impl Iterator<Item = Reference> {
    let needle = u32::try_from(strings[string]).ok().map(u32::to_le_bytes);
    let found: Vec<_> = needle
        .map(|needle| memmem::find_iter(code, &needle).take(MAX_REFERENCES).collect())
        .unwrap_or_default();
    found.into_iter().filter_map(move |at| {
        let before = |n: usize| at.checked_sub(n).map_or(0, |i| code[i]);
        let (length, register) = match (before(3), before(2), before(1)) {
            (rex @ (0x48 | 0x49), 0xc7, modrm @ 0xc0..=0xc7) => (7, (modrm & 7) | (rex & 1) << 3),
            (_, 0x41, opcode @ 0xb8..=0xbf) => (6, (opcode & 7) | 8),
            (_, _, opcode @ 0xb8..=0xbf) => (5, opcode & 7),
            _ => return None,
        };
        let next = vaddr.wrapping_add(at as u64 + 4);
        Some(Reference { address: next.wrapping_sub(length), string, next, register })
    })
}

/// How far a string is followed.
pub(crate) const MAX_INSTRUCTIONS: usize = 40;

/// The first call (or jump, which may be a tail call) after a reference, if the string is still in a register there.
pub(crate) fn follow(elf: &Elf<'_>, reference: &Reference) -> Option<Call> {
    if elf.machine == Machine::Aarch64 {
        return aarch64::xref::follow(elf, reference);
    }
    let mut registers: RegisterSet = 1 << reference.register;
    let mut info = InstructionInfoFactory::new();
    for instruction in decode(elf, reference.next)?.into_iter().take(MAX_INSTRUCTIONS) {
        match instruction.flow_control() {
            FlowControl::Next => {}
            FlowControl::ConditionalBranch => continue,
            _ => return Some(Call { address: instruction.ip(), target: target(&instruction)?, registers }),
        }
        if let Some((to, from)) = register_move(&instruction) {
            let copied = registers >> from & 1;
            registers = registers & !(1 << to) | copied << to;
        } else {
            registers &= !written(&mut info, &instruction);
        }
        if registers == 0 {
            return None;
        }
    }
    None
}

/// A decoder of the code at `vaddr`, `None` if there is none.
pub(crate) fn decode<'a>(elf: &Elf<'a>, vaddr: u64) -> Option<Decoder<'a>> {
    Some(Decoder::with_ip(64, elf.code(vaddr)?, vaddr, DecoderOptions::NONE))
}

/// The instructions from the start of the function around `inside`, or from there if the file does not tell functions
/// apart, up to `end`.
pub(crate) fn function_until<'a>(
    elf: &Elf<'a>,
    inside: u64,
    end: u64,
) -> impl Iterator<Item = Instruction> + use<'a> {
    /// Bound for damaged files, and for functions that cannot be a TLS library's.
    const MAX_INSTRUCTIONS: usize = 20_000;
    let start = elf.function_bounds(inside).map_or(inside, |bounds| bounds.0);
    let code = decode(elf, start).into_iter().flatten();
    code.take(MAX_INSTRUCTIONS).take_while(move |instruction| instruction.ip() < end)
}

/// Where a call or jump goes, if the instruction says so.
pub(crate) fn target(instruction: &Instruction) -> Option<Target> {
    match instruction.flow_control() {
        FlowControl::Call | FlowControl::UnconditionalBranch => {
            Some(Target::Code(instruction.near_branch_target()))
        }
        FlowControl::IndirectCall | FlowControl::IndirectBranch if instruction.is_ip_rel_memory_operand() => {
            Some(Target::Slot(instruction.ip_rel_memory_address()))
        }
        _ => None,
    }
}

/// The function of this file that a call ends up in: through the procedure linkage table and the slot it jumps
/// to, `None` if that is another file's.
pub(crate) fn resolve(elf: &Elf<'_>, target: Target) -> Option<u64> {
    let function = match target {
        Target::Slot(slot) => elf.slot_target(slot)?,
        Target::Code(address) if elf.machine == Machine::Aarch64 => match aarch64::xref::slot(elf, address) {
            Some(slot) => elf.slot_target(slot)?,
            None => address,
        },
        Target::Code(address) => {
            let stub = decode(elf, address)?.into_iter().find(|i| i.mnemonic() != Mnemonic::Endbr64)?;
            match (stub.flow_control(), self::target(&stub)) {
                (FlowControl::IndirectBranch, Some(Target::Slot(slot))) => elf.slot_target(slot)?,
                _ => address,
            }
        }
    };
    elf.code(function).map(|_| function)
}

/// Numbers of the destination and the source of `mov` between general registers.
pub(crate) fn register_move(instruction: &Instruction) -> Option<(u8, u8)> {
    if instruction.mnemonic() != Mnemonic::Mov || instruction.op1_kind() != OpKind::Register {
        return None;
    }
    Some((number(instruction.op0_register())?, number(instruction.op1_register())?))
}

/// The general registers that an instruction writes, or may write.
pub(crate) fn written(info: &mut InstructionInfoFactory, instruction: &Instruction) -> RegisterSet {
    let used = info.info(instruction).used_registers();
    let writes = used.iter().filter(|used| {
        matches!(
            used.access(),
            OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite
        )
    });
    writes.filter_map(|used| number(used.register())).fold(0, |set, register| set | 1 << register)
}

/// The number of a general register of any width.
pub(crate) fn number(register: iced_x86::Register) -> Option<u8> {
    register.is_gpr().then(|| register.full_register().number() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same search by the definition, byte for byte.
    fn slowly(code: &[u8], vaddr: u64, strings: &[u64]) -> Vec<u64> {
        let all = (0..code.len()).filter_map(|at| rip_relative_lea(code, vaddr, at, strings));
        all.map(|reference| reference.address).collect()
    }

    #[test]
    fn blocks_hide_no_instruction() {
        // Near the code's end, at borders of blocks and stretches, forwards, backwards and far away.
        let vaddr = 0x7000_0000;
        let mut code = vec![0x8d; 3 * STRETCH + 100];
        let strings = [0x1000_0010, vaddr + 5, vaddr + 0x10_0000, vaddr + 0x0fff_0000];
        let mut expected = Vec::new();
        for (number, at) in
            [0, 57, 60, 63, 128, 1000, STRETCH - 3, 2 * STRETCH, 3 * STRETCH + 40, code.len() - LEA]
                .into_iter()
                .enumerate()
        {
            let next = vaddr + (at + LEA) as u64;
            let displacement = strings[number % 4].wrapping_sub(next) as i32;
            let rex = if number % 2 == 0 { 0x48 } else { 0x4c };
            code[at..at + 3].copy_from_slice(&[rex, 0x8d, 0x05 | (number as u8 & 7) << 3]);
            code[at + 3..at + LEA].copy_from_slice(&displacement.to_le_bytes());
            expected.push(vaddr + at as u64);
        }
        // The one at 57 is overwritten by that at 60, and that by the one at 63.
        let segment = Segment::of_code(vaddr, &code);
        let found: Vec<u64> = rip_relative_leas(&segment, &strings).map(|found| found.address).collect();
        assert_eq!(found, slowly(&code, vaddr, &strings));
        expected.retain(|address| ![vaddr + 57, vaddr + 60].contains(address));
        assert_eq!(found, expected);
        assert_eq!(rip_relative_leas(&segment, &[1 << 40]).count(), 0, "out of reach");
    }
}
