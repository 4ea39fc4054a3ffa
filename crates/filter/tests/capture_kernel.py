"""Runs filters in the kernel: classic ones on packet sockets of the loopback interface of this network namespace, and eBPF
ones as cgroup_skb programs in test runs. Reads JSON from stdin and writes JSON to stdout.

{"frames": [hex...], "filters": [[[code, jt, jf, k]...]...]}     -> {"sockets": [[frame index...]...]}
{"packets": [hex...], "programs": [[word...]...]}                -> {"runs": [[0 or 1...]...]}
"""

import ctypes
import fcntl
import json
import os
import socket
import struct
import sys

SO_ATTACH_FILTER = 26
SO_RCVBUFFORCE = 33
ETH_P_ALL = 0x0003
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def loopback_up():
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    request = struct.pack("16sH14x", b"lo", 0)
    flags = struct.unpack("16sH14x", fcntl.ioctl(control, SIOCGIFFLAGS, request))[1]
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def filtered(instructions):
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(code)
    # Protocol 0: no packet arrives before the filter is there.
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
    opened.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(instructions), ctypes.addressof(buffer)))
    opened.bind(("lo", ETH_P_ALL))
    opened.setblocking(False)
    return opened


def sockets(frames, filters):
    loopback_up()
    # Each frame says which it is in its last four bytes; the outgoing copy is counted, the one that comes back is not.
    opened = [filtered(instructions) for instructions in filters]
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sender.bind(("lo", 0))
    for index, frame in enumerate(frames):
        sender.send(bytes.fromhex(frame) + struct.pack(">I", index))
    results = []
    for one in opened:
        seen = []
        while True:
            try:
                data, address = one.recvfrom(65536)
            except BlockingIOError:
                break
            if address[2] == socket.PACKET_OUTGOING:
                seen.append(struct.unpack(">I", data[-4:])[0])
        results.append(seen)
        one.close()
    return results


libc = ctypes.CDLL(None, use_errno=True)
SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
BPF_PROG_LOAD, BPF_PROG_TEST_RUN, BPF_PROG_TYPE_CGROUP_SKB = 5, 10, 8


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, 128)
    result = libc.syscall(SYS_BPF, command, buffer, 128)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result, buffer.raw


def load(words):
    code = struct.pack(f"<{len(words)}Q", *words)
    instructions = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"GPL")
    log = ctypes.create_string_buffer(1 << 20)
    address = ctypes.addressof
    attributes = struct.pack(
        "IIQQIIQ", BPF_PROG_TYPE_CGROUP_SKB, len(words), address(instructions), address(licence), 1, len(log), address(log)
    )
    try:
        return bpf(BPF_PROG_LOAD, attributes)[0]
    except OSError as error:
        raise SystemExit(f"the kernel refuses a program: {error}\n{log.value.decode(errors='replace')[-2000:]}")


def test_run(program, packet):
    # A test run takes an Ethernet header off before the program sees the packet.
    data = bytes(12) + (b"\x86\xdd" if packet[:1] >= b"\x60" else b"\x08\x00") + packet
    held = ctypes.create_string_buffer(data, len(data))
    out = ctypes.create_string_buffer(len(data) + 64)
    attributes = struct.pack(
        "IIIIQQIIIIQQ", program, 0, len(data), len(out), ctypes.addressof(held), ctypes.addressof(out), 1, 0, 0, 0, 0, 0
    )
    return struct.unpack_from("I", bpf(BPF_PROG_TEST_RUN, attributes)[1], 4)[0]


def runs(packets, programs):
    packets = [bytes.fromhex(packet) for packet in packets]
    results = []
    for words in programs:
        program = load(words)
        results.append([test_run(program, packet) for packet in packets])
        os.close(program)
    return results


wanted = json.load(sys.stdin)
if "filters" in wanted:
    json.dump({"sockets": sockets(wanted["frames"], wanted["filters"])}, sys.stdout)
else:
    json.dump({"runs": runs(wanted["packets"], wanted["programs"])}, sys.stdout)
