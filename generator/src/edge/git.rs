//! What the tool asks of git: a new repository, and earlier versions of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::EdgeError;
use crate::example::Place;
use crate::project::devops::Directory;
use crate::remote::content::Commits;
use crate::tree::lock::{LOCK_PATH, sha256};
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
    /// Files that are not on disk any more, and still in the last commit.
    pub removed: Vec<String>,
    /// Committed files that are too large for the service's API.
    pub large: Vec<String>,
}

/// The folder of its repository that `root` is, with a slash at its end; empty at the top. None where it lies in none.
pub fn prefix(root: &Path) -> Option<String> {
    let bytes = output(root, &["rev-parse", "--show-prefix"]).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned())
}

/// The repository that `folder`, which need not be there yet, lies in, and the folder below its top: none at its top or
/// outside of any. The name is that of its remote `origin`, else of its own folder.
pub fn place(folder: &Path) -> Option<Place> {
    let full = std::path::absolute(folder).ok()?;
    let there = full.ancestors().find(|folder| folder.is_dir())?;
    let rest = full.strip_prefix(there).ok()?.to_string_lossy().replace('\\', "/");
    let directory = format!("{}{rest}", prefix(there)?);
    let directory = directory.trim_end_matches('/').to_owned();
    let text = |arguments: &[&str]| {
        let bytes = output(there, arguments).ok()?;
        Some(String::from_utf8_lossy(&bytes).trim_end().trim_end_matches(".git").trim_end_matches('/').to_owned())
    };
    let last = |text: String| text.rsplit(['/', '\\', ':']).next().map(str::to_owned);
    let named = text(&["remote", "get-url", "origin"]).and_then(last);
    let repository = named.or_else(|| text(&["rev-parse", "--show-toplevel"]).and_then(last))?;
    (!directory.is_empty()).then_some(Place { repository, directory })
}

/// What the branch of the repository has in `root`, which is its folder `directory`. Any other folder has nothing, and neither
/// have folders that hold another project.
pub fn local(root: &Path, directory: &Directory) -> Local {
    let text =
        |arguments: &[&str]| output(root, arguments).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    if prefix(root).is_none_or(|prefix| prefix != directory.prefix()) {
        return Local::default();
    }
    let mut found = Local::default();
    // `<mode> blob <id>\t<path>`, each ended by a zero byte; paths are those below `root`.
    let listed = text(&["ls-tree", "-r", "-z", "HEAD"]).unwrap_or_default();
    let entry = |entry: &'_ str| {
        let (head, path) = entry.split_once('\t')?;
        let mut words = head.split(' ');
        let (mode, id) = (words.next()?, words.nth(1)?);
        Some((path.to_owned(), mode.starts_with("100"), id.to_owned()))
    };
    let listed: Vec<(String, bool, String)> = listed.split('\0').filter_map(entry).collect();
    let neighbours: Vec<String> = listed.iter().filter_map(|(path, ..)| other_project(path)).collect();
    let ours = |path: &str| !neighbours.iter().any(|folder| path.starts_with(folder.as_str()));
    let files = listed.iter().filter(|(path, is_file, _)| *is_file && ours(path));
    let entries: Vec<(RelPath, &str)> =
        files.filter_map(|(path, _, id)| Some((RelPath::parse(path).ok()?, id.as_str()))).collect();
    let contents = blobs(root, entries.iter().map(|(_, id)| *id));
    for (path, id) in entries {
        match contents.get(id) {
            Some(bytes) if bytes.len() <= LARGEST => drop(found.commits.files.insert(path, bytes.clone())),
            _ => found.large.push(path.to_string()),
        }
    }
    // `:<mode> <mode> <id> <id> <status>`, then the path, each ended by a zero byte.
    let log =
        text(&["log", "--raw", "--relative", "--no-abbrev", "--no-renames", "--format=", "-z", "-n", HISTORY, "HEAD"]);
    let log = log.unwrap_or_default();
    let mut ids: Vec<String> = Vec::new();
    for part in log.split('\0') {
        if let Some(head) = part.trim_start().strip_prefix(':') {
            ids = head.split(' ').skip(2).take(2).map(str::to_owned).collect();
        } else if !part.is_empty() {
            found.commits.history.entry(part.to_owned()).or_default().extend(ids.drain(..));
        }
    }
    let there: BTreeSet<&str> = listed.iter().map(|(path, ..)| path.as_str()).collect();
    let gone = found.commits.history.keys().filter(|path| !there.contains(path.as_str()) && ours(path));
    found.commits.deleted = gone.filter(|path| other_project(path).is_none()).cloned().collect();
    let status = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", "."];
    let status = text(&status).unwrap_or_default();
    for line in status.split('\0') {
        let (Some(state), Some(path)) = (line.get(..2), line.get(3..)) else { continue };
        let Some(path) = directory.inside(path).filter(|path| ours(path)) else { continue };
        let list = if state.contains('D') { &mut found.removed } else { &mut found.uncommitted };
        list.push(path.to_owned());
    }
    found
}

/// The folder, with a slash at its end, of which a file is the lock of another project.
fn other_project(path: &str) -> Option<String> {
    let folder = path.strip_suffix(LOCK_PATH)?;
    folder.ends_with('/').then(|| folder.to_owned())
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
