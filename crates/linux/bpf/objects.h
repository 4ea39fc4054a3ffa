// The values of PKCS#11 objects, by the address that their handles are put at: whoever uses an object has its handle only.
#pragma once

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#define CKA_VALUE 0x11
#define LONGEST_VALUE 64
// A connection makes some thirty objects; the oldest go.
#define MAXIMUM_OBJECTS 8192
#define MAXIMUM_THREADS 1024

struct handle {
	__u64 address;
	__u32 process;
	__u32 reserved;
};

struct object_value {
	__u32 length;
	__u8 bytes[LONGEST_VALUE];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAXIMUM_OBJECTS);
	__type(key, struct handle);
	__type(value, struct object_value);
} object_values SEC(".maps");

// Where the handle of the object will be that a thread makes and that has no value yet.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAXIMUM_THREADS);
	__type(key, __u64);
	__type(value, __u64);
} objects_without_value SEC(".maps");

static __always_inline struct handle handle_at(__u64 address)
{
	struct handle handle = {
		.address = address,
		.process = bpf_get_current_pid_tgid() >> 32,
	};

	return handle;
}

static __always_inline void object_begins(__u64 address)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct handle handle = handle_at(address);

	// What was there before is gone, whether or not this one gets a value.
	bpf_map_delete_elem(&object_values, &handle);
	bpf_map_update_elem(&objects_without_value, &task, &address, BPF_ANY);
}

static __always_inline struct object_value *object_value_at(__u64 address)
{
	struct handle handle = handle_at(address);

	return bpf_map_lookup_elem(&object_values, &handle);
}
