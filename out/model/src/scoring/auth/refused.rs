//! The refusal of whoever does not say who they are.

use crate::scoring::problem::{Problem, ProblemCode};

pub(crate) fn unauthenticated(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(ProblemCode::Unauthenticated, detail)
}
