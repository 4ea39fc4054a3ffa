// The target as the kernel programs know it: a cgroup2 directory and everything below it.
#pragma once

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

// Set by user space before loading.
const volatile __u64 target_cgroup_id = 0;
// Depth of that cgroup in the hierarchy; the root is 0.
const volatile __u32 target_level = 0;

static __always_inline bool current_task_in_target(void)
{
	return bpf_get_current_ancestor_cgroup_id(target_level) == target_cgroup_id;
}
