//! Reads of a repository that several kinds share: the heads of branches, and the files of a commit.

use std::collections::BTreeMap;

use devops_client::ObjectId;
use devops_client::api::items::{GitObjectType, Version};
use devops_client::api::repositories::Repository;

use super::site::Site;
use crate::remote::files::{Listing, OWN_BRANCHES};

/// Branches by short name, and where they are.
pub(super) type Heads = BTreeMap<String, ObjectId>;

/// The branch's name without `refs/heads/`.
pub(super) fn short(branch: &str) -> &str {
    branch.strip_prefix("refs/heads/").unwrap_or(branch)
}

/// The project's repository.
pub(super) fn repository(at: &Site) -> Repository {
    at.devops.repositories().repository(at.project.devops.repository.as_str())
}

/// The heads of the spec's branch and of the tool's own ones, and of others that happen to begin alike: one call.
/// None where there is no repository.
pub(super) async fn heads(at: &Site) -> devops_client::Result<Option<Heads>> {
    let branch = at.project.devops.branch.as_str();
    let alike = branch.bytes().zip(OWN_BRANCHES.bytes()).take_while(|(a, b)| a == b).count();
    let filter = ["heads/", &branch[..alike]].concat();
    match repository(at).refs(&filter).all().await {
        Err(error) if error.is_not_found() => Ok(None),
        refs => Ok(Some(refs?.into_iter().map(|found| (short(&found.name).to_owned(), found.object_id)).collect())),
    }
}

/// The project's files of a commit, by their paths in the project: one call. What lies outside its folder is nobody's
/// business here.
pub(super) async fn listing(at: &Site, commit: &ObjectId) -> devops_client::Result<Listing> {
    let files = all_files(&repository(at), commit).await?;
    let inside = |(path, blob): (String, String)| Some((at.project.devops.directory.inside(&path)?.to_owned(), blob));
    Ok(files.into_iter().filter_map(inside).collect())
}

/// All files of a commit, by their paths in the repository: one call.
pub(super) async fn all_files(repository: &Repository, commit: &ObjectId) -> devops_client::Result<Listing> {
    let items = repository.items("/", &Version::commit(commit)).all().await?;
    let files = items.into_iter().filter(|item| item.git_object_type != GitObjectType::Tree);
    Ok(files.map(|item| (item.path.trim_start_matches('/').to_owned(), item.object_id.to_string())).collect())
}

/// The text of a file of the project at a commit; empty where there is none.
pub(super) async fn own_text(at: &Site, path: &str, commit: &ObjectId) -> devops_client::Result<String> {
    text(&repository(at), &at.project.devops.directory.within(path), commit).await
}

/// The branch that the project's pushes are checked on.
pub(super) fn candidate(at: &Site) -> String {
    crate::remote::files::candidate(&at.project.devops.directory)
}

/// The text of a file of a commit, by its path in the repository; empty where there is none.
pub(super) async fn text(repository: &Repository, path: &str, commit: &ObjectId) -> devops_client::Result<String> {
    Ok(repository.file(&["/", path].concat(), &Version::commit(commit)).await?.unwrap_or_default())
}
