#!/usr/bin/env python3
"""The figures of BENCHMARKS.md: CPU time of plaintap against its peers, in one run, as ratios.

usage: bench/run.py [ROUNDS]      (as root; builds what it needs; writes nothing but its output)

Rounds of the variants are interleaved, and medians compared, because machines are noisy. CPU is user + system time of
the variant's whole process tree, taken from wait4(2).
"""

import glob
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def measure(command, **options):
    """Runs a command; returns (wall seconds, CPU seconds, its output)."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command} ended with {process.returncode}:\n{output}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, output


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def median(values):
    return statistics.median(values)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def s_time(command):
    """Runs openssl s_time; returns (handshakes, CPU seconds, handshakes a second)."""
    _, cpu, output = measure(command)
    done = int(re.search(r"(\d+) connections in [\d.]+ real", output).group(1))
    return done, cpu, done / int(re.search(r"connections in (\d+) real", output).group(1))


def certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
        check=True, stderr=subprocess.DEVNULL)


def wait_for(port):
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
    sys.exit("the TLS server does not listen")


def s_server(folder, port):
    return ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", f"{folder}/cert.pem", "-key",
            f"{folder}/key.pem", "-www", "-quiet"]


def tree(pid):
    """A process and all below it."""
    children = [int(child) for path in glob.glob(f"/proc/{pid}/task/*/children") for child in open(path).read().split()]
    return [pid] + [each for child in children for each in tree(child)]


def cpu_so_far(processes):
    """CPU seconds of running process trees, finer than /proc/PID/stat has them."""
    paths = [path for process in processes for pid in tree(process.pid) for path in glob.glob(f"/proc/{pid}/task/*/schedstat")]
    return sum(int(open(path).read().split()[0]) for path in paths) / 1e9


def server_handshakes(plaintap, folder, rounds):
    """TLS 1.3 handshakes of openssl s_server, which runs in four ways; clients turn to each for a second, again and again."""
    library = re.search(r"libssl\S* => (\S+)", subprocess.run(["ldd", shutil.which("openssl")], check=True,
                                                             stdout=subprocess.PIPE, text=True).stdout)
    capture = [plaintap, "run", "-q", "-w", "/dev/null"]
    variants = {"alone": [], "`plaintap run --no-keys`": capture + ["--no-keys", "--"], "`plaintap run`": capture + ["--"],
                "`plaintap keys`": []}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = {}
    try:
        for number, (name, prefix) in enumerate(variants.items()):
            port = free_port()
            environment = dict(os.environ)
            if library:
                # A probe stops everybody who uses the same file: each server gets its own.
                os.mkdir(f"{folder}/{number}")
                shutil.copy(library[1], f"{folder}/{number}/{os.path.basename(library[1])}")
                environment["LD_LIBRARY_PATH"] = f"{folder}/{number}"
            processes = [subprocess.Popen(prefix + s_server(folder, port), env=environment, **quiet)]
            running[name] = (port, processes)
            wait_for(port)
            if name == "`plaintap keys`":
                log = f"{folder}/{number}/keys"
                processes.append(subprocess.Popen([plaintap, "keys", "-q", "--pid", str(processes[0].pid), "-o", log], **quiet))
        time.sleep(1)
        costs = {name: [] for name in variants}
        for _ in range(3 * rounds):
            for name, (port, processes) in running.items():
                before = cpu_so_far(processes)
                done, _, _ = s_time(["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-time", "1"])
                time.sleep(0.05)
                costs[name].append((cpu_so_far(processes) - before) / done * 1e6)
    finally:
        for _, processes in running.values():
            for process in reversed(processes):
                process.terminate()
                process.wait()
    print("\n### TLS 1.3 handshakes of a server, `openssl s_server`\n")
    row("server", "CPU µs/handshake (server and plaintap)", "ratio", "median of ratios, second by second")
    row("---", "---", "---", "---")
    base = costs["alone"]
    for name, cost in costs.items():
        pairs = median([a / b for a, b in zip(cost, base)])
        row(name, f"{median(cost):.0f}", f"{median(cost) / median(base):.3f}", f"{pairs:.3f}")


def handshakes(plaintap, folder, rounds):
    """TLS 1.3 handshakes of openssl s_time, the client inside or outside of plaintap run."""
    port = free_port()
    server = subprocess.Popen(
        s_server(folder, port), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)

        def client(seconds):
            return ["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-time", str(seconds)]

        capture = [plaintap, "run", "-q", "-w", "/dev/null"]
        variants = {"alone": [], "`plaintap run --no-keys`": capture + ["--no-keys", "--"], "`plaintap run`": capture + ["--"]}
        rates = {name: [] for name in variants}
        costs = {name: [] for name in variants}
        for _ in range(rounds):
            for name, prefix in variants.items():
                # What starting costs is the same in both, and not a handshake's.
                (short_done, short_cpu, _), (done, cpu, rate) = (s_time(prefix + client(n)) for n in (1, 4))
                rates[name].append(rate)
                costs[name].append((cpu - short_cpu) / (done - short_done) * 1e6)
    finally:
        server.kill()
        server.wait()
    print("\n### TLS 1.3 handshakes, `openssl s_time -new` to `openssl s_server` on loopback\n")
    row("client", "handshakes/s", "ratio", "CPU µs/handshake (client and plaintap)", "ratio")
    row("---", "---", "---", "---", "---")
    base_rate, base_cost = median(rates["alone"]), median(costs["alone"])
    for name in variants:
        rate, cost = median(rates[name]), median(costs[name])
        row(name, f"{rate:.0f}", f"{rate / base_rate:.2f}", f"{cost:.0f}", f"{cost / base_cost:.2f}")


def packets(plaintap, folder, rounds):
    """UDP over loopback flat out, recorded by plaintap or by tcpdump."""
    blast = f"{folder}/blast"
    subprocess.run(["cc", "-O2", "-o", blast, f"{TOP}/bench/blast.c"], check=True)
    tcpdump = shutil.which("tcpdump") or "/usr/bin/tcpdump"
    print("\n### UDP datagrams over loopback, flat out, written to /dev/null\n")
    row("payload", "recorder", "datagrams/s sent", "recorded", "lost", "CPU µs/datagram above the sender's own", "ratio to tcpdump")
    row("---", "---", "---", "---", "---", "---", "---")
    for size, count in ((22, 1_000_000), (1400, 500_000)):
        sender = [blast, str(count), str(size)]
        figures = {"nobody": [], "tcpdump -B 65536": [], "plaintap run": []}
        for _ in range(rounds):
            _, cpu, output = measure(sender)
            figures["nobody"].append((float(output), cpu, 0, 0))
            figures["tcpdump -B 65536"].append(with_tcpdump(tcpdump, sender))
            _, cpu, output = measure([plaintap, "run", "--no-keys", "-w", "/dev/null", "--"] + sender)
            recorded, dropped = map(int, re.search(r"(\d+) packets .* (\d+) dropped", output).groups())
            figures["plaintap run"].append((float(output.splitlines()[0]), cpu, recorded, dropped))
        base = median([f[1] for f in figures["nobody"]])
        peer = median([f[1] for f in figures["tcpdump -B 65536"]]) - base
        for name, values in figures.items():
            above = median([f[1] for f in values]) - base
            last = ("", "") if name == "nobody" else (f"{above / count * 1e6:.2f}", f"{above / peer:.2f}")
            row(f"{size} B", name, f"{median([f[0] for f in values]):.0f}", *(
                ("", "") if name == "nobody" else
                (sum(f[2] for f in values), sum(f[3] for f in values))), *last)


def with_tcpdump(tcpdump, sender):
    command = [tcpdump, "-i", "lo", "-n", "-B", "65536", "-Z", "root", "-w", "/dev/null", "udp"]
    recorder = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    recorder.stderr.readline()
    time.sleep(0.3)
    _, cpu, output = measure(sender)
    time.sleep(1.2)
    recorder.terminate()
    report = recorder.stderr.read()
    _, _, usage = os.wait4(recorder.pid, 0)
    recorder.returncode = 0
    captured = int(re.search(r"(\d+) packets? captured", report).group(1))
    dropped = int(re.search(r"(\d+) packets? dropped by kernel", report).group(1))
    return float(output), cpu + usage.ru_utime + usage.ru_stime, captured, dropped


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    plaintap = subprocess.run(["cargo", "xtask", "dist"], cwd=TOP, check=True, stdout=subprocess.PIPE,
                              text=True).stdout.splitlines()[-1]
    with tempfile.TemporaryDirectory() as folder:
        print(f"{rounds} rounds, medians; kernel {os.uname().release}, {os.cpu_count()} CPUs")
        certificate(folder)
        handshakes(plaintap, folder, rounds)
        server_handshakes(plaintap, folder, rounds)
        packets(plaintap, folder, rounds)


main()
