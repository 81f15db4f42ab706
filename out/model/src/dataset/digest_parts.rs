//! The BLAKE3 digest of bytes that come in parts, in any order.
//!
//! BLAKE3 is a tree: each part of the file is a subtree of its own, and two neighbours make the subtree that spans both
//! (O'Connor, Aumasson, Neves and Wilcox-O'Hearn, "BLAKE3: one function, fast everywhere", 2020, section 2.1).

use blake3::hazmat::{ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};
use blake3::{Hash, Hasher};
use std::collections::HashMap;

/// The bytes of a part; the last one has what is left. A power of two of BLAKE3's chunks, and little enough for a
/// core's second-level cache.
pub(super) const PART: u64 = 256 * 1024;

/// A part that was hashed.
#[derive(Debug, Clone, Copy)]
pub(super) struct HashedPart(u64, ChainingValue);

impl HashedPart {
    /// Hashes part `index`, from 0, of a file that has more than one.
    pub fn new(index: u64, bytes: &[u8]) -> Self {
        Self(index, Hasher::new().set_input_offset(index * PART).update(bytes).finalize_non_root())
    }
}

/// The parts that were hashed, each of which comes once.
#[derive(Debug)]
pub(super) struct Parts {
    /// The number of all parts, at least two.
    count: u64,
    /// The whole subtrees of `2^level` parts, the `index`-th of their level, by level and index; of those that make a
    /// larger one, only that.
    subtrees: HashMap<(u32, u64), ChainingValue>,
}

impl Parts {
    /// No parts yet, of so many; `None` where that is fewer than two, whose digest is no tree.
    pub fn new(count: u64) -> Option<Self> {
        (count > 1).then(|| Self { count, subtrees: HashMap::new() })
    }

    /// Adds a part.
    pub fn add(&mut self, HashedPart(mut index, mut value): HashedPart) {
        let mut level = 0;
        // The subtree of everything is the root, which is made in another way.
        while 1 << (level + 1) < self.count
            && let Some(neighbour) = self.subtrees.remove(&(level, index ^ 1))
        {
            let (left, right) = if index % 2 == 0 { (value, neighbour) } else { (neighbour, value) };
            value = merge_subtrees_non_root(&left, &right, Mode::Hash);
            (level, index) = (level + 1, index / 2);
        }
        self.subtrees.insert((level, index), value);
    }

    /// The digest of the whole; `None` while a part is missing.
    pub fn digest(&self) -> Option<Hash> {
        let left = left_of(self.count);
        let (left, right) = (self.subtree(0, left)?, self.subtree(left, self.count - left)?);
        Some(merge_subtrees_root(&left, &right, Mode::Hash))
    }

    fn subtree(&self, first: u64, count: u64) -> Option<ChainingValue> {
        if count.is_power_of_two() {
            let level = count.trailing_zeros();
            return self.subtrees.get(&(level, first >> level)).copied();
        }
        let left = left_of(count);
        let (left, right) = (self.subtree(first, left)?, self.subtree(first + left, count - left)?);
        Some(merge_subtrees_non_root(&left, &right, Mode::Hash))
    }
}

/// The parts of the left one of the two subtrees that parts, more than one, are made of: the greatest power of two that
/// is less.
fn left_of(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn parts_in_any_order_have_the_digest_of_the_whole(
            length in prop_oneof![PART + 1..=PART + 2, PART..=20 * PART, (2..=17u64).prop_map(|n| n * PART)],
            seed in any::<u64>(),
        ) {
            let bytes: Vec<u8> = (0..length).map(|at| (at.wrapping_mul(seed | 1) >> 7) as u8).collect();
            let mut hashed: Vec<HashedPart> =
                bytes.chunks(PART as usize).zip(0..).map(|(bytes, index)| HashedPart::new(index, bytes)).collect();
            hashed.sort_by_key(|part| (part.0 + 1).wrapping_mul(seed | 1).rotate_left(17));
            if let Some(mut parts) = Parts::new(hashed.len() as u64) {
                for part in hashed {
                    prop_assert_eq!(parts.digest(), None);
                    parts.add(part);
                }
                prop_assert_eq!(parts.digest(), Some(blake3::hash(&bytes)));
            }
        }
    }

    #[test]
    fn what_is_kept_does_not_grow_with_the_length() {
        let mut parts = Parts::new(1000).unwrap();
        for index in 0..1000 {
            parts.add(HashedPart::new(index, &[index as u8]));
            assert!(parts.subtrees.len() <= 10, "{index}: {}", parts.subtrees.len());
        }
    }
}
