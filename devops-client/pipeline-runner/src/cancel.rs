//! A request to end, heard at once by whoever waits for something.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A request to end that may come at any time. Clones are the same request.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    asked: bool,
    listeners: Vec<Sender<()>>,
}

impl Cancel {
    /// Asks everything that goes on under it to end.
    pub fn ask(&self) {
        let mut inner = self.lock();
        inner.asked = true;
        for listener in inner.listeners.drain(..) {
            // who has gone needs no word
            let _ = listener.send(());
        }
    }

    /// Whether it was asked.
    pub fn is_asked(&self) -> bool {
        self.lock().asked
    }

    /// Sends one word when it is asked; at once if it was.
    pub fn listen(&self, listener: Sender<()>) {
        let mut inner = self.lock();
        if inner.asked {
            let _ = listener.send(());
        } else {
            inner.listeners.push(listener);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
