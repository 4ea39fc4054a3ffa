//! What people and other programs write: filters and key logs.

use std::borrow::Cow;

use plaintap_crypt::KeyStore;
use plaintap_decode::{Decoder, Options};
use plaintap_filter::capture::vm::batch::{Frame, Machine};
use plaintap_filter::capture::{self, Names, ebpf, vm};
use plaintap_filter::{DisplayFilter, Macros};
use plaintap_packet::LinkType;

use crate::decoding::packet;

/// UDP in IPv4 in IPv4 in Ethernet, with a DNS query.
const FRAME: &[u8] = b"\xff\xff\xff\xff\xff\xff\x00\x11\x22\x33\x44\x55\x08\x00\
    \x45\x00\x00\x47\x00\x01\x00\x00\x40\x04\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02\
    \x45\x00\x00\x33\x00\x01\x00\x00\x3f\x11\x00\x00\xc0\xa8\x01\x05\xc0\xa8\x01\x64\
    \x9c\x40\x00\x35\x00\x1f\x00\x00\
    \x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x04test\x00\x00\x01\x00\x01";

/// Compiles a capture filter for several link types, and runs it; the kernel's form has to be made of each.
pub(crate) fn capture_filters(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let names = Names::default();
    for link_type in [LinkType::ETHERNET, LinkType::RAW, LinkType(113), LinkType(105)] {
        if let Ok(program) = capture::compile(&text, &capture::Options::file(link_type, &names)) {
            let frames = [0, 20, FRAME.len()]
                .map(|length| Frame { data: &FRAME[..length], original_length: FRAME.len() as u32 });
            let together = Machine::default().select(&program, &frames, u64::MAX);
            for (at, frame) in frames.iter().enumerate() {
                let matches = vm::run(&program, frame.data, frame.original_length) != 0;
                assert_eq!(together >> at & 1 == 1, matches, "{text}: frame {at}");
            }
        }
    }
    if let Ok(program) = capture::compile(&text, &capture::Options::live(LinkType::RAW, &names)) {
        let _ = ebpf::translate(&program);
    }
}

/// Compiles a display filter and asks it; its canonical spelling has to mean the same.
pub(crate) fn display_filters(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // What stands behind the first line are macros, one a line, by number.
    let (text, texts) = text.split_once('\n').unwrap_or((&text, ""));
    let mut macros = Macros::default();
    for (number, text) in texts.lines().take(8).enumerate() {
        assert!(macros.insert(&format!("m{number}"), text).is_ok());
    }
    let expanded = macros.expand(text).unwrap_or(Cow::Borrowed(text));
    let filter = match DisplayFilter::compile(&expanded) {
        Ok(filter) => filter,
        Err(error) => {
            error.underline(&expanded);
            return;
        }
    };
    let mut decoder = Decoder::new(Options::default());
    let packet = packet(FRAME, LinkType::ETHERNET, 0);
    let decoded = decoder.decode(&packet, 1);
    let again = DisplayFilter::compile(&filter.to_string());
    let again = again.unwrap_or_else(|error| panic!("{filter}: {error}"));
    assert_eq!(filter.matches(&decoded), again.matches(&decoded), "{filter}");
}

/// Reads a key log.
pub(crate) fn keys(data: &[u8]) {
    KeyStore::new().insert_keylog(data, |error| {
        let _ = error.to_string();
    });
}
