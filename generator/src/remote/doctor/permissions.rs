//! What the caller may do, and where not.

use serde::Deserialize;

use super::super::admin::quoted;
use super::Finding;

const CHECK: &str = "permissions";

/// One entry of `Microsoft.Authorization/permissions`: what is allowed, less what is taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Granted {
    /// Patterns with `*`.
    pub actions: Vec<String>,
    /// Patterns that are taken out again.
    pub not_actions: Vec<String>,
}

/// Actions that `apply` takes in a resource group, and the least role for each.
pub const IN_GROUP: [(&str, &str); 6] = [
    ("Microsoft.Resources/deployments/write", "Contributor"),
    ("Microsoft.Resources/deployments/whatIf/action", "Contributor"),
    ("Microsoft.ManagedIdentity/userAssignedIdentities/write", "Contributor"),
    ("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write", "Contributor"),
    ("Microsoft.Authorization/roleAssignments/write", "Role Based Access Control Administrator"),
    ("Microsoft.Authorization/roleAssignments/delete", "Role Based Access Control Administrator"),
];
/// What it takes to make a group.
pub const MAKE_GROUP: (&str, &str) = ("Microsoft.Resources/subscriptions/resourceGroups/write", "Contributor");

/// Azure: what is missing at `scope`, of what is needed there. `who` is the object id to give a role to, where known.
pub fn azure(scope: &str, granted: &[Granted], needed: &[(&str, &str)], who: Option<&str>) -> Vec<Finding> {
    let missing: Vec<&(&str, &str)> = needed.iter().filter(|(action, _)| !allows(granted, action)).collect();
    if missing.is_empty() {
        return vec![Finding::good(CHECK, format!("you may do what is needed at {scope}"))];
    }
    let mut roles: Vec<&str> = missing.iter().map(|(_, role)| *role).collect();
    roles.sort_unstable();
    roles.dedup();
    let blocked = |role: &str| {
        let actions: Vec<&str> = missing.iter().filter(|(_, of)| *of == role).map(|(action, _)| *action).collect();
        let who = who.unwrap_or("YOUR-OBJECT-ID");
        let remedy = format!(
            "have an owner run: az role assignment create --role {} --scope {} --assignee {}",
            quoted(role),
            quoted(scope),
            quoted(who)
        );
        Finding::blocks(CHECK, format!("at {scope} you may not: {}", actions.join(", ")), remedy)
    };
    roles.into_iter().map(blocked).collect()
}

/// Whether an action is allowed by one of the entries.
fn allows(granted: &[Granted], action: &str) -> bool {
    let any =
        |patterns: &[String]| patterns.iter().any(|pattern| fits(&pattern.to_lowercase(), &action.to_lowercase()));
    granted.iter().any(|entry| any(&entry.actions) && !any(&entry.not_actions))
}

/// Whether `text` fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    // What stands between stars is taken where it comes first: whatever follows has the most room then.
    let (between, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in between.split('*') {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(tail)
}

/// A permission in Azure DevOps that `apply` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// Id of the security namespace.
    pub namespace: &'static str,
    /// What stands before the project's id in the token.
    pub token: &'static str,
    /// The bit.
    pub bit: u32,
    /// What it allows, in words.
    pub what: &'static str,
    /// Where it is given.
    pub place: &'static str,
}

/// Every permission in a project of Azure DevOps that `apply` needs (Microsoft Learn, "Security namespaces and
/// permissions reference").
pub const RIGHTS: [Right; 9] = [
    Right {
        namespace: "2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87",
        token: "repoV2/",
        bit: 4,
        what: "push to repositories",
        place: "Repositories: Contribute",
    },
    Right {
        namespace: "2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87",
        token: "repoV2/",
        bit: 256,
        what: "make repositories",
        place: "Repositories: Create repository",
    },
    Right {
        namespace: "33344d9c-fc72-4d6f-aba5-fa317101a7e9",
        token: "",
        bit: 2048,
        what: "make pipelines",
        place: "Pipelines: Edit build pipeline",
    },
    Right {
        namespace: "33344d9c-fc72-4d6f-aba5-fa317101a7e9",
        token: "",
        bit: 128,
        what: "start runs",
        place: "Pipelines: Queue builds",
    },
    Right {
        namespace: "49b48001-ca20-4adc-8111-5b60c903a50c",
        token: "endpoints/",
        bit: 4,
        what: "make service connections",
        place: "Service connections: Creator",
    },
    Right {
        namespace: "49b48001-ca20-4adc-8111-5b60c903a50c",
        token: "endpoints/",
        bit: 2,
        what: "change service connections",
        place: "Service connections: Administrator",
    },
    Right {
        namespace: "b7e84409-6553-448a-bbb2-af228e07cbeb",
        token: "Library/",
        bit: 4,
        what: "make variable groups",
        place: "Library: Creator",
    },
    Right {
        namespace: "b7e84409-6553-448a-bbb2-af228e07cbeb",
        token: "Library/",
        bit: 2,
        what: "change variable groups",
        place: "Library: Administrator",
    },
    Right {
        namespace: "83d4c2e6-e57d-4d6e-892b-b87222b7ad20",
        token: "Environments/",
        bit: 32,
        what: "make environments",
        place: "Environments: Creator",
    },
];

/// Azure DevOps: `answers` to [`RIGHTS`], in their order.
pub fn devops(project: &str, answers: &[bool]) -> Vec<Finding> {
    let lacks: Vec<&Right> = RIGHTS.iter().zip(answers).filter(|(_, has)| !**has).map(|(right, _)| right).collect();
    if lacks.is_empty() && answers.len() == RIGHTS.len() {
        return vec![Finding::good(CHECK, format!("you may do what is needed in the Azure DevOps project {project}"))];
    }
    if answers.len() != RIGHTS.len() {
        let says = format!("Azure DevOps does not tell what you may do in the project {project}");
        return vec![Finding::note(CHECK, says, "ask for the group Project Administrators, or see what `apply` says")];
    }
    let blocked = |right: &&Right| {
        let remedy =
            format!("have an administrator of {project} give you {}, or the group Project Administrators", right.place);
        Finding::blocks(CHECK, format!("in the Azure DevOps project {project} you may not {}", right.what), remedy)
    };
    lacks.iter().map(blocked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::doctor::{Level, is_blocked};

    fn granted(actions: &[&str], not: &[&str]) -> Vec<Granted> {
        let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        vec![Granted { actions: own(actions), not_actions: own(not) }]
    }

    #[test]
    fn a_star_stands_for_any_text_and_costs_no_more_than_reading_it() {
        for (pattern, text) in [("*", ""), ("a/*/c", "a/b/x/c"), ("a*", "a"), ("*b*", "abc"), ("**", "x")] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("a*a", "a"), ("a*b", "abc"), ("a*b*b", "ab")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
        assert!(!fits(&"*a".repeat(500), &"a".repeat(499)));
    }

    #[test]
    fn an_owner_may_all_and_a_contributor_may_not_give_roles() {
        assert!(!is_blocked(&azure("/s", &granted(&["*"], &[]), &IN_GROUP, None)));
        let contributor = granted(&["*"], &["Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete"]);
        let found = azure("/subscriptions/s", &contributor, &IN_GROUP, Some("me"));
        assert_eq!(found.len(), 1);
        assert!(found[0].says.contains("roleAssignments/write"), "{found:?}");
        let remedy = "have an owner run: az role assignment create --role 'Role Based Access Control Administrator' --scope \
                      /subscriptions/s --assignee me";
        assert_eq!(found[0].remedy.as_deref(), Some(remedy));
        let both = [contributor, granted(&["Microsoft.Authorization/roleAssignments/*"], &[])].concat();
        assert!(!is_blocked(&azure("/s", &both, &IN_GROUP, None)), "what one role lacks another gives");
        assert_eq!(azure("/s", &[], &IN_GROUP, None).len(), 2);
    }

    #[test]
    fn patterns_fit_whole_actions() {
        for (pattern, text, fit) in [
            ("*", "a/b", true),
            ("a/*", "a/b/c", true),
            ("*/read", "a/b/read", true),
            ("*/read", "a/b/readall", false),
            ("a/*/write", "a/write", false),
            ("a", "ab", false),
            ("é*b", "éb", true),
        ] {
            assert_eq!(fits(pattern, text), fit, "{pattern} {text}");
        }
    }

    #[test]
    fn each_right_that_is_missing_is_named_with_its_place() {
        let all = [true; RIGHTS.len()];
        assert_eq!(devops("p", &all)[0].level, Level::Good);
        for (at, right) in RIGHTS.iter().enumerate() {
            let mut answers = all;
            answers[at] = false;
            let found = devops("p", &answers);
            assert_eq!(found.len(), 1);
            assert!(found[0].says.ends_with(right.what) && found[0].level == Level::Blocks, "{found:?}");
        }
        assert_eq!(devops("p", &[])[0].level, Level::Note);
    }
}
