//! The calls in a function whose targets its code names, and what stands in the registers of their arguments.

use iced_x86::{FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpKind};

use crate::Register;
use crate::aarch64::{self, Step};
use crate::elf::{Elf, Machine};
use crate::xref::{self, RegisterSet, Target};

/// Arguments that are told.
const ARGUMENTS: usize = 6;
/// Bound for damaged files; the functions that are looked at have some thousands.
const MAX_INSTRUCTIONS: usize = 20_000;

/// A call, or a jump out of the function that stands for one.
pub(crate) struct DirectCall {
    pub(crate) target: Target,
    pub(crate) arguments: [Argument; ARGUMENTS],
}

impl DirectCall {
    /// Whether the code sets the third and the fourth argument.
    pub(crate) fn has_four_arguments(&self) -> bool {
        self.arguments[2..4].iter().all(|argument| *argument != Argument::Untouched)
    }
}

/// What the code since the call before does to the register of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// Nothing, so the call has no such argument (or it is the function's own).
    Untouched,
    Number(i64),
    Computed,
}

/// The calls of the function at `function`, in the order of the code.
pub(crate) fn direct_calls(elf: &Elf<'_>, function: u64) -> Vec<DirectCall> {
    match elf.machine {
        Machine::X86_64 => of_x86_64(elf, function),
        Machine::Aarch64 => of_aarch64(elf, function),
    }
}

/// The arguments as they are now.
struct State {
    /// Numbers of the registers.
    registers: [u8; ARGUMENTS],
    arguments: [Argument; ARGUMENTS],
}

impl State {
    fn new(machine: Machine) -> Self {
        let registers = machine.arguments().map(Register::number);
        Self { registers, arguments: [Argument::Untouched; ARGUMENTS] }
    }

    fn set(&mut self, register: u8, argument: Argument) {
        for (known, place) in self.registers.iter().zip(&mut self.arguments) {
            if *known == register {
                *place = argument;
            }
        }
    }

    fn compute(&mut self, registers: RegisterSet) {
        for (register, place) in self.registers.iter().zip(&mut self.arguments) {
            if registers >> register & 1 == 1 {
                *place = Argument::Computed;
            }
        }
    }

    fn call(&mut self, target: Target) -> DirectCall {
        DirectCall { target, arguments: self.take() }
    }

    fn take(&mut self) -> [Argument; ARGUMENTS] {
        std::mem::replace(&mut self.arguments, [Argument::Untouched; ARGUMENTS])
    }
}

fn of_x86_64(elf: &Elf<'_>, function: u64) -> Vec<DirectCall> {
    let mut state = State::new(elf.machine);
    let bounds = elf.function_bounds(function);
    let end = bounds.map_or(u64::MAX, |bounds| bounds.1);
    let mut info = InstructionInfoFactory::new();
    let mut calls = Vec::new();
    for instruction in xref::function_until(elf, function, end).take(MAX_INSTRUCTIONS) {
        let target = xref::target(&instruction);
        match (instruction.flow_control(), target) {
            (FlowControl::Call | FlowControl::IndirectCall, Some(target)) => calls.push(state.call(target)),
            (FlowControl::IndirectCall, None) => _ = state.take(),
            (FlowControl::UnconditionalBranch, Some(target))
                if !(function..end).contains(&instruction.near_branch_target()) =>
            {
                calls.push(state.call(target));
                if bounds.is_none() {
                    break;
                }
            }
            (FlowControl::IndirectBranch, Some(target)) => calls.push(state.call(target)),
            (FlowControl::Return, _) if bounds.is_none() => break,
            _ => match number(&instruction).zip(xref::number(instruction.op0_register())) {
                Some((number, register)) => state.set(register, Argument::Number(number)),
                None => state.compute(xref::written(&mut info, &instruction)),
            },
        }
    }
    calls
}

/// The number that an instruction puts into its first operand, a register.
fn number(instruction: &Instruction) -> Option<i64> {
    match (instruction.mnemonic(), instruction.op0_kind(), instruction.op1_kind()) {
        (Mnemonic::Xor, OpKind::Register, OpKind::Register)
            if instruction.op0_register() == instruction.op1_register() =>
        {
            Some(0)
        }
        (Mnemonic::Mov, OpKind::Register, _) => instruction.try_immediate(1).ok().map(u64::cast_signed),
        _ => None,
    }
}

fn of_aarch64(elf: &Elf<'_>, function: u64) -> Vec<DirectCall> {
    let mut state = State::new(elf.machine);
    let bounds = elf.function_bounds(function);
    let end = bounds.map_or(u64::MAX, |bounds| bounds.1);
    let mut calls = Vec::new();
    let code = aarch64::decode(elf, function).take_while(|instruction| instruction.address < end);
    for instruction in code.take(MAX_INSTRUCTIONS) {
        match instruction.step {
            Step::Call(target) => calls.push(state.call(Target::Code(target))),
            Step::IndirectCall => _ = state.take(),
            Step::Jump(target) if !(function..end).contains(&target) => {
                calls.push(state.call(Target::Code(target)));
                if bounds.is_none() {
                    break;
                }
            }
            Step::Stop if bounds.is_none() => break,
            Step::Number { to, number } => state.set(to, Argument::Number(number)),
            step => state.compute(step.written()),
        }
    }
    calls
}
