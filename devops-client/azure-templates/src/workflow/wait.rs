//! `Wait`: for a while, or until a point in time.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::expression::Piece;
use super::functions::Scope;
use crate::arm::value::Val;
use crate::arm::{lists, text, time};

#[derive(Clone, Debug)]
pub(super) enum Pause {
    /// A number of units, each that many seconds.
    For(Piece, i64),
    Until(Piece),
}

impl Pause {
    /// Reads the inputs of the action.
    ///
    /// # Errors
    /// What in them is not known.
    pub fn read(inputs: &Value, piece: &mut dyn FnMut(&Value) -> Option<Piece>) -> Result<Self, String> {
        let keys: Vec<&str> = inputs.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        match keys.as_slice() {
            ["interval"] => {
                let seconds = match inputs["interval"]["unit"].as_str().unwrap_or_default() {
                    "Second" => 1,
                    "Minute" => 60,
                    "Hour" => 3_600,
                    "Day" => 86_400,
                    "Week" => 604_800,
                    other => return Err(format!("the unit `{other}` of a Wait is not known")),
                };
                let count = piece(&inputs["interval"]["count"]).ok_or("the count of a Wait cannot be read")?;
                Ok(Self::For(count, seconds))
            }
            ["until"] => piece(&inputs["until"]["timestamp"])
                .map(Self::Until)
                .ok_or("the time of a Wait cannot be read".to_owned()),
            _ => Err("a Wait has an `interval` or an `until`".to_owned()),
        }
    }

    /// How long that is from now on.
    ///
    /// # Errors
    /// Why it is no length of time.
    pub fn length(&self, scope: &Scope, now: Timestamp) -> Result<SignedDuration, String> {
        match self {
            Self::For(count, seconds) => {
                let count = number(scope.value(count, now)?)?;
                let length = count.checked_mul(*seconds).filter(|length| *length >= 0);
                length.map(SignedDuration::from_secs).ok_or_else(|| format!("nobody waits for {count} units"))
            }
            Self::Until(at) => {
                let at = time::point(&text::shown(&scope.value(at, now)?)?)?;
                Ok(at.duration_since(now).max(SignedDuration::ZERO))
            }
        }
    }
}

/// The whole number that a value is.
///
/// # Errors
/// If it is none.
pub(super) fn number(value: Val) -> Result<i64, String> {
    match lists::call("int", &[value]).transpose()? {
        Some(Val::Number(number)) => number.as_i64().ok_or_else(|| format!("{number} is no whole number")),
        _ => Err("a whole number is counted".to_owned()),
    }
}
