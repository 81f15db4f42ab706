//! What the team has committed beside the rendered files, and what of it a push leaves out.

use mlops_gen::artifacts::Ownership;
use mlops_gen::edge::git;
use mlops_gen::tree::lock::LockedFile;

use super::args_place::SPEC;
use super::loaded::Loaded;

impl Loaded {
    /// Takes what the team has committed beside the rendered files into the files of a push. Returns what a push leaves out,
    /// in words.
    pub(super) fn add_commits(&mut self) -> Vec<String> {
        let directory = &self.project.devops.directory;
        let git::Local { mut commits, uncommitted, removed, large } = git::local(&self.root, directory);
        let tool = |path: &str| {
            self.tree.get(path).is_some()
                || self.lock.files.contains_key(path)
                || path.starts_with(".mlops-gen/")
                || path == SPEC
        };
        // Of files that are pushed anyway, git says which line ends they have.
        commits.files.retain(|path, _| !tool(path.as_str()) || self.content.get(path.as_str()).is_some());
        let own = |paths: Vec<String>| paths.into_iter().filter(|path| !tool(path)).collect::<Vec<_>>();
        // A seed that is gone from disk is one that the team has deleted.
        let seed = |path: &str| {
            let of_team = |file: &LockedFile| file.ownership == Ownership::Seed;
            !self.tree.get(path).is_some_and(|file| file.ownership == Ownership::Managed)
                && self.lock.files.get(path).is_some_and(of_team)
        };
        let removed: Vec<String> = removed.into_iter().filter(|path| !tool(path) || seed(path)).collect();
        commits.deleted.retain(|path| !tool(path) || seed(path));
        let (uncommitted, large) = (own(uncommitted), own(large));
        self.content = std::mem::take(&mut self.content).with_commits(commits);
        let said = |what: &str, files: &[String]| {
            let shown = files.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
            let more = if files.len() > 10 { format!(" and {} more", files.len() - 10) } else { String::new() };
            (!files.is_empty()).then(|| format!("{what}: {shown}{more}"))
        };
        let too_large = "not pushed by apply, because the service's API takes no file of this size; push with git";
        let in_place = git::prefix(&self.root).filter(|prefix| *prefix != directory.prefix()).map(|prefix| {
            let (here, said) = (prefix.trim_end_matches('/'), directory.as_str());
            let place = |folder: &str| match folder {
                "" => "the top".to_owned(),
                folder => format!("the folder {folder}"),
            };
            format!(
                "git has this project in {} of a repository, and devops.directory says {}: what the team has committed \
                 beside the rendered files is not pushed by apply{}",
                place(here),
                place(said),
                if here.is_empty() {
                    String::new()
                } else {
                    format!("; `directory: {here}` if that repository is the one")
                }
            )
        });
        [
            said("not committed, so not pushed by apply", &uncommitted),
            said("deleted here and not committed, so not deleted by apply", &removed),
            said(too_large, &large),
            in_place,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
