//! Dockerfiles, as far as rendered ones go. An instruction that is not known is an error.

use std::collections::BTreeMap;

/// A Dockerfile.
#[derive(Debug)]
pub(super) struct Dockerfile {
    /// Arguments before the first stage.
    pub arguments: Vec<(String, String)>,
    pub stages: Vec<Stage>,
}

#[derive(Debug)]
pub(super) struct Stage {
    pub from: String,
    pub name: Option<String>,
    pub instructions: Vec<Instruction>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Instruction {
    Argument(String, Option<String>),
    Environment(Vec<(String, String)>),
    Label(Vec<(String, String)>),
    Folder(String),
    Copy {
        from: Option<String>,
        sources: Vec<String>,
        target: String,
    },
    Run(String),
    User(String),
    Entrypoint(Vec<String>),
    Command(Vec<String>),
    /// What changes nothing here: `EXPOSE`, `HEALTHCHECK`.
    Nothing,
}

impl Dockerfile {
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut found = Self { arguments: Vec::new(), stages: Vec::new() };
        for line in lines(text) {
            let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
            let rest = rest.trim();
            let word = word.to_ascii_uppercase();
            if word == "FROM" {
                let words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
                let name = match words.as_slice() {
                    [_] => None,
                    [_, as_word, name] if as_word.eq_ignore_ascii_case("as") => Some((*name).to_owned()),
                    _ => return Err(format!("`FROM {rest}` is not FROM IMAGE [AS NAME]")),
                };
                found.stages.push(Stage { from: words[0].to_owned(), name, instructions: Vec::new() });
                continue;
            }
            let instruction = instruction(&word, rest)?;
            match (found.stages.last_mut(), instruction) {
                (Some(stage), instruction) => stage.instructions.push(instruction),
                (None, Instruction::Argument(name, Some(value))) => found.arguments.push((name, value)),
                (None, _) => return Err(format!("`{word}` stands before the first FROM")),
            }
        }
        if found.stages.is_empty() { Err("there is no FROM".to_owned()) } else { Ok(found) }
    }

    /// Whether the last stage needs another.
    pub fn is_needed(&self, at: usize) -> bool {
        let name = self.stages[at].name.clone().unwrap_or_else(|| at.to_string());
        let copies = |stage: &Stage| {
            let from = |instruction: &Instruction| matches!(instruction, Instruction::Copy { from: Some(from), .. } if *from == name);
            stage.from == name || stage.instructions.iter().any(from)
        };
        self.stages[at + 1..].iter().any(copies)
    }
}

/// Lines with those that go on put together; comments and empty ones left out.
fn lines(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = String::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        match line.trim_end().strip_suffix('\\') {
            Some(start) => open.push_str(start),
            None => {
                open.push_str(line);
                let whole = std::mem::take(&mut open).trim().to_owned();
                if !whole.is_empty() {
                    found.push(whole);
                }
            }
        }
    }
    found
}

fn instruction(word: &str, rest: &str) -> Result<Instruction, String> {
    Ok(match word {
        "ARG" => {
            let (name, value) =
                rest.split_once('=').map_or((rest, None), |(name, value)| (name, Some(unquoted(value))));
            Instruction::Argument(name.to_owned(), value)
        }
        "ENV" => Instruction::Environment(pairs(rest)),
        "LABEL" => Instruction::Label(pairs(rest)),
        "WORKDIR" => Instruction::Folder(unquoted(rest)),
        "COPY" | "ADD" => {
            let (flags, words): (Vec<String>, Vec<String>) =
                listed(rest).into_iter().partition(|word| word.starts_with("--"));
            let from = flags.iter().find_map(|flag| flag.strip_prefix("--from=")).map(str::to_owned);
            if let Some(flag) = flags
                .iter()
                .find(|flag| !["--from=", "--chown=", "--chmod="].iter().any(|known| flag.starts_with(known)))
            {
                return Err(format!("`{word} {flag}` is not known"));
            }
            let (target, sources) = words
                .split_last()
                .filter(|(_, sources)| !sources.is_empty())
                .ok_or_else(|| format!("`{word} {rest}` names no target"))?;
            Instruction::Copy { from, sources: sources.to_vec(), target: target.clone() }
        }
        "RUN" if rest.contains("<<") => return Err("RUN with a here-document is not known".to_owned()),
        "RUN" => {
            let mut text = rest;
            while let Some(flag) = text.strip_prefix("--") {
                text = flag.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
            }
            Instruction::Run(match text.starts_with('[') {
                true => listed(text).join(" "),
                false => text.to_owned(),
            })
        }
        "USER" => Instruction::User(rest.to_owned()),
        "ENTRYPOINT" => Instruction::Entrypoint(words_of(rest)),
        "CMD" => Instruction::Command(words_of(rest)),
        "EXPOSE" | "HEALTHCHECK" | "STOPSIGNAL" | "SHELL" | "VOLUME" => Instruction::Nothing,
        other => return Err(format!("the instruction `{other}` is not known")),
    })
}

fn words_of(text: &str) -> Vec<String> {
    match text.starts_with('[') {
        true => listed(text),
        false => vec!["sh".to_owned(), "-c".to_owned(), text.to_owned()],
    }
}

/// A JSON list, or words.
fn listed(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| text.split_whitespace().map(unquoted).collect())
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text).to_owned()
}

/// `a=b c="d e"`, or the old form `a b`.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in text.chars().chain([' ']) {
        match quote {
            Some(q) if c == q => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_whitespace() => {
                if let Some((name, value)) = word.split_once('=') {
                    found.push((name.to_owned(), value.to_owned()));
                }
                word.clear();
            }
            _ => word.push(c),
        }
    }
    if found.is_empty()
        && let Some((name, value)) = text.split_once(char::is_whitespace)
    {
        found.push((name.to_owned(), value.trim().to_owned()));
    }
    found
}

/// `$NAME`, `${NAME}` and `${NAME:-other}` put in.
pub(super) fn fill(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        out.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        let (name, after) = match rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((name, after)) => (name, after),
            None => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                rest.split_at(end)
            }
        };
        let (name, other) = name.split_once(":-").unwrap_or((name, ""));
        out.push_str(known.get(name).filter(|value| !value.is_empty()).map_or(other, String::as_str));
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_and_instructions_are_read() {
        let text = "# note\nARG V=1\nFROM rust:$V AS build\nWORKDIR /src\nCOPY a b ./\nRUN --mount=type=cache,target=/x make \\\n  # in between\n  all\n\
                    FROM scratch\nCOPY --from=build /image /\nENV A=\"x y\" B=z\nENTRYPOINT [\"/bin/x\", \"-v\"]\nEXPOSE 80\n";
        let file = Dockerfile::parse(text).unwrap();
        assert_eq!(file.arguments, [("V".to_owned(), "1".to_owned())]);
        assert_eq!(file.stages.len(), 2);
        assert!(file.is_needed(0));
        assert_eq!(file.stages[0].instructions[2], Instruction::Run("make   all".to_owned()));
        let expected =
            Instruction::Environment(vec![("A".to_owned(), "x y".to_owned()), ("B".to_owned(), "z".to_owned())]);
        assert_eq!(file.stages[1].instructions[1], expected);
        for wrong in ["", "RUN x\n", "FROM a\nONBUILD RUN x\n", "FROM a\nRUN <<EOF\n"] {
            assert!(Dockerfile::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_put_in() {
        let known = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        assert_eq!(fill("$A-${A}_${B:-2}$B/", &known), "1-1_2/");
    }
}
