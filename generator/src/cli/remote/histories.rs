//! After an apply: the local branch and the service's have one history.

use mlops_gen::artifacts::Ownership;
use mlops_gen::edge::connect::{Connection, variable};
use mlops_gen::edge::local_history::{self, Here, Joined};

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
    match local_history::join(&one.root, &devops.directory, url.as_str(), branch, &here(one), &variable) {
        Joined::Nothing => {}
        Joined::Moved(commit, brought) => {
            output.say(&format!("the local branch {branch} stands on the pushed commit {} now", short(&commit)));
            if brought > 0 {
                let files = if brought == 1 { "file" } else { "files" };
                output.say(&format!("brought from there: {brought} {files} that the repository had, and nobody had touched here"));
            }
        }
        Joined::Merged(commit) => output.say(&format!(
            "commit {} on the local branch {branch} joins its history with the pushed one; `git push` brings your commits there",
            short(&commit)
        )),
        Joined::Behind => output.say(&format!("the local branch {branch} lacks commits of the service: `{pull}` brings them")),
        Joined::Uncommitted(files) => output.say(&format!(
            "not committed here as the service has them: {}; `git fetch {} {}`, `git checkout FETCH_HEAD -- {}` and a commit \
             bring them, and the next `mlops-gen apply` joins the histories",
            named(&files),
            shell_word(url.as_str()),
            shell_word(branch),
            files.iter().map(|file| shell_word(&format!(":/{file}"))).collect::<Vec<_>>().join(" ")
        )),
        Joined::Unread(why) => output.say(&format!(
            "the pushed commit could not be fetched ({why}): `{pull}` brings it into the local branch"
        )),
    }
}

/// The team's files that nobody has touched, and those that somebody has deleted.
fn here(one: &Loaded) -> Here {
    let seeds = one.tree.iter().filter(|(_, file)| file.ownership == Ownership::Seed);
    let (there, gone): (Vec<_>, Vec<_>) = seeds.partition(|(path, _)| one.disk.contains_key(*path));
    let untouched = there
        .into_iter()
        .filter(|(path, file)| one.disk.get(*path).map(Vec::as_slice) == Some(one.tree.rendered(path, file)));
    let dropped = gone.into_iter().filter(|(path, _)| one.lock.files.contains_key(path.as_str()));
    Here {
        untouched: untouched.map(|(path, _)| path.as_str().to_owned()).collect(),
        dropped: dropped.map(|(path, _)| path.as_str().to_owned()).collect(),
    }
}

/// The first files by name, and how many more there are.
fn named(files: &[String]) -> String {
    let shown = files.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    if files.len() > 5 { format!("{shown} and {} more", files.len() - 5) } else { shown }
}
