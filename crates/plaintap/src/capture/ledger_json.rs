//! The ledger as JSON. The schema is documented in docs/ledger.md.

use plaintap_crypt::Completeness;
use plaintap_locate::Field;
use serde_json::{Value, json};

use super::ledger::{Circumstances, Connection, Ledger, Reason};
use super::probe_log::PlacedHook;
use super::proofs::Proofs;
use crate::out::{end, hex, seconds};

/// Raised when a member changes its meaning or goes.
const FORMAT: u32 = 1;

/// What became of a hook.
#[derive(Clone, Debug)]
pub struct HookReport {
    /// Its number.
    pub id: u32,
    /// The hook.
    pub placed: PlacedHook,
    /// Times that the target passed it.
    pub hits: u64,
    /// Secrets lost for want of room in the kernel's buffer.
    pub lost: u64,
    /// Secrets that could not be read from the process's memory.
    pub unreadable: u64,
}

/// All of it.
pub fn ledger(
    ledger: &Ledger,
    circumstances: &Circumstances<'_>,
    proofs: &Proofs,
    strays: u64,
    hooks: &[HookReport],
) -> Value {
    let sum = |count: fn(&HookReport) -> u64| hooks.iter().map(count).sum::<u64>();
    json!({
        "format": FORMAT,
        "connections": ledger.connections().into_iter().map(|known| connection(known, circumstances)).collect::<Vec<_>>(),
        "hooks": hooks.iter().map(|report| hook(report, proofs)).collect::<Vec<_>>(),
        "secrets": {
            "lost": sum(|hook| hook.lost),
            "unreadable": sum(|hook| hook.unreadable),
            "wrong": proofs.wrong().values().sum::<u64>(),
            "not_captured": strays,
            "not_proven": proofs.undecided(),
            "unchecked": proofs.unchecked(),
        },
        "failures": circumstances.probes.failures(),
    })
}

fn connection(connection: &Connection, circumstances: &Circumstances<'_>) -> Value {
    let hello = &connection.hello;
    let process = connection.process(circumstances.processes);
    let hook = connection.hook.and_then(|id| circumstances.probes.hook(id));
    let reason = connection.reason(circumstances);
    let state = match circumstances.keys.completeness(&hello.random) {
        Completeness::Complete => "complete",
        Completeness::Partial => "partial",
        Completeness::Missing => "missing",
    };
    let secrets = circumstances.keys.secrets(&hello.random);
    json!({
        "time": seconds(hello.time.0),
        "client": end(hello.ends[0]),
        "server": end(hello.ends[1]),
        "protocol": hello.security.name(),
        "client_random": hex(&hello.random),
        "process": process.map(|process| json!({ "pid": process.pid, "name": process.name })),
        "file": hook.as_ref().map(|placed| &placed.file),
        "stack": hook.as_ref().map(|placed| placed.hook.stack.to_string()),
        "hook": connection.hook,
        "secrets": secrets.iter().map(|secret| secret.label.name()).collect::<Vec<_>>(),
        "state": state,
        "late": connection.gave_up && state == "complete",
        "reason": reason.map(Reason::name),
        "explanation": reason.map(|reason| connection.explain(reason, circumstances)),
    })
}

fn hook(report: &HookReport, proofs: &Proofs) -> Value {
    let PlacedHook { file, hook, before, secret_before, remembered, .. } = &report.placed;
    json!({
        "hook": report.id,
        "file": file,
        "stack": hook.stack.to_string(),
        "function": hook.kind.function(),
        "offset": hook.file_offset,
        "hits": report.hits,
        "lost": report.lost,
        "unreadable": report.unreadable,
        "proven": proofs.is_proven(report.id),
        "wrong": proofs.wrong().get(&report.id).copied().unwrap_or(0),
        "client_random": match &hook.client_random {
            Field::Memory { address, .. } => address.to_string(),
            // No hook has one.
            Field::Constant(_) | Field::ObjectValue { .. } => String::new(),
        },
        "client_random_before": before.as_ref().map(ToString::to_string),
        "secret": hook.secret.to_string(),
        "secret_before": secret_before.as_ref().map(ToString::to_string),
        "learned_earlier": remembered,
    })
}
