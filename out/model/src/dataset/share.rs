//! Which part of a data set one of several processes reads.

/// The batches of a file that go to one process before the next one's turn. Larger runs make for fewer page and row
/// group boundaries within a share, smaller ones for more even shares.
const RUN: usize = 8;

/// One of `count` shares of a data set. Every batch is in exactly one share: runs of a file's batches are dealt out in
/// turn, beginning with another share in each file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    index: usize,
    count: usize,
}

impl Share {
    /// All batches.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Share `index`, from 0, of `count`; `None` when there is no such share.
    #[must_use]
    pub fn new(index: usize, count: usize) -> Option<Self> {
        (index < count).then_some(Self { index, count })
    }

    /// The share's index, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.index
    }

    /// The number of shares.
    #[must_use]
    pub fn count(self) -> usize {
        self.count
    }

    /// The share of a file's batches, seen from the file.
    pub(super) fn of_file(self, file: usize) -> Self {
        Self { index: (self.index + self.count - file % self.count) % self.count, count: self.count }
    }

    /// Whether a batch of the file, by its index within the file, is in the share.
    pub(super) fn has(self, batch: usize) -> bool {
        (batch / RUN) % self.count == self.index
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn every_batch_is_in_exactly_one_share() {
        for file in 0..5 {
            for batch in 0..100 {
                let owners = (0..3).filter(|&i| Share::new(i, 3).unwrap().of_file(file).has(batch)).count();
                assert_eq!(owners, 1, "file {file} batch {batch}");
            }
        }
        assert!(
            (0..3).all(|i| (0..9).any(|file| Share::new(i, 3).unwrap().of_file(file).has(0))),
            "small files are dealt out"
        );
        assert_eq!(Share::new(3, 3), None);
    }
}
