//! A sandbox that starts after it had ended, or was cut off: what ran in its Azure runs again.

use std::path::Path;

use serde_json::{Value, json};

use crate::store::{Store, at, slot};
use crate::{az, kubernetes};

/// Starts container groups, online endpoints, pods and Services again, and says of jobs of Azure ML that they are cut off. What people have to
/// do again, and what could not be started, is what comes back.
///
/// # Errors
/// If the folder cannot be read or written.
pub fn revive(folder_of_sandbox: &Path) -> Result<Vec<String>, String> {
    let store = Store::open(folder_of_sandbox)?;
    let mut said = cut_off_jobs(&store)?;
    said.extend(az::revive_container_groups(&store)?);
    said.extend(az::revive_endpoints(&store)?);
    said.extend(kubernetes::revive(&store)?);
    Ok(said)
}

fn cut_off_jobs(store: &Store) -> Result<Vec<String>, String> {
    const OVER: [&str; 3] = ["Completed", "Failed", "Canceled"];
    let going = store.read(|state| {
        let mut found: Vec<(String, String)> = Vec::new();
        for (workspace, own) in at(state, &["ml"]).and_then(Value::as_object).into_iter().flatten() {
            for (name, job) in own["jobs"].as_object().into_iter().flatten() {
                if !OVER.contains(&job["status"].as_str().unwrap_or_default()) {
                    found.push((workspace.clone(), name.clone()));
                }
            }
        }
        found
    })?;
    store.change(|state| {
        for (workspace, name) in &going {
            let job = slot(state, &["ml", workspace, "jobs", name]);
            job["status"] = json!("Failed");
            job["error"] = json!("the sandbox was cut off while the job ran");
        }
        Ok::<(), String>(())
    })?;
    let line =
        |(_, name): &(String, String)| format!("job {name} was cut off and counts as failed: start its run again");
    Ok(going.iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_was_cut_off_has_failed_and_one_that_is_over_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let jobs = json!({ "one": { "status": "Running" }, "two": { "status": "Completed" } });
        store
            .change(|state| {
                *slot(state, &["ml", "w", "jobs"]) = jobs;
                Ok::<(), String>(())
            })
            .unwrap();
        let said = revive(folder.path()).unwrap();
        assert_eq!(said, ["job one was cut off and counts as failed: start its run again"]);
        let status = |name: &str| store.read(|state| at(state, &["ml", "w", "jobs", name, "status"]).cloned());
        assert_eq!(status("one"), Ok(Some(json!("Failed"))));
        assert_eq!(status("two"), Ok(Some(json!("Completed"))));
        assert_eq!(revive(folder.path()), Ok(Vec::new()));
    }
}
