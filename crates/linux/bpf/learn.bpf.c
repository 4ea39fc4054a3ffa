// A uprobe program for hooks whose client random or secret is not where it was thought to be: ships the registers, the memory
// that they point to, and what that points to, for user space to find a known client random or the secret of a record in.
//
// It stands beside the probe and for a few hits only: one hit copies a few hundred KiB.
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "chosen.h"
#include "registers.h"

// All of these are mirrored in src/bpf/learn.rs.
#define PAGE 4096
// Bytes at a register, and at a pointer that was found there.
#define NEAR 4096
#define FAR 1024
// Words at a register that are taken for pointers.
#define WORDS 64

#if defined(__TARGET_ARCH_x86)
#define REGISTERS 16
#else
#define REGISTERS 32
#endif

// Below are null pointers and their fields, above is the kernel.
#define LOWEST_ADDRESS 0x10000
#define HIGHEST_ADDRESS 0x00ffffffffffffff

enum window_kind {
	AT_REGISTER = 0,
	// Of what the register points to, the word that `word` counts points here.
	AT_WORD = 1,
	// All registers themselves.
	REGISTER_VALUES = 2,
};

struct head {
	__u64 time;
	__u64 task;
	__u32 hook;
	__u8 register_number;
	__u8 kind;
	__u16 word;
	__u64 address;
	__u32 length;
	__u32 reserved;
};
_Static_assert(sizeof(struct head) == 40, "src/bpf/learn.rs reads 40 bytes");

// Room for a second part behind any first one: the verifier does not add up the two.
struct near_window {
	struct head head;
	__u8 bytes[2 * NEAR];
};

struct far_window {
	struct head head;
	__u8 bytes[2 * FAR];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 1024 * 1024);
} ring SEC(".maps");

// Reads up to two pages' worth, so that an unmapped page behind `address` does not hide what is before it.
#define READ_WINDOW(window, size)                                                                                    \
	({                                                                                                           \
		__u64 from = (window)->head.address;                                                                 \
		__u32 first = PAGE - (from & (PAGE - 1));                                                            \
		if (first >= (size)) {                                                                               \
			(window)->head.length =                                                                      \
				bpf_copy_from_user((window)->bytes, (size), (void *)from) ? 0 : (size);              \
		} else {                                                                                             \
			first &= (size) - 1;                                                                         \
			(window)->head.length = 0;                                                                   \
			if (!bpf_copy_from_user((window)->bytes, first, (void *)from)) {                             \
				__u32 second = ((size) - first) & ((size) - 1);                                      \
				(window)->head.length = first;                                                       \
				if (!bpf_copy_from_user((window)->bytes + first, second, (void *)(from + first)))    \
					(window)->head.length = first + second;                                      \
			}                                                                                            \
		}                                                                                                    \
		(window)->head.length;                                                                               \
	})

static __always_inline bool is_address(__u64 value)
{
	return value >= LOWEST_ADDRESS && value <= HIGHEST_ADDRESS;
}

// Ships what the word at a register points to.
static __noinline void follow(struct head *from, __u32 word)
{
	struct far_window *window;
	__u64 address;

	if (!from || bpf_copy_from_user(&address, sizeof(address), (void *)(from->address + word * sizeof(address))))
		return;
	if (!is_address(address))
		return;
	window = bpf_ringbuf_reserve(&ring, sizeof(*window), 0);
	if (!window)
		return;
	window->head = *from;
	window->head.kind = AT_WORD;
	window->head.word = word;
	window->head.address = address;
	if (READ_WINDOW(window, FAR))
		bpf_ringbuf_submit(window, BPF_RB_NO_WAKEUP);
	else
		bpf_ringbuf_discard(window, BPF_RB_NO_WAKEUP);
}

struct values_window {
	struct head head;
	__u64 values[REGISTERS];
};

static __always_inline void ship_values(struct registers *context, const struct head *from)
{
	struct values_window *window = bpf_ringbuf_reserve(&ring, sizeof(*window), 0);

	if (!window)
		return;
	window->head = *from;
	window->head.kind = REGISTER_VALUES;
	window->head.length = sizeof(window->values);
#pragma unroll
	for (__u32 number = 0; number < REGISTERS; number++)
		window->values[number] = register_value(context, number);
	bpf_ringbuf_submit(window, BPF_RB_NO_WAKEUP);
}

SEC("uprobe.s")
int memory_in_reach(struct registers *context)
{
	struct head head = {};

	if (!current_task_is_chosen())
		return 0;
	head.hook = bpf_get_attach_cookie(context);
	head.time = bpf_ktime_get_ns();
	head.task = bpf_get_current_pid_tgid();
	ship_values(context, &head);
	for (__u32 number = 0; number < REGISTERS; number++) {
		struct near_window *window;

		head.register_number = number;
		head.address = register_value(context, number);
		if (!is_address(head.address))
			continue;
		window = bpf_ringbuf_reserve(&ring, sizeof(*window), 0);
		if (!window)
			return 0;
		window->head = head;
		if (READ_WINDOW(window, NEAR))
			bpf_ringbuf_submit(window, BPF_RB_NO_WAKEUP);
		else
			bpf_ringbuf_discard(window, BPF_RB_NO_WAKEUP);
		for (__u32 word = 0; word < WORDS; word++)
			follow(&head, word);
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
