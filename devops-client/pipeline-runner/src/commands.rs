//! Logging commands: `##vso[area.action key=value;…]data` in a step's output (azure-pipelines-agent, `Command`).

/// A logging command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// `task.setvariable`, in lower case.
    pub name: String,
    properties: Vec<(String, String)>,
    /// What follows the bracket.
    pub data: String,
}

impl Command {
    /// The command that a line holds, wherever in it.
    pub fn parse(line: &str) -> Option<Self> {
        let (_, rest) = line.split_once("##vso[")?;
        let (head, data) = rest.split_once(']')?;
        let (name, properties) = head.trim().split_once(' ').unwrap_or((head.trim(), ""));
        if !name.contains('.') {
            return None;
        }
        let property = |pair: &str| {
            let (key, value) = pair.split_once('=')?;
            Some((key.trim().to_ascii_lowercase(), unescape(value)))
        };
        Some(Self {
            name: name.to_ascii_lowercase(),
            properties: properties.split(';').filter_map(property).collect(),
            data: unescape(data),
        })
    }

    /// A property that is not empty; names do not mind case.
    pub fn property(&self, name: &str) -> Option<&str> {
        let found = self.properties.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether a property says `true`.
    pub fn flag(&self, name: &str) -> bool {
        self.property(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

fn unescape(text: &str) -> String {
    let replaced = [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]")];
    let text = replaced.iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain));
    text.replace("%AZP25", "%")
}

#[cfg(test)]
mod tests {
    use super::Command;

    #[test]
    fn commands_have_names_properties_and_data() {
        let line = "x ##vso[task.setVariable variable=a.b;isOutput=True;note=p%3Bq]v]1%0Aw%AZP25";
        let command = Command::parse(line).unwrap();
        assert_eq!(command.name, "task.setvariable");
        assert_eq!(command.property("VARIABLE"), Some("a.b"));
        assert_eq!(command.property("note"), Some("p;q"));
        assert!(command.flag("isoutput") && !command.flag("issecret"));
        assert_eq!(command.data, "v]1\nw%");
        assert_eq!(Command::parse("##vso[build.addbuildtag]t").unwrap().data, "t");
        for plain in ["##[group]x", "##vso[task.complete", "##vso[]x", "nothing"] {
            assert_eq!(Command::parse(plain), None, "{plain}");
        }
    }
}
