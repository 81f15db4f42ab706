//! Pairs of words that mean yes and no.

use std::collections::BTreeMap;

use super::cell::trimmed;
use super::column::Seen;

/// The cells of two texts that mean yes and no.
pub fn truths(seen: &Seen) -> Option<(Vec<String>, Vec<String>)> {
    const PAIRS: [(&str, &str); 9] = [
        ("true", "false"),
        ("yes", "no"),
        ("y", "n"),
        ("t", "f"),
        ("ja", "nein"),
        ("oui", "non"),
        ("si", "no"),
        ("sí", "no"),
        ("on", "off"),
    ];
    if seen.distinct.len() > 8 || seen.distinct.len() < 2 {
        return None;
    }
    let mut folded: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for cell in seen.distinct.keys().map(|cell| trimmed(cell)) {
        let cells = folded.entry(cell.to_lowercase()).or_default();
        if !cells.iter().any(|known| known == cell) {
            cells.push(cell.to_owned());
        }
    }
    let (yes, no) = PAIRS
        .into_iter()
        .find(|(yes, no)| folded.len() == 2 && folded.contains_key(*yes) && folded.contains_key(*no))?;
    let sorted = |mut cells: Vec<String>| {
        cells.sort();
        cells
    };
    Some((sorted(folded.remove(yes)?), sorted(folded.remove(no)?)))
}
