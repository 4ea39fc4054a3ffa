// Copies every packet of the sockets of one cgroup into a ring buffer, with who owns the socket.
//
// The cgroup_skb hooks belong to a socket's cgroup, so what is not the target's never comes here. The ring buffer and not
// a perf array, because a perf sample ends below 64 KiB and loopback and offloaded packets do not.
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "target.h"

#define ALLOW 1
#define INBOUND 0
#define OUTBOUND 1
// The loopback device has this index in every network namespace (include/net/flow.h, LOOPBACK_IFINDEX).
#define LOOPBACK_INTERFACE 1
#define IPV4_MINIMUM 20
#define IPV6_HEADER 40
#define UDP_HEADER 8
#define JUMBO_OPTION 8
#define PROTOCOL_HOP_BY_HOP 0
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
// Enough for the headers and the start of the payload, and the same on both sides of the loopback device.
#define LOOPBACK_KEY 64
#define LARGEST_DATA 262144

// Set by user space before loading. The helpers for the current task came to cgroup_skb after Linux 6.1; where they are
// missing the verifier drops the code behind this constant.
const volatile bool current_task_known = true;
const volatile __u32 snap_length = LARGEST_DATA;

// Head of a ring buffer record; the packet follows it. Mirrored in src/bpf/sockets.rs.
struct record {
	__u64 time;
	__u64 socket_cookie;
	__u32 original_length;
	__u32 captured_length;
	__u32 interface;
	__u16 direction;
	// The payload of each datagram or segment, where the packet holds several.
	__u16 segment_size;
	__u32 pid;
	__u32 uid;
	char name[16];
};
_Static_assert(sizeof(struct record) == 56, "src/bpf/sockets.rs reads 56 bytes");

struct counters {
	__u64 inbound;
	__u64 outbound;
	__u64 dropped_full;
	__u64 dropped_uncopied;
	__u64 duplicates;
	__u64 filtered;
};

// Who uses a socket. `cookie` is the socket it was written for: an accepted socket starts with its listener's entry.
struct owner {
	__u64 cookie;
	__u32 pid;
	__u32 reserved;
	char name[16];
};

// Source and destination: 4 + 4 bytes in front for IPv4.
struct flow {
	__u8 addresses[32];
	__u8 ports[4];
};

struct loopback_key {
	__u8 bytes[LOOPBACK_KEY];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024 * 1024);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} counters SEC(".maps");

// Kept at the socket and freed with it. BPF_F_CLONE hands it from a listener to the sockets it accepts.
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct owner);
} owners SEC(".maps");

// Packets sent over loopback and not yet received, by their first bytes. An entry is never deleted, only counted down
// and later evicted: a deletion could race with the next identical packet and lose its count.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct loopback_key);
	__type(value, __u32);
} loopback SEC(".maps");

// Flows whose sender, over loopback, hands the kernel several segments in one packet. They may be received one by one
// (those beyond the device's limit, and datagrams), under headers that were not sent.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct flow);
	__type(value, __u8);
} segmented SEC(".maps");

// With a capture filter, that is attached in the place of packet_in and packet_out. It goes on at the index that is its
// answer: unwanted_in or packet_in, unwanted_out or packet_out (src/bpf/filter.rs).
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} after_filter_in SEC(".maps"), after_filter_out SEC(".maps");

// Atomic although the map is per CPU: a packet received in an interrupt may find a sender in the middle of its count.
static __always_inline void count(__u64 *counter)
{
	__sync_fetch_and_add(counter, 1);
}

static __always_inline void describe_current(struct owner *owner, __u64 cookie)
{
	owner->cookie = cookie;
	owner->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(owner->name, sizeof(owner->name));
}

// What the rules below need of the headers.
struct headers {
	struct flow flow;
	__u32 payload;
	__u8 protocol;
};

static __always_inline bool parse(struct __sk_buff *skb, struct headers *headers)
{
	__u8 start, data_offset;
	__u32 length;

	if (bpf_skb_load_bytes(skb, 0, &start, 1))
		return false;
	if (start >> 4 == 6) {
		length = IPV6_HEADER;
		if (bpf_skb_load_bytes(skb, 6, &headers->protocol, 1) ||
		    bpf_skb_load_bytes(skb, 8, headers->flow.addresses, 32))
			return false;
		// A packet beyond 64 KiB carries its length in a hop-by-hop option (RFC 2675).
		if (headers->protocol == PROTOCOL_HOP_BY_HOP) {
			if (bpf_skb_load_bytes(skb, length, &headers->protocol, 1))
				return false;
			length += JUMBO_OPTION;
		}
	} else {
		length = (start & 15) * 4;
		if (bpf_skb_load_bytes(skb, 9, &headers->protocol, 1) ||
		    bpf_skb_load_bytes(skb, 12, headers->flow.addresses, 8))
			return false;
	}
	if (headers->protocol == PROTOCOL_TCP) {
		if (bpf_skb_load_bytes(skb, length + 12, &data_offset, 1))
			return false;
		data_offset = (data_offset >> 4) * 4;
	} else if (headers->protocol == PROTOCOL_UDP) {
		data_offset = UDP_HEADER;
	} else {
		return true;
	}
	if (bpf_skb_load_bytes(skb, length, headers->flow.ports, sizeof(headers->flow.ports)))
		return false;
	length += data_offset;
	headers->payload = skb->len > length ? skb->len - length : 0;
	return true;
}

// Whether a process, and not a timer or an arriving acknowledgement, makes a socket send this packet.
static __always_inline bool sent_on_behalf(struct __sk_buff *skb)
{
	struct headers headers = {};

	return parse(skb, &headers) && (headers.protocol != PROTOCOL_TCP || headers.payload);
}

static __always_inline void identify(struct __sk_buff *skb, struct record *record)
{
	struct bpf_sock *socket = skb->sk;
	struct owner *owner;

	record->socket_cookie = bpf_get_socket_cookie(skb);
	record->uid = bpf_get_socket_uid(skb);
	if (!socket)
		return;
	socket = bpf_sk_fullsock(socket);
	if (!socket)
		return;
	owner = bpf_sk_storage_get(&owners, socket, 0, 0);
	if (current_task_known && record->direction == OUTBOUND &&
	    (!owner || owner->cookie != record->socket_cookie) && sent_on_behalf(skb) && current_task_in_target()) {
		owner = bpf_sk_storage_get(&owners, socket, 0, BPF_SK_STORAGE_GET_F_CREATE);
		if (owner)
			describe_current(owner, record->socket_cookie);
	}
	if (!owner)
		return;
	record->pid = owner->pid;
	__builtin_memcpy(record->name, owner->name, sizeof(record->name));
}

static __always_inline void note_segmented(struct __sk_buff *skb)
{
	struct headers headers = {};
	__u8 one = 1;

	if (parse(skb, &headers) && headers.payload && !bpf_map_lookup_elem(&segmented, &headers.flow))
		bpf_map_update_elem(&segmented, &headers.flow, &one, BPF_ANY);
}

static __always_inline bool segment_of_noted(struct __sk_buff *skb)
{
	struct headers headers = {};

	return parse(skb, &headers) && headers.payload && bpf_map_lookup_elem(&segmented, &headers.flow);
}

// A packet between two sockets of the target passes both hooks. The sender's copy is the one to keep: `true` for the
// other. Counted and not only noted, since retransmissions and equal datagrams have equal bytes; and not by flow, since
// the kernel answers for sockets that are gone, which only the receiver sees.
static __always_inline bool seen_when_sent(struct __sk_buff *skb, __u32 direction)
{
	struct loopback_key key = {};
	__u64 length = skb->len;
	__u32 *pending, one = 1;

	if (length > sizeof(key))
		length = sizeof(key);
	if (length < IPV4_MINIMUM || bpf_skb_load_bytes(skb, 0, &key, length))
		return false;
	pending = bpf_map_lookup_elem(&loopback, &key);
	if (direction == INBOUND) {
		if (!pending || (__s32)*pending <= 0)
			return segment_of_noted(skb);
		__sync_fetch_and_add(pending, -1);
		return true;
	}
	if (!pending && bpf_map_update_elem(&loopback, &key, &one, BPF_NOEXIST))
		pending = bpf_map_lookup_elem(&loopback, &key);
	if (pending)
		__sync_fetch_and_add(pending, 1);
	if (skb->gso_segs > 1)
		note_segmented(skb);
	return false;
}

static __always_inline void copy(struct __sk_buff *skb, struct record *head, struct counters *statistics,
				 __u64 length, const __u64 capacity)
{
	struct record *record = bpf_ringbuf_reserve(&ring, sizeof(*record) + capacity, 0);

	if (!record) {
		count(&statistics->dropped_full);
		return;
	}
	head->time = bpf_ktime_get_ns();
	*record = *head;
	if (bpf_skb_load_bytes(skb, 0, record + 1, length)) {
		bpf_ringbuf_discard(record, 0);
		count(&statistics->dropped_uncopied);
		return;
	}
	bpf_ringbuf_submit(record, 0);
}

// bpf_ringbuf_reserve takes constant sizes only, so a packet gets the smallest class that holds it.
static __always_inline void copy_by_class(struct __sk_buff *skb, struct record *head, struct counters *statistics,
					  __u64 length)
{
#define CLASS(capacity)                                                                                              \
	if (length <= (capacity)) {                                                                                  \
		copy(skb, head, statistics, length, capacity);                                                       \
		return;                                                                                              \
	}
	// With the record head these make 128, 256, … bytes.
	CLASS(72)
	CLASS(200)
	CLASS(456)
	CLASS(968)
	// An Ethernet MTU.
	CLASS(1504)
	// Senders fill whole pages and add headers.
	CLASS(2048 + 256)
	CLASS(4096 + 256)
	CLASS(8192 + 256)
	CLASS(16384 + 256)
	CLASS(32768 + 256)
	CLASS(49152 + 256)
	CLASS(65536)
	CLASS(LARGEST_DATA)
#undef CLASS
}

static __always_inline int record_packet(struct __sk_buff *skb, __u32 direction)
{
	struct record head = {};
	struct counters *statistics;
	__u64 length = skb->len;
	__u32 zero = 0;

	statistics = bpf_map_lookup_elem(&counters, &zero);
	if (!statistics)
		return ALLOW;
	count(direction == INBOUND ? &statistics->inbound : &statistics->outbound);
	if (skb->ifindex == LOOPBACK_INTERFACE && seen_when_sent(skb, direction)) {
		count(&statistics->duplicates);
		return ALLOW;
	}
	if (length > snap_length)
		length = snap_length;
	if (length > LARGEST_DATA)
		length = LARGEST_DATA;
	if (length < IPV4_MINIMUM) {
		count(&statistics->dropped_uncopied);
		return ALLOW;
	}
	head.original_length = skb->len;
	head.captured_length = length;
	head.interface = skb->ifindex;
	head.direction = direction;
	head.segment_size = skb->gso_size;
	identify(skb, &head);
	copy_by_class(skb, &head, statistics, length);
	return ALLOW;
}

SEC("cgroup_skb/ingress")
int packet_in(struct __sk_buff *skb)
{
	return record_packet(skb, INBOUND);
}

SEC("cgroup_skb/egress")
int packet_out(struct __sk_buff *skb)
{
	return record_packet(skb, OUTBOUND);
}

static __always_inline int count_unwanted(__u32 direction)
{
	struct counters *statistics;
	__u32 zero = 0;

	statistics = bpf_map_lookup_elem(&counters, &zero);
	if (!statistics)
		return ALLOW;
	count(direction == INBOUND ? &statistics->inbound : &statistics->outbound);
	count(&statistics->filtered);
	return ALLOW;
}

SEC("cgroup_skb/ingress")
int unwanted_in(struct __sk_buff *skb)
{
	return count_unwanted(INBOUND);
}

SEC("cgroup_skb/egress")
int unwanted_out(struct __sk_buff *skb)
{
	return count_unwanted(OUTBOUND);
}

SEC("cgroup/sock_create")
int socket_created(struct bpf_sock *socket)
{
	struct owner *owner = bpf_sk_storage_get(&owners, socket, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (owner)
		describe_current(owner, bpf_get_socket_cookie(socket));
	return ALLOW;
}

// The process that connects or sends may not be the one that made the socket: sockets are inherited and handed over.
static __always_inline int claim(struct bpf_sock_addr *context)
{
	struct owner *owner;
	__u64 cookie;

	if (!context->sk)
		return ALLOW;
	owner = bpf_sk_storage_get(&owners, context->sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!owner)
		return ALLOW;
	cookie = bpf_get_socket_cookie(context);
	if (owner->cookie != cookie || owner->pid != bpf_get_current_pid_tgid() >> 32)
		describe_current(owner, cookie);
	return ALLOW;
}

SEC("cgroup/connect4")
int connect_ipv4(struct bpf_sock_addr *context)
{
	return claim(context);
}

SEC("cgroup/connect6")
int connect_ipv6(struct bpf_sock_addr *context)
{
	return claim(context);
}

SEC("cgroup/sendmsg4")
int send_ipv4(struct bpf_sock_addr *context)
{
	return claim(context);
}

SEC("cgroup/sendmsg6")
int send_ipv6(struct bpf_sock_addr *context)
{
	return claim(context);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
