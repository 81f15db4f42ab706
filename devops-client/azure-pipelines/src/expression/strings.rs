//! Functions that make texts: `format`, `replace`, `convertToJson`.

use super::compare::{fold, upper};
use crate::value::Value;

/// `format`: puts `values` where `pattern` names them, `{0}`; `{{` and `}}` are braces.
pub(super) fn format(pattern: &str, values: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = behind;
            continue;
        }
        let close = rest.find('}').filter(|_| brace == "{");
        let close =
            close.ok_or_else(|| format!("the format '{pattern}' has a single `{brace}`; a brace is written twice"))?;
        let (body, behind) = (&rest[..close], &rest[close + 1..]);
        let (index, form) = body.split_once(':').map_or((body, None), |(index, form)| (index, Some(form)));
        let index: usize =
            index.parse().map_err(|_| format!("the format '{pattern}' has `{{{body}}}`, which is no number"))?;
        let value = values.get(index);
        let value = value.ok_or_else(|| format!("the format '{pattern}' wants an argument number {index}"))?;
        if let Some(form) = form {
            return Err(format!("`:{form}` in the format '{pattern}' is for dates, not for a {}", value.kind()));
        }
        let text = value.to_text().ok_or_else(|| format!("a {} cannot be put into a text", value.kind()))?;
        out.push_str(&text);
        rest = behind;
    }
    Ok(out + rest)
}

/// `replace`, which does not mind case.
pub(super) fn replace(text: &str, old: &str, new: &str) -> Result<String, String> {
    if old.is_empty() {
        return Err("`replace` looks for a text that is not empty".to_owned());
    }
    let old: Vec<char> = fold(old).collect();
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (String::new(), 0);
    while at < chars.len() {
        let found =
            chars.get(at..at + old.len()).is_some_and(|part| part.iter().map(|c| upper(*c)).eq(old.iter().copied()));
        if found {
            out.push_str(new);
            at += old.len();
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    Ok(out)
}

/// Whether one text is in another, at its start, or at its end.
pub(super) fn holds(text: &str, part: &str, test: fn(&str, &str) -> bool) -> bool {
    let (text, part): (String, String) = (fold(text).collect(), fold(part).collect());
    test(&text, &part)
}
