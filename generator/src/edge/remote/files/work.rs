//! A push in the making.

use devops_client::ObjectId;
use devops_client::api::repositories::Repository;

use crate::edge::remote::error::RemoteError;
use crate::edge::remote::site::Site;
use crate::remote::files::FileChange;
use crate::remote::kinds::field::Typed as _;
use crate::remote::kinds::files::Files;
use crate::remote::observed::Observed;
use crate::remote::resource::{Key, Resource};

/// A push in the making.
pub(super) struct Work<'a> {
    pub(super) at: &'a Site,
    pub(super) wanted: &'a Resource,
    /// The files behind its fields.
    pub(super) want: Files,
    pub(super) repository: Repository,
    /// Where the branch is; none where it is to be made.
    pub(super) head: Option<ObjectId>,
    /// The commit that is built upon; none in an empty repository.
    pub(super) base: Option<ObjectId>,
    /// The files of `base`, and whose they are.
    pub(super) found: Observed,
    /// What is to be done to them.
    pub(super) changes: Vec<FileChange>,
    /// Where the candidate branch is, left by an earlier apply or waiting in a pull request.
    pub(super) candidate: Option<ObjectId>,
}

/// The files behind what was observed.
pub(super) fn seen(operation: &'static str, key: &Key, found: &Observed) -> Result<Files, RemoteError> {
    let mistake = "report this: it is a mistake of mlops-gen";
    Files::from_fields(&found.fields).map_err(|error| RemoteError::new(operation, key, error, mistake))
}
