//! What steps come to. No agent runs here: a step succeeds unless its script plainly ends the shell with an error, or the
//! organization has been told what it shall come to.

use serde_json::{Map, Value};

use super::model::Step;
use crate::core::Organization;
use crate::core::json::wildcard;
pub use crate::state::runs::Scripted;

/// What a step came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// `succeeded`, `succeededWithIssues` or `failed`.
    pub result: String,
    /// Output variables by name.
    pub outputs: Map<String, Value>,
    /// Lines of its log.
    pub log: Vec<String>,
    /// Tags for its run.
    pub tags: Vec<String>,
}

/// Carries out a step of a pipeline.
pub fn run(organization: &mut Organization, pipeline: &str, step: &Step) -> Done {
    let scripted = organization.scripted.iter_mut().find(|scripted| {
        scripted.times != Some(0) && wildcard(&scripted.pipeline, pipeline) && wildcard(&scripted.step, &step.display)
    });
    let mut done =
        Done { result: "succeeded".to_owned(), outputs: outputs(&step.script), log: Vec::new(), tags: Vec::new() };
    if let Some(scripted) = scripted {
        scripted.times = scripted.times.map(|times| times - 1);
        done.result = scripted.result.clone();
        done.outputs.extend(scripted.outputs.clone());
        done.log = scripted.log.clone();
        done.tags = scripted.tags.clone();
    } else if let Some(code) = exit_code(&step.script).filter(|code| *code != 0) {
        done.result = "failed".to_owned();
        done.log = vec![format!("##[error]Bash exited with code '{code}'.")];
    }
    if done.result == "failed" && step.continue_on_error {
        done.result = "succeededWithIssues".to_owned();
    }
    done
}

/// The code of an `exit` that stands alone on the last line.
fn exit_code(script: &str) -> Option<i32> {
    script.lines().map(str::trim).rfind(|line| !line.is_empty())?.strip_prefix("exit ")?.trim().parse().ok()
}

/// Variables that the script sets with a logging command and a plain value.
fn outputs(script: &str) -> Map<String, Value> {
    let mut found = Map::new();
    for line in script.lines() {
        let Some((head, value)) = line.split_once("##vso[task.setvariable ").and_then(|(_, rest)| rest.split_once(']'))
        else {
            continue;
        };
        let name = head.split(';').find_map(|part| part.trim().strip_prefix("variable="));
        let value = value.trim_end().trim_end_matches(['"', '\'']);
        if let Some(name) = name.filter(|_| !value.contains('$')) {
            found.insert(name.to_owned(), Value::from(value));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_ends_the_shell_with_an_error_fails_and_logging_commands_set_variables() {
        assert_eq!(exit_code("echo a\nexit 3\n"), Some(3));
        assert_eq!(exit_code("exit 1\necho a"), None);
        let found = outputs(
            "echo \"##vso[task.setvariable variable=promote;isOutput=true]no\"\necho ##vso[task.setvariable variable=x]$Y",
        );
        assert_eq!(Value::Object(found), serde_json::json!({ "promote": "no" }));
    }
}
