//! Loops and branches: `Foreach`, `Until` and `Switch`. (Documents: "Schema reference for trigger and action types", "Run
//! loops to repeat actions in workflows", "Limits and configuration reference for Azure Logic Apps".)
//!
//! Iterations of `Foreach` go one after the other here, which is one of the orders in which a service may carry them out;
//! the time that they take adds up.

use jiff::SignedDuration;
use serde_json::Value;

use super::conditions::Condition;
use super::expression::Piece;
use super::read::{Action, actions, any, unknown};
use super::run::{Run, Status};
use crate::arm::time;
use crate::arm::value::Val;

/// Items that a `Foreach` goes through at most.
const ITEMS: usize = 100_000;

/// Iterations of `Foreach` that a service may carry out at once.
const REPETITIONS: std::ops::RangeInclusive<u64> = 1..=50;

/// Cases of a `Switch` at most.
const CASES: usize = 25;

/// Iterations of an `Until` where nothing is said, and at most.
const COUNT: (u64, u64) = (60, 5_000);

/// How long an `Until` goes on where nothing is said.
const LASTS: SignedDuration = SignedDuration::from_hours(1);

#[derive(Clone, Debug)]
pub(super) struct Foreach {
    pub list: Piece,
    pub actions: Vec<Action>,
}

#[derive(Clone, Debug)]
pub(super) struct Switch {
    pub value: Piece,
    pub cases: Vec<(Val, Vec<Action>)>,
    pub default: Vec<Action>,
}

#[derive(Clone, Debug)]
pub(super) struct Until {
    pub condition: Condition,
    pub actions: Vec<Action>,
    count: u64,
    timeout: SignedDuration,
    /// Whether it fails where a limit ends it.
    strict: bool,
}

/// What may stand in no loop.
fn looped(actions: &[Action], wrong: &mut Vec<String>) {
    if any(actions, &|what| matches!(what, super::read::What::Response { .. })) {
        wrong.push("an action Response stands in no loop".to_owned());
    }
    if any(actions, &|what| matches!(what, super::read::What::Terminate { .. })) {
        wrong.push("an action Terminate stands in no loop".to_owned());
    }
}

impl Foreach {
    pub fn read(body: &Value, wrong: &mut Vec<String>) -> Option<Self> {
        let repetitions = &body["runtimeConfiguration"]["concurrency"]["repetitions"];
        unknown(&body["runtimeConfiguration"], &["concurrency"], wrong);
        unknown(&body["runtimeConfiguration"]["concurrency"], &["repetitions"], wrong);
        let option = body["operationOptions"].as_str();
        match option {
            None | Some("Sequential") => {}
            Some(other) => wrong.push(format!("the option {other} of a Foreach is not known")),
        }
        if option.is_some() && !repetitions.is_null() {
            wrong.push("a Foreach has `operationOptions` or `repetitions`, not both".to_owned());
        }
        if !repetitions.is_null() && !repetitions.as_u64().is_some_and(|count| REPETITIONS.contains(&count)) {
            wrong.push(format!("`repetitions` of a Foreach is a number from 1 to 50, not {repetitions}"));
        }
        let actions = actions(&body["actions"], wrong);
        looped(&actions, wrong);
        match body.get("foreach").map(Piece::read) {
            Some(Ok(list)) => Some(Self { list, actions }),
            Some(Err(why)) => {
                wrong.push(why);
                None
            }
            None => {
                wrong.push("a Foreach has `foreach`, the list that it goes through".to_owned());
                None
            }
        }
    }
}

impl Switch {
    pub fn read(body: &Value, wrong: &mut Vec<String>) -> Option<Self> {
        let value = match body.get("expression").map(Piece::read) {
            Some(Ok(value)) => value,
            Some(Err(why)) => {
                wrong.push(why);
                return None;
            }
            None => {
                wrong.push("a Switch has an `expression`".to_owned());
                return None;
            }
        };
        let mut cases: Vec<(Val, Vec<Action>)> = Vec::new();
        for (name, case) in body["cases"].as_object().into_iter().flatten() {
            unknown(case, &["case", "actions"], wrong);
            let own = &case["case"];
            if !own.is_string() && !own.is_i64() {
                wrong.push(format!("case {name} of a Switch is a text or a whole number, not {own}"));
            }
            let own = Val::from_json(own.clone());
            if cases.iter().any(|(other, _)| *other == own) {
                wrong.push(format!("the value of case {name} of a Switch is that of another"));
            }
            cases.push((own, actions(&case["actions"], wrong)));
        }
        if cases.len() > CASES {
            wrong.push(format!("a Switch has {CASES} cases at most, not {}", cases.len()));
        }
        unknown(&body["default"], &["actions"], wrong);
        let default = actions(&body["default"]["actions"], wrong);
        Some(Self { value, cases, default })
    }

    /// Its branches, the default last.
    pub fn branches(&self) -> impl Iterator<Item = &[Action]> {
        self.cases.iter().map(|(_, actions)| actions.as_slice()).chain([self.default.as_slice()])
    }
}

impl Until {
    pub fn read(body: &Value, wrong: &mut Vec<String>) -> Option<Self> {
        let limit = &body["limit"];
        unknown(limit, &["count", "timeout"], wrong);
        let count = match &limit["count"] {
            Value::Null => COUNT.0,
            given => given.as_u64().filter(|count| (1..=COUNT.1).contains(count)).unwrap_or_else(|| {
                wrong.push(format!("`limit.count` of an Until is a number from 1 to {}, not {given}", COUNT.1));
                COUNT.0
            }),
        };
        let timeout = match &limit["timeout"] {
            Value::Null => LASTS,
            given => given.as_str().and_then(|text| time::length(text).ok()).unwrap_or_else(|| {
                wrong.push(format!("`limit.timeout` of an Until is a duration such as PT1H, not {given}"));
                LASTS
            }),
        };
        let strict = match body["operationOptions"].as_str() {
            None => false,
            Some("FailWhenLimitsReached") => true,
            Some(other) => {
                wrong.push(format!("the option {other} of an Until is not known"));
                false
            }
        };
        let actions = actions(&body["actions"], wrong);
        looped(&actions, wrong);
        let condition = Condition::read(&body["expression"]).map_err(|why| wrong.push(why)).ok()?;
        Some(Self { condition, actions, count, timeout, strict })
    }
}

impl Run<'_> {
    /// Every item is gone through, also where the actions of one have failed. Outside of the loop nothing refers to them.
    pub(super) fn foreach(&mut self, name: &str, each: &Foreach) -> Result<(Status, Val), String> {
        let items = match self.scope.value(&each.list, self.world.now())? {
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
    pub(super) fn switch(&mut self, switch: &Switch) -> Result<(Status, Val), String> {
        let value = self.scope.value(&switch.value, self.world.now())?;
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
    pub(super) fn until(&mut self, until: &Until) -> Result<(Status, Val), String> {
        let began = self.world.now();
        let mut iterations = 0;
        loop {
            self.forget(&until.actions);
            let status = self.actions(&until.actions);
            iterations += 1;
            let now = self.world.now();
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
                    return Err(format!("the loop has reached its limits after {iterations} iterations, and its condition is not met"));
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
}
