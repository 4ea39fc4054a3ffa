//! GnuTLS's key log function in the system's library.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{address, hook, locate_ok, skip, symbol, without_sections};
use iced_x86::{Decoder, DecoderOptions, Mnemonic, Register};
use plaintap_locate::{Field, HookKind, Length, NotFound, Stack};

const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/libgnutls.so.30";

/// What an accessor of one pointer adds to its first argument.
fn offset(file: &[u8], function: &str) -> String {
    let start = symbol(file, function).unwrap() as usize;
    let offset = Decoder::with_ip(64, &file[start..], 0, DecoderOptions::NONE).into_iter().find_map(|i| {
        match i.mnemonic() {
            Mnemonic::Lea if i.memory_base() == Register::RDI => Some(i.memory_displacement64()),
            Mnemonic::Add if i.op0_register() == Register::RDI => Some(i.immediate(1)),
            _ => None,
        }
    });
    format!("rdi+{:#x}", offset.unwrap())
}

#[test]
fn system_gnutls_agrees_with_its_exported_accessors() {
    let Ok(file) = std::fs::read(LIBRARY) else { return skip(LIBRARY) };
    let report = locate_ok(&without_sections(&file));
    let random = offset(&file, "gnutls_session_get_random");

    let log = hook(&report, HookKind::GnuTlsCallKeylogFunc);
    assert_eq!([&log.label, &log.client_random, &log.secret].map(address), ["rsi", &random, "rdx"]);
    assert!(
        matches!(&log.secret, Field::Memory { length: Length::Value(length), .. } if length.to_string() == "rcx")
    );

    let keys = hook(&report, HookKind::GnuTlsSetKeys);
    let master_secret = offset(&file, "gnutls_session_get_master_secret");
    let fields = [&keys.label, &keys.client_random, &keys.secret].map(address);
    assert_eq!(fields, ["CLIENT_RANDOM", &random, &master_secret]);

    assert_eq!(report.hooks.len(), 2);
    assert!(
        report.missing.iter().any(|(stack, reason)| {
            *stack == Stack::OpenSsl && matches!(reason, NotFound::NoClientRandom { .. })
        }),
        "{report:?}"
    );
}
