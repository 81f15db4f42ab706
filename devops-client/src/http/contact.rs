//! The first contact with a server. One that takes connections and never says a word looks like one that is slow; what tells
//! them apart is a second, small question: a slow service has somebody in front who answers it at once.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use super::pause::TARGET;

/// So long a server may be silent before it is asked whether it is there.
const SILENCE: Duration = Duration::from_millis(1500);

/// So long it may take to say that it is.
pub(super) const PROBE: Duration = Duration::from_millis(1500);

/// What is said of a server that has answered nothing at all.
pub const SILENT: &str = "nothing has answered for 3 s";

/// Waits for `work`, which asks a server that has not answered anything yet and fetches what proves to it who asks. When
/// there is nothing for a while, `alive` says whether the server answers at all: it is waited for then, however slow it is,
/// and whoever listens is told so. Returns `None` if nobody is there.
pub async fn first_contact<T>(
    server: &str,
    work: impl Future<Output = T>,
    alive: impl Future<Output = bool>,
) -> Option<T> {
    let mut work = pin!(work);
    if let Ok(done) = tokio::time::timeout(SILENCE, &mut work).await {
        return Some(done);
    }
    tokio::select! {
        biased;
        done = &mut work => return Some(done),
        there = alive => if !there { return None },
    }
    tracing::warn!(target: TARGET, "waiting: {server} is there, and slow to answer");
    Some(work.await)
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_says_nothing_is_given_up_and_a_slow_one_is_waited_for() {
        let slow = async { tokio::time::sleep(Duration::from_secs(60)).await };
        assert_eq!(first_contact("s", ready(1), pending()).await, Some(1));
        assert_eq!(first_contact("s", slow, ready(true)).await, Some(()));
        let begun = tokio::time::Instant::now();
        let never = async {
            tokio::time::sleep(PROBE).await;
            false
        };
        assert_eq!(first_contact("s", pending::<()>(), never).await, None);
        assert_eq!(begun.elapsed(), SILENCE + PROBE);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_comes_while_the_server_is_asked_counts() {
        let work = async { tokio::time::sleep(SILENCE + PROBE / 2).await };
        assert_eq!(first_contact("s", work, pending()).await, Some(()));
    }
}
