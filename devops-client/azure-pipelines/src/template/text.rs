//! What Azure Pipelines evaluates inside a scalar, quoted or not: `${{ }}`, `$( )`, `$[ ]`.

/// A piece of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that stays.
    Text(&'a str),
    /// What stands between `${{` and `}}`.
    Expression(&'a str),
}

/// What a key of the form `${{ word … }}` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive<'a> {
    /// `${{ if condition }}`.
    If(&'a str),
    /// `${{ elseif condition }}`.
    ElseIf(&'a str),
    /// `${{ else }}`.
    Else,
    /// `${{ insert }}`: the entries of a mapping go here.
    Insert,
    /// `${{ each variable in list }}`.
    Each {
        /// The loop variable.
        variable: &'a str,
        /// The list or mapping.
        list: &'a str,
    },
}

/// Splits a scalar at its template expressions.
///
/// # Errors
/// That one is not closed, as a phrase.
pub fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${{") {
        if start > 0 {
            found.push(Piece::Text(&rest[..start]));
        }
        let body = &rest[start + 3..];
        let Some(end) = closing(body) else {
            return Err(format!("`${{{{` without its `}}}}` in `{}`", shortened(text)));
        };
        found.push(Piece::Expression(body[..end].trim()));
        rest = &body[end + 2..];
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    Ok(found)
}

/// Where `}}` stands outside of quotes.
fn closing(body: &str) -> Option<usize> {
    let mut quoted = false;
    let bytes = body.as_bytes();
    (0..bytes.len()).find(|at| {
        quoted ^= bytes[*at] == b'\'';
        !quoted && bytes[*at..].starts_with(b"}}")
    })
}

/// The directive that `text` is, if it is one.
///
/// # Errors
/// What is wrong with it, as a phrase.
pub fn directive(text: &str) -> Option<Result<Directive<'_>, String>> {
    let body = text.trim().strip_prefix("${{")?.strip_suffix("}}")?.trim();
    let end = body.find(|c: char| c.is_whitespace() || c == '(').unwrap_or(body.len());
    let (word, rest) = (&body[..end], body[end..].trim());
    Some(match word {
        "if" | "elseif" if rest.is_empty() => Err(format!("`{word}` is followed by a condition")),
        "if" => Ok(Directive::If(rest)),
        "elseif" => Ok(Directive::ElseIf(rest)),
        "else" | "insert" if !rest.is_empty() => Err(format!("nothing follows `{word}`: `{}`", shortened(body))),
        "else" => Ok(Directive::Else),
        "insert" => Ok(Directive::Insert),
        "each" => match each(rest) {
            Some(found) => Ok(found),
            None => Err(format!("`{}` has the form `each name in list`", shortened(body))),
        },
        _ => return None,
    })
}

fn each(rest: &str) -> Option<Directive<'_>> {
    let (variable, rest) = rest.split_once(char::is_whitespace)?;
    let list = rest.trim_start().strip_prefix("in")?;
    let apart = list.starts_with(|c: char| c.is_whitespace() || c == '(');
    (apart && crate::expression::is_name(variable)).then(|| Directive::Each { variable, list: list.trim() })
}

/// The names of all `$(name)` in a scalar; what cannot be a variable's name (a shell command, a format) is left out.
pub fn macros(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("$(") {
        rest = &rest[start + 2..];
        let Some(end) = rest.find(')') else { break };
        let name = &rest[..end];
        let good = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(good) {
            found.push(name);
        }
    }
    found
}

/// Puts in what `value` knows for each `$(name)`; what it does not know stays as it stands. What is put in is not looked
/// through again.
pub fn expand_macros(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("$(") {
        let body = &rest[start + 2..];
        let Some(end) = body.find(')') else { break };
        out.push_str(&rest[..start]);
        match value(&body[..end]) {
            Some(value) => {
                out.push_str(&value);
                rest = &body[end + 1..];
            }
            None => {
                out.push_str("$(");
                rest = body;
            }
        }
    }
    out + rest
}

/// What stands in a scalar that is one `$[ expression ]`.
pub fn runtime(text: &str) -> Option<&str> {
    text.trim().strip_prefix("$[")?.strip_suffix(']').map(str::trim)
}

/// The start of a text, for messages.
pub fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= 60 { line.to_owned() } else { line.chars().take(57).chain("...".chars()).collect() }
}

#[cfg(test)]
mod tests {
    use super::{Directive, Piece, directive, expand_macros, macros, pieces, runtime};

    #[test]
    fn expressions_are_found_between_text() {
        assert_eq!(
            pieces("a ${{ b }}-${{ format('}}') }}").unwrap(),
            [Piece::Text("a "), Piece::Expression("b"), Piece::Text("-"), Piece::Expression("format('}}')")]
        );
        assert!(pieces("${{ a").unwrap_err().contains("without its"));
        assert_eq!(pieces("${{ é }}€").unwrap(), [Piece::Expression("é"), Piece::Text("€")]);
    }

    #[test]
    fn directives_are_told_from_expressions() {
        assert_eq!(directive("${{ if eq(1, 1) }}"), Some(Ok(Directive::If("eq(1, 1)"))));
        assert_eq!(directive("${{ if(true) }}"), Some(Ok(Directive::If("(true)"))));
        assert_eq!(directive("${{ else }}"), Some(Ok(Directive::Else)));
        assert_eq!(directive("${{ each x in y }}"), Some(Ok(Directive::Each { variable: "x", list: "y" })));
        for wrong in ["${{ each x of y }}", "${{ each x inside }}", "${{ if }}", "${{ else true }}"] {
            assert!(directive(wrong).unwrap().is_err(), "{wrong}");
        }
        assert_eq!(directive("${{ parameters.if }}"), None);
        assert_eq!(directive("if"), None);
    }

    #[test]
    fn macros_are_variables_and_not_the_shell_s_commands() {
        assert_eq!(macros("$(a.b)/$(scoring-key) $(git log) $(date +%s) $((1 + 2)) $(Rev:r)"), ["a.b", "scoring-key"]);
        let known = |name: &str| (name == "a").then(|| "$(a)!".to_owned());
        assert_eq!(expand_macros("$(a) $(b) $(x$(a)) $(", known), "$(a)! $(b) $(x$(a)! ) $(".replace("! )", "!)"));
    }

    #[test]
    fn a_runtime_expression_is_the_whole_scalar() {
        assert_eq!(runtime("$[ variables.a ]"), Some("variables.a"));
        assert_eq!(runtime("x $[ variables.a ]"), None);
    }
}
