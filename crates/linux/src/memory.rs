//! Memory for large files.

/// Below this, a page more or less makes no difference.
const WORTH_WHILE: usize = 8 << 20;
/// The smallest page there is; where pages are larger, the kernel refuses what is not aligned to them.
const PAGE: usize = 4096;

/// An empty vector with room for `capacity` bytes, all of it there at once: a page fault for each page takes a fifth of what
/// reading a large file costs. Huge pages would take less yet, but more than they save where memory is fragmented.
pub fn with_pages(capacity: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::with_capacity(capacity);
    if capacity < WORTH_WHILE {
        return bytes;
    }
    let room = bytes.spare_capacity_mut();
    let skip = room.as_ptr().align_offset(PAGE).min(room.len());
    let whole = &mut room[skip..];
    let length = whole.len() - whole.len() % PAGE;
    // SAFETY: the range lies within memory that the vector owns, and the advice changes no contents (madvise(2)). Where it is
    // refused (before Linux 5.14), the pages come one by one.
    unsafe { libc::madvise(whole.as_mut_ptr().cast(), length, libc::MADV_POPULATE_WRITE) };
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_can_be_filled_whatever_its_size() {
        for capacity in [0, 1, WORTH_WHILE - 1, WORTH_WHILE, WORTH_WHILE + PAGE + 1] {
            let mut bytes = with_pages(capacity);
            assert!(bytes.is_empty() && bytes.capacity() >= capacity);
            bytes.resize(capacity, 7);
            assert!(bytes.iter().all(|&byte| byte == 7));
        }
    }
}
