//! Reads what a project's folder holds for the tool: the spec and the templates of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::EdgeError;
use crate::render::{Overrides, TEMPLATES};
use crate::tree::RenderedTree;
use crate::tree::line_ends::stored_text;
use crate::tree::path::RelPath;

/// Greatest size of a spec in bytes; a larger file is no spec, and is not read into memory.
const SPEC_LIMIT: u64 = 4 << 20;

/// The file called `name` in this folder or the nearest one above it, up to the root of a git repository; `name` itself
/// where there is none.
pub fn find_upwards(name: &str) -> PathBuf {
    let mut folder = PathBuf::new();
    for _ in 0..64 {
        let found = folder.join(name);
        if found.is_file() {
            return found;
        }
        let full = std::path::absolute(folder.join(".")).unwrap_or_default();
        if folder.join(".git").exists() || full.parent().is_none() {
            break;
        }
        folder.push("..");
    }
    PathBuf::from(name)
}

/// Reads the spec at `path`, with the line ends that git stores.
///
/// # Errors
/// If it cannot be read, is larger than 4 MiB, or is not UTF-8.
pub fn read_spec(path: &Path) -> Result<String, EdgeError> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| {
        let hint = if error.kind() == std::io::ErrorKind::NotFound { "; `mlops-gen init` makes one" } else { "" };
        EdgeError::new("read the spec", path, format!("{error}{hint}"))
    })?;
    file.take(SPEC_LIMIT + 1).read_to_end(&mut bytes).map_err(|error| EdgeError::new("read the spec", path, error))?;
    if bytes.len() as u64 > SPEC_LIMIT {
        return Err(EdgeError::new("read the spec", path, "it is larger than 4 MiB; a spec is a few kilobytes"));
    }
    String::from_utf8(bytes).map(stored_text).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let wide = error.as_bytes().starts_with(&[0xff, 0xfe]) || error.as_bytes().starts_with(&[0xfe, 0xff]);
        let what = if wide { "it is UTF-16".to_owned() } else { format!("byte {at} is not UTF-8") };
        EdgeError::new("read the spec", path, format!("{what}; save the file as UTF-8"))
    })
}

/// Reads a text that a person names.
///
/// # Errors
/// If it cannot be read, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, EdgeError> {
    fs::read_to_string(path).map_err(|error| EdgeError::new("read", path, error))
}

/// Every `mlops.yaml` below `folder`, in order of path. Hidden folders and symbolic links are not followed.
///
/// # Errors
/// If a folder cannot be read.
pub fn find_specs(folder: &Path) -> Result<Vec<PathBuf>, EdgeError> {
    let mut found = Vec::new();
    let mut rest = vec![folder.to_owned()];
    while let Some(folder) = rest.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| EdgeError::new("read", &folder, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| EdgeError::new("read", &folder, error))?;
            let kind = entry.file_type().map_err(|error| EdgeError::new("read", &entry.path(), error))?;
            let name = entry.file_name();
            if kind.is_dir() && !name.to_string_lossy().starts_with('.') {
                rest.push(entry.path());
            } else if kind.is_file() && name == "mlops.yaml" {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Files of a project of another layout: settings, lists of libraries and code as text, up to 256 KiB, all others empty.
/// Of hidden folders only `.pipelines` is read.
///
/// # Errors
/// If a folder cannot be read.
pub fn files_of_settings(root: &Path) -> Result<BTreeMap<String, String>, EdgeError> {
    let mut found = BTreeMap::new();
    let mut rest = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = rest.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| EdgeError::new("read", &folder, error))? {
            let entry = entry.map_err(|error| EdgeError::new("read", &folder, error))?;
            let kind = entry.file_type().map_err(|error| EdgeError::new("read", &entry.path(), error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            let left_out =
                name.starts_with('.') && name != ".pipelines" || ["node_modules", "target"].contains(&&*name);
            if kind.is_dir() && !left_out {
                rest.push((entry.path(), format!("{path}/")));
            } else if kind.is_file() && (!name.starts_with('.') || name.starts_with(".env")) {
                let ending = name.rsplit('.').next().unwrap_or_default();
                let is_text = name.starts_with(".env") || ["yml", "yaml", "json", "txt", "py"].contains(&ending);
                let small = entry.metadata().is_ok_and(|about| about.len() <= 256 << 10);
                let text = (is_text && small).then(|| fs::read_to_string(entry.path()).ok()).flatten();
                found.insert(path, text.unwrap_or_default());
            }
        }
    }
    Ok(found)
}

/// Files of the project at `root` that rendered files may name, by path: those that pipelines and scripts are made of
/// (up to 256 KiB) with what is in them, all others empty. Left out are hidden folders, and folders of what is built or
/// installed.
///
/// # Errors
/// If a folder or a file cannot be read.
pub fn team_files(root: &Path) -> Result<BTreeMap<RelPath, Vec<u8>>, EdgeError> {
    const BUILT: [&str; 6] = ["target", "node_modules", "__pycache__", "venv", "dist", "build"];
    const READ: [&str; 5] = [".yml", ".yaml", ".sh", ".bicep", ".json"];
    let mut found = BTreeMap::new();
    let mut rest = vec![String::new()];
    while let Some(folder) = rest.pop() {
        let full = root.join(&folder);
        let entries = match fs::read_dir(&full) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(EdgeError::new("read", &full, error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| EdgeError::new("read", &full, error))?;
            let kind = entry.file_type().map_err(|error| EdgeError::new("read", &entry.path(), error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if kind.is_dir() && !name.starts_with('.') && !BUILT.contains(&name.as_str()) {
                rest.push(format!("{folder}{name}/"));
            }
            let Some(path) = RelPath::parse(&format!("{folder}{name}")).ok().filter(|_| kind.is_file()) else {
                continue;
            };
            let small = entry.metadata().is_ok_and(|data| data.len() <= 256 << 10);
            let bytes = if small && READ.iter().any(|end| name.ends_with(end)) {
                fs::read(entry.path()).map_err(|error| EdgeError::new("read", &entry.path(), error))?
            } else {
                Vec::new()
            };
            found.insert(path, bytes);
        }
    }
    Ok(found)
}

/// Python files at the top of a project and in its `src/` that `tree` does not render, in order of path.
///
/// # Errors
/// If a folder cannot be read.
pub fn foreign_python(root: &Path, tree: &RenderedTree) -> Result<Vec<PathBuf>, EdgeError> {
    let mut found = Vec::new();
    for folder in ["", "src"] {
        let here = root.join(folder);
        if !here.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&here).map_err(|error| EdgeError::new("read", &here, error))? {
            let name = entry.map_err(|error| EdgeError::new("read", &here, error))?.file_name();
            let path = Path::new(folder).join(&name);
            let rendered = path.to_str().is_some_and(|path| tree.get(path).is_some());
            if path.extension().is_some_and(|ending| ending == "py") && !rendered && name != "setup.py" {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads the templates that the project at `root` has of its own, by name.
///
/// # Errors
/// If the folder or a file in it cannot be read, or is not UTF-8.
pub fn read_overrides(root: &Path) -> Result<Overrides, EdgeError> {
    let folder = root.join(TEMPLATES);
    let mut found = Overrides::new();
    if folder.is_dir() {
        collect(&folder, "", &mut found)?;
    }
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, found: &mut Overrides) -> Result<(), EdgeError> {
    let entries = fs::read_dir(folder).map_err(|error| EdgeError::new("read", folder, error))?;
    for entry in entries {
        let path = entry.map_err(|error| EdgeError::new("read", folder, error))?.path();
        let last = path.file_name().unwrap_or_default().to_string_lossy();
        // What file managers and editors leave beside (`.DS_Store`, `.build.yml.swp`, `build.yml~`) is no template.
        if last.starts_with('.') || last.ends_with('~') {
            continue;
        }
        let name = format!("{prefix}{last}");
        if path.is_dir() {
            collect(&path, &format!("{name}/"), found)?;
        } else {
            let text = fs::read_to_string(&path).map_err(|error| {
                let why = match error.kind() {
                    std::io::ErrorKind::InvalidData => "it is not UTF-8; save the file as UTF-8".to_owned(),
                    _ => error.to_string(),
                };
                EdgeError::new("read the template", &path, why)
            })?;
            found.insert(name, stored_text(text));
        }
    }
    Ok(())
}
