//! Artifacts of a run: published once, with their content, and fetched again.

use std::fs;

use crate::files::{below, copy, make, matches};
use crate::job::bench::Now;
use crate::outcome::Outcome;

pub(super) const PUBLISH: &[&str] =
    &["targetPath", "path", "artifact", "artifactName", "publishLocation", "artifactType"];
pub(super) const DOWNLOAD: &[&str] = &[
    "source",
    "buildType",
    "artifact",
    "artifactName",
    "patterns",
    "itemPattern",
    "path",
    "targetPath",
    "downloadPath",
];

pub(super) fn publish(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    if let Some(place) = now.input("publishLocation").or(now.input("artifactType")).filter(|place| *place != "pipeline")
    {
        return Err(format!("artifacts are published to the pipeline here, not to `{place}`"));
    }
    let path = now.input("targetPath").or(now.input("path")).unwrap_or("$(Pipeline.Workspace)");
    let path = now.paths().sources().join(now.variables().expand(path));
    let place = now.place();
    let own = format!("{}.{}.{}", place.stage, place.job, place.instance);
    let name = now.input("artifact").or(now.input("artifactName"));
    let name = name.map_or_else(|| own.trim_end_matches('.').to_owned(), str::to_owned);
    now.keep_artifact(&name, &path)?;
    Ok(Outcome::Succeeded)
}

pub(super) fn download(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    match now.input("source").or(now.input("buildType")).unwrap_or("current") {
        "none" => return Ok(Outcome::Succeeded),
        "current" => {}
        other => return Err(format!("artifacts of the current run can be fetched here, not of `{other}`")),
    }
    let store = now.kept().join("artifacts");
    let asked = now.input("artifact").or(now.input("artifactName")).map(str::to_owned);
    let names: Vec<String> = match &asked {
        Some(name) => vec![name.clone()],
        None => {
            let entries = fs::read_dir(&store).into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        }
    };
    let target = now.input("path").or(now.input("targetPath")).or(now.input("downloadPath"));
    let target = target.map(|path| now.paths().workspace.join(path));
    let patterns = now.input("patterns").or(now.input("itemPattern")).unwrap_or("**").to_owned();
    for name in names {
        let from = store.join(&name);
        if !from.is_dir() {
            return Err(format!("Artifact {name} was not found for build {}.", now.facts().id));
        }
        // one artifact goes into the folder itself, several into a folder each
        let to = match (&target, &asked) {
            (Some(target), Some(_)) => target.clone(),
            (Some(target), None) => target.join(&name),
            (None, _) => now.paths().workspace.join(&name),
        };
        make(&to)?;
        for file in below(&from) {
            if patterns.lines().any(|pattern| matches(pattern.trim(), &file.to_string_lossy())) {
                let to = to.join(&file);
                make(to.parent().unwrap_or(&to))?;
                copy(&from.join(&file), &to)?;
            }
        }
        now.output(&format!("Downloaded artifact {name} to {}", to.display()));
    }
    Ok(Outcome::Succeeded)
}
