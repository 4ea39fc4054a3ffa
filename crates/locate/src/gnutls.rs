//! GnuTLS: `_gnutls_call_keylog_func(session, label, data, size)`, called for each secret whether or not an application
//! wants the log. It does not need the client random, and does not get it.
//!
//! The session has `master_secret[48]`, `client_random[32]`, `server_random[32]` one after the other
//! (`security_parameters_st` in lib/gnutls_int.h). The function that derives and logs the TLS 1.2 master secret addresses
//! all three, so it tells where they are.
//!
//! A resumed TLS 1.2 session derives no master secret and logs nothing, but it needs keys: `_gnutls_set_keys(session, …)`,
//! the function with the PRF label "key expansion", is passed in every TLS 1.2 handshake.

use std::collections::BTreeSet;

use iced_x86::{Mnemonic, OpKind};
use memchr::memmem;

use crate::aarch64::{self, Step};
use crate::elf::{Elf, Machine};
use crate::labels::{CANDIDATES, Candidate, Labels};
use crate::xref::{self, second_argument};
use crate::{Evidence, Expression, Field, Found, Hook, HookKind, Length, NotFound, Stack};

/// Three to four labels have plain call sites.
const VOTES_NEEDED: usize = 3;
const KEY_EXPANSION: &[u8] = b"key expansion\0";
const MASTER_SECRET_SIZE: i32 = 48;
const RANDOM_SIZE: i32 = 32;
/// No session is as large.
const MOST_OFFSET: i64 = 0x1_0000;

/// Searches for both functions.
pub(crate) fn find(elf: &Elf<'_>, labels: &Labels) -> Result<Found, NotFound> {
    let [session, label, data, size, ..] = elf.machine.arguments();
    let mut reason = NotFound::NoMasterSecretCaller;
    let wanted = |candidate: &Candidate| candidate.count() >= VOTES_NEEDED && candidate.gets_client_random();
    for candidate in labels.vote(second_argument(elf.machine)).into_iter().filter(wanted).take(CANDIDATES) {
        let Some(function) = xref::resolve(elf, candidate.target) else { continue };
        let Some(file_offset) = elf.file_offset(function) else { continue };
        let site = labels.callers(&candidate).find(|site| site.is_client_random());
        let Some(master_secret) = site.and_then(|site| master_secret(elf, site.reference)) else {
            reason = NotFound::NoMasterSecret { function };
            continue;
        };
        let at = |offset| Expression::path(session, &[offset]);
        let random = at(master_secret + MASTER_SECRET_SIZE);
        let mut found = Found {
            evidence: vec![candidate.evidence(function), Evidence::ClientRandom { address: random.clone() }],
            hooks: vec![Hook {
                stack: Stack::GnuTls,
                kind: HookKind::GnuTlsCallKeylogFunc,
                file_offset,
                label: Field::string(label),
                client_random: Field::client_random(random.clone()),
                secret: Field::counted(data, size),
            }],
            ..Found::default()
        };
        for function in key_expansions(elf, master_secret) {
            let Some(file_offset) = elf.file_offset(function) else { continue };
            found.evidence.push(Evidence::KeyExpansion { function });
            found.hooks.push(Hook {
                stack: Stack::GnuTls,
                kind: HookKind::GnuTlsSetKeys,
                file_offset,
                label: Field::Constant("CLIENT_RANDOM"),
                client_random: Field::client_random(random.clone()),
                secret: Field::Memory {
                    address: at(master_secret),
                    length: Length::Constant(MASTER_SECRET_SIZE as u32),
                },
            });
        }
        return Ok(found);
    }
    Err(reason)
}

/// The offset of the master secret in the session: the function around `reference` takes its address, and addresses the
/// client random and the server random behind it, all from the same register.
fn master_secret(elf: &Elf<'_>, reference: u64) -> Option<i32> {
    let fields = Fields::of_function(elf, reference)?;
    let mut taken = fields.taken.iter();
    let found = taken.find(|&&(base, offset)| {
        let random = offset + MASTER_SECRET_SIZE;
        offset > 0
            && fields.addressed.contains(&(base, random))
            && fields.addressed.contains(&(base, random + RANDOM_SIZE))
    })?;
    Some(found.1)
}

/// The functions that use the PRF label with the master secret and the client random of a session. There is one.
fn key_expansions(elf: &Elf<'_>, master_secret: i32) -> Vec<u64> {
    const MOST: usize = 8;
    let strings = elf.loads.iter().flat_map(|segment| {
        let places = memmem::find_iter(segment.data, KEY_EXPANSION).take(MOST);
        places.map(|at| segment.vaddr.wrapping_add(at as u64)).collect::<Vec<_>>()
    });
    let mut strings: Vec<u64> = strings.collect();
    strings.sort_unstable();
    let references = xref::references(elf, &strings);
    let uses_session = |reference: u64| {
        let fields = Fields::of_function(elf, reference)?;
        let mut taken = fields.taken.iter().filter(|&&(_, offset)| offset == master_secret);
        taken.find(|&&(base, offset)| fields.addressed.contains(&(base, offset + MASTER_SECRET_SIZE)))?;
        Some(elf.function_bounds(reference)?.0)
    };
    let mut functions: Vec<u64> =
        references.iter().take(MOST).filter_map(|reference| uses_session(reference.address)).collect();
    functions.dedup();
    functions
}

/// The structure fields that a function uses, as base register and offset.
struct Fields {
    /// Those whose address is taken.
    taken: BTreeSet<(u8, i32)>,
    /// All.
    addressed: BTreeSet<(u8, i32)>,
}

impl Fields {
    fn of_function(elf: &Elf<'_>, inside: u64) -> Option<Self> {
        let (start, end) = elf.function_bounds(inside)?;
        let mut fields = Self { taken: BTreeSet::new(), addressed: BTreeSet::new() };
        match elf.machine {
            Machine::X86_64 => fields.add_x86_64(xref::function_until(elf, inside, end)),
            Machine::Aarch64 => {
                fields.add_aarch64(aarch64::decode(elf, start).take_while(|i| i.address < end));
            }
        }
        Some(fields)
    }

    fn add(&mut self, base: u8, offset: i64, is_taken: bool) {
        if (0..MOST_OFFSET).contains(&offset) {
            self.addressed.insert((base, offset as i32));
            if is_taken {
                self.taken.insert((base, offset as i32));
            }
        }
    }

    fn add_x86_64(&mut self, code: impl Iterator<Item = iced_x86::Instruction>) {
        for instruction in code {
            let Some(base) = xref::number(instruction.memory_base()) else { continue };
            let indexed = instruction.memory_index() != iced_x86::Register::None;
            if instruction.op1_kind() == OpKind::Memory && !indexed {
                let offset = instruction.memory_displacement64().cast_signed();
                self.add(base, offset, instruction.mnemonic() == Mnemonic::Lea);
            }
        }
    }

    /// Registers that hold the same count as one, the first of them.
    fn add_aarch64(&mut self, code: impl Iterator<Item = aarch64::Instruction>) {
        let mut same: [u8; 32] = std::array::from_fn(|register| register as u8);
        for instruction in code {
            match instruction.step {
                Step::Add { from, number, .. } => self.add(same[usize::from(from)], number, true),
                Step::Load(access) if access.index.is_none() => {
                    self.add(same[usize::from(access.base)], access.offset, false);
                }
                _ => {}
            }
            if let Step::Copy { to, from, whole: true } = instruction.step {
                same[usize::from(to)] = same[usize::from(from)];
            } else {
                for register in 0..31 {
                    if instruction.step.written() >> register & 1 == 1 {
                        same[usize::from(register)] = register;
                    }
                }
            }
        }
    }
}
