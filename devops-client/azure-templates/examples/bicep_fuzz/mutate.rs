//! Sources that are changed at random, by a seed.

/// How many times a piece is repeated at most: deeper than anything may be read.
const MANY: u64 = 3000;

/// Makes cases from sources.
pub(crate) struct Mutator {
    state: u64,
    sources: Vec<String>,
    pieces: Vec<&'static str>,
}

impl Mutator {
    /// From sources, and pieces that are put in anywhere: a list with `|` in between.
    pub(crate) fn new(seed: u64, sources: Vec<String>, pieces: &'static str) -> Self {
        Self { state: seed.wrapping_mul(2).wrapping_add(1), sources, pieces: pieces.split('|').collect() }
    }

    /// A number below `below` (splitmix64).
    fn below(&mut self, below: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % (below.max(1) as u64)).unwrap_or(0)
    }

    fn piece(&mut self) -> String {
        let index = self.below(self.pieces.len());
        let piece = self.pieces[index];
        let many = self.below(40) == 0;
        piece.repeat(if many { 1 + self.below(MANY as usize) } else { 1 })
    }

    fn source(&mut self) -> Vec<String> {
        let index = self.below(self.sources.len());
        words(&self.sources[index])
    }

    /// A source with one to eight changes.
    pub(crate) fn case(&mut self) -> String {
        let mut words = self.source();
        for _ in 0..=self.below(8) {
            let at = self.below(words.len() + 1);
            let to = (at + 1 + self.below(12)).min(words.len());
            match self.below(7) {
                0 if at < to => drop(words.drain(at..to)),
                1 if at < to => {
                    let again = words[at..to].to_vec();
                    let times = if self.below(30) == 0 { self.below(MANY as usize) } else { 1 };
                    let copies: Vec<String> = std::iter::repeat_n(again, times).flatten().take(20_000).collect();
                    words.splice(at..at, copies);
                }
                2 if to < words.len() => words.swap(at, to),
                3 => {
                    let other = self.source();
                    let from = self.below(other.len());
                    let until = (from + 1 + self.below(30)).min(other.len());
                    words.splice(at..at, other[from..until].to_vec());
                }
                4 if self.below(6) == 0 => words.truncate(at),
                _ => words.insert(at, self.piece()),
            }
        }
        words.concat()
    }
}

/// Names and numbers, and every other character by itself.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut in_word = false;
    for c in text.chars() {
        let word = c.is_ascii_alphanumeric() || c == '_';
        match words.last_mut() {
            Some(last) if word && in_word => last.push(c),
            _ => words.push(c.to_string()),
        }
        in_word = word;
    }
    words
}
