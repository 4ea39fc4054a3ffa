//! Straight-line aarch64 code, executed symbolically: as on x86-64, with other instructions.

use super::{Access, CALLER_SAVED, Instruction, SP, Step, decode};
use crate::elf::Elf;
use crate::trace::Value;
use crate::{Expression, Register};

/// The values of registers and of memory that was written since the start.
pub(crate) struct Trace {
    registers: [Option<Value>; 32],
    writes: Vec<(Value, Option<Value>)>,
}

impl Trace {
    /// At the start every value is its own.
    pub(crate) fn new() -> Self {
        let own = |number: usize| Some(Value::From(Expression::path(Register::X(number as u8), &[0])));
        Self { registers: std::array::from_fn(own), writes: Vec::new() }
    }

    /// The value of a register, by its number.
    pub(crate) fn register(&self, number: u8) -> Option<&Value> {
        self.registers.get(usize::from(number))?.as_ref()
    }

    /// Goes on to the next call whose target is not known, past calls of small functions; its vaddr. `None` if the code goes
    /// elsewhere first.
    pub(crate) fn run_to_indirect_call(&mut self, elf: &Elf<'_>, start: u64) -> Option<u64> {
        const MAX_INSTRUCTIONS: usize = 40;
        for Instruction { address, step } in decode(elf, start).take(MAX_INSTRUCTIONS) {
            match step {
                // Checks of bounds, whose other end is a panic.
                Step::Branch { .. } => {}
                Step::IndirectCall => return Some(address),
                Step::Call(function) => self.inline(elf, function)?,
                Step::Jump(_) | Step::Stop => return None,
                step => self.step(step),
            }
        }
        None
    }

    /// Executes a function without calls, conditional branches not taken.
    fn inline(&mut self, elf: &Elf<'_>, function: u64) -> Option<()> {
        const MAX_INSTRUCTIONS: usize = 40;
        let mut left = MAX_INSTRUCTIONS;
        let mut start = function;
        'jumped: loop {
            for Instruction { step, .. } in decode(elf, start) {
                left = left.checked_sub(1)?;
                match step {
                    Step::Branch { .. } => {}
                    Step::Stop => return Some(()),
                    Step::Jump(target) => {
                        start = target;
                        continue 'jumped;
                    }
                    Step::Call(_) | Step::IndirectCall => return None,
                    step => self.step(step),
                }
            }
            return None;
        }
    }

    /// Executes one instruction that is no branch.
    pub(crate) fn step(&mut self, step: Step) {
        match step {
            Step::Address { to, vaddr } => self.set(to, Some(Value::Static(vaddr))),
            Step::Number { to, number } => self.set(to, Some(Value::Number(number))),
            Step::Add { to, from, number } => {
                let value = self.register(from).and_then(|value| value.add(number));
                // Number 31 is the stack pointer here.
                self.registers[usize::from(to)] = value;
            }
            Step::Copy { to, from, whole } => {
                // Half a register is no address.
                let value = self.register(from).cloned();
                self.set(to, value.filter(|value| whole || matches!(value, Value::Number(_))));
            }
            Step::Load(access) => self.load(&access),
            Step::Store(access) => self.store(&access),
            Step::Other { written } => self.forget(written),
            Step::Call(_) | Step::IndirectCall => self.forget(CALLER_SAVED),
            Step::Branch { .. } | Step::Jump(_) | Step::Stop => {}
        }
    }

    fn load(&mut self, access: &Access) {
        for (register, address) in self.places(access) {
            let value = address.and_then(|address| self.loaded(&address));
            self.set(register, value);
        }
        self.move_base(access);
    }

    fn store(&mut self, access: &Access) {
        for (register, address) in self.places(access) {
            // Number 31 is the zero register here.
            let value =
                if register == SP { Some(Value::Number(0)) } else { self.register(register).cloned() };
            if let Some(address) = address {
                self.writes.retain(|(place, _)| *place != address);
                self.writes.push((address, value));
            }
        }
        self.move_base(access);
    }

    /// The general registers of an access, each with the address of its 8 bytes; without one if it has fewer.
    fn places(&self, access: &Access) -> Vec<(u8, Option<Value>)> {
        let pair = access.registers[1].is_some();
        let width = if pair { access.size / 2 } else { access.size };
        let base = self.register(access.base).filter(|_| access.index.is_none() && width == 8);
        let registers = access.registers.into_iter().zip([0, i64::from(width)]);
        let places = registers.filter_map(|(register, distance)| {
            Some((register?, base.and_then(|base| base.add(access.offset.checked_add(distance)?))))
        });
        places.collect()
    }

    fn move_base(&mut self, access: &Access) {
        if access.moves != 0 {
            let moved = self.register(access.base).and_then(|base| base.add(access.moves));
            self.registers[usize::from(access.base)] = moved;
        }
    }

    /// The 8 bytes at an address: what was written there, or what was there at the start.
    fn loaded(&self, address: &Value) -> Option<Value> {
        match self.writes.iter().find(|(place, _)| place == address) {
            Some((_, value)) => value.clone(),
            None => address.load(),
        }
    }

    fn forget(&mut self, registers: u32) {
        for (number, value) in self.registers.iter_mut().enumerate() {
            if registers >> number & 1 == 1 {
                *value = None;
            }
        }
    }

    /// Number 31 is the zero register where results go.
    fn set(&mut self, register: u8, value: Option<Value>) {
        if register != SP {
            self.registers[usize::from(register)] = value;
        }
    }
}
