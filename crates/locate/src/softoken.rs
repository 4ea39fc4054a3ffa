//! Softoken, the PKCS#11 module of NSS: what the values of keys are that NSS's libssl3 knows by handles only.
//!
//! `C_DeriveKey(…, phKey)`, `C_UnwrapKey` and `C_CreateObject` make an object, give it attributes with a function of
//! `(object, type, value, length)`, and at the end write its handle to where the caller wants it. So the value that a thread gives
//! between the call and its end belongs to the handle at that address, and that is where its user looks it up. The module exports
//! the list of its functions, whose order PKCS#11 sets.

use std::collections::BTreeMap;

use iced_x86::Mnemonic;

use crate::aarch64::{self, Step};
use crate::calls::{Argument, direct_calls};
use crate::elf::{Elf, Machine};
use crate::xref::{self, Target};
use crate::{
    Evidence, Expression, Field, Found, NotFound, ObjectFunction, ObjectHook, ObjectReads, Register,
};

/// Its name in softoken only; other modules export `C_GetFunctionList`.
const FUNCTION_LIST: &str = "NSC_GetFunctionList";
/// `CK_FUNCTION_LIST`: the version, padded, and then pointers in the order of PKCS#11's pkcs11f.h.
const FIRST_FUNCTION: u64 = 8;
const POINTER: u64 = 8;
const CREATE_OBJECT: u64 = 20;
const UNWRAP_KEY: u64 = 61;
const DERIVE_KEY: u64 = 62;

/// Searches for the functions of softoken; `None` in a file that has none.
pub(crate) fn find(elf: &Elf<'_>) -> Option<Result<Found, NotFound>> {
    let list = elf.exported(FUNCTION_LIST)?;
    let function = |table: u64, index| {
        let function = elf.pointer(table.checked_add(FIRST_FUNCTION + index * POINTER)?)?;
        elf.code(function).map(|_| function)
    };
    let functions = addresses(elf, list).into_iter().find_map(|table| {
        Some([function(table, CREATE_OBJECT)?, function(table, UNWRAP_KEY)?, function(table, DERIVE_KEY)?])
    });
    let Some([create, unwrap, derive]) = functions else { return Some(Err(NotFound::NoFunctionList)) };
    let mut objects = Vec::new();
    let mut add = |function, address, reads| {
        let file_offset = elf.file_offset(address);
        objects.extend(file_offset.map(|file_offset| ObjectHook { function, file_offset, reads }));
    };
    let arguments = elf.machine.arguments();
    for (function, address, handle) in [
        (ObjectFunction::CreateObject, create, Expression::register(arguments[3])),
        (ObjectFunction::UnwrapKey, unwrap, eighth_argument(elf.machine)),
        (ObjectFunction::DeriveKey, derive, Expression::register(arguments[5])),
    ] {
        add(function, address, ObjectReads::Handle(handle));
    }
    let Some(setter) = setter(elf, derive) else {
        return Some(Err(NotFound::NoObjectValue { function: derive }));
    };
    let other = adder(elf, setter, unwrap).or_else(|| self::setter(elf, unwrap));
    let mut setters = vec![setter];
    setters.extend(other.filter(|&other| other != setter));
    let [_, kind, value, length, ..] = arguments;
    for &setter in &setters {
        let reads =
            ObjectReads::Attribute { kind: Expression::register(kind), value: Field::counted(value, length) };
        add(ObjectFunction::AddAttribute, setter, reads);
    }
    let evidence = [Evidence::Symbol { name: FUNCTION_LIST, function: list }].into_iter();
    let evidence = evidence.chain(setters.into_iter().map(|function| Evidence::SetsValue { function }));
    Some(Ok(Found { objects, evidence: evidence.collect(), ..Found::default() }))
}

/// Where the eighth argument is at the start of a function.
fn eighth_argument(machine: Machine) -> Expression {
    match machine {
        // Behind the return address and the seventh.
        Machine::X86_64 => Expression::path(Register::Rsp, &[16, 0]),
        Machine::Aarch64 => Expression::register(Register::X(7)),
    }
}

/// The function that gets CKA_VALUE as second argument, and two more, most often in `function`: `sftk_forceAttribute`.
///
/// Others get it too, to look for the attribute: two arguments. What the code before has left in the registers of the third and
/// fourth can make such a call look like one of the others, but not most of them.
fn setter(elf: &Elf<'_>, function: u64) -> Option<u64> {
    let mut calls: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
    for call in direct_calls(elf, function) {
        if call.arguments[1] != Argument::Number(ObjectReads::CKA_VALUE.into()) {
            continue;
        }
        let Some(target) = xref::resolve(elf, call.target) else { continue };
        let (all, with_four) = calls.entry(target).or_default();
        *all += 1;
        *with_four += usize::from(call.has_four_arguments());
    }
    let setters = calls.into_iter().filter(|&(_, (all, with_four))| with_four * 4 >= all * 3);
    Some(setters.max_by_key(|&(_, (_, with_four))| with_four)?.0)
}

/// What `setter` hands its arguments to when the object has no such attribute yet, and `function` calls too:
/// `sftk_AddAttributeType`, unless the compiler has made it part of the setter.
fn adder(elf: &Elf<'_>, setter: u64, function: u64) -> Option<u64> {
    let called: Vec<Target> = direct_calls(elf, function).iter().map(|call| call.target).collect();
    let handed = direct_calls(elf, setter);
    let adder = handed.iter().find(|call| call.has_four_arguments() && called.contains(&call.target))?;
    xref::resolve(elf, adder.target)
}

/// The addresses that a short function takes.
fn addresses(elf: &Elf<'_>, function: u64) -> Vec<u64> {
    const MAX_INSTRUCTIONS: usize = 8;
    match elf.machine {
        Machine::X86_64 => {
            let code = xref::decode(elf, function).into_iter().flatten().take(MAX_INSTRUCTIONS);
            code.filter(|i| i.mnemonic() == Mnemonic::Lea && i.is_ip_rel_memory_operand())
                .map(|i| i.ip_rel_memory_address())
                .collect()
        }
        Machine::Aarch64 => {
            let mut pages = [None; 32];
            let mut found = Vec::new();
            for instruction in aarch64::decode(elf, function).take(MAX_INSTRUCTIONS) {
                match instruction.step {
                    Step::Address { to, vaddr } => pages[usize::from(to)] = Some(vaddr),
                    Step::Add { from, number, .. } => {
                        let page: Option<u64> = pages[usize::from(from)];
                        found.extend(page.and_then(|page| page.checked_add_signed(number)));
                    }
                    _ => {}
                }
            }
            found
        }
    }
}
