//! Where a hook costs least.
//!
//! A uprobe replaces an instruction by a breakpoint. Some instructions the kernel then carries out itself (`push`, jumps and
//! calls: arch/x86/kernel/uprobes.c, `push_setup_xol_ops` and `branch_setup_xol_ops`); any other one it lets the processor
//! execute elsewhere and traps again behind it, which costs several times as much as the breakpoint. A function often begins
//! with such an expensive one, and a cheap one comes soon. Until there it has moved its arguments to other registers, which
//! the hook's expressions then name.

use iced_x86::{Code, FlowControl, Instruction, InstructionInfoFactory};

use crate::elf::{Elf, Machine};
use crate::xref::{self, RegisterSet};
use crate::{Expression, Field, Hook, Length, ObjectHook, ObjectReads, Register};

/// Instructions that a hook may be moved over.
const FARTHEST: usize = 16;
/// Instructions in which a jump to the new place is looked for.
const MAX_INSTRUCTIONS: usize = 300;
/// The number of rsp in instruction encodings.
const RSP: usize = 4;

/// The hooks, each at the cheapest place that it can have, read in the same way.
pub fn cheapest(file: &[u8], hooks: &[Hook]) -> Vec<Hook> {
    // Only the beginning of a function is sure to be reached in no other way than from its start.
    moved(file, hooks, |hook| hook.file_offset, |hook| hook.kind.is_entry(), renamed)
}

/// The same of those that tell the values of objects.
pub fn cheapest_of_objects(file: &[u8], hooks: &[ObjectHook]) -> Vec<ObjectHook> {
    moved(file, hooks, |hook| hook.file_offset, |_| true, renamed_object)
}

fn moved<T: Clone + PartialEq>(
    file: &[u8],
    hooks: &[T],
    offset: fn(&T) -> u64,
    is_entry: fn(&T) -> bool,
    renamed: fn(&T, u64, &Held) -> Option<T>,
) -> Vec<T> {
    let elf = match Elf::parse(file) {
        Ok(elf) if elf.machine == Machine::X86_64 => elf,
        // Not known of other machines; and where nothing is found, hooks stay.
        _ => return hooks.to_vec(),
    };
    let mut moved: Vec<T> = Vec::with_capacity(hooks.len());
    for hook in hooks {
        let start = elf.vaddr(offset(hook)).filter(|_| is_entry(hook));
        let place = start.and_then(|start| cheaper(&elf, start));
        let place = place.and_then(|(place, held)| renamed(hook, place, &held));
        // Two hooks cannot share a place.
        let taken = |place: &T| {
            let mut others = moved.iter().chain(hooks);
            others.any(|other| other != hook && offset(other) == offset(place))
        };
        moved.push(place.filter(|place| !taken(place)).unwrap_or_else(|| hook.clone()));
    }
    moved
}

/// By register: which registers' values at the start of the function are in it.
type Held = [RegisterSet; 16];

/// The file offset of the first cheap instruction from `start` on, unless that is the first of all, and what is where there.
fn cheaper(elf: &Elf<'_>, start: u64) -> Option<(u64, Held)> {
    let mut info = InstructionInfoFactory::new();
    let mut held: Held = std::array::from_fn(|register| 1 << register);
    for instruction in xref::decode(elf, start)?.into_iter().take(FARTHEST) {
        if is_emulated(&instruction) {
            if instruction.ip() == start || is_jumped_to(elf, start, instruction.ip()) {
                return None;
            }
            return Some((elf.file_offset(instruction.ip())?, held));
        }
        if instruction.flow_control() != FlowControl::Next || instruction.is_invalid() {
            return None;
        }
        // What is written to memory may be what the hook is to read.
        if info.info(&instruction).used_memory().iter().any(|memory| writes(memory.access())) {
            return None;
        }
        let whole = instruction.op0_register().is_gpr64();
        match xref::register_move(&instruction).filter(|_| whole) {
            Some((to, from)) => held[usize::from(to)] = held[usize::from(from)],
            None => {
                let written = xref::written(&mut info, &instruction);
                for (register, held) in held.iter_mut().enumerate() {
                    if written >> register & 1 == 1 {
                        *held = 0;
                    }
                }
            }
        }
    }
    None
}

const fn writes(access: iced_x86::OpAccess) -> bool {
    use iced_x86::OpAccess as A;
    matches!(access, A::Write | A::CondWrite | A::ReadWrite | A::ReadCondWrite)
}

/// `push` of a 64-bit register, near jumps and calls with a displacement.
fn is_emulated(instruction: &Instruction) -> bool {
    let plain = !instruction.has_repne_prefix() && !instruction.has_rep_prefix();
    let jump = instruction.is_jcc_short_or_near() || instruction.is_jmp_short_or_near();
    plain && (instruction.code() == Code::Push_r64 || jump || instruction.is_call_near())
}

/// Whether code behind `start` jumps to between there and `place`: then the place is passed more often than `start`.
fn is_jumped_to(elf: &Elf<'_>, start: u64, place: u64) -> bool {
    let Some(decoder) = xref::decode(elf, start) else { return true };
    decoder.into_iter().take(MAX_INSTRUCTIONS).any(|instruction| {
        let target = instruction.near_branch_target();
        target > start && target <= place
    })
}

/// The hook at another place, where the values of registers are in those that `held` tells.
fn renamed(hook: &Hook, file_offset: u64, held: &Held) -> Option<Hook> {
    Some(Hook {
        file_offset,
        label: field(&hook.label, held)?,
        client_random: field(&hook.client_random, held)?,
        secret: field(&hook.secret, held)?,
        ..hook.clone()
    })
}

fn renamed_object(hook: &ObjectHook, file_offset: u64, held: &Held) -> Option<ObjectHook> {
    let reads = match &hook.reads {
        ObjectReads::Handle(address) => ObjectReads::Handle(expression(address, held)?),
        ObjectReads::Attribute { kind, value } => {
            ObjectReads::Attribute { kind: expression(kind, held)?, value: field(value, held)? }
        }
    };
    Some(ObjectHook { file_offset, reads, ..hook.clone() })
}

fn field(from: &Field, held: &Held) -> Option<Field> {
    Some(match from {
        Field::Constant(text) => Field::Constant(text),
        Field::Memory { address, length } => Field::Memory {
            address: expression(address, held)?,
            length: match length {
                Length::Value(length) => Length::Value(expression(length, held)?),
                Length::Constant(length) => Length::Constant(*length),
                Length::Nul => Length::Nul,
            },
        },
        Field::ObjectValue { handle } => Field::ObjectValue { handle: expression(handle, held)? },
    })
}

fn expression(from: &Expression, held: &Held) -> Option<Expression> {
    let number = Register::X86_64.iter().position(|known| *known == from.register)?;
    let same = |place: &usize| held[*place] >> number & 1 == 1;
    // rsp counts only as itself: a copy of it is a frame pointer.
    let place = Some(number).filter(same).or_else(|| (0..16).filter(|&place| place != RSP).find(same))?;
    Some(Expression { register: Register::X86_64[place], offsets: from.offsets.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HookKind, Stack, elf};

    const EXECUTABLE: u32 = 5;

    /// A hook of OpenSSL at the first byte of `code`, moved.
    fn moved(code: &[u8]) -> (u64, Hook) {
        let mut padded = code.to_vec();
        padded.resize(code.len() + 64, 0xc3);
        let file = elf::tests::build(62, 3, &[(1, 0x1000, EXECUTABLE, &padded)]);
        let elf = Elf::parse(&file).unwrap();
        let hook = Hook {
            stack: Stack::OpenSsl,
            kind: HookKind::SslLogSecret,
            file_offset: elf.file_offset(0x1000).unwrap(),
            label: Field::string(Register::Rsi),
            client_random: Field::client_random(Expression::path(Register::Rdi, &[0x160])),
            secret: Field::counted(Register::Rdx, Register::Rcx),
        };
        let start = hook.file_offset;
        let mut hooks = cheapest(&file, &[hook]);
        let hook = hooks.remove(0);
        (hook.file_offset - start, hook)
    }

    #[test]
    fn a_cheap_first_instruction_stays() {
        // push r14; a function that moves nothing; a return before anything cheap.
        assert_eq!(moved(&[0x41, 0x56, 0x41, 0x55]).0, 0);
        assert_eq!(moved(&[0x48, 0x89, 0xf8, 0xc3, 0x50]).0, 0);
    }

    #[test]
    fn endbr64_and_a_frame_are_passed_over() {
        // endbr64; push rbp.
        let (offset, hook) = moved(&[0xf3, 0x0f, 0x1e, 0xfa, 0x55]);
        assert_eq!((offset, hook.secret), (4, Field::counted(Register::Rdx, Register::Rcx)));
    }

    #[test]
    fn arguments_are_found_where_they_were_moved_to() {
        // mov rax, rdi; mov r8, rdx; mov rdi, rsi; mov r9, rcx; lea rdx, [rax+0x160]; mov ecx, 32; mov rsi, rax; jmp.
        let (offset, hook) = moved(&[
            0x48, 0x89, 0xf8, 0x49, 0x89, 0xd0, 0x48, 0x89, 0xf7, 0x49, 0x89, 0xc9, 0x48, 0x8d, 0x90, 0x60,
            1, 0, 0, 0xb9, 32, 0, 0, 0, 0x48, 0x89, 0xc6, 0xe9, 0x80, 0, 0, 0,
        ]);
        assert_eq!(offset, 27);
        assert_eq!(hook.label, Field::string(Register::Rdi));
        assert_eq!(hook.client_random, Field::client_random(Expression::path(Register::Rax, &[0x160])));
        assert_eq!(hook.secret, Field::counted(Register::R8, Register::R9));
    }

    #[test]
    fn lost_arguments_writes_and_loops_keep_a_hook_where_it_is() {
        // xor ecx, ecx; push rbp.
        assert_eq!(moved(&[0x31, 0xc9, 0x55]).0, 0);
        // mov [rdi+8], rax; push rbp.
        assert_eq!(moved(&[0x48, 0x89, 0x47, 0x08, 0x55]).0, 0);
        // mov rax, rdi; push rbp; jmp back to the push.
        assert_eq!(moved(&[0x48, 0x89, 0xf8, 0x55, 0xeb, 0xfd]).0, 0);
        // mov rax, rdi; push rbp.
        assert_eq!(moved(&[0x48, 0x89, 0xf8, 0x55]).0, 3);
    }
}
