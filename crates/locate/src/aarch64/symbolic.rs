//! Where an aarch64 function reads the client random: as on x86-64, with other instructions.

use std::collections::{HashSet, VecDeque};

use super::{Access, CALLER_SAVED, Instruction, SP, Step, decode};
use crate::elf::Elf;
use crate::symbolic::{
    Address, MAX_BLOCKS, MAX_INSTRUCTIONS, ORIGIN, Origin, RANDOM_SIZE, Reads, State, Value,
};

/// What `function` reads, from its first argument or from what its first call returns.
pub(crate) fn reads(elf: &Elf<'_>, function: u64, origin: Origin) -> Reads {
    let mut walk = Walk {
        elf,
        seen: HashSet::new(),
        blocks: VecDeque::new(),
        reads: Reads::default(),
        awaits_result: origin == Origin::Result,
    };
    let mut entry = State::default();
    if origin == Origin::Argument {
        entry.set(0, Some(ORIGIN));
    }
    walk.blocks.push_back((function, entry));
    for _ in 0..MAX_BLOCKS {
        let Some((start, state)) = walk.blocks.pop_front() else { break };
        walk.block(start, state);
    }
    walk.reads
}

/// Every block of the function once, each with the state in which it was first reached.
struct Walk<'a> {
    elf: &'a Elf<'a>,
    seen: HashSet<u64>,
    blocks: VecDeque<(u64, State)>,
    reads: Reads,
    /// The next call returns the pointer.
    awaits_result: bool,
}

impl Walk<'_> {
    fn block(&mut self, start: u64, mut state: State) {
        for Instruction { address, step } in decode(self.elf, start) {
            if self.seen.len() == MAX_INSTRUCTIONS || !self.seen.insert(address) {
                return;
            }
            match step {
                Step::Branch { target, .. } => self.blocks.push_back((target, state.clone())),
                Step::Call(_) | Step::IndirectCall => {
                    self.arguments(&state);
                    state.forget(CALLER_SAVED);
                    if std::mem::take(&mut self.awaits_result) {
                        state.set(0, Some(ORIGIN));
                    }
                }
                Step::Jump(target) => {
                    self.arguments(&state);
                    self.blocks.push_back((target, state));
                    return;
                }
                Step::Stop => return,
                Step::Address { to, .. } => state.set(to, None),
                Step::Number { to, number } => state.set(to, Some(Value::Number(number))),
                Step::Copy { to, from, whole } => {
                    let value = state.get(from).filter(|value| whole || matches!(value, Value::Number(_)));
                    state.set(to, value);
                }
                Step::Add { to, from, number } => add(&mut state, to, from, number),
                Step::Load(access) => self.load(&access, &mut state),
                Step::Store(access) => store(&access, &mut state),
                Step::Other { written } => state.forget(written),
            }
        }
    }

    /// A call with a pointer and then the number 32 is memcpy, a hexadecimal encoder, CBB_add_bytes…
    fn arguments(&mut self, state: &State) {
        for pointer in 0..4 {
            if let Some(address) = state.address(pointer)
                && state.get(pointer + 1) == Some(Value::Number(RANDOM_SIZE))
            {
                self.reads.add(address, Reads::COPY_OF_32);
            }
        }
    }

    fn load(&mut self, access: &Access, state: &mut State) {
        let base = state.address(access.base).and_then(|base| base.add(access.offset));
        let address = base.or_else(|| state.address(access.index?));
        match (address, access.size, access.registers) {
            (Some(address), 1, [Some(_), _]) => self.reads.add(address, Reads::BYTE),
            (Some(address), 16, [None, None]) => self.reads.halves.push(address),
            (Some(address), 32, [None, None]) => {
                self.reads.halves.extend([Some(address), address.add(16)].into_iter().flatten());
            }
            _ => {}
        }
        let values = loaded(access, base, state);
        for (register, value) in access.registers.into_iter().zip(values) {
            if let Some(register) = register.filter(|&register| register != SP) {
                state.set(register, value);
            }
        }
        move_base(access, state);
    }
}

/// An address that moves on by 1 or 2 is in a loop: it stays, as the loop starts there.
fn add(state: &mut State, to: u8, from: u8, number: i64) {
    if to == SP {
        return state.forget(1 << SP);
    }
    let value = match state.get(from) {
        Some(value @ Value::Address(_)) if to == from && matches!(number, 1 | 2) => Some(value),
        Some(value) => value.add(number),
        None => None,
    };
    state.set(to, value);
}

/// The values that a load puts into its registers: spilled ones, or pointers of the argument.
fn loaded(access: &Access, base: Option<Address>, state: &State) -> [Option<Value>; 2] {
    if access.index.is_some() {
        return [None; 2];
    }
    let pair = access.registers[1].is_some();
    let width = if pair { access.size / 2 } else { access.size };
    [0, i64::from(width)].map(|distance| {
        if access.base == SP {
            return state.spilled((SP, access.offset + distance));
        }
        let place = base.filter(|base| width == 8 && base.load.is_none())?.add(distance)?;
        Some(Value::Address(Address { load: Some(place.offset), offset: 0 }))
    })
}

fn store(access: &Access, state: &mut State) {
    move_base(access, state);
    if access.base != SP || access.index.is_some() {
        return;
    }
    // What is stored at the new place of the stack pointer stands at offset 0 of it.
    let offset = access.offset - access.moves;
    let width = if access.registers[1].is_some() { access.size / 2 } else { access.size };
    for (register, distance) in access.registers.into_iter().zip([0, i64::from(width)]) {
        let Some(register) = register else { continue };
        // Number 31 is the zero register here.
        let value = state.get(register).filter(|_| register != SP && width == 8);
        state.spill((SP, offset + distance), value);
    }
}

fn move_base(access: &Access, state: &mut State) {
    if access.moves != 0 {
        add(state, access.base, access.base, access.moves);
    }
}
