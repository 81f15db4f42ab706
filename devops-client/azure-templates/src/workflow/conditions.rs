//! Conditions of `If`: an expression as a text, or an object of comparisons.

use jiff::Timestamp;
use serde_json::Value;

use super::expression::Piece;
use super::functions::Scope;
use crate::arm::lists;
use crate::arm::text;
use crate::arm::value::Val;

/// Comparisons of two values, in small letters.
const COMPARISONS: [&str; 8] =
    ["equals", "less", "lessorequals", "greater", "greaterorequals", "contains", "startswith", "endswith"];

#[derive(Clone, Debug)]
pub(super) enum Condition {
    Expr(Piece),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// A comparison by its name in small letters.
    Compare(&'static str, Piece, Piece),
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// What in it is not known, by name.
    pub fn read(value: &Value) -> Result<Self, String> {
        let Value::Object(map) = value else {
            return Piece::read(value).map(Self::Expr);
        };
        let mut entries = map.iter();
        let (Some((name, inner)), None) = (entries.next(), entries.next()) else {
            return Err(format!("a condition has one operator, not {}", map.len()));
        };
        let all = |inner: &Value| -> Result<Vec<Self>, String> {
            let items = inner.as_array().ok_or_else(|| format!("`{name}` takes a list of conditions"))?;
            items.iter().map(Self::read).collect()
        };
        match name.to_lowercase().as_str() {
            "and" => all(inner).map(Self::All),
            "or" => all(inner).map(Self::Any),
            "not" => Self::read(inner).map(|inner| Self::Not(Box::new(inner))),
            lower => {
                let known = COMPARISONS.iter().find(|known| **known == lower);
                let known = known.ok_or_else(|| format!("the operator `{name}` of a condition is not known"))?;
                match inner.as_array().map(Vec::as_slice) {
                    Some([a, b]) => Ok(Self::Compare(known, Piece::read(a)?, Piece::read(b)?)),
                    _ => Err(format!("`{name}` compares two values")),
                }
            }
        }
    }

    /// Whether it is met.
    ///
    /// # Errors
    /// Why that cannot be said.
    pub fn is_met(&self, scope: &Scope, now: Timestamp) -> Result<bool, String> {
        Ok(match self {
            Self::Expr(piece) => match scope.value(piece, now)? {
                Val::Bool(met) => met,
                other => return Err(format!("a condition is true or false, not {}", other.kind())),
            },
            Self::All(items) => {
                for item in items {
                    if !item.is_met(scope, now)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Any(items) => {
                for item in items {
                    if item.is_met(scope, now)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Not(inner) => !inner.is_met(scope, now)?,
            Self::Compare(name, a, b) => {
                let values = [scope.value(a, now)?, scope.value(b, now)?];
                let made = text::call(name, &values).or_else(|| lists::call(name, &values));
                match made.transpose()? {
                    Some(Val::Bool(met)) => met,
                    _ => {
                        return Err(format!("`{name}` does not compare {} and {}", values[0].kind(), values[1].kind()));
                    }
                }
            }
        })
    }

    /// The pieces in it.
    pub fn pieces(&self) -> Vec<&Piece> {
        match self {
            Self::Expr(piece) => vec![piece],
            Self::All(items) | Self::Any(items) => items.iter().flat_map(Self::pieces).collect(),
            Self::Not(inner) => inner.pieces(),
            Self::Compare(_, a, b) => vec![a, b],
        }
    }
}
