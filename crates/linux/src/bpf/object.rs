//! The embedded objects, and what is common to loading them.

use aya::maps::{Map, MapData, MapError};
use aya::programs::{Program, ProgramError};
use aya::util::KernelVersion;
use aya::{Ebpf, EbpfLoader};

use super::{Error, TargetFilter};

/// `bpf/sockets.bpf.c`, compiled.
pub(super) static SOCKETS: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/sockets.bpf.o"));
/// `bpf/probe.bpf.c`, compiled.
pub(super) static PROBE: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/probe.bpf.o"));
/// `bpf/learn.bpf.c`, compiled.
pub(super) static LEARN: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/learn.bpf.o"));

/// A loader for an object that includes `bpf/target.h`.
pub(super) fn loader(target: &TargetFilter) -> EbpfLoader<'_> {
    allow_locked_memory();
    let mut loader = EbpfLoader::new();
    // The programs read no kernel structures, so nothing is relocated against the kernel's own types.
    loader.btf(None);
    loader.override_global("target_cgroup_id", &target.cgroup_id, true).override_global(
        "target_level",
        &target.ancestor_level,
        true,
    );
    loader
}

/// Takes a map out of an object and views it as `T`.
pub(super) fn take_map<T>(ebpf: &mut Ebpf, name: &str) -> Result<T, Error>
where
    T: TryFrom<Map, Error = MapError>,
{
    let map = ebpf.take_map(name).ok_or_else(|| Error::Object { reason: format!("no map {name}") })?;
    T::try_from(map).map_err(|e| Error::Object { reason: format!("map {name}: {e}") })
}

/// Looks a program up in an object and views it as `T`.
pub(super) fn program<'a, T>(ebpf: &'a mut Ebpf, name: &str) -> Result<&'a mut T, Error>
where
    &'a mut T: TryFrom<&'a mut Program, Error = ProgramError>,
{
    let program =
        ebpf.program_mut(name).ok_or_else(|| Error::Object { reason: format!("no program {name}") })?;
    program.try_into().map_err(|e| Error::Object { reason: format!("program {name}: {e}") })
}

/// The sum over all CPUs of each 64-bit counter of a per-CPU value.
pub(super) fn sum_over_cpus<const N: usize>(
    counters: &aya::maps::PerCpuArray<MapData, [u64; N]>,
) -> Result<[u64; N], MapError> {
    let mut sum = [0u64; N];
    for cpu in counters.get(&0, 0)?.iter() {
        for (total, &count) in sum.iter_mut().zip(cpu) {
            *total += count;
        }
    }
    Ok(sum)
}

/// Before Linux 5.11 maps count as locked memory. Raising the limit may fail; then making a map fails and says why.
fn allow_locked_memory() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    if KernelVersion::current().is_ok_and(|running| running < KernelVersion::new(5, 11, 0)) {
        let _ = setrlimit(Resource::Memlock, Rlimit { current: None, maximum: None });
    }
}
