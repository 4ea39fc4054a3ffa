//! rustls 0.22 and later: the code around `KeyLog`, a trait object that every configuration has.
//!
//! No function is always called with everything, but TLS 1.3 code reads
//! `let output = …; if key_log.will_log(label) { key_log.log(label, client_random, output.as_ref()) }`
//! (`KeySchedule::derive_logged_secret`). Behind the question everything is in registers and memory, whatever the
//! answer is: executing the branch that logs shows where. TLS 1.2 code calls `key_log.log("CLIENT_RANDOM", …)` without
//! asking, for resumed sessions too.
//!
//! Rust's strings have no NUL byte, and their addresses may stand in a table that the code refers to instead.

use std::collections::BTreeMap;

use crate::elf::{Elf, Machine, Segment};
use crate::labels::{LABELS, MAX_STRINGS, occurrences};
use crate::trace::{Trace, Value};
use crate::xref;
use crate::{Evidence, Expression, Field, Found, Hook, HookKind, Length, NotFound, Stack};
use iced_x86::{FlowControl, Instruction, Mnemonic};

const CLIENT_RANDOM: &str = "CLIENT_RANDOM";
const RANDOM_SIZE: i64 = 32;
const MASTER_SECRET_SIZE: u32 = 48;
/// Bound for damaged files; real ones ask in a handful of places.
const MAX_HOOKS: usize = 32;

/// Numbers of the registers that `KeyLog::log(&self, label: &str, client_random: &[u8], secret: &[u8])` gets its
/// arguments in; the length of the secret is on the stack.
const LABEL: u8 = 6;
const LABEL_LENGTH: u8 = 2;
const RANDOM: u8 = 1;
const RANDOM_LENGTH: u8 = 8;
const SECRET: u8 = 9;

/// Searches for code that asks a `KeyLog`.
pub(crate) fn find(elf: &Elf<'_>, segments: &[Segment<'_>]) -> Result<Found, NotFound> {
    let strings = strings(segments);
    if strings.is_empty() {
        return Err(NotFound::NoLabels);
    }
    if elf.machine != Machine::X86_64 {
        return Err(NotFound::UnsupportedMachine { machine: elf.machine });
    }
    let mut places: Vec<u64> = strings.keys().copied().chain(tables(elf, &strings)).collect();
    places.sort_unstable();
    places.dedup();
    let references = xref::references(elf, &places);
    if references.is_empty() {
        return Err(NotFound::NoReferences { labels: strings.len() });
    }
    let mut functions: Vec<(u64, u64)> =
        references.iter().map(|reference| around(elf, reference.address)).collect();
    functions.sort_unstable();
    functions.dedup();
    let mut found = Found::default();
    for (start, end) in functions {
        questions(elf, start, end, &strings, &mut found);
    }
    for reference in references.iter().filter(|r| strings.get(&places[r.string]) == Some(&CLIENT_RANDOM)) {
        found.hooks.extend(log_call(elf, reference.address));
    }
    found.hooks.sort_by_key(|hook| hook.file_offset);
    found.hooks.dedup_by_key(|hook| hook.file_offset);
    found.hooks.truncate(MAX_HOOKS);
    if found.hooks.is_empty() { Err(NotFound::NoKeyLogBranch) } else { Ok(found) }
}

/// The labels, by vaddr. C strings are other libraries'.
fn strings(segments: &[Segment<'_>]) -> BTreeMap<u64, &'static str> {
    let mut found = BTreeMap::new();
    for segment in segments {
        let places = occurrences(segment.data)
            .filter(|&(at, label)| segment.data.get(at + LABELS[label].len()) != Some(&0))
            .take(MAX_STRINGS * LABELS.len());
        for (at, label) in places {
            found.insert(segment.vaddr.wrapping_add(at as u64), LABELS[label]);
        }
    }
    found
}

/// vaddrs of words that point to strings: in place, or by a relocation.
fn tables(elf: &Elf<'_>, strings: &BTreeMap<u64, &'static str>) -> Vec<u64> {
    let wanted = |target: &u64| strings.contains_key(target);
    let mut found: Vec<u64> = elf
        .relative()
        .filter(|(_, target)| wanted(target))
        .map(|(place, _)| place)
        .take(MAX_STRINGS)
        .collect();
    let bounds = strings.first_key_value().zip(strings.last_key_value());
    let Some(((&first, _), (&last, _))) = bounds else { return found };
    for segment in elf.loads.iter().filter(|segment| !segment.executable()) {
        let skip = (segment.vaddr.wrapping_neg() & 7) as usize;
        let words = segment.data.get(skip..).unwrap_or_default().chunks_exact(8);
        let pointers = words.enumerate().filter_map(|(i, word)| {
            let word = u64::from_le_bytes(word.try_into().ok()?);
            let inside = (first..=last).contains(&word) && wanted(&word);
            inside.then(|| segment.vaddr.wrapping_add((skip + i * 8) as u64))
        });
        found.extend(pointers.take(MAX_STRINGS));
    }
    found
}

/// The function around an instruction, or where no table tells (panic=abort) some code behind it.
fn around(elf: &Elf<'_>, address: u64) -> (u64, u64) {
    const WINDOW: u64 = 0x80;
    elf.function_bounds(address).unwrap_or((address, address.saturating_add(WINDOW)))
}

/// The places in a function where a `KeyLog` has been asked, and would be called next.
fn questions(elf: &Elf<'_>, start: u64, end: u64, strings: &BTreeMap<u64, &'static str>, found: &mut Found) {
    const MAX_INSTRUCTIONS: usize = 20_000;
    let Some(decoder) = xref::decode(elf, start) else { return };
    let code: Vec<Instruction> =
        decoder.into_iter().take(MAX_INSTRUCTIONS).take_while(|i| i.ip() < end).collect();
    for (i, call) in code.iter().enumerate() {
        if call.flow_control() != FlowControl::IndirectCall || found.hooks.len() >= MAX_HOOKS {
            continue;
        }
        let mut trace = Trace::new();
        let Some(log) = branch_that_logs(code.get(i + 1..).unwrap_or_default(), &mut trace) else { continue };
        if trace.run_to_indirect_call(elf, log).is_none() {
            continue;
        }
        let address = call.next_ip();
        let fields = arguments(&trace, strings);
        let Some(((label, client_random, secret), file_offset)) = fields.zip(elf.file_offset(address)) else {
            continue;
        };
        found.evidence.push(Evidence::KeyLogBranch { address });
        found.hooks.push(Hook {
            stack: Stack::Rustls,
            kind: HookKind::RustlsWillLog,
            file_offset,
            label,
            client_random,
            secret,
        });
    }
}

/// Where the code goes on after the call of a function that answers true: `test al, al` and a branch follow.
fn branch_that_logs(code: &[Instruction], trace: &mut Trace) -> Option<u64> {
    const MAX_INSTRUCTIONS: usize = 8;
    let mut tested = false;
    for instruction in code.iter().take(MAX_INSTRUCTIONS) {
        match (instruction.mnemonic(), instruction.flow_control()) {
            (Mnemonic::Test, _)
                if instruction.op0_register() == iced_x86::Register::AL
                    && instruction.op1_register() == iced_x86::Register::AL =>
            {
                tested = true;
            }
            (Mnemonic::Je, _) if tested => return Some(instruction.next_ip()),
            (Mnemonic::Jne, _) if tested => return Some(instruction.near_branch_target()),
            (_, FlowControl::Next) => trace.step(instruction),
            _ => return None,
        }
    }
    None
}

/// Label, client random and secret, if the registers hold the arguments of `KeyLog::log`.
fn arguments(trace: &Trace, strings: &BTreeMap<u64, &'static str>) -> Option<(Field, Field, Field)> {
    let expression = |value: &Value| match value {
        Value::From(expression) => Some(expression.clone()),
        _ => None,
    };
    if trace.register(RANDOM_LENGTH) != Some(&Value::Number(RANDOM_SIZE)) {
        return None;
    }
    let label = match trace.register(LABEL)? {
        Value::Static(vaddr) => Field::Constant(strings.get(vaddr)?),
        Value::From(address) => {
            let length = length(trace.register(LABEL_LENGTH)?)?;
            Field::Memory { address: address.clone(), length }
        }
        Value::Number(_) => return None,
    };
    let client_random = Field::client_random(expression(trace.register(RANDOM)?)?);
    let address = expression(trace.register(SECRET)?)?;
    let secret = Field::Memory { address, length: length(&trace.top_of_stack()?)? };
    Some((label, client_random, secret))
}

fn length(value: &Value) -> Option<Length> {
    match value {
        Value::From(expression) => Some(Length::Value(expression.clone())),
        Value::Number(number) => {
            u32::try_from(*number).ok().filter(|n| (1..=64).contains(n)).map(Length::Constant)
        }
        Value::Static(_) => None,
    }
}

/// The call of `KeyLog::log` that a reference to CLIENT_RANDOM prepares.
fn log_call(elf: &Elf<'_>, reference: u64) -> Option<Hook> {
    let mut trace = Trace::new();
    let call = trace.run_to_indirect_call(elf, reference)?;
    let is = |register, number| trace.register(register) == Some(&Value::Number(number));
    // A slot is another file's function, which is no method of an object.
    if call.is_ip_rel_memory_operand()
        || !is(LABEL_LENGTH, CLIENT_RANDOM.len() as i64)
        || !is(RANDOM_LENGTH, RANDOM_SIZE)
    {
        return None;
    }
    let secret = Expression::register(crate::Register::R9);
    Some(Hook {
        stack: Stack::Rustls,
        kind: HookKind::RustlsLog,
        file_offset: elf.file_offset(call.ip())?,
        label: Field::Constant(CLIENT_RANDOM),
        client_random: Field::client_random(Expression::register(crate::Register::Rcx)),
        secret: Field::Memory { address: secret, length: Length::Constant(MASTER_SECRET_SIZE) },
    })
}
