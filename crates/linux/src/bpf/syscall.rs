//! bpf(2), for what aya does not do.

use std::ffi::{CStr, c_int};
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use super::Error;
use super::error::Attempt;

const PROGRAM_LOAD: c_int = 5;
pub(super) const LINK_CREATE: c_int = 28;
/// Room for what the verifier says. It says most at the end, and kernels before 6.4 keep the beginning only.
const LOG_BYTES: usize = 1 << 20;

/// A program to load.
pub(super) struct NewProgram<'a> {
    /// `enum bpf_prog_type`
    pub(super) program_type: u32,
    /// `enum bpf_attach_type`
    pub(super) expected_attach_type: u32,
    /// `BPF_F_*`
    pub(super) flags: u32,
    /// NUL-padded.
    pub(super) name: [u8; 16],
    /// Each as [`instruction`] makes it.
    pub(super) words: &'a [u64],
}

/// The part of `union bpf_attr` that BPF_PROG_LOAD reads, up to `expected_attach_type`.
#[repr(C)]
struct ProgramLoad {
    program_type: u32,
    instruction_count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buffer: u64,
    kernel_version: u32,
    flags: u32,
    name: [u8; 16],
    interface: u32,
    expected_attach_type: u32,
}

impl NewProgram<'_> {
    /// Loads it.
    ///
    /// # Errors
    /// When the kernel refuses; with the reason, if it is the verifier's.
    pub(super) fn load(&self, attempt: Attempt) -> Result<OwnedFd, Error> {
        match self.try_load(&mut []) {
            Ok(program) => Ok(program),
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => Err(attempt.system(error)),
            // Once more for the reason: keeping a log costs time, and a program is seldom refused.
            Err(_) => {
                let mut log = vec![0; LOG_BYTES];
                self.try_load(&mut log).map_err(|error| {
                    let text = CStr::from_bytes_until_nul(&log).unwrap_or_default().to_string_lossy();
                    attempt.refused(error, &text)
                })
            }
        }
    }

    fn try_load(&self, log: &mut [u8]) -> io::Result<OwnedFd> {
        let license = c"Dual MIT/GPL";
        let mut attributes = ProgramLoad {
            program_type: self.program_type,
            instruction_count: self.words.len() as u32,
            instructions: self.words.as_ptr() as u64,
            license: license.as_ptr() as u64,
            log_level: u32::from(!log.is_empty()),
            log_size: log.len() as u32,
            log_buffer: if log.is_empty() { 0 } else { log.as_mut_ptr() as u64 },
            kernel_version: 0,
            flags: self.flags,
            name: self.name,
            interface: 0,
            expected_attach_type: self.expected_attach_type,
        };
        // SAFETY: the pointers are to the words, a C string and `log`, all alive during the call; their lengths stand
        // beside them.
        unsafe { bpf(PROGRAM_LOAD, &mut attributes) }
    }
}

/// `struct bpf_insn` as a little-endian word: code, registers (source high), offset, constant.
pub(super) const fn instruction(code: u8, to: u8, from: u8, offset: i16, constant: i32) -> u64 {
    code as u64
        | (to as u64 | (from as u64) << 4) << 8
        | (offset.cast_unsigned() as u64) << 16
        | (constant.cast_unsigned() as u64) << 32
}

/// bpf(2) for the commands that return a new descriptor.
///
/// # Safety
/// `T` is the beginning of `union bpf_attr` for `command`, and every pointer and length in it is good for what the command
/// reads and writes there.
pub(super) unsafe fn bpf<T>(command: c_int, attributes: &mut T) -> io::Result<OwnedFd> {
    // SAFETY: `attributes` is valid for its size, and the caller vouches for what it points to.
    let result =
        unsafe { libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attributes), size_of::<T>()) };
    match c_int::try_from(result) {
        // SAFETY: a new descriptor that nobody else owns.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(io::Error::last_os_error()),
    }
}
