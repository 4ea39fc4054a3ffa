//! Classic programs as eBPF, to run where the kernel takes no classic ones: on a cgroup.
//!
//! A `cgroup_skb` program sees packets from the network header on, so what is translated is compiled for
//! LINKTYPE_RAW. It may not use the packet loads that classic programs become on a socket (`may_access_skb` in
//! kernel/bpf/verifier.c allows them to socket filters and traffic control only), so each load is a call of
//! `bpf_skb_load_bytes`, which also finds bytes that are not in the linear part.

use super::error::Error;
use super::program::{Instruction, MEMORY_SLOTS, Program, code};
use super::vm::ancillary;

/// The longest way of an eBPF jump, in instructions.
const FARTHEST: usize = i16::MAX as usize;

/// The eBPF instructions, as `struct bpf_insn` in little-endian words, of a function that takes the context in r1 and
/// returns 1 for a packet that matches, else 0.
///
/// # Errors
/// If the program is so long that its jumps cannot be written.
pub fn translate(program: &Program) -> Result<Vec<u64>, Error> {
    let mut translator = Translator { words: Vec::new(), starts: Vec::new(), jumps: Vec::new() };
    translator.prologue(program);
    for (at, &instruction) in program.instructions().iter().enumerate() {
        translator.starts.push(translator.words.len());
        translator.instruction(instruction, at);
    }
    translator.finish()
}

/// Registers: the packet's context, A and X, which calls keep, and the frame pointer.
const CONTEXT: u8 = 6;
const A: u8 = 7;
const X: u8 = 8;
const FRAME: u8 = 10;
/// Scratch register, lost in calls.
const SCRATCH: u8 = 1;

/// The stack: M, and below it the loaded bytes.
const MEMORY: i16 = -64;
const LOADED: i16 = -72;

/// Opcodes, linux/bpf.h. ALU operations are those of 32 bits, which clear the upper half.
mod op {
    pub(super) const MOVE_CONSTANT: u8 = 0xb4;
    pub(super) const MOVE: u8 = 0xbc;
    pub(super) const MOVE_64: u8 = 0xbf;
    pub(super) const ADD_CONSTANT: u8 = 0x04;
    pub(super) const ADD_CONSTANT_64: u8 = 0x07;
    pub(super) const AND_CONSTANT: u8 = 0x54;
    pub(super) const SHIFT_LEFT_CONSTANT: u8 = 0x64;
    pub(super) const TO_BIG_ENDIAN: u8 = 0xdc;
    pub(super) const LOAD_WORD: u8 = 0x61;
    pub(super) const LOAD_HALF: u8 = 0x69;
    pub(super) const LOAD_BYTE: u8 = 0x71;
    pub(super) const STORE_WORD: u8 = 0x63;
    pub(super) const STORE_CONSTANT: u8 = 0x62;
    pub(super) const CALL: u8 = 0x85;
    pub(super) const EXIT: u8 = 0x95;
    pub(super) const JUMP: u8 = 0x05;
    pub(super) const JUMP_EQUAL: u8 = 0x15;
    pub(super) const JUMP_NOT_EQUAL: u8 = 0x55;
}

/// bpf_skb_load_bytes(skb, offset, to, length).
const SKB_LOAD_BYTES: i32 = 26;

/// Fields of `struct __sk_buff`.
mod sk_buff {
    pub(super) const LENGTH: i16 = 0;
    pub(super) const PACKET_TYPE: i16 = 4;
    pub(super) const PROTOCOL: i16 = 16;
    pub(super) const VLAN_PRESENT: i16 = 20;
    pub(super) const VLAN_TCI: i16 = 24;
    pub(super) const VLAN_PROTOCOL: i16 = 28;
    pub(super) const INTERFACE_INDEX: i16 = 40;
}

/// Where a jump leads.
#[derive(Clone, Copy)]
enum Target {
    /// The translation of that instruction.
    Instruction(usize),
    /// The end that rejects.
    Reject,
}

struct Translator {
    words: Vec<u64>,
    /// By classic instruction: where its translation begins.
    starts: Vec<usize>,
    /// Which words are jumps whose way is to be filled in.
    jumps: Vec<(usize, Target)>,
}

impl Translator {
    fn prologue(&mut self, program: &Program) {
        self.push(op::MOVE_64, CONTEXT, 1, 0, 0);
        self.push(op::MOVE_CONSTANT, A, 0, 0, 0);
        self.push(op::MOVE_CONSTANT, X, 0, 0, 0);
        // The verifier refuses reads of stack that nothing wrote, on any way.
        for slot in
            (0..MEMORY_SLOTS).filter(|&slot| program.instructions().iter().any(|i| loads_slot(*i, slot)))
        {
            self.push(op::STORE_CONSTANT, FRAME, 0, slot_offset(slot), 0);
        }
    }

    fn instruction(&mut self, instruction: Instruction, at: usize) {
        let Instruction { code, k, .. } = instruction;
        match code & code::CLASS {
            code::LOAD => self.load(code, k),
            code::LOAD_X => match code & 0xe0 {
                code::HEADER_LENGTH => {
                    self.packet_load(X, 1, |translator| translator.constant(2, k));
                    self.push(op::AND_CONSTANT, X, 0, 0, 0x0f);
                    self.push(op::SHIFT_LEFT_CONSTANT, X, 0, 0, 2);
                }
                code::LENGTH => self.push(op::LOAD_WORD, X, CONTEXT, sk_buff::LENGTH, 0),
                code::MEMORY => self.push(op::LOAD_WORD, X, FRAME, slot_offset(k as usize), 0),
                _ => self.constant(X, k),
            },
            code::STORE => self.push(op::STORE_WORD, FRAME, A, slot_offset(k as usize), 0),
            code::STORE_X => self.push(op::STORE_WORD, FRAME, X, slot_offset(k as usize), 0),
            code::ALU => self.alu(code, k),
            code::JUMP => self.jump(instruction, at),
            code::RETURN => {
                match code {
                    code::RETURN => self.push(op::MOVE_CONSTANT, 0, 0, 0, i32::from(k != 0)),
                    _ => {
                        self.jump_to(op::JUMP_EQUAL, A, 0, Target::Reject);
                        self.push(op::MOVE_CONSTANT, 0, 0, 0, 1);
                    }
                }
                self.push(op::EXIT, 0, 0, 0, 0);
            }
            _ if code == code::MOVE_A_TO_X => self.push(op::MOVE, X, A, 0, 0),
            _ => self.push(op::MOVE, A, X, 0, 0),
        }
    }

    fn load(&mut self, code: u16, k: u32) {
        let size = match code & 0x18 {
            code::HALF => 2,
            code::BYTE => 1,
            _ => 4,
        };
        match code & 0xe0 {
            code::ABSOLUTE if k >= ancillary::OFFSET => self.ancillary(k),
            code::ABSOLUTE => self.packet_load(A, size, |translator| translator.constant(2, k)),
            code::INDIRECT => self.packet_load(A, size, |translator| {
                translator.push(op::MOVE, 2, X, 0, 0);
                translator.push(op::ADD_CONSTANT, 2, 0, 0, k.cast_signed());
            }),
            code::LENGTH => self.push(op::LOAD_WORD, A, CONTEXT, sk_buff::LENGTH, 0),
            code::MEMORY => self.push(op::LOAD_WORD, A, FRAME, slot_offset(k as usize), 0),
            _ => self.constant(A, k),
        }
    }

    /// Loads bytes of the packet into a register; `offset` puts their offset into r2.
    fn packet_load(&mut self, to: u8, size: i32, offset: impl FnOnce(&mut Self)) {
        offset(self);
        self.push(op::MOVE_64, 1, CONTEXT, 0, 0);
        self.push(op::MOVE_64, 3, FRAME, 0, 0);
        self.push(op::ADD_CONSTANT_64, 3, 0, 0, i32::from(LOADED));
        self.push(op::MOVE_CONSTANT, 4, 0, 0, size);
        self.push(op::CALL, 0, 0, 0, SKB_LOAD_BYTES);
        self.jump_to(op::JUMP_NOT_EQUAL, 0, 0, Target::Reject);
        match size {
            1 => self.push(op::LOAD_BYTE, to, FRAME, LOADED, 0),
            2 => {
                self.push(op::LOAD_HALF, to, FRAME, LOADED, 0);
                self.push(op::TO_BIG_ENDIAN, to, 0, 0, 16);
            }
            _ => {
                self.push(op::LOAD_WORD, to, FRAME, LOADED, 0);
                self.push(op::TO_BIG_ENDIAN, to, 0, 0, 32);
            }
        }
    }

    fn ancillary(&mut self, k: u32) {
        let field = match k {
            ancillary::PROTOCOL => sk_buff::PROTOCOL,
            ancillary::PACKET_TYPE => sk_buff::PACKET_TYPE,
            ancillary::INTERFACE_INDEX => sk_buff::INTERFACE_INDEX,
            ancillary::VLAN_TAG => sk_buff::VLAN_TCI,
            ancillary::VLAN_TAG_PRESENT => sk_buff::VLAN_PRESENT,
            ancillary::VLAN_PROTOCOL => sk_buff::VLAN_PROTOCOL,
            _ => return self.jump_always(Target::Reject),
        };
        self.push(op::LOAD_WORD, A, CONTEXT, field, 0);
        if matches!(field, sk_buff::PROTOCOL | sk_buff::VLAN_PROTOCOL) {
            self.push(op::TO_BIG_ENDIAN, A, 0, 0, 16);
        }
    }

    fn alu(&mut self, code: u16, k: u32) {
        let operation = u8::try_from(code & 0xff).unwrap_or(0);
        if code & code::X == 0 {
            return self.push(operation, A, 0, 0, k.cast_signed());
        }
        // A classic division by 0 rejects the packet; an eBPF one results in 0.
        if matches!(code & 0xf0, code::DIVIDE | code::MODULO) {
            self.jump_to(op::JUMP_EQUAL, X, 0, Target::Reject);
        }
        self.push(operation, A, X, 0, 0);
    }

    fn jump(&mut self, instruction: Instruction, at: usize) {
        let Instruction { code, jt, jf, k } = instruction;
        let target = |skipped: usize| Target::Instruction((at + 1).saturating_add(skipped));
        if code == code::JUMP {
            return self.jump_always(target(k as usize));
        }
        let operation = u8::try_from(code & 0xf0 | code::JUMP).unwrap_or(0);
        let yes = target(usize::from(jt));
        if code & code::X != 0 {
            self.jump_to_register(operation, A, X, yes);
        } else if k.cast_signed() < 0 {
            // A constant operand would be extended with its sign to 64 bits.
            self.constant(SCRATCH, k);
            self.jump_to_register(operation, A, SCRATCH, yes);
        } else {
            self.jump_to(operation, A, k.cast_signed(), yes);
        }
        if jf != 0 {
            self.jump_always(target(usize::from(jf)));
        }
    }

    fn constant(&mut self, register: u8, k: u32) {
        self.push(op::MOVE_CONSTANT, register, 0, 0, k.cast_signed());
    }

    fn jump_always(&mut self, target: Target) {
        self.jumps.push((self.words.len(), target));
        self.push(op::JUMP, 0, 0, 0, 0);
    }

    fn jump_to(&mut self, operation: u8, register: u8, constant: i32, target: Target) {
        self.jumps.push((self.words.len(), target));
        self.push(operation, register, 0, 0, constant);
    }

    fn jump_to_register(&mut self, operation: u8, left: u8, right: u8, target: Target) {
        /// Compare with a register, BPF_X.
        const REGISTER: u8 = 0x08;
        self.jumps.push((self.words.len(), target));
        self.push(operation | REGISTER, left, right, 0, 0);
    }

    fn push(&mut self, operation: u8, to: u8, from: u8, offset: i16, constant: i32) {
        let registers = to | from << 4;
        let low = u32::from(operation) | u32::from(registers) << 8 | u32::from(offset.cast_unsigned()) << 16;
        self.words.push(u64::from(low) | u64::from(constant.cast_unsigned()) << 32);
    }

    fn finish(mut self) -> Result<Vec<u64>, Error> {
        let reject = self.words.len();
        if self.jumps.iter().any(|(_, target)| matches!(target, Target::Reject)) {
            self.push(op::MOVE_CONSTANT, 0, 0, 0, 0);
            self.push(op::EXIT, 0, 0, 0, 0);
        }
        for (at, target) in std::mem::take(&mut self.jumps) {
            let to = match target {
                Target::Instruction(instruction) => self.starts[instruction],
                Target::Reject => reject,
            };
            let way = u16::try_from(to - at - 1).ok().filter(|&way| usize::from(way) <= FARTHEST);
            let way =
                way.ok_or(Error::TooLarge { what: "eBPF instructions in one jump", maximum: FARTHEST })?;
            self.words[at] |= u64::from(way) << 16;
        }
        Ok(self.words)
    }
}

fn loads_slot(instruction: Instruction, slot: usize) -> bool {
    let loads = [code::LOAD | code::MEMORY, code::LOAD_X | code::MEMORY];
    loads.contains(&instruction.code) && instruction.k as usize == slot
}

fn slot_offset(slot: usize) -> i16 {
    MEMORY + 4 * i16::try_from(slot & (MEMORY_SLOTS - 1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_is_two_instructions_behind_the_prologue() {
        let program = Program::new(vec![Instruction::new(code::RETURN, 262_144)]).unwrap();
        let words = translate(&program).unwrap();
        assert_eq!(words[3..], [0x0000_0001_0000_00b4, 0x0000_0000_0000_0095]);
    }
}
