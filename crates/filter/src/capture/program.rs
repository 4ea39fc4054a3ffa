//! Classic BPF programs: the machine's instructions, checked, and their three printed forms.
//!
//! The machine is that of linux/filter.h and Documentation/networking/filter.rst: registers A and X, sixteen words M,
//! jumps forward only, big-endian loads from the packet, and a return value that says how many bytes to keep.

use std::fmt;

use thiserror::Error;

/// The longest program in instructions that is compiled. The kernel takes 4096 (BPF_MAXINSNS); offline there may be more.
pub const MAXIMUM_INSTRUCTIONS: usize = 1 << 20;

/// How many instructions a program may have that the kernel is to run.
pub const KERNEL_MAXIMUM_INSTRUCTIONS: usize = 4096;

/// How many words M has.
pub(super) const MEMORY_SLOTS: usize = 16;

/// One instruction, as `struct sock_filter` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Instruction {
    /// What to do.
    pub code: u16,
    /// How many instructions to skip if the test holds.
    pub jt: u8,
    /// How many to skip if it does not.
    pub jf: u8,
    /// Operand.
    pub k: u32,
}

impl Instruction {
    pub(super) const fn new(code: u16, k: u32) -> Self {
        Self { code, jt: 0, jf: 0, k }
    }
}

/// The parts of an instruction's code, linux/bpf_common.h.
pub(super) mod code {
    pub(crate) const LOAD: u16 = 0x00;
    pub(crate) const LOAD_X: u16 = 0x01;
    pub(crate) const STORE: u16 = 0x02;
    pub(crate) const STORE_X: u16 = 0x03;
    pub(crate) const ALU: u16 = 0x04;
    pub(crate) const JUMP: u16 = 0x05;
    pub(crate) const RETURN: u16 = 0x06;
    pub(crate) const RETURN_A: u16 = 0x16;
    pub(crate) const MOVE_A_TO_X: u16 = 0x07;
    pub(crate) const MOVE_X_TO_A: u16 = 0x87;

    pub(crate) const WORD: u16 = 0x00;
    pub(crate) const HALF: u16 = 0x08;
    pub(crate) const BYTE: u16 = 0x10;
    pub(crate) const IMMEDIATE: u16 = 0x00;
    pub(crate) const ABSOLUTE: u16 = 0x20;
    pub(crate) const INDIRECT: u16 = 0x40;
    pub(crate) const MEMORY: u16 = 0x60;
    pub(crate) const LENGTH: u16 = 0x80;
    pub(crate) const HEADER_LENGTH: u16 = 0xa0;

    pub(crate) const ADD: u16 = 0x00;
    pub(crate) const SUBTRACT: u16 = 0x10;
    pub(crate) const MULTIPLY: u16 = 0x20;
    pub(crate) const DIVIDE: u16 = 0x30;
    pub(crate) const OR: u16 = 0x40;
    pub(crate) const AND: u16 = 0x50;
    pub(crate) const SHIFT_LEFT: u16 = 0x60;
    pub(crate) const SHIFT_RIGHT: u16 = 0x70;
    pub(crate) const NEGATE: u16 = 0x80;
    pub(crate) const MODULO: u16 = 0x90;
    pub(crate) const XOR: u16 = 0xa0;

    pub(crate) const ALWAYS: u16 = 0x00;
    pub(crate) const EQUAL: u16 = 0x10;
    pub(crate) const GREATER: u16 = 0x20;
    pub(crate) const GREATER_OR_EQUAL: u16 = 0x30;
    pub(crate) const ANY_BIT: u16 = 0x40;

    pub(crate) const CONSTANT: u16 = 0x00;
    pub(crate) const X: u16 = 0x08;

    /// The bits that say load, store, jump and so on.
    pub(crate) const CLASS: u16 = 0x07;
}

/// A program that ends, jumps inside itself and has only known instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    instructions: Vec<Instruction>,
}

/// Why instructions are no program.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidProgram {
    /// There is no instruction, or the last one is no return.
    #[error("a program ends with a return; the last of {instructions} instructions is none")]
    NoEnd {
        /// How many instructions there are.
        instructions: usize,
    },
    /// A code that the machine has not.
    #[error("instruction {at}: code {code:#04x} is unknown")]
    UnknownCode {
        /// Which instruction.
        at: usize,
        /// Its code.
        code: u16,
    },
    /// A jump behind the end.
    #[error("instruction {at}: jumps behind the last of {instructions} instructions")]
    JumpsOut {
        /// Which instruction.
        at: usize,
        /// How many there are.
        instructions: usize,
    },
    /// An operand out of range: M has sixteen words, a constant divisor is not 0, a constant shift is below 32.
    #[error("instruction {at}: operand {k} is out of range for code {code:#04x}")]
    BadOperand {
        /// Which instruction.
        at: usize,
        /// Its code.
        code: u16,
        /// Its operand.
        k: u32,
    },
}

impl Program {
    /// Checks instructions, from wherever they come.
    ///
    /// # Errors
    /// What the kernel would refuse (net/core/filter.c, `bpf_check_classic`), but for reads of M that nothing wrote: those
    /// read 0 here.
    pub fn new(instructions: Vec<Instruction>) -> Result<Self, InvalidProgram> {
        let count = instructions.len();
        if !instructions.last().is_some_and(|last| matches!(last.code, code::RETURN | code::RETURN_A)) {
            return Err(InvalidProgram::NoEnd { instructions: count });
        }
        for (at, instruction) in instructions.iter().enumerate() {
            check(*instruction, at, count)?;
        }
        Ok(Self { instructions })
    }

    /// What the assembler made.
    pub(super) fn assembled(instructions: Vec<Instruction>) -> Self {
        debug_assert!(
            Self::new(instructions.clone()).is_ok(),
            "assembled an invalid program: {instructions:?}"
        );
        Self { instructions }
    }

    /// The instructions, in order.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// Whether the kernel takes the program: it is not too long.
    pub fn fits_kernel(&self) -> bool {
        self.instructions.len() <= KERNEL_MAXIMUM_INSTRUCTIONS
    }

    /// The program as `tcpdump -dd` prints it: C.
    pub fn as_c(&self) -> impl fmt::Display {
        Rows(self, |instruction, f| {
            let Instruction { code, jt, jf, k } = instruction;
            writeln!(f, "{{ {code:#x}, {jt}, {jf}, {k:#010x} }},")
        })
    }

    /// The program as `tcpdump -ddd` prints it: decimal numbers, the count first.
    pub fn as_decimal(&self) -> impl fmt::Display {
        let rows = Rows(self, |instruction, f| {
            let Instruction { code, jt, jf, k } = instruction;
            writeln!(f, "{code} {jt} {jf} {k}")
        });
        format!("{}\n{rows}", self.instructions.len())
    }
}

/// The machine's instructions with a loaded width, without jumps.
fn check(instruction: Instruction, at: usize, count: usize) -> Result<(), InvalidProgram> {
    let Instruction { code, jt, jf, k } = instruction;
    let unknown = InvalidProgram::UnknownCode { at, code };
    let in_range = |good: bool| if good { Ok(()) } else { Err(InvalidProgram::BadOperand { at, code, k }) };
    let slot = usize::try_from(k).is_ok_and(|k| k < MEMORY_SLOTS);
    match code & code::CLASS {
        code::LOAD => match code & 0xe0 {
            code::ABSOLUTE | code::INDIRECT if code & 0x18 != 0x18 => Ok(()),
            code::IMMEDIATE | code::LENGTH if code & 0x18 == 0 => Ok(()),
            code::MEMORY if code & 0x18 == 0 => in_range(slot),
            _ => Err(unknown),
        },
        code::LOAD_X => match code & !code::CLASS {
            code::IMMEDIATE | code::LENGTH => Ok(()),
            code::MEMORY => in_range(slot),
            other if other == code::HEADER_LENGTH | code::BYTE => Ok(()),
            _ => Err(unknown),
        },
        code::STORE | code::STORE_X if code <= code::CLASS => in_range(slot),
        code::ALU => match (code & 0xf0, code & code::X == 0) {
            (code::DIVIDE | code::MODULO, true) => in_range(k != 0),
            (code::SHIFT_LEFT | code::SHIFT_RIGHT, true) => in_range(k < 32),
            (code::NEGATE, constant) => {
                if constant {
                    Ok(())
                } else {
                    Err(unknown)
                }
            }
            (code::ADD..=code::XOR, _) if code <= 0xff => Ok(()),
            _ => Err(unknown),
        },
        code::JUMP => {
            let farthest = match code & 0xf0 {
                code::ALWAYS if code == code::JUMP => usize::try_from(k).unwrap_or(usize::MAX),
                code::EQUAL | code::GREATER | code::GREATER_OR_EQUAL | code::ANY_BIT if code <= 0xff => {
                    usize::from(jt.max(jf))
                }
                _ => return Err(unknown),
            };
            match farthest.checked_add(at + 1) {
                Some(target) if target < count => Ok(()),
                _ => Err(InvalidProgram::JumpsOut { at, instructions: count }),
            }
        }
        _ => match code {
            code::RETURN | code::RETURN_A | code::MOVE_A_TO_X | code::MOVE_X_TO_A => Ok(()),
            _ => Err(unknown),
        },
    }
}

/// A row for each instruction.
struct Rows<'a>(&'a Program, fn(&Instruction, &mut fmt::Formatter<'_>) -> fmt::Result);

impl fmt::Display for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.instructions.iter().try_for_each(|instruction| (self.1)(instruction, f))
    }
}

/// The program as `tcpdump -d` prints it.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, instruction) in self.instructions.iter().enumerate() {
            let operand = operand(*instruction, at);
            let name = mnemonic(instruction.code);
            if instruction.code & code::CLASS == code::JUMP && instruction.code != code::JUMP {
                let target = |skipped: u8| at + 1 + usize::from(skipped);
                writeln!(
                    f,
                    "({at:03}) {name:<8} {operand:<16} jt {}\tjf {}",
                    target(instruction.jt),
                    target(instruction.jf)
                )?;
            } else {
                writeln!(f, "({at:03}) {name:<8} {operand}")?;
            }
        }
        Ok(())
    }
}

fn mnemonic(code: u16) -> &'static str {
    match code & code::CLASS {
        code::LOAD => match code & 0x18 {
            code::HALF => "ldh",
            code::BYTE => "ldb",
            _ => "ld",
        },
        code::LOAD_X if code & 0xe0 == code::HEADER_LENGTH => "ldxb",
        code::LOAD_X => "ldx",
        code::STORE => "st",
        code::STORE_X => "stx",
        code::ALU => match code & 0xf0 {
            code::ADD => "add",
            code::SUBTRACT => "sub",
            code::MULTIPLY => "mul",
            code::DIVIDE => "div",
            code::OR => "or",
            code::AND => "and",
            code::SHIFT_LEFT => "lsh",
            code::SHIFT_RIGHT => "rsh",
            code::NEGATE => "neg",
            code::MODULO => "mod",
            _ => "xor",
        },
        code::JUMP => match code & 0xf0 {
            code::ALWAYS => "ja",
            code::EQUAL => "jeq",
            code::GREATER => "jgt",
            code::GREATER_OR_EQUAL => "jge",
            _ => "jset",
        },
        code::RETURN => "ret",
        _ if code == code::MOVE_A_TO_X => "tax",
        _ => "txa",
    }
}

fn operand(instruction: Instruction, at: usize) -> String {
    let Instruction { code, k, .. } = instruction;
    match code & code::CLASS {
        code::LOAD | code::LOAD_X => match code & 0xe0 {
            code::ABSOLUTE => format!("[{}]", k.cast_signed()),
            code::INDIRECT => format!("[x + {}]", k.cast_signed()),
            code::MEMORY => format!("M[{k}]"),
            code::LENGTH => "#pktlen".to_owned(),
            code::HEADER_LENGTH => format!("4*([{k}]&0xf)"),
            _ => format!("#{k:#x}"),
        },
        code::STORE | code::STORE_X => format!("M[{k}]"),
        code::ALU => match code & 0xf0 {
            code::NEGATE => String::new(),
            _ if code & code::X != 0 => "x".to_owned(),
            code::AND | code::OR | code::XOR => format!("#{k:#x}"),
            _ => format!("#{k}"),
        },
        code::JUMP if code == code::JUMP => {
            format!("{}", at + 1 + usize::try_from(k).unwrap_or(usize::MAX - at - 1))
        }
        code::JUMP if code & code::X != 0 => "x".to_owned(),
        code::JUMP => format!("#{k:#x}"),
        code::RETURN if code == code::RETURN => format!("#{k}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_programs_are_refused() {
        let end = Instruction::new(code::RETURN, 0);
        assert_eq!(Program::new(vec![]), Err(InvalidProgram::NoEnd { instructions: 0 }));
        for (bad, message) in [
            (Instruction { jt: 1, ..Instruction::new(0x15, 0) }, "jumps behind the last"),
            (Instruction::new(code::STORE, 16), "operand 16"),
            (Instruction::new(0x34, 0), "operand 0"),
            (Instruction::new(0x64, 32), "operand 32"),
            (Instruction::new(0x18, 0), "is unknown"),
            (Instruction::new(0x05, u32::MAX), "jumps behind the last"),
            (Instruction::new(0x8c, 0), "is unknown"),
        ] {
            let error = Program::new(vec![bad, end]).unwrap_err().to_string();
            assert!(error.contains(message), "{bad:?}: {error}");
        }
    }
}
