//! What the tool asks of git: a new repository, and earlier versions of a file.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::EdgeError;
use crate::remote::content::Commits;
use crate::tree::lock::sha256;
use crate::tree::path::RelPath;

/// How many earlier versions of a file are looked at for the base of a merge.
const HISTORY: &str = "200";

/// Makes `root` a git repository on `branch`, unless it lies in one already. Returns whether it did.
///
/// # Errors
/// If git is not there or refuses.
pub fn init(root: &Path, branch: &str) -> Result<bool, EdgeError> {
    if output(root, &["rev-parse", "--is-inside-work-tree"]).is_ok() {
        return Ok(false);
    }
    output(root, &["init", "--quiet", "--initial-branch", branch]).map(|_| true)
}

/// The version of `path` in the history of HEAD whose SHA-256 is `wanted`.
pub fn version_with_hash(root: &Path, path: &RelPath, wanted: &str) -> Option<Vec<u8>> {
    commits(root, path.as_str())
        .iter()
        .find_map(|commit| version(root, commit, path.as_str()).filter(|bytes| sha256(bytes) == wanted))
}

/// What `path` has held in the history of HEAD, the newest first.
pub fn versions(root: &Path, path: &str) -> Vec<Vec<u8>> {
    commits(root, path).iter().filter_map(|commit| version(root, commit, path)).collect()
}

/// Files that git has, by their object ids; those that it does not have are left out.
pub fn blobs<'a>(root: &Path, ids: impl Iterator<Item = &'a str>) -> BTreeMap<String, Vec<u8>> {
    let ids: Vec<&str> = ids.filter(|id| id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).collect();
    let read = || -> std::io::Result<Vec<u8>> {
        let mut git = Command::new("git");
        git.arg("-C").arg(root).args(["cat-file", "--batch"]);
        let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let asked = ids.iter().map(|id| format!("{id}\n")).collect::<String>();
        let mut stdin = child.stdin.take().ok_or(ErrorKind::BrokenPipe)?;
        // It answers while it is asked: whoever only writes waits for ever.
        let asking = std::thread::spawn(move || stdin.write_all(asked.as_bytes()));
        let answer = child.wait_with_output()?;
        let _ = asking.join();
        Ok(answer.stdout)
    };
    if ids.is_empty() { BTreeMap::new() } else { batch(&read().unwrap_or_default()) }
}

/// What `git cat-file --batch` answers: a line `<id> blob <size>` and the content for each, or `<id> missing`.
fn batch(mut answer: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    while let Some(end) = answer.iter().position(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(&answer[..end]).into_owned();
        answer = &answer[end + 1..];
        let words: Vec<&str> = line.split(' ').collect();
        if let [id, "blob", size] = words[..]
            && let Ok(size) = size.parse::<usize>()
            && size < answer.len()
        {
            found.insert(id.to_owned(), answer[..size].to_vec());
            answer = &answer[size + 1..];
        }
    }
    found
}

/// Largest file of the team's that a push through the service's API brings, in bytes.
const LARGEST: usize = 5 << 20;

/// What a repository holds beside the rendered files.
#[derive(Clone, Debug, Default)]
pub struct Local {
    /// What is committed.
    pub commits: Commits,
    /// Files that are not committed as they stand on disk.
    pub uncommitted: Vec<String>,
    /// Committed files that are too large for the service's API.
    pub large: Vec<String>,
}

/// What the branch of the repository at `root` has. A folder that is not the root of a repository has nothing.
pub fn local(root: &Path) -> Local {
    let text =
        |arguments: &[&str]| output(root, arguments).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let at_top = text(&["rev-parse", "--show-prefix"]).is_some_and(|prefix| prefix.trim().is_empty());
    if !at_top {
        return Local::default();
    }
    let mut found = Local::default();
    // `<mode> blob <id>\t<path>`, each ended by a zero byte.
    let listed = text(&["ls-tree", "-r", "-z", "HEAD"]).unwrap_or_default();
    let entry = |entry: &str| {
        let (head, path) = entry.split_once('\t')?;
        let mut words = head.split(' ');
        let (mode, id) = (words.next()?, words.nth(1)?);
        let path = RelPath::parse(path).ok()?;
        mode.starts_with("100").then(|| (path, id.to_owned()))
    };
    let entries: Vec<(RelPath, String)> = listed.split('\0').filter_map(entry).collect();
    let contents = blobs(root, entries.iter().map(|(_, id)| id.as_str()));
    for (path, id) in entries {
        match contents.get(&id) {
            Some(bytes) if bytes.len() <= LARGEST => drop(found.commits.files.insert(path, bytes.clone())),
            _ => found.large.push(path.to_string()),
        }
    }
    // `:<mode> <mode> <id> <id> <status>`, then the path, each ended by a zero byte.
    let log = text(&["log", "--raw", "--no-abbrev", "--no-renames", "--format=", "-z", "-n", HISTORY, "HEAD"]);
    let log = log.unwrap_or_default();
    let mut ids: Vec<String> = Vec::new();
    for part in log.split('\0') {
        if let Some(head) = part.trim_start().strip_prefix(':') {
            ids = head.split(' ').skip(2).take(2).map(str::to_owned).collect();
        } else if !part.is_empty() {
            found.commits.history.entry(part.to_owned()).or_default().extend(ids.drain(..));
        }
    }
    let status = text(&["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"]).unwrap_or_default();
    found.uncommitted = status.split('\0').filter_map(|line| line.get(3..)).map(str::to_owned).collect();
    found
}

fn version(root: &Path, commit: &str, path: &str) -> Option<Vec<u8>> {
    output(root, &["show", &format!("{commit}:./{path}")]).ok()
}

fn commits(root: &Path, path: &str) -> Vec<String> {
    let commits = output(root, &["log", "--format=%H", "-n", HISTORY, "HEAD", "--", path]).unwrap_or_default();
    String::from_utf8_lossy(&commits).lines().map(str::to_owned).collect()
}

fn output(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, EdgeError> {
    let result = Command::new("git").arg("-C").arg(root).args(arguments).output();
    let result = result.map_err(|error| EdgeError::new("run git in", root, error))?;
    if result.status.success() {
        Ok(result.stdout)
    } else {
        Err(EdgeError::new("use git in", root, String::from_utf8_lossy(&result.stderr).trim()))
    }
}
