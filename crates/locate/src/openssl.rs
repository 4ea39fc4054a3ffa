//! OpenSSL 1.1.1 and later, BoringSSL and AWS-LC: `ssl_log_secret(ssl, label, secret, length)`.
//!
//! The function is called for each secret whether or not a key log callback is set, which it tests inside. It has
//! no name in a stripped file, but it is the one that gets the labels of the NSS key log format as its second
//! argument, so the call sites vote. Where it reads the client random is then learned from its code.
//!
//! Link-time optimisation can inline it into its callers. What is left then is
//! `nss_keylog_int(label, ssl, random, 32, secret, length)`, with or without the constant.

use iced_x86::{Mnemonic, OpKind};
use memchr::memmem;

use crate::elf::{Elf, Machine, Segment};
use crate::xref::{self, Call, RegisterSet, Target};
use crate::{
    Evidence, Expression, Field, Found, Hook, HookKind, Length, NotFound, Register, Stack, symbolic,
};

/// The labels, as C strings.
const LABELS: [&str; 8] = [
    "CLIENT_EARLY_TRAFFIC_SECRET\0",
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET\0",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET\0",
    "CLIENT_TRAFFIC_SECRET_0\0",
    "SERVER_TRAFFIC_SECRET_0\0",
    "EXPORTER_SECRET\0",
    "EARLY_EXPORTER_SECRET\0",
    "CLIENT_RANDOM\0",
];
const CLIENT_RANDOM: usize = 7;

/// GCC spills the other labels to the stack in OpenSSL; three have plain call sites in every version.
const VOTES_NEEDED: usize = 3;
/// Builds of OpenSSL 3.5 show three plain call sites. Two are enough, with CLIENT_RANDOM and the right arguments.
const INLINED_VOTES_NEEDED: usize = 2;
const CANDIDATES: usize = 3;
/// Bound for damaged files; real ones have one string for each label.
const MAX_STRINGS: usize = 64;

const RSI: RegisterSet = 1 << 6;
const RDI: RegisterSet = 1 << 7;

/// Searches for code that uses the labels in `segments`.
pub(crate) fn find(elf: &Elf<'_>, segments: &[Segment<'_>]) -> Result<Found, NotFound> {
    let strings = strings(segments);
    if strings.is_empty() {
        return Err(NotFound::NoLabels);
    }
    if elf.machine != Machine::X86_64 {
        return Err(NotFound::UnsupportedMachine { machine: elf.machine });
    }
    let addresses: Vec<u64> = strings.iter().map(|&(address, _)| address).collect();
    let references = xref::references(elf, &addresses);
    if references.is_empty() {
        return Err(NotFound::NoReferences { labels: strings.len() });
    }
    let sites: Vec<Site> = references
        .iter()
        .filter_map(|reference| {
            let call = xref::follow(elf, reference)?;
            Some(Site { reference: reference.address, label: strings[reference.string].1, call })
        })
        .collect();
    log_secret(elf, &sites, references.len()).or_else(|reason| keylog_int(elf, &sites).ok_or(reason))
}

/// A place in the code that passes a label on.
struct Site {
    reference: u64,
    label: usize,
    call: Call,
}

/// A function and the set of labels it gets.
struct Candidate {
    target: Target,
    labels: u8,
}

impl Candidate {
    fn count(&self) -> usize {
        self.labels.count_ones() as usize
    }

    fn evidence(&self, function: u64) -> Evidence {
        let labels = (0..LABELS.len()).filter(|label| self.labels >> label & 1 == 1);
        Evidence::Vote {
            function,
            labels: labels.map(|label| LABELS[label].trim_end_matches('\0')).collect(),
        }
    }
}

/// vaddr and label of each label string, by vaddr.
///
/// A linker that merges the ends of strings leaves EXPORTER_SECRET inside EARLY_EXPORTER_SECRET: what is before does not count.
fn strings(segments: &[Segment<'_>]) -> Vec<(u64, usize)> {
    let mut found = Vec::new();
    for segment in segments {
        for (label, text) in LABELS.iter().enumerate() {
            let places = memmem::find_iter(segment.data, text).take(MAX_STRINGS);
            found.extend(places.map(|at| (segment.vaddr.wrapping_add(at as u64), label)));
        }
    }
    found.sort_unstable();
    found.dedup_by_key(|&mut (address, _)| address);
    found
}

/// The functions that get labels in `argument`, those with most first.
fn vote(sites: &[Site], argument: RegisterSet) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for site in sites.iter().filter(|site| site.call.registers & argument != 0) {
        let label = 1 << site.label;
        match candidates.iter_mut().find(|candidate| candidate.target == site.call.target) {
            Some(candidate) => candidate.labels |= label,
            None => candidates.push(Candidate { target: site.call.target, labels: label }),
        }
    }
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.count()));
    candidates
}

/// The functions that pass both tests: a program may have more than one library linked in.
fn log_secret(elf: &Elf<'_>, sites: &[Site], references: usize) -> Result<Found, NotFound> {
    let mut found = Found::default();
    let mut reason = None;
    let mut best = 0;
    for candidate in vote(sites, RSI).into_iter().take(CANDIDATES) {
        let Some(function) = xref::resolve(elf, candidate.target) else { continue };
        best = best.max(candidate.count());
        if candidate.count() < VOTES_NEEDED {
            break;
        }
        let learned = symbolic::client_random(elf, function).zip(elf.file_offset(function));
        let Some((address, file_offset)) = learned else {
            reason = reason.or(Some(NotFound::NoClientRandom { function }));
            continue;
        };
        found.evidence.push(candidate.evidence(function));
        found.evidence.push(Evidence::ClientRandom { address: address.clone() });
        found.hooks.push(Hook {
            stack: Stack::OpenSsl,
            kind: HookKind::SslLogSecret,
            file_offset,
            label: string(Register::Rsi),
            client_random: random(address),
            secret: counted(Register::Rdx, Register::Rcx),
        });
    }
    if found.hooks.is_empty() {
        return Err(reason.unwrap_or(NotFound::NoVote { references, best, needed: VOTES_NEEDED }));
    }
    Ok(found)
}

/// The callee that an inlined `ssl_log_secret` leaves, told by the labels and by what its callers set up.
fn keylog_int(elf: &Elf<'_>, sites: &[Site]) -> Option<Found> {
    let wanted = |candidate: &Candidate| {
        candidate.count() >= INLINED_VOTES_NEEDED && candidate.labels >> CLIENT_RANDOM & 1 == 1
    };
    for candidate in vote(sites, RDI).into_iter().filter(wanted).take(CANDIDATES) {
        let Some(function) = xref::resolve(elf, candidate.target) else { continue };
        let Some(file_offset) = elf.file_offset(function) else { continue };
        let callers = sites.iter().filter(|site| site.call.target == candidate.target).take(MAX_STRINGS);
        let arguments: Vec<Arguments> = callers.map(|site| arguments(elf, site)).collect();
        if !arguments.iter().any(|arguments| arguments.random_in_rdx) {
            continue;
        }
        let (secret, length) = match arguments.iter().any(|arguments| arguments.length_in_rcx) {
            true => (Register::R8, Register::R9),
            false => (Register::Rcx, Register::R8),
        };
        let address = Expression::register(Register::Rdx);
        let hook = Hook {
            stack: Stack::OpenSsl,
            kind: HookKind::NssKeylogInt,
            file_offset,
            label: string(Register::Rdi),
            client_random: random(address.clone()),
            secret: counted(secret, length),
        };
        let evidence = vec![candidate.evidence(function), Evidence::ClientRandom { address }];
        return Some(Found { hooks: vec![hook], evidence });
    }
    None
}

/// What a caller of `nss_keylog_int` sets just before the call.
struct Arguments {
    /// `lea rdx, [ssl+offset]`
    random_in_rdx: bool,
    /// `mov ecx, 32`
    length_in_rcx: bool,
}

fn arguments(elf: &Elf<'_>, site: &Site) -> Arguments {
    /// How many instructions before the call its arguments are set in.
    const NEAR: usize = 12;
    /// Bound for damaged files, and for functions that cannot be OpenSSL's.
    const MAX_INSTRUCTIONS: usize = 20_000;
    let start = elf.function_bounds(site.reference).map_or(site.reference, |bounds| bounds.0);
    let (mut random, mut length) = (None, None);
    let code = xref::decode(elf, start).into_iter().flatten().take(MAX_INSTRUCTIONS);
    let mut call = 0;
    for (i, instruction) in code.take_while(|i| i.ip() < site.call.address).enumerate() {
        use iced_x86::Register::{ECX, RCX, RDX, RIP, RSP};
        call = i + 1;
        match (instruction.mnemonic(), instruction.op0_register(), instruction.op1_kind()) {
            (Mnemonic::Lea, RDX, OpKind::Memory) if ![RIP, RSP].contains(&instruction.memory_base()) => {
                random = Some(i);
            }
            (Mnemonic::Mov, ECX | RCX, _) if instruction.try_immediate(1).is_ok_and(|n| n == 32) => {
                length = Some(i);
            }
            _ => {}
        }
    }
    let near = |at: Option<usize>| at.is_some_and(|at| call - at <= NEAR);
    Arguments { random_in_rdx: near(random), length_in_rcx: near(length) }
}

fn string(register: Register) -> Field {
    Field::Memory { address: Expression::register(register), length: Length::Nul }
}

fn random(address: Expression) -> Field {
    Field::Memory { address, length: Length::Constant(32) }
}

fn counted(address: Register, length: Register) -> Field {
    Field::Memory {
        address: Expression::register(address),
        length: Length::Value(Expression::register(length)),
    }
}
