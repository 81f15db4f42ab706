//! Conditions and runtime expressions: what they see of the run at that moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use azure_pipelines::expression::{Context, Scope, evaluate, parse};
use azure_pipelines::template::runtime;
use azure_pipelines::{Node, Number, Place, Value as Plain};

use crate::host::Host;
use crate::outcome::Outcome;
use crate::variables::Variables;

/// What a stage or a job has come to, and what its steps have handed on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Done {
    pub outcome: Outcome,
    /// `step.variable`, with the matrix entry or hook in front where there is one.
    pub outputs: BTreeMap<String, String>,
}

/// What has ended so far: jobs by stage and name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    pub stages: BTreeMap<String, Outcome>,
    pub jobs: BTreeMap<(String, String), Done>,
}

/// Where an expression stands.
pub(crate) enum Asking<'a> {
    /// The condition of a stage.
    Stage,
    /// A condition or variable of a job of that stage.
    Job(&'a str),
    /// The condition of a step.
    Step,
}

pub(crate) struct Moment<'a> {
    pub asking: Asking<'a>,
    pub board: &'a Board,
    pub variables: &'a Variables,
    /// What the functions about the past speak of: what it waits for directly, by name.
    pub direct: Vec<(String, Outcome)>,
    /// What those waited for in turn.
    pub indirect: Vec<(String, Outcome)>,
    pub cancelled: bool,
    /// Who keeps counters, where the value of a variable is asked for.
    pub counters: Option<&'a dyn Host>,
}

/// What `counter(prefix, seed)` gives. (Source: `CounterNode`, `CounterStore` of the service's pipelines library.)
fn counted(host: &dyn Host, arguments: &[Plain]) -> Option<Plain> {
    let prefix = arguments.first().map_or(Some("".into()), Plain::to_text)?;
    let seed = match arguments.get(1) {
        Some(seed) => seed.to_number()?.to_string().parse::<f64>().ok()?.round_ties_even(),
        None => 0.0,
    };
    let count = host.counter(&prefix, format!("{seed:.0}").parse().ok()?)?;
    Number::parse(&count.to_string()).map(Plain::Number)
}

fn map(entries: impl IntoIterator<Item = (String, Node)>) -> Node {
    let place = Place::nowhere();
    let entries = entries.into_iter().map(|(key, value)| (Node::given(&key), value)).collect();
    Node::new(Plain::Map(Arc::new(entries)), &place)
}

fn outputs(outputs: impl IntoIterator<Item = (String, String)>) -> Node {
    map(outputs.into_iter().map(|(name, value)| (name, Node::given(&value))))
}

fn done(outcome: Outcome, found: Node) -> Node {
    map([("result".to_owned(), Node::given(outcome.word())), ("outputs".to_owned(), found)])
}

impl Moment<'_> {
    fn jobs_of(&self, stage: &str) -> Node {
        let own = self.board.jobs.iter().filter(|((of, _), _)| of.eq_ignore_ascii_case(stage));
        map(own.map(|((_, name), job)| (name.clone(), done(job.outcome, outputs(job.outputs.clone())))))
    }

    /// Stages as conditions of stages see them: outputs by `job.step.variable`.
    fn stages(&self) -> Node {
        let outputs_of = |stage: &str| {
            let own = self.board.jobs.iter().filter(|((of, _), _)| of.eq_ignore_ascii_case(stage));
            let named = own.flat_map(|((_, job), done)| {
                done.outputs.iter().map(move |(name, value)| (format!("{job}.{name}"), value.clone()))
            });
            outputs(named.collect::<Vec<_>>())
        };
        map(self.board.stages.iter().map(|(name, outcome)| (name.clone(), done(*outcome, outputs_of(name)))))
    }
}

impl Scope for Moment<'_> {
    fn value(&self, name: &str) -> Option<Node> {
        Some(match (name.to_ascii_lowercase().as_str(), &self.asking) {
            ("variables", _) => {
                let value = |(name, _): (&str, _)| {
                    (name.to_owned(), Node::given(&self.variables.text(name).unwrap_or_default()))
                };
                map(self.variables.iter().map(value))
            }
            ("dependencies", Asking::Stage) => self.stages(),
            ("dependencies", Asking::Job(stage)) => self.jobs_of(stage),
            ("stagedependencies", Asking::Stage | Asking::Job(_)) => {
                map(self.board.stages.keys().map(|name| (name.clone(), self.jobs_of(name))))
            }
            _ => map([]),
        })
    }

    fn call(&self, function: &str, arguments: &[Plain]) -> Option<Plain> {
        if function == "counter" {
            return counted(self.counters?, arguments);
        }
        let names: Vec<String> = arguments.iter().filter_map(|name| Some(name.to_text()?.to_string())).collect();
        let named = |name: &str| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
        let all = || self.direct.iter().chain(&self.indirect);
        Some(Plain::Boolean(match (function, names.is_empty()) {
            ("always", _) => true,
            ("canceled", _) => self.cancelled,
            ("succeeded", true) => {
                !self.cancelled
                    && self.direct.iter().all(|(_, outcome)| outcome.is_good())
                    && self.indirect.iter().all(|(_, outcome)| outcome.is_good() || *outcome == Outcome::Skipped)
            }
            ("succeeded", false) => all().filter(|(name, _)| named(name)).all(|(_, outcome)| outcome.is_good()),
            ("failed", true) => !self.cancelled && all().any(|(_, outcome)| *outcome == Outcome::Failed),
            ("failed", false) => all().any(|(name, outcome)| named(name) && *outcome == Outcome::Failed),
            ("succeededorfailed", true) => !self.cancelled,
            ("succeededorfailed", false) => {
                let good = |outcome: Outcome| outcome.is_good() || outcome == Outcome::Failed;
                all().filter(|(name, _)| named(name)).all(|(_, outcome)| good(*outcome))
            }
            _ => return None,
        }))
    }
}

/// Whether a condition holds; `succeeded()` without one.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn holds(condition: Option<&str>, moment: &Moment<'_>) -> Result<bool, String> {
    let text = condition.unwrap_or("succeeded()");
    // `and(…)` may be written as `$[ and(…) ]` too
    let value = worth(runtime(text).unwrap_or(text), Context::Condition, moment)?;
    Ok(value.is_true())
}

/// The text that `$[ … ]` comes to; any other text is itself.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn known(text: &str, moment: &Moment<'_>) -> Result<String, String> {
    let Some(body) = runtime(text) else { return Ok(text.to_owned()) };
    let node = Node::new(worth(body, Context::Runtime, moment)?, &Place::nowhere());
    Ok(match node.value.to_text() {
        Some(text) => text.to_string(),
        None => azure_json(&node),
    })
}

fn azure_json(node: &Node) -> String {
    node.to_json().to_string()
}

fn worth(text: &str, context: Context, moment: &Moment<'_>) -> Result<Plain, String> {
    let wrong = |message: String| format!("`{text}`: {message}");
    let tree = parse::<&str>(text, context, &[]).map_err(|error| wrong(error.message))?;
    let node = evaluate(&tree, moment, &Place::nowhere()).map_err(|error| wrong(error.message))?;
    match node.value {
        Plain::Unknown(unknown) => Err(wrong(format!("`{}` is not known on this machine", unknown.expression))),
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::Value;

    fn check(asking: Asking<'_>, condition: &str, direct: &[(&str, Outcome)]) -> Result<bool, String> {
        let mut board = Board::default();
        board.stages.insert("Prepare".to_owned(), Outcome::Succeeded);
        let outputs = BTreeMap::from([("claim.release".to_owned(), "true".to_owned())]);
        let done = Done { outcome: Outcome::Succeeded, outputs };
        board.jobs.insert(("Prepare".to_owned(), "Check".to_owned()), done);
        let mut variables = Variables::default();
        variables.set("Build.SourceBranch", Value::plain("refs/heads/main"));
        let direct = direct.iter().map(|(name, outcome)| ((*name).to_owned(), *outcome)).collect();
        let moment = Moment {
            asking,
            board: &board,
            variables: &variables,
            direct,
            indirect: Vec::new(),
            cancelled: false,
            counters: None,
        };
        holds(Some(condition), &moment)
    }

    #[test]
    fn stages_jobs_and_steps_see_outputs_in_their_own_way() {
        let good = [("Prepare", Outcome::Succeeded)];
        for (asking, condition) in [
            (Asking::Stage, "and(succeeded(), eq(dependencies.Prepare.outputs['Check.claim.release'], 'true'))"),
            (Asking::Stage, "eq(stageDependencies.Prepare.Check.outputs['claim.release'], true)"),
            (Asking::Stage, "in(dependencies.prepare.result, 'Succeeded', 'Skipped')"),
            (Asking::Job("Prepare"), "eq(dependencies.Check.outputs['claim.release'], 'true')"),
            (Asking::Job("Next"), "eq(stageDependencies.Prepare.Check.outputs['claim.release'], 'true')"),
            (Asking::Step, "eq(variables['build.sourcebranch'], 'refs/heads/main')"),
        ] {
            assert_eq!(check(asking, condition, &good), Ok(true), "{condition}");
        }
    }

    #[test]
    fn the_past_decides() {
        let failed = [("a", Outcome::Succeeded), ("b", Outcome::Failed)];
        for (condition, expected) in [
            ("succeeded()", false),
            ("succeeded('a')", true),
            ("failed()", true),
            ("failed('a')", false),
            ("succeededOrFailed()", true),
            ("or(canceled(), always())", true),
            ("canceled()", false),
        ] {
            assert_eq!(check(Asking::Stage, condition, &failed), Ok(expected), "{condition}");
        }
        assert_eq!(check(Asking::Stage, "succeeded()", &[("a", Outcome::Skipped)]), Ok(false));
        assert!(check(Asking::Stage, "counter()", &[]).is_err());
    }
}
