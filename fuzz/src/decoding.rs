//! Capture files, the packets in them, and each protocol alone.

use plaintap_crypt::{KeyStore, TlsDecryptor};
use plaintap_decode::{Decoded, Decoder, Options, ProcessInfo, ProtocolId, Tree, registry};
use plaintap_packet::file::{Entry, Reader, Record, secrets_type};
use plaintap_packet::{Direction, LinkType, Nanos, Packet, Span};

use crate::conversation::Identity;

/// Reads a capture file with every block and option in it; packets that are taken together are the same.
pub(crate) fn files(data: &[u8]) {
    let Ok(mut reader) = Reader::new(data) else { return };
    let Ok(mut together) = Reader::new(data) else { return };
    loop {
        for (_, original_length, link_type) in together.packets_at_hand().glances() {
            let Ok(Some(Entry { record: Record::Packet(packet, _), .. })) = reader.next_entry() else {
                panic!("no packet where one is at hand")
            };
            assert_eq!((packet.original_length, packet.link_type), (original_length, link_type));
        }
        let other = together.next_entry().ok().flatten().map(|entry| entry.offset);
        let entry = reader.next_entry().ok().flatten();
        assert_eq!(other, entry.as_ref().map(|entry| entry.offset));
        let Some(entry) = entry else { return };
        if let Some(block) = &entry.block {
            block.options().for_each(drop);
        }
        match entry.record {
            Record::Packet(packet, options) => {
                options.comments().for_each(drop);
                assert!(packet.data.len() <= data.len() || reader.compression() != Default::default());
            }
            Record::Names(names) => names.hosts().for_each(drop),
            Record::Section(options) => options.for_each(drop),
            _ => {}
        }
    }
}

/// Decodes the packets of a capture file, decrypted with the secrets in it.
pub(crate) fn packets(data: &[u8]) {
    let Ok(mut reader) = Reader::new(data) else { return };
    let keys = KeyStore::new();
    let decryptor = TlsDecryptor::new(keys.clone());
    let mut decoder =
        Decoder::new(Options { decryptor: Some(Box::new(decryptor)), exchanges: true, ..Options::default() });
    decoder.learn_names();
    let mut check = Check::default();
    let mut number = 0;
    while let Ok(Some(entry)) = reader.next_entry() {
        match entry.record {
            Record::Packet(packet, options) => {
                number += 1;
                let comments: Vec<&[u8]> = options.comments().collect();
                check.everything(&decoder.decode_with_comments(&packet, number, &comments));
            }
            Record::Secrets(secrets_type::TLS_KEY_LOG, secrets) => {
                keys.insert_keylog(secrets, |_| {});
            }
            Record::Process(index) => decoder.set_process(index, ProcessInfo::default()),
            _ => {}
        }
    }
}

/// Reads the bytes as one layer of the protocol that the first byte chooses.
pub(crate) fn protocols(data: &[u8]) {
    let Some((&number, data)) = data.split_first() else { return };
    protocol(ProtocolId(number % registry::PROTOCOLS.len() as u8), data);
}

/// Reads the bytes as one layer of a protocol, and what it hands on.
pub(crate) fn protocol(protocol: ProtocolId, data: &[u8]) {
    let options = Options { decryptor: Some(Box::new(Identity)), exchanges: true, ..Options::default() };
    let mut decoder = Decoder::new(options);
    let packet = packet(data, LinkType::RAW, 0);
    Check::default().everything(&decoder.decode_protocol(protocol, &packet, 1));
}

pub(crate) fn packet(data: &[u8], link_type: LinkType, time: i64) -> Packet<'_> {
    Packet {
        data,
        time: Nanos(time),
        original_length: data.len() as u32,
        link_type,
        interface: 0,
        direction: Direction::Unknown,
        process: None,
    }
}

/// Looks at all that can be asked of a packet; the memory is used again.
#[derive(Default)]
pub(crate) struct Check {
    tree: Tree,
    text: String,
}

impl Check {
    pub(crate) fn everything(&mut self, decoded: &Decoded<'_>) {
        let inside = |span: Span| {
            let buffer = decoded.buffer(span.buffer);
            assert!(span.end() as usize <= buffer.len(), "{span:?} is outside a buffer of {}", buffer.len());
        };
        for layer in decoded.layers() {
            assert!(layer.offset <= layer.end && layer.offset + layer.header <= layer.end, "{layer:?}");
            assert!(layer.end as usize <= decoded.buffer(layer.buffer).len(), "{layer:?}");
            decoded.layer_values(layer, &|_| true, &mut |_, field, value| {
                assert!(field.kind.holds(&value), "{} gave {value:?}", field.name);
            });
        }
        decoded.tree(&mut self.tree);
        self.tree.lines().iter().for_each(|line| inside(line.span));
        self.text.clear();
        decoded.info(&mut self.text);
        assert!(!self.text.contains('\n'), "{:?}", self.text);
        decoded.protocol_label();
        decoded.addresses();
    }
}
