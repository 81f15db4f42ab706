//! Who may do what where, and who needs to.

use std::fmt;

use super::condition;
use super::roles;

/// Somebody who is given roles, or whom Azure answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// The identity behind a service connection, by the connection's name.
    Connection(String),
    /// A user-assigned identity, by its id.
    Assigned(String),
    /// The identity that a resource has of its own, by the resource's id.
    Own(String),
    /// The build service of the project, whose token every job of a pipeline has.
    BuildService,
    /// Whoever deploys a template: a person by hand, or the pipeline's connection, which has its own roles beside.
    Deployer,
    /// Whoever an expression names that the files do not answer.
    Unknown(String),
}

impl Identity {
    /// The identity that a principal of a template means.
    pub(super) fn of_principal(principal: &str) -> Self {
        match principal.strip_prefix('@').and_then(|rest| rest.rsplit_once('#')) {
            Some(("deployer", _)) => Self::Deployer,
            Some((id, "principalId")) if is_identity(id) => Self::Assigned(id.to_owned()),
            Some((id, "identity.principalId")) => Self::Own(id.to_owned()),
            _ => Self::Unknown(principal.to_owned()),
        }
    }

    /// Its name: of a connection, an identity or a resource; what people type to mean it.
    pub fn name(&self) -> &str {
        match self {
            Self::Connection(name) => name,
            Self::Assigned(id) | Self::Own(id) => id.rsplit('/').next().unwrap_or(id),
            Self::BuildService => "build-service",
            Self::Deployer => "deployer",
            Self::Unknown(text) => text,
        }
    }
}

fn is_identity(id: &str) -> bool {
    id.to_lowercase().contains("/providers/microsoft.managedidentity/userassignedidentities/")
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(name) => write!(f, "service connection {name}"),
            Self::Assigned(_) => write!(f, "identity {}", self.name()),
            Self::Own(_) => write!(f, "own identity of {}", self.name()),
            Self::BuildService => f.write_str("build service of the project"),
            Self::Deployer => f.write_str("whoever deploys by hand"),
            Self::Unknown(text) => write!(f, "unknown principal `{text}`"),
        }
    }
}

/// The scope of all pipelines of the project.
const PIPELINES: &str = "pipelines";

/// Where something is allowed or needed: the id of a group or of something in it, without regard to case; in Azure DevOps
/// `pipelines`, or one of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope(String);

impl Scope {
    /// The scope with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// A pipeline of the project, by its name.
    pub fn pipeline(name: &str) -> Self {
        Self(format!("{PIPELINES}/{name}"))
    }

    /// All pipelines of the project.
    pub fn pipelines() -> Self {
        Self(PIPELINES.to_owned())
    }

    /// Whether it is in Azure DevOps.
    pub fn is_in_devops(&self) -> bool {
        Self::pipelines().covers(self)
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.0
    }

    /// Whether what is given here holds there.
    pub fn covers(&self, other: &Self) -> bool {
        let (outer, inner) = (self.0.trim_end_matches('/'), &other.0);
        let head = inner.get(..outer.len()).is_some_and(|head| head.eq_ignore_ascii_case(outer));
        head && matches!(inner.as_bytes().get(outer.len()), None | Some(b'/'))
    }
}

/// As people say it: `diabetes-qa`, `vaults/kv in diabetes-qa`.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((_, rest)) = self.0.split_once("/resourceGroups/") else { return f.write_str(&self.0) };
        let (group, rest) = rest.split_once("/providers/").unwrap_or((rest, ""));
        match rest.split_once('/') {
            None => write!(f, "{group}"),
            Some((_, rest)) => write!(f, "{rest} in {group}"),
        }
    }
}

/// What gives a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Giver {
    /// `mlops-gen apply`, before the first deployment.
    Apply,
    /// A template: the compiled file, and the module in it.
    Template {
        /// `infra/platform/main.json`.
        file: String,
        /// Names of nested deployments, outermost first.
        module: String,
    },
}

impl fmt::Display for Giver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Apply => f.write_str("mlops-gen apply"),
            Self::Template { file, module } if module.is_empty() => write!(f, "{file}"),
            Self::Template { file, module } => write!(f, "{file}, {module}"),
        }
    }
}

/// A role that somebody is given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// Who.
    pub identity: Identity,
    /// Id of the role.
    pub role: String,
    /// Where.
    pub scope: Scope,
    /// The condition on it.
    pub condition: Option<String>,
    /// What gives it.
    pub from: Giver,
    /// Why it is given although no call needs it: the description of the assignment.
    pub reason: Option<String>,
}

impl Grant {
    /// The role's name, or its id where the role is not known.
    pub fn role_name(&self) -> &str {
        roles::find(&self.role).map_or(&self.role, |role| &role.name)
    }

    /// Whether this alone lets its identity do `action` at `scope`.
    pub fn allows(&self, action: &Action, scope: &Scope) -> bool {
        let role = || roles::find(&self.role);
        if !self.scope.covers(scope) || !role().is_some_and(|role| role.allows(&action.name, action.data)) {
            return false;
        }
        // What Azure gives is nothing in Azure DevOps, whatever `*` in a role says.
        if scope.is_in_devops() && !roles::of_devops().iter().any(|role| role.id == self.role) {
            return false;
        }
        match (&self.condition, &action.role) {
            (Some(condition), Some(role)) => condition::allows(condition, &action.name, role) == Some(true),
            _ => true,
        }
    }
}

/// Something that Azure allows or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Action {
    /// `Microsoft.Storage/storageAccounts/write`.
    pub name: String,
    /// Whether it is an action on data.
    pub data: bool,
    /// Of giving a role: id of the role.
    pub role: Option<String>,
}

impl Action {
    /// An action as tables write it: `data:` before one on data.
    pub(super) fn parse(text: &str) -> Self {
        let (name, data) = text.strip_prefix("data:").map_or((text, false), |name| (name, true));
        Self { name: name.to_owned(), data, role: None }
    }
}

/// What is needed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// An action.
    Action(Action),
    /// A whole role, because the document asks for a role and not for actions; its id.
    Role(String),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action(Action { name, role: Some(role), .. }) => {
                write!(f, "{name} for {}", roles::find(role).map_or(role.as_str(), |role| &role.name))
            }
            Self::Action(Action { name, data: true, .. }) => write!(f, "{name} (data)"),
            Self::Action(action) => f.write_str(&action.name),
            Self::Role(role) => write!(f, "the role {}", roles::find(role).map_or(role.as_str(), |role| &role.name)),
        }
    }
}

/// The call that needs something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Because {
    /// The file that it stands in.
    pub file: String,
    /// Its line, from 1, where one is known.
    pub line: Option<usize>,
    /// The step that makes it: pipeline, stage, job and step; empty outside of pipelines.
    pub step: String,
    /// The call.
    pub call: String,
    /// The document that says what it needs.
    pub source: String,
}

/// Something that an identity needs, for one call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// Who.
    pub identity: Identity,
    /// What.
    pub what: What,
    /// Where.
    pub scope: Scope,
    /// What for.
    pub because: Because,
}

impl Need {
    /// Whether a role of this kind, on this scope and under this condition, is enough for whoever has it.
    pub fn is_allowed_by(&self, grant: &Grant) -> bool {
        match &self.what {
            What::Action(action) => grant.allows(action, &self.scope),
            What::Role(role) => {
                grant.role.eq_ignore_ascii_case(role) && grant.scope.covers(&self.scope) && grant.condition.is_none()
            }
        }
    }
}

/// A job that deploys a template: there `deployer()` is the job's own connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Deploys {
    /// Pipeline, stage and job, as steps begin.
    pub(super) job: String,
    /// The connection.
    pub(super) identity: Identity,
    /// The compiled template.
    pub(super) file: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_itself_and_what_is_in_it() {
        let scope = |id: &str| Scope::new(id);
        let group = scope("/subscriptions/s/resourceGroups/g");
        let vault = scope("/subscriptions/S/resourcegroups/G/providers/Microsoft.KeyVault/vaults/kv");
        assert!(group.covers(&vault) && group.covers(&group) && !vault.covers(&group));
        assert!(!group.covers(&scope("/subscriptions/s/resourceGroups/g2")));
        assert_eq!(vault.to_string(), scope(vault.id()).to_string());
        assert_eq!(
            scope("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv").to_string(),
            "vaults/kv in g"
        );
    }

    #[test]
    fn principals_are_the_identities_that_their_expressions_name() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";
        assert_eq!(Identity::of_principal(&format!("@{id}#principalId")), Identity::Assigned(id.to_owned()));
        assert_eq!(Identity::of_principal("@deployer#objectId"), Identity::Deployer);
        assert!(matches!(Identity::of_principal("[parameters('x')]"), Identity::Unknown(_)));
    }
}
