//! A queue between requests and the log's writer, bounded in bytes. Full means dropped and counted, never waiting.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// Items with a size, bounded by the sum of the sizes.
#[derive(Debug)]
pub struct Queue<T> {
    items: Mutex<Vec<(T, usize)>>,
    /// Bytes taken: by items in the queue, and by those taken out of it but not yet released.
    taken: AtomicUsize,
    capacity: usize,
    filled: Notify,
    closed: AtomicBool,
}

impl<T> Queue<T> {
    /// An empty queue for `capacity` bytes.
    pub fn new(capacity: usize) -> Self {
        let (items, taken, filled, closed) =
            (Mutex::default(), AtomicUsize::new(0), Notify::new(), AtomicBool::new(false));
        Self { items, taken, capacity, filled, closed }
    }

    /// Adds an item of `size` bytes, made by `make` only when there is room; otherwise the answer is false.
    pub fn push(&self, size: usize, make: impl FnOnce() -> T) -> bool {
        let room = |taken: usize| taken.checked_add(size).filter(|&sum| sum <= self.capacity);
        if self.closed.load(Ordering::Acquire)
            || self.taken.fetch_update(Ordering::AcqRel, Ordering::Relaxed, room).is_err()
        {
            return false;
        }
        let item = make();
        let first = {
            let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
            items.push((item, size));
            items.len() == 1
        };
        if first {
            self.filled.notify_one();
        }
        true
    }

    /// Waits until there are items or the queue is closed, then moves all into `out` (cleared first). False: closed and empty.
    pub async fn take(&self, out: &mut Vec<(T, usize)>) -> bool {
        out.clear();
        loop {
            {
                let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::swap(&mut *items, out);
            }
            if !out.is_empty() {
                return true;
            }
            if self.closed.load(Ordering::Acquire) {
                return false;
            }
            self.filled.notified().await;
        }
    }

    /// Gives back the room of items that were taken out and are done with.
    pub fn release(&self, size: usize) {
        self.taken.fetch_sub(size, Ordering::AcqRel);
    }

    /// Takes no more items; what is in the queue can still be taken out.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.filled.notify_one();
    }

    /// Whether [`Queue::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Bytes taken now.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_queue_refuses_until_room_is_released() {
        let queue = Queue::new(10);
        assert!(queue.push(6, || 'a'));
        assert!(!queue.push(5, || 'b'));
        assert!(queue.push(4, || 'c'));
        let mut out = Vec::new();
        assert!(queue.take(&mut out).await);
        assert_eq!(out, [('a', 6), ('c', 4)]);
        assert!(!queue.push(1, || 'd'), "items taken out still hold their room");
        queue.release(6);
        assert!(queue.push(6, || 'e'));
        queue.close();
        assert!(!queue.push(0, || 'f'));
        assert!(queue.take(&mut out).await);
        assert_eq!(out, [('e', 6)]);
        assert!(!queue.take(&mut out).await);
    }
}
