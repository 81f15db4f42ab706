//! Chains of `if`, `elseif`, `else`: which branch is there, and under which condition if only a run decides.

use std::sync::Arc;

use crate::value::{Node, Unknown};

/// What a condition came to.
pub(super) enum Verdict {
    Holds,
    Fails,
    Open(Unknown),
}

/// What came before in a chain.
#[derive(Default)]
pub(super) struct Chain {
    /// Whether there is a chain to continue.
    begun: bool,
    /// Whether a branch certainly was taken.
    taken: bool,
    /// Conditions before that only a run decides.
    open: Vec<Arc<str>>,
}

impl Chain {
    /// Begins a chain anew.
    pub fn begin(&mut self) {
        *self = Self { begun: true, ..Self::default() };
    }

    /// Ends it: what comes next is no branch.
    pub fn end(&mut self) {
        *self = Self::default();
    }

    /// Whether an `elseif` or `else` may follow.
    pub fn goes_on(&self) -> bool {
        self.begun
    }

    /// Whether the next condition is asked at all.
    pub fn asks(&self) -> bool {
        !self.taken
    }

    /// Takes the next branch: outer `None` if it is not there; else the condition under which it is.
    pub fn next(&mut self, verdict: Verdict) -> Option<Option<Arc<str>>> {
        if self.taken {
            return None;
        }
        let mut terms: Vec<String> = self.open.iter().map(|condition| format!("not({condition})")).collect();
        match verdict {
            Verdict::Fails => return None,
            Verdict::Holds => self.taken = true,
            Verdict::Open(unknown) => {
                terms.push(unknown.expression.to_string());
                self.open.push(unknown.expression);
            }
        }
        Some(all(&terms))
    }
}

/// All of the conditions as one.
fn all(terms: &[String]) -> Option<Arc<str>> {
    match terms {
        [] => None,
        [one] => Some(Arc::from(one.as_str())),
        many => Some(Arc::from(format!("and({})", many.join(", ")))),
    }
}

/// Puts a value under one more condition.
pub(super) fn guard(mut node: Node, when: Option<&Arc<str>>) -> Node {
    let Some(when) = when else { return node };
    node.when = Some(match node.when {
        Some(inner) if &inner != when => Arc::from(format!("and({when}, {inner})")),
        _ => Arc::clone(when),
    });
    node
}
