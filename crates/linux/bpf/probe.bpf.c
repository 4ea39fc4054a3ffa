// One uprobe program for all hooks: follows the hook's expressions and ships label, client random and secret.
//
// It exists twice. The sleepable one can wait for a page that is not in memory; the other is for kernels before 6.0,
// where it reports such a page as unreadable.
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "target.h"

// All of these are mirrored in src/bpf/spec.rs and src/bpf/probes.rs.
#define MAXIMUM_HOOKS 4096
#define MAXIMUM_OFFSETS 4
#define LONGEST_FIELD 64
#define CLIENT_RANDOM_LENGTH 32
#define SMALLEST_PAGE 4096

// Most processes that can be chosen one by one; mirrored in src/bpf/probes.rs.
#define MAXIMUM_PROCESSES 65536

// Whose secrets are read. Set by user space before loading.
enum chosen {
	CHOSEN_CGROUP = 0,
	CHOSEN_PROCESSES = 1,
	CHOSEN_ALL = 2,
};
const volatile __u32 chosen = CHOSEN_CGROUP;

enum field_kind {
	FIELD_CONSTANT = 0,
	FIELD_MEMORY = 1,
};

enum length_kind {
	LENGTH_CONSTANT = 0,
	LENGTH_VALUE = 1,
	LENGTH_NUL = 2,
};

// value = register; each offset but the last: value = *(u64 *)(value + offset); value += the last offset.
struct expression {
	__u8 register_number;
	__u8 offset_count;
	__u16 reserved;
	__s32 offsets[MAXIMUM_OFFSETS];
};

struct field {
	__u8 kind;
	__u8 length_kind;
	__u16 reserved;
	// For LENGTH_CONSTANT, and of `constant`.
	__u32 length;
	struct expression address;
	struct expression length_value;
};

struct spec {
	struct field label;
	struct field client_random;
	struct field secret;
	char constant_label[LONGEST_FIELD];
};
_Static_assert(sizeof(struct spec) == 208, "src/bpf/spec.rs writes 208 bytes");

struct event {
	__u64 time;
	__u32 pid;
	__u32 tid;
	__u32 hook;
	__u32 label_length;
	__u32 secret_length;
	__u32 reserved;
	char name[16];
	__u8 label[LONGEST_FIELD];
	__u8 client_random[CLIENT_RANDOM_LENGTH];
	__u8 secret[LONGEST_FIELD];
};
_Static_assert(sizeof(struct event) == 208, "src/bpf/probes.rs reads 208 bytes");

struct hook_counters {
	__u64 hits;
	__u64 delivered;
	__u64 unreadable_label;
	__u64 unreadable_client_random;
	__u64 unreadable_secret;
	__u64 bad_length;
	__u64 lost;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAXIMUM_HOOKS);
	__type(key, __u32);
	__type(value, struct spec);
} specs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAXIMUM_HOOKS);
	__type(key, __u32);
	__type(value, struct hook_counters);
} counters SEC(".maps");

// The processes (thread groups) chosen with CHOSEN_PROCESSES.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAXIMUM_PROCESSES);
	__type(key, __u32);
	__type(value, __u8);
} processes SEC(".maps");

// The kernel's view of the user registers at a uprobe (arch/*/include/uapi/asm/ptrace.h), and where each is in it. The
// loads are assembly because the compiler would fold them into one load at a computed place, which the verifier refuses.
#define LOAD(place)                                                                                                  \
	asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(value) : "r"(context), "i"(place));                             \
	break;

#if defined(__TARGET_ARCH_x86)
struct registers {
	__u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs, eflags, rsp, ss;
};

#define REGISTER(number, name)                                                                                       \
	case number:                                                                                                 \
		LOAD(__builtin_offsetof(struct registers, name))

// Numbered as in instruction encodings.
static __noinline __u64 register_value(struct registers *context, __u32 number)
{
	__u64 value = 0;

	switch (number) {
		REGISTER(0, rax) REGISTER(1, rcx) REGISTER(2, rdx) REGISTER(3, rbx)
		REGISTER(4, rsp) REGISTER(5, rbp) REGISTER(6, rsi) REGISTER(7, rdi)
		REGISTER(8, r8) REGISTER(9, r9) REGISTER(10, r10) REGISTER(11, r11)
		REGISTER(12, r12) REGISTER(13, r13) REGISTER(14, r14) REGISTER(15, r15)
	}
	return value;
}
#elif defined(__TARGET_ARCH_arm64)
struct registers {
	__u64 x[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};

#define REGISTER(number)                                                                                             \
	case number:                                                                                                 \
		LOAD((number) * 8)

// x0 to x30; 31 is the stack pointer, which stands behind them.
static __noinline __u64 register_value(struct registers *context, __u32 number)
{
	__u64 value = 0;

	switch (number) {
		REGISTER(0) REGISTER(1) REGISTER(2) REGISTER(3) REGISTER(4) REGISTER(5) REGISTER(6) REGISTER(7)
		REGISTER(8) REGISTER(9) REGISTER(10) REGISTER(11) REGISTER(12) REGISTER(13) REGISTER(14) REGISTER(15)
		REGISTER(16) REGISTER(17) REGISTER(18) REGISTER(19) REGISTER(20) REGISTER(21) REGISTER(22) REGISTER(23)
		REGISTER(24) REGISTER(25) REGISTER(26) REGISTER(27) REGISTER(28) REGISTER(29) REGISTER(30) REGISTER(31)
	}
	return value;
}
#else
#error "no register layout for this architecture"
#endif

static __always_inline long read_user(void *to, __u32 length, __u64 from, const bool sleepable)
{
	if (sleepable)
		return bpf_copy_from_user(to, length, (void *)from);
	return bpf_probe_read_user(to, length, (void *)from);
}

static __always_inline long evaluate(struct registers *context, const struct expression *expression, __u64 *result,
				     const bool sleepable)
{
	__u64 value = register_value(context, expression->register_number);

#pragma unroll
	for (int i = 0; i < MAXIMUM_OFFSETS; i++) {
		if (i >= expression->offset_count)
			break;
		value += (__s64)expression->offsets[i];
		if (i + 1 < expression->offset_count && read_user(&value, sizeof(value), value, sleepable))
			return -1;
	}
	*result = value;
	return 0;
}

enum outcome {
	READ,
	UNREADABLE,
	BAD_LENGTH,
};

// Up to the NUL byte. The bytes behind it may lie in a page that is not mapped.
static __always_inline enum outcome read_string(__u64 address, __u8 *to, __u32 *length, const bool sleepable)
{
	__u32 rest_of_page = SMALLEST_PAGE - (address & (SMALLEST_PAGE - 1));
	__u32 found = 0;

	if (read_user(to, LONGEST_FIELD, address, sleepable)) {
		if (rest_of_page >= LONGEST_FIELD)
			return UNREADABLE;
		__builtin_memset(to, 0, LONGEST_FIELD);
		if (read_user(to, rest_of_page & (LONGEST_FIELD - 1), address, sleepable))
			return UNREADABLE;
	}
	for (int i = 0; i < LONGEST_FIELD; i++) {
		if (!to[i])
			break;
		found++;
	}
	*length = found;
	return found ? READ : BAD_LENGTH;
}

static __always_inline enum outcome read_field(struct registers *context, const struct field *field, __u8 *to,
					       __u32 *length, const bool sleepable)
{
	__u64 address, wanted = field->length;

	if (evaluate(context, &field->address, &address, sleepable))
		return UNREADABLE;
	if (field->length_kind == LENGTH_NUL)
		return read_string(address, to, length, sleepable);
	if (field->length_kind == LENGTH_VALUE && evaluate(context, &field->length_value, &wanted, sleepable))
		return UNREADABLE;
	// Lengths may be 32-bit arguments, whose registers have anything in the upper half.
	wanted &= 0xffffffff;
	if (wanted < 1 || wanted > LONGEST_FIELD)
		return BAD_LENGTH;
	*length = wanted;
	return read_user(to, wanted, address, sleepable) ? UNREADABLE : READ;
}

static __always_inline void count(__u64 *counter)
{
	__sync_fetch_and_add(counter, 1);
}

static __always_inline bool counted(struct hook_counters *statistics, enum outcome outcome, __u64 *unreadable)
{
	if (outcome == UNREADABLE)
		count(unreadable);
	if (outcome == BAD_LENGTH)
		count(&statistics->bad_length);
	return outcome != READ;
}

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

static __always_inline int ship_secret(struct registers *context, const bool sleepable)
{
	__u32 hook = bpf_get_attach_cookie(context);
	// On the stack: a sleeping program can be overtaken by another on its CPU, so no per-CPU scratch; and a record held in
	// the ring while a page is fetched would hold up all events behind it.
	struct event event = {};
	struct hook_counters *statistics;
	struct spec *spec;
	__u32 client_random_length = 0;
	__u64 task;

	if (!current_task_is_chosen())
		return 0;
	spec = bpf_map_lookup_elem(&specs, &hook);
	statistics = bpf_map_lookup_elem(&counters, &hook);
	if (!spec || !statistics)
		return 0;
	count(&statistics->hits);

	if (spec->label.kind == FIELD_CONSTANT) {
		__builtin_memcpy(event.label, spec->constant_label, LONGEST_FIELD);
		event.label_length = spec->label.length;
	} else if (counted(statistics, read_field(context, &spec->label, event.label, &event.label_length, sleepable),
			   &statistics->unreadable_label)) {
		return 0;
	}
	if (counted(statistics, read_field(context, &spec->secret, event.secret, &event.secret_length, sleepable),
		    &statistics->unreadable_secret))
		return 0;
	// User space lets only hooks through that read exactly 32 bytes, or a length that must turn out to be 32.
	if (spec->client_random.length_kind == LENGTH_NUL)
		return 0;
	struct {
		__u8 bytes[LONGEST_FIELD];
	} client_random = {};
	if (counted(statistics,
		    read_field(context, &spec->client_random, client_random.bytes, &client_random_length, sleepable),
		    &statistics->unreadable_client_random))
		return 0;
	if (client_random_length != CLIENT_RANDOM_LENGTH) {
		count(&statistics->bad_length);
		return 0;
	}
	__builtin_memcpy(event.client_random, client_random.bytes, CLIENT_RANDOM_LENGTH);

	task = bpf_get_current_pid_tgid();
	event.time = bpf_ktime_get_ns();
	event.pid = task >> 32;
	event.tid = task;
	event.hook = hook;
	bpf_get_current_comm(event.name, sizeof(event.name));
	count(bpf_ringbuf_output(&ring, &event, sizeof(event), 0) ? &statistics->lost : &statistics->delivered);
	return 0;
}

SEC("uprobe.s")
int secret_sleepable(struct registers *context)
{
	return ship_secret(context, true);
}

SEC("uprobe")
int secret_resident(struct registers *context)
{
	return ship_secret(context, false);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
