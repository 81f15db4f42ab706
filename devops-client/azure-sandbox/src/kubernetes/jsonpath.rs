//! JSONPath templates as `kubectl` has them: text, `{.a.b[0].c}`, `{.a[*].b}`, `{'\n'}`, `{range …}…{end}`.

use serde_json::Value;

/// What a template says of an object; nothing where nothing is.
///
/// # Errors
/// If it is beyond what stands above.
pub(super) fn find(object: &Value, template: &str) -> Result<String, String> {
    let mut parts = parts(template)?;
    parts.reverse();
    let mut out = String::new();
    say(&mut parts, &[object], true, &mut out).map_err(|()| unknown(template))?;
    if parts.is_empty() { Ok(out) } else { Err(unknown(template)) }
}

fn unknown(template: &str) -> String {
    format!("the sandbox's kubectl does not know the JSONPath {template}")
}

/// Texts, and what stands in braces.
#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Path(String),
    Range(String),
    End,
}

fn parts(template: &str) -> Result<Vec<Part>, String> {
    let mut all = Vec::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        if !text.is_empty() {
            all.push(Part::Text(text.to_owned()));
        }
        let (body, after) = after.split_once('}').ok_or_else(|| unknown(template))?;
        let body = body.trim();
        let quoted = ['\'', '"'].iter().find_map(|mark| body.strip_prefix(*mark)?.strip_suffix(*mark));
        all.push(match (body, quoted, body.strip_prefix("range ")) {
            ("end", ..) => Part::End,
            (_, Some(text), _) => Part::Text(text.replace("\\n", "\n").replace("\\t", "\t")),
            (_, _, Some(path)) => Part::Range(path.trim().to_owned()),
            _ => Part::Path(body.to_owned()),
        });
        rest = after;
    }
    if !rest.is_empty() {
        // a template without braces is a path
        all.push(if all.is_empty() { Part::Path(rest.to_owned()) } else { Part::Text(rest.to_owned()) });
    }
    Ok(all)
}

/// Says the parts (the next one last) of each of the objects, up to the end of the range that they are in.
fn say(parts: &mut Vec<Part>, objects: &[&Value], whole: bool, out: &mut String) -> Result<(), ()> {
    let body = parts.clone();
    let mut left = None;
    for object in objects {
        let mut own = body.clone();
        loop {
            match own.pop() {
                None if whole => break,
                None => return Err(()),
                Some(Part::End) if whole => return Err(()),
                Some(Part::End) => break,
                Some(Part::Text(text)) => out.push_str(&text),
                Some(Part::Path(path)) => {
                    let texts: Vec<String> = at(object, &path)?.into_iter().map(shown).collect();
                    out.push_str(&texts.join(" "));
                }
                Some(Part::Range(path)) => say(&mut own, &at(object, &path)?, false, out)?,
            }
        }
        left = Some(own);
    }
    *parts = match left {
        Some(left) => left,
        None => behind(body)?,
    };
    Ok(())
}

/// What is left behind the end of a range that nothing is in.
fn behind(mut parts: Vec<Part>) -> Result<Vec<Part>, ()> {
    let mut depth = 0;
    loop {
        match parts.pop().ok_or(())? {
            Part::Range(_) => depth += 1,
            Part::End if depth == 0 => return Ok(parts),
            Part::End => depth -= 1,
            _ => {}
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The values at a path.
fn at<'a>(object: &'a Value, path: &str) -> Result<Vec<&'a Value>, ()> {
    let mut found = vec![object];
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            if end == 0 || after[..end].contains(['*', '?', '(', '\'']) {
                return Err(());
            }
            found = found.into_iter().map(|value| &value[&after[..end]]).collect();
            rest = &after[end..];
        } else if let Some(after) = rest.strip_prefix("[*]") {
            found = found.into_iter().flat_map(|value| value.as_array().into_iter().flatten()).collect();
            rest = after;
        } else {
            let (index, after) = rest.strip_prefix('[').and_then(|after| after.split_once(']')).ok_or(())?;
            let index: usize = index.parse().map_err(|_| ())?;
            found = found.into_iter().map(|value| &value[index]).collect();
            rest = after;
        }
    }
    found.retain(|value| !value.is_null());
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::find;

    #[test]
    fn templates_say_what_is_there() {
        let object = json!({
            "a": { "b-c": [{ "d": "x" }], "n": 3 },
            "items": [{ "name": "one", "all": [{ "n": 1 }, { "n": 2 }] }, { "name": "two", "all": [] }],
        });
        for (path, expected) in [
            ("{.a.b-c[0].d}", "x"),
            ("{.a.n}", "3"),
            (".a.n", "3"),
            ("{.a.gone.more}", ""),
            ("{.a.b-c[7].d}", ""),
            ("{.items[*].name}", "one two"),
            ("{.items[*].all[*].n}", "1 2"),
            ("{range .items[*]}{.name}{'\\n'}{end}", "one\ntwo\n"),
            ("{range .items[*]}{.name}:{range .all[*]}<{.n}>{end};{end}!", "one:<1><2>;two:;!"),
            ("{range .gone[*]}{.name}{end}after", "after"),
        ] {
            assert_eq!(find(&object, path).as_deref(), Ok(expected), "{path}");
        }
        for wrong in ["{.a[?(@.b)]}", "{range .items[*]}{.name}", "{.a['b']}", "{.a", "{end}"] {
            assert!(find(&object, wrong).is_err(), "{wrong}");
        }
    }
}
