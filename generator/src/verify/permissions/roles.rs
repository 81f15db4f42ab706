//! Built-in roles as Azure Resource Manager gives them: what each allows.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The definitions, with the day that they are from.
const DATA: &str = azure_templates::BUILT_IN_ROLES;

/// A built-in role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its id, the same in every tenant.
    pub id: String,
    permissions: Vec<Permission>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Permission {
    actions: Vec<String>,
    not_actions: Vec<String>,
    data_actions: Vec<String>,
    not_data_actions: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    roles: Vec<Role>,
}

static ROLES: LazyLock<Vec<Role>> = LazyLock::new(|| {
    let document: Document = serde_json::from_str(DATA).expect("the definitions are well-formed: a test reads them");
    document.roles
});

/// Every role that is known, in order of name.
pub fn all() -> &'static [Role] {
    &ROLES
}

/// The right to start a pipeline, which `apply` gives the build service where a job starts one.
pub const QUEUE_BUILDS: &str = "Queue builds";
/// The group of a project in Azure DevOps whose members may start its pipelines.
pub const CONTRIBUTORS: &str = "member of Contributors";

/// What Azure DevOps gives, as roles (Microsoft Learn, "Security namespaces and permissions reference": Build; "Default
/// permissions and access": Contributors). An id is the namespace with the bit of the permission, and a name.
pub fn of_devops() -> &'static [Role] {
    static OWN: LazyLock<[Role; 2]> = LazyLock::new(|| {
        let role = |name: &str, id: &str| Role {
            name: name.to_owned(),
            id: id.to_owned(),
            permissions: vec![Permission { actions: vec!["devops:QueueBuilds".to_owned()], ..Permission::default() }],
        };
        [role(QUEUE_BUILDS, "33344d9c-fc72-4d6f-aba5-fa317101a7e9/128"), role(CONTRIBUTORS, "Contributors")]
    });
    &*OWN
}

/// The role with this id, or with this name.
pub fn find(id_or_name: &str) -> Option<&'static Role> {
    static NAMES: LazyLock<HashMap<String, &'static Role>> = LazyLock::new(|| {
        let known = || all().iter().chain(of_devops());
        let ids = known().map(|role| (role.id.to_lowercase(), role));
        ids.chain(known().map(|role| (role.name.to_lowercase(), role))).collect()
    });
    NAMES.get(&id_or_name.to_lowercase()).copied()
}

impl Role {
    /// Whether it allows `action`; with `data`, an action on data.
    pub fn allows(&self, action: &str, data: bool) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| fits(pattern.as_bytes(), action.as_bytes()));
        self.permissions.iter().any(|one| match data {
            false => any(&one.actions) && !any(&one.not_actions),
            true => any(&one.data_actions) && !any(&one.not_data_actions),
        })
    }
}

/// Whether an action fits a pattern in which `*` stands for anything; neither minds case.
fn fits(pattern: &[u8], action: &[u8]) -> bool {
    let (mut at, mut next) = (0, 0);
    // The last star, and where the action goes on if it stands for one character more.
    let mut star: Option<(usize, usize)> = None;
    while next < action.len() {
        if pattern.get(at).is_some_and(|c| *c != b'*' && c.eq_ignore_ascii_case(&action[next])) {
            (at, next) = (at + 1, next + 1);
        } else if pattern.get(at) == Some(&b'*') {
            star = Some((at, next));
            at += 1;
        } else if let Some((mark, from)) = star {
            star = Some((mark, from + 1));
            (at, next) = (mark + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_are_well_formed() {
        assert!(all().len() > 50);
        for role in all() {
            assert!(!role.permissions.is_empty() && uuid::Uuid::parse_str(&role.id).is_ok(), "{}", role.name);
            assert_eq!(find(&role.id).map(|found| found.name.as_str()), Some(role.name.as_str()));
        }
    }

    #[test]
    fn what_is_taken_out_is_not_allowed_and_data_is_apart() {
        let contributor = find("Contributor").unwrap();
        assert!(contributor.allows("Microsoft.Storage/storageAccounts/write", false));
        assert!(!contributor.allows("microsoft.authorization/roleAssignments/write", false));
        assert!(!contributor.allows("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", true));
        let reader = find("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1").unwrap();
        assert!(reader.allows("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", true));
    }

    #[test]
    fn patterns_fit_whole_actions() {
        for (pattern, text, fit) in [
            ("*", "a/b", true),
            ("a/*", "A/b/c", true),
            ("*/read", "a/b/read", true),
            ("*/read", "a/b/readall", false),
            ("a/*/write", "a/write", false),
            ("a", "ab", false),
            ("*a*b*c*d*e*f*g*h*", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(fits(pattern.as_bytes(), text.as_bytes()), fit, "{pattern} {text}");
        }
    }
}
