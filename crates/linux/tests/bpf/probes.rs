//! Secrets read by uprobes, in the target only.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Cgroup, PATIENCE, allowed, obstacle, run, skipped, unique};
use plaintap_linux::bpf::{HookId, HookStatistics, Probes, SecretEvent, SecretReader, TargetFilter};
use plaintap_locate::{
    Expression, Field, Hook, HookKind, Length, ObjectFunction, ObjectHook, ObjectReads, Register, Stack,
};

/// A library with the shapes that hooks take: an argument each, a string up to a page's end, pointers to follow.
const LIBRARY: &str = r#"
#define _GNU_SOURCE
#include <string.h>
#include <stdint.h>
#include <sys/mman.h>

struct connection { char before[8]; unsigned char random[32]; };
struct session { char before[0xa8]; struct connection *connection; };

__attribute__((noinline)) void log_secret(struct session *session, const char *label, const unsigned char *secret, long length)
{
	__asm__ volatile("" :: "r"(session), "r"(label), "r"(secret), "r"(length) : "memory");
}
"#;

const PROGRAM: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
extern void log_secret(struct session *, const char *, const unsigned char *, long);
int main(int argc, char **argv)
{
	struct connection connection;
	struct session session = { .connection = &connection };
	struct session broken = { .connection = (void *)16 };
	unsigned char secret[64];
	for (int left = argc > 1 ? atoi(argv[1]) : 0; left > 0; left--)
		log_secret(&session, "MANY", secret, 32);
	if (argc > 1)
		return 0;
	/* A label that ends where the mapped memory ends. */
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *label = page + 4096 - sizeof("CLIENT_RANDOM");
	munmap(page + 4096, 4096);
	strcpy(label, "CLIENT_RANDOM");
	memset(connection.random, 0xab, sizeof(connection.random));
	memset(secret, 0xcd, sizeof(secret));
	log_secret(&session, label, secret, 48);
	/* The upper half of a 32-bit argument may hold anything. */
	log_secret(&session, "EXPORTER_SECRET", secret, 32 | (7L << 32));
	log_secret(&session, "SECRET", secret, 65);
	log_secret(&session, "SECRET", secret, 0);
	log_secret(&session, (char *)8, secret, 32);
	log_secret(&session, "SECRET", (unsigned char *)8, 32);
	log_secret(&broken, "SECRET", secret, 32);
	/* A page that is on disk only. */
	FILE *file = tmpfile();
	memset(page, 0xee, 4096);
	if (fwrite(page, 1, 4096, file) != 4096 || fflush(file) || fsync(fileno(file)))
		return 1;
	unsigned char *cold = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fileno(file), 0);
	log_secret(&session, "COLD", cold, 32);
	return 0;
}
"#;

/// A directory that goes with the test.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(unique("scratch"));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The file offset of a symbol, by nm and readelf: uprobes take file offsets.
pub(crate) fn file_offset(file: &Path, symbol: &str) -> u64 {
    let output = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).arg(file).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let symbols = output("nm", &["-D", "--defined-only"]);
    let line = symbols.lines().find(|line| line.split(&[' ', '@'][..]).any(|word| word == symbol)).unwrap();
    let hex = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap();
    let address = hex(line.split(' ').next().unwrap());
    let segments = output("readelf", &["-lW"]);
    segments
        .lines()
        .filter(|line| line.trim_start().starts_with("LOAD"))
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .map(|words| (hex(words[1]), hex(words[2]), hex(words[4])))
        .find(|(_, start, size)| (*start..start + size).contains(&address))
        .map(|(offset, start, _)| address - start + offset)
        .unwrap()
}

fn memory(register: Register, offsets: &[i32], length: Length) -> Field {
    Field::Memory { address: Expression::path(register, offsets), length }
}

/// `function(session, label, secret, length)` with the client random behind one pointer of the session.
pub(crate) fn hook(file_offset: u64) -> Hook {
    let [session, label, secret, length] = if cfg!(target_arch = "x86_64") {
        [Register::Rdi, Register::Rsi, Register::Rdx, Register::Rcx]
    } else {
        [Register::X(0), Register::X(1), Register::X(2), Register::X(3)]
    };
    Hook {
        stack: Stack::OpenSsl,
        kind: HookKind::SslLogSecret,
        file_offset,
        label: memory(label, &[], Length::Nul),
        client_random: memory(session, &[0xa8, 8], Length::Constant(32)),
        secret: memory(secret, &[], Length::Value(Expression::register(length))),
    }
}

/// Takes all events that were delivered after the first `seen`.
pub(crate) fn collect(reader: &mut SecretReader, hooks: &[HookId], seen: u64) -> Vec<SecretEvent> {
    let mut events = Vec::new();
    let end = Instant::now() + PATIENCE;
    loop {
        reader.next_batch(&mut events, Duration::from_millis(20)).unwrap();
        let statistics = hooks.iter().map(|&id| reader.statistics(id).unwrap());
        let delivered: u64 = statistics.map(|hook| hook.delivered + hook.unreadable_client_random).sum();
        if delivered == seen + events.len() as u64 {
            return events;
        }
        assert!(Instant::now() < end, "{delivered} delivered, {} read", events.len());
    }
}

/// Builds the library and the program that uses it, in `directory`.
pub(crate) fn build(directory: &Path) -> (PathBuf, PathBuf) {
    let (library, program) = (directory.join("libsecret.so"), directory.join("program"));
    let (library_source, program_source) = (directory.join("library.c"), directory.join("program.c"));
    std::fs::write(&library_source, LIBRARY).unwrap();
    let declarations = LIBRARY.split("__attribute__").next().unwrap();
    std::fs::write(&program_source, format!("{declarations}{PROGRAM}")).unwrap();
    run(Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).args([&library, &library_source]));
    run(Command::new("cc").args(["-O1", "-o"]).args([&program, &program_source, &library]));
    (library, program)
}

#[test]
fn a_hook_reads_what_its_expressions_say_and_counts_what_it_cannot() {
    if let Some(reason) = obstacle(&["cc", "nm", "readelf"]) {
        return skipped(&reason);
    }
    let (scratch, inside) = (Scratch::new(), Cgroup::new());
    let (library, program) = build(&scratch.0);
    let Some(mut probes) = allowed(Probes::new(&TargetFilter::of_directory(inside.fd()).unwrap())) else {
        return;
    };
    let file = File::open(&library).unwrap();
    let hooks = [hook(file_offset(&library, "log_secret"))];
    let attached = probes.attacher.attach(file.as_fd(), &hooks).unwrap();
    assert!(attached.failed.is_empty(), "{attached:?}");
    assert_eq!(attached.new, 1);
    let (_, id) = attached.hooks[0];
    // A second time: nothing new, and no event twice.
    let again = probes.attacher.attach(file.as_fd(), &hooks).unwrap();
    assert_eq!((again.new, again.hooks), (0, attached.hooks));

    run(&mut Command::new(&program));
    assert_eq!(probes.reader.statistics(id).unwrap(), HookStatistics::default(), "not in the target");

    run(&mut inside.command(program.to_str().unwrap()));
    let events = collect(&mut probes.reader, &[id], 0);
    let secrets: Vec<_> = events.iter().map(|e| (e.label(), e.secret.as_bytes())).collect();
    let mut expected = vec![
        (b"CLIENT_RANDOM".as_slice(), [0xcd; 48].as_slice()),
        (b"EXPORTER_SECRET".as_slice(), [0xcd; 32].as_slice()),
        // Without its client random.
        (b"SECRET".as_slice(), [0xcd; 32].as_slice()),
    ];
    if probes.attacher.waits_for_pages() {
        expected.push((b"COLD", &[0xee; 32]));
    }
    assert_eq!(secrets, expected);
    for event in &events {
        let expected = Some([0xab; 32]).filter(|_| event.label() != b"SECRET");
        assert_eq!(event.client_random, expected);
        assert_eq!((&event.name[..8], event.hook, event.pid), (b"program\0".as_slice(), id, event.tid));
    }
    let counts = probes.reader.statistics(id).unwrap();
    let cold = u64::from(!probes.attacher.waits_for_pages());
    let expected = HookStatistics {
        hits: 8,
        delivered: 3 - cold,
        unreadable_label: 1,
        unreadable_client_random: 1,
        unreadable_secret: 1 + cold,
        bad_length: 2,
        lost: 0,
    };
    assert_eq!(counts, expected);
}

#[test]
fn secrets_that_find_the_ring_full_are_counted() {
    if let Some(reason) = obstacle(&["cc", "nm", "readelf"]) {
        return skipped(&reason);
    }
    let (scratch, inside) = (Scratch::new(), Cgroup::new());
    let (library, program) = build(&scratch.0);
    let Some(mut probes) = allowed(Probes::new(&TargetFilter::of_directory(inside.fd()).unwrap())) else {
        return;
    };
    let hooks = [hook(file_offset(&library, "log_secret"))];
    let attached = probes.attacher.attach(File::open(&library).unwrap().as_fd(), &hooks).unwrap();
    let (_, id) = attached.hooks[0];
    run(inside.command(program.to_str().unwrap()).arg("25000"));
    let counts = probes.reader.statistics(id).unwrap();
    // An event takes 216 of the 4 MiB.
    assert_eq!((counts.hits, counts.delivered), (25_000, 4 * 1024 * 1024 / 216), "{counts:?}");
    assert_eq!(counts.lost, counts.hits - counts.delivered);
    assert_eq!(collect(&mut probes.reader, &[id], 0).len() as u64, counts.delivered);
}

#[test]
fn a_deleted_file_can_be_probed_and_a_bad_hook_does_not_stop_the_others() {
    if let Some(reason) = obstacle(&["cc", "nm", "readelf"]) {
        return skipped(&reason);
    }
    let (scratch, inside) = (Scratch::new(), Cgroup::new());
    let (library, _) = build(&scratch.0);
    let Some(mut probes) = allowed(Probes::new(&TargetFilter::of_directory(inside.fd()).unwrap())) else {
        return;
    };
    let file = File::open(&library).unwrap();
    let good = hook(file_offset(&library, "log_secret"));
    std::fs::remove_file(&library).unwrap();
    let beyond = Hook { file_offset: 1 << 40, ..good.clone() };
    let senseless = Hook { label: Field::Constant(""), ..good.clone() };
    let attached = probes.attacher.attach(file.as_fd(), &[beyond, senseless, good]).unwrap();
    assert_eq!((attached.new, attached.hooks[0].0), (1, 2));
    assert_eq!(attached.failed.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn the_halves_work_on_two_threads_and_the_attacher_can_go_first() {
    if let Some(reason) = obstacle(&["cc", "nm", "readelf"]) {
        return skipped(&reason);
    }
    let (scratch, inside) = (Scratch::new(), Cgroup::new());
    let (library, program) = build(&scratch.0);
    let Some(probes) = allowed(Probes::new(&TargetFilter::of_directory(inside.fd()).unwrap())) else {
        return;
    };
    let Probes { mut attacher, mut reader } = probes;
    let hooks = [hook(file_offset(&library, "log_secret"))];
    let id = std::thread::scope(|scope| {
        let attach = scope.spawn(|| {
            let attached = attacher.attach(File::open(&library).unwrap().as_fd(), &hooks).unwrap();
            run(&mut inside.command(program.to_str().unwrap()));
            attached.hooks[0].1
        });
        attach.join().unwrap()
    });
    drop(attacher);
    let HookStatistics { delivered, unreadable_client_random, .. } = reader.statistics(id).unwrap();
    assert!(delivered >= 2);
    run(&mut inside.command(program.to_str().unwrap()));
    assert_eq!(reader.statistics(id).unwrap().delivered, delivered, "the probe is gone with the attacher");
    assert_eq!(collect(&mut reader, &[id], 0).len() as u64, delivered + unreadable_client_random);
}

/// A PKCS#11 module and what uses it: keys are made at addresses, and passed by them.
const MODULE: &str = r#"
__attribute__((noinline)) void make(long *handle)
{
	__asm__ volatile("" :: "r"(handle) : "memory");
}

__attribute__((noinline)) void add_attribute(void *object, long type, const void *value, unsigned length)
{
	__asm__ volatile("" :: "r"(object), "r"(type), "r"(value), "r"(length) : "memory");
}

__attribute__((noinline)) void pass(const unsigned char *random, const char *label, long *handle)
{
	__asm__ volatile("" :: "r"(random), "r"(label), "r"(handle) : "memory");
}
"#;

const MODULE_USER: &str = r#"
#include <pthread.h>
#include <string.h>
void make(long *);
void add_attribute(void *, long, const void *, unsigned);
void pass(const unsigned char *, const char *, long *);

static unsigned char random_[32];
static long handles[8];
static pthread_barrier_t barrier;

static void value(unsigned char byte, unsigned length)
{
	unsigned char bytes[128];
	memset(bytes, byte, sizeof bytes);
	add_attribute(0, 0x100, "not the value", 13);
	add_attribute(0, 0x11, bytes, length);
}

static void *other(void *unused)
{
	make(&handles[1]);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	value(2, 32);
	return 0;
}

int main(void)
{
	pthread_t thread;
	memset(random_, 0xab, sizeof random_);
	/* Two threads at once. */
	pthread_barrier_init(&barrier, 0, 2);
	pthread_create(&thread, 0, other, 0);
	make(&handles[0]);
	pthread_barrier_wait(&barrier);
	value(1, 48);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, 0);
	/* An object that nothing was called for: no value of the one before. */
	value(3, 32);
	pass(random_, "SECOND", &handles[1]);
	pass(random_, "FIRST", &handles[0]);
	/* The same place again, with a value that is too long, and without any. */
	make(&handles[0]);
	value(4, 65);
	pass(random_, "LONG", &handles[0]);
	make(&handles[1]);
	pass(random_, "NONE", &handles[1]);
	value(5, 32);
	pass(random_, "LATE", &handles[1]);
	pass(random_, "UNKNOWN", &handles[2]);
	return 0;
}
"#;

#[test]
fn values_of_objects_are_found_by_the_address_of_their_handles() {
    if let Some(reason) = obstacle(&["cc", "nm", "readelf"]) {
        return skipped(&reason);
    }
    let (scratch, inside) = (Scratch::new(), Cgroup::new());
    let path = |name: &str| scratch.0.join(name);
    std::fs::write(path("module.c"), MODULE).unwrap();
    std::fs::write(path("user.c"), MODULE_USER).unwrap();
    let (module, user) = (path("libmodule.so"), path("user"));
    run(Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).args([&module, &path("module.c")]));
    run(Command::new("cc").args(["-O1", "-pthread", "-o"]).args([&user, &path("user.c"), &module]));
    let Some(mut probes) = allowed(Probes::new(&TargetFilter::of_directory(inside.fd()).unwrap())) else {
        return;
    };
    let [first, second, third, fourth] = if cfg!(target_arch = "x86_64") {
        [Register::Rdi, Register::Rsi, Register::Rdx, Register::Rcx]
    } else {
        [Register::X(0), Register::X(1), Register::X(2), Register::X(3)]
    };
    let objects = [
        ObjectHook {
            function: ObjectFunction::DeriveKey,
            file_offset: file_offset(&module, "make"),
            reads: ObjectReads::Handle(Expression::register(first)),
        },
        ObjectHook {
            function: ObjectFunction::AddAttribute,
            file_offset: file_offset(&module, "add_attribute"),
            reads: ObjectReads::Attribute {
                kind: Expression::register(second),
                value: memory(third, &[], Length::Value(Expression::register(fourth))),
            },
        },
    ];
    let pass = Hook {
        stack: Stack::Nss,
        kind: HookKind::NssRecordKeyLog,
        file_offset: file_offset(&module, "pass"),
        label: memory(second, &[], Length::Nul),
        client_random: memory(first, &[], Length::Constant(32)),
        secret: Field::ObjectValue { handle: Expression::register(third) },
    };
    let file = File::open(&module).unwrap();
    let attached = probes.attacher.attach_objects(file.as_fd(), &objects).unwrap();
    assert!(attached.failed.is_empty() && attached.new == 2, "{attached:?}");
    let attached = probes.attacher.attach(file.as_fd(), &[pass]).unwrap();
    assert!(attached.failed.is_empty() && attached.new == 1, "{attached:?}");
    let (_, id) = attached.hooks[0];

    run(&mut inside.command(user.to_str().unwrap()));
    let events = collect(&mut probes.reader, &[id], 0);
    let secrets: Vec<_> = events.iter().map(|e| (e.label(), e.secret.as_bytes().to_vec())).collect();
    let expected = [
        (b"SECOND".as_slice(), vec![2; 32]),
        (b"FIRST".as_slice(), vec![1; 48]),
        // It is the object that the thread makes until another one begins.
        (b"LATE".as_slice(), vec![5; 32]),
    ];
    assert_eq!(secrets, expected);
    let counts = probes.reader.statistics(id).unwrap();
    assert_eq!((counts.hits, counts.delivered, counts.unreadable_secret), (6, 3, 3));
}
