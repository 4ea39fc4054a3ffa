//! The memory that a hook's registers reach, for those who know what to look for in it.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::PathBuf;

use aya::Ebpf;
use aya::programs::UProbe;
use aya::programs::uprobe::{UProbeAttachLocation, UProbeAttachPoint, UProbeLinkId, UProbeScope};
use plaintap_locate::{Expression, Register};
use plaintap_packet::Nanos;
use rustc_hash::FxHashMap;

use super::clock::WallClock;
use super::error::Attempt;
use super::ring::{Ring, bytes, u16_at, u32_at, u64_at};
use super::{Error, HookId, TargetFilter, object};

/// `struct head` of bpf/learn.bpf.c.
const HEAD: usize = 40;
/// One call hands over no more windows than this: those of one hit.
const BATCH_WINDOWS: usize = 1100;

const PROGRAM: &str = "memory_in_reach";

const LOAD: Attempt = Attempt {
    what: "load the program that looks for client randoms and secrets",
    feature: "sleepable uprobe programs (Linux 6.0)",
};
const ATTACH: Attempt = Attempt { what: "attach it beside a probe", feature: "uprobes with BPF cookies" };

/// Copies memory out of the target's processes when they pass chosen hooks. For a hook that reads a wrong client random or
/// secret: whoever can tell the right one finds where it is.
pub struct Learner {
    programs: Ebpf,
    ring: Ring,
    clock: WallClock,
    attached: FxHashMap<HookId, UProbeLinkId>,
}

/// A piece of a process's memory, when it passed a hook.
pub struct Window<'a> {
    /// The hook.
    pub hook: HookId,
    /// When the process passed; the same for all windows of that hit.
    pub time: Nanos,
    /// The process (thread group).
    pub pid: u32,
    /// The thread.
    pub tid: u32,
    /// Where the bytes were.
    pub address: u64,
    /// The bytes.
    pub bytes: &'a [u8],
    reach: Reach,
}

/// What leads to a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// The register of this number.
    Register(u8),
    /// A pointer behind what the register points to: its place there.
    Word(u8, u16),
    /// Nothing: the bytes are the registers themselves.
    Values,
}

impl Learner {
    /// Loads the program for the tasks of a cgroup.
    ///
    /// # Errors
    /// When the kernel refuses; see [`Error`].
    pub fn new(target: &TargetFilter) -> Result<Self, Error> {
        let mut programs = object::loader(target).load(object::LEARN).map_err(|e| LOAD.loading(e))?;
        object::program::<UProbe>(&mut programs, PROGRAM)?.load().map_err(|e| LOAD.program(e))?;
        let ring = Ring::take(&mut programs)?;
        Ok(Self { programs, ring, clock: WallClock::new(), attached: FxHashMap::default() })
    }

    /// Copies memory from now on whenever a task of the target passes this hook, which is at `offset` of `file`.
    ///
    /// # Errors
    /// When the kernel refuses it.
    pub fn start(&mut self, hook: HookId, file: BorrowedFd<'_>, offset: u64) -> Result<(), Error> {
        if self.attached.contains_key(&hook) {
            return Ok(());
        }
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let point = UProbeAttachPoint {
            location: UProbeAttachLocation::AbsoluteOffset(offset),
            cookie: Some(u64::from(hook.0)),
        };
        let link = object::program::<UProbe>(&mut self.programs, PROGRAM)?
            .attach(point, path, UProbeScope::AllProcesses)
            .map_err(|e| ATTACH.program(e))?;
        self.attached.insert(hook, link);
        Ok(())
    }

    /// Copies no more memory at this hook.
    ///
    /// # Errors
    /// When the kernel refuses it.
    pub fn stop(&mut self, hook: HookId) -> Result<(), Error> {
        let Some(link) = self.attached.remove(&hook) else { return Ok(()) };
        let program = object::program::<UProbe>(&mut self.programs, PROGRAM)?;
        program.detach(link).map_err(|e| ATTACH.program(e))
    }

    /// Whether memory is copied at any hook.
    pub fn is_active(&self) -> bool {
        !self.attached.is_empty()
    }

    /// Hands over what is there, oldest first; returns whether there is more.
    pub fn windows(&mut self, mut take: impl FnMut(Window<'_>)) -> bool {
        self.clock.resample();
        for _ in 0..BATCH_WINDOWS {
            let Some(record) = self.ring.next() else { return false };
            if let Some(window) = Window::parse(&record, &self.clock) {
                take(window);
            }
        }
        true
    }
}

impl Window<'_> {
    /// What leads to the byte at `place` of [`Self::bytes`]: the register, and whatever pointer was followed.
    pub fn expression(&self, place: usize) -> Option<Expression> {
        /// Bytes of a pointer.
        const POINTER: i32 = 8;
        let place = i32::try_from(place).ok()?;
        match self.reach {
            Reach::Values => None,
            Reach::Register(number) => Some(Expression::path(register(number)?, &[place])),
            Reach::Word(number, word) => {
                Some(Expression::path(register(number)?, &[i32::from(word) * POINTER, place]))
            }
        }
    }

    /// The values of the registers, if this is the window that has them.
    pub fn registers(&self) -> impl Iterator<Item = (Register, u64)> {
        let values = if self.reach == Reach::Values { self.bytes } else { &[] };
        let values = values.chunks_exact(8).map(|value| u64_at(value, 0));
        (0..).zip(values).filter_map(|(number, value)| Some((register(number)?, value)))
    }

    fn parse<'a>(record: &'a [u8], clock: &WallClock) -> Option<Window<'a>> {
        let length = u32_at(record, 32) as usize;
        let task = u64_at(record, 8);
        let [number, kind] = bytes(record, 20);
        let reach = match kind {
            0 => Reach::Register(number),
            1 => Reach::Word(number, u16_at(record, 22)),
            _ => Reach::Values,
        };
        Some(Window {
            hook: HookId(u32_at(record, 16)),
            time: clock.at(u64_at(record, 0)),
            pid: (task >> 32) as u32,
            tid: task as u32,
            address: u64_at(record, 24),
            bytes: record.get(HEAD..)?.get(..length)?,
            reach,
        })
    }
}

/// The register with this number in the program.
fn register(number: u8) -> Option<Register> {
    match cfg!(target_arch = "x86_64") {
        true => Register::of_x86_64(number),
        false => (number < 32).then_some(Register::X(number)),
    }
}

/// Places in the order in which they are worth trying: those that calls pass, near before far, the stack last.
pub fn by_likelihood(expression: &Expression) -> impl Ord + use<> {
    let register = match expression.register {
        Register::Rdi => 0,
        Register::Rsi => 1,
        Register::Rdx => 2,
        Register::Rcx => 3,
        Register::R8 => 4,
        Register::R9 => 5,
        Register::Rsp | Register::Rbp | Register::X(29 | 31) => 100,
        Register::X(number) => number,
        _ => 50,
    };
    (expression.offsets.len(), register, expression.offsets.clone())
}

impl std::fmt::Debug for Learner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Learner").field("hooks", &self.attached.len()).finish()
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    fn record(register: u8, kind: u8, word: u16, length: u32) -> Vec<u8> {
        let mut record = 5u64.to_ne_bytes().to_vec();
        record.extend((7u64 << 32 | 8).to_ne_bytes());
        record.extend(3u32.to_ne_bytes());
        record.extend([register, kind]);
        record.extend(word.to_ne_bytes());
        record.extend(0x7000u64.to_ne_bytes());
        record.extend(length.to_ne_bytes());
        record.extend([0; 4]);
        record.extend([9; 16]);
        record
    }

    #[test]
    fn a_window_says_how_to_get_at_its_bytes() {
        let clock = WallClock::new();
        let near = record(7, 0, 0, 12);
        let near = Window::parse(&near, &clock).unwrap();
        assert_eq!((near.hook, near.pid, near.tid, near.bytes), (HookId(3), 7, 8, &[9; 12][..]));
        assert_eq!(near.expression(0x160).unwrap().to_string(), "rdi+0x160");
        let far = record(7, 1, 0xa8 / 8, 16);
        assert_eq!(
            Window::parse(&far, &clock).unwrap().expression(0xb8).unwrap().to_string(),
            "*(rdi+0xa8)+0xb8"
        );
        assert!(Window::parse(&record(7, 0, 0, 17), &clock).is_none(), "longer than the record");
        assert_eq!((near.address, near.registers().count()), (0x7000, 0));
    }

    #[test]
    fn registers_come_by_their_names() {
        let values = record(0, 2, 0, 16);
        let values = Window::parse(&values, &WallClock::new()).unwrap();
        let value = u64::from_ne_bytes([9; 8]);
        let registers: Vec<_> = values.registers().collect();
        assert_eq!(registers, [(Register::Rax, value), (Register::Rcx, value)]);
        assert_eq!(values.expression(0), None);
    }

    #[test]
    fn arguments_come_before_the_stack_and_near_before_far() {
        let mut places = [
            Expression::path(Register::Rsp, &[8]),
            Expression::path(Register::Rsi, &[8, 8]),
            Expression::path(Register::Rbx, &[8]),
            Expression::path(Register::Rdi, &[16]),
        ];
        places.sort_by_key(by_likelihood);
        assert_eq!(
            places.map(|place| place.to_string()),
            ["rdi+0x10", "rbx+0x8", "rsp+0x8", "*(rsi+0x8)+0x8"]
        );
    }
}
