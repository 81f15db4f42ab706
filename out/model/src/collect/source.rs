//! Where logs are read from: a folder, or a Blob container.

use std::path::PathBuf;

use azure_storage_blob::BlobContainerClient;
use azure_storage_blob::models::{BlobClientDownloadOptions, BlobContainerClientListBlobsOptions};
use futures::TryStreamExt as _;
use url::Url;

use crate::scoring::http;
use crate::scoring::record::store::{StoreError, container, without_query};

/// Why logs cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The source is neither.
    #[error("the source \"{0}\" is neither a folder nor the URL of a Blob container")]
    Unknown(String),
    /// The container cannot be reached.
    #[error("cannot open the source: {0}")]
    Open(#[from] StoreError),
    /// No TLS.
    #[error("cannot set up TLS: {0}")]
    Http(#[from] reqwest::Error),
    /// The service refused.
    #[error("cannot read {name} of the source: {source}")]
    Azure {
        /// The blob, or `the list of blobs`.
        name: String,
        /// What the service said.
        source: azure_core::Error,
    },
    /// The folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Logs in one place.
pub struct Source {
    place: Place,
    prefix: String,
}

enum Place {
    Folder(PathBuf),
    Container(BlobContainerClient),
}

/// A log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Log {
    /// Name within the source, with `/`.
    pub name: String,
    /// Its length in bytes when it was listed.
    pub length: u64,
}

impl Source {
    /// A source at a folder's path, a `file:` URL or a container's URL.
    ///
    /// # Errors
    /// It is none of these, or no credential can be made. Nothing is read yet.
    pub fn open(text: &str, prefix: &str) -> Result<Self, SourceError> {
        let prefix = prefix.trim_matches('/').to_owned();
        let place = match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Place::Container(container(&url, http::client()?)?),
            Ok(url) if url.scheme() == "file" => {
                Place::Folder(url.to_file_path().map_err(|()| SourceError::Unknown(text.to_owned()))?)
            }
            Ok(url) if url.scheme().len() > 1 => return Err(SourceError::Unknown(without_query(&url))),
            _ => Place::Folder(text.into()),
        };
        Ok(Self { place, prefix })
    }

    /// What the state remembers the source by: its address without secrets.
    pub fn identity(&self) -> String {
        match &self.place {
            Place::Folder(path) => format!("{}#{}", path.display(), self.prefix),
            Place::Container(container) => format!("{}#{}", without_query(container.url()), self.prefix),
        }
    }

    /// Every log, sorted by name, which is by time.
    ///
    /// # Errors
    /// The listing fails.
    pub async fn logs(&self) -> Result<Vec<Log>, SourceError> {
        let mut logs = match &self.place {
            Place::Folder(root) => folder_logs(root, &self.prefix)?,
            Place::Container(container) => {
                let failed = |source| SourceError::Azure { name: "the list of blobs".to_owned(), source };
                let prefix = (!self.prefix.is_empty()).then(|| format!("{}/", self.prefix));
                let options = BlobContainerClientListBlobsOptions { prefix, ..Default::default() };
                let mut blobs = container.list_blobs(Some(options)).map_err(failed)?;
                let mut logs = Vec::new();
                while let Some(blob) = blobs.try_next().await.map_err(failed)? {
                    let length = blob.properties.and_then(|properties| properties.content_length).unwrap_or(0);
                    if let Some(name) = blob.name {
                        logs.push(Log { name, length });
                    }
                }
                logs
            }
        };
        logs.retain(|log| log.name.ends_with(".jsonl"));
        logs.sort();
        Ok(logs)
    }

    /// The bytes of a log from `offset` on.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn read(&self, log: &Log, offset: u64) -> Result<Vec<u8>, SourceError> {
        match &self.place {
            Place::Folder(root) => {
                use std::io::{Read as _, Seek as _, SeekFrom};
                let path = root.join(&log.name);
                let mut text = Vec::new();
                let read = std::fs::File::open(&path).and_then(|mut file| {
                    file.seek(SeekFrom::Start(offset))?;
                    file.read_to_end(&mut text)
                });
                read.map(|_| text).map_err(|source| SourceError::File { path, source })
            }
            Place::Container(container) => {
                let failed = |source| SourceError::Azure { name: log.name.clone(), source };
                let range = Some((offset..log.length).into());
                let options = BlobClientDownloadOptions { range, ..Default::default() };
                let found = container.blob_client(&log.name).download(Some(options)).await.map_err(failed)?;
                Ok(found.body.collect().await.map_err(failed)?.to_vec())
            }
        }
    }
}

fn folder_logs(root: &std::path::Path, prefix: &str) -> Result<Vec<Log>, SourceError> {
    let start = root.join(prefix);
    let mut logs = Vec::new();
    let mut folders = vec![start];
    while let Some(folder) = folders.pop() {
        let failed = |source| SourceError::File { path: folder.clone(), source };
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let data = entry.metadata().map_err(failed)?;
            if data.is_dir() {
                folders.push(entry.path());
            } else if let Ok(name) = entry.path().strip_prefix(root) {
                let parts: Vec<_> = name.components().map(|part| part.as_os_str().to_string_lossy()).collect();
                logs.push(Log { name: parts.join("/"), length: data.len() });
            }
        }
    }
    Ok(logs)
}
