//! Putting the model's files where the run keeps its artifacts.

use super::client::Client;
use super::error::RegisterError;
use super::history::RunArtifacts;
use super::mlmodel::{FOLDER, ModelFiles};
use super::run::Run;
use super::tracking::without_password;
use std::path::{Path, PathBuf};

/// Uploads the files and returns their place, which becomes the version's source.
///
/// - `mlflow-artifacts:`: the tracking server stores them ("MLflow Tracking Server", proxied artifact access).
/// - `file:` or a path: the store is on this machine.
/// - `azureml:`: the run history of the workspace gives each file a place that takes it. The folder `outputs` of a job
///   would not do: it is uploaded when the job ends, and a version must not be known before its files are.
pub(super) async fn upload(client: &Client, run: &Run, files: &ModelFiles) -> Result<String, RegisterError> {
    let uri = run.artifact_uri.trim_end_matches('/');
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
    match scheme {
        "mlflow-artifacts" => {
            let path = uri.trim_start_matches("mlflow-artifacts:").trim_start_matches('/');
            // `mlflow-artifacts://host/…` names the server too, which is the one that is spoken to.
            let path =
                if uri.starts_with("mlflow-artifacts://") { path.split_once('/').map_or("", |(_, p)| p) } else { path };
            let mut segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
            segments.push(FOLDER);
            for (name, content) in files {
                let place: Vec<&str> = segments.iter().copied().chain([*name]).collect();
                client.put_artifact(&place, content.clone()).await?;
            }
            Ok(format!("{uri}/{FOLDER}"))
        }
        "file" | "" => {
            let folder = PathBuf::from(uri.trim_start_matches("file:").replacen("///", "/", 1).replacen("//", "/", 1));
            write(&folder.join(FOLDER), files)?;
            Ok(format!("{uri}/{FOLDER}"))
        }
        "azureml" => {
            let place = RunArtifacts::of(uri)?;
            let folder = super::history::upload(client, &place, FOLDER, files).await?;
            Ok(format!("{uri}/{folder}"))
        }
        _ => Err(RegisterError::ArtifactStore { uri: without_password(uri) }),
    }
}

fn write(folder: &Path, files: &ModelFiles) -> Result<(), RegisterError> {
    for (name, content) in files {
        let path = folder.join(name);
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, content));
        written.map_err(|source| RegisterError::Write { path, source })?;
    }
    Ok(())
}
