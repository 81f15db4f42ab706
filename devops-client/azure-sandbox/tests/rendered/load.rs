//! Callers who ask a service all the time, and count what they are answered.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Callers at work.
pub struct Load {
    stop: Arc<AtomicBool>,
    /// Answers with 200, with anything else, and none.
    counts: Arc<[AtomicUsize; 3]>,
    thread: Option<JoinHandle<()>>,
}

/// What callers were answered.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// With 200.
    pub well: usize,
    /// With another status.
    pub failed: usize,
    /// Not at all.
    pub lost: usize,
}

impl Answered {
    pub fn all(&self) -> usize {
        self.well + self.failed + self.lost
    }
}

/// One request; the status of its answer.
pub fn ask(port: u16, headers: &str) -> Option<u16> {
    let body = r#"{"data": [[1], [2]]}"#;
    let text = format!(
        "POST /score HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let mut answer = String::new();
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    stream.write_all(text.as_bytes()).ok()?;
    stream.read_to_string(&mut answer).ok()?;
    answer.split_whitespace().nth(1)?.parse().ok()
}

impl Load {
    /// Asks from now on, one request after the other.
    pub fn on(port: u16, headers: &str) -> Self {
        let (stop, counts) = (Arc::new(AtomicBool::new(false)), Arc::new([0, 0, 0].map(AtomicUsize::new)));
        let (ended, own, headers) = (stop.clone(), counts.clone(), headers.to_owned());
        let thread = thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let which = ask(port, &headers).map_or(2, |status| usize::from(status != 200));
                own[which].fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(2));
            }
        });
        Self { stop, counts, thread: Some(thread) }
    }

    /// What was answered so far.
    pub fn answered(&self) -> Answered {
        let [well, failed, lost] = [0, 1, 2].map(|at| self.counts[at].load(Ordering::Relaxed));
        Answered { well, failed, lost }
    }

    /// Waits for so many answers from now on, and asks no more; what was answered.
    pub fn after(self, count: usize) -> Answered {
        let from = self.answered().all();
        while self.answered().all() < from + count {
            thread::sleep(Duration::from_millis(5));
        }
        self.off()
    }

    /// Asks no more; what was answered.
    pub fn off(mut self) -> Answered {
        self.end();
        self.answered()
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.end();
    }
}
