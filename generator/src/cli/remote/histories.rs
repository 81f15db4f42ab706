//! After an apply: the local branch and the service's have one history.

use mlops_gen::edge::connect::{Connection, variable};
use mlops_gen::edge::local_history::{self, Joined};

use crate::cli::loaded::Loaded;
use crate::cli::output::Output;
use crate::cli::program::shell_word;

/// Joins the histories, and says what became of the local branch.
pub(super) fn join(one: &Loaded, output: Output) {
    let devops = &one.project.devops;
    let Ok(connection) = Connection::new(&one.project) else { return };
    let mut url = connection.devops.base_url().clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend([devops.project.as_str(), "_git", devops.repository.as_str()]);
    }
    let branch = devops.branch.as_str();
    let (pull, short) =
        (format!("git pull {} {}", shell_word(url.as_str()), shell_word(branch)), |id: &str| id[..7].to_owned());
    match local_history::join(&one.root, &devops.directory, url.as_str(), branch, &variable) {
        Joined::Nothing => {}
        Joined::Moved(commit) => output.say(&format!("the local branch {branch} stands on the pushed commit {} now", short(&commit))),
        Joined::Merged(commit) => output.say(&format!(
            "commit {} on the local branch {branch} joins its history with the pushed one; `git push` brings your commits there",
            short(&commit)
        )),
        Joined::Behind => output.say(&format!("the local branch {branch} lacks commits of the service: `{pull}` brings them")),
        Joined::Uncommitted(files) => output.say(&format!(
            "{} files of the service are not committed here as they are there ({}, …): commit them, and `mlops-gen apply` joins \
             the histories",
            files.len(),
            files.first().map_or("", String::as_str)
        )),
        Joined::Unread(why) => output.say(&format!(
            "the pushed commit could not be fetched ({why}): `{pull}` brings it into the local branch"
        )),
    }
}
