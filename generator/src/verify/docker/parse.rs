//! From the text of a Dockerfile to its instructions.

/// One instruction, its lines joined.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::verify) struct Instruction {
    /// Its name, in capitals.
    pub name: String,
    /// Everything after it, continuation lines joined by a space each.
    pub rest: String,
    /// Where it starts, from 1.
    pub line: usize,
}

impl Instruction {
    /// The words after the name.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.rest.split_ascii_whitespace()
    }

    /// The value that an ENV or LABEL gives to `name`, without quotes.
    pub fn value_of(&self, name: &str) -> Option<&str> {
        let value = self.words().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim_matches('"'))
    }
}

/// The instructions of `text`, in order. Comments and empty lines are passed over, also between continued lines.
pub(in crate::verify) fn parse(text: &str) -> Vec<Instruction> {
    let mut instructions = Vec::new();
    let mut open: Option<Instruction> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (part, continued) = match line.strip_suffix('\\') {
            Some(part) => (part.trim_end(), true),
            None => (line, false),
        };
        match &mut open {
            Some(instruction) => {
                instruction.rest.push(' ');
                instruction.rest.push_str(part);
            }
            None => {
                let (name, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
                let (name, rest) = (name.to_ascii_uppercase(), rest.trim().to_owned());
                open = Some(Instruction { name, rest, line: index + 1 });
            }
        }
        if !continued {
            instructions.extend(open.take());
        }
    }
    instructions.extend(open);
    instructions
}
