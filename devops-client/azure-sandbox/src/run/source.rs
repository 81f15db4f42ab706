//! A folder as a commit that jobs can check out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pipeline_runner::Source;

/// The repository of a sandbox.
#[derive(Clone, Debug)]
pub struct Repository(PathBuf);

impl Repository {
    /// That of a sandbox's folder, made if it is not there.
    ///
    /// # Errors
    /// What git or the machine says.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let path = folder.join("repository.git");
        if !path.join("HEAD").exists() {
            fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
            git(&[], &["init", "--quiet", "--bare", "--initial-branch=main", &path.display().to_string()])?;
        }
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn git(&self, more: &[(&str, &Path)], arguments: &[&str]) -> Result<String, String> {
        let own = [("GIT_DIR", self.0.as_path())];
        git(&own.iter().chain(more).copied().collect::<Vec<_>>(), arguments)
    }
}

/// The folder as it stands, with what git does not ignore, as the newest commit of the branch that it is on. A folder that
/// has not changed gets no new commit.
///
/// # Errors
/// What git or the machine says.
pub fn snapshot(root: &Path, folder: &Path) -> Result<Source, String> {
    let repository = Repository::open(folder)?;
    let inside = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let whole = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let index = folder.join("index");
    let place = [("GIT_WORK_TREE", whole.as_path()), ("GIT_INDEX_FILE", index.as_path())];
    let mut add = vec!["add".to_owned(), "--all".to_owned(), "--".to_owned(), ".".to_owned()];
    if let Ok(own) = inside.strip_prefix(&whole) {
        add.push(format!(":(exclude){}", own.display()));
    }
    repository.git(&place, &add.iter().map(String::as_str).collect::<Vec<_>>())?;
    let tree = repository.git(&place, &["write-tree"])?;
    let branch = branch(&whole).unwrap_or_else(|| "refs/heads/main".to_owned());
    let tip = repository.git(&[], &["rev-parse", "--verify", "--quiet", &branch]).ok();
    if let Some(tip) = tip.as_deref()
        && repository.git(&[], &["rev-parse", &format!("{tip}^{{tree}}")])? == tree
    {
        return Ok(source(&repository, branch, tip.to_owned()));
    }
    let mut commit = vec!["commit-tree", tree.as_str(), "-m", "the folder as it stands"];
    if let Some(tip) = &tip {
        commit.extend(["-p", tip]);
    }
    let commit = repository.git(&[], &commit)?;
    repository.git(&[], &["update-ref", &branch, &commit])?;
    Ok(source(&repository, branch, commit))
}

fn source(repository: &Repository, branch: String, commit: String) -> Source {
    let path = repository.0.canonicalize().unwrap_or_else(|_| repository.0.clone());
    Source { url: path.display().to_string(), branch, commit, header: None }
}

/// The branch that a folder is on, if it is a repository of its own.
fn branch(root: &Path) -> Option<String> {
    root.join(".git").exists().then_some(())?;
    let own = root.join(".git");
    let head = git(&[("GIT_DIR", own.as_path())], &["symbolic-ref", "HEAD"]).ok()?;
    head.starts_with("refs/heads/").then_some(head)
}

fn git(place: &[(&str, &Path)], arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new("git");
    // whoever sits here is not the author, and no setting of theirs decides what is in the commit
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    for (name, value) in [("NAME", "sandbox"), ("EMAIL", "sandbox@example.invalid")] {
        command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    if let Some((_, folder)) = place.iter().find(|(name, _)| *name == "GIT_WORK_TREE") {
        command.current_dir(folder);
    }
    command.envs(
        place.iter().map(|(name, path)| (name, std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()))),
    );
    let output = command.args(arguments).output().map_err(|error| format!("cannot start git: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("git {}: {}", arguments.first().unwrap_or(&""), said.trim()))
}

/// The next number of a run in a sandbox.
pub(super) fn next(folder: &Path) -> Result<i64, String> {
    let runs = folder.join("runs");
    fs::create_dir_all(&runs).map_err(|error| format!("cannot make {}: {error}", runs.display()))?;
    let names = fs::read_dir(&runs).into_iter().flatten().flatten();
    let last = names.filter_map(|entry| entry.file_name().to_str()?.parse::<i64>().ok()).max().unwrap_or(0);
    // whoever makes the folder has the number
    for id in last + 1..last + 1000 {
        match fs::create_dir(runs.join(id.to_string())) {
            Ok(()) => return Ok(id),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("cannot make a folder in {}: {error}", runs.display())),
        }
    }
    Err(format!("{} is full", runs.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_becomes_a_commit_and_stays_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.txt"), "a").unwrap();
        fs::write(root.path().join(".gitignore"), "ignored\n").unwrap();
        fs::write(root.path().join("ignored"), "x").unwrap();
        let folder = root.path().join("own/sandbox");
        let first = snapshot(root.path(), &folder).unwrap();
        let again = snapshot(root.path(), &folder).unwrap();
        assert_eq!(first.commit, again.commit);
        fs::write(root.path().join("a.txt"), "b").unwrap();
        let changed = snapshot(root.path(), &folder).unwrap();
        assert_ne!(first.commit, changed.commit);
        let repository = Repository::open(&folder).unwrap();
        let files = repository.git(&[], &["ls-tree", "-r", "--name-only", &changed.commit]).unwrap();
        assert_eq!(files, ".gitignore\na.txt");
        assert_eq!(repository.git(&[], &["rev-parse", &format!("{}^", changed.commit)]).unwrap(), first.commit);
        let names: Vec<_> = fs::read_dir(root.path()).unwrap().flatten().map(|e| e.file_name()).collect();
        assert_eq!(names.len(), 4, "{names:?}");
    }

    #[test]
    fn numbers_of_runs_go_up() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!([next(folder.path()), next(folder.path())], [Ok(1), Ok(2)]);
    }
}
