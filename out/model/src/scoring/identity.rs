//! Who a request is: its request id, and its place in a distributed trace (W3C Trace Context, level 1).

use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use ring::rand::{SecureRandom, SystemRandom};

/// The longest request id that is taken over from a caller.
pub const LONGEST_REQUEST_ID: usize = 128;

/// A request's id: visible ASCII of a small alphabet, so that it can stand in a header, a log line and a file as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Text);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Text {
    /// Made here: no allocation.
    Own([u8; 32]),
    Callers(Box<str>),
}

impl RequestId {
    /// The caller's `x-request-id` when it is usable, otherwise a new id.
    ///
    /// Usable: 1 to [`LONGEST_REQUEST_ID`] of `A-Z a-z 0-9 . _ : -`.
    pub fn from_header(value: Option<&[u8]>) -> Self {
        value.and_then(Self::callers).unwrap_or_else(Self::new)
    }

    fn callers(value: &[u8]) -> Option<Self> {
        let usable = |byte: &u8| byte.is_ascii_alphanumeric() || b"._:-".contains(byte);
        if value.is_empty() || value.len() > LONGEST_REQUEST_ID || !value.iter().all(usable) {
            return None;
        }
        Some(Self(Text::Callers(std::str::from_utf8(value).ok()?.into())))
    }

    /// A new id of 32 hexadecimal digits, unique over processes (random start) and within one (counter).
    #[expect(clippy::new_without_default, reason = "each id is another one; a default would be a surprise")]
    pub fn new() -> Self {
        Self(Text::Own(hex16(unique())))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Own(digits) => std::str::from_utf8(digits).unwrap_or_default(),
            Text::Callers(text) => text,
        }
    }

    /// Whether the request belongs to a sample of `share` (0 to 1): the same answer wherever the same id is asked about.
    pub fn in_sample(&self, share: f64) -> bool {
        // FNV-1a, then a mixing step, so that ids that count upwards spread evenly.
        let mut hash = self
            .as_str()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        hash = mix(hash);
        share >= 1.0 || (hash >> 11) as f64 / (1_u64 << 53) as f64 <= share && share > 0.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A request's place in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// The trace's id: the caller's, or a new one.
    pub trace_id: u128,
    /// The id of this server's span, new for each request.
    pub span_id: u64,
    /// The caller's span, if there is one.
    pub parent: Option<u64>,
    /// The caller's wish to have the trace recorded; true without a caller.
    pub sampled: bool,
}

impl Trace {
    /// The place named by a `traceparent` header; without a valid one, the start of a new trace.
    pub fn from_header(value: Option<&[u8]>) -> Self {
        let span_id = (unique() as u64).max(1);
        match value.and_then(traceparent) {
            Some((trace_id, parent, flags)) => {
                Self { trace_id, span_id, parent: Some(parent), sampled: flags & 1 == 1 }
            }
            None => Self { trace_id: unique().max(1), span_id, parent: None, sampled: true },
        }
    }

    /// The trace id as 32 hexadecimal digits.
    pub fn trace_id_hex(&self) -> [u8; 32] {
        hex16(self.trace_id)
    }
}

/// Trace id, parent id and flags of a `traceparent`, or `None` where the specification says to ignore it.
fn traceparent(value: &[u8]) -> Option<(u128, u64, u8)> {
    let value = value.trim_ascii();
    let version = value.get(..2)?;
    let known = version == b"00";
    // Later versions may append fields after a further dash.
    if version == b"ff" || (known && value.len() != 55) || (value.len() > 55 && value[55] != b'-') {
        return None;
    }
    u8::try_from(lower_hex(version)?).ok()?;
    if value.get(2)? != &b'-' || value.get(35)? != &b'-' || value.get(52)? != &b'-' {
        return None;
    }
    let trace_id = lower_hex(value.get(3..35)?)?;
    let parent = u64::try_from(lower_hex(value.get(36..52)?)?).ok()?;
    let flags = u8::try_from(lower_hex(value.get(53..55)?)?).ok()?;
    (trace_id != 0 && parent != 0).then_some((trace_id, parent, flags))
}

/// The value of lower-case hexadecimal digits, at most 32.
fn lower_hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0_u128, |value, &digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u128::from(digit))
    })
}

/// 32 lower-case hexadecimal digits.
pub(crate) fn hex16(value: u128) -> [u8; 32] {
    const PAIRS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 32];
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(value.to_be_bytes()) {
        *pair = [PAIRS[usize::from(byte >> 4)], PAIRS[usize::from(byte & 15)]];
    }
    text
}

/// A number that no other call and, with overwhelming probability, no other process gets.
fn unique() -> u128 {
    static START: LazyLock<[u64; 2]> = LazyLock::new(|| {
        let mut random = [0; 16];
        if SystemRandom::new().fill(&mut random).is_err() {
            // No entropy source: the clock and the process still tell processes apart.
            random[..8].copy_from_slice(&super::clock::Moment::now().0.to_le_bytes());
            random[8..12].copy_from_slice(&std::process::id().to_le_bytes());
        }
        let (halves, _) = random.as_chunks::<8>();
        [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])]
    });
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // `mix` is a bijection: within a process the high halves never repeat.
    let high = mix(START[0].wrapping_add(count));
    u128::from(high) << 64 | u128::from(mix(START[1] ^ high))
}

/// The finishing step of SplitMix64 (Steele, Lea, Flood 2014).
fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn usable_caller_ids_are_kept_and_others_replaced() {
        assert_eq!(RequestId::from_header(Some(b"order-17:a.b_C")).as_str(), "order-17:a.b_C");
        for bad in [&b""[..], b"a b", b"a\"b", b"\xc3\xbc", &[b'a'; 129]] {
            assert_eq!(RequestId::from_header(Some(bad)).as_str().len(), 32);
        }
    }

    #[test]
    fn own_ids_do_not_repeat() {
        let ids: HashSet<_> = (0..10_000).map(|_| RequestId::new().as_str().to_owned()).collect();
        assert_eq!(ids.len(), 10_000);
    }

    #[test]
    fn a_sample_has_its_share_and_is_the_same_for_the_same_id() {
        let chosen = (0..100_000).filter(|n| RequestId::from_header(Some(format!("r{n}").as_bytes())).in_sample(0.1));
        let share = chosen.count() as f64 / 100_000.0;
        assert!((0.095..0.105).contains(&share), "{share}");
        let id = RequestId::new();
        assert!(id.in_sample(1.0) && !id.in_sample(0.0));
        assert_eq!(id.in_sample(0.5), id.clone().in_sample(0.5));
    }

    #[test]
    fn the_callers_trace_is_continued() {
        let trace = Trace::from_header(Some(b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        assert_eq!(&trace.trace_id_hex(), b"4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.parent, Some(0x00f0_67aa_0ba9_02b7));
        assert!(trace.sampled);
        assert!(!Trace::from_header(Some(b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")).sampled);
        let later = Trace::from_header(Some(b"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"));
        assert!(later.parent.is_some());
    }

    #[test]
    fn an_invalid_traceparent_starts_a_new_trace() {
        for bad in [
            "",
            "00",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
        ] {
            let trace = Trace::from_header(Some(bad.as_bytes()));
            assert!(trace.parent.is_none() && trace.sampled && trace.trace_id != 0, "{bad}");
        }
    }
}
