//! OpenSSL 1.1.1 and later, BoringSSL and AWS-LC: `ssl_log_secret(ssl, label, secret, length)`.
//!
//! The function is called for each secret whether or not a key log callback is set, which it tests inside. It is the one
//! that gets the labels as its second argument. Where it reads the client random is learned from its code.
//!
//! Link-time optimisation can inline it into its callers. What is left then is
//! `nss_keylog_int(label, ssl, random, 32, secret, length)`, with or without the constant.

use iced_x86::{Mnemonic, OpKind};

use crate::elf::{Elf, Machine};
use crate::labels::{CANDIDATES, Candidate, Labels, Site};
use crate::xref::{self, RDI, second_argument};
use crate::{Evidence, Expression, Field, Found, Hook, HookKind, NotFound, Register, Stack, symbolic};

/// GCC spills the other labels to the stack in OpenSSL; three have plain call sites in every version.
const VOTES_NEEDED: usize = 3;
/// Builds of OpenSSL 3.5 show three plain call sites. Two are enough, with CLIENT_RANDOM and the right arguments.
const INLINED_VOTES_NEEDED: usize = 2;

const LOG_SECRET: &str = "ssl_log_secret";

/// Searches for the function that logs secrets.
pub(crate) fn find(elf: &Elf<'_>, labels: &Labels) -> Result<Found, NotFound> {
    log_secret(elf, labels).or_else(|reason| match elf.machine {
        Machine::X86_64 => keylog_int(elf, labels).ok_or(reason),
        // No build with link-time optimisation is known there.
        Machine::Aarch64 => Err(reason),
    })
}

impl Found {
    fn add_log_secret(&mut self, elf: &Elf<'_>, function: u64, client_random: Expression) {
        let Some(file_offset) = elf.file_offset(function) else { return };
        let [_, label, secret, length, ..] = elf.machine.arguments();
        self.evidence.push(Evidence::ClientRandom { address: client_random.clone() });
        self.hooks.push(Hook {
            stack: Stack::OpenSsl,
            kind: HookKind::SslLogSecret,
            file_offset,
            label: Field::string(label),
            client_random: Field::client_random(client_random),
            secret: Field::counted(secret, length),
        });
    }
}

/// The functions that pass both tests: a program may have more than one library linked in.
fn log_secret(elf: &Elf<'_>, labels: &Labels) -> Result<Found, NotFound> {
    let mut found = Found::default();
    let mut reason = None;
    let mut best = 0;
    let votes = second_argument(elf.machine);
    let named = elf.function(LOG_SECRET);
    if let Some(function) = named
        && let Some(random) = symbolic::client_random(elf, function)
    {
        found.evidence.push(Evidence::Symbol { name: LOG_SECRET, function });
        found.add_log_secret(elf, function, random);
    }
    for candidate in labels.vote(votes).into_iter().take(CANDIDATES) {
        let Some(function) = xref::resolve(elf, candidate.target) else { continue };
        best = best.max(candidate.count());
        if candidate.count() < VOTES_NEEDED {
            break;
        }
        if named == Some(function) && !found.hooks.is_empty() {
            continue;
        }
        let Some(random) = symbolic::client_random(elf, function) else {
            reason = reason.or(Some(NotFound::NoClientRandom { function }));
            continue;
        };
        found.evidence.push(candidate.evidence(function));
        found.add_log_secret(elf, function, random);
    }
    if found.hooks.is_empty() {
        let references = labels.references;
        return Err(reason.unwrap_or(NotFound::NoVote { references, best, needed: VOTES_NEEDED }));
    }
    Ok(found)
}

/// The callee that an inlined `ssl_log_secret` leaves, told by the labels and by what its callers set up.
fn keylog_int(elf: &Elf<'_>, labels: &Labels) -> Option<Found> {
    let wanted =
        |candidate: &Candidate| candidate.count() >= INLINED_VOTES_NEEDED && candidate.gets_client_random();
    for candidate in labels.vote(RDI).into_iter().filter(wanted).take(CANDIDATES) {
        let Some(function) = xref::resolve(elf, candidate.target) else { continue };
        let Some(file_offset) = elf.file_offset(function) else { continue };
        let arguments: Vec<Arguments> = labels.callers(&candidate).map(|site| arguments(elf, site)).collect();
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
            label: Field::string(Register::Rdi),
            client_random: Field::client_random(address.clone()),
            secret: Field::counted(secret, length),
        };
        let evidence = vec![candidate.evidence(function), Evidence::ClientRandom { address }];
        return Some(Found { hooks: vec![hook], evidence, ..Found::default() });
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
    let (mut random, mut length) = (None, None);
    let mut call = 0;
    let code = xref::function_until(elf, site.reference, site.call.address);
    for (i, instruction) in code.enumerate() {
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
