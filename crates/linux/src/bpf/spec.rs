//! A [`Hook`] in the form that the probe program follows: `struct spec` of bpf/probe.bpf.c.

use plaintap_locate::{Expression, Field, Hook, Length, ObjectHook, ObjectReads, Register};

use super::Error;

/// Size of `struct spec`.
pub(super) const SPEC: usize = 208;
/// A spec as the kernel's map takes it.
pub(super) type Spec = [u8; SPEC];

/// `LONGEST_FIELD`.
const LONGEST: usize = 64;
const CLIENT_RANDOM_LENGTH: u32 = 32;

const FIELD_CONSTANT: u8 = 0;
const FIELD_MEMORY: u8 = 1;
const FIELD_OBJECT_VALUE: u8 = 2;

const LENGTH_CONSTANT: u8 = 0;
const LENGTH_VALUE: u8 = 1;
const LENGTH_NUL: u8 = 2;

/// Translates a hook.
///
/// # Errors
/// [`Error::Hook`] when it names a register of another architecture, more than the program can follow, or a client
/// random or secret that cannot be one.
pub(super) fn encode(hook: &Hook) -> Result<Spec, Error> {
    encode_fields(hook).map_err(|reason| Error::Hook { offset: hook.file_offset, reason })
}

fn encode_fields(hook: &Hook) -> Result<Spec, &'static str> {
    check_client_random(&hook.client_random)?;
    check_secret(&hook.secret)?;
    let mut spec = Vec::with_capacity(SPEC);
    for field in [&hook.label, &hook.client_random, &hook.secret] {
        put_field(&mut spec, field)?;
    }
    if let Field::Constant(label) = hook.label {
        spec.extend(label.as_bytes());
    }
    spec.resize(SPEC, 0);
    spec.try_into().map_err(|_| "its specification has the wrong size")
}

/// Translates a hook that tells the value of an object.
///
/// # Errors
/// The same, for its value.
pub(super) fn encode_object(hook: &ObjectHook) -> Result<Spec, Error> {
    encode_reads(&hook.reads).map_err(|reason| Error::Hook { offset: hook.file_offset, reason })
}

/// The place of the label has what is compared with CKA_VALUE, that of the secret the value, or where the handle will be.
fn encode_reads(reads: &ObjectReads) -> Result<Spec, &'static str> {
    let at = |address: &Expression| Field::Memory { address: address.clone(), length: Length::Constant(1) };
    let (kind, value) = match reads {
        ObjectReads::Handle(handle) => (at(handle), at(handle)),
        ObjectReads::Attribute { kind, value } => {
            check_secret(value)?;
            (at(kind), value.clone())
        }
    };
    let mut spec = Vec::with_capacity(SPEC);
    for field in [&kind, &kind, &value] {
        put_field(&mut spec, field)?;
    }
    spec.resize(SPEC, 0);
    spec.try_into().map_err(|_| "its specification has the wrong size")
}

fn check_client_random(field: &Field) -> Result<(), &'static str> {
    match field {
        Field::Memory { length: Length::Constant(CLIENT_RANDOM_LENGTH) | Length::Value(_), .. } => Ok(()),
        _ => Err("the client random must be 32 bytes of memory"),
    }
}

fn check_secret(field: &Field) -> Result<(), &'static str> {
    match field {
        Field::Memory { length: Length::Constant(_) | Length::Value(_), .. } | Field::ObjectValue { .. } => {
            Ok(())
        }
        _ => Err("the secret must be memory of a known length"),
    }
}

/// `struct field`.
fn put_field(spec: &mut Vec<u8>, field: &Field) -> Result<(), &'static str> {
    match field {
        Field::Constant(text) => {
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            if !(1..=LONGEST as u32).contains(&length) {
                return Err("a constant must have 1 to 64 bytes");
            }
            put_kinds(spec, FIELD_CONSTANT, LENGTH_CONSTANT, length);
            put_nothing(spec);
            put_nothing(spec);
        }
        Field::ObjectValue { handle } => {
            put_kinds(spec, FIELD_OBJECT_VALUE, LENGTH_CONSTANT, 0);
            put_expression(spec, handle)?;
            put_nothing(spec);
        }
        Field::Memory { address, length } => {
            match length {
                Length::Constant(length) if !(1..=LONGEST as u32).contains(length) => {
                    return Err("a length must be 1 to 64 bytes");
                }
                Length::Constant(length) => put_kinds(spec, FIELD_MEMORY, LENGTH_CONSTANT, *length),
                Length::Value(_) => put_kinds(spec, FIELD_MEMORY, LENGTH_VALUE, 0),
                Length::Nul => put_kinds(spec, FIELD_MEMORY, LENGTH_NUL, 0),
            }
            put_expression(spec, address)?;
            match length {
                Length::Value(expression) => put_expression(spec, expression)?,
                Length::Constant(_) | Length::Nul => put_nothing(spec),
            }
        }
    }
    Ok(())
}

fn put_kinds(spec: &mut Vec<u8>, field: u8, length: u8, value: u32) {
    spec.extend([field, length, 0, 0]);
    spec.extend(value.to_ne_bytes());
}

/// `struct expression`.
fn put_expression(spec: &mut Vec<u8>, expression: &Expression) -> Result<(), &'static str> {
    if expression.offsets.len() > Expression::MAX_OFFSETS {
        return Err("an expression has too many offsets");
    }
    spec.extend([number(expression.register)?, expression.offsets.len() as u8, 0, 0]);
    for i in 0..Expression::MAX_OFFSETS {
        let offset = expression.offsets.get(i).copied().unwrap_or(0);
        spec.extend(offset.to_ne_bytes());
    }
    Ok(())
}

/// An expression that nobody follows.
fn put_nothing(spec: &mut Vec<u8>) {
    spec.extend([0; 4 + 4 * Expression::MAX_OFFSETS]);
}

/// The register's number in instruction encodings, which is what the probe program knows.
fn number(register: Register) -> Result<u8, &'static str> {
    let (number, own) = match register {
        Register::Rax => (0, cfg!(target_arch = "x86_64")),
        Register::Rcx => (1, cfg!(target_arch = "x86_64")),
        Register::Rdx => (2, cfg!(target_arch = "x86_64")),
        Register::Rbx => (3, cfg!(target_arch = "x86_64")),
        Register::Rsp => (4, cfg!(target_arch = "x86_64")),
        Register::Rbp => (5, cfg!(target_arch = "x86_64")),
        Register::Rsi => (6, cfg!(target_arch = "x86_64")),
        Register::Rdi => (7, cfg!(target_arch = "x86_64")),
        Register::R8 => (8, cfg!(target_arch = "x86_64")),
        Register::R9 => (9, cfg!(target_arch = "x86_64")),
        Register::R10 => (10, cfg!(target_arch = "x86_64")),
        Register::R11 => (11, cfg!(target_arch = "x86_64")),
        Register::R12 => (12, cfg!(target_arch = "x86_64")),
        Register::R13 => (13, cfg!(target_arch = "x86_64")),
        Register::R14 => (14, cfg!(target_arch = "x86_64")),
        Register::R15 => (15, cfg!(target_arch = "x86_64")),
        Register::X(n) => (n, cfg!(target_arch = "aarch64") && n < 32),
    };
    if own { Ok(number) } else { Err("a register is not one of this machine's") }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use plaintap_locate::{HookKind, Stack};

    use super::*;

    fn memory(register: Register, offsets: &[i32], length: Length) -> Field {
        Field::Memory { address: Expression::path(register, offsets), length }
    }

    fn hook() -> Hook {
        Hook {
            stack: Stack::OpenSsl,
            kind: HookKind::SslLogSecret,
            file_offset: 0x1234,
            label: memory(Register::Rsi, &[], Length::Nul),
            client_random: memory(Register::Rdi, &[0xa8, 0xb8], Length::Constant(32)),
            secret: memory(Register::Rdx, &[], Length::Value(Expression::register(Register::Rcx))),
        }
    }

    #[test]
    fn a_hook_becomes_the_structure_of_the_program() {
        let spec = encode(&hook()).unwrap();
        assert_eq!(spec[..4], [FIELD_MEMORY, LENGTH_NUL, 0, 0]);
        assert_eq!(spec[8], 6);
        let client_random = &spec[48..];
        assert_eq!(client_random[..8], [FIELD_MEMORY, LENGTH_CONSTANT, 0, 0, 32, 0, 0, 0]);
        assert_eq!(client_random[8..18], [7, 2, 0, 0, 0xa8, 0, 0, 0, 0xb8, 0]);
        let secret = &spec[96..];
        assert_eq!((secret[1], secret[8], secret[28]), (LENGTH_VALUE, 2, 1));
    }

    #[test]
    fn a_constant_label_stands_behind_the_fields() {
        let spec = encode(&Hook { label: Field::Constant("CLIENT_RANDOM"), ..hook() }).unwrap();
        assert_eq!(spec[..8], [FIELD_CONSTANT, LENGTH_CONSTANT, 0, 0, 13, 0, 0, 0]);
        assert_eq!(&spec[144..158], b"CLIENT_RANDOM\0");
    }

    #[test]
    fn what_the_program_cannot_follow_is_refused() {
        let bad = [
            Hook { label: Field::Constant(""), ..hook() },
            Hook { label: memory(Register::X(1), &[], Length::Nul), ..hook() },
            Hook { client_random: memory(Register::Rdi, &[1, 2, 3, 4, 5], Length::Constant(32)), ..hook() },
            Hook { client_random: memory(Register::Rdi, &[], Length::Constant(28)), ..hook() },
            Hook { secret: memory(Register::Rdi, &[], Length::Constant(65)), ..hook() },
            Hook { secret: memory(Register::Rdi, &[], Length::Nul), ..hook() },
        ];
        for hook in bad {
            assert!(matches!(encode(&hook), Err(Error::Hook { offset: 0x1234, .. })), "{hook:?}");
        }
    }
}
