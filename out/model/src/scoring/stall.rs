//! A connection that gives up on a client which takes too long with a request's head, or does not read its answers.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// How long a client may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patience {
    /// For a request's head, and between requests.
    pub head: Duration,
    /// For reading its answer.
    pub write: Duration,
}

/// Tells the stream where its connection stands: an odd number while a request is answered, an even one while a head is awaited.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<AtomicU64>);

impl Turns {
    /// A head has arrived, or its answer is ready.
    #[inline]
    pub fn next(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream with bounds on the client's time. Costs next to nothing while the client is quick: one timer serves many requests, as it is
/// only moved on when it fires.
#[derive(Debug)]
pub struct Stalling<S> {
    stream: TokioIo<S>,
    patience: Patience,
    turns: Turns,
    /// The wait for the head of this turn, and when it began.
    head: Option<(u64, Instant)>,
    head_timer: Pin<Box<Sleep>>,
    late: bool,
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> Stalling<S> {
    /// Wraps a stream.
    pub fn new(stream: S, patience: Patience, turns: Turns) -> Self {
        let stream = TokioIo::new(stream);
        Self {
            stream,
            patience,
            turns,
            head: None,
            head_timer: Box::pin(sleep(patience.head)),
            late: false,
            writing: None,
        }
    }

    /// Whether a head did not come in time.
    pub fn is_late(&self) -> bool {
        self.late
    }

    /// The stream itself.
    pub fn into_inner(self) -> S {
        self.stream.into_inner()
    }

    /// Called when there is nothing to read: has the wait for a head lasted too long? A body has its own bound.
    fn judge_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let turn = self.turns.now();
        if turn % 2 == 1 {
            return Poll::Pending;
        }
        // The wait begins with the turn, so that a head which comes drop by drop does not begin it anew.
        let began = match self.head {
            Some((known, began)) if known == turn => began,
            _ => {
                let now = Instant::now();
                self.head = Some((turn, now));
                now
            }
        };
        loop {
            ready!(self.head_timer.as_mut().poll(cx));
            let deadline = began + self.patience.head;
            if Instant::now() >= deadline {
                self.late = true;
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the head took too long")));
            }
            self.head_timer.set(sleep_until(deadline));
        }
    }

    fn judge_write<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.writing = None;
            return written;
        }
        let patience = self.patience.write;
        let waiting = self.writing.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
    }
}

impl<S: AsyncRead + Unpin> Read for Stalling<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, into) {
            Poll::Pending => self.judge_head(cx),
            ready => ready,
        }
    }
}

impl<S: AsyncWrite + Unpin> Write for Stalling<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge_write(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.judge_write(cx, written)
    }
}
