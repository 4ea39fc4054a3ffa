//! The seccomp filter that makes the kernel hold each exec and executable mapping, and the calls on its listener.
//! include/uapi/linux/seccomp.h, kernel/seccomp.c, seccomp_unotify(2).

use std::mem::{MaybeUninit, offset_of};
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::ptr::{self, NonNull};

use libc::{BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, BPF_W};
use rustix::io::Errno;

use super::procfs;

/// AUDIT_ARCH_* of the system call numbers below (include/uapi/linux/audit.h), where the filter is known to be right.
#[cfg(target_arch = "x86_64")]
const ARCH: Option<u32> = Some(0xc000_003e);
#[cfg(target_arch = "aarch64")]
const ARCH: Option<u32> = Some(0xc000_00b7);
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const ARCH: Option<u32> = None;

/// x32 calls carry this bit in the number (`__X32_SYSCALL_BIT`). aarch64 has no numbers that high.
const X32_BIT: u32 = 0x4000_0000;

/// Wake the supervisor on the CPU of the caller, which sleeps anyway: halves the cost of an answer (since 6.6).
const FD_SYNC_WAKE_UP: u64 = 1;

/// Room for structures of later kernels, which copy their own size.
#[repr(C)]
struct Padded<T> {
    value: T,
    rest: [u64; 32],
}

/// Checks that the kernel has what the filter needs; the text says what is missing.
pub(super) fn check_support() -> Result<(), String> {
    if ARCH.is_none() {
        return Err("only known for x86-64 and aarch64".into());
    }
    let release = procfs::kernel_release();
    // Before 5.5 there is no "continue" answer: every exec would fail.
    if release < (5, 5) {
        return Err(format!("the kernel is {}.{}, 5.5 or later is needed", release.0, release.1));
    }
    let mut sizes = libc::seccomp_notif_sizes { seccomp_notif: 0, seccomp_notif_resp: 0, seccomp_data: 0 };
    let operation = libc::SECCOMP_GET_NOTIF_SIZES;
    // SAFETY: the kernel writes three u16 to the live structure.
    if unsafe { libc::syscall(libc::SYS_seccomp, operation, 0, &raw mut sizes) } != 0 {
        return Err("the kernel has no seccomp filters (CONFIG_SECCOMP_FILTER)".into());
    }
    let fits = usize::from(sizes.seccomp_notif) <= size_of::<Padded<libc::seccomp_notif>>()
        && usize::from(sizes.seccomp_notif_resp) <= size_of::<Padded<libc::seccomp_notif_resp>>();
    fits.then_some(()).ok_or_else(|| "the kernel's notifications are larger than known".into())
}

/// Installs the filter in this thread and returns the listener. Needs CAP_SYS_ADMIN: `no_new_privs` must stay off,
/// or setuid programs below would change their behaviour. Async-signal-safe.
pub(super) fn install() -> Result<OwnedFd, Errno> {
    let length = u16::try_from(FILTER.len()).map_err(|_| Errno::INVAL)?;
    // The kernel only reads it; the type in C has no const.
    let program = libc::sock_fprog { len: length, filter: FILTER.as_ptr().cast_mut() };
    // SPEC_ALLOW: without it kernels before 5.16 slow the command down with speculation barriers.
    let basic = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    // WAIT_KILLABLE_RECV (5.19): a signal does not interrupt and restart the call while we look at the file.
    match set_filter(basic | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program) {
        Err(Errno::INVAL) => set_filter(basic, &program),
        result => result,
    }
}

/// A page that this process shares with the guard: the notification being handled lies in it, written there by the
/// kernel itself, so that the guard can answer it when plaintap is killed halfway.
#[derive(Debug)]
pub(super) struct Slot {
    page: NonNull<Padded<libc::seccomp_notif>>,
}

// SAFETY: the page belongs to the value alone; it is only a raw pointer because it is mapped memory.
unsafe impl Send for Slot {}

impl Slot {
    pub(super) fn new() -> Result<Self, Errno> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
        // SAFETY: a fresh anonymous mapping, checked before use.
        let page = unsafe { libc::mmap(ptr::null_mut(), Self::SIZE, protection, flags, -1, 0) };
        if page == libc::MAP_FAILED {
            return Err(last_errno());
        }
        NonNull::new(page.cast()).map(|page| Self { page }).ok_or(Errno::NOMEM)
    }

    const SIZE: usize = size_of::<Padded<libc::seccomp_notif>>();

    /// Takes the next notification. `ENOENT`: its caller was killed meanwhile. Call it only when poll says POLLIN,
    /// as it blocks otherwise.
    pub(super) fn receive(&mut self, listener: BorrowedFd<'_>) -> Result<libc::seccomp_notif, Errno> {
        let page = self.page.as_ptr();
        // SAFETY: the page is live, aligned, ours, and large enough for the kernel's structure (`check_support`);
        // the kernel wants it zeroed. After success the structure is initialised; integers take any value.
        unsafe {
            page.write_bytes(0, 1);
            ioctl(listener, libc::SECCOMP_IOCTL_NOTIF_RECV, page.cast())?;
            Ok((*page).value)
        }
    }

    /// The notification received last by whichever process uses the page (0: none).
    pub(super) fn last_id(&self) -> u64 {
        // SAFETY: the page is live and aligned. The other process is dead or does not receive any more, else the id
        // may be torn, which the kernel answers with ENOENT.
        unsafe { ptr::read_volatile(&raw const (*self.page.as_ptr()).value.id) }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours and nothing refers to it after this.
        unsafe { libc::munmap(self.page.as_ptr().cast(), Self::SIZE) };
    }
}

/// Lets the system call go on as if there were no filter. `ENOENT`: its caller is gone or was answered.
pub(super) fn answer_continue(listener: BorrowedFd<'_>, id: u64) -> Result<(), Errno> {
    let flags = u32::try_from(libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE).unwrap_or(1);
    let value = libc::seccomp_notif_resp { id, val: 0, error: 0, flags };
    let mut answer = Padded { value, rest: [0; 32] };
    // SAFETY: the kernel reads (at most) the padded structure, which is initialised.
    unsafe { ioctl(listener, libc::SECCOMP_IOCTL_NOTIF_SEND, (&raw mut answer).cast()) }
}

/// Whether the caller still waits, which proves that what was read from /proc under its id was the caller's.
pub(super) fn is_valid(listener: BorrowedFd<'_>, id: u64) -> bool {
    let mut id = id;
    // SAFETY: the kernel reads one u64.
    unsafe { ioctl(listener, libc::SECCOMP_IOCTL_NOTIF_ID_VALID, (&raw mut id).cast()) }.is_ok()
}

/// Asks for cheaper wake-ups; kernels without them go on as before.
pub(super) fn wake_up_in_place(listener: BorrowedFd<'_>) {
    // SAFETY: the argument of this call is the flag word itself.
    let _ = unsafe {
        ioctl(
            listener,
            libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS,
            ptr::without_provenance_mut(FD_SYNC_WAKE_UP as usize),
        )
    };
}

/// # Safety
/// `argument` must be what the request asks for, live for the call.
unsafe fn ioctl(fd: BorrowedFd<'_>, request: libc::Ioctl, argument: *mut libc::c_void) -> Result<(), Errno> {
    // SAFETY: the descriptor is open; the rest is the caller's promise.
    match unsafe { libc::ioctl(fd.as_raw_fd(), request, argument) } {
        0.. => Ok(()),
        _ => Err(last_errno()),
    }
}

fn set_filter(flags: libc::c_ulong, program: &libc::sock_fprog) -> Result<OwnedFd, Errno> {
    let operation = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the kernel copies the program, which is live for the call.
    let fd = unsafe { libc::syscall(libc::SYS_seccomp, operation, flags, ptr::from_ref(program)) };
    match i32::try_from(fd) {
        // SAFETY: with NEW_LISTENER the call returns a fresh descriptor (set close-on-exec by the kernel).
        Ok(fd @ 0..) => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(last_errno()),
    }
}

fn last_errno() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}

/// The program. Every path ends in ALLOW or USER_NOTIF; all other system calls are allowed by number alone, which
/// the kernel caches in a bitmap (`seccomp_cache_prepare`), so they cost nothing.
static FILTER: [libc::sock_filter; 22] = {
    const ALLOW: u8 = 20;
    const NOTIFY: u8 = 21;
    const fn number(call: libc::c_long) -> u32 {
        call as u32
    }
    [
        load(offset_of!(libc::seccomp_data, arch)),
        unless(1, BPF_JEQ, arch(), ALLOW),
        load(offset_of!(libc::seccomp_data, nr)),
        when(3, BPF_JGE, X32_BIT, ALLOW),
        when(4, BPF_JEQ, number(libc::SYS_mmap), 9),
        when(5, BPF_JEQ, number(libc::SYS_execve), NOTIFY),
        when(6, BPF_JEQ, number(libc::SYS_execveat), NOTIFY),
        when(7, BPF_JEQ, number(libc::SYS_seccomp), 16),
        when(8, BPF_JGE, 0, ALLOW),
        // 9: mmap(address, length, protection, flags, fd, offset) of a file, to be executed
        load_argument(2),
        unless(10, BPF_JSET, libc::PROT_EXEC as u32, ALLOW),
        load_argument(3),
        when(12, BPF_JSET, libc::MAP_ANONYMOUS as u32, ALLOW),
        load_argument(4),
        when(14, BPF_JEQ, u32::MAX, ALLOW),
        when(15, BPF_JGE, 0, NOTIFY),
        // 16: seccomp(operation, flags, …) that asks for a listener, only to count it
        load_argument(0),
        unless(17, BPF_JEQ, libc::SECCOMP_SET_MODE_FILTER, ALLOW),
        load_argument(1),
        when(19, BPF_JSET, libc::SECCOMP_FILTER_FLAG_NEW_LISTENER as u32, NOTIFY),
        // 20, 21
        statement(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW),
        statement(BPF_RET | BPF_K, libc::SECCOMP_RET_USER_NOTIF),
    ]
};

const fn arch() -> u32 {
    match ARCH {
        Some(arch) => arch,
        None => 0,
    }
}

const fn load(offset: usize) -> libc::sock_filter {
    statement(BPF_LD | BPF_W | BPF_ABS, offset as u32)
}

/// The low half of an argument: all that a 32-bit flag word or descriptor has.
const fn load_argument(index: usize) -> libc::sock_filter {
    let low = if cfg!(target_endian = "big") { 4 } else { 0 };
    load(offset_of!(libc::seccomp_data, args) + 8 * index + low)
}

const fn statement(code: u32, k: u32) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt: 0, jf: 0, k }
}

/// At `place`: to `target` when the test holds, else on.
const fn when(place: u8, test: u32, k: u32, target: u8) -> libc::sock_filter {
    libc::sock_filter { code: (BPF_JMP | test | BPF_K) as u16, jt: target - place - 1, jf: 0, k }
}

/// At `place`: on when the test holds, else to `target`.
const fn unless(place: u8, test: u32, k: u32, target: u8) -> libc::sock_filter {
    libc::sock_filter { code: (BPF_JMP | test | BPF_K) as u16, jt: 0, jf: target - place - 1, k }
}

/// Reads the memory of another process: the part of the buffer that was filled, up to the first unreadable page.
pub(super) fn read_memory(tid: i32, address: u64, buffer: &mut [MaybeUninit<u8>]) -> Result<&[u8], Errno> {
    let local = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let base = ptr::without_provenance_mut(usize::try_from(address).map_err(|_| Errno::FAULT)?);
    let remote = libc::iovec { iov_base: base, iov_len: buffer.len() };
    // SAFETY: `local` is the live buffer; `remote` is an address in the other process that the kernel checks.
    let length = unsafe { libc::process_vm_readv(tid, &raw const local, 1, &raw const remote, 1, 0) };
    let length = usize::try_from(length).map_err(|_| last_errno())?;
    // SAFETY: the kernel wrote the first `length` bytes, which are within the buffer.
    Ok(unsafe { buffer[..length].assume_init_ref() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the filter as the kernel would.
    fn verdict(nr: libc::c_long, arch: u32, args: [u64; 6]) -> u32 {
        let mut data = [0u8; 64];
        data[0..4].copy_from_slice(&(nr as u32).to_ne_bytes());
        data[4..8].copy_from_slice(&arch.to_ne_bytes());
        for (i, argument) in args.iter().enumerate() {
            data[16 + 8 * i..24 + 8 * i].copy_from_slice(&argument.to_ne_bytes());
        }
        let (mut place, mut accumulator) = (0, 0u32);
        loop {
            let op = FILTER[place];
            let (code, k) = (u32::from(op.code), op.k);
            place += 1;
            if code == BPF_LD | BPF_W | BPF_ABS {
                let at = k as usize;
                accumulator = u32::from_ne_bytes(data[at..at + 4].try_into().unwrap());
                continue;
            }
            if code == BPF_RET | BPF_K {
                return k;
            }
            let holds = match code & 0xf0 {
                BPF_JEQ => accumulator == k,
                BPF_JGE => accumulator >= k,
                BPF_JSET => accumulator & k != 0,
                other => panic!("unexpected jump {other:#x}"),
            };
            place += usize::from(if holds { op.jt } else { op.jf });
        }
    }

    #[test]
    fn exec_and_executable_file_mappings_are_held_and_nothing_else() {
        const NOTIFY: u32 = libc::SECCOMP_RET_USER_NOTIF;
        const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
        let Some(native) = ARCH else { return };
        let mmap = |protection: i32, flags: i32, fd: i32| {
            let args = [0, 4096, protection as u64, flags as u64, fd as u32 as u64, 0];
            verdict(libc::SYS_mmap, native, args)
        };
        let text = libc::PROT_READ | libc::PROT_EXEC;
        assert_eq!(verdict(libc::SYS_execve, native, [0; 6]), NOTIFY);
        assert_eq!(verdict(libc::SYS_execveat, native, [0; 6]), NOTIFY);
        assert_eq!(mmap(text, libc::MAP_PRIVATE, 3), NOTIFY);
        assert_eq!(mmap(libc::PROT_READ, libc::MAP_PRIVATE, 3), ALLOW);
        assert_eq!(mmap(text, libc::MAP_PRIVATE, -1), ALLOW);
        assert_eq!(mmap(text, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, 3), ALLOW);
        assert_eq!(verdict(libc::SYS_seccomp, native, [1, 8, 0, 0, 0, 0]), NOTIFY);
        assert_eq!(verdict(libc::SYS_seccomp, native, [1, 1, 0, 0, 0, 0]), ALLOW);
        assert_eq!(verdict(libc::SYS_seccomp, native, [2, 8, 0, 0, 0, 0]), ALLOW);
        assert_eq!(verdict(libc::SYS_read, native, [1; 6]), ALLOW);
        // i386 (AUDIT_ARCH_I386) numbers mean other calls; x32 shares the architecture word.
        assert_eq!(verdict(libc::SYS_execve, 0x4000_0003, [0; 6]), ALLOW);
        assert_eq!(verdict(libc::SYS_execve | i64::from(X32_BIT), native, [0; 6]), ALLOW);
    }
}
