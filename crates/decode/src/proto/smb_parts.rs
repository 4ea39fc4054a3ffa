//! Message bodies of SMB as data: what stands where in their fixed parts, and one walk over such a description.

use super::prelude::*;
use super::put::{put_filetime, put_guid, put_utf16};

/// One part of a body. Numbers are little-endian.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// This many bytes that nobody asks for.
    Skip(usize),
    /// A number of this many bytes.
    Number(usize, FieldIndex),
    /// The same, with flags in it.
    Flags(usize, FieldIndex, &'static [(FieldIndex, u64)]),
    /// A time of Windows.
    Time(FieldIndex),
    /// An identifier of 16 bytes.
    Guid(FieldIndex),
    /// This many bytes.
    Bytes(usize, FieldIndex),
    /// Bytes elsewhere in the message: the widths of their offset and of their length, and what they are.
    Elsewhere(usize, usize, Content),
}

/// What lies elsewhere in a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    /// Text of UTF-16.
    Text(FieldIndex),
    /// Bytes.
    Bytes(FieldIndex),
    /// Something of which only the presence is shown, be it empty.
    Presence(FieldIndex),
    /// Nothing that is shown.
    Unseen,
}

/// The fields of offsets and lengths of what lies elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pointer {
    pub(super) offset: FieldIndex,
    pub(super) length: FieldIndex,
}

/// Gives out `parts` from the reader on. Offsets in them count from `base`.
pub(super) fn put_parts(
    parts: &[Part],
    r: &mut Reader<'_>,
    base: usize,
    pointer: Pointer,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    for part in parts {
        match *part {
            Part::Skip(length) => {
                r.take(length)?;
            }
            Part::Number(length, field) => {
                put_little(r, length, field, out)?;
            }
            Part::Flags(length, field, flags) => {
                let number = put_little(r, length, field, out)?;
                put_flags(r, length, number, flags, out);
            }
            Part::Time(field) => put_filetime(r, field, out)?,
            Part::Guid(field) => put_guid(r, field, out)?,
            Part::Bytes(length, field) => put_bytes(r, length, field, out)?,
            Part::Elsewhere(offset, length, content) => {
                let offset = put_little(r, offset, pointer.offset, out)? as usize;
                let length = put_little(r, length, pointer.length, out)? as usize;
                let mut there = Reader::new(r.whole(), base.saturating_add(offset));
                // What points behind the end hides nothing of what follows here.
                let _ = match content {
                    Content::Text(_) if length == 0 => Ok(()),
                    Content::Text(field) => put_utf16(&mut there, length, field, out),
                    Content::Bytes(field) => put_bytes(&mut there, length, field, out),
                    Content::Presence(field) => {
                        let end = there.at().saturating_add(length).min(there.end());
                        out.put(field, there.at()..end, Value::Present);
                        Ok(())
                    }
                    Content::Unseen => Ok(()),
                };
            }
        }
    }
    Ok(())
}
