//! Points in time as the service writes them.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// A point in time, kept as the service wrote it, so that sending it back changes nothing.
///
/// The service writes RFC 3339, but also `0001-01-01T00:00:00` for "never": ask [`Timestamp::instant`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// A moment, written as RFC 3339 in UTC.
    pub fn from_system(time: SystemTime) -> Self {
        Self(azure_core::time::to_rfc3339(&time.into()))
    }

    /// The text as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment meant; `None` for "never" and for text that is no time.
    pub fn instant(&self) -> Option<SystemTime> {
        if self.0.starts_with("0001-") {
            return None;
        }
        azure_core::time::parse_rfc3339(&self.0).ok().map(SystemTime::from)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_time_is_read_with_the_services_seven_digits_and_never_is_none() {
        let time: Timestamp = serde_json::from_str(r#""1970-01-01T00:00:01.5000000Z""#).unwrap();
        assert_eq!(time.instant(), Some(UNIX_EPOCH + Duration::from_millis(1500)));
        let never: Timestamp = serde_json::from_str(r#""0001-01-01T00:00:00""#).unwrap();
        assert_eq!(never.instant(), None);
        assert_eq!(serde_json::to_string(&never).unwrap(), r#""0001-01-01T00:00:00""#);
    }
}
