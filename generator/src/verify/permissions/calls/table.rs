//! The tables of calls and resources, as data: what each needs, and which document says so.

use std::sync::LazyLock;

/// A row of `calls.tsv`.
#[derive(Debug)]
pub(super) struct Call {
    /// The words that the call begins with.
    pub(super) words: Vec<&'static str>,
    /// Where it needs it.
    pub(super) place: &'static str,
    /// Actions; `data:` before those on data.
    pub(super) actions: Vec<&'static str>,
    /// The document.
    pub(super) source: &'static str,
}

/// A row of `resources.tsv`.
#[derive(Debug)]
pub(super) struct Rule {
    /// Type of the resource; `*` for all.
    pub(super) kind: &'static str,
    /// `deployer`, `workspace`, or the path of an identity.
    pub(super) who: &'static str,
    /// Path of the ids where it is needed.
    pub(super) target: &'static str,
    /// Actions, or `role:` with a role.
    pub(super) actions: Vec<String>,
    /// The document.
    pub(super) source: &'static str,
}

static CALLS: LazyLock<Vec<Call>> = LazyLock::new(|| {
    let row = |[call, place, actions, source]: [&'static str; 4]| Call {
        words: call.split(' ').collect(),
        place,
        actions: actions.split(' ').filter(|action| *action != "-").collect(),
        source,
    };
    rows(include_str!("calls.tsv")).map(row).collect()
});

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let row = |[kind, who, target, actions, source]: [&'static str; 5]| {
        // Names of roles have blanks.
        let roles = actions.split(" role:").map(|one| format!("role:{}", one.trim_start_matches("role:")));
        let actions = match actions.starts_with("role:") {
            true => roles.collect(),
            false => actions.split(' ').map(str::to_owned).collect(),
        };
        Rule { kind, who, target, actions, source }
    };
    rows(include_str!("resources.tsv")).map(row).collect()
});

fn rows<const N: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        columns.try_into().expect("a row has its columns: a test reads them")
    })
}

/// The rows of the call that begins with `words`: those with the most words in common.
pub(super) fn calls(words: &[String]) -> Vec<&'static Call> {
    let fits =
        |call: &&Call| call.words.len() <= words.len() && call.words.iter().zip(words).all(|(one, other)| one == other);
    let most = CALLS.iter().filter(fits).map(|call| call.words.len()).max();
    CALLS.iter().filter(|call| Some(call.words.len()) == most && fits(call)).collect()
}

/// The rows for a resource of this type.
pub(super) fn rules(kind: &str) -> impl Iterator<Item = &'static Rule> {
    RULES.iter().filter(move |rule| rule.kind == "*" || rule.kind.eq_ignore_ascii_case(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::permissions::roles;

    #[test]
    fn every_row_has_an_action_of_a_provider_or_a_known_role_and_a_source() {
        assert!(CALLS.len() > 100 && RULES.len() > 20);
        for call in CALLS.iter() {
            assert!(!call.source.is_empty() && (call.place == "-") == call.actions.is_empty(), "{call:?}");
            for action in &call.actions {
                let name = action.strip_prefix("data:").unwrap_or(action);
                let known = ["Microsoft.", "$type/", "devops:"].iter().any(|start| name.starts_with(start));
                assert!(known, "{call:?}");
            }
        }
        for rule in RULES.iter() {
            assert!(!rule.source.is_empty() && !rule.actions.is_empty(), "{rule:?}");
            for action in &rule.actions {
                let known = match action.strip_prefix("role:") {
                    Some(role) => roles::find(role).is_some(),
                    None => action.starts_with("Microsoft.") || action.starts_with("$type/"),
                };
                assert!(known, "{rule:?}");
            }
        }
    }

    #[test]
    fn the_longest_row_wins() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(calls(&words("az ml model show --name x"))[0].words.len(), 4);
        assert_eq!(calls(&words("az ml job create --file x")).len(), 2);
        assert!(calls(&words("az storage blob upload")).is_empty());
    }
}
