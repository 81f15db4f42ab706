//! What the tool asks of git: a new repository, and earlier versions of a file.

use std::path::Path;
use std::process::Command;

use super::EdgeError;
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
    let commits = output(root, &["log", "--format=%H", "-n", HISTORY, "HEAD", "--", path.as_str()]).ok()?;
    let commits = String::from_utf8(commits).ok()?;
    commits.lines().find_map(|commit| {
        let bytes = output(root, &["show", &format!("{commit}:./{path}")]).ok()?;
        (sha256(&bytes) == wanted).then_some(bytes)
    })
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
