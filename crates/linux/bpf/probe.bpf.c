// One uprobe program for all hooks: follows the hook's expressions and ships label, client random and secret.
//
// It exists twice. The sleepable one can wait for a page that is not in memory; the other is for kernels before 6.0,
// where it reports such a page as unreadable.
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "chosen.h"
#include "objects.h"
#include "registers.h"

// All of these are mirrored in src/bpf/spec.rs and src/bpf/probes.rs.
#define MAXIMUM_HOOKS 4096
#define MAXIMUM_OFFSETS 4
#define LONGEST_FIELD 64
#define CLIENT_RANDOM_LENGTH 32
#define SMALLEST_PAGE 4096

// How user space learns of an event: a flag of bpf_ringbuf_output, set before loading. Whoever looks into the ring again and
// again anyway saves the probed program an interrupt to itself.
const volatile __u64 wakeup = 0;

enum field_kind {
	FIELD_CONSTANT = 0,
	FIELD_MEMORY = 1,
	// Of the object whose handle is at the address; only of a secret.
	FIELD_OBJECT_VALUE = 2,
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
	// 0 or CLIENT_RANDOM_LENGTH.
	__u32 client_random_length;
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

// Pages are nearly always in memory. Reading them without the readiness to wait costs less: copy_from_user looks up what kind
// of memory it copies to (CONFIG_HARDENED_USERCOPY).
static __always_inline long read_user(void *to, __u32 length, __u64 from, const bool sleepable)
{
	long failed = bpf_probe_read_user(to, length, (void *)from);

	if (failed && sleepable)
		failed = bpf_copy_from_user(to, length, (void *)from);
	return failed;
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
	// Counts the NUL byte, and takes a longer string's last byte for one.
	long read = bpf_probe_read_user_str(to, LONGEST_FIELD, (void *)address);

	if (read > 0 && read < LONGEST_FIELD) {
		*length = read - 1;
		return read > 1 ? READ : BAD_LENGTH;
	}
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

// The value of an object whose making was seen.
static __always_inline enum outcome read_object(struct registers *context, const struct field *field, __u8 *to,
						__u32 *length, const bool sleepable)
{
	struct object_value *value;
	__u64 address;

	if (evaluate(context, &field->address, &address, sleepable))
		return UNREADABLE;
	value = object_value_at(address);
	if (!value)
		return UNREADABLE;
	__builtin_memcpy(to, value->bytes, LONGEST_FIELD);
	*length = value->length;
	return READ;
}

static __always_inline enum outcome read_secret(struct registers *context, const struct field *field, __u8 *to,
						__u32 *length, const bool sleepable)
{
	if (field->kind == FIELD_OBJECT_VALUE)
		return read_object(context, field, to, length, sleepable);
	return read_field(context, field, to, length, sleepable);
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

static __always_inline int ship_secret(struct registers *context, const bool sleepable)
{
	__u32 hook = bpf_get_attach_cookie(context);
	// On the stack: a sleeping program can be overtaken by another on its CPU, so no per-CPU scratch; and a record held in
	// the ring while a page is fetched would hold up all events behind it.
	struct event event = {};
	struct hook_counters *statistics;
	struct spec *spec;
	__u32 client_random_length = 0;
	enum outcome outcome;
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
	if (counted(statistics, read_secret(context, &spec->secret, event.secret, &event.secret_length, sleepable),
		    &statistics->unreadable_secret))
		return 0;
	// User space lets only hooks through that read exactly 32 bytes, or a length that must turn out to be 32.
	if (spec->client_random.length_kind == LENGTH_NUL)
		return 0;
	struct {
		__u8 bytes[LONGEST_FIELD];
	} client_random = {};
	outcome = read_field(context, &spec->client_random, client_random.bytes, &client_random_length, sleepable);
	if (outcome == READ && client_random_length != CLIENT_RANDOM_LENGTH)
		outcome = BAD_LENGTH;
	// A wrong expression shows by a client random that cannot be read; user space may find a better one, so it is told.
	if (!counted(statistics, outcome, &statistics->unreadable_client_random)) {
		__builtin_memcpy(event.client_random, client_random.bytes, CLIENT_RANDOM_LENGTH);
		event.client_random_length = CLIENT_RANDOM_LENGTH;
	}

	task = bpf_get_current_pid_tgid();
	event.time = bpf_ktime_get_ns();
	event.pid = task >> 32;
	event.tid = task;
	event.hook = hook;
	bpf_get_current_comm(event.name, sizeof(event.name));
	if (bpf_ringbuf_output(&ring, &event, sizeof(event), wakeup))
		count(&statistics->lost);
	else if (outcome == READ)
		count(&statistics->delivered);
	return 0;
}

// The thread begins to make an object.
static __always_inline int note_handle(struct registers *context, const bool sleepable)
{
	__u32 hook = bpf_get_attach_cookie(context);
	struct spec *spec;
	__u64 address;

	if (!current_task_is_chosen())
		return 0;
	spec = bpf_map_lookup_elem(&specs, &hook);
	if (spec && !evaluate(context, &spec->secret.address, &address, sleepable))
		object_begins(address);
	return 0;
}

// An object gets an attribute: if it is the value, of the object that the thread makes.
static __always_inline int note_value(struct registers *context, const bool sleepable)
{
	__u64 task = bpf_get_current_pid_tgid();
	__u32 hook = bpf_get_attach_cookie(context);
	struct object_value value = {};
	struct handle handle;
	struct spec *spec;
	__u64 *address;
	__u64 kind;

	address = bpf_map_lookup_elem(&objects_without_value, &task);
	spec = bpf_map_lookup_elem(&specs, &hook);
	if (!address || !spec || evaluate(context, &spec->label.address, &kind, sleepable) || kind != CKA_VALUE)
		return 0;
	handle = handle_at(*address);
	// Another object that gets its value before the next one begins is none that we know the handle of.
	bpf_map_delete_elem(&objects_without_value, &task);
	if (read_field(context, &spec->secret, value.bytes, &value.length, sleepable) == READ)
		bpf_map_update_elem(&object_values, &handle, &value, BPF_ANY);
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

SEC("uprobe.s")
int handle_sleepable(struct registers *context)
{
	return note_handle(context, true);
}

SEC("uprobe")
int handle_resident(struct registers *context)
{
	return note_handle(context, false);
}

SEC("uprobe.s")
int attribute_sleepable(struct registers *context)
{
	return note_value(context, true);
}

SEC("uprobe")
int attribute_resident(struct registers *context)
{
	return note_value(context, false);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
