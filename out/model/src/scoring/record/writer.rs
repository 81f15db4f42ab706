//! Takes records out of the queue and stores them in batches until the queue is closed and empty, or time runs out.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::super::clock::Moment;
use super::super::lines::{Level, Lines};
use super::super::metrics::Metrics;
use super::Record;
use super::queue::Queue;
use super::store::{LARGEST_BATCH, Store};

/// A batch of this size is sent without waiting for more.
const ENOUGH: usize = 1 << 20;
/// First and longest pause between attempts to store a batch.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// What the writer needs.
pub struct Writer {
    /// Where records come from.
    pub queue: Arc<Queue<Record>>,
    /// Where they go.
    pub store: Store,
    /// Names of features that are left out.
    pub omit: Vec<String>,
    /// Longest time that a record waits for others.
    pub flush: Duration,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The server's log.
    pub lines: Lines,
    /// Becomes the deadline for the last attempts once the server stops.
    pub deadline: watch::Receiver<Option<Instant>>,
}

/// Encoded records on their way to the store.
#[derive(Default)]
struct Batch {
    text: Vec<u8>,
    records: u64,
    /// Room in the queue that is given back when the batch is done with.
    room: usize,
}

impl Writer {
    /// Runs until the queue is closed and every record is stored or, at the deadline, counted as dropped.
    pub async fn run(mut self) {
        let mut taken = Vec::new();
        let mut batch = Batch::default();
        while self.queue.take(&mut taken).await {
            let gathered = Instant::now() + self.flush;
            loop {
                for (record, room) in taken.drain(..) {
                    record.write(&self.omit, &mut batch.text);
                    batch.records += 1;
                    batch.room += room;
                    if batch.text.len() >= ENOUGH {
                        self.store_batch(&mut batch).await;
                    }
                }
                if self.queue.is_closed() || timeout_at(gathered, self.queue.take(&mut taken)).await != Ok(true) {
                    break;
                }
            }
            self.store_batch(&mut batch).await;
        }
    }

    async fn store_batch(&mut self, batch: &mut Batch) {
        // Lines are at most a little over 256 KiB, so that only a model of thousands of features makes a batch longer than one block.
        let mut rest = batch.text.as_slice();
        let mut lost = false;
        while !rest.is_empty() && !lost {
            let end = block_end(rest);
            let (block, after) = rest.split_at(end);
            lost = !self.store_block(block).await;
            rest = after;
        }
        if lost {
            self.metrics.records_dropped.add(batch.records);
            let records = batch.records.to_string();
            self.lines.event(Level::Error, "scoring log records dropped: no time left", &[("records", &records)]);
        } else {
            self.metrics.records_stored.add(batch.records);
        }
        self.queue.release(batch.room);
        self.metrics.records_bytes.set(i64::try_from(self.queue.taken()).unwrap_or(i64::MAX));
        batch.text.clear();
        // A large batch's memory is given back, so that a peak does not stay for good.
        batch.text.shrink_to(ENOUGH);
        (batch.records, batch.room) = (0, 0);
    }

    /// Whether the block was stored before the deadline.
    async fn store_block(&mut self, block: &[u8]) -> bool {
        let mut pause = PAUSES.0;
        loop {
            let deadline = *self.deadline.borrow_and_update();
            let attempt = self.store.append(block, Moment::now());
            let outcome = match deadline {
                Some(deadline) => timeout_at(deadline, attempt).await.ok(),
                None => Some(attempt.await),
            };
            match outcome {
                Some(Ok(())) => return true,
                Some(Err(error)) => {
                    self.metrics.record_retries.add(1);
                    self.lines.event(
                        Level::Warning,
                        "scoring log not stored, trying again",
                        &[("reason", &error.to_string()), ("pause_ms", &pause.as_millis().to_string())],
                    );
                }
                None => return false,
            }
            // The news that the server stops ends the pause.
            tokio::select! {
                () = sleep(pause) => {}
                _ = self.deadline.changed() => {}
            }
            if self.deadline.borrow().is_some_and(|deadline| Instant::now() >= deadline) {
                return false;
            }
            pause = (pause * 2).min(PAUSES.1);
        }
    }
}

/// End of the last line that fits into a block, or the block's size when not even one does.
fn block_end(text: &[u8]) -> usize {
    if text.len() <= LARGEST_BATCH {
        return text.len();
    }
    let last = text[..LARGEST_BATCH].iter().rposition(|&byte| byte == b'\n');
    last.map_or(LARGEST_BATCH, |last| last + 1)
}
