//! Reads that are made once: while resources are observed, the same question is asked of the service one time only,
//! whoever asks it. Kinds and projects are so free to read the lists that they need, each for itself.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use devops_client::{Transport, TransportError, WireRequest, WireResponse};
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use reqwest::Method;
use url::Url;

type Answer = Result<WireResponse, TransportError>;
type Read = Shared<BoxFuture<'static, Answer>>;

/// The innermost layer of the client: lets everything through, and shares equal reads while a [`Window`] is open.
#[derive(Clone)]
pub struct SharedReads {
    inner: Arc<dyn Transport>,
    reads: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    windows: usize,
    reads: HashMap<Url, Read>,
}

/// While it lives, equal reads are made once.
pub struct Window(Arc<Mutex<State>>);

impl SharedReads {
    /// Shares reads over `inner`.
    pub fn new(inner: Arc<dyn Transport>) -> Self {
        Self { inner, reads: Arc::default() }
    }

    /// Opens a window: what is read from now on is read anew, once.
    pub fn window(&self) -> Window {
        let mut state = lock(&self.reads);
        state.windows += 1;
        state.reads.clear();
        drop(state);
        Window(self.reads.clone())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.windows = state.windows.saturating_sub(1);
        state.reads.clear();
    }
}

impl fmt::Debug for SharedReads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedReads")
    }
}

impl Transport for SharedReads {
    fn is_alive(&self, url: &Url) -> BoxFuture<'static, bool> {
        self.inner.is_alive(url)
    }

    fn send(&self, request: WireRequest) -> BoxFuture<'static, Answer> {
        let mut state = lock(&self.reads);
        if request.method != Method::GET {
            // What was read before the end of a write may be different after it.
            state.reads.clear();
            drop(state);
            let (sent, reads) = (self.inner.send(request), self.reads.clone());
            return async move {
                let answer = sent.await;
                lock(&reads).reads.clear();
                answer
            }
            .boxed();
        }
        if state.windows == 0 {
            return self.inner.send(request);
        }
        if let Some(read) = state.reads.get(&request.url) {
            return read.clone().boxed();
        }
        let (url, reads) = (request.url.clone(), Arc::downgrade(&self.reads));
        let sent = self.inner.send(request);
        let forget = url.clone();
        let read = async move {
            let answer = sent.await;
            // Only a good answer is worth sharing: whoever repeats a failed read must reach the service. "Not there" is
            // an answer.
            let good =
                answer.as_ref().is_ok_and(|r| r.status.is_success() && r.status.as_u16() != 203 || r.status == 404);
            if let (false, Some(reads)) = (good, reads.upgrade()) {
                lock(&reads).reads.remove(&forget);
            }
            answer
        };
        let read = read.boxed().shared();
        state.reads.insert(url, read.clone());
        read.boxed()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use devops_client::Stage;
    use reqwest::StatusCode;

    use super::*;

    /// Answers with the statuses one after the other, the last one again and again; 0 is a lost connection.
    struct Service {
        statuses: Vec<u16>,
        seen: AtomicUsize,
    }

    impl Transport for Service {
        fn send(&self, _: WireRequest) -> BoxFuture<'static, Answer> {
            let n = self.seen.fetch_add(1, Ordering::SeqCst);
            let status = *self.statuses.get(n).unwrap_or(self.statuses.last().unwrap());
            async move {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                let status = StatusCode::from_u16(status)
                    .map_err(|_| TransportError { stage: Stage::Connect, message: "lost".to_owned() })?;
                Ok(WireResponse { status, headers: Default::default(), body: n.to_string().into() })
            }
            .boxed()
        }
    }

    fn reads(statuses: &[u16]) -> (SharedReads, Arc<Service>) {
        let service = Arc::new(Service { statuses: statuses.to_vec(), seen: AtomicUsize::new(0) });
        (SharedReads::new(service.clone()), service)
    }

    fn request(method: Method, path: &str) -> WireRequest {
        let url = Url::parse("http://127.0.0.1/").unwrap().join(path).unwrap();
        WireRequest { method, url, headers: Default::default(), body: Default::default() }
    }

    async fn get(reads: &SharedReads, path: &str) -> String {
        let answer = reads.send(request(Method::GET, path)).await.unwrap();
        String::from_utf8(answer.body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn equal_reads_within_a_window_are_made_once() {
        let (reads, service) = reads(&[200]);
        let window = reads.window();
        let both = futures::future::join(get(&reads, "/a"), get(&reads, "/a")).await;
        assert_eq!(both, ("0".to_owned(), "0".to_owned()));
        assert_eq!((get(&reads, "/a").await, get(&reads, "/b").await), ("0".to_owned(), "1".to_owned()));
        drop(window);
        assert_eq!((get(&reads, "/a").await, get(&reads, "/a").await), ("2".to_owned(), "3".to_owned()));
        assert_eq!(service.seen.load(Ordering::SeqCst), 4);
    }

    #[tokio::test]
    async fn a_new_window_and_a_write_make_reads_new() {
        let (reads, _) = reads(&[200]);
        let _window = reads.window();
        assert_eq!(get(&reads, "/a").await, "0");
        reads.send(request(Method::POST, "/a")).await.unwrap();
        assert_eq!(get(&reads, "/a").await, "2");
        let _second = reads.window();
        assert_eq!(get(&reads, "/a").await, "3");
    }

    #[tokio::test]
    async fn a_failed_read_is_not_shared_with_those_who_come_later() {
        let (reads, service) = reads(&[0, 503, 203, 404]);
        let _window = reads.window();
        for _ in 0..5 {
            _ = reads.send(request(Method::GET, "/a")).await;
        }
        assert_eq!(service.seen.load(Ordering::SeqCst), 4, "lost, refused, asked to sign in, answered once");
    }
}
