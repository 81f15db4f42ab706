//! YAML in and out, with the places of errors as the service writes them: `/file.yml (Line: 3, Col: 5): text`.

use serde_json::Value;

/// Parses a file. Errors with the place and the parser's text.
pub fn parse(path: &str, text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Err(format!("{path}: The file is empty."));
    }
    serde_saphyr::from_str::<Value>(text).map_err(|error| {
        let message = error.without_snippet().to_string();
        let message = message.lines().next().unwrap_or_default();
        match error.location() {
            Some(location) => format!("{path} (Line: {}, Col: {}): {message}", location.line(), location.column()),
            None => format!("{path}: {message}"),
        }
    })
}

/// Prints a value as YAML. Errors only if the value cannot be written, which JSON always can.
pub fn print(value: &Value) -> Result<String, String> {
    serde_saphyr::to_string(value).map_err(|error| error.to_string())
}

/// An error at the first place where a text stands as a whole word; at the file if it does not.
pub fn error_at(path: &str, text: &str, needle: &str, message: &str) -> String {
    let found = text.lines().enumerate().find_map(|(line, content)| Some((line + 1, whole_word(content, needle)? + 1)));
    match found {
        Some((line, column)) => format!("{path} (Line: {line}, Col: {column}): {message}"),
        None => format!("{path}: {message}"),
    }
}

fn whole_word(line: &str, needle: &str) -> Option<usize> {
    let inside = |char: Option<char>| char.is_some_and(|char| char.is_alphanumeric() || char == '_');
    line.match_indices(needle).map(|(at, _)| at).find(|at| {
        let (before, after) = (line[..*at].chars().next_back(), line[at + needle.len()..].chars().next());
        let starts = !inside(needle.chars().next()) || !inside(before);
        let ends = !inside(needle.chars().next_back()) || !inside(after);
        starts && ends
    })
}

/// The file that a value stands in, for the places of errors.
pub struct File<'a> {
    /// Its path, with a leading slash.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
}

impl File<'_> {
    /// The text of an error at the first place of `needle`.
    pub fn error(&self, needle: &str, message: &str) -> String {
        error_at(self.path, self.text, needle, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_carry_file_line_and_column() {
        let error = parse("/a.yml", "steps:\n- script: x\n  bad: [1,\nfoo: bar\n").unwrap_err();
        assert!(error.starts_with("/a.yml (Line: "), "{error}");
        assert!(error.contains(", Col: "), "{error}");
        let error = parse("/a.yml", "a: 1\na: 2\n").unwrap_err();
        assert!(error.contains("(Line: 2, Col: 1)"), "{error}");
        assert_eq!(error_at("/a.yml", "x:\n  y: 1\n", "y:", "bad"), "/a.yml (Line: 2, Col: 3): bad");
    }

    #[test]
    fn what_is_printed_reads_back_as_the_same_value() {
        let value = serde_json::json!({ "trigger": "none", "steps": [{ "script": "echo 'a: b'\necho c" }], "on": "yes", "n": 12 });
        assert_eq!(parse("/x.yml", &print(&value).unwrap()).unwrap(), value);
    }
}
