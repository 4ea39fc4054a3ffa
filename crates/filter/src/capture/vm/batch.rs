//! The machine on up to 64 packets at a time: instruction by instruction, not packet by packet.
//!
//! Jumps only go forward, so one pass over the program is enough. Each instruction is carried out for the packets that
//! have come to it, a set kept in the bits of a word, and hands them on to those behind it. So an instruction is taken
//! apart once for many packets, and the outcome of a test is no branch that the processor has to guess.

use super::super::program::{Instruction, MEMORY_SLOTS, Program, code};
use super::{Ancillary, arithmetic, load};

/// The most packets of a batch.
pub const MOST_PACKETS: usize = 64;

/// What the machine knows of a packet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame<'a> {
    /// The captured bytes.
    pub data: &'a [u8],
    /// The length on the wire.
    pub original_length: u32,
}

/// Packets of files have nothing beside their bytes.
static NOTHING_KNOWN: Ancillary =
    Ancillary { protocol: 0, packet_type: 0, interface_index: 0, vlan_tag: None, vlan_protocol: 0 };

/// A word of each packet.
type Words = [u32; MOST_PACKETS];

/// The registers of all packets of a batch; kept from one batch to the next for its room only.
pub struct Machine {
    /// For each instruction, the packets that have come to it.
    reached: Vec<u64>,
    a: Words,
    x: Words,
    memory: [Words; MEMORY_SLOTS],
    /// Whether something other than 0 may be in the memory.
    stored: bool,
}

impl Default for Machine {
    fn default() -> Self {
        let zero = [0; MOST_PACKETS];
        Self { reached: Vec::new(), a: zero, x: zero, memory: [zero; MEMORY_SLOTS], stored: false }
    }
}

impl Machine {
    /// Which of the packets match, the first one in the lowest bit; only those in `asked` are looked at. The answers are
    /// those of [`run`](super::run).
    pub fn select(&mut self, program: &Program, packets: &[Frame<'_>], asked: u64) -> u64 {
        let instructions = program.instructions();
        self.reached.clear();
        self.reached.resize(instructions.len(), 0);
        // Packets that are not there match nothing, even a program that looks at none of them.
        let there = u64::MAX.checked_shr(64_u32.saturating_sub(packets.len() as u32)).unwrap_or(0);
        self.reached[0] = asked & there;
        self.a.fill(0);
        self.x.fill(0);
        if std::mem::take(&mut self.stored) {
            self.memory.as_flattened_mut().fill(0);
        }
        let mut matching = 0;
        for (at, &instruction) in instructions.iter().enumerate() {
            let here = self.reached[at];
            if here != 0 {
                matching |= self.step(instruction, instructions, at + 1, here, packets);
            }
        }
        matching
    }

    /// Carries out the instruction before `next` for the packets `here`; returns those that match by it.
    #[inline(always)]
    fn step(
        &mut self,
        Instruction { code, jt, jf, k }: Instruction,
        instructions: &[Instruction],
        next: usize,
        here: u64,
        packets: &[Frame<'_>],
    ) -> u64 {
        let (a, x) = (&mut self.a, &mut self.x);
        let frame = |j: usize| packets.get(j).copied();
        let word = |j: usize, width, offset| load(frame(j)?.data, width, offset, &NOTHING_KNOWN);
        self.stored |= matches!(code, code::STORE | code::STORE_X);
        let there = match code {
            0x20 => return self.load(instructions, next, here, |j, _| word(j, 4, k)),
            0x28 => return self.load(instructions, next, here, |j, _| word(j, 2, k)),
            0x30 => return self.load(instructions, next, here, |j, _| word(j, 1, k)),
            0x40 => return self.load(instructions, next, here, |j, x| word(j, 4, x.wrapping_add(k))),
            0x48 => return self.load(instructions, next, here, |j, x| word(j, 2, x.wrapping_add(k))),
            0x50 => return self.load(instructions, next, here, |j, x| word(j, 1, x.wrapping_add(k))),
            0x15 => return self.jump(next, jt, jf, here, |a, _| a == k),
            0x25 => return self.jump(next, jt, jf, here, |a, _| a > k),
            0x35 => return self.jump(next, jt, jf, here, |a, _| a >= k),
            0x45 => return self.jump(next, jt, jf, here, |a, _| a & k != 0),
            0x1d => return self.jump(next, jt, jf, here, |a, x| a == x),
            0x2d => return self.jump(next, jt, jf, here, |a, x| a > x),
            0x3d => return self.jump(next, jt, jf, here, |a, x| a >= x),
            0x4d => return self.jump(next, jt, jf, here, |a, x| a & x != 0),
            0x05 => {
                self.go(next.saturating_add(k as usize), here);
                return 0;
            }
            0x06 => return if k == 0 { 0 } else { here },
            0x16 => return each(here, |j| Some(a[j] != 0)).1,
            0xb1 => each(here, |j| {
                x[j] = u32::from(frame(j)?.data.get(k as usize)? & 0x0f) << 2;
                Some(false)
            }),
            0x00 => each(here, |j| set(k, &mut a[j])),
            0x01 => each(here, |j| set(k, &mut x[j])),
            0x80 => each(here, |j| set(frame(j)?.original_length, &mut a[j])),
            0x81 => each(here, |j| set(frame(j)?.original_length, &mut x[j])),
            0x60 => each(here, |j| set(self.memory[(k & 15) as usize][j], &mut a[j])),
            0x61 => each(here, |j| set(self.memory[(k & 15) as usize][j], &mut x[j])),
            code::STORE => each(here, |j| set(a[j], &mut self.memory[(k & 15) as usize][j])),
            code::STORE_X => each(here, |j| set(x[j], &mut self.memory[(k & 15) as usize][j])),
            code::MOVE_A_TO_X => each(here, |j| set(a[j], &mut x[j])),
            code::MOVE_X_TO_A => each(here, |j| set(x[j], &mut a[j])),
            0x84 => each(here, |j| set(a[j].wrapping_neg(), &mut a[j])),
            _ => each(here, |j| {
                let operand = if code & code::X == 0 { k } else { x[j] };
                set(arithmetic(code, a[j], operand)?, &mut a[j])
            }),
        };
        self.go(next, there.0);
        0
    }

    /// Loads A, and carries out a test behind it in the same turn if no packet comes to that from elsewhere.
    #[inline(always)]
    fn load(
        &mut self,
        instructions: &[Instruction],
        next: usize,
        here: u64,
        value: impl Fn(usize, u32) -> Option<u32>,
    ) -> u64 {
        match instructions.get(next) {
            Some(&Instruction { code: 0x15, jt, jf, k }) if self.reached[next] == 0 => {
                let (there, holds) = self.load_and_test(here, value, |a| a == k);
                self.part(next + 1, jt, jf, there, holds);
            }
            Some(&Instruction { code: 0x45, jt, jf, k }) if self.reached[next] == 0 => {
                let (there, holds) = self.load_and_test(here, value, |a| a & k != 0);
                self.part(next + 1, jt, jf, there, holds);
            }
            _ => {
                let (there, _) = self.load_and_test(here, value, |_| false);
                self.go(next, there);
            }
        }
        0
    }

    #[inline(always)]
    fn load_and_test(
        &mut self,
        here: u64,
        value: impl Fn(usize, u32) -> Option<u32>,
        test: impl Fn(u32) -> bool,
    ) -> (u64, u64) {
        each(here, |j| {
            let loaded = value(j, self.x[j])?;
            self.a[j] = loaded;
            Some(test(loaded))
        })
    }

    #[inline(always)]
    fn jump(&mut self, next: usize, jt: u8, jf: u8, here: u64, holds: impl Fn(u32, u32) -> bool) -> u64 {
        let (_, holds) = each(here, |j| Some(holds(self.a[j], self.x[j])));
        self.part(next, jt, jf, here, holds);
        0
    }

    /// Sends the packets of which the test `holds` one way, the others of `here` the other way.
    #[inline(always)]
    fn part(&mut self, next: usize, jt: u8, jf: u8, here: u64, holds: u64) {
        self.go(next + usize::from(jt), holds);
        self.go(next + usize::from(jf), here & !holds);
    }

    /// [`Program::new`] has seen that no jump goes out of the program.
    #[inline(always)]
    fn go(&mut self, to: usize, packets: u64) {
        if let Some(reached) = self.reached.get_mut(to) {
            *reached |= packets;
        }
    }
}

#[inline(always)]
fn set(value: u32, place: &mut u32) -> Option<bool> {
    *place = value;
    Some(false)
}

/// Asks for each packet of a set; returns those that had an answer, and those where it was yes.
#[inline(always)]
fn each(packets: u64, mut ask: impl FnMut(usize) -> Option<bool>) -> (u64, u64) {
    let (mut answered, mut yes) = (0, 0);
    let mut left = packets;
    while left != 0 {
        let j = left.trailing_zeros() & 63;
        left &= left - 1;
        if let Some(answer) = ask(j as usize) {
            answered |= 1 << j;
            yes |= u64::from(answer) << j;
        }
    }
    (answered, yes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::run;
    use super::*;

    /// All codes of the machine but jumps and returns.
    const STRAIGHT: [u16; 40] = [
        0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0xb1, 0x00, 0x01, 0x80, 0x81, 0x60, 0x61, 0x02, 0x03, 0x07, 0x87,
        0x84, 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c, 0x74, 0x7c,
        0x94, 0x9c, 0xa4, 0xac, 0x20, 0x28,
    ];
    const TESTS: [u16; 8] = [0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d];

    /// An instruction that is sound wherever it stands with 16 behind it.
    fn instruction() -> impl Strategy<Value = Instruction> {
        let operand = prop_oneof![4 => 1..32_u32, 1 => Just(u32::MAX), 1 => Just(0xffff_f000_u32)];
        let straight = (prop::sample::select(&STRAIGHT[..]), operand.clone()).prop_map(|(code, k)| {
            // Slots of M and constant shifts have a limit.
            let k = match code {
                0x02 | 0x03 | 0x60 | 0x61 => k & 15,
                0x64 | 0x74 => k & 31,
                _ => k,
            };
            Instruction { code, jt: 0, jf: 0, k }
        });
        let test = (prop::sample::select(&TESTS[..]), 0..8_u8, 0..8_u8, operand)
            .prop_map(|(code, jt, jf, k)| Instruction { code, jt, jf, k });
        let others = prop_oneof![
            (0..8_u32).prop_map(|k| Instruction { code: 0x05, jt: 0, jf: 0, k }),
            prop_oneof![Just(0_u32), Just(9)].prop_map(|k| Instruction { code: 0x06, jt: 0, jf: 0, k }),
            Just(Instruction { code: 0x16, jt: 0, jf: 0, k: 0 }),
        ];
        prop_oneof![8 => straight, 8 => test, 1 => others]
    }

    #[test]
    fn each_batch_begins_with_empty_memory() {
        let rows = [(0x60, 0, 0, 0), (0x15, 0, 2, 0), (0x00, 0, 0, 9), (0x02, 0, 0, 0), (0x16, 0, 0, 0)];
        let rows = rows.map(|(code, jt, jf, k)| Instruction { code, jt, jf, k });
        let program = Program::new(rows.to_vec()).unwrap();
        let mut machine = Machine::default();
        for _ in 0..2 {
            // A is 9 where M[0] was 0; where the 9 of the batch before is found, M[0] is not stored again.
            assert_eq!(machine.select(&program, &[Frame::default()], 1), 1);
            assert!(machine.stored);
        }
    }

    proptest! {
        #[test]
        fn a_batch_answers_as_the_packets_one_by_one(
            rows in prop::collection::vec(instruction(), 1..40),
            packets in prop::collection::vec((prop::collection::vec(0..34_u8, 0..40), 0..64_u32), 0..=MOST_PACKETS),
            asked in any::<u64>(),
        ) {
            let mut rows = rows;
            rows.extend([Instruction { code: 0x16, jt: 0, jf: 0, k: 0 }; 16]);
            let program = Program::new(rows).unwrap();
            let frames: Vec<Frame<'_>> =
                packets.iter().map(|(data, original_length)| Frame { data, original_length: *original_length }).collect();
            let one_by_one = frames.iter().enumerate().filter(|(_, f)| run(&program, f.data, f.original_length) != 0);
            let expected = one_by_one.fold(0, |bits, (j, _)| bits | 1 << j) & asked;
            let mut machine = Machine::default();
            for _ in 0..2 {
                prop_assert_eq!(machine.select(&program, &frames, asked), expected);
            }
        }
    }
}
