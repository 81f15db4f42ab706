//! What a plain scalar means by the core schema of YAML 1.2 (YAML 1.2.2, chapter 10.3.2).

use super::Value;

/// The value of an unquoted scalar.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        _ => {}
    }
    match text.strip_prefix(['+', '-']).unwrap_or(text) {
        ".inf" | ".Inf" | ".INF" if text.starts_with('-') => Value::Float(f64::NEG_INFINITY),
        ".inf" | ".Inf" | ".INF" => Value::Float(f64::INFINITY),
        _ => number(text).unwrap_or_else(|| Value::String(text.to_owned())),
    }
}

fn number(text: &str) -> Option<Value> {
    let radix =
        |digits: &str, radix| i64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with(['+', '-']));
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8).map(Value::Integer);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16).map(Value::Integer);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return Some(text.parse().map_or_else(|_| Value::Float(text.parse().unwrap_or(f64::INFINITY)), Value::Integer));
    }
    decimal(unsigned).then(|| text.parse().map(Value::Float).ok()).flatten()
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn decimal(text: &str) -> bool {
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let exponent_fits = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    let (whole, part) = mantissa.split_once('.').map_or((mantissa, None), |(w, p)| (w, Some(p)));
    let mantissa_fits = match part {
        None => !whole.is_empty(),
        Some(part) => digits(part) && !(whole.is_empty() && part.is_empty()),
    };
    exponent_fits && mantissa_fits && digits(whole)
}
