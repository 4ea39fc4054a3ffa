// The user registers at a uprobe.
#pragma once

#include <linux/types.h>

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
