//! What `loadTextContent()` and its kin make of a file.

use serde_json::Value;

/// The value of a function that loads a file; `second` is the path within it, of JSON and YAML, or the encoding of a text.
///
/// # Errors
/// The compiler's code, and what is wrong.
pub(super) fn load(function: &str, bytes: &[u8], second: Option<&str>) -> Result<Value, (&'static str, String)> {
    if function == "loadFileAsBase64" {
        return Ok(base64(bytes).into());
    }
    if function == "loadTextContent" && second.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("utf-8")) {
        return Err(("", "only files in UTF-8 are of the subset that this tool loads".to_owned()));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ("BCP091", "the file is not UTF-8".to_owned()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let whole = match function {
        "loadTextContent" => return Ok(text.into()),
        "loadJsonContent" => {
            serde_json::from_str(text).map_err(|error| ("BCP186", format!("the file is no JSON: {error}")))?
        }
        "loadYamlContent" => {
            let mut options = serde_saphyr::Options::default();
            options.strict_booleans = true;
            serde_saphyr::from_str_with_options::<Value>(text, options)
                .map_err(|error| ("BCP340", format!("the file is no YAML: {error}")))?
        }
        other => return Err(("", format!("{other}() is not of the subset that this tool compiles"))),
    };
    let Some(path) = second else {
        return Ok(whole);
    };
    let mut at = &whole;
    for step in steps(path) {
        let next = match step.parse::<usize>() {
            Ok(index) if at.is_array() => at.get(index),
            _ => at.get(&step),
        };
        at = next.ok_or_else(|| ("BCP235", format!("there is nothing at `{path}`")))?;
    }
    Ok(at.clone())
}

/// The names and numbers of `$.a['b'][0]`.
fn steps(path: &str) -> Vec<String> {
    let separated = path.trim_start_matches('$').replace(['[', ']'], ".");
    let steps = separated.split('.').map(|step| step.trim_matches(['\'', '"']));
    steps.filter(|step| !step.is_empty()).map(str::to_owned).collect()
}

/// Base 64 with padding (RFC 4648).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().enumerate().fold(0_u32, |word, (i, byte)| word | u32::from(*byte) << (16 - 8 * i));
        for i in 0..4 {
            if i <= chunk.len() {
                out.push(char::from(LETTERS[(word >> (18 - 6 * i) & 63) as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}
