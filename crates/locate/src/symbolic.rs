//! Where a function reads the client random: a small symbolic execution.
//!
//! `ssl_log_secret(ssl, label, secret, length)` writes the 32 bytes of ClientHello.random as hexadecimal. Where they
//! are differs by version, and by build options, but the code always shows it: it copies 32 bytes, or reads byte after
//! byte, from an address that is an offset from `ssl` or from a pointer in it.

use std::collections::{HashSet, VecDeque};

use iced_x86::{FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpKind};

use crate::aarch64;
use crate::elf::{Elf, Machine};
use crate::xref::{self, RegisterSet, Target};
use crate::{Expression, Register};

const RAX: u8 = 0;
const RDX: u8 = 2;
const RCX: u8 = 1;
const RSP: u8 = 4;
const RBP: u8 = 5;
const RSI: u8 = 6;
const RDI: u8 = 7;
const R8: u8 = 8;
/// System V AMD64 ABI §3.2.1: rax, rcx, rdx, rsi, rdi, r8 to r11.
const CALLER_SAVED: RegisterSet = 0b0000_1111_1100_0111;
pub(crate) const RANDOM_SIZE: i64 = 32;

pub(crate) const MAX_INSTRUCTIONS: usize = 600;
pub(crate) const MAX_BLOCKS: usize = 60;

/// What the addresses in question are offsets from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The first argument of the function.
    Argument,
    /// What the first call in it returns.
    Result,
}

/// Where `function` reads the client random, from its first argument.
pub(crate) fn client_random(elf: &Elf<'_>, function: u64) -> Option<Expression> {
    let address = reads(elf, function, Origin::Argument).best()?;
    Some(address.expression(elf.machine.arguments()[0]))
}

/// The first 32 bytes that `function` copies from what its first call returns, as an expression of a register that has the
/// same pointer; `None` if there are no others.
pub(crate) fn first_of_two_copies(elf: &Elf<'_>, function: u64, pointer: Register) -> Option<Expression> {
    Some(reads(elf, function, Origin::Result).first_of_two()?.expression(pointer))
}

fn reads(elf: &Elf<'_>, function: u64, origin: Origin) -> Reads {
    if elf.machine == Machine::Aarch64 {
        return aarch64::symbolic::reads(elf, function, origin);
    }
    let mut walk = Walk {
        elf,
        info: InstructionInfoFactory::new(),
        seen: HashSet::new(),
        blocks: VecDeque::new(),
        reads: Reads::default(),
        awaits_result: origin == Origin::Result,
    };
    let mut entry = State::default();
    if origin == Origin::Argument {
        entry.set(RDI, Some(ORIGIN));
    }
    walk.blocks.push_back((function, entry));
    for _ in 0..MAX_BLOCKS {
        let Some((start, state)) = walk.blocks.pop_front() else { break };
        walk.block(start, state);
    }
    walk.reads
}

/// The pointer that all is relative to.
pub(crate) const ORIGIN: Value = Value::Address(Address { load: None, offset: 0 });

/// An address that depends on one pointer only: `pointer + offset`, or `*(pointer + load) + offset`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    pub(crate) load: Option<i32>,
    pub(crate) offset: i32,
}

impl Address {
    pub(crate) fn add(self, displacement: i64) -> Option<Self> {
        let offset = self.offset.checked_add(i32::try_from(displacement).ok()?)?;
        Some(Self { offset, ..self })
    }

    fn expression(self, pointer: Register) -> Expression {
        match self.load {
            Some(load) => Expression::path(pointer, &[load, self.offset]),
            None => Expression::path(pointer, &[self.offset]),
        }
    }

    /// Whether a field of a structure can be there.
    fn plausible(self) -> bool {
        let field = 8..0x1_0000;
        field.contains(&self.offset) && self.load.is_none_or(|load| (0..field.end).contains(&load))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    Address(Address),
    Number(i64),
}

impl Value {
    pub(crate) fn add(self, displacement: i64) -> Option<Self> {
        match self {
            Self::Address(address) => address.add(displacement).map(Self::Address),
            Self::Number(number) => number.checked_add(displacement).map(Self::Number),
        }
    }
}

/// What is known before an instruction.
#[derive(Clone, Default)]
pub(crate) struct State {
    registers: [Option<Value>; 32],
    /// Spilled values by frame register and displacement.
    spills: Vec<((u8, i64), Value)>,
}

impl State {
    pub(crate) fn get(&self, register: u8) -> Option<Value> {
        self.registers[usize::from(register)]
    }

    pub(crate) fn address(&self, register: u8) -> Option<Address> {
        match self.get(register)? {
            Value::Address(address) => Some(address),
            Value::Number(_) => None,
        }
    }

    pub(crate) fn set(&mut self, register: u8, value: Option<Value>) {
        self.registers[usize::from(register)] = value;
    }

    pub(crate) fn forget(&mut self, registers: RegisterSet) {
        for (number, value) in self.registers.iter_mut().enumerate() {
            if registers >> number & 1 == 1 {
                *value = None;
            }
        }
        self.spills.retain(|((frame, _), _)| registers >> frame & 1 == 0);
    }

    pub(crate) fn spill(&mut self, place: (u8, i64), value: Option<Value>) {
        self.spills.retain(|(spilled, _)| *spilled != place);
        self.spills.extend(value.map(|value| (place, value)));
    }

    pub(crate) fn spilled(&self, place: (u8, i64)) -> Option<Value> {
        self.spills.iter().find(|(spilled, _)| *spilled == place).map(|(_, value)| *value)
    }

    fn is_frame(&self, register: u8) -> bool {
        register == RSP || register == RBP && self.get(RBP).is_none()
    }
}

/// A memory operand of the form `[base + index * scale + displacement]`.
#[derive(Clone, Copy)]
struct Memory {
    base: Option<u8>,
    index: Option<u8>,
    scale: u32,
    displacement: i64,
}

impl Memory {
    fn of(instruction: &Instruction) -> Self {
        Self {
            base: xref::number(instruction.memory_base()),
            index: xref::number(instruction.memory_index()),
            scale: instruction.memory_index_scale(),
            displacement: instruction.memory_displacement64().cast_signed(),
        }
    }

    /// The place on the stack frame, if it is one.
    fn frame(self, state: &State) -> Option<(u8, i64)> {
        let base = self.base.filter(|&base| self.index.is_none() && state.is_frame(base))?;
        Some((base, self.displacement))
    }
}

/// The reads that could be of the client random, with their weight.
#[derive(Default)]
pub(crate) struct Reads {
    weights: Vec<(Address, u32)>,
    pub(crate) halves: Vec<Address>,
}

impl Reads {
    pub(crate) const COPY_OF_32: u32 = 4;
    pub(crate) const BYTE: u32 = 2;
    pub(crate) const TWO_HALVES: u32 = 1;

    pub(crate) fn add(&mut self, address: Address, weight: u32) {
        if !address.plausible() {
            return;
        }
        match self.weights.iter_mut().find(|(known, _)| *known == address) {
            Some((_, sum)) => *sum += weight,
            None => self.weights.push((address, weight)),
        }
    }

    /// The first of two different places of which 32 bytes are copied, in the order of the code.
    fn first_of_two(&self) -> Option<Address> {
        let copied = self.weights.iter().filter(|&&(_, weight)| weight >= Self::COPY_OF_32);
        let copied: Vec<Address> = copied.map(|&(address, _)| address).collect();
        let is_whole = |low: &&Address| low.add(16).is_some_and(|high| self.halves.contains(&high));
        let halves: Vec<Address> = self.halves.iter().filter(is_whole).copied().collect();
        [copied, halves].into_iter().find_map(|places| {
            let &first = places.first()?;
            let other = |place: &Address| place.offset.abs_diff(first.offset) >= RANDOM_SIZE as u32;
            (first.plausible() && places.iter().any(other)).then_some(first)
        })
    }

    /// The heaviest, and of equals the first in memory: a loop that is unrolled reads after it.
    ///
    /// A 16-byte load counts when the next 16 bytes are loaded too: a memcpy that became two moves.
    pub(crate) fn best(mut self) -> Option<Address> {
        let halves = std::mem::take(&mut self.halves);
        for &low in &halves {
            if low.add(16).is_some_and(|high| halves.contains(&high)) {
                self.add(low, Self::TWO_HALVES);
            }
        }
        let most = self.weights.iter().map(|&(_, weight)| weight).max()?;
        self.weights.iter().filter(|&&(_, weight)| weight == most).map(|&(address, _)| address).min()
    }
}

/// Every block of the function once, each with the state in which it was first reached.
struct Walk<'a> {
    elf: &'a Elf<'a>,
    info: InstructionInfoFactory,
    seen: HashSet<u64>,
    blocks: VecDeque<(u64, State)>,
    reads: Reads,
    /// The next call returns the pointer.
    awaits_result: bool,
}

impl Walk<'_> {
    fn block(&mut self, start: u64, mut state: State) {
        let Some(decoder) = xref::decode(self.elf, start) else { return };
        for instruction in decoder {
            if self.seen.len() == MAX_INSTRUCTIONS || !self.seen.insert(instruction.ip()) {
                return;
            }
            match instruction.flow_control() {
                FlowControl::Next => self.step(&instruction, &mut state),
                FlowControl::Call | FlowControl::IndirectCall => {
                    self.arguments(&state);
                    state.forget(CALLER_SAVED);
                    if std::mem::take(&mut self.awaits_result) {
                        state.set(RAX, Some(ORIGIN));
                    }
                }
                FlowControl::ConditionalBranch => {
                    self.blocks.push_back((instruction.near_branch_target(), state.clone()));
                }
                FlowControl::UnconditionalBranch | FlowControl::IndirectBranch => {
                    self.arguments(&state);
                    if let Some(Target::Code(next)) = xref::target(&instruction) {
                        self.blocks.push_back((next, state));
                    }
                    return;
                }
                _ => return,
            }
        }
    }

    /// A call with a pointer and then the number 32 is memcpy, a hexadecimal encoder, CBB_add_bytes…
    fn arguments(&mut self, state: &State) {
        for (pointer, length) in [(RDI, RSI), (RSI, RDX), (RDX, RCX), (RCX, R8)] {
            if let Some(address) = state.address(pointer)
                && state.get(length) == Some(Value::Number(RANDOM_SIZE))
            {
                self.reads.add(address, Reads::COPY_OF_32);
            }
        }
    }

    fn step(&mut self, instruction: &Instruction, state: &mut State) {
        let operands = (instruction.op_count(), instruction.op0_kind(), instruction.op1_kind());
        let destination = xref::number(instruction.op0_register());
        if let (2, OpKind::Register, OpKind::Memory) = operands {
            self.load(instruction, state);
        }
        match (instruction.mnemonic(), operands, destination) {
            (Mnemonic::Mov, (_, OpKind::Register, _), Some(destination)) if destination != RSP => {
                let value = moved(instruction, state);
                state.set(destination, value);
            }
            (Mnemonic::Mov, (_, OpKind::Memory, _), _) => {
                if let Some(place) = Memory::of(instruction).frame(state) {
                    let value = moved(instruction, state);
                    state.spill(place, value);
                }
            }
            (Mnemonic::Lea, _, Some(destination)) if destination != RSP => {
                let memory = Memory::of(instruction);
                let base =
                    memory.base.filter(|_| memory.index.is_none()).and_then(|base| state.address(base));
                let value = base.and_then(|base| base.add(memory.displacement)).map(Value::Address);
                state.set(destination, value);
            }
            (Mnemonic::Xor, (_, OpKind::Register, OpKind::Register), Some(destination))
                if instruction.op0_register() == instruction.op1_register() =>
            {
                state.set(destination, Some(Value::Number(0)));
            }
            (Mnemonic::Add | Mnemonic::Sub | Mnemonic::Inc | Mnemonic::Dec, _, Some(destination))
                if destination != RSP =>
            {
                let value = added(instruction, state, destination);
                state.set(destination, value);
            }
            _ => state.forget(xref::written(&mut self.info, instruction)),
        }
    }

    /// Notes a load of one byte, of 16 bytes, or of 32.
    fn load(&mut self, instruction: &Instruction, state: &State) {
        let memory = Memory::of(instruction);
        let at = |register: Option<u8>| state.address(register?)?.add(memory.displacement);
        let address = at(memory.base).or_else(|| at(memory.index.filter(|_| memory.scale == 1)));
        let Some(address) = address else { return };
        match (instruction.memory_size().size(), instruction.mnemonic()) {
            (1, Mnemonic::Mov | Mnemonic::Movzx | Mnemonic::Movsx) => self.reads.add(address, Reads::BYTE),
            (16, _) => self.reads.halves.push(address),
            (32, _) => self.reads.halves.extend([Some(address), address.add(16)].into_iter().flatten()),
            _ => {}
        }
    }
}

/// The value that a `mov` moves, if it is known.
fn moved(instruction: &Instruction, state: &State) -> Option<Value> {
    match instruction.op1_kind() {
        OpKind::Register => {
            let source = instruction.op1_register();
            let value = state.get(xref::number(source)?)?;
            // Half a register is no address.
            (source.size() == 8 || matches!(value, Value::Number(_))).then_some(value)
        }
        OpKind::Memory => {
            let memory = Memory::of(instruction);
            if let Some(place) = memory.frame(state) {
                return state.spilled(place);
            }
            let base = state.address(memory.base.filter(|_| memory.index.is_none())?)?;
            let loads = instruction.memory_size().size() == 8 && base.load.is_none();
            let load = base.add(memory.displacement)?.offset;
            loads.then_some(Value::Address(Address { load: Some(load), offset: 0 }))
        }
        _ => instruction.try_immediate(1).ok().map(|number| Value::Number(number.cast_signed())),
    }
}

/// The sum of a register and a constant. An address that moves on by 1 or 2 is in a loop: it stays, as the loop starts there.
fn added(instruction: &Instruction, state: &State, destination: u8) -> Option<Value> {
    let value = state.get(destination)?;
    let number = match instruction.mnemonic() {
        Mnemonic::Inc => 1,
        Mnemonic::Dec => -1,
        mnemonic => {
            let number = instruction.try_immediate(1).ok()?.cast_signed();
            if mnemonic == Mnemonic::Add { number } else { number.checked_neg()? }
        }
    };
    match value {
        Value::Address(_) if matches!(number, 1 | 2) => Some(value),
        value => value.add(number),
    }
}
