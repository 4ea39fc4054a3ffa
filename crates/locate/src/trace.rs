//! A symbolic execution of straight-line x86-64 code: where each value at the end comes from, in terms of the registers and
//! the memory at the start.

use iced_x86::{FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpKind};

use crate::elf::Elf;
use crate::xref::{self, STACK_POINTER};
use crate::{Expression, Register};

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// It can be computed from the state at the start.
    From(Expression),
    /// It is this number.
    Number(i64),
    /// It is the address of this vaddr, wherever the file is loaded.
    Static(u64),
}

impl Value {
    pub(crate) fn add(&self, displacement: i64) -> Option<Self> {
        match self {
            Self::From(expression) => {
                let mut expression = expression.clone();
                let last = expression.offsets.last_mut()?;
                *last = last.checked_add(i32::try_from(displacement).ok()?)?;
                Some(Self::From(expression))
            }
            Self::Number(number) => number.checked_add(displacement).map(Self::Number),
            Self::Static(vaddr) => vaddr.checked_add_signed(displacement).map(Self::Static),
        }
    }

    /// The 8 bytes at this address, as they were at the start.
    pub(crate) fn load(&self) -> Option<Self> {
        let Self::From(address) = self else { return None };
        let mut expression = address.clone();
        expression.offsets.push(0);
        (expression.offsets.len() <= Expression::MAX_OFFSETS).then_some(Self::From(expression))
    }
}

/// The values of registers and of memory that was written since the start.
pub(crate) struct Trace {
    registers: [Option<Value>; 16],
    writes: Vec<(Value, Option<Value>)>,
    info: InstructionInfoFactory,
}

impl Trace {
    /// At the start every value is its own.
    pub(crate) fn new() -> Self {
        let own = |register| Some(Value::From(Expression::path(register, &[0])));
        Self { registers: Register::X86_64.map(own), writes: Vec::new(), info: InstructionInfoFactory::new() }
    }

    /// The value of a register, by its number.
    pub(crate) fn register(&self, number: u8) -> Option<&Value> {
        self.registers.get(usize::from(number))?.as_ref()
    }

    /// The 8 bytes that the stack pointer points to.
    pub(crate) fn top_of_stack(&self) -> Option<Value> {
        self.loaded(self.register(STACK_POINTER)?)
    }

    /// Goes on to the next call whose target is not known, past calls of small functions; its instruction. `None` if the
    /// code goes elsewhere first.
    pub(crate) fn run_to_indirect_call(&mut self, elf: &Elf<'_>, start: u64) -> Option<Instruction> {
        const MAX_INSTRUCTIONS: usize = 32;
        for instruction in xref::decode(elf, start)?.into_iter().take(MAX_INSTRUCTIONS) {
            match instruction.flow_control() {
                FlowControl::Next => self.step(&instruction),
                // Checks of bounds, whose other end is a panic.
                FlowControl::ConditionalBranch => {}
                FlowControl::IndirectCall => return Some(instruction),
                FlowControl::Call => self.inline(elf, instruction.near_branch_target())?,
                _ => return None,
            }
        }
        None
    }

    /// Executes a function without calls, conditional branches not taken.
    fn inline(&mut self, elf: &Elf<'_>, function: u64) -> Option<()> {
        const MAX_INSTRUCTIONS: usize = 40;
        self.push(None);
        let mut decoder = xref::decode(elf, function)?;
        for _ in 0..MAX_INSTRUCTIONS {
            let instruction = decoder.can_decode().then(|| decoder.decode())?;
            match instruction.flow_control() {
                FlowControl::Next => self.step(&instruction),
                FlowControl::ConditionalBranch => {}
                FlowControl::UnconditionalBranch => {
                    decoder = xref::decode(elf, instruction.near_branch_target())?;
                }
                FlowControl::Return => {
                    self.move_stack(8);
                    return Some(());
                }
                _ => return None,
            }
        }
        None
    }

    /// Executes one instruction that is no branch.
    pub(crate) fn step(&mut self, instruction: &Instruction) {
        let destination = xref::number(instruction.op0_register());
        let operands = (instruction.op0_kind(), instruction.op1_kind());
        match (instruction.mnemonic(), operands, destination) {
            (Mnemonic::Mov, (OpKind::Register, _), Some(to)) => self.set(to, self.source(instruction, 1)),
            (Mnemonic::Mov, (OpKind::Memory, _), _) => {
                let value = self.source(instruction, 1);
                if let Some(address) = self.address(instruction) {
                    self.write(address, value);
                }
            }
            (Mnemonic::Lea, _, Some(to)) => self.set(to, self.address(instruction)),
            (Mnemonic::Push, ..) => self.push(self.source(instruction, 0)),
            (Mnemonic::Pop, _, Some(to)) => {
                let value = self.top_of_stack();
                self.move_stack(8);
                self.set(to, value);
            }
            (Mnemonic::Add | Mnemonic::Sub, (OpKind::Register, _), Some(to)) => {
                let number = instruction.try_immediate(1).ok().map(u64::cast_signed);
                let number = match instruction.mnemonic() {
                    Mnemonic::Sub => number.and_then(i64::checked_neg),
                    _ => number,
                };
                let value = number.and_then(|number| self.register(to)?.add(number));
                self.set(to, value);
            }
            (Mnemonic::Xor, (OpKind::Register, OpKind::Register), Some(to))
                if instruction.op0_register() == instruction.op1_register() =>
            {
                self.set(to, Some(Value::Number(0)));
            }
            _ => self.forget(instruction),
        }
    }

    fn forget(&mut self, instruction: &Instruction) {
        let written = xref::written(&mut self.info, instruction);
        for (number, value) in self.registers.iter_mut().enumerate() {
            if written >> number & 1 == 1 {
                *value = None;
            }
        }
    }

    fn set(&mut self, register: u8, value: Option<Value>) {
        if let Some(place) = self.registers.get_mut(usize::from(register)) {
            *place = value;
        }
    }

    /// The value of an operand that is read.
    fn source(&self, instruction: &Instruction, operand: u32) -> Option<Value> {
        match instruction.op_kind(operand) {
            OpKind::Register => {
                let register = instruction.op_register(operand);
                let value = self.register(xref::number(register)?)?;
                // Half a register is no address.
                (register.size() == 8 || matches!(value, Value::Number(_))).then(|| value.clone())
            }
            OpKind::Memory if instruction.memory_size().size() == 8 => {
                self.loaded(&self.address(instruction)?)
            }
            OpKind::Memory => None,
            _ => instruction.try_immediate(operand).ok().map(|number| Value::Number(number.cast_signed())),
        }
    }

    /// The address of the memory operand.
    fn address(&self, instruction: &Instruction) -> Option<Value> {
        if instruction.is_ip_rel_memory_operand() {
            return Some(Value::Static(instruction.ip_rel_memory_address()));
        }
        let indexed = instruction.memory_index() != iced_x86::Register::None;
        let base = self.register(xref::number(instruction.memory_base()).filter(|_| !indexed)?)?;
        base.add(instruction.memory_displacement64().cast_signed())
    }

    /// The 8 bytes at an address: what was written there, or what was there at the start.
    fn loaded(&self, address: &Value) -> Option<Value> {
        match self.writes.iter().find(|(place, _)| place == address) {
            Some((_, value)) => value.clone(),
            None => address.load(),
        }
    }

    fn write(&mut self, address: Value, value: Option<Value>) {
        self.writes.retain(|(place, _)| *place != address);
        self.writes.push((address, value));
    }

    fn push(&mut self, value: Option<Value>) {
        self.move_stack(-8);
        if let Some(top) = self.register(STACK_POINTER).cloned() {
            self.write(top, value);
        }
    }

    fn move_stack(&mut self, distance: i64) {
        let moved = self.register(STACK_POINTER).and_then(|stack| stack.add(distance));
        self.set(STACK_POINTER, moved);
    }
}
