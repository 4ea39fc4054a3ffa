//! NSS: `ssl3_RecordKeyLog(ss, label, key)` takes the bytes out of each key, and then calls a function of
//! `(ss, label, SECItem *bytes)` that tests whether there is a log, and writes the client random.
//!
//! In TLS 1.3 the label gets to it through functions that are given it in changing places, but CLIENT_RANDOM is always
//! passed directly.

use iced_x86::FlowControl;
use memchr::memmem;

use crate::elf::{Elf, Machine};
use crate::labels::{CANDIDATES, Candidate, Labels};
use crate::xref::{self, RSI};
use crate::{
    Evidence, Expression, Field, Found, Hook, HookKind, Length, NotFound, Register, Stack, symbolic,
};

/// What every libssl3 imports, or a library with all of NSS in it exports.
const EXTRACT: &[u8] = b"\0PK11_ExtractKeyValue\0";
/// `SECItem`: the type, a pointer to the bytes, their number.
const ITEM_DATA: i32 = 8;
const ITEM_LENGTH: i32 = 16;

/// Searches for the function that gets the bytes.
pub(crate) fn find(elf: &Elf<'_>, labels: &Labels) -> Result<Found, NotFound> {
    if elf.machine != Machine::X86_64 {
        return Err(NotFound::UnsupportedMachine { machine: elf.machine });
    }
    if memmem::find(elf.names, EXTRACT).is_none() {
        return Err(NotFound::NotNss);
    }
    let mut reason = NotFound::NoVote { references: labels.references, best: 0, needed: 1 };
    for candidate in labels.vote(RSI).into_iter().filter(Candidate::gets_client_random).take(CANDIDATES) {
        let Some(record) = xref::resolve(elf, candidate.target) else { continue };
        let log = callees(elf, record).into_iter().find_map(|function| {
            let address = symbolic::client_random(elf, function)?;
            Some((function, address, elf.file_offset(function)?))
        });
        let Some((function, address, file_offset)) = log else {
            reason = NotFound::NoClientRandom { function: record };
            continue;
        };
        let item = |offset| Expression::path(Register::Rdx, &[offset, 0]);
        let hook = Hook {
            stack: Stack::Nss,
            kind: HookKind::NssRecordKeyLog,
            file_offset,
            label: Field::string(Register::Rsi),
            client_random: Field::client_random(address.clone()),
            secret: Field::Memory { address: item(ITEM_DATA), length: Length::Value(item(ITEM_LENGTH)) },
        };
        let evidence = vec![
            candidate.evidence(record),
            Evidence::Callee { caller: record, function },
            Evidence::ClientRandom { address },
        ];
        return Ok(Found { hooks: vec![hook], evidence });
    }
    Err(reason)
}

/// The functions of this file that `function` calls, the last first: what it does with the bytes comes after getting them.
fn callees(elf: &Elf<'_>, function: u64) -> Vec<u64> {
    /// The function is short.
    const MAX_INSTRUCTIONS: usize = 100;
    let end = elf.function_bounds(function).map_or(u64::MAX, |bounds| bounds.1);
    let mut found = Vec::new();
    for instruction in xref::function_until(elf, function, end).take(MAX_INSTRUCTIONS) {
        let leaves = match instruction.flow_control() {
            FlowControl::Call => true,
            FlowControl::UnconditionalBranch => !(function..end).contains(&instruction.near_branch_target()),
            _ => false,
        };
        let target = xref::target(&instruction).filter(|_| leaves);
        found.extend(target.and_then(|target| xref::resolve(elf, target)));
        if leaves && instruction.flow_control() == FlowControl::UnconditionalBranch {
            break;
        }
    }
    found.reverse();
    found
}
