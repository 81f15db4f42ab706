//! Where things of a workspace are on disk.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::store::{Store, at};

/// Where data assets are uploaded to.
pub(crate) fn uploads(store: &Store) -> PathBuf {
    store.folder().join("blobs/workspaceblobstore/uploads")
}

/// The folder of a job.
pub(crate) fn job(store: &Store, name: &str) -> PathBuf {
    store.folder().join("jobs").join(name)
}

/// The folder of a container of a storage account.
pub(crate) fn container(store: &Store, account: &str, container: &str) -> PathBuf {
    store.folder().join("blobs").join(account).join(container)
}

/// The storage account and the container in which a path is; none for what is in the workspace's own.
pub(crate) fn blob_of(store: &Store, path: &Path) -> Option<(String, String)> {
    let below = path.strip_prefix(store.folder().join("blobs")).ok()?;
    let mut names = below.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let account = names.next().filter(|account| account != "workspaceblobstore")?;
    Some((account, names.next()?))
}

/// The place that `azureml://datastores/NAME/paths/PATH` names.
pub(crate) fn in_datastore(store: &Store, workspace: &str, address: &str) -> Result<Option<PathBuf>, String> {
    let Some(rest) = address.strip_prefix("azureml://datastores/") else { return Ok(None) };
    let (name, path) = rest.split_once("/paths").ok_or_else(|| format!("`{address}` has no /paths/"))?;
    let found = store.read(|state| at(state, &["ml", workspace, "datastores", name]).cloned())?;
    let datastore = found.ok_or_else(|| format!("there is no datastore {name} in workspace {workspace}"))?;
    let part = |key: &str| datastore[key].as_str().unwrap_or_default().to_owned();
    let path = path.trim_start_matches('/');
    if path.split('/').any(|part| part == "..") {
        return Err(format!("`{address}` leads out of its datastore"));
    }
    Ok(Some(container(store, &part("account_name"), &part("container_name")).join(path)))
}

/// The path of an input or output: `{ "path": … }` or the text itself.
pub(crate) fn path_of(value: &Value) -> Option<&str> {
    value["path"].as_str().or_else(|| value.as_str())
}
