//! What waits for what, and carrying it out in that order.

use std::sync::mpsc::{Sender, channel};
use std::thread;

/// Names, and what each waits for.
pub(super) type Graph<'a> = Vec<(&'a str, &'a [String])>;

/// Everything that `name` waits for through others.
pub(super) fn indirect<'a>(graph: &Graph<'a>, name: &str) -> Vec<&'a str> {
    let of = |name: &str| {
        let found = graph.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, depends)| *depends).unwrap_or_default()
    };
    let mut found: Vec<&str> = Vec::new();
    let mut open: Vec<&str> = of(name).iter().flat_map(|name| of(name)).map(String::as_str).collect();
    while let Some(next) = open.pop() {
        if !found.contains(&next) {
            found.push(next);
            open.extend(of(next).iter().map(String::as_str));
        }
    }
    found
}

/// Says at its end that something has ended.
struct Word(Sender<usize>, usize);

impl Drop for Word {
    fn drop(&mut self) {
        let _ = self.0.send(self.1);
    }
}

/// Carries out each of `graph` on a thread when what it waits for has ended.
pub(super) fn in_order(graph: &Graph<'_>, carry_out: &(dyn Fn(usize) + Sync)) {
    thread::scope(|scope| {
        let (sender, ended) = channel();
        let mut waiting: Vec<usize> = (0..graph.len()).collect();
        let mut done: Vec<usize> = Vec::new();
        while done.len() < graph.len() {
            let has_ended = |name: &String| done.iter().any(|at| graph[*at].0.eq_ignore_ascii_case(name));
            let (ready, rest): (Vec<_>, Vec<_>) = waiting.iter().partition(|at| graph[**at].1.iter().all(has_ended));
            waiting = rest;
            for at in ready {
                let sender = sender.clone();
                scope.spawn(move || {
                    // said even if it panics, so that nobody waits for ever
                    let _word = Word(sender, at);
                    carry_out(at);
                });
            }
            // a plan has no circles, so something is under way as long as something waits
            match ended.recv() {
                Ok(at) => done.push(at),
                Err(_) => return,
            }
        }
    });
}
