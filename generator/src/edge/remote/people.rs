//! Approvers as the spec names them, looked up while a plan is made: nobody is found missing half-way through an apply.

use std::collections::BTreeMap;

use devops_client::{Error, ErrorKind};
use futures::future::join_all;

use super::diagnostic::Diagnostic;
use super::error::RemoteError;
use super::site::Site;
use crate::remote::content::SPEC_PATH;
use crate::remote::kinds::check::{APPROVERS, Check};
use crate::remote::kinds::field::Typed as _;
use crate::remote::plan::{Action, RemotePlan, Step};
use crate::remote::resource::{Kind, Resource};
use crate::spec::located::path::Path;
use crate::spec::located::{Limits, read};
use crate::spec::report::{Mistake, Report};

/// What to do about a name that is nobody's.
pub(super) const NEXT: &str = "name an approver of the organization by mail address, or a group by its name";

/// Approvers of checks that `plan` makes or changes and that nobody, or more than one, is called. Those who are found are
/// known to the site from then on.
pub(super) async fn missing(at: &Site, desired: &[Resource], plan: &RemotePlan) -> Vec<Diagnostic> {
    let given = |step: &Step| match step.action {
        Action::Create | Action::Replace | Action::Adopt => true,
        Action::Update => step.changes.iter().any(|change| change.field == APPROVERS),
        Action::Delete | Action::Unchanged => false,
    };
    let mut names: BTreeMap<String, &Resource> = BTreeMap::new();
    for step in plan.changes().filter(|step| step.key.kind == Kind::Check && given(step)) {
        let Some(check) = desired.iter().find(|resource| resource.key == step.key) else { continue };
        let approval = Check::from_fields(&check.fields).ok().and_then(|check| check.approval);
        for name in approval.into_iter().flat_map(|approval| approval.approvers) {
            names.entry(name).or_insert(check);
        }
    }
    let looked_up = names.into_iter().map(async |(name, check)| match at.client.identities().find(&name).await {
        Ok(Some(found)) => {
            at.note_person(&name, found.id);
            None
        }
        Ok(None) => Some(diagnostic(at, check, &name, &format!("nobody in the organization is called `{name}`"), NEXT)),
        Err(error) if is_ambiguous(&error) => Some(diagnostic(at, check, &name, error.message(), &error.next_step())),
        Err(error) => Some(Diagnostic::Read(RemoteError::call("look for approvers of", &check.key)(error))),
    });
    join_all(looked_up).await.into_iter().flatten().collect()
}

/// Whether several are called so: the client guesses nobody.
fn is_ambiguous(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Argument)
}

/// The diagnostic with its place in the spec.
fn diagnostic(at: &Site, check: &Resource, name: &str, why: &str, next: &str) -> Diagnostic {
    let environment = check.key.name.rsplit_once('/').map_or("", |(environment, _)| environment);
    let of_check = at.project.environments.iter().enumerate();
    let place = of_check.filter(|(_, one)| one.devops_environment.as_str() == environment).find_map(|(index, one)| {
        let approvers = &one.approvals.as_ref()?.approvers;
        let nth = approvers.iter().position(|approver| approver.as_str() == name)?;
        Some(Path::root().key("environments").index(index).keys(&["approvals", "approvers"]).index(nth))
    });
    let place = place.map_or_else(|| check.key.to_string(), |path| stands(at, &path));
    Diagnostic::Person(format!("{place}: {why}; {next}"))
}

/// A part of the spec as people find it: path, line and column where the text of the spec is known.
pub(super) fn stands(at: &Site, path: &Path) -> String {
    let line = at.content.get(SPEC_PATH).and_then(|file| {
        let text = String::from_utf8_lossy(&file.bytes);
        let span = read(&text, Limits::SPEC, &mut Vec::new())?.locate(path, false);
        let report = Report::new(SPEC_PATH, &text, vec![Mistake::new(span, "")]);
        let place = report.diagnostics().first()?;
        Some(format!(" (line {}, column {} of the spec)", place.line, place.column))
    });
    format!("`{path}`{}", line.unwrap_or_default())
}
