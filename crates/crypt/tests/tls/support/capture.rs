//! A small reader of pcap and pcapng, little endian as every capture used here.

/// A packet and its link type.
pub(crate) struct Frame<'a> {
    pub(crate) link_type: u16,
    pub(crate) data: &'a [u8],
}

pub(crate) fn read(file: &[u8]) -> Vec<Frame<'_>> {
    match u32_at(file, 0) {
        0x0a0d_0d0a => read_pcapng(file),
        0xa1b2_c3d4 | 0xa1b2_3c4d => read_pcap(file),
        magic => panic!("neither pcap nor pcapng: {magic:08x}"),
    }
}

fn read_pcap(file: &[u8]) -> Vec<Frame<'_>> {
    let link_type = u32_at(file, 20) as u16;
    let mut frames = Vec::new();
    let mut at = 24;
    while at + 16 <= file.len() {
        let len = u32_at(file, at + 8) as usize;
        frames.push(Frame { link_type, data: &file[at + 16..][..len] });
        at += 16 + len;
    }
    frames
}

fn read_pcapng(file: &[u8]) -> Vec<Frame<'_>> {
    let mut link_types = Vec::new();
    let mut frames = Vec::new();
    let mut at = 0;
    while at + 12 <= file.len() {
        let block = &file[at..][..u32_at(file, at + 4) as usize];
        match u32_at(block, 0) {
            1 => link_types.push(u16::from_le_bytes([block[8], block[9]])),
            6 => {
                let link_type = link_types[u32_at(block, 8) as usize];
                frames.push(Frame { link_type, data: &block[28..][..u32_at(block, 20) as usize] });
            }
            _ => {}
        }
        at += block.len();
    }
    frames
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}
