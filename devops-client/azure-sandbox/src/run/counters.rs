//! Counters of pipelines (`counter(prefix, seed)`), kept from run to run in a sandbox's folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::spool;

/// By pipeline and prefix.
type Counters = BTreeMap<String, BTreeMap<String, i32>>;

/// Counts one run: the first with a prefix gets the seed, each after it one more.
pub(super) fn next(folder: &Path, pipeline: &str, prefix: &str, seed: i32) -> Result<i32, String> {
    let _lock = spool::lock(folder)?;
    let path = folder.join("counters.json");
    let wrong = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", path.display());
    let mut all: Counters = match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| wrong(&error))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Counters::new(),
        Err(error) => return Err(wrong(&error)),
    };
    let own = all.entry(pipeline.to_owned()).or_default();
    let next = own.get(prefix).map_or(seed, |last| last.saturating_add(1));
    own.insert(prefix.to_owned(), next);
    spool::write(&path, serde_json::json!(all).to_string().as_bytes())?;
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn each_pipeline_counts_each_prefix_from_its_seed() {
        let folder = tempfile::tempdir().unwrap();
        let count = |pipeline: &str, prefix: &str, seed: i32| next(folder.path(), pipeline, prefix, seed).unwrap();
        let counted = [
            count("a.yml", "1", 5),
            count("a.yml", "1", 9),
            count("a.yml", "2", -1),
            count("b.yml", "1", 0),
            count("a.yml", "1", 0),
        ];
        assert_eq!(counted, [5, 6, -1, 0, 7]);
        std::fs::write(folder.path().join("counters.json"), "{").unwrap();
        assert!(next(folder.path(), "a.yml", "1", 0).unwrap_err().contains("counters.json"));
    }
}
