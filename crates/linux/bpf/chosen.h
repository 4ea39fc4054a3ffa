// Whose secrets are read.
#pragma once

#include <stdbool.h>

#include "target.h"

// Most processes that can be chosen one by one; mirrored in src/bpf/probes.rs.
#define MAXIMUM_PROCESSES 65536

// Set by user space before loading.
enum chosen {
	CHOSEN_CGROUP = 0,
	CHOSEN_PROCESSES = 1,
	CHOSEN_ALL = 2,
};
const volatile __u32 chosen = CHOSEN_CGROUP;

// The processes (thread groups) chosen with CHOSEN_PROCESSES.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAXIMUM_PROCESSES);
	__type(key, __u32);
	__type(value, __u8);
} processes SEC(".maps");

static __always_inline bool current_task_is_chosen(void)
{
	__u32 process = bpf_get_current_pid_tgid() >> 32;

	switch (chosen) {
	case CHOSEN_ALL:
		return true;
	case CHOSEN_PROCESSES:
		return bpf_map_lookup_elem(&processes, &process);
	default:
		return current_task_in_target();
	}
}
