//! The pull request that stands in for a push where a policy refuses one.

use devops_client::PullRequestId;
use devops_client::api::pull_requests::{NewPullRequest, PullRequest};

use super::work::{Work, seen};
use crate::edge::remote::error::RemoteError;
use crate::edge::remote::site::Site;
use crate::remote::files::FileChange;
use crate::remote::kinds::field::Typed as _;
use crate::remote::kinds::files::Open;
use crate::remote::observed::Observed;

/// Files that a description names; the others are counted.
const NAMED: usize = 40;

impl Work<'_> {
    /// Asks for the candidate to be merged, unless `open` does so already. The branch stays as it is; what is returned
    /// holds the address as [`Open::Request`].
    pub(super) async fn request(&self, open: Option<PullRequest>) -> Result<Observed, RemoteError> {
        let failed = RemoteError::call("open a pull request for", &self.wanted.key);
        if self.head.is_none() {
            let why = "a policy refuses to make the branch";
            return Err(RemoteError::new("push", &self.wanted.key, why, "make the branch by hand, and apply again"));
        }
        let open = match open {
            Some(open) => open,
            None => {
                let request = NewPullRequest::new(&self.own_branch(), self.branch(), self.title());
                let request = request.description(self.description());
                self.repository.create_pull_request(&request).await.map_err(failed)?
            }
        };
        let mut seen = seen("push", &self.wanted.key, &self.found)?;
        seen.open = Some(Open::Request(address(self.at, open.pull_request_id)));
        Ok(Observed { fields: seen.to_fields(), ..self.found.clone() })
    }

    fn description(&self) -> String {
        let line = |change: &FileChange| match change {
            FileChange::Add(path) => format!("- new: `{path}`"),
            FileChange::Edit(path) => format!("- changed: `{path}`"),
            FileChange::Delete(path) => format!("- gone: `{path}`"),
        };
        let mut lines =
            vec!["Files that the spec renders to, and that differ on this branch:".to_owned(), String::new()];
        lines.extend(self.changes.iter().take(NAMED).map(line));
        let more = self.changes.len().saturating_sub(NAMED);
        if more > 0 {
            lines.push(format!("- and {more} more"));
        }
        lines.join("\n")
    }
}

/// The page of a pull request.
pub(super) fn address(at: &Site, id: PullRequestId) -> String {
    let devops = &at.project.devops;
    let mut url = at.client.base_url().clone();
    let id = id.to_string();
    if let Ok(mut path) = url.path_segments_mut() {
        let parts = [devops.project.as_str(), "_git", devops.repository.as_str(), "pullrequest", &id];
        path.pop_if_empty().extend(parts);
    }
    url.into()
}
