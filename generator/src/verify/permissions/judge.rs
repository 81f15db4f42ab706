//! What is given, held against what is needed, in both directions.

use super::model::{Giver, Grant, Identity, Need};
use super::{Permissions, roles};
use crate::tree::path::RelPath;
use crate::verify::Finding;

impl Permissions {
    /// Needs that nothing meets, one for each action and scope of an identity. What is outside of the project's groups
    /// others give.
    pub fn missing(&self) -> Vec<&Need> {
        let unmet =
            |need: &&Need| !self.grants.iter().any(|grant| self.meets(grant, need)) && self.is_ours(&need.scope);
        let mut missing: Vec<&Need> = self.needs.iter().filter(unmet).collect();
        missing.dedup_by(|a, b| (&a.identity, &a.what, &a.scope) == (&b.identity, &b.what, &b.scope));
        missing
    }

    /// Grants without which every need is still met, and that give no reason.
    pub fn unneeded(&self) -> Vec<&Grant> {
        self.grants.iter().filter(|grant| self.is_unneeded(grant)).collect()
    }

    /// Whether everything that `grant` is enough for is met without it too, and it gives no reason. It may be one of the
    /// grants or one that might be added. Whoever an expression names that the files do not answer cannot be judged.
    pub fn is_unneeded(&self, grant: &Grant) -> bool {
        let others =
            |need: &Need| self.grants.iter().any(|other| !std::ptr::eq(other, grant) && self.meets(other, need));
        let judged = grant.reason.is_none() && !matches!(grant.identity, Identity::Unknown(_));
        judged && self.needs_near(grant).iter().all(|need| !self.meets(grant, need) || others(need))
    }

    /// Needs that `grant` can be for: those of its identity, and all for what whoever deploys is given.
    fn needs_near(&self, grant: &Grant) -> &[Need] {
        if grant.identity == Identity::Deployer {
            return &self.needs;
        }
        let from = self.needs.partition_point(|need| need.identity < grant.identity);
        let own = &self.needs[from..];
        &own[..own.partition_point(|need| need.identity == grant.identity)]
    }

    /// What is missing and what is too much, as findings.
    pub fn findings(&self) -> Vec<Finding> {
        let missing = self.missing().into_iter().map(|need| {
            let because = &need.because;
            let step = if because.step.is_empty() { String::new() } else { format!(" in `{}`", because.step) };
            let message = format!(
                "{} needs {} at {} for `{}`{step} ({}), and no role allows it: give it one that does",
                need.identity, need.what, need.scope, because.call, because.source
            );
            finding(&because.file, because.line, message)
        });
        let unneeded = self.unneeded().into_iter().map(|grant| {
            let file = match &grant.from {
                Giver::Apply => "infra/platform/main.bicep",
                Giver::Template { file, .. } => file,
            };
            let message = format!(
                "{} is given {} at {} ({}), and nothing that it does needs that: take it away, or give the assignment a \
                 `description` that says why",
                grant.identity,
                grant.role_name(),
                grant.scope,
                grant.from
            );
            finding(file, None, message)
        });
        let strange = self.grants.iter().filter(|grant| roles::find(&grant.role).is_none() && grant.reason.is_none());
        let strange = strange.map(|grant| {
            let file = match &grant.from {
                Giver::Apply => "infra/platform/main.bicep",
                Giver::Template { file, .. } => file,
            };
            let message = format!(
                "what the role {} allows is not known: give its assignment a `description` that says what it is for",
                grant.role
            );
            finding(file, None, message)
        });
        let mut all: Vec<Finding> = missing.chain(unneeded).chain(strange).flatten().collect();
        all.sort();
        all.dedup();
        all
    }
}

fn finding(file: &str, line: Option<usize>, message: String) -> Option<Finding> {
    Some(Finding { path: RelPath::parse(file).ok()?, line, message })
}
