//! Loops and branches: `Foreach`, `Until` and `Switch`, read. (Documents: "Schema reference for trigger and action types", "Run
//! loops to repeat actions in workflows", "Limits and configuration reference for Azure Logic Apps".)

use jiff::SignedDuration;
use serde_json::Value;

use super::conditions::Condition;
use super::expression::Piece;
use super::keys::unknown;
use crate::arm::time;
use crate::arm::value::Val;

/// Iterations of `Foreach` that a service may carry out at once.
const REPETITIONS: std::ops::RangeInclusive<u64> = 1..=50;

/// Cases of a `Switch` at most.
const CASES: usize = 25;

/// Iterations of an `Until` where nothing is said, and at most.
const COUNT: (u64, u64) = (60, 5_000);

/// How long an `Until` goes on where nothing is said.
const LASTS: SignedDuration = SignedDuration::from_hours(1);

/// A loop over the items of a list; `A` is what is carried out for each.
#[derive(Clone, Debug)]
pub(super) struct Foreach<A> {
    pub list: Piece,
    pub actions: Vec<A>,
}

/// Branches by the value of an expression.
#[derive(Clone, Debug)]
pub(super) struct Switch<A> {
    pub value: Piece,
    pub cases: Vec<(Val, Vec<A>)>,
    pub default: Vec<A>,
}

/// A loop until a condition is met.
#[derive(Clone, Debug)]
pub(super) struct Until<A> {
    pub condition: Condition,
    pub actions: Vec<A>,
    pub count: u64,
    pub timeout: SignedDuration,
    /// Whether it fails where a limit ends it.
    pub strict: bool,
}

/// What reads the actions of a scope.
type Actions<'a, A> = &'a mut dyn FnMut(&Value, &mut Vec<String>) -> Vec<A>;

impl<A> Foreach<A> {
    pub fn read(body: &Value, actions: Actions<'_, A>, wrong: &mut Vec<String>) -> Option<Self> {
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

impl<A> Switch<A> {
    pub fn read(body: &Value, actions: Actions<'_, A>, wrong: &mut Vec<String>) -> Option<Self> {
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
        let mut cases: Vec<(Val, Vec<A>)> = Vec::new();
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
    pub fn branches(&self) -> impl Iterator<Item = &[A]> {
        self.cases.iter().map(|(_, actions)| actions.as_slice()).chain([self.default.as_slice()])
    }
}

impl<A> Until<A> {
    pub fn read(body: &Value, actions: Actions<'_, A>, wrong: &mut Vec<String>) -> Option<Self> {
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
        let condition = Condition::read(&body["expression"]).map_err(|why| wrong.push(why)).ok()?;
        Some(Self { condition, actions, count, timeout, strict })
    }
}
