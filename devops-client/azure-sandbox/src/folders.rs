//! Folders: copied and removed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A file or folder, with everything in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("cannot copy {}: {error}", from.display());
    if from.is_dir() {
        fs::create_dir_all(to).map_err(wrong)?;
        for entry in fs::read_dir(from).map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    fs::create_dir_all(to.parent().unwrap_or(to)).map_err(wrong)?;
    fs::copy(from, to).map(drop).map_err(wrong)
}

/// Removes a folder; what cannot be removed is in nobody's way.
pub(crate) fn discard(folder: &Path) {
    // the kernel's own lets nobody in but root
    let _ = fs::set_permissions(folder.join("work"), fs::Permissions::from_mode(0o700));
    let _ = fs::remove_dir_all(folder);
}
