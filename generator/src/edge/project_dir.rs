//! Reads what a project's folder holds for the tool: the spec and the templates of its own.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::EdgeError;
use crate::render::{Overrides, TEMPLATES};

/// Greatest size of a spec in bytes; a larger file is no spec, and is not read into memory.
const SPEC_LIMIT: u64 = 4 << 20;

/// Reads the spec at `path`.
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
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        EdgeError::new("read the spec", path, format!("byte {at} is not UTF-8; save the file as UTF-8"))
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
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), found)?;
        } else {
            let text = fs::read_to_string(&path).map_err(|error| EdgeError::new("read the template", &path, error))?;
            found.insert(name, text);
        }
    }
    Ok(())
}
