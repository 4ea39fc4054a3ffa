//! Memory for large files.

/// Below this, a page more or less makes no difference.
const WORTH_WHILE: usize = 8 << 20;
/// A huge page of x86-64, and of arm64 with pages of 4 KiB.
const HUGE_PAGE: usize = 2 << 20;

/// An empty vector with room for `capacity` bytes, in huge pages where the kernel has them: filling it then takes a five-hundredth
/// of the page faults, which are half of what reading a large file costs.
pub fn with_huge_pages(capacity: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::with_capacity(capacity);
    if capacity < WORTH_WHILE {
        return bytes;
    }
    let room = bytes.spare_capacity_mut();
    let skip = room.as_ptr().align_offset(HUGE_PAGE).min(room.len());
    let whole = &mut room[skip..];
    let length = whole.len() - whole.len() % HUGE_PAGE;
    // SAFETY: the range lies within memory that the vector owns, and the advice changes no contents (madvise(2)). Where it is
    // refused, the pages are small ones.
    unsafe { libc::madvise(whole.as_mut_ptr().cast(), length, libc::MADV_HUGEPAGE) };
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_can_be_filled_whatever_its_size() {
        for capacity in [0, 1, WORTH_WHILE - 1, WORTH_WHILE, WORTH_WHILE + HUGE_PAGE + 4097] {
            let mut bytes = with_huge_pages(capacity);
            assert!(bytes.is_empty() && bytes.capacity() >= capacity);
            bytes.resize(capacity, 7);
            assert!(bytes.iter().all(|&byte| byte == 7));
        }
    }
}
