//! NSS: `ssl3_RecordKeyLog(ss, label, key)` takes the bytes out of each key, and then calls a function of
//! `(ss, label, SECItem *bytes)` that tests whether there is a log, and writes the client random.
//!
//! In TLS 1.3 the label gets to it through functions that are given it in changing places, but CLIENT_RANDOM is always
//! passed directly.
//!
//! Distributions that build NSS without the option for the log (Debian) leave a function that only returns, and that is called
//! all the same. It gets the key's handle; the bytes are in another library (see `softoken.rs`). Where the client random is
//! shows in `SSL_ExportKeyingMaterial`, which begins its seed with it (RFC 5705 §4).

use memchr::memmem;

use crate::aarch64::{self, Step};
use crate::calls::direct_calls;
use crate::elf::{Elf, Machine};
use crate::labels::{CANDIDATES, Candidate, Labels};
use crate::xref::{self, second_argument};
use crate::{Evidence, Expression, Field, Found, Hook, HookKind, Length, NotFound, Stack, symbolic};

/// What every libssl3 imports, or a library with all of NSS in it exports.
const EXTRACT: &[u8] = b"\0PK11_ExtractKeyValue\0";
/// Exported by every libssl3; its first call finds the connection.
const EXPORTER: &str = "SSL_ExportKeyingMaterial";
/// `SECItem`: the type, a pointer to the bytes, their number.
const ITEM_DATA: i32 = 8;
const ITEM_LENGTH: i32 = 16;
/// `PK11SymKeyStr` (lib/pk11wrap/secmodti.h): the mechanism, and then the handle, since the first release.
const KEY_HANDLE: i32 = 8;

/// Searches for the function that gets the bytes.
pub(crate) fn find(elf: &Elf<'_>, labels: &Labels) -> Result<Found, NotFound> {
    if memmem::find(elf.names, EXTRACT).is_none() {
        return Err(NotFound::NotNss);
    }
    let mut reason = NotFound::NoVote { references: labels.references, best: 0, needed: 1 };
    let candidates = labels.vote(second_argument(elf.machine));
    for candidate in candidates.into_iter().filter(Candidate::gets_client_random).take(CANDIDATES) {
        let Some(record) = xref::resolve(elf, candidate.target) else { continue };
        let found = match only_returns(elf, record) {
            true => compiled_out(elf, record),
            false => gets_bytes(elf, record),
        };
        match found {
            Ok(mut found) => {
                found.evidence.insert(0, candidate.evidence(record));
                return Ok(found);
            }
            Err(error) => reason = error,
        }
    }
    Err(reason)
}

/// What `record` calls with the bytes, the last first: what it does with them comes after getting them.
fn gets_bytes(elf: &Elf<'_>, record: u64) -> Result<Found, NotFound> {
    /// The function is short.
    const MAX_CALLS: usize = 20;
    let calls = direct_calls(elf, record);
    let callees = calls.iter().take(MAX_CALLS).rev().filter_map(|call| xref::resolve(elf, call.target));
    let log = callees.into_iter().find_map(|function| {
        let address = symbolic::client_random(elf, function)?;
        Some((function, address, elf.file_offset(function)?))
    });
    let (function, address, file_offset) = log.ok_or(NotFound::NoClientRandom { function: record })?;
    let [_, label, item, ..] = elf.machine.arguments();
    let item = |offset| Expression::path(item, &[offset, 0]);
    let hook = Hook {
        stack: Stack::Nss,
        kind: HookKind::NssRecordKeyLog,
        file_offset,
        label: Field::string(label),
        client_random: Field::client_random(address.clone()),
        secret: Field::Memory { address: item(ITEM_DATA), length: Length::Value(item(ITEM_LENGTH)) },
    };
    let evidence = vec![Evidence::Callee { caller: record, function }, Evidence::ClientRandom { address }];
    Ok(Found { hooks: vec![hook], evidence, ..Found::default() })
}

/// The function that only returns.
fn compiled_out(elf: &Elf<'_>, record: u64) -> Result<Found, NotFound> {
    let [ss, label, key, ..] = elf.machine.arguments();
    let exporter = elf.exported(EXPORTER).ok_or(NotFound::NoClientRandom { function: record })?;
    let random = symbolic::first_of_two_copies(elf, exporter, ss);
    let address = random.ok_or(NotFound::NoClientRandom { function: exporter })?;
    let file_offset = elf.file_offset(record).ok_or(NotFound::NoClientRandom { function: record })?;
    let hook = Hook {
        stack: Stack::Nss,
        kind: HookKind::NssRecordKeyLog,
        file_offset,
        label: Field::string(label),
        client_random: Field::client_random(address.clone()),
        secret: Field::ObjectValue { handle: Expression::path(key, &[KEY_HANDLE]) },
    };
    let evidence = vec![
        Evidence::OnlyReturns { function: record },
        Evidence::Symbol { name: EXPORTER, function: exporter },
        Evidence::ClientRandom { address },
    ];
    Ok(Found { hooks: vec![hook], evidence, ..Found::default() })
}

fn only_returns(elf: &Elf<'_>, function: u64) -> bool {
    match elf.machine {
        Machine::X86_64 => {
            let mut code = xref::decode(elf, function).into_iter().flatten();
            code.find(|instruction| instruction.mnemonic() != iced_x86::Mnemonic::Endbr64)
                .is_some_and(|instruction| instruction.flow_control() == iced_x86::FlowControl::Return)
        }
        Machine::Aarch64 => {
            let mut code = aarch64::decode(elf, function);
            // bti
            code.find(|instruction| instruction.step != Step::Other { written: 0 })
                .is_some_and(|instruction| instruction.step == Step::Stop)
        }
    }
}
