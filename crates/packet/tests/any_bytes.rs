//! Any bytes behind any beginning: an error or packets, never a panic, and no memory for what is not there.

mod support;

use proptest::prelude::*;
use support::count;

const BEGINNINGS: &[&[u8]] = &[
    &[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0],
    &[0xa1, 0xb2, 0x3c, 0x4d, 0, 2, 0, 4],
    &[0x34, 0xcd, 0xb2, 0xa1, 2, 0, 4, 0],
    &[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0],
    &[0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0],
    &[0x1f, 0x8b, 8, 0],
    &[0x28, 0xb5, 0x2f, 0xfd],
    &[0x50, 0x2a, 0x4d, 0x18],
    &[0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, 0xa7],
    &[0x02, 0x21, 0x4c, 0x18],
    &[],
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn never_panic(beginning in prop::sample::select(BEGINNINGS), tail in prop::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [beginning, &tail].concat();
        let (packets, _) = count(&bytes[..]);
        prop_assert!(packets <= bytes.len() as u64);
    }

    #[test]
    fn words_of_small_numbers_reach_further(
        beginning in prop::sample::select(BEGINNINGS), words in prop::collection::vec(0..64u32, 0..100), big: bool,
    ) {
        let word = |w: &u32| if big { w.to_be_bytes() } else { w.to_le_bytes() };
        let bytes = [beginning, &words.iter().flat_map(word).collect::<Vec<u8>>()].concat();
        let (packets, _) = count(&bytes[..]);
        prop_assert!(packets <= bytes.len() as u64);
    }
}
