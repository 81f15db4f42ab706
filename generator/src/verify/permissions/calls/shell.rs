//! The commands that a Bash script runs, as words: enough of the language to find every call of a program in it.

use std::collections::BTreeMap;

/// A simple command, without keywords and assignments before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// Its words without quotes; variables stay as `$NAME`, the output of other commands is `$()`.
    pub(super) words: Vec<String>,
    /// Line of its first word, from 1.
    pub(super) line: usize,
}

/// Words that stand before a command.
const BEFORE: [&str; 13] =
    ["if", "then", "else", "elif", "while", "until", "do", "!", "time", "{", "exec", "command", "sudo"];

/// Every command of `script`, those in substitutions too, with lists such as `"${scope[@]}"` put in.
pub(super) fn commands(script: &str) -> Vec<Command> {
    let mut reader =
        Reader { chars: script.chars().collect(), at: 0, line: 1, found: Vec::new(), lists: BTreeMap::new() };
    reader.list(None);
    let Reader { found, lists, .. } = reader;
    found.into_iter().filter_map(|command| plain(command, &lists)).collect()
}

/// The command without what stands before it, its lists put in; nothing if only assignments are left.
fn plain(command: Command, lists: &BTreeMap<String, Vec<String>>) -> Option<Command> {
    let words = command.words.into_iter().skip_while(|word| BEFORE.contains(&word.as_str()) || is_assignment(word));
    let mut all = Vec::new();
    for word in words {
        match word.strip_prefix("${").and_then(|rest| rest.strip_suffix("[@]}")).and_then(|name| lists.get(name)) {
            Some(list) => all.extend(list.iter().cloned()),
            None => all.push(word),
        }
    }
    (!all.is_empty()).then_some(Command { words: all, line: command.line })
}

fn is_assignment(word: &str) -> bool {
    let Some((name, _)) = word.split_once('=') else { return false };
    let name = name.strip_suffix('+').unwrap_or(name);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
    found: Vec<Command>,
    /// Arrays, by name.
    lists: BTreeMap<String, Vec<String>>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    /// Commands until `end`, or the end of the script.
    fn list(&mut self, end: Option<char>) {
        let mut words: Vec<String> = Vec::new();
        let mut line = self.line;
        let mut skip = false;
        while let Some(c) = self.peek(0) {
            if Some(c) == end {
                break;
            }
            match c {
                c if c.is_whitespace() && c != '\n' => {
                    self.next();
                }
                '\\' if self.peek(1) == Some('\n') => {
                    self.next();
                    self.next();
                }
                '#' => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.next();
                    }
                }
                '\n' | ';' | '|' | '&' | ')' => {
                    self.next();
                    // `&>file` and `>&2` are no ends.
                    if c == '&' && self.peek(0) == Some('>') {
                        continue;
                    }
                    self.end(&mut words, line);
                }
                '(' => {
                    self.next();
                    if self.peek(0) == Some('(') {
                        self.next();
                        self.arithmetic();
                        continue;
                    }
                    self.end(&mut words, line);
                    self.list(Some(')'));
                    self.next();
                }
                '<' | '>' => skip = self.redirection(),
                _ => {
                    if words.is_empty() {
                        line = self.line;
                    }
                    let word = self.word();
                    let redirects = matches!(self.peek(0), Some('<' | '>')) && word.chars().all(|c| c.is_ascii_digit());
                    if !std::mem::take(&mut skip) && !redirects && !self.array(&word) {
                        words.push(word);
                    }
                }
            }
        }
        self.end(&mut words, line);
    }

    fn end(&mut self, words: &mut Vec<String>, line: usize) {
        if !words.is_empty() {
            self.found.push(Command { words: std::mem::take(words), line });
        }
    }

    /// `name=(words)`: keeps the list.
    fn array(&mut self, word: &str) -> bool {
        let Some(name) = word.strip_suffix('=').filter(|_| self.peek(0) == Some('(')) else { return false };
        self.next();
        let mut list = Vec::new();
        while let Some(c) = self.peek(0).filter(|c| *c != ')') {
            if c.is_whitespace() {
                self.next();
            } else {
                list.push(self.word());
            }
        }
        self.next();
        self.lists.entry(name.trim_end_matches('+').to_owned()).or_default().extend(list);
        true
    }

    /// `<`, `>>`, `2>&1`, `<<<`, `<<END`; whether a word follows that is no argument.
    fn redirection(&mut self) -> bool {
        let mut marks = String::new();
        while let Some(c @ ('<' | '>' | '&')) = self.peek(0) {
            marks.push(c);
            self.next();
        }
        if marks.starts_with("<<") && marks != "<<<" {
            let strip = self.peek(0) == Some('-');
            if strip {
                self.next();
            }
            let end = self.word();
            self.document(&end);
            return false;
        }
        // `<(command)` and `>(command)` are arguments of their own.
        self.peek(0) != Some('(')
    }

    /// Skips a document in the script, up to its last line.
    fn document(&mut self, end: &str) {
        while self.next().is_some_and(|c| c != '\n') {}
        loop {
            let mut text = String::new();
            let mut over = true;
            while let Some(c) = self.next() {
                if c == '\n' {
                    over = false;
                    break;
                }
                text.push(c);
            }
            if over {
                return;
            }
            if text.trim_start_matches('\t') == end {
                // The break ends the command that the document was for.
                self.at -= 1;
                self.line -= 1;
                return;
            }
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        let start = self.at;
        while let Some(c) = self.peek(0) {
            match c {
                c if c.is_whitespace() || ";|&()<>".contains(c) => break,
                '\'' => {
                    self.next();
                    while let Some(c) = self.next().filter(|c| *c != '\'') {
                        word.push(c);
                    }
                }
                '"' => {
                    self.next();
                    while let Some(c) = self.peek(0).filter(|c| *c != '"') {
                        self.piece(c, &mut word);
                    }
                    self.next();
                }
                _ => self.piece(c, &mut word),
            }
        }
        // What is no word, such as a lone operator, must not stop the reader.
        if self.at == start {
            self.next();
        }
        word
    }

    /// One character, escape, variable or substitution.
    fn piece(&mut self, c: char, word: &mut String) {
        self.next();
        match c {
            '\\' => word.extend(self.next().filter(|c| *c != '\n')),
            '`' => {
                self.list(Some('`'));
                self.next();
                word.push_str("$()");
            }
            '$' if self.peek(0) == Some('(') && self.peek(1) == Some('(') => {
                self.next();
                self.next();
                self.arithmetic();
                word.push_str("$(())");
            }
            '$' if self.peek(0) == Some('(') => {
                self.next();
                self.list(Some(')'));
                self.next();
                word.push_str("$()");
            }
            '$' if self.peek(0) == Some('{') => {
                let mut depth = 0;
                word.push('$');
                while let Some(c) = self.next() {
                    word.push(c);
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    if depth == 0 {
                        break;
                    }
                }
            }
            _ => word.push(c),
        }
    }

    /// Up to the `))` that ends it.
    fn arithmetic(&mut self) {
        let mut depth = 2;
        while depth > 0 {
            match self.next() {
                Some('(') => depth += 1,
                Some(')') => depth -= 1,
                Some(_) => {}
                None => return,
            }
        }
    }
}

/// A word with variables of the environment put in; nothing if one of them is not there. Parts of their values may be left
/// to the run, as `$(Build.BuildId)` is.
pub(super) fn fill(word: &str, environment: &BTreeMap<String, String>) -> Option<String> {
    let mut text = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        let (name, next) = match after.strip_prefix('{') {
            Some(inner) => inner.split_once('}')?,
            None => {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                after.split_at(end)
            }
        };
        text.push_str(environment.get(name)?);
        rest = next;
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(script: &str) -> Vec<String> {
        commands(script).iter().map(|command| command.words.join(" ")).collect()
    }

    #[test]
    fn commands_are_found_wherever_they_stand() {
        let script = r#"
# az in a comment
scope=(--resource-group "$GROUP" --workspace-name "$WORKSPACE")
if ! az ml compute show "${scope[@]}" --name "$name" --output none 2>/dev/null; then
  echo "az in a text" >&2
fi
id=$(bash "$here/retry.sh" 3 20 az identity show --name "$ID" \
  --query clientId) || fail "no"
for ((try = 1; ; try++)); do x=$((1 + 2)); done
DOCKER_BUILDKIT=1 docker build . | tee log && kubectl apply --filename -
jq -r '.a' <<<"$model"
cat <<'END'
az in a document
END
( az group list )
"#;
        let found = words(script);
        let expected = [
            "az ml compute show --resource-group $GROUP --workspace-name $WORKSPACE --name $name --output none",
            "echo az in a text",
            "bash $here/retry.sh 3 20 az identity show --name $ID --query clientId",
            "docker build .",
            "tee log",
            "kubectl apply --filename -",
            "jq -r .a",
            "az group list",
        ];
        for command in expected {
            assert!(found.iter().any(|one| one == command), "{command}\n{found:#?}");
        }
        assert_eq!(found.iter().filter(|one| one.starts_with("az")).count(), 2, "{found:#?}");
    }

    #[test]
    fn lines_are_those_of_the_first_word() {
        let found = commands("\n\naz one \\\n  --two\naz three");
        assert_eq!(found.iter().map(|one| one.line).collect::<Vec<_>>(), [3, 5]);
    }

    #[test]
    fn what_is_broken_is_read_to_its_end() {
        for script in ["az \"", "az $(", "az ${", "((", "<<E", "a=(", "`", "x)", "> >", "case x in a) az y ;; esac"] {
            let _ = commands(script);
        }
        assert!(words("case x in a) az y ;; esac").iter().any(|one| one == "az y"));
    }
}
