//! Words and options of a call.

use std::collections::BTreeMap;

use super::failure::Failure;

/// Short forms of options.
const SHORT: [(&str, &str); 9] = [
    ("-g", "resource-group"),
    ("-w", "workspace-name"),
    ("-n", "name"),
    ("-f", "file"),
    ("-v", "version"),
    ("-o", "output"),
    ("-y", "yes"),
    ("-l", "location"),
    ("-p", "download-path"),
];

/// Words and options of a call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub words: Vec<String>,
    pub options: BTreeMap<String, Vec<String>>,
}

impl Arguments {
    pub fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut parsed = Self::default();
        let mut open: Option<String> = None;
        for argument in arguments {
            let long = argument.strip_prefix("--").filter(|name| !name.is_empty());
            let short = SHORT.iter().find(|(short, _)| short == argument).map(|(_, long)| *long);
            if let Some(name) = long.or(short) {
                let (name, value) = match name.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (name, None),
                };
                parsed.options.entry(name.to_owned()).or_default().extend(value);
                open = Some(name.to_owned());
            } else if let Some(values) = open.as_ref().and_then(|name| parsed.options.get_mut(name)) {
                values.push(argument.clone());
            } else if argument.starts_with('-') {
                return Err(Failure::usage(format!("unrecognized arguments: {argument}")));
            } else {
                parsed.words.push(argument.clone());
            }
        }
        Ok(parsed)
    }

    /// The value of an option; the last one if there are several.
    pub fn one(&self, option: &str) -> Option<&str> {
        self.options.get(option)?.last().map(String::as_str)
    }

    /// All values of an option.
    pub fn all(&self, option: &str) -> &[String] {
        self.options.get(option).map_or(&[], Vec::as_slice)
    }

    /// Whether a flag is given.
    pub fn flag(&self, option: &str) -> bool {
        self.options.contains_key(option)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_take_values_until_the_next_one() {
        let words: Vec<String> =
            ["ml", "job", "create", "-g", "rg", "--set", "a=1", "b=2", "--yes", "--file=x.yml", "--set", "c=--d"]
                .map(str::to_owned)
                .into();
        let parsed = Arguments::parse(&words).unwrap();
        assert_eq!(parsed.words, ["ml", "job", "create"]);
        assert_eq!(parsed.one("resource-group"), Some("rg"));
        assert_eq!(parsed.all("set"), ["a=1", "b=2", "c=--d"]);
        assert_eq!(parsed.one("file"), Some("x.yml"));
        assert!(parsed.flag("yes") && parsed.one("yes").is_none());
        assert_eq!(Arguments::parse(&["x".to_owned(), "-z".to_owned()]).unwrap_err().code, 2);
    }
}
