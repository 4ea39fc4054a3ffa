//! What a walk over a packet leaves behind: one entry for each layer, and where it had to stop.

use plaintap_packet::BufferId;

use crate::limits;
use crate::registry::ProtocolId;

/// Bytes that are missing: `need` were asked for, `have` are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{need} bytes needed, {have} there")]
pub struct Short {
    /// Number of bytes needed.
    pub need: u32,
    /// Number of bytes there.
    pub have: u32,
}

impl Short {
    /// `need` bytes asked for, `have` there.
    pub const fn new(need: usize, have: usize) -> Self {
        Self { need: need as u32, have: have as u32 }
    }
}

/// What `enter` found out about a layer: where its header and payload end and who is next.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Length of the header in bytes; the payload begins behind it.
    pub header: u32,
    /// Offset behind the payload as the header declares it; [`Step::ALL`] takes what the layer below gave.
    pub end: u32,
    /// The protocol of the payload.
    pub next: ProtocolId,
    /// A number for the protocol's own use, kept in [`Layer::detail`].
    pub detail: u32,
}

impl Step {
    /// An `end` for protocols that do not know their length.
    pub const ALL: u32 = u32::MAX;

    /// A header of `header` bytes, then `next` up to the end of the layer below.
    #[inline]
    pub const fn next(header: usize, next: ProtocolId) -> Self {
        Self { header: header as u32, end: Self::ALL, next, detail: 0 }
    }

    /// The last layer: all bytes are its own.
    #[inline]
    pub const fn last(b: crate::Bytes<'_>) -> Self {
        Self { header: b.len() as u32, end: b.len() as u32, next: ProtocolId::NONE, detail: 0 }
    }
}

/// What `enter` answered, in a form that stays in registers: a `Result` would go through memory, for most of the calls
/// that it may come from are not inlined, and the walk would wait for it at each layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entered {
    /// [`Step::header`], or [`Short::need`].
    header: u32,
    /// [`Step::end`], or [`Short::have`].
    end: u32,
    detail: u32,
    next: ProtocolId,
    short: bool,
}

impl From<Result<Step, Short>> for Entered {
    #[inline(always)]
    fn from(result: Result<Step, Short>) -> Self {
        match result {
            Ok(Step { header, end, next, detail }) => Self { header, end, detail, next, short: false },
            Err(Short { need, have }) => {
                Self { header: need, end: have, detail: 0, next: ProtocolId::NONE, short: true }
            }
        }
    }
}

impl From<Entered> for Result<Step, Short> {
    #[inline(always)]
    fn from(entered: Entered) -> Self {
        let Entered { header, end, detail, next, short } = entered;
        if short { Err(Short { need: header, have: end }) } else { Ok(Step { header, end, next, detail }) }
    }
}

/// One layer of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its protocol.
    pub protocol: ProtocolId,
    /// The buffer it lies in.
    pub buffer: BufferId,
    /// Offset of its first byte in the buffer.
    pub offset: u32,
    /// Length of its header in bytes.
    pub header: u32,
    /// Offset behind its last byte, payload included, in the buffer.
    pub end: u32,
    /// The same as it was on the wire; larger than `end` when the capture cut the packet.
    pub reported_end: u32,
    /// A number for the protocol's own use.
    pub detail: u32,
}

/// Why the walk stopped before the end of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The protocol whose header is not whole.
    pub protocol: ProtocolId,
    /// What was missing.
    pub short: Short,
    /// Whether the bytes were on the wire, but not captured (snapshot length). Otherwise the packet is damaged.
    pub cut: bool,
}

/// The layers of one packet, outermost first. Reused from packet to packet.
#[derive(Debug)]
pub struct Layers {
    list: Vec<Layer>,
    /// By protocol. Bytes and not bits: a store need not wait for the one before.
    present: [bool; 256],
    stop: Option<Stop>,
    dropped: u32,
}

impl Default for Layers {
    fn default() -> Self {
        Self { list: Vec::with_capacity(32), present: [false; 256], stop: None, dropped: 0 }
    }
}

impl Layers {
    /// The layers in the order they were found.
    #[inline]
    pub fn as_slice(&self) -> &[Layer] {
        &self.list
    }

    /// Whether there is a layer of `protocol`.
    #[inline]
    pub const fn contains(&self, protocol: ProtocolId) -> bool {
        self.present[protocol.0 as usize]
    }

    /// Where and why decoding stopped early.
    pub const fn stop(&self) -> Option<Stop> {
        self.stop
    }

    /// Number of layers beyond [`limits::MAX_LAYERS`], which are not in the list.
    pub const fn dropped(&self) -> u32 {
        self.dropped
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        for layer in &self.list {
            self.present[usize::from(layer.protocol.0)] = false;
        }
        self.list.clear();
        self.stop = None;
        self.dropped = 0;
    }

    /// Appends a layer; false when there are too many.
    #[inline]
    pub(crate) fn push(&mut self, layer: Layer) -> bool {
        if self.list.len() == self.list.capacity() && !self.grow() {
            return false;
        }
        self.present[usize::from(layer.protocol.0)] = true;
        self.list.push(layer);
        true
    }

    #[cold]
    fn grow(&mut self) -> bool {
        let count = self.list.len();
        if count >= limits::MAX_LAYERS {
            self.dropped += 1;
            return false;
        }
        self.list.reserve_exact(count.max(8).min(limits::MAX_LAYERS - count));
        true
    }

    pub(crate) fn stop_at(&mut self, stop: Stop) {
        self.stop.get_or_insert(stop);
    }

    pub(crate) fn detail_mut(&mut self, index: usize) -> Option<&mut u32> {
        self.list.get_mut(index).map(|layer| &mut layer.detail)
    }
}
