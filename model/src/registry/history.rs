//! The artifacts of a run in the run history of an Azure Machine Learning workspace.
//!
//! The requests are those of `azureml-mlflow` 1.62 (`RunArtifactsClient`): `…/artifacts/batch/metadata` makes an entry for
//! each path and answers with addresses of storage that take the files.

use super::client::{Client, UPLOAD};
use super::error::RegisterError;
use super::mlmodel::ModelFiles;
use super::tracking::without_password;
use serde_json::Value;

/// The most folders that are tried: an entry that an earlier attempt made is never made again, nor replaced.
const FOLDERS: usize = 9;

/// Where a run keeps its artifacts: `…/subscriptions/…/workspaces/…/experiments/…/runs/…/artifacts[/folder]`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RunArtifacts {
    /// `subscriptions` to the run's id.
    run: Vec<String>,
    /// A folder within the run's artifacts, if the address names one.
    folder: Vec<String>,
}

impl RunArtifacts {
    /// Reads the `azureml:` address that the workspace gives a run.
    pub fn of(uri: &str) -> Result<Self, RegisterError> {
        let refused = || RegisterError::ArtifactStore { uri: without_password(uri) };
        let path: Vec<&str> = uri.split(['?', '#']).next().unwrap_or_default().split('/').collect();
        let at = |name: &str| path.iter().position(|segment| *segment == name);
        let (start, runs) = (at("subscriptions").ok_or_else(refused)?, at("runs").ok_or_else(refused)?);
        let shape = ["subscriptions", "resourceGroups", "providers", "workspaces", "experiments", "runs"];
        let names = path.get(start..runs + 2).ok_or_else(refused)?;
        if names.len() != 2 * shape.len() || names.iter().any(|name| name.is_empty()) {
            return Err(refused());
        }
        // `providers/Microsoft.MachineLearningServices` is a pair as the others are.
        if names.iter().step_by(2).zip(shape).any(|(found, expected)| *found != expected) {
            return Err(refused());
        }
        let folder = match path.get(runs + 2..) {
            None | Some([]) => vec![],
            Some(["artifacts", folder @ ..]) => folder.iter().map(|segment| (*segment).to_owned()).collect(),
            Some(_) => return Err(refused()),
        };
        Ok(Self { run: names.iter().map(|name| (*name).to_owned()).collect(), folder })
    }

    fn request(&self) -> Vec<&str> {
        let run = self.run.iter().map(String::as_str);
        ["history", "v1.0"].into_iter().chain(run).chain(["artifacts", "batch", "metadata"]).collect()
    }

    fn path(&self, folder: &str, file: &str) -> String {
        let above = self.folder.iter().map(String::as_str);
        above.chain([folder, file]).collect::<Vec<_>>().join("/")
    }
}

/// Uploads the files and returns the folder that holds them: `folder`, or `folder-2` and so on where an earlier attempt
/// has left entries, whose files may be of no use.
pub(super) async fn upload(
    client: &Client,
    place: &RunArtifacts,
    folder: &str,
    files: &ModelFiles,
) -> Result<String, RegisterError> {
    let mut attempt = 1;
    loop {
        let folder = if attempt == 1 { folder.to_owned() } else { format!("{folder}-{attempt}") };
        let paths: Vec<String> = files.iter().map(|(name, _)| place.path(&folder, name)).collect();
        let answer = match client.make_places(&place.request(), &paths).await {
            Err(RegisterError::Refused { status: 409, .. }) if attempt < FOLDERS => {
                attempt += 1;
                continue;
            }
            answer => answer?,
        };
        match addresses(&answer, &paths) {
            Ok(addresses) => {
                for (address, (_, content)) in addresses.into_iter().zip(files) {
                    client.put_blob(address, content).await?;
                }
                return Ok(folder);
            }
            Err(problem) if problem.taken && attempt < FOLDERS => attempt += 1,
            Err(problem) => return Err(client.unexpected(UPLOAD, problem.message)),
        }
    }
}

struct Problem {
    /// Whether an entry of that path is there already.
    taken: bool,
    message: String,
}

/// The address of each path, in order.
fn addresses<'a>(answer: &'a Value, paths: &[String]) -> Result<Vec<&'a str>, Problem> {
    let address = |path: &String| {
        if let Some(error) = answer["errors"].get(path) {
            let error = error.get("error").unwrap_or(error);
            let words = ["code", "message"].map(|key| error[key].as_str().unwrap_or_default());
            let message: String = words.join(": ").chars().take(500).collect();
            let taken = ["conflict", "already exist"].iter().any(|word| message.to_lowercase().contains(word));
            return Err(Problem { taken, message: format!("{path}: {message}") });
        }
        let found = answer["artifactContentInformation"].get(path).and_then(|place| place["contentUri"].as_str());
        found.ok_or_else(|| Problem { taken: false, message: format!("there is no place for {path}") })
    };
    paths.iter().map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::RunArtifacts;

    const RUN: &str = "subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/\
                       experiments/e/runs/r";

    #[test]
    fn the_address_of_a_run_says_where_its_artifacts_are_asked_for() {
        for (end, path) in [("", "model/f"), ("/artifacts", "model/f"), ("/artifacts/a/b", "a/b/model/f")] {
            let place =
                RunArtifacts::of(&format!("azureml://westeurope.api.azureml.ms/mlflow/v2.0/{RUN}{end}")).unwrap();
            assert_eq!(place.request().join("/"), format!("history/v1.0/{RUN}/artifacts/batch/metadata"));
            assert_eq!(place.path("model", "f"), path);
        }
    }

    #[test]
    fn an_address_of_anything_else_is_refused() {
        let part = &RUN[..RUN.len() - 2];
        for uri in ["azureml://artifacts/LocalUpload/c/m", "azureml://h/subscriptions/s/runs/r", part, ""] {
            assert!(RunArtifacts::of(uri).is_err(), "{uri}");
        }
        assert!(RunArtifacts::of(&format!("azureml://h/{RUN}/logs")).is_err());
    }
}
