//! Conditions of role assignments: which roles somebody may give and take (Microsoft Learn, "Delegate Azure role
//! assignment management to others with conditions").

use std::collections::BTreeSet;

/// The condition under which roles may be given and taken: only those of `roles`, which are ids.
pub fn only(roles: &BTreeSet<String>) -> String {
    let set: Vec<&str> = roles.iter().map(String::as_str).collect();
    let set = set.join(", ");
    let part = |action: &str, of: &str| {
        format!(
            "((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/{action}'}})) OR \
             (@{of}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{set}}}))"
        )
    };
    format!("{} AND {}", part("write", "Request"), part("delete", "Resource"))
}

/// Whether `condition` lets somebody do `action` with the role `role` (its id).
///
/// `None` for a condition of another form than [`only`] writes.
pub fn allows(condition: &str, action: &str, role: &str) -> Option<bool> {
    let mark = format!("ActionMatches{{'{action}'}}");
    let Some((_, rest)) = condition.split_once(&mark) else {
        return condition.contains("ActionMatches{").then_some(true);
    };
    let (_, set) = rest.split_once("GuidEquals {")?;
    let (set, _) = set.split_once('}')?;
    Some(set.split(',').any(|one| one.trim().eq_ignore_ascii_case(role)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_allows_its_own_roles_and_no_other() {
        let roles = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        let condition = only(&roles);
        for action in ["write", "delete"] {
            let action = format!("Microsoft.Authorization/roleAssignments/{action}");
            assert_eq!(allows(&condition, &action, "B"), Some(true));
            assert_eq!(allows(&condition, &action, "c"), Some(false));
        }
        assert_eq!(allows(&condition, "Microsoft.Authorization/roleAssignments/read", "c"), Some(true));
        assert_eq!(allows("something else", "x", "c"), None);
    }
}
