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

use crate::aarch64::{self, Step, Test};
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
const MAX_INSTRUCTIONS: usize = 20_000;
/// How far from a question the branch is that the answer decides.
const MAX_TO_BRANCH: usize = 8;

/// The arguments of `KeyLog::log(&self, label: &str, client_random: &[u8], secret: &[u8])` behind the first.
#[derive(Default)]
struct Arguments {
    label: Option<Value>,
    label_length: Option<Value>,
    random: Option<Value>,
    random_length: Option<Value>,
    secret: Option<Value>,
    /// On x86-64 the seventh argument, on the stack.
    secret_length: Option<Value>,
}

/// Searches for code that asks a `KeyLog`.
pub(crate) fn find(elf: &Elf<'_>, segments: &[Segment<'_>]) -> Result<Found, NotFound> {
    let strings = strings(segments);
    if strings.is_empty() {
        return Err(NotFound::NoLabels);
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
    let asked = match elf.machine {
        Machine::X86_64 => asked_on_x86_64(elf, start, end),
        Machine::Aarch64 => asked_on_aarch64(elf, start, end),
    };
    for (address, arguments) in asked {
        if found.hooks.len() >= MAX_HOOKS {
            break;
        }
        let fields = arguments.fields(strings);
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

/// Of each call through a pointer whose answer is tested, the vaddr behind it, and what the next such call would get if it was yes.
fn asked_on_x86_64(elf: &Elf<'_>, start: u64, end: u64) -> Vec<(u64, Arguments)> {
    let Some(decoder) = xref::decode(elf, start) else { return Vec::new() };
    let code: Vec<Instruction> =
        decoder.into_iter().take(MAX_INSTRUCTIONS).take_while(|i| i.ip() < end).collect();
    let calls = code.iter().enumerate().filter(|(_, call)| call.flow_control() == FlowControl::IndirectCall);
    let asked = calls.filter_map(|(i, call)| {
        let mut trace = Trace::new();
        let log = branch_that_logs(code.get(i + 1..)?, &mut trace)?;
        trace.run_to_indirect_call(elf, log)?;
        Some((call.next_ip(), Arguments::of_x86_64(&trace)))
    });
    asked.collect()
}

/// Where the code goes on after the call of a function that answers true: `test al, al` and a branch follow.
fn branch_that_logs(code: &[Instruction], trace: &mut Trace) -> Option<u64> {
    let mut tested = false;
    for instruction in code.iter().take(MAX_TO_BRANCH) {
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

/// The same for aarch64, where one instruction tests and branches.
fn asked_on_aarch64(elf: &Elf<'_>, start: u64, end: u64) -> Vec<(u64, Arguments)> {
    const RESULT: u8 = 0;
    let code = aarch64::decode(elf, start).take(MAX_INSTRUCTIONS).take_while(|i| i.address < end);
    let calls = code.filter(|call| call.step == Step::IndirectCall);
    let asked = calls.filter_map(|call| {
        let address = call.address + 4;
        let mut trace = aarch64::trace::Trace::new();
        for instruction in aarch64::decode(elf, address).take(MAX_TO_BRANCH) {
            match instruction.step {
                Step::Branch { target, tests: Some(Test { register: RESULT, zero }) } => {
                    let log = if zero { instruction.address + 4 } else { target };
                    trace.run_to_indirect_call(elf, log)?;
                    return Some((address, Arguments::of_aarch64(&trace)));
                }
                Step::Branch { .. } | Step::Jump(_) | Step::Stop | Step::Call(_) | Step::IndirectCall => {
                    return None;
                }
                step => trace.step(step),
            }
        }
        None
    });
    asked.collect()
}

impl Arguments {
    fn of_x86_64(trace: &Trace) -> Self {
        let [label, label_length, random, random_length, secret] =
            behind_first(Machine::X86_64).map(|register| trace.register(register).cloned());
        let secret_length = trace.top_of_stack();
        Self { label, label_length, random, random_length, secret, secret_length }
    }

    fn of_aarch64(trace: &aarch64::trace::Trace) -> Self {
        /// The register of the seventh argument.
        const SEVENTH: u8 = 6;
        let [label, label_length, random, random_length, secret] =
            behind_first(Machine::Aarch64).map(|register| trace.register(register).cloned());
        let secret_length = trace.register(SEVENTH).cloned();
        Self { label, label_length, random, random_length, secret, secret_length }
    }

    fn has_random_of_32(&self) -> bool {
        self.random_length == Some(Value::Number(RANDOM_SIZE))
    }

    /// Label, client random and secret, if these can be the arguments of `KeyLog::log`.
    fn fields(&self, strings: &BTreeMap<u64, &'static str>) -> Option<(Field, Field, Field)> {
        let expression = |value: &Value| match value {
            Value::From(expression) => Some(expression.clone()),
            _ => None,
        };
        if !self.has_random_of_32() {
            return None;
        }
        let label = match self.label.as_ref()? {
            Value::Static(vaddr) => Field::Constant(strings.get(vaddr)?),
            Value::From(address) => {
                Field::Memory { address: address.clone(), length: length(self.label_length.as_ref()?)? }
            }
            Value::Number(_) => return None,
        };
        let client_random = Field::client_random(expression(self.random.as_ref()?)?);
        let address = expression(self.secret.as_ref()?)?;
        let secret = Field::Memory { address, length: length(self.secret_length.as_ref()?)? };
        Some((label, client_random, secret))
    }
}

/// The numbers of the registers of arguments 2 to 6.
fn behind_first(machine: Machine) -> [u8; 5] {
    let [_, second, third, fourth, fifth, sixth] = machine.arguments();
    [second, third, fourth, fifth, sixth].map(crate::Register::number)
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
    let (call, arguments) = match elf.machine {
        Machine::X86_64 => {
            let mut trace = Trace::new();
            let call = trace.run_to_indirect_call(elf, reference)?;
            // A slot is another file's function, which is no method of an object.
            (Some(call.ip()).filter(|_| !call.is_ip_rel_memory_operand())?, Arguments::of_x86_64(&trace))
        }
        Machine::Aarch64 => {
            let mut trace = aarch64::trace::Trace::new();
            let call = trace.run_to_indirect_call(elf, reference)?;
            (call, Arguments::of_aarch64(&trace))
        }
    };
    let label_length = Some(Value::Number(CLIENT_RANDOM.len() as i64));
    if arguments.label_length != label_length || !arguments.has_random_of_32() {
        return None;
    }
    let [_, _, _, random, _, secret] = elf.machine.arguments();
    let secret = Expression::register(secret);
    Some(Hook {
        stack: Stack::Rustls,
        kind: HookKind::RustlsLog,
        file_offset: elf.file_offset(call)?,
        label: Field::Constant(CLIENT_RANDOM),
        client_random: Field::client_random(Expression::register(random)),
        secret: Field::Memory { address: secret, length: Length::Constant(MASTER_SECRET_SIZE) },
    })
}
