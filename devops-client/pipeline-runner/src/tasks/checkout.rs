//! `checkout:`, by git, as the agent does it.

use std::path::{Path, PathBuf};

use crate::files::{make, renew};
use crate::job::bench::Now;
use crate::outcome::Outcome;
use crate::process::{Call, End};

pub(super) const INPUTS: &[&str] = &["repository", "clean", "fetchDepth", "fetchTags", "path", "persistCredentials"];

pub(super) fn run(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    match now.input("repository").unwrap_or("self") {
        "none" => return Ok(Outcome::Succeeded),
        "self" => {}
        other => return Err(format!("only `self` can be checked out here, not `{other}`")),
    }
    let folder = match now.input("path") {
        Some(path) => now.paths().workspace.join(path),
        None => now.paths().sources(),
    };
    if !folder.starts_with(&now.paths().workspace) {
        return Err(format!("`path` leads out of the workspace: {}", folder.display()));
    }
    renew(&folder)?;
    let depth = now.input("fetchDepth").unwrap_or("1").trim().to_owned();
    if depth.parse::<u32>().is_err() {
        return Err(format!("`fetchDepth` is a number, not `{depth}`"));
    }
    let source = now.facts().source.clone();
    let url = if source.url.starts_with('/') { format!("file://{}", source.url) } else { source.url.clone() };
    let mut fetch = vec!["fetch", "--force", "--quiet", "--no-recurse-submodules"];
    fetch.push(if now.flag("fetchTags") { "--tags" } else { "--no-tags" });
    let shallow = format!("--depth={depth}");
    let everything = ["+refs/heads/*:refs/remotes/origin/*", source.branch.as_str()];
    if depth != "0" {
        fetch.push(&shallow);
    }
    fetch.push("origin");
    if depth == "0" {
        let named: &[&str] = if source.branch.starts_with("refs/heads/") { &everything[..1] } else { &everything };
        fetch.extend(named);
    } else {
        fetch.push(&source.commit);
    }
    git(now, &folder, &["init", "--quiet"])?;
    git(now, &folder, &["remote", "add", "origin", &url])?;
    if git(now, &folder, &fetch).is_err() {
        // a server that gives out branches alone
        git(now, &folder, &["fetch", "--force", "--quiet", "--no-tags", "origin", &source.branch])?;
    }
    git(now, &folder, &["checkout", "--force", "--quiet", "--detach", &source.commit])?;
    now.output(&format!("HEAD is now at {}", source.commit));
    now.bring_built(&folder);
    Ok(Outcome::Succeeded)
}

fn git(now: &mut Now<'_, '_>, folder: &Path, arguments: &[&str]) -> Result<(), String> {
    make(folder)?;
    let mut environment = now.environment();
    environment.push(("GIT_TERMINAL_PROMPT".to_owned(), "0".to_owned()));
    // in the environment, because the list of processes shows arguments
    if let Some(header) = now.facts().source.header.clone() {
        environment.extend([
            ("GIT_CONFIG_COUNT".to_owned(), "1".to_owned()),
            ("GIT_CONFIG_KEY_0".to_owned(), "http.extraheader".to_owned()),
            ("GIT_CONFIG_VALUE_0".to_owned(), header),
        ]);
    }
    let call = Call {
        program: PathBuf::from("git"),
        arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        folder: folder.to_owned(),
        environment,
    };
    now.output(&format!("##[command]git {}", arguments.join(" ")));
    match now.process(&call, &mut |now, (line, _)| now.output(&line))? {
        End::Exited(0) => Ok(()),
        End::Exited(code) => Err(format!("git {} ended with {code}", arguments[0])),
        end => Err(now.ended(end)),
    }
}
