//! Many uprobes in one file on one link (Linux 6.6), which aya cannot make.
//!
//! A link for each probe stands on a perf event; taking one away waits for several grace periods, and those of all probes
//! follow each other under one mutex of the kernel (perf_event_detach_bpf_prog): 0.1 s each. This link waits once.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use aya::Ebpf;
use aya::maps::{Map, MapData};
use aya_obj::Object;

use super::Error;
use super::error::Attempt;
use super::syscall::{LINK_CREATE, NewProgram, bpf, instruction};

/// BPF_PROG_TYPE_KPROBE
const PROGRAM_TYPE_KPROBE: u32 = 2;
/// BPF_TRACE_UPROBE_MULTI of `enum bpf_attach_type`.
const TRACE_UPROBE_MULTI: u32 = 48;
/// BPF_F_SLEEPABLE
const SLEEPABLE: u32 = 1 << 4;

/// The part of `union bpf_attr` that BPF_LINK_CREATE reads for TRACE_UPROBE_MULTI.
#[repr(C)]
struct LinkCreate {
    program: u32,
    target: u32,
    attach_type: u32,
    flags: u32,
    path: u64,
    offsets: u64,
    reference_counter_offsets: u64,
    cookies: u64,
    count: u32,
    probe_flags: u32,
    /// 0 for all processes.
    pid: u32,
    reserved: u32,
}

/// A sleepable uprobe program that takes such links.
pub(super) struct UprobeMulti {
    program: OwnedFd,
}

impl UprobeMulti {
    /// Loads the program `name` of an object, with the maps that aya made of the same object.
    ///
    /// # Errors
    /// When the kernel refuses; before Linux 6.6 it does.
    pub(super) fn load(bytes: &[u8], name: &str, maps: &Maps, attempt: Attempt) -> Result<Self, Error> {
        let damaged = |error: &dyn std::fmt::Display| Error::Object { reason: format!("{name}: {error}") };
        let mut object = Object::parse(bytes).map_err(|e| damaged(&e))?;
        let sections = object.functions.keys().map(|&(section, _)| section).collect();
        let definitions: HashMap<String, aya_obj::Map> = std::mem::take(&mut object.maps);
        let maps = definitions
            .iter()
            .filter_map(|(map, definition)| Some((map.as_str(), maps.0.get(map)?.as_raw_fd(), definition)));
        object.relocate_maps(maps, &sections).map_err(|e| damaged(&e))?;
        object.relocate_calls(&sections).map_err(|e| damaged(&e))?;
        let program = object.programs.get(name).ok_or_else(|| damaged(&"no such program"))?;
        let function = object.functions.get(&program.function_key());
        let function = function.ok_or_else(|| damaged(&"it has no instructions"))?;
        let words: Vec<u64> = function
            .instructions
            .iter()
            .map(|word| instruction(word.code, word.dst_reg(), word.src_reg(), word.off, word.imm))
            .collect();
        let mut short_name = [0; 16];
        let length = name.len().min(short_name.len() - 1);
        short_name[..length].copy_from_slice(&name.as_bytes()[..length]);
        let program = NewProgram {
            program_type: PROGRAM_TYPE_KPROBE,
            expected_attach_type: TRACE_UPROBE_MULTI,
            flags: SLEEPABLE,
            name: short_name,
            words: &words,
        };
        let program = Self { program: program.load(attempt)? };
        // Kernels that do not know such links may load the program all the same. Those that do refuse a folder by this.
        match program.link(c"/", &[(0, 0)]) {
            Err(error) if error.raw_os_error() == Some(libc::EBADF) => Ok(program),
            Err(error) => Err(attempt.system(error)),
            Ok(_) => Err(damaged(&"a folder was probed")),
        }
    }

    /// Probes the instructions at these offsets of a file, each with its cookie. All or none: closing the descriptor takes
    /// them away.
    ///
    /// # Errors
    /// When the kernel refuses one of them.
    pub(super) fn attach(
        &self,
        path: &Path,
        probes: &[(u64, u64)],
        attempt: Attempt,
    ) -> Result<OwnedFd, Error> {
        let path = CString::new(path.as_os_str().as_bytes())
            .map_err(|error| attempt.system(io::Error::other(error)))?;
        self.link(&path, probes).map_err(|error| attempt.system(error))
    }

    fn link(&self, path: &CStr, probes: &[(u64, u64)]) -> io::Result<OwnedFd> {
        let (offsets, cookies): (Vec<u64>, Vec<u64>) = probes.iter().copied().unzip();
        let mut attributes = LinkCreate {
            program: self.program.as_raw_fd().cast_unsigned(),
            target: 0,
            attach_type: TRACE_UPROBE_MULTI,
            flags: 0,
            path: path.as_ptr() as u64,
            offsets: offsets.as_ptr() as u64,
            reference_counter_offsets: 0,
            cookies: cookies.as_ptr() as u64,
            count: probes.len() as u32,
            probe_flags: 0,
            pid: 0,
            reserved: 0,
        };
        // SAFETY: the pointers are to a C string and to two lists of `count` numbers, all alive during the call.
        unsafe { bpf(LINK_CREATE, &mut attributes) }
    }
}

/// The maps of an object, by name: descriptors of our own, so that aya's may be taken out of it.
pub(super) struct Maps(HashMap<String, OwnedFd>);

impl Maps {
    /// Those of an object as aya loaded it.
    ///
    /// # Errors
    /// When there are no descriptors left.
    pub(super) fn of(loaded: &Ebpf) -> io::Result<Self> {
        let maps = loaded.maps().filter_map(|(name, map)| Some((name, descriptor(map)?)));
        maps.map(|(name, map)| Ok((name.to_owned(), map.try_clone_to_owned()?)))
            .collect::<io::Result<_>>()
            .map(Self)
    }
}

/// The descriptor of a map of one of the kinds that our uprobe programs have.
fn descriptor(map: &Map) -> Option<BorrowedFd<'_>> {
    let data: &MapData = match map {
        Map::Array(data) | Map::HashMap(data) | Map::LruHashMap(data) | Map::RingBuf(data) => data,
        _ => return None,
    };
    Some(data.fd().as_fd())
}
