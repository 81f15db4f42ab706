//! What files that a team brought along lack of what a first render would have written there.
//!
//! Files of lines alone can be told: requirements by the names of packages, ignore lists by their lines. Everything else
//! of a team's is left as it is.

use std::collections::BTreeSet;

use super::RenderedTree;
use super::changes::Disk;
use super::path::RelPath;
use crate::artifacts::Ownership;

/// A file that stayed, and the lines that it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacks {
    /// The file.
    pub path: RelPath,
    /// Lines of the render that it has nothing for.
    pub lines: Vec<String>,
    /// Whether the project does not work without them: packages, not patterns of ignored files.
    pub needed: bool,
}

/// What the team's files in `disk` lack of those in `tree`, by path.
pub fn lacks(tree: &RenderedTree, disk: &Disk) -> Vec<Lacks> {
    let seeds = tree.iter().filter(|(_, file)| file.ownership == Ownership::Seed);
    seeds
        .filter_map(|(path, file)| {
            let kept = std::str::from_utf8(disk.get(path)?).ok()?;
            let name = path.as_str();
            let needed = name.starts_with("requirements") && name.ends_with(".txt");
            if !needed && name != ".gitignore" {
                return None;
            }
            let key: fn(&str) -> Option<String> = if needed { package } else { pattern };
            let there: BTreeSet<String> = kept.lines().filter_map(key).collect();
            let lacking = |line: &&str| key(line).is_some_and(|key| !there.contains(&key));
            let lines: Vec<String> = file.text()?.lines().filter(lacking).map(str::to_owned).collect();
            (!lines.is_empty()).then(|| Lacks { path: path.clone(), lines, needed })
        })
        .collect()
}

/// `kept` with the lines that it lacks at its end.
pub fn completed(kept: &str, lacks: &Lacks) -> String {
    let mut text = kept.trim_end_matches('\n').to_owned();
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str("# What the rendered project needs besides\n");
    for line in &lacks.lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The package of a line of requirements, as the index spells it: lower case, hyphens. Lines that include other files
/// count by what they include.
fn package(line: &str) -> Option<String> {
    let line = line.split(" #").next().unwrap_or_default().trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    if line.starts_with('-') {
        return Some(line.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let name: String = line.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    Some(name.to_lowercase().replace(['_', '.'], "-"))
}

/// A pattern of an ignore list, without the slashes that anchor it.
fn pattern(line: &str) -> Option<String> {
    let line = line.trim();
    (!line.is_empty() && !line.starts_with('#')).then(|| line.trim_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::RenderedFile;

    fn tree(files: &[(&str, &str, Ownership)]) -> RenderedTree {
        let mut tree = RenderedTree::default();
        for (path, text, ownership) in files {
            let (bytes, because) = (text.as_bytes().to_vec(), Vec::new());
            let file = RenderedFile { bytes, ownership: *ownership, origin: String::new(), because };
            tree.insert(RelPath::parse(path).unwrap(), file).unwrap();
        }
        tree
    }

    #[test]
    fn packages_are_told_apart_by_name_and_ignored_files_by_pattern() {
        let tree = tree(&[
            ("requirements.txt", "# pinned\nscikit-learn==1.9.1\npandas==3.0.0\nskops==0.13\n", Ownership::Seed),
            (".gitignore", "# Python\n/.venv/\n__pycache__/\n", Ownership::Seed),
            ("src/a/train.py", "x = 1\n", Ownership::Managed),
            ("pyproject.toml", "[project]\n", Ownership::Seed),
        ]);
        let kept = [
            ("requirements.txt", "Scikit_Learn>=1.5 # ours\npandas\n"),
            (".gitignore", ".venv\n"),
            ("src/a/train.py", "y\n"),
            ("pyproject.toml", "[tool.other]\n"),
        ];
        let disk: Disk =
            kept.iter().map(|(path, text)| (RelPath::parse(path).unwrap(), text.as_bytes().to_vec())).collect();
        let found = lacks(&tree, &disk);
        let told: Vec<(&str, &[String], bool)> =
            found.iter().map(|lacks| (lacks.path.as_str(), lacks.lines.as_slice(), lacks.needed)).collect();
        let (ignored, packages) = (["__pycache__/".to_owned()], ["skops==0.13".to_owned()]);
        assert_eq!(told, [(".gitignore", &ignored[..], false), ("requirements.txt", &packages[..], true)]);
        assert_eq!(
            completed("pandas", &found[1]),
            "pandas\n\n# What the rendered project needs besides\nskops==0.13\n"
        );
    }
}
