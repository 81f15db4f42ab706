//! Waiting for things that take their time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Effect, Error, ErrorKind, Result};
use crate::http::pipeline::Pipeline;

/// Somebody who is told of progress.
pub type Tell = Arc<dyn Fn(&Progress) + Send + Sync>;

/// How to wait.
///
/// | name | default | purpose | range |
/// |---|---|---|---|
/// | `timeout` | 10 minutes | when to give up | any |
/// | `interval` | 2 seconds | pause between two looks | above zero |
/// | `progress` | none | told after each look | |
#[derive(Clone)]
pub struct WaitOptions {
    /// When to give up.
    pub timeout: Duration,
    /// Pause between two looks.
    pub interval: Duration,
    /// Told after each look.
    pub progress: Option<Tell>,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(600), interval: Duration::from_secs(2), progress: None }
    }
}

impl WaitOptions {
    /// The defaults with another timeout.
    pub fn timeout(timeout: Duration) -> Self {
        Self { timeout, ..Self::default() }
    }

    /// With another pause between looks.
    pub fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// With somebody to tell.
    pub fn on_progress(mut self, progress: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }
}

impl fmt::Debug for WaitOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitOptions")
            .field("timeout", &self.timeout)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

/// What one look has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Time since the wait began.
    pub elapsed: Duration,
    /// Looks so far, this one included.
    pub looks: u32,
    /// The state in the service's words, such as `inProgress`.
    pub state: String,
}

/// What a look found.
pub(crate) enum Look<T> {
    Ready(T),
    Pending(String),
    Failed(String),
}

/// Looks again and again until it is ready, has failed, or the time is over.
pub(crate) async fn until<T, F>(
    pipeline: &Pipeline,
    options: &WaitOptions,
    what: &str,
    look: impl Fn() -> F + Send,
) -> Result<T>
where
    F: Future<Output = Result<Look<T>>> + Send,
{
    let start = pipeline.now();
    for looks in 1.. {
        let state = match look().await? {
            Look::Ready(value) => return Ok(value),
            Look::Failed(why) => {
                return Err(Error::without_call(ErrorKind::Failed, format!("{what} failed: {why}"), Effect::Unknown));
            }
            Look::Pending(state) => state,
        };
        let elapsed = pipeline.now().saturating_sub(start);
        if let Some(progress) = &options.progress {
            progress(&Progress { elapsed, looks, state: state.clone() });
        }
        if elapsed + options.interval > options.timeout {
            let message = format!("{what} is still {state} after {} s", elapsed.as_secs());
            return Err(Error::without_call(ErrorKind::TimedOut, message, Effect::Unknown));
        }
        pipeline.sleep(options.interval).await;
    }
    // 2^32 looks are never made: the timeout ends the loop.
    Err(Error::without_call(ErrorKind::TimedOut, format!("{what} did not end"), Effect::Unknown))
}
