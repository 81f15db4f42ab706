//! What the lock's branch says.

use std::sync::{LazyLock, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::holder::Holder;

/// The nonces of locks that this process holds: a lock of this process that is not among them was dropped.
static HELD_HERE: LazyLock<std::sync::Mutex<std::collections::BTreeSet<String>>> = LazyLock::new(Default::default);

/// Who holds the lock, and for how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    nonce: String,
    holder: Holder,
    since: String,
    lapses: String,
}

/// A name for one lock, known in this process as long as the lock lives.
#[derive(Debug)]
pub(super) struct Nonce(String);

impl Nonce {
    pub(super) fn new() -> Self {
        let nonce = uuid::Uuid::new_v4().to_string();
        HELD_HERE.lock().unwrap_or_else(PoisonError::into_inner).insert(nonce.clone());
        Self(nonce)
    }
}

impl Drop for Nonce {
    fn drop(&mut self) {
        HELD_HERE.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

impl Record {
    /// What `holder` says from now on, for `lease`.
    pub(super) fn new(holder: &Holder, nonce: &Nonce, since: Timestamp, lease: Duration) -> Self {
        let lease = SignedDuration::try_from(lease).unwrap_or(SignedDuration::MAX);
        let lapses = Timestamp::now().checked_add(lease).unwrap_or(Timestamp::MAX);
        Self { nonce: nonce.0.clone(), holder: holder.clone(), since: text(since), lapses: text(lapses) }
    }

    /// Reads what a branch says.
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The text of the file.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).expect("a record serialises") + "\n"
    }

    /// Title of the commit.
    pub(super) fn title(&self) -> String {
        format!("mlops-gen: apply lock of {} until {} ({})", self.holder.who, self.lapses, self.nonce)
    }

    /// The same lock, over already.
    pub(super) fn lapsed(self) -> Self {
        Self { lapses: text(Timestamp::UNIX_EPOCH), ..self }
    }

    /// Whether nobody holds it any more: it has lapsed, or its holder is known to be dead.
    pub(super) fn is_over(&self, seen_by: &Holder, now: Timestamp, grace: Duration) -> bool {
        let lapsed = self.end(grace).is_some_and(|end| now > end);
        let here = seen_by.is_same_process(&self.holder);
        let dropped = here && !HELD_HERE.lock().unwrap_or_else(PoisonError::into_inner).contains(&self.nonce);
        lapsed || dropped || seen_by.knows_dead(&self.holder)
    }

    fn end(&self, grace: Duration) -> Option<Timestamp> {
        let lapses: Timestamp = self.lapses.parse().ok()?;
        lapses.checked_add(SignedDuration::try_from(grace).ok()?).ok()
    }

    /// Who, for a message.
    pub(super) fn holder(&self) -> String {
        format!("{} on {} (process {})", self.holder.who, self.holder.host, self.holder.pid)
    }

    /// Since when, for a message.
    pub(super) fn since(&self) -> &str {
        &self.since
    }

    /// When others may take it, for a message.
    pub(super) fn lapses(&self, grace: Duration) -> String {
        self.end(grace).map_or_else(|| "a time that cannot be read".to_owned(), text)
    }
}

/// To the second.
fn text(time: Timestamp) -> String {
    time.round(jiff::Unit::Second).unwrap_or(time).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};

    use super::{Nonce, Record};
    use crate::edge::remote::lock::Holder;

    const LEASE: Duration = Duration::from_secs(120);
    const GRACE: Duration = Duration::from_secs(30);

    fn elsewhere() -> Holder {
        Holder { who: "ada".into(), host: "laptop".into(), place: "elsewhere".into(), pid: 7, began: "1".into() }
    }

    #[test]
    fn a_lock_is_over_when_it_has_lapsed_for_every_clock() {
        let nonce = Nonce::new();
        let record = Record::new(&elsewhere(), &nonce, Timestamp::now(), LEASE);
        let after = |seconds: i64| Timestamp::now() + SignedDuration::from_secs(seconds);
        let me = Holder::here();
        assert!(!record.is_over(&me, after(0), GRACE) && !record.is_over(&me, after(125), GRACE));
        assert!(record.is_over(&me, after(155), GRACE));
        assert!(record.lapsed().is_over(&me, after(0), GRACE));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_lock_of_this_process_is_over_when_it_was_dropped() {
        let nonce = Nonce::new();
        let me = Holder::here();
        let record = Record::new(&me, &nonce, Timestamp::now(), LEASE);
        assert!(!record.is_over(&me, Timestamp::now(), GRACE));
        drop(nonce);
        assert!(record.is_over(&me, Timestamp::now(), GRACE));
    }

    #[test]
    fn a_record_survives_being_written_and_tells_who_and_when() {
        let record = Record::new(&elsewhere(), &Nonce::new(), Timestamp::UNIX_EPOCH, LEASE);
        assert_eq!(Record::parse(&record.to_text()), Some(record.clone()));
        assert_eq!((record.holder().as_str(), record.since()), ("ada on laptop (process 7)", "1970-01-01T00:00:00Z"));
        assert!(Record::parse("by hand").is_none());
    }
}
