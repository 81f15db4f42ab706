//! Where batches of the scoring log go: append blobs, or files in a folder.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, RequestContent, RetryOptions, StatusCode, Transport};
use azure_storage_blob::models::{
    AppendBlobClientAppendBlockOptions, AppendBlobClientCreateOptions, BlobClientGetPropertiesResultHeaders,
};
use azure_storage_blob::{BlobContainerClient, BlobContainerClientOptions};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use url::Url;

use super::super::clock::Moment;

/// A batch is at most this long: the size of one append block in every version of the service.
pub const LARGEST_BATCH: usize = 4 << 20;
/// A blob is ended at this many blocks (the service allows 50,000) …
const MOST_BLOCKS: u32 = 40_000;
/// … or bytes, so that readers get pieces of a handy size.
const LONGEST_BLOB: u64 = 256 << 20;
/// One attempt to store a batch takes at most this long.
const ATTEMPT: Duration = Duration::from_secs(30);

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL is neither a container nor a folder.
    #[error("cannot log to {0}: expected https://<account>.blob.core.windows.net/<container> or file:///folder")]
    Url(String),
    /// The service or the credential refused.
    #[error("cannot append to the log blob: {0}")]
    Azure(#[from] azure_core::Error),
    /// The service did not answer.
    #[error("the log's storage did not answer within {} s", ATTEMPT.as_secs())]
    Timeout,
    /// The folder cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A place for batches.
pub struct Store {
    place: Place,
    prefix: String,
    /// Tells this process's blobs from others': random.
    instance: String,
    sequence: u32,
    open: Option<Open>,
}

enum Place {
    Container(Arc<BlobContainerClient>),
    Folder(PathBuf),
}

/// The blob or file that is being appended to.
struct Open {
    name: String,
    hour: u64,
    length: u64,
    blocks: u32,
}

/// The credential for a container URL: none with a SAS, else workload identity where Kubernetes provides it, else managed identity.
///
/// # Errors
/// The environment lacks what the credential needs.
pub fn credential(url: &Url, client: &ClientOptions) -> Result<Option<Arc<dyn TokenCredential>>, azure_core::Error> {
    use azure_identity::{
        ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
        WorkloadIdentityCredentialOptions,
    };
    if url.query_pairs().any(|(name, _)| name == "sig") {
        return Ok(None);
    }
    if std::env::var_os("AZURE_FEDERATED_TOKEN_FILE").is_some() {
        let mut options = WorkloadIdentityCredentialOptions::default();
        options.credential_options.client_options = client.clone();
        return Ok(Some(WorkloadIdentityCredential::new(Some(options))?));
    }
    let user_assigned_id = std::env::var("AZURE_CLIENT_ID").ok().map(UserAssignedId::ClientId);
    let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options: client.clone() };
    Ok(Some(ManagedIdentityCredential::new(Some(options))?))
}

/// A client for the container at `url`, through `http`.
///
/// # Errors
/// The URL names no container, or no credential can be made.
pub fn container(url: &Url, http: reqwest::Client) -> Result<BlobContainerClient, StoreError> {
    // The writer repeats failed batches itself, with the append position as a guard; a second layer of retries would only hide how often.
    let client = ClientOptions {
        transport: Some(Transport::new(Arc::new(http))),
        retry: RetryOptions::none(),
        ..ClientOptions::default()
    };
    let credential = credential(url, &client)?;
    let options = BlobContainerClientOptions { client_options: client, ..BlobContainerClientOptions::default() };
    Ok(BlobContainerClient::new(url.clone(), credential, Some(options))?)
}

impl Store {
    /// A store at a container URL or a `file:` URL; names of blobs begin with `prefix`.
    ///
    /// # Errors
    /// The URL is neither, or no credential can be made. Nothing is written yet.
    pub fn new(url: &Url, prefix: &str, http: impl FnOnce() -> reqwest::Client) -> Result<Self, StoreError> {
        let place = match url.scheme() {
            "file" => Place::Folder(url.to_file_path().map_err(|()| StoreError::Url(without_query(url)))?),
            "https" | "http" if url.path().len() > 1 => Place::Container(Arc::new(container(url, http())?)),
            _ => return Err(StoreError::Url(without_query(url))),
        };
        let instance = super::super::identity::RequestId::new().as_str()[..12].to_owned();
        Ok(Self { place, prefix: prefix.trim_matches('/').to_owned(), instance, sequence: 0, open: None })
    }

    /// Appends a batch of whole lines, at most [`LARGEST_BATCH`] bytes. After an error the same batch may be given again: it is stored once,
    /// also where an earlier attempt had arrived without its answer.
    ///
    /// # Errors
    /// The batch is not stored, or not known to be.
    pub async fn append(&mut self, batch: &[u8], now: Moment) -> Result<(), StoreError> {
        let hour = now.seconds() / 3_600;
        if self.open.as_ref().is_some_and(|open| {
            open.hour != hour || open.blocks >= MOST_BLOCKS || open.length + batch.len() as u64 > LONGEST_BLOB
        }) {
            self.open = None;
        }
        let attempt = async {
            match &self.place {
                Place::Container(container) => {
                    let container = Arc::clone(container);
                    self.append_to_blob(&container, batch, now, hour).await
                }
                Place::Folder(folder) => {
                    let folder = folder.clone();
                    self.append_to_file(folder, batch, now, hour).await
                }
            }
        };
        tokio::time::timeout(ATTEMPT, attempt).await.unwrap_or(Err(StoreError::Timeout))
    }

    fn next_name(&mut self, now: Moment) -> String {
        let (year, month, day) = now.date();
        let (hour, instance, sequence) = (now.hour(), &self.instance, self.sequence);
        let name = format!("{year:04}/{month:02}/{day:02}/{hour:02}/{instance}-{sequence:05}.jsonl");
        self.sequence += 1;
        if self.prefix.is_empty() { name } else { format!("{}/{name}", self.prefix) }
    }

    async fn append_to_blob(
        &mut self,
        container: &BlobContainerClient,
        batch: &[u8],
        now: Moment,
        hour: u64,
    ) -> Result<(), StoreError> {
        if self.open.is_none() {
            let name = self.next_name(now);
            let create = AppendBlobClientCreateOptions {
                blob_content_type: Some("application/x-ndjson".to_owned()),
                ..AppendBlobClientCreateOptions::default()
            };
            container.blob_client(&name).append_blob_client().create(Some(create)).await?;
            self.open = Some(Open { name, hour, length: 0, blocks: 0 });
        }
        let Some(open) = &mut self.open else { return Err(StoreError::Timeout) };
        let blob = container.blob_client(&open.name);
        let options = AppendBlobClientAppendBlockOptions {
            append_position: i64::try_from(open.length).ok(),
            ..AppendBlobClientAppendBlockOptions::default()
        };
        let length = batch.len() as u64;
        let content = RequestContent::from(batch.to_vec());
        match blob.append_blob_client().append_block(content, length, Some(options)).await {
            Ok(_) => {
                open.length += length;
                open.blocks += 1;
                Ok(())
            }
            Err(error) => match error.http_status() {
                // Somebody appended at this place: this very batch, when the blob is exactly that much longer.
                Some(StatusCode::PreconditionFailed) => {
                    let found = blob.get_properties(None).await?.content_length()?;
                    if found == Some(open.length + length) {
                        open.length += length;
                        open.blocks += 1;
                        return Ok(());
                    }
                    self.open = None;
                    Err(error.into())
                }
                // The blob was deleted or sealed, or its lease is another's: go on in a new one.
                Some(StatusCode::NotFound | StatusCode::Conflict) => {
                    self.open = None;
                    Err(error.into())
                }
                _ => Err(error.into()),
            },
        }
    }

    async fn append_to_file(
        &mut self,
        folder: PathBuf,
        batch: &[u8],
        now: Moment,
        hour: u64,
    ) -> Result<(), StoreError> {
        if self.open.is_none() {
            let name = self.next_name(now);
            self.open = Some(Open { name, hour, length: 0, blocks: 0 });
        }
        let Some(open) = &mut self.open else { return Err(StoreError::Timeout) };
        let path = folder.join(&open.name);
        let failed = |source| StoreError::File { path: path.clone(), source };
        if let Some(parent) = path.parent() {
            tokio::fs::create_dir_all(parent).await.map_err(failed)?;
        }
        let mut options = tokio::fs::OpenOptions::new();
        let mut file = options.create(true).write(true).truncate(false).open(&path).await.map_err(failed)?;
        // What an earlier attempt left of this batch is cut off.
        file.set_len(open.length).await.map_err(failed)?;
        file.seek(std::io::SeekFrom::Start(open.length)).await.map_err(failed)?;
        file.write_all(batch).await.map_err(failed)?;
        file.flush().await.map_err(failed)?;
        open.length += batch.len() as u64;
        Ok(())
    }
}

/// The URL as it may be shown: a SAS is a secret.
pub fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}
