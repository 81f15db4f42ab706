//! How long calls are repeated and long-running operations are waited for.

use std::time::Duration;

/// The pace of repeated calls.
///
/// | name | default | purpose | range |
/// |---|---|---|---|
/// | `attempts` | 6 | tries of a call, the first included | 1 and up |
/// | `base` | 1 s | first pause; doubled each time | zero and up |
/// | `cap` | 30 s | longest pause that Azure did not ask for | at least `base` |
/// | `max_retry_after` | 5 min | longest pause that Azure may ask for | zero and up |
/// | `patience` | 2 h | longest wait for an operation | above zero |
/// | `replication` | 5 min | longest wait until Entra knows a new identity everywhere | zero and up |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Tries of a call, the first included.
    pub attempts: u32,
    /// First pause.
    pub base: Duration,
    /// Longest pause that Azure did not ask for.
    pub cap: Duration,
    /// Longest pause that Azure may ask for.
    pub max_retry_after: Duration,
    /// Longest wait for an operation.
    pub patience: Duration,
    /// Longest wait until Entra knows a new identity everywhere.
    pub replication: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            attempts: 6,
            base: Duration::from_secs(1),
            cap: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(300),
            patience: Duration::from_secs(7200),
            replication: Duration::from_secs(300),
        }
    }
}

impl Pace {
    /// For a double on this machine, which is never busy.
    pub fn local() -> Self {
        Self { base: Duration::from_millis(10), cap: Duration::from_millis(200), ..Self::default() }
    }

    /// The pause before try number `next` (2 is the first repetition), with what Azure asked for, if it did; nothing
    /// when Azure asks for more than is waited.
    pub fn pause(&self, next: u32, asked: Option<Duration>) -> Option<Duration> {
        match asked {
            Some(asked) => (asked <= self.max_retry_after).then_some(asked),
            None => {
                let doubled = self.base.saturating_mul(1 << next.saturating_sub(2).min(16));
                let most = doubled.min(self.cap);
                // a part of it is chance, so that many callers do not come back at the same moment
                let chance = u32::from(uuid::Uuid::new_v4().as_bytes()[0]) + 1;
                Some(most / 2 + most * chance / 512)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_cap_and_never_exceed_what_is_waited() {
        let pace = Pace::default();
        for (next, most) in [(2, 1), (3, 2), (4, 4), (40, 30)] {
            let pause = pace.pause(next, None).unwrap();
            assert!(
                pause >= Duration::from_millis(most * 500) && pause <= Duration::from_secs(most),
                "{next}: {pause:?}"
            );
        }
        assert_eq!(pace.pause(2, Some(Duration::from_secs(17))), Some(Duration::from_secs(17)));
        assert_eq!(pace.pause(2, Some(Duration::from_secs(301))), None);
    }
}
