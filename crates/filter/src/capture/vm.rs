//! Runs a program over a packet, with the results that the kernel has (net/core/filter.c).

pub mod batch;

use super::program::{Instruction, MEMORY_SLOTS, Program, code};

/// What the kernel knows of a packet besides its bytes, for the loads from `SKF_AD_OFF` on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ancillary {
    /// EtherType of the payload.
    pub protocol: u16,
    /// PACKET_HOST and so on, linux/if_packet.h.
    pub packet_type: u8,
    /// Index of the interface.
    pub interface_index: u32,
    /// The VLAN tag that the card took out of the packet.
    pub vlan_tag: Option<u16>,
    /// The EtherType of that tag.
    pub vlan_protocol: u16,
}

/// Offsets from which on a load takes ancillary data, linux/filter.h.
pub(super) mod ancillary {
    pub(crate) const OFFSET: u32 = 0xffff_f000;
    pub(crate) const PROTOCOL: u32 = OFFSET;
    pub(crate) const PACKET_TYPE: u32 = OFFSET + 4;
    pub(crate) const INTERFACE_INDEX: u32 = OFFSET + 8;
    pub(crate) const VLAN_TAG: u32 = OFFSET + 44;
    pub(crate) const VLAN_TAG_PRESENT: u32 = OFFSET + 48;
    pub(crate) const VLAN_PROTOCOL: u32 = OFFSET + 60;
}

/// How many bytes of the packet the program keeps; 0 if it does not match. `original_length` is the length on the wire.
/// A load beyond the captured bytes, and a division by 0, reject.
pub fn run(program: &Program, packet: &[u8], original_length: u32) -> u32 {
    run_with(program, packet, original_length, &Ancillary::default())
}

/// [`run`] with what else is known of the packet.
pub fn run_with(program: &Program, packet: &[u8], original_length: u32, ancillary: &Ancillary) -> u32 {
    machine(program, packet, original_length, ancillary).unwrap_or(0)
}

/// `None` where the packet has not what the program reads.
fn machine(program: &Program, packet: &[u8], original_length: u32, ancillary: &Ancillary) -> Option<u32> {
    let (mut a, mut x) = (0u32, 0u32);
    let mut memory = [0u32; MEMORY_SLOTS];
    let instructions = program.instructions();
    let mut at = 0;
    // Every program that `Program::new` lets through comes to a return: jumps only go forward.
    while let Some(&Instruction { code, jt, jf, k }) = instructions.get(at) {
        at += 1;
        let jump = |holds: bool| usize::from(branch(holds, jt, jf));
        match code {
            0x20 => {
                a = load(packet, 4, k, ancillary)?;
                at = behind_test(instructions, at, a);
            }
            0x28 => {
                a = load(packet, 2, k, ancillary)?;
                at = behind_test(instructions, at, a);
            }
            0x30 => {
                a = load(packet, 1, k, ancillary)?;
                at = behind_test(instructions, at, a);
            }
            0x40 => {
                a = load(packet, 4, x.wrapping_add(k), ancillary)?;
                at = behind_test(instructions, at, a);
            }
            0x48 => {
                a = load(packet, 2, x.wrapping_add(k), ancillary)?;
                at = behind_test(instructions, at, a);
            }
            0x50 => {
                a = load(packet, 1, x.wrapping_add(k), ancillary)?;
                at = behind_test(instructions, at, a);
            }
            0x15 => at += jump(a == k),
            0x25 => at += jump(a > k),
            0x35 => at += jump(a >= k),
            0x45 => at += jump(a & k != 0),
            0x1d => at += jump(a == x),
            0x2d => at += jump(a > x),
            0x3d => at += jump(a >= x),
            0x4d => at += jump(a & x != 0),
            0x05 => at += usize::try_from(k).ok()?,
            0x06 => return Some(k),
            0x16 => return Some(a),
            0xb1 => x = u32::from(packet.get(usize::try_from(k).ok()?)? & 0x0f) << 2,
            0x00 => a = k,
            0x01 => x = k,
            0x80 => a = original_length,
            0x81 => x = original_length,
            0x60 => a = memory[(k & 15) as usize],
            0x61 => x = memory[(k & 15) as usize],
            code::STORE => memory[(k & 15) as usize] = a,
            code::STORE_X => memory[(k & 15) as usize] = x,
            code::MOVE_A_TO_X => x = a,
            code::MOVE_X_TO_A => a = x,
            0x84 => a = a.wrapping_neg(),
            _ => a = arithmetic(code, a, if code & code::X == 0 { k } else { x })?,
        }
    }
    None
}

/// Where to go on with A just loaded: nearly always a test of it follows, which is done here and now, because each turn
/// of the machine costs a jump that the processor can hardly predict.
#[inline]
fn behind_test(instructions: &[Instruction], at: usize, a: u32) -> usize {
    match instructions.get(at) {
        Some(&Instruction { code: 0x15, jt, jf, k }) => at + 1 + usize::from(branch(a == k, jt, jf)),
        Some(&Instruction { code: 0x45, jt, jf, k }) => at + 1 + usize::from(branch(a & k != 0, jt, jf)),
        _ => at,
    }
}

/// One of two distances, by a branch that the compiler may not make a choice of: packets come in runs of a kind, so the
/// processor guesses most tests right and goes on before the load of this one is there.
#[inline(always)]
fn branch(holds: bool, jt: u8, jf: u8) -> u8 {
    if holds {
        std::hint::black_box(());
        jt
    } else {
        jf
    }
}

#[inline]
fn load(packet: &[u8], width: usize, offset: u32, ancillary: &Ancillary) -> Option<u32> {
    let start = offset as usize;
    match packet.get(start..start.checked_add(width)?) {
        Some(&[byte]) => Some(u32::from(byte)),
        Some(&[high, low]) => Some(u32::from(u16::from_be_bytes([high, low]))),
        Some(&[b0, b1, b2, b3]) => Some(u32::from_be_bytes([b0, b1, b2, b3])),
        _ => ancillary_load(offset, ancillary),
    }
}

/// Ancillary data has no width: a load of any size takes all of it.
#[cold]
fn ancillary_load(offset: u32, ancillary: &Ancillary) -> Option<u32> {
    Some(match offset {
        ancillary::PROTOCOL => u32::from(ancillary.protocol),
        ancillary::PACKET_TYPE => u32::from(ancillary.packet_type),
        ancillary::INTERFACE_INDEX => ancillary.interface_index,
        ancillary::VLAN_TAG => u32::from(ancillary.vlan_tag.unwrap_or(0)),
        ancillary::VLAN_TAG_PRESENT => u32::from(ancillary.vlan_tag.is_some()),
        ancillary::VLAN_PROTOCOL => u32::from(ancillary.vlan_protocol),
        _ => return None,
    })
}

fn arithmetic(code: u16, a: u32, operand: u32) -> Option<u32> {
    Some(match code & 0xf0 {
        code::ADD => a.wrapping_add(operand),
        code::SUBTRACT => a.wrapping_sub(operand),
        code::MULTIPLY => a.wrapping_mul(operand),
        code::DIVIDE => a.checked_div(operand)?,
        code::MODULO => a.checked_rem(operand)?,
        code::OR => a | operand,
        code::AND => a & operand,
        code::XOR => a ^ operand,
        // The kernel shifts by the low five bits (Documentation/bpf/standardization).
        code::SHIFT_LEFT => a.wrapping_shl(operand),
        _ => a.wrapping_shr(operand),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(rows: &[(u16, u8, u8, u32)]) -> Program {
        Program::new(rows.iter().map(|&(code, jt, jf, k)| Instruction { code, jt, jf, k }).collect()).unwrap()
    }

    #[test]
    fn loads_beyond_the_packet_reject() {
        let word = program(&[(0x20, 0, 0, 1), (0x16, 0, 0, 0)]);
        assert_eq!(run(&word, &[0, 1, 2, 3, 4], 5), 0x0102_0304);
        assert_eq!(run(&word, &[0, 1, 2, 3], 4), 0);
        let indexed = program(&[(0x01, 0, 0, 5), (0x50, 0, 0, u32::MAX), (0x16, 0, 0, 0)]);
        assert_eq!(run(&indexed, &[0, 0, 0, 0, 9], 5), 9);
    }

    #[test]
    fn division_by_zero_rejects() {
        let divided = program(&[(0x00, 0, 0, 8), (0x01, 0, 0, 0), (0x3c, 0, 0, 0), (0x06, 0, 0, 1)]);
        assert_eq!(run(&divided, &[], 0), 0);
    }

    #[test]
    fn ancillary_data_is_what_the_caller_knows() {
        let tag = program(&[(0x20, 0, 0, ancillary::VLAN_TAG), (0x16, 0, 0, 0)]);
        let known = Ancillary { vlan_tag: Some(100), ..Ancillary::default() };
        assert_eq!(run_with(&tag, &[], 0, &known), 100);
        assert_eq!(run(&tag, &[], 0), 0);
    }
}
