//! `Bash@3` and `CmdLine@2` (azure-pipelines-tasks, BashV3 and CmdLineV2: on Linux both are bash without profile).

use std::fs;
use std::path::{Path, PathBuf};

use crate::files::{make, wrong};
use crate::job::bench::Now;
use crate::outcome::Outcome;
use crate::process::{Call, End};

pub(super) const BASH: &[&str] =
    &["targetType", "script", "filePath", "arguments", "workingDirectory", "failOnStderr", "noProfile", "noRc"];
pub(super) const COMMAND_LINE: &[&str] = &["script", "workingDirectory", "failOnStderr"];

pub(super) fn bash(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    let folder = now.folder_of("workingDirectory");
    let named = now.input("filePath").filter(|_| now.input("targetType").is_none_or(|kind| kind != "inline"));
    let mut arguments = vec!["--noprofile".to_owned(), "--norc".to_owned()];
    match named {
        Some(path) => {
            let path = now.paths().sources().join(path);
            if !path.is_file() {
                return Err(format!("there is no script {}", path.display()));
            }
            arguments.push(path.display().to_string());
            arguments.extend(words(now.input("arguments").unwrap_or_default())?);
        }
        None => {
            let script = now.input("script").ok_or("there is no script: input `script` is empty")?;
            arguments.push(inline(now, script)?.display().to_string());
        }
    }
    finish(now, arguments, folder, Vec::new(), "failOnStderr", |code| format!("Bash exited with code '{code}'."))
}

/// Puts a script into a file, as the tasks do.
pub(super) fn inline(now: &Now<'_, '_>, script: &str) -> Result<PathBuf, String> {
    let path = now.paths().temp.join(format!("{}-{}.sh", now.index, now.attempt));
    make(&now.paths().temp)?;
    fs::write(&path, script).map_err(wrong("write", &path))?;
    Ok(path)
}

/// Carries out bash, and says what became of it in the task's words.
pub(super) fn finish(
    now: &mut Now<'_, '_>,
    arguments: Vec<String>,
    folder: PathBuf,
    more: Vec<(String, String)>,
    errors_count: &str,
    failed: impl Fn(i32) -> String,
) -> Result<Outcome, String> {
    if !folder.is_dir() {
        return Err(format!("the working directory {} does not exist", folder.display()));
    }
    let strict = now.flag(errors_count);
    let mut environment = now.environment();
    for (name, value) in more {
        environment.retain(|(known, _)| *known != name);
        environment.push((name, value));
    }
    let call = Call { program: PathBuf::from("/bin/bash"), arguments, folder, environment };
    let mut said = false;
    match now.process(&call, &mut |now, (line, error)| {
        said |= error && !line.trim().is_empty();
        now.output(&line);
    })? {
        End::Exited(0) if strict && said => {
            Err("Bash wrote one or more lines to the standard error stream.".to_owned())
        }
        End::Exited(0) => Ok(Outcome::Succeeded),
        End::Exited(code) => Err(failed(code)),
        end => Err(now.ended(end)),
    }
}

/// Words of an input, quotes as the task library reads them.
pub(super) fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut open, mut quote) = (Vec::new(), String::new(), false, None);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                open = true;
            }
            (Some('"') | None, '\\') => {
                word.extend(chars.next());
                open = true;
            }
            (None, c) if c.is_whitespace() => {
                if open {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            (_, c) => {
                word.push(c);
                open = true;
            }
        }
    }
    if quote.is_some() {
        return Err(format!("a quote is not closed in `{text}`"));
    }
    if open {
        words.push(word);
    }
    Ok(words)
}

/// The path that a text names, from the sources on.
pub(super) fn from_sources(now: &Now<'_, '_>, path: &str) -> PathBuf {
    now.paths().sources().join(Path::new(path))
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_keep_what_is_quoted() {
        assert_eq!(words(r#"a "b c" 'd"e' f\ g """#).unwrap(), ["a", "b c", "d\"e", "f g", ""]);
        assert!(words("'a").is_err());
    }
}
