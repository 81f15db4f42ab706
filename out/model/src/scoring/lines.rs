//! The server's own log: JSON Lines on standard output, written by one thread, so that no request waits for a slow reader.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::clock::Moment;
use super::problem::json_text;

/// Lines that wait for the writer are dropped beyond this many bytes.
const CAPACITY: usize = 1 << 20;
/// The writer is woken early from this many bytes on.
const PLENTY: usize = 64 << 10;
/// How long lines gather before they are written together.
const GATHER: Duration = Duration::from_millis(25);

/// How grave an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What is expected to happen.
    Info,
    /// What someone should look at; the server goes on as before.
    Warning,
    /// What did not work.
    Error,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A handle to the log; clones write to the same one.
#[derive(Clone)]
pub struct Lines(Arc<Shared>);

struct Shared {
    buffer: Mutex<Vec<u8>>,
    filled: Condvar,
    plenty: Condvar,
    closing: AtomicBool,
    dropped: AtomicU64,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Lines {
    /// Starts the log's thread, which writes to `out` until [`Lines::close`].
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(out: impl Write + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            buffer: Mutex::new(Vec::with_capacity(PLENTY)),
            filled: Condvar::new(),
            plenty: Condvar::new(),
            closing: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
            writer: Mutex::new(None),
        });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("log".into()).spawn(move || theirs.write_all(out))?;
        *lock(&shared.writer) = Some(thread);
        Ok(Self(shared))
    }

    /// Appends one line that `compose` writes, line feed included. Dropped and counted when the reader of standard output is far behind.
    #[inline]
    pub fn line(&self, compose: impl FnOnce(&mut Vec<u8>)) {
        let mut buffer = lock(&self.0.buffer);
        if buffer.len() >= CAPACITY {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let before = buffer.len();
        compose(&mut buffer);
        let after = buffer.len();
        drop(buffer);
        if before == 0 {
            self.0.filled.notify_one();
        } else if before < PLENTY && after >= PLENTY {
            self.0.plenty.notify_one();
        }
    }

    /// Appends an event: level, message and further text members.
    pub fn event(&self, level: Level, message: &str, members: &[(&str, &str)]) {
        self.line(|line| {
            line.extend_from_slice(b"{\"time\":\"");
            Moment::now().write(line);
            line.extend_from_slice(b"\",\"level\":\"");
            line.extend_from_slice(level.as_str().as_bytes());
            line.extend_from_slice(b"\",\"message\":");
            line.extend_from_slice(json_text(message).as_bytes());
            for (name, value) in members {
                line.push(b',');
                line.extend_from_slice(json_text(name).as_bytes());
                line.push(b':');
                line.extend_from_slice(json_text(value).as_bytes());
            }
            line.extend_from_slice(b"}\n");
        });
    }

    /// Lines dropped so far.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// Writes what is there and ends the thread. Later lines stay in memory.
    pub fn close(&self) {
        {
            let _buffer = lock(&self.0.buffer);
            self.0.closing.store(true, Ordering::Release);
        }
        self.0.filled.notify_all();
        self.0.plenty.notify_all();
        if let Some(writer) = lock(&self.0.writer).take() {
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn write_all(&self, mut out: impl Write) {
        let mut full = Vec::with_capacity(PLENTY);
        loop {
            {
                let closing = |buffer: &Vec<u8>| buffer.is_empty() && !self.closing.load(Ordering::Acquire);
                let buffer = self.filled.wait_while(lock(&self.buffer), |buffer| closing(buffer));
                let buffer = buffer.unwrap_or_else(PoisonError::into_inner);
                let gathering = |buffer: &Vec<u8>| buffer.len() < PLENTY && !self.closing.load(Ordering::Acquire);
                let waited = self.plenty.wait_timeout_while(buffer, GATHER, |buffer| gathering(buffer));
                let (mut buffer, _) = waited.unwrap_or_else(PoisonError::into_inner);
                std::mem::swap(&mut *buffer, &mut full);
            }
            if full.is_empty() {
                return;
            }
            // A closed standard output must not stop the server; the lines are lost, which is counted.
            if out.write_all(&full).and_then(|()| out.flush()).is_err() {
                let lost = full.iter().filter(|&&byte| byte == b'\n').count();
                self.dropped.fetch_add(lost as u64, Ordering::Relaxed);
            }
            full.clear();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An output that tests can read.
    #[derive(Clone, Default)]
    pub(crate) struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Memory {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(lock(&self.0).clone()).unwrap()
        }
    }

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            lock(&self.0).extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_arrives_once_and_whole_from_several_threads() {
        let memory = Memory::default();
        let lines = Lines::start(memory.clone()).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let lines = lines.clone();
                scope.spawn(move || {
                    for n in 0..500 {
                        lines.event(Level::Info, "tick", &[("thread", &thread.to_string()), ("n", &n.to_string())]);
                    }
                });
            }
        });
        lines.close();
        let text = memory.text();
        assert_eq!(text.lines().count(), 2_000);
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["message"], "tick");
        }
        assert_eq!(lines.dropped(), 0);
    }

    #[test]
    fn a_reader_that_stands_still_costs_bounded_memory_and_counted_lines() {
        struct Stuck(std::sync::mpsc::Receiver<()>);
        impl Write for Stuck {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                let _ = self.0.recv();
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let (release, stuck) = std::sync::mpsc::channel();
        let lines = Lines::start(Stuck(stuck)).unwrap();
        for _ in 0..40_000 {
            lines.line(|line| line.extend_from_slice(&[b'x'; 100]));
        }
        assert!(lines.dropped() > 0);
        assert!(lock(&lines.0.buffer).len() <= CAPACITY + 100);
        drop(release);
        lines.close();
    }
}
