//! What the command line programs share: writing output files, and speaking to Azure Pipelines.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The exit code of a program that has done its work and found everything in order.
pub const CLEAN: u8 = 0;

/// The exit code of a program that has done its work and found something to refuse.
pub const REFUSED: u8 = 1;

/// The exit code of a program that could not do its work.
pub const ERROR: u8 = 2;

/// An output file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct OutputError {
    /// The file.
    pub path: PathBuf,
    /// What the operating system said.
    pub source: std::io::Error,
}

/// Writes an output file, after making the folders on the way to it.
///
/// # Errors
/// A folder or the file cannot be written.
pub fn write_output(path: &Path, content: impl AsRef<[u8]>) -> Result<(), OutputError> {
    let failed = |source| OutputError { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, content).map_err(failed)
}

/// The SHA-256 of a file's bytes, in lower-case hexadecimal.
///
/// # Errors
/// The file cannot be read.
pub fn sha256_of_file(path: &Path) -> std::io::Result<String> {
    Ok(crate::dataset::hex(&Sha256::digest(std::fs::read(path)?)))
}

/// JSON text with a line feed at the end.
///
/// # Errors
/// A number is not finite; JSON has no text for it.
pub fn json_text(value: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// The logging command that sets an output variable of the step ("Logging commands" in the Azure Pipelines
/// documentation). Characters that would end a property or the line are encoded as that page says.
#[must_use]
pub fn output_variable(name: &str, value: &str) -> String {
    format!("##vso[task.setvariable variable={};isOutput=true]{}", property(name), message(value))
}

/// The logging command that shows a warning on the run's page.
#[must_use]
pub fn pipelines_warning(text: &str) -> String {
    format!("##vso[task.logissue type=warning]{}", message(text))
}

fn message(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(';', "%3B").replace(']', "%5D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logging_commands_cannot_be_broken_out_of() {
        assert_eq!(output_variable("promote", "true"), "##vso[task.setvariable variable=promote;isOutput=true]true");
        assert_eq!(
            output_variable("a]b;c", "x\n##vso[y]"),
            "##vso[task.setvariable variable=a%5Db%3Bc;isOutput=true]x%0A##vso[y]"
        );
        assert_eq!(pipelines_warning("50 %"), "##vso[task.logissue type=warning]50 %AZP25");
    }

    #[test]
    fn output_goes_into_folders_that_are_made_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c.txt");
        write_output(&path, "text").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"text");
        let error = write_output(&path.join("below-a-file"), "x").unwrap_err().to_string();
        assert!(error.starts_with("cannot write ") && error.contains("below-a-file"), "{error}");
    }
}
