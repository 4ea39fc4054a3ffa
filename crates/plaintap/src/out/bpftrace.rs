//! Hooks as a script for bpftrace: what plaintap's own program does, to see it by hand.

use std::fmt::Write as _;
use std::path::Path;

use plaintap_locate::{Expression, Field, Hook, Length, ObjectReads, Register, Report};

/// A probe for each hook; nothing for a file without.
///
/// Secrets print as bpftrace prints buffers: `%rx` has been there since 0.14.
pub fn script(path: &Path, report: &Report) -> String {
    let mut text = String::new();
    if !report.hooks.is_empty() || !report.objects.is_empty() {
        // Without names there are no instruction boundaries to check, which bpftrace wants to be told.
        text.push_str("// bpftrace --unsafe FILE | sed 's/\\\\x//g' prints the lines of a key log.\n");
    }
    for hook in &report.hooks {
        // Writing to a String does not fail.
        let _ = writeln!(text, "// {}: {}", hook.stack, hook.kind.function());
        let _ = writeln!(text, "uprobe:\"{}\":{:#x} {{", path.display(), hook.file_offset);
        let _ = writeln!(text, "    {}", print(hook));
        text.push_str("}\n");
    }
    for hook in &report.objects {
        let _ = writeln!(text, "// {}", hook.function.name());
        let _ = writeln!(text, "uprobe:\"{}\":{:#x} {{", path.display(), hook.file_offset);
        let _ = writeln!(text, "    {}", note(&hook.reads));
        text.push_str("}\n");
    }
    text
}

/// Notes the value of an object under the address that its handle will be at.
fn note(reads: &ObjectReads) -> String {
    match reads {
        ObjectReads::Handle(address) => format!("@handle[tid] = {};", expression(address)),
        ObjectReads::Attribute { kind, value: Field::Memory { address, length: Length::Value(length) } } => {
            format!(
                "if ({} == {:#x} && @handle[tid]) {{ @value[pid, @handle[tid]] = buf({}, (uint32)({})); delete(@handle[tid]); }}",
                expression(kind),
                ObjectReads::CKA_VALUE,
                expression(address),
                expression(length)
            )
        }
        ObjectReads::Attribute { .. } => String::new(),
    }
}

fn print(hook: &Hook) -> String {
    let (mut format, mut values) = (String::new(), String::new());
    for field in [&hook.label, &hook.client_random, &hook.secret] {
        if !format.is_empty() {
            format.push(' ');
        }
        let value = match field {
            Field::Constant(constant) => {
                format.push_str(constant);
                continue;
            }
            Field::Memory { address, length: Length::Nul } => {
                format.push_str("%s");
                format!("str({})", expression(address))
            }
            Field::Memory { address, length } => {
                // Labels are text, also where their length is counted.
                let label = std::ptr::eq(field, &raw const hook.label);
                format.push_str(if label { "%r" } else { "%rx" });
                let length = match length {
                    Length::Value(length) => format!("(uint32)({})", expression(length)),
                    Length::Constant(length) => length.to_string(),
                    Length::Nul => continue,
                };
                format!("buf({}, {length})", expression(address))
            }
            Field::ObjectValue { handle } => {
                format.push_str("%rx");
                format!("@value[pid, {}]", expression(handle))
            }
        };
        values.push_str(", ");
        values.push_str(&value);
    }
    format!("printf(\"{format}\\n\"{values});")
}

fn expression(expression: &Expression) -> String {
    let mut text = format!("reg(\"{}\")", register(expression.register));
    let loads = expression.offsets.len().saturating_sub(1);
    for (index, &offset) in expression.offsets.iter().enumerate() {
        if offset != 0 {
            let sign = if offset < 0 { '-' } else { '+' };
            let _ = write!(text, " {sign} {:#x}", offset.unsigned_abs());
        }
        if index < loads {
            text = format!("*(uint64*)({text})");
        }
    }
    text
}

/// The name that bpftrace has for a register: that of the kernel's `struct pt_regs`.
fn register(register: Register) -> String {
    match register {
        Register::X(31) => "sp".into(),
        Register::X(number) => format!("r{number}"),
        other => {
            let name = format!("{other:?}").to_lowercase();
            let numbered = name.ends_with(|c: char| c.is_ascii_digit());
            if numbered { name } else { name.trim_start_matches('r').to_owned() }
        }
    }
}

#[cfg(test)]
mod tests {
    use plaintap_locate::{HookKind, Stack};

    use super::*;

    #[test]
    fn expressions_become_loads() {
        let memory = |register, offsets: &[i32], length| Field::Memory {
            address: Expression::path(register, offsets),
            length,
        };
        let hook = Hook {
            stack: Stack::OpenSsl,
            kind: HookKind::SslLogSecret,
            file_offset: 0x1234,
            label: memory(Register::Rsi, &[], Length::Nul),
            client_random: memory(Register::Rdi, &[0x30, -8], Length::Constant(32)),
            secret: memory(Register::R8, &[], Length::Value(Expression::path(Register::Rsp, &[8, 0]))),
        };
        assert_eq!(
            print(&hook),
            "printf(\"%s %rx %rx\\n\", str(reg(\"si\")), buf(*(uint64*)(reg(\"di\") + 0x30) - 0x8, 32), \
             buf(reg(\"r8\"), (uint32)(*(uint64*)(reg(\"sp\") + 0x8))));"
        );
    }
}
