//! aarch64 code that loads the address of a string, and where the string goes from there.

use super::{CALLER_SAVED, Instruction, Step, decode};
use crate::elf::Elf;
use crate::xref::{Call, MAX_INSTRUCTIONS, MAX_REFERENCES, Reference, RegisterSet, Target};

/// All references to `strings`, their vaddrs in ascending order: `adr`, or `adrp` and the `add` that follows.
pub(crate) fn references(elf: &Elf<'_>, strings: &[u64]) -> Vec<Reference> {
    let mut found = Vec::new();
    for segment in elf.loads.iter().filter(|segment| segment.executable()) {
        let words = segment.data.as_chunks::<4>().0.iter();
        let addresses = (segment.vaddr..).step_by(4).zip(words).filter_map(|(address, word)| {
            let word = u32::from_le_bytes(*word);
            // Only these have this bit pattern (adr, adrp).
            (word & 0x1f00_0000 == 0x1000_0000).then(|| (address, super::step(word, address)))
        });
        let references = addresses.filter_map(|(address, step)| {
            let Step::Address { to, vaddr } = step else { return None };
            match strings.binary_search(&vaddr) {
                Ok(string) => {
                    Some(Reference { address, string, next: address.wrapping_add(4), register: to })
                }
                Err(next) => {
                    // Whether a string is in the page at all.
                    strings.get(next).filter(|&&string| string - vaddr < PAGE)?;
                    low_half(elf, address, to, vaddr, strings)
                }
            }
        });
        found.extend(references.take(MAX_REFERENCES));
    }
    found.truncate(MAX_REFERENCES);
    found
}

const PAGE: u64 = 4096;

/// The `add` that completes an address, or the second of two: compilers reach neighbouring data from one place.
fn low_half(elf: &Elf<'_>, address: u64, page_register: u8, page: u64, strings: &[u64]) -> Option<Reference> {
    /// How far compilers move it away.
    const MOST_BETWEEN: usize = 32;
    let mut known = vec![(page_register, page)];
    for Instruction { address, step } in decode(elf, address).skip(1).take(MOST_BETWEEN) {
        let mut sum = None;
        match step {
            Step::Add { to, from, number } => {
                let base = known.iter().find(|(register, _)| *register == from);
                sum = base.and_then(|(_, vaddr)| Some((to, vaddr.checked_add_signed(number)?)));
            }
            Step::Call(_) | Step::IndirectCall => {
                known.retain(|(register, _)| CALLER_SAVED >> register & 1 == 0);
            }
            Step::Jump(_) | Step::Stop => return None,
            _ => {}
        }
        if let Some((register, vaddr)) = sum
            && let Ok(string) = strings.binary_search(&vaddr)
        {
            return Some(Reference { address, string, next: address.wrapping_add(4), register });
        }
        known.retain(|(register, _)| step.written() >> register & 1 == 0);
        known.extend(sum);
        if known.is_empty() {
            return None;
        }
    }
    None
}

/// The first call (or jump, which may be a tail call) after a reference, if the string is still in a register there.
pub(crate) fn follow(elf: &Elf<'_>, reference: &Reference) -> Option<Call> {
    let mut registers: RegisterSet = 1 << reference.register;
    for Instruction { address, step } in decode(elf, reference.next).take(MAX_INSTRUCTIONS) {
        match step {
            Step::Call(target) | Step::Jump(target) => {
                return Some(Call { address, target: Target::Code(target), registers });
            }
            Step::IndirectCall | Step::Stop => return None,
            Step::Copy { to, from, whole } => {
                let copied = registers >> from & u32::from(whole);
                registers = registers & !(1 << to) | copied << to;
            }
            step => registers &= !step.written(),
        }
        if registers == 0 {
            return None;
        }
    }
    None
}

/// The slot of the global offset table that an entry of the procedure linkage table jumps through (`adrp x16`, `ldr x17`, `add`, `br x17`).
pub(crate) fn slot(elf: &Elf<'_>, address: u64) -> Option<u64> {
    let mut page = None;
    for Instruction { step, .. } in decode(elf, address).take(5) {
        match step {
            Step::Address { to: 16, vaddr } => page = Some(vaddr),
            Step::Load(access) if access.registers == [Some(17), None] && access.base == 16 => {
                return page?.checked_add_signed(access.offset);
            }
            // bti
            Step::Other { written: 0 } => {}
            _ => return None,
        }
    }
    None
}
