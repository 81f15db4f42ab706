//! What files that a team brought along lack of what a first render would have written there.
//!
//! Requirements are told by the names of packages, ignore lists by their lines, `pyproject.toml` by the tables of tools
//! that pipelines call. Everything else of a team's is left as it is.

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
    /// The same, as a person reads it: the packages, the patterns, the names of the tables.
    pub said: String,
    /// Whether the project does not work without them: packages, not patterns of ignored files.
    pub needed: bool,
}

/// What the team's files in `disk` lack of those in `tree`, by path.
pub fn lacks(tree: &RenderedTree, disk: &Disk) -> Vec<Lacks> {
    let seeds = tree.iter().filter(|(_, file)| file.ownership == Ownership::Seed);
    seeds
        .filter_map(|(path, file)| {
            let kept = read(disk.get(path)?)?;
            let name = path.as_str();
            if name == "pyproject.toml" {
                return tables(path, file.text()?, &kept);
            }
            let needed = name.starts_with("requirements") && name.ends_with(".txt");
            if !needed && name != ".gitignore" {
                return None;
            }
            let key: fn(&str) -> Option<String> = if needed { package } else { pattern };
            let there: BTreeSet<String> = kept.lines().filter_map(key).collect();
            let lacking = |line: &&str| key(line).is_some_and(|key| !there.contains(&key));
            let lines: Vec<String> = file.text()?.lines().filter(lacking).map(str::to_owned).collect();
            let said = lines.join(", ");
            (!lines.is_empty()).then(|| Lacks { path: path.clone(), lines, said, needed })
        })
        .collect()
}

/// The text of a team's file: UTF-8, or UTF-16 with its mark, as PowerShell writes it.
pub fn read(bytes: &[u8]) -> Option<String> {
    let encoding = encoding_rs::Encoding::for_bom(bytes).map_or(encoding_rs::UTF_8, |(encoding, _)| encoding);
    let (text, _, bad) = encoding.decode(bytes);
    (!bad).then(|| text.into_owned())
}

/// Tables of tools (`[tool.mypy]`) that a kept `pyproject.toml` has nothing of. One that is no TOML is left to pip to refuse.
fn tables(path: &RelPath, rendered: &str, kept: &str) -> Option<Lacks> {
    let kept: toml_edit::DocumentMut = kept.parse().ok()?;
    let backend = kept.get("build-system").and_then(|build| build.get("build-backend")).and_then(|name| name.as_str());
    let (mut lines, mut said, mut lacking) = (Vec::new(), Vec::<&str>::new(), false);
    for line in rendered.lines() {
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let tool = header.strip_prefix("tool.").and_then(|rest| rest.split('.').next());
            lacking = tool.is_some_and(|tool| {
                let other = tool == "setuptools" && backend.is_some_and(|name| !name.starts_with("setuptools"));
                !other && kept.get("tool").and_then(|tools| tools.get(tool)).is_none()
            });
            // What the project is made of stays the team's: its requirements are in files of their own.
            lacking &= header != "tool.setuptools.dynamic";
            if lacking {
                said.push(line);
            }
        }
        if lacking {
            lines.push(line.to_owned());
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let said = said.join(", ");
    (!lines.is_empty()).then(|| Lacks { path: path.clone(), lines, said, needed: false })
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
            ("README.md", "# a\n", Ownership::Seed),
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

    #[test]
    fn a_manifest_is_told_which_tables_of_tools_it_lacks() {
        let rendered = "[build-system]\nrequires = []\n\n[project]\nname = \"a\"\n\n[tool.setuptools.dynamic]\nx = 1\n\n\
            [tool.setuptools.packages.find]\nwhere = [\"src\"]\n\n[tool.mypy]\npackages = [\"a\"]\n\n[tool.ruff]\nb = 1\n\n\
            [tool.ruff.lint]\nselect = []\n";
        let said = |kept: &str| {
            let disk = Disk::from([(RelPath::parse("pyproject.toml").unwrap(), kept.as_bytes().to_vec())]);
            lacks(&tree(&[("pyproject.toml", rendered, Ownership::Seed)]), &disk).pop()
        };
        let plain = said("[project]\nname = 'a'\n[tool.mypy]\nstrict = true\n").unwrap();
        assert_eq!(
            (plain.said.as_str(), plain.needed),
            ("[tool.setuptools.packages.find], [tool.ruff], [tool.ruff.lint]", false)
        );
        let whole = completed("[project]\nname = 'a'\n[tool.mypy]\nstrict = true\n", &plain);
        assert!(whole.parse::<toml_edit::DocumentMut>().is_ok() && said(&whole).is_none(), "{whole}");
        let other = said("[build-system]\nbuild-backend = 'poetry.core.masonry.api'\n[tool.ruff]\n").unwrap();
        assert_eq!(other.said, "[tool.mypy]");
        assert_eq!(said("[project\n"), None);
    }

    #[test]
    fn a_mark_of_the_encoding_is_no_part_of_a_package() {
        let tree = tree(&[("requirements.txt", "pandas==3\nskops==1\n", Ownership::Seed)]);
        let utf16: Vec<u8> = "\u{feff}pandas\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for kept in [b"\xef\xbb\xbfpandas\n".to_vec(), utf16] {
            assert_eq!(read(&kept).unwrap().trim_end(), "pandas");
            let disk = Disk::from([(RelPath::parse("requirements.txt").unwrap(), kept)]);
            assert_eq!(lacks(&tree, &disk)[0].lines, ["skops==1"]);
        }
        assert_eq!(read(b"\xff\x00\xfe"), None);
    }
}
