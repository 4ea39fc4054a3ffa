//! The capture filter of the *sockets* way: a program that stands before the recording one.
//!
//! Filters are instructions and no object, and aya loads objects only, so this file speaks to bpf(2) itself. The filter's
//! answer is the index of its tail call: [`UNWANTED`] leads to a program that counts, [`WANTED`] to the one that records. A
//! tail call and no function of the object, because that would have to be cut out of the object, with its line and type
//! records, and a program extension needs the kernel's types. There is no call between functions in any of the programs:
//! older kernels do not allow these together with tail calls.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use super::Error;
use super::error::Attempt;
use super::syscall::{LINK_CREATE, NewProgram, bpf, instruction};

/// Where a program goes on with a packet that does not match: the value that a filter returns.
pub(super) const UNWANTED: u32 = 0;
/// Where a program goes on with a packet that matches.
pub(super) const WANTED: u32 = 1;

/// Which hook of a cgroup (`enum bpf_attach_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Hook {
    /// BPF_CGROUP_INET_INGRESS.
    Ingress = 0,
    /// BPF_CGROUP_INET_EGRESS.
    Egress = 1,
}

/// BPF_ALU64 | BPF_MOV | BPF_X
const MOVE_64: u8 = 0xbf;
/// BPF_ALU64 | BPF_MOV | BPF_K
const MOVE_CONSTANT_64: u8 = 0xb7;
/// BPF_ALU | BPF_MOV | BPF_K
const MOVE_CONSTANT: u8 = 0xb4;
/// BPF_LDX | BPF_MEM | BPF_W
const LOAD_WORD: u8 = 0x61;
/// BPF_LD | BPF_DW | BPF_IMM; two words.
const LOAD_IMMEDIATE_64: u8 = 0x18;
/// BPF_JMP | BPF_JA
const JUMP: u8 = 0x05;
/// BPF_JMP | BPF_CALL
const CALL: u8 = 0x85;
/// BPF_JMP | BPF_EXIT
const EXIT: u8 = 0x95;
/// Source register of a [`LOAD_IMMEDIATE_64`] whose constant is the descriptor of a map.
const PSEUDO_MAP_FD: u8 = 1;
/// bpf_tail_call(context, map, index)
const TAIL_CALL: i32 = 12;
/// Kept over calls, and not used by filters.
const CONTEXT: u8 = 9;
const FRAME: u8 = 10;
/// `pkt_type` of `struct __sk_buff`.
const PACKET_TYPE: i16 = 4;
/// PACKET_OUTGOING of linux/if_packet.h.
const PACKET_OUTGOING: i32 = 4;

/// The program: the filter, each of its ends turned into a jump behind it, and the tail call. `filter` is a function body
/// that takes the context in r1, returns [`WANTED`] or [`UNWANTED`] and leaves r9 alone.
fn assemble(filter: &[u64], hook: Hook, programs: BorrowedFd<'_>) -> Result<Vec<u64>, Error> {
    let mut words = Vec::with_capacity(filter.len() + 10);
    words.push(instruction(MOVE_64, CONTEXT, 1, 0, 0));
    let mut second_half = false;
    for (at, &word) in filter.iter().enumerate() {
        let code = word as u8;
        let (to, from, offset) = (word >> 8 & 15, word >> 12 & 15, (word >> 16) as u16);
        words.push(if second_half {
            word
        } else if code == EXIT {
            let way = i16::try_from(filter.len() - at - 1).map_err(|_| Error::FilterTooLong {
                instructions: filter.len(),
                maximum: i16::MAX as usize,
            })?;
            instruction(JUMP, 0, 0, way, 0)
        } else if hook == Hook::Egress
            && code == LOAD_WORD
            && from != u64::from(FRAME)
            && offset.cast_signed() == PACKET_TYPE
        {
            // The stack says that a packet goes out only on copies it makes for AF_PACKET (net/core/dev.c).
            instruction(MOVE_CONSTANT, to as u8, 0, 0, PACKET_OUTGOING)
        } else {
            word
        });
        second_half = !second_half && code == LOAD_IMMEDIATE_64;
    }
    words.extend([
        instruction(MOVE_64, 1, CONTEXT, 0, 0),
        instruction(LOAD_IMMEDIATE_64, 2, PSEUDO_MAP_FD, 0, programs.as_raw_fd()),
        0,
        instruction(MOVE_64, 3, 0, 0, 0),
        instruction(CALL, 0, 0, 0, TAIL_CALL),
        // Only where there is no program at the index: let the packet pass, as all our programs do.
        instruction(MOVE_CONSTANT_64, 0, 0, 0, 1),
        instruction(EXIT, 0, 0, 0, 0),
    ]);
    Ok(words)
}

/// A filter in the kernel.
pub(super) struct Filter {
    program: OwnedFd,
    hook: Hook,
}

impl Filter {
    /// Loads a filter that goes on in `programs`, a BPF_MAP_TYPE_PROG_ARRAY.
    ///
    /// # Errors
    /// When it is too long, or the verifier refuses it.
    pub(super) fn load(filter: &[u64], hook: Hook, programs: BorrowedFd<'_>) -> Result<Self, Error> {
        let words = assemble(filter, hook, programs)?;
        let attempt = Attempt {
            what: "load the capture filter",
            feature: "tail calls from programs on cgroups (Linux 4.10, CONFIG_CGROUP_BPF)",
        };
        let program = NewProgram {
            program_type: PROGRAM_TYPE_CGROUP_SKB,
            expected_attach_type: hook as u32,
            flags: 0,
            name: *b"capture_filter\0\0",
            words: &words,
        };
        let program = program.load(attempt)?;
        Ok(Self { program, hook })
    }

    /// Attaches the filter. The kernel detaches it when the returned descriptor is closed.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(super) fn attach(&self, cgroup: BorrowedFd<'_>, attempt: Attempt) -> Result<OwnedFd, Error> {
        let mut attributes = LinkCreate {
            program: self.program.as_raw_fd().cast_unsigned(),
            target: cgroup.as_raw_fd().cast_unsigned(),
            attach_type: self.hook as u32,
            flags: 0,
        };
        // SAFETY: BPF_LINK_CREATE reads these four numbers and no memory that they point to.
        unsafe { bpf(LINK_CREATE, &mut attributes) }.map_err(|error| attempt.system(error))
    }
}

const PROGRAM_TYPE_CGROUP_SKB: u32 = 8;
/// The part of `union bpf_attr` that BPF_LINK_CREATE reads.
#[repr(C)]
struct LinkCreate {
    program: u32,
    target: u32,
    attach_type: u32,
    flags: u32,
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::AsFd;

    use super::*;

    fn any_descriptor() -> File {
        File::open("/dev/null").unwrap()
    }

    #[test]
    fn ends_become_jumps_behind_the_filter() {
        let accept = instruction(MOVE_CONSTANT, 0, 0, 0, 1);
        let end = instruction(EXIT, 0, 0, 0, 0);
        let words = assemble(&[accept, end, accept, end], Hook::Ingress, any_descriptor().as_fd()).unwrap();
        assert_eq!(words[2], instruction(JUMP, 0, 0, 2, 0));
        assert_eq!(words[4], instruction(JUMP, 0, 0, 0, 0));
        assert_eq!(words[5], instruction(MOVE_64, 1, CONTEXT, 0, 0));
        assert_eq!(words.iter().filter(|&&word| word == end).count(), 1);
    }

    #[test]
    fn what_is_sent_is_outgoing() {
        let load = instruction(LOAD_WORD, 7, 6, PACKET_TYPE, 0);
        let spilled = instruction(LOAD_WORD, 7, FRAME, PACKET_TYPE, 0);
        let null = any_descriptor();
        let words = |hook| assemble(&[load, spilled], hook, null.as_fd()).unwrap();
        assert_eq!(words(Hook::Ingress)[1], load);
        assert_eq!(words(Hook::Egress)[1], instruction(MOVE_CONSTANT, 7, 0, 0, PACKET_OUTGOING));
        assert_eq!(words(Hook::Egress)[2], spilled);
    }

    #[test]
    fn a_filter_whose_ends_are_too_far_away_is_refused() {
        let end = instruction(EXIT, 0, 0, 0, 0);
        let result = assemble(&vec![end; 40_000], Hook::Ingress, any_descriptor().as_fd());
        assert!(matches!(result, Err(Error::FilterTooLong { instructions: 40_000, maximum: 32_767 })));
    }
}
