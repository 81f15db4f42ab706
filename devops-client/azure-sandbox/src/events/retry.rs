//! What becomes of an event by the answer that its delivery got. (Document: "Event Grid message delivery and retry".)

use jiff::SignedDuration;

/// How long an answer is waited for.
pub(super) const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// How long after its last delivery an event is written to where dead letters go.
pub(super) const BEFORE_DEAD: SignedDuration = SignedDuration::from_mins(5);

/// How long that place may be out of reach before the event is dropped.
pub(super) const DROPPED: SignedDuration = SignedDuration::from_hours(4);

/// Pauses between deliveries, in seconds; the last one goes on.
const PAUSES: [i64; 10] = [10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200];

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It was taken.
    Done,
    /// It is delivered again after a pause.
    Again(SignedDuration),
    /// No further delivery would help.
    GiveUp,
}

/// What comes after the delivery number `attempt` (from 1) was answered like that; none is no answer in time.
pub(super) fn next(attempt: u32, status: Option<u16>) -> Next {
    let at = usize::try_from(attempt).unwrap_or(usize::MAX).saturating_sub(1).min(PAUSES.len() - 1);
    let least = match status {
        Some(200..=204) => return Next::Done,
        Some(400 | 401 | 403 | 413) => return Next::GiveUp,
        Some(404) => 300,
        Some(408) => 120,
        Some(503) => 30,
        _ => 10,
    };
    Next::Again(SignedDuration::from_secs(PAUSES[at].max(least)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_some_answers_end_it() {
        for (attempt, status, expected) in [
            (1, Some(200), Next::Done),
            (9, Some(204), Next::Done),
            (1, Some(205), Next::Again(SignedDuration::from_secs(10))),
            (1, None, Next::Again(SignedDuration::from_secs(10))),
            (1, Some(503), Next::Again(SignedDuration::from_secs(30))),
            (3, Some(503), Next::Again(SignedDuration::from_secs(60))),
            (1, Some(404), Next::Again(SignedDuration::from_secs(300))),
            (4, Some(500), Next::Again(SignedDuration::from_secs(300))),
            (29, Some(500), Next::Again(SignedDuration::from_secs(43_200))),
            (1, Some(400), Next::GiveUp),
            (1, Some(403), Next::GiveUp),
        ] {
            assert_eq!(next(attempt, status), expected, "{attempt} {status:?}");
        }
    }
}
