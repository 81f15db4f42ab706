//! `az bicep`, without a compiler: what stands compiled beside a file is its result, and a file without it is refused.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::call::{Answer, Call, Command};
use super::failure::Failure;

pub(super) const COMMANDS: &[Command] = &[
    Command { words: "bicep lint", options: &["file"], run: lint },
    Command { words: "bicep build", options: &["file", "outfile"], run: build },
    Command { words: "bicep build-params", options: &["file", "outfile"], run: build_params },
];

/// The compiled file that stands beside a source.
fn compiled(call: &Call<'_>, ending: &str) -> Result<(PathBuf, PathBuf), Failure> {
    let source = call.here.join(call.need("file")?);
    if !source.is_file() {
        return Err(Failure::refused(format!("{} does not exist", source.display())));
    }
    let result = source.with_extension(ending);
    if !result.is_file() {
        return Err(Failure::refused(format!(
            "the sandbox's az has no compiler: it takes {}, which is not there",
            result.display()
        )));
    }
    Ok((source, result))
}

fn checked(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let parsed = serde_json::from_str::<Value>(&text);
    parsed.map_err(|error| Failure::refused(format!("{} is no JSON: {error}", path.display())))?;
    Ok(text)
}

fn lint(call: &Call<'_>) -> Answer {
    let (_, result) = compiled(call, "json")?;
    checked(&result).map(|_| Value::Null)
}

fn written(call: &Call<'_>, ending: &str) -> Answer {
    let (_, result) = compiled(call, ending)?;
    let text = checked(&result)?;
    let to = call.here.join(call.need("outfile")?);
    std::fs::write(&to, text).map_err(|error| format!("cannot write {}: {error}", to.display()))?;
    Ok(Value::Null)
}

fn build(call: &Call<'_>) -> Answer {
    written(call, "json")
}

fn build_params(call: &Call<'_>) -> Answer {
    written(call, "parameters.json")
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use crate::store::Store;

    #[test]
    fn what_stands_beside_a_file_is_its_result() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("main.bicep", "param a string");
        let az = |line: &str| check(&store, folder.path(), line).map_err(|failure| failure.code);
        assert_eq!(az("bicep lint --file main.bicep"), Err(1));
        write("main.json", "{}");
        assert_eq!(az("bicep lint --file main.bicep"), Ok(String::new()));
        assert_eq!(az("bicep build --file main.bicep --outfile out.json"), Ok(String::new()));
        assert_eq!(std::fs::read_to_string(folder.path().join("out.json")).unwrap(), "{}");
        write("main.json", "{");
        assert_eq!(az("bicep lint --file main.bicep"), Err(1));
        assert_eq!(az("bicep build-params --file gone.bicepparam --outfile x"), Err(1));
    }
}
