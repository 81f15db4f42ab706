//! The person's own repository after an apply: its branch and the service's share their history.
//!
//! An apply makes its commit through the service's API. Whoever has no commit yet stands on that one afterwards; whoever has
//! commits of his own gets a merge commit that joins both lines, so that git never meets unrelated histories. What people
//! have on disk stays as it is in every case; whoever has no commit yet gets the files of the service that are not here, and
//! those that nobody has touched since they were rendered.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::connect::{DEVOPS_TOKEN, DEVOPS_URL};
use super::git;
use crate::project::devops::Directory;

/// What became of the local branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// Nothing was to be done: no repository, another branch, or the same history.
    Nothing,
    /// The branch stands on the service's commit now, and so many of its files were brought to disk.
    Moved(String, usize),
    /// A commit of the branch joins both histories.
    Merged(String),
    /// The branch lacks commits of the service, and files on disk are not as they are there.
    Behind,
    /// Files of the service are not committed here, so that the histories cannot be joined yet.
    Uncommitted(Vec<String>),
    /// The service's commits could not be had.
    Unread(String),
}

/// Files of the project that nobody minds to lose, or that nobody wants back; relative to it.
#[derive(Clone, Debug, Default)]
pub struct Here {
    /// Files that are as they were rendered, and are the team's.
    pub untouched: BTreeSet<String>,
    /// Files that somebody has deleted.
    pub dropped: BTreeSet<String>,
}

/// Joins the local branch with `branch` at `url`, where `root` is the folder `directory` of its repository. `lookup` has what
/// the environment has for that address.
pub fn join(
    root: &Path,
    directory: &Directory,
    url: &str,
    branch: &str,
    here: &Here,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Joined {
    let local = Git { root, header: header(lookup) };
    let in_place = git::prefix(root).is_some_and(|prefix| prefix == directory.prefix());
    let on_branch = local.ask(&["symbolic-ref", "--quiet", "--short", "HEAD"]).is_some_and(|name| name == branch);
    if !in_place || !on_branch {
        return Joined::Nothing;
    }
    let from = format!("refs/heads/{branch}");
    if let Err(why) = local.run(&["fetch", "--quiet", "--no-tags", url, &from]) {
        return Joined::Unread(why);
    }
    let Some(theirs) = local.ask(&["rev-parse", "--verify", "--quiet", "FETCH_HEAD^{commit}"]) else {
        return Joined::Unread("the branch is not there".to_owned());
    };
    if local.ask(&["remote", "get-url", "origin"]).is_none() {
        let _ = local.run(&["remote", "add", "origin", url]);
    }
    let joined = local.join(&theirs, here);
    joined.unwrap_or_else(Joined::Unread)
}

/// Git in a folder.
struct Git<'a> {
    root: &'a Path,
    /// What proves to the service who asks; it goes by the environment, which nobody else sees.
    header: Option<String>,
}

impl Git<'_> {
    fn join(&self, theirs: &str, here: &Here) -> Result<Joined, String> {
        let Some(ours) = self.ask(&["rev-parse", "--verify", "--quiet", "HEAD"]) else {
            self.run(&["update-ref", "HEAD", theirs])?;
            self.run(&["read-tree", theirs])?;
            return Ok(Joined::Moved(theirs.to_owned(), self.bring(here)?));
        };
        if self.run(&["merge-base", "--is-ancestor", theirs, &ours]).is_ok() {
            return Ok(Joined::Nothing);
        }
        if let Some(base) = self.ask(&["merge-base", &ours, theirs]) {
            let ahead = self.run(&["merge-base", "--is-ancestor", &ours, theirs]).is_err();
            if ahead && self.is_here(&base, theirs, &ours) {
                return self.merge(&ours, theirs);
            }
            // Files on disk that are as they are there stay as they are when the branch moves.
            if ahead || self.run(&["-c", "core.fileMode=false", "diff", "--quiet", theirs, "--"]).is_err() {
                return Ok(Joined::Behind);
            }
            self.run(&["reset", "--quiet", "--mixed", theirs])?;
            return Ok(Joined::Moved(theirs.to_owned(), 0));
        }
        let differ = self.ask(&["diff", "--raw", "--no-abbrev", "--no-renames", theirs, &ours]).unwrap_or_default();
        let differ: Vec<String> = differ.lines().filter_map(differs).map(str::to_owned).collect();
        if !differ.is_empty() {
            return Ok(Joined::Uncommitted(differ));
        }
        self.merge(&ours, theirs)
    }

    /// Brings files of the index to disk that are not there, or that nobody has touched; returns how many.
    fn bring(&self, here: &Here) -> Result<usize, String> {
        let prefix = git::prefix(self.root).unwrap_or_default();
        let own = |path: &str| path.strip_prefix(prefix.as_str()).unwrap_or_default().to_owned();
        // An index that was just read knows no file on disk, and holds every one for changed. That some are is no failure.
        let _ = self.run(&["-c", "core.fileMode=false", "update-index", "-q", "--refresh"]);
        let changed = self.output(&["-c", "core.fileMode=false", "diff-files", "--name-status", "-z"])?;
        let words: Vec<&str> = changed.split('\0').collect();
        let wanted = words.chunks_exact(2).filter(|pair| match pair[0] {
            "D" => !here.dropped.contains(&own(pair[1])),
            _ => here.untouched.contains(&own(pair[1])),
        });
        // From the top, whatever folder of the repository the project is.
        let wanted: Vec<String> = wanted.map(|pair| format!(":(top,literal){}", pair[1])).collect();
        for some in wanted.chunks(100) {
            let mut line = vec!["checkout", "--quiet", "--"];
            line.extend(some.iter().map(String::as_str));
            self.run(&line)?;
        }
        Ok(wanted.len())
    }

    /// Whether `ours` has every file as it is that `theirs` has changed since `base`: it was pushed from here.
    fn is_here(&self, base: &str, theirs: &str, ours: &str) -> bool {
        let raw = |from: &str, to: &str| self.ask(&["diff", "--raw", "--no-abbrev", "--no-renames", from, to]);
        let (Some(changed), Some(differ)) = (raw(base, theirs), raw(theirs, ours)) else { return false };
        let changed: Vec<&str> = changed.lines().filter_map(|line| Some(line.split_once('\t')?.1)).collect();
        !differ.lines().filter_map(other_content).any(|path| changed.contains(&path))
    }

    /// A commit with the files of `ours` that joins both lines.
    fn merge(&self, ours: &str, theirs: &str) -> Result<Joined, String> {
        let tree = format!("{ours}^{{tree}}");
        let message = "Joins the commits made here with those that mlops-gen made on the service";
        let commit = self
            .ask(&["commit-tree", &tree, "-p", ours, "-p", theirs, "-m", message])
            .ok_or("git knows no name and mail for a commit; set user.name and user.email")?;
        self.run(&["update-ref", "HEAD", &commit, ours])?;
        Ok(Joined::Merged(commit))
    }

    fn ask(&self, arguments: &[&str]) -> Option<String> {
        self.output(arguments).ok().map(|text| text.trim().to_owned())
    }

    fn run(&self, arguments: &[&str]) -> Result<(), String> {
        self.output(arguments).map(drop)
    }

    fn output(&self, arguments: &[&str]) -> Result<String, String> {
        let mut git = Command::new("git");
        git.arg("-C").arg(self.root).args(arguments).env("GIT_TERMINAL_PROMPT", "0");
        if let Some(header) = &self.header {
            git.env("GIT_CONFIG_COUNT", "1")
                .env("GIT_CONFIG_KEY_0", "http.extraHeader")
                .env("GIT_CONFIG_VALUE_0", header);
        }
        let output = git.output().map_err(|error| format!("git cannot be run: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("git refused").to_owned())
        }
    }
}

/// The file of a line of `git diff --raw` (`:<mode> <mode> <id> <id> <status>` and a tab before it) whose content the second
/// side lacks. What only the second has, and whether a file is a program, which a push through the service's API cannot say,
/// is no difference.
fn differs(line: &str) -> Option<&str> {
    let added = line.split_once('\t')?.0.ends_with(" A");
    other_content(line).filter(|_| !added)
}

/// The file of such a line whose content is another one on the second side, or is on one side only.
fn other_content(line: &str) -> Option<&str> {
    let (head, path) = line.split_once('\t')?;
    let words: Vec<&str> = head.split(' ').collect();
    let [_, _, before, after, _] = words[..] else { return None };
    (before != after).then_some(path)
}

/// What the environment has to prove who asks: for another address its own token, else a personal access token or the
/// token of a pipeline. Without any, git asks its own credential helper.
fn header(lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let get = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
    if get(DEVOPS_URL).is_some() {
        return get(DEVOPS_TOKEN).map(|token| format!("Authorization: Bearer {token}"));
    }
    if let Some(token) = get("AZURE_DEVOPS_EXT_PAT") {
        return Some(format!("Authorization: Basic {}", BASE64_STANDARD.encode(format!(":{token}"))));
    }
    get("SYSTEM_ACCESSTOKEN").map(|token| format!("Authorization: Bearer {token}"))
}

#[cfg(test)]
mod tests {
    use super::{Directory, Here, Joined, header, join};
    use std::path::Path;
    use std::process::Command;
    use tempfile::TempDir;

    fn git(root: &Path, line: &str) -> String {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"];
        let output = Command::new("git").arg("-C").arg(root).args(identity).args(line.split(' ')).output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A repository with these files committed.
    fn repository(files: &[(&str, &str)]) -> TempDir {
        let folder = TempDir::new().unwrap();
        git(folder.path(), "init --quiet");
        git(folder.path(), "config user.name t");
        git(folder.path(), "config user.email t@example.com");
        write(folder.path(), files);
        if !files.is_empty() {
            git(folder.path(), "add --all");
            git(folder.path(), "commit --quiet --message one");
        }
        folder
    }

    fn write(root: &Path, files: &[(&str, &str)]) {
        files.iter().for_each(|(name, text)| std::fs::write(root.join(name), text).unwrap());
    }

    fn joined(local: &TempDir, service: &TempDir) -> Joined {
        join(local.path(), &Directory::default(), service.path().to_str().unwrap(), "main", &Here::default(), &|_| None)
    }

    #[test]
    fn who_has_no_commit_stands_on_the_services() {
        let service = repository(&[("a", "1\n")]);
        let local = repository(&[]);
        write(local.path(), &[("a", "1\n"), ("own", "x\n")]);
        assert!(matches!(joined(&local, &service), Joined::Moved(..)));
        assert_eq!(git(local.path(), "status --porcelain"), "?? own\n");
        assert_eq!(joined(&local, &service), Joined::Nothing);
    }

    #[test]
    fn who_has_no_commit_gets_the_services_files_and_loses_nothing() {
        let service =
            repository(&[("a", "1\n"), ("README", "theirs\n"), ("app", "x\n"), ("seed", "s\n"), ("notes", "n\n")]);
        let local = repository(&[]);
        write(local.path(), &[("a", "1\n"), ("README", "rendered\n"), ("notes", "mine\n")]);
        let here = Here { untouched: ["README".to_owned()].into(), dropped: ["seed".to_owned()].into() };
        let joined =
            join(local.path(), &Directory::default(), service.path().to_str().unwrap(), "main", &here, &|_| None);
        assert!(matches!(joined, Joined::Moved(_, 2)), "{joined:?}");
        assert_eq!(git(local.path(), "status --porcelain"), " M notes\n D seed\n");
        let read = |name: &str| std::fs::read_to_string(local.path().join(name)).unwrap();
        assert_eq!([read("README"), read("app"), read("notes")], ["theirs\n", "x\n", "mine\n"]);
    }

    #[test]
    fn commits_of_ones_own_are_joined_and_a_push_is_a_step_forward() {
        let service = repository(&[("a", "1\n")]);
        let local = repository(&[("a", "1\n"), ("own", "x\n")]);
        assert!(matches!(joined(&local, &service), Joined::Merged(_)));
        assert_eq!(git(local.path(), "status --porcelain"), "");
        assert_eq!(git(local.path(), "show HEAD:own"), "x\n");
        assert_eq!(joined(&local, &service), Joined::Nothing);
    }

    #[test]
    fn what_was_pushed_from_here_once_more_is_joined_again() {
        let service = repository(&[("a", "1\n")]);
        let local = repository(&[("a", "1\n"), ("own", "x\n")]);
        joined(&local, &service);
        for root in [local.path(), service.path()] {
            write(root, &[("a", "2\n")]);
            git(root, "commit --quiet --all --message two");
        }
        assert!(matches!(joined(&local, &service), Joined::Merged(_)));
        assert_eq!(git(local.path(), "status --porcelain"), "");
        assert_eq!(joined(&local, &service), Joined::Nothing);
    }

    #[test]
    fn a_folder_of_a_repository_is_joined_as_what_it_is_said_to_be() {
        let service = repository(&[("a", "1\n")]);
        // Another file: the same one at the same second would be the same commit.
        let local = repository(&[("a", "1\n"), ("own", "x\n")]);
        let folder = local.path().join("models");
        std::fs::create_dir(&folder).unwrap();
        let joined = |directory: &str| {
            let directory = Directory::parse(directory).unwrap();
            let url = service.path().to_str().unwrap();
            join(&folder, &directory, url, "main", &Here::default(), &|_| None)
        };
        assert_eq!(joined(""), Joined::Nothing);
        assert!(matches!(joined("models"), Joined::Merged(_)));
    }

    #[test]
    fn what_is_not_committed_is_named_and_nothing_is_done() {
        let service = repository(&[("a", "1\n"), ("b", "2\n")]);
        let local = repository(&[("a", "1\n")]);
        assert_eq!(joined(&local, &service), Joined::Uncommitted(vec!["b".to_owned()]));
    }

    #[test]
    #[cfg(unix)]
    fn a_program_that_the_service_does_not_know_for_one_is_no_difference() {
        use std::os::unix::fs::PermissionsExt as _;
        let service = repository(&[("run.sh", "1\n")]);
        let local = repository(&[]);
        write(local.path(), &[("run.sh", "1\n")]);
        std::fs::set_permissions(local.path().join("run.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
        git(local.path(), "add --all");
        git(local.path(), "commit --quiet --message one");
        assert!(matches!(joined(&local, &service), Joined::Merged(_)));
        assert!(git(local.path(), "ls-tree HEAD").starts_with("100755"));
    }

    #[test]
    fn a_branch_follows_where_no_file_changes_by_it() {
        let service = repository(&[("a", "1\n")]);
        let local = repository(&[]);
        write(local.path(), &[("a", "1\n")]);
        joined(&local, &service);
        write(service.path(), &[("a", "2\n")]);
        git(service.path(), "commit --quiet --all --message two");
        assert_eq!(joined(&local, &service), Joined::Behind);
        write(local.path(), &[("a", "2\n")]);
        assert!(matches!(joined(&local, &service), Joined::Moved(..)));
        assert_eq!(git(local.path(), "status --porcelain"), "");
    }

    #[test]
    fn another_address_gets_its_own_token_and_no_other() {
        let set = |name: &str| match name {
            "MLOPS_GEN_DEVOPS_URL" => Some("http://127.0.0.1:1/o".to_owned()),
            "AZURE_DEVOPS_EXT_PAT" => Some("planted".to_owned()),
            _ => None,
        };
        assert_eq!(header(&set), None);
    }
}
