//! Files and folders of a run.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// An error of a file, with what was done to which.
pub(crate) fn wrong<'a>(what: &'a str, path: &'a Path) -> impl Fn(io::Error) -> String + 'a {
    move |error| format!("cannot {what} {}: {error}", path.display())
}

pub(crate) fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(wrong("make", folder))
}

/// An empty folder, whatever was there.
pub(crate) fn renew(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(wrong("remove", folder))?;
    }
    make(folder)
}

/// Copies a file, or a folder with everything in it; links stay links.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let kind = fs::symlink_metadata(from).map_err(wrong("read", from))?;
    if kind.is_symlink() {
        let target = fs::read_link(from).map_err(wrong("read", from))?;
        return std::os::unix::fs::symlink(target, to).map_err(wrong("write", to));
    }
    if kind.is_file() {
        return fs::copy(from, to).map(drop).map_err(wrong("copy", from));
    }
    if !kind.is_dir() {
        return Ok(());
    }
    make(to)?;
    for entry in fs::read_dir(from).map_err(wrong("read", from))? {
        let entry = entry.map_err(wrong("read", from))?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Every file below a folder, by its path from there, in order.
pub(crate) fn below(folder: &Path) -> Vec<PathBuf> {
    fn walk(folder: &Path, from: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => walk(&path, from, found),
                Ok(_) => found.extend(path.strip_prefix(from).map(Path::to_path_buf)),
                Err(_) => {}
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

/// The files that patterns name, one a line, `!` for those that do not count; relative ones start at `folder`.
pub(crate) fn find(patterns: &str, folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for pattern in patterns.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (pattern, counts) = match pattern.strip_prefix('!') {
            Some(pattern) => (pattern, false),
            None => (pattern, true),
        };
        let whole = folder.join(pattern);
        let whole = whole.to_string_lossy();
        if !counts {
            found.retain(|path| !matches(&whole, &path.to_string_lossy()));
            continue;
        }
        if !whole.contains(['*', '?']) {
            let path = PathBuf::from(&*whole);
            if path.exists() && !found.contains(&path) {
                found.push(path);
            }
            continue;
        }
        let fixed: PathBuf =
            Path::new(&*whole).iter().take_while(|part| !part.to_string_lossy().contains(['*', '?'])).collect();
        for path in below(&fixed).into_iter().map(|path| fixed.join(path)) {
            if matches(&whole, &path.to_string_lossy()) && !found.contains(&path) {
                found.push(path);
            }
        }
    }
    found
}

/// Whether a path fits a pattern: `**` for folders in between, `*` and `?` within a name.
pub fn matches(pattern: &str, path: &str) -> bool {
    let parts = |text: &str| {
        text.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect::<Vec<_>>()
    };
    parts_match(&parts(pattern), &parts(path))
}

fn parts_match(pattern: &[String], path: &[String]) -> bool {
    match pattern.split_first() {
        None => path.is_empty(),
        Some((first, rest)) if first == "**" => (0..=path.len()).any(|skip| parts_match(rest, &path[skip..])),
        Some((first, rest)) => path.split_first().is_some_and(|(name, below)| {
            name_matches(&first.chars().collect::<Vec<_>>(), &name.chars().collect::<Vec<_>>())
                && parts_match(rest, below)
        }),
    }
}

/// Goes back to the last star alone, so that many stars cost no more than their product with the name.
fn name_matches(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(c) if *c == '?' || *c == name[read] => {
                at += 1;
                read += 1;
            }
            _ => match star {
                Some((back, from)) => {
                    star = Some((back, from + 1));
                    at = back + 1;
                    read = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

/// The program of that name in the first of the folders that has one.
pub(crate) fn program(name: &str, folders: &str) -> Option<PathBuf> {
    let usable =
        |path: &Path| path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0);
    folders
        .split(':')
        .filter(|folder| !folder.is_empty())
        .map(|folder| Path::new(folder).join(name))
        .find(|path| usable(path))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_are_those_of_tasks() {
        for (pattern, path, expected) in [
            ("*.xml", "a.xml", true),
            ("*.xml", "b/a.xml", false),
            ("**/*.xml", "a.xml", true),
            ("**/*.xml", "b/c/a.xml", true),
            ("b/**", "b/c/d", true),
            ("**/TEST-*.xml", "x/TEST-1.xml", true),
            ("a?c", "abc", true),
            ("*a*b*c*", "xaxbxcx", true),
            ("*a*b", "ab_", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        let many = "*a".repeat(40);
        assert!(!matches(&many, &"a".repeat(39)));
    }
}
