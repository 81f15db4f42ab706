//! Numbers in YAML.

use crate::artifacts::fragment::Fragment;

/// A number that every YAML reader takes for one: no exponent.
pub(super) fn number(value: f64) -> Fragment {
    Fragment::new(format!("{value}"))
}
