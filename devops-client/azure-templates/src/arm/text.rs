//! Functions of texts.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::hash::{guid, unique_string};
use super::value::Val;
use crate::bicep::base64;

type Made = Result<Val, String>;

/// The most digits of a number that is formatted.
const MAX_DIGITS: usize = 200;

/// The most characters that a text is filled up to.
const MAX_WIDTH: usize = 100_000;

/// Calls the function called `name` (in small letters) if it is one of texts.
pub(crate) fn call(name: &str, arguments: &[Val]) -> Option<Made> {
    Some(match (name, arguments) {
        ("base64", [Val::Text(text)]) => Ok(Val::text(base64(text.as_bytes()))),
        ("base64tostring", [Val::Text(text)]) => decoded(text).map(Val::Text),
        ("base64tojson", [Val::Text(text)]) => decoded(text).and_then(|text| parsed(&text)),
        ("json", [Val::Text(text)]) => parsed(text),
        ("concat", [Val::Text(_) | Val::Number(_) | Val::Bool(_), ..]) => joined(arguments, "").map(Val::Text),
        ("contains", [Val::Text(text), Val::Text(part)]) => Ok(Val::Bool(text.contains(part.as_str()))),
        ("datauri", [value]) => shown(value)
            .map(|text| Val::text(format!("data:text/plain;charset=utf-8;base64,{}", base64(text.as_bytes())))),
        ("datauritostring", [Val::Text(text)]) => match text.split_once(',') {
            Some((head, data)) if head.ends_with(";base64") => decoded(data).map(Val::Text),
            Some((_, data)) => Ok(Val::text(unescaped(data))),
            None => Err(format!("`{text}` is no data URI")),
        },
        ("endswith", [Val::Text(text), Val::Text(part)]) => {
            Ok(Val::Bool(text.to_lowercase().ends_with(&part.to_lowercase())))
        }
        ("startswith", [Val::Text(text), Val::Text(part)]) => {
            Ok(Val::Bool(text.to_lowercase().starts_with(&part.to_lowercase())))
        }
        ("first", [Val::Text(text)]) => Ok(Val::text(slice(text, 0, 1))),
        ("last", [Val::Text(text)]) => Ok(Val::text(slice(text, units(text).saturating_sub(1), 1))),
        ("format", [Val::Text(pattern), rest @ ..]) => format_text(pattern, rest).map(Val::Text),
        ("guid", parts) => texts(parts).map(|parts| Val::text(guid(&parts))),
        ("uniquestring", parts) => texts(parts).map(|parts| Val::text(unique_string(&parts))),
        ("indexof", [Val::Text(text), Val::Text(part)]) => Ok(position(text, part, false)),
        ("lastindexof", [Val::Text(text), Val::Text(part)]) => Ok(position(text, part, true)),
        ("join", [Val::List(items), Val::Text(between)]) => joined(items, between).map(Val::Text),
        ("length", [Val::Text(text)]) => Ok(Val::int(units(text) as i64)),
        ("padleft", [value, Val::Number(width), rest @ ..]) => {
            let fill = match rest {
                [Val::Text(fill)] => fill.chars().next().unwrap_or(' '),
                _ => ' ',
            };
            shown(value).map(|text| {
                let missing = wide(width.as_i64().unwrap_or(0)).saturating_sub(units(&text));
                Val::text(format!("{}{text}", fill.to_string().repeat(missing)))
            })
        }
        ("replace", [Val::Text(text), Val::Text(old), Val::Text(new)]) => {
            Ok(Val::text(if old.is_empty() { text.clone() } else { text.replace(old.as_str(), new) }))
        }
        ("skip", [Val::Text(text), Val::Number(count)]) => {
            Ok(Val::text(slice(text, bounded(count.as_i64()), usize::MAX)))
        }
        ("take", [Val::Text(text), Val::Number(count)]) => Ok(Val::text(slice(text, 0, bounded(count.as_i64())))),
        ("split", [Val::Text(text), Val::Text(mark)]) => Ok(split(text, &[mark.as_str()])),
        ("split", [Val::Text(text), Val::List(marks)]) => {
            texts(marks).map(|marks| split(text, &marks.iter().map(String::as_str).collect::<Vec<_>>()))
        }
        ("string", [value]) => shown(value).map(Val::Text),
        ("substring", [Val::Text(text), Val::Number(start), rest @ ..]) => substring(text, start.as_i64(), rest),
        ("tolower", [Val::Text(text)]) => {
            Ok(Val::text(text.chars().map(|c| one(c, c.to_lowercase())).collect::<String>()))
        }
        ("toupper", [Val::Text(text)]) => {
            Ok(Val::text(text.chars().map(|c| one(c, c.to_uppercase())).collect::<String>()))
        }
        ("trim", [Val::Text(text)]) => Ok(Val::text(text.trim())),
        ("uri", [Val::Text(base), Val::Text(rest)]) => Ok(Val::text(uri(base, rest))),
        ("uricomponent", [Val::Text(text)]) => Ok(Val::text(utf8_percent_encode(text, WITHIN_COMPONENT).to_string())),
        ("uricomponenttostring", [Val::Text(text)]) => Ok(Val::text(unescaped(text))),
        _ => return None,
    })
}

/// Letters that have one other case alone change: the engine knows no more than that.
fn one(c: char, mut other: impl Iterator<Item = char>) -> char {
    match (other.next(), other.next()) {
        (Some(changed), None) => changed,
        _ => c,
    }
}

fn wide(width: i64) -> usize {
    usize::try_from(width).unwrap_or(0).min(MAX_WIDTH)
}

/// The length of a text: UTF-16, as the engine counts.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn slice(text: &str, start: usize, count: usize) -> String {
    let all: Vec<u16> = text.encode_utf16().skip(start).take(count).collect();
    String::from_utf16_lossy(&all)
}

fn bounded(number: Option<i64>) -> usize {
    usize::try_from(number.unwrap_or(0).max(0)).unwrap_or(usize::MAX)
}

fn substring(text: &str, start: Option<i64>, rest: &[Val]) -> Made {
    let size = units(text) as i64;
    let start = start.unwrap_or(-1);
    let count = match rest {
        [Val::Number(count)] => count.as_i64().unwrap_or(-1),
        _ => size.saturating_sub(start),
    };
    if start < 0 || count < 0 || start.saturating_add(count) > size {
        return Err(format!("substring() takes {count} from {start} of a text that has {size}"));
    }
    Ok(Val::text(slice(text, bounded(Some(start)), bounded(Some(count)))))
}

fn position(text: &str, part: &str, last: bool) -> Val {
    let (text, part) = (text.to_lowercase(), part.to_lowercase());
    let found = if last { text.rfind(&part) } else { text.find(&part) };
    Val::int(found.map_or(-1, |at| units(&text[..at]) as i64))
}

fn split(text: &str, marks: &[&str]) -> Val {
    let mut parts = vec![text.to_owned()];
    for mark in marks.iter().filter(|mark| !mark.is_empty()) {
        parts = parts.iter().flat_map(|part| part.split(mark).map(str::to_owned).collect::<Vec<_>>()).collect();
    }
    Val::List(parts.into_iter().map(Val::Text).collect())
}

pub(super) fn texts(values: &[Val]) -> Result<Vec<String>, String> {
    values
        .iter()
        .map(|value| match value {
            Val::Text(text) => Ok(text.clone()),
            other => Err(format!("expected a string, found {}", other.kind())),
        })
        .collect()
}

fn joined(values: &[Val], between: &str) -> Result<String, String> {
    Ok(values.iter().map(shown).collect::<Result<Vec<_>, _>>()?.join(between))
}

/// A value as `string()` and interpolations print it.
pub(crate) fn shown(value: &Val) -> Result<String, String> {
    Ok(match value {
        Val::Text(text) => text.clone(),
        Val::Number(number) => number.to_string(),
        Val::Bool(true) => "True".to_owned(),
        Val::Bool(false) => "False".to_owned(),
        Val::Null => String::new(),
        Val::List(_) | Val::Object(_) => value.clone().into_json().to_string(),
        Val::Open(_) => return Err("the value is not known yet".to_owned()),
    })
}

fn parsed(text: &str) -> Made {
    serde_json::from_str(text).map(Val::from_json).map_err(|error| format!("json() takes JSON: {error}"))
}

fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0_u32, 0);
    for c in text.trim_end_matches('=').bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return Err(format!("`{text}` is no base 64")),
        };
        word = word << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).map_err(|_| "the base 64 holds no text in UTF-8".to_owned())
}

/// What stays as it is within one component of an address: letters, digits, `-_.~`.
const WITHIN_COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What stays as it is within a whole address: its delimiters too.
const WITHIN_URI: &AsciiSet = &WITHIN_COMPONENT
    .remove(b'/')
    .remove(b'?')
    .remove(b'#')
    .remove(b'[')
    .remove(b']')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'%');

fn unescaped(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// `rest` resolved against `base`, which loses what follows its last slash.
fn uri(base: &str, rest: &str) -> String {
    if rest.contains("://") {
        return rest.to_owned();
    }
    let authority = base.find("://").map_or(0, |at| at + 3);
    let path = base[authority..].find('/').map(|at| at + authority);
    let head = match (path, rest.starts_with('/')) {
        (Some(path), true) => &base[..path],
        (Some(_), false) => &base[..base.rfind('/').map_or(base.len(), |at| at + 1)],
        (None, _) => base,
    };
    let slash = if path.is_none() && !rest.starts_with('/') { "/" } else { "" };
    format!("{head}{slash}{}", utf8_percent_encode(rest, WITHIN_URI))
}

/// `{0}`, `{0,8}`, `{0:N2}`, `{{` and `}}` of a format.
fn format_text(pattern: &str, values: &[Val]) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' if chars.peek() == Some(&c) => {
                chars.next();
                out.push(c);
            }
            '{' => {
                let hole: String = chars.by_ref().take_while(|c| *c != '}').collect();
                let (head, style) =
                    hole.split_once(':').map_or((hole.as_str(), None), |(head, style)| (head, Some(style)));
                let (index, width) = head
                    .split_once(',')
                    .map_or((head, 0), |(index, width)| (index, width.trim().parse::<i64>().unwrap_or(0)));
                let value = index.trim().parse::<usize>().ok().and_then(|index| values.get(index));
                let value = value.ok_or_else(|| format!("format() has no argument {{{hole}}}"))?;
                let text = styled(value, style)?;
                let missing = " ".repeat(wide(width.saturating_abs()).saturating_sub(units(&text)));
                out.push_str(&if width < 0 { format!("{text}{missing}") } else { format!("{missing}{text}") });
            }
            '}' => return Err(format!("format() has a `}}` alone in `{pattern}`")),
            c => out.push(c),
        }
    }
    Ok(out)
}

fn styled(value: &Val, style: Option<&str>) -> Result<String, String> {
    let (Val::Number(number), Some(style)) = (value, style.filter(|style| !style.is_empty())) else {
        return shown(value);
    };
    let kind = style.chars().next().unwrap_or_default();
    let digits = style[kind.len_utf8()..].parse::<usize>().map(|digits| digits.min(MAX_DIGITS));
    let float = number.as_f64().unwrap_or(0.0);
    let whole = number.as_i64();
    Ok(match (kind, whole, digits) {
        ('D' | 'd', Some(whole), digits) => {
            let sign = if whole < 0 { "-" } else { "" };
            format!("{sign}{:0>1$}", whole.unsigned_abs(), digits.unwrap_or(1))
        }
        ('F' | 'f', _, digits) => format!("{float:.*}", digits.unwrap_or(2)),
        ('N' | 'n', _, digits) => grouped(float, digits.unwrap_or(2)),
        ('X', Some(whole), digits) => format!("{whole:0>width$X}", width = digits.unwrap_or(1)),
        ('x', Some(whole), digits) => format!("{whole:0>width$x}", width = digits.unwrap_or(1)),
        _ => return Err(format!("the number format `{style}` is not known")),
    })
}

/// Thousands in groups of three.
fn grouped(number: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", number.abs());
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), String::new()), |(w, r)| (w, format!(".{r}")));
    let mut out = String::new();
    for (index, c) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    format!("{}{out}{rest}", if number < 0.0 { "-" } else { "" })
}
