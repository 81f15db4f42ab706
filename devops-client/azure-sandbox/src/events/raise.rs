//! Events as the services that raise them write them. (Documents: "Azure Blob Storage as an Event Grid source", "Azure
//! Machine Learning as an Event Grid source".)

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::spool::Spool;
use crate::store::Store;

/// Where what has been raised waits for whoever delivers it: `{source, event}`.
pub(super) fn raised(store: &Store) -> Result<Spool, String> {
    Spool::open(store.folder().join("events/raised"))
}

fn raise(store: &Store, source: &str, mut event: Value, now: Timestamp) -> Result<(), String> {
    event["topic"] = json!(source);
    event["eventTime"] = json!(now.to_string());
    event["metadataVersion"] = json!("1");
    event["dataVersion"] = json!("");
    raised(store)?.add(&json!({ "source": source, "event": event })).map(drop)
}

/// An id that no other event of the sandbox has.
fn id(store: &Store, of: &str) -> Result<String, String> {
    let number = Spool::open(store.folder().join("events/ids"))?.add(&json!(of))?;
    let number: u64 = number.parse().unwrap_or_default();
    Ok(format!("5a4db0e7-0000-4000-8000-{number:012x}"))
}

/// A blob was written; `account` is the id of the storage account.
pub(crate) fn blob_created(
    store: &Store,
    account: &str,
    account_name: &str,
    container: &str,
    name: &str,
    facts: &Value,
    now: Timestamp,
) -> Result<(), String> {
    let request = id(store, name)?;
    let event = json!({
        "id": request,
        "subject": format!("/blobServices/default/containers/{container}/blobs/{name}"),
        "eventType": "Microsoft.Storage.BlobCreated",
        "data": {
            "api": "PutBlob",
            "clientRequestId": request,
            "requestId": request,
            "eTag": facts["etag"].as_str().unwrap_or_default().trim_matches('"'),
            "contentType": facts["type"],
            "contentLength": facts["length"],
            "blobType": "BlockBlob",
            "url": format!("https://{account_name}.blob.core.windows.net/{container}/{name}"),
            "sequencer": format!("{:054}", now.as_nanosecond()),
            "storageDiagnostics": { "batchId": request },
        },
    });
    raise(store, account, event, now)
}

/// A version of a model was registered; `workspace` is the id of the workspace.
pub(crate) fn model_registered(store: &Store, workspace: &str, model: &Value, now: Timestamp) -> Result<(), String> {
    let (name, version) = (model["name"].as_str().unwrap_or_default(), model["version"].as_str().unwrap_or_default());
    let event = json!({
        "id": id(store, name)?,
        "subject": format!("models/{name}:{version}"),
        "eventType": "Microsoft.MachineLearningServices.ModelRegistered",
        "data": {
            "modelName": name,
            "modelVersion": version,
            "modelTags": model["tags"],
            "modelProperties": model.get("properties").cloned().unwrap_or_else(|| json!({})),
        },
    });
    raise(store, workspace, event, now)
}
