//! Loops and branches, carried out. Iterations of `Foreach` go one after the other, which is one of the orders in which the
//! service may carry them out; the time that they take adds up.

use super::control::{Foreach, Switch, Until};
use super::expression::Piece;
use super::read::Action;
use super::run::{Run, Status};
use super::wait::number;
use crate::arm::value::Val;

/// Items that a `Foreach` goes through at most.
const ITEMS: usize = 100_000;

impl Run<'_> {
    /// Every item is gone through, also where the actions of one have failed. Outside of the loop nothing refers to them.
    pub(super) fn foreach(&mut self, name: &str, each: &Foreach<Action>) -> Result<(Status, Val), String> {
        let items = match self.scope.value(&each.list, self.host.now())? {
            Val::List(items) if items.len() <= ITEMS => items,
            Val::List(items) => return Err(format!("a Foreach goes through {ITEMS} items, not {}", items.len())),
            other => {
                return Err(format!(
                    "ExpressionEvaluationFailed: the result of the evaluation of 'foreach' is {}. The result must be a valid array.",
                    other.kind()
                ));
            }
        };
        let mut status = Status::Succeeded;
        for item in items {
            self.scope.items.push((name.to_owned(), item));
            let ended = self.actions(&each.actions);
            self.scope.items.pop();
            self.forget(&each.actions);
            if ended != Status::Succeeded {
                status = Status::Failed;
            }
        }
        Ok((status, Val::Null))
    }

    /// One branch is carried out, the others are skipped.
    pub(super) fn switch(&mut self, switch: &Switch<Action>) -> Result<(Status, Val), String> {
        let value = self.scope.value(&switch.value, self.host.now())?;
        let chosen = switch.cases.iter().position(|(case, _)| *case == value).unwrap_or(switch.cases.len());
        let mut status = Status::Succeeded;
        for (at, branch) in switch.branches().enumerate() {
            if at == chosen {
                status = self.actions(branch);
            } else {
                branch.iter().for_each(|inner| self.skip(inner));
            }
        }
        Ok((status, Val::Object(vec![("expressionResult".to_owned(), value)])))
    }

    /// The actions, then the condition, until it is met or a limit is reached. It has ended as its last iteration did.
    pub(super) fn until(&mut self, until: &Until<Action>) -> Result<(Status, Val), String> {
        let began = self.host.now();
        let mut iterations = 0;
        loop {
            self.forget(&until.actions);
            let status = self.actions(&until.actions);
            iterations += 1;
            let now = self.host.now();
            let made = Val::Object(vec![("iterationsCount".to_owned(), Val::int(iterations))]);
            if until.condition.is_met(&self.scope, now)? {
                return Ok((status, made));
            }
            let over = u64::try_from(iterations).unwrap_or(u64::MAX) >= until.count
                || now.duration_since(began) >= until.timeout;
            match (over, until.strict) {
                (false, _) => {}
                (true, false) => return Ok((status, made)),
                (true, true) => {
                    return Err(format!(
                        "the loop has reached its limits after {iterations} iterations, and its condition is not met"
                    ));
                }
            }
        }
    }

    /// What actions came to in the iteration before.
    fn forget(&mut self, actions: &[Action]) {
        for action in actions {
            self.scope.actions.remove(&action.name);
            for inner in action.what.inner() {
                self.forget(inner);
            }
        }
    }

    /// Lets a variable grow or shrink by a number.
    pub(super) fn count(&mut self, name: &str, by: &Piece, up: bool) -> Result<Val, String> {
        let by = number(self.scope.value(by, self.host.now())?)?;
        let by = if up { Some(by) } else { by.checked_neg() };
        let variable = self.scope.variables.get_mut(name);
        let variable =
            variable.ok_or_else(|| format!("the variable '{name}' must be initialized before it is counted"))?;
        let next = number(variable.clone())?.checked_add(by.unwrap_or_default()).ok_or("the number is too great")?;
        *variable = Val::int(next);
        let body = vec![("name".to_owned(), Val::text(name)), ("value".to_owned(), Val::int(next))];
        Ok(Val::Object(vec![("body".to_owned(), Val::Object(body))]))
    }
}
