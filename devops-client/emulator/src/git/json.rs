//! Git things as answers show them.

use serde_json::{Value, json};

use super::object::{ObjectId, Signature};
use crate::core::Call;
use crate::core::json::time_text;
use crate::state::repositories::Repository;

/// A signature: name, mail, date.
pub fn signature(signature: &Signature) -> Value {
    let date = jiff::Timestamp::from_second(signature.seconds).unwrap_or_default();
    json!({ "name": signature.name, "email": signature.email, "date": time_text(date) })
}

/// A URL below a repository.
pub fn url(call: &Call<'_>, repository: &Repository, path: &str) -> String {
    call.project_url(repository.project, &format!("_apis/git/repositories/{}/{path}", repository.id))
}

/// A commit, short form.
pub fn commit_ref(call: &Call<'_>, repository: &Repository, id: ObjectId) -> Value {
    let url = url(call, repository, &format!("commits/{id}"));
    match repository.objects.commit(id) {
        Some(commit) => json!({
            "commitId": id.to_string(),
            "author": signature(&commit.author),
            "committer": signature(&commit.committer),
            "comment": commit.message,
            "parents": commit.parents.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "treeId": commit.tree.to_string(),
            "url": url,
            "remoteUrl": format!("{}/commit/{id}", repository.remote_url(call)),
        }),
        None => json!({ "commitId": id.to_string(), "url": url }),
    }
}
