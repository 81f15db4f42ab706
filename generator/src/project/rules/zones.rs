//! Names of time zones: Windows' own, and the IANA names that stand for them.

use std::sync::LazyLock;

use super::refusal::Refusal;
use crate::spec::nearest;

/// Windows names, each with its IANA names, the main one first.
static ZONES: LazyLock<Vec<(&str, Vec<&str>)>> = LazyLock::new(|| {
    include_str!("zones.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .map(|(windows, names)| (windows, names.split(' ').collect()))
        .collect()
});

/// The Windows name of a zone that is given by its Windows or IANA name.
pub fn windows_zone(name: &str) -> Option<&'static str> {
    let named = |(windows, names): &&(&'static str, Vec<&str>)| *windows == name || names.contains(&name);
    ZONES.iter().find(named).map(|(windows, _)| *windows)
}

/// Refuses a name that no zone has, with the nearest one that a zone has.
pub(super) fn known(name: &str) -> Result<(), Refusal> {
    if windows_zone(name).is_some() {
        return Ok(());
    }
    Err(Refusal {
        message: match name.trim() {
            "" => "this is empty".to_owned(),
            _ => format!("`{name}` is no time zone: Azure DevOps takes the names of Windows"),
        },
        help: Some(match meant(name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "as in `UTC`, `W. Europe Standard Time`, or by its IANA name, `Europe/Berlin`".to_owned(),
        }),
    })
}

/// The Windows name that was probably meant: by other letter case, by the city alone, or by a slip of the fingers.
fn meant(name: &str) -> Option<&'static str> {
    // An offset names no zone; those of IANA that look like one count the other way round.
    if name.contains(|c: char| c.is_ascii_digit()) && name.contains(['+', '-']) {
        return None;
    }
    let folded = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric() || "+-".contains(*c)).collect::<String>().to_lowercase()
    };
    let wanted = folded(name);
    let city = |iana: &str| folded(iana.rsplit('/').next().unwrap_or(iana)) == wanted;
    let same = |(windows, names): &&(&'static str, Vec<&str>)| {
        folded(windows) == wanted || names.iter().any(|iana| folded(iana) == wanted || city(iana))
    };
    if let Some((windows, _)) = ZONES.iter().find(same) {
        return Some(windows);
    }
    if let Some(near) = nearest(name, ZONES.iter().map(|(windows, _)| *windows)) {
        return Some(near);
    }
    let iana = nearest(name, ZONES.iter().flat_map(|(_, names)| names.iter().copied()))?;
    windows_zone(iana)
}
