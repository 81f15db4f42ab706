//! When the next call may go, decided from what the answers so far have said. Pure: times come in, waits go out.

use std::collections::VecDeque;
use std::time::Duration;

/// What one response says about the budget.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Signals {
    /// A success.
    pub(super) answered: bool,
    /// 429.
    pub(super) blocked: bool,
    pub(super) retry_after: Option<Duration>,
    /// `X-RateLimit-Limit`, in units.
    pub(super) limit: Option<f64>,
    /// `X-RateLimit-Remaining`, in units.
    pub(super) remaining: Option<f64>,
}

/// Decides from what it has seen when the next call may go.
///
/// It keeps the times at which its own calls ended. The service counted each of them no later than that, so a call
/// has left the service's window once the window's length has passed since. Own calls, plus what others seem to have
/// used, never exceed the limit that the service has named. A block without a named limit is waited for as long as it
/// says, and teaches nothing more: only when the service blocks again at once are calls spaced out for a while, as far
/// apart as it has let them through.
#[derive(Debug)]
pub(super) struct Budget {
    window: Duration,
    pub(super) not_before: Duration,
    in_flight: usize,
    ended: VecDeque<Duration>,
    limit: Option<f64>,
    spacing: Option<Spacing>,
    /// The time since the last block without a named limit.
    spell: Option<Spell>,
    /// The time between the last two such blocks, while calls of it are under way.
    closed: Option<Closed>,
    /// Until when a wait was told of.
    told: Duration,
    /// Units that one call costs, as far as the answers show; at most 1, since more is counted as use by others.
    cost: f64,
    /// Units in the window that were not ours.
    others: f64,
    /// When the next call may go while others leave no room.
    probe: Duration,
}

/// Calls one after the other, `every` so often, until a time.
#[derive(Debug, Clone, Copy)]
struct Spacing {
    every: Duration,
    next: Duration,
    until: Duration,
}

/// The time since a block.
#[derive(Debug, Clone, Copy)]
struct Spell {
    since: Duration,
    /// Calls that were let through since then and answered.
    answered: u32,
}

/// A spell that a block has ended. A block is known before the answers to calls that were sent with it, so how many calls
/// the service has let through is known when the last of them has ended.
#[derive(Debug, Clone, Copy)]
struct Closed {
    spell: Spell,
    ended: Duration,
    under_way: usize,
}

/// Fewer answers than this between two blocks: waiting as long as the service says is not enough.
const TOO_FEW: usize = 3;

/// A wait that is at least so long is told of.
const LONG: Duration = Duration::from_secs(2);

impl Budget {
    pub(super) fn new(window: Duration) -> Self {
        Self {
            window,
            not_before: Duration::ZERO,
            in_flight: 0,
            ended: VecDeque::new(),
            limit: None,
            spacing: None,
            spell: None,
            closed: None,
            told: Duration::ZERO,
            cost: 1.0,
            others: 0.0,
            probe: Duration::ZERO,
        }
    }

    /// Lets one call through (`None`), or says how long to wait before asking again.
    pub(super) fn admit(&mut self, now: Duration) -> Option<Duration> {
        if now < self.not_before {
            return Some(self.not_before - now);
        }
        self.forget(now);
        if let Some(limit) = self.limit {
            let mine = (self.ended.len() + self.in_flight + 1) as f64 * self.cost;
            if mine > limit
                && let Some(oldest) = self.ended.front()
            {
                return Some((*oldest + self.window).saturating_sub(now).max(Duration::from_millis(1)));
            }
            // Others have used the rest up: go on one at a time, to learn when it gets better.
            if mine + self.others > limit {
                let gap = self.window.div_f64(limit.max(1.0)).max(Duration::from_millis(1));
                if self.in_flight > 0 {
                    return Some(gap);
                }
                if now < self.probe {
                    return Some(self.probe - now);
                }
                self.probe = now + gap;
            }
        }
        if let Some(spacing) = &mut self.spacing {
            if now < spacing.next {
                return Some(spacing.next - now);
            }
            spacing.next = now + spacing.every;
        }
        self.in_flight += 1;
        None
    }

    /// Takes note of a call's end and of what its response said.
    pub(super) fn settle(&mut self, now: Duration, admitted: Duration, signals: &Signals) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.ended.push_back(now);
        self.forget(now);
        if let Some(pause) = signals.retry_after {
            self.not_before = self.not_before.max(now + pause);
        }
        let own = (self.ended.len() + self.in_flight) as f64;
        if let Some(units) = signals.limit {
            self.limit = Some(units);
            self.spacing = None;
            if let Some(remaining) = signals.remaining {
                let used = (units - remaining).max(0.0);
                // Only calls that are in the figure for certain: they had ended before this one was sent, and none of
                // them can have left the service's window. So the cost is never taken for less than it is.
                let certain = |ended: &&Duration| **ended <= admitted && **ended + self.window / 2 > now;
                let counted = self.ended.iter().filter(certain).count();
                if counted > 0 {
                    self.cost = (used / counted as f64).clamp(0.001, 1.0);
                }
                self.others = (used - own * self.cost).max(0.0);
            }
        } else if signals.answered && !signals.blocked {
            // The headers come when the limit is near: it no longer is.
            self.others = 0.0;
            self.probe = Duration::ZERO;
        }
        let burst = self.spell.is_some_and(|spell| admitted < spell.since);
        if burst {
            self.end_of_closed(now, admitted, signals.answered);
        } else if signals.blocked && self.limit.is_none() {
            self.close(now);
        } else if let Some(spell) = &mut self.spell {
            spell.answered += u32::from(signals.answered);
        }
    }

    /// Takes note of the end of a call that was sent before the last block was known. Were it blocked too, that is the same
    /// block.
    fn end_of_closed(&mut self, now: Duration, admitted: Duration, answered: bool) {
        if let Some(closed) = &mut self.closed {
            closed.under_way = closed.under_way.saturating_sub(1);
            closed.spell.answered += u32::from(answered && admitted >= closed.spell.since);
            if closed.under_way == 0 {
                self.learn(now);
            }
        }
    }

    /// Ends a spell by a block.
    fn close(&mut self, now: Duration) {
        self.learn(now);
        let spell = self.spell.filter(|spell| now < spell.since + self.window);
        self.closed = spell.map(|spell| Closed { spell, ended: now, under_way: self.in_flight });
        self.spell = Some(Spell { since: now, answered: 0 });
        if self.in_flight == 0 {
            self.learn(now);
        }
    }

    /// Spaces calls out where the service has blocked again although its last block was waited for.
    fn learn(&mut self, now: Duration) {
        // Where another block comes first, what is still under way may yet be answered.
        if let Some(Closed { spell, ended, under_way }) = self.closed.take()
            && spell.answered as usize + under_way < TOO_FEW
        {
            let every = (ended - spell.since) / (spell.answered + 1);
            self.spacing = Some(Spacing { every, next: now, until: now + self.window });
        }
    }

    /// Whether a wait from `now` on is to be told of: it is long, and it is not part of one that was told of.
    pub(super) fn tell(&mut self, now: Duration, wait: Duration) -> bool {
        let told = wait >= LONG && now >= self.told;
        if told {
            self.told = now + wait;
        }
        told
    }

    fn forget(&mut self, now: Duration) {
        while self.ended.front().is_some_and(|ended| *ended + self.window <= now) {
            self.ended.pop_front();
        }
        self.spacing = self.spacing.filter(|spacing| now < spacing.until);
    }
}

#[cfg(test)]
mod tests;
