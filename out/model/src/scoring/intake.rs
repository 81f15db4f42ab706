//! Reading request bodies: bounded in length, in time and in sum.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use super::problem::{Problem, ProblemCode};

/// Bodies up to this size are not counted against the common budget.
const SMALL: usize = 64 << 10;

/// How much may be read.
#[derive(Debug)]
pub struct Intake {
    /// Longest body in bytes.
    limit: usize,
    /// Longest time for a body.
    patience: Duration,
    /// Bytes that larger bodies may take together, so that many of them at once cost bounded memory.
    budget: usize,
    taken: AtomicUsize,
}

/// A part of the budget, given back on drop.
struct Share<'a>(&'a Intake, usize);

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(self.1, Ordering::AcqRel);
    }
}

impl Intake {
    /// Limits; the common budget is sixteen of the longest bodies.
    pub fn new(limit: usize, patience: Duration) -> Self {
        Self { limit, patience, budget: limit.saturating_mul(16), taken: AtomicUsize::new(0) }
    }

    /// The whole body.
    ///
    /// # Errors
    /// `body-too-large`, `slow-request`, `incomplete-body` or `busy`.
    pub async fn read(&self, body: Incoming, expects_continue: bool) -> Result<Bytes, Problem> {
        if body.size_hint().lower() > self.limit as u64 {
            // The answer does not wait for the body. A client that waits for "100 Continue" does not send it; another's is read out beside
            // the answer, so that the client sees it instead of a reset connection.
            if !expects_continue {
                tokio::spawn(timeout(self.patience, discard(body, self.limit.saturating_mul(16))));
            }
            return Err(self.too_large());
        }
        let mut body = body;
        // Nearly every body is short and has come along with its head: no timer, no allocation, no copy for those.
        let first = poll_fn(|cx| Poll::Ready(Pin::new(&mut body).poll_frame(cx))).await;
        if let Poll::Ready(Some(Ok(frame))) = &first
            && body.is_end_stream()
            && let Some(data) = frame.data_ref()
            && data.len() <= self.limit
        {
            return Ok(data.clone());
        }
        let first = match first {
            Poll::Pending => None,
            Poll::Ready(None) => return Ok(Bytes::new()),
            Poll::Ready(Some(frame)) => {
                Some(frame.map_err(|error| incomplete(&error))?.into_data().unwrap_or_default())
            }
        };
        let read = Box::pin(timeout(self.patience, self.collect(first, body)));
        read.await.unwrap_or_else(|_| {
            let detail = format!("the body did not arrive within {} s", self.patience.as_secs_f64());
            Err(Problem::new(ProblemCode::SlowRequest, detail))
        })
    }

    async fn collect(&self, first: Option<Bytes>, mut body: Incoming) -> Result<Bytes, Problem> {
        let first = match first {
            Some(first) => first,
            None => match next(&mut body).await? {
                Some(first) => first,
                None => return Ok(Bytes::new()),
            },
        };
        if body.is_end_stream() && first.len() <= self.limit {
            return Ok(first);
        }
        let announced = usize::try_from(body.size_hint().upper().unwrap_or(0)).unwrap_or(0);
        let _share = self.share(first.len() + announced)?;
        if first.len() > self.limit {
            return Err(self.too_large());
        }
        let mut all = BytesMut::with_capacity((first.len() + announced).min(self.limit));
        all.extend_from_slice(&first);
        drop(first);
        while let Some(chunk) = next(&mut body).await? {
            if all.len() + chunk.len() > self.limit {
                discard(body, self.limit.saturating_mul(16)).await;
                return Err(self.too_large());
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// Takes room for a body of `announced` bytes; a chunked one announces nothing and counts as the longest.
    fn share(&self, announced: usize) -> Result<Option<Share<'_>>, Problem> {
        let size = if announced == 0 { self.limit } else { announced };
        if size <= SMALL {
            return Ok(None);
        }
        let room = |taken: usize| taken.checked_add(size).filter(|&sum| sum <= self.budget);
        match self.taken.fetch_update(Ordering::AcqRel, Ordering::Relaxed, room) {
            Ok(_) => Ok(Some(Share(self, size))),
            Err(_) => Err(Problem::new(ProblemCode::Busy, "too many large bodies at once; try again in a second")),
        }
    }

    fn too_large(&self) -> Problem {
        Problem::new(ProblemCode::BodyTooLarge, format!("at most {} bytes are read; send several requests", self.limit))
    }
}

async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Problem> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Ok(frame)) => {
                // Trailers say nothing about the rows.
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => return Err(incomplete(&error)),
        }
    }
}

fn incomplete(error: &hyper::Error) -> Problem {
    let detail = format!("the body ended early or is not framed as HTTP says: {error}");
    Problem::new(ProblemCode::IncompleteBody, detail)
}

/// Reads and forgets up to `most` bytes.
async fn discard(mut body: Incoming, most: usize) {
    let mut left = most;
    while let Ok(Some(chunk)) = next(&mut body).await {
        match left.checked_sub(chunk.len()) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
