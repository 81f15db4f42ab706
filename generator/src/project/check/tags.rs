//! Tags of Azure resources and of models.
//!
//! Limits: Microsoft Learn, "Use tags to organize your Azure resources" (50 tags, names of 512 characters, 128 for
//! storage accounts, values of 256, none of `<>%&\?/` in names; names differ by more than case).

use std::collections::{BTreeMap, HashSet};

use super::issues::Issues;
use crate::project::text::Text;
use crate::spec::located::path::Path;

/// The tags that every resource has anyway.
const OWN: [&str; 3] = ["project", "environment", "managed-by"];

/// Tags that Azure accepts.
pub(super) fn azure(tags: &BTreeMap<String, String>, at: &Path, issues: &mut Issues) -> Option<BTreeMap<Text, Text>> {
    let before = issues.count();
    if tags.len() > 50 - OWN.len() {
        issues.add(
            at,
            format!("a resource has at most 50 tags, {} of them the tool's; this has {}", OWN.len(), tags.len()),
        );
    }
    let mut seen = HashSet::new();
    for (name, value) in tags {
        let here = at.key(name);
        let folded = name.to_lowercase();
        if OWN.contains(&folded.as_str()) {
            issues.add(&here, format!("the tag `{name}` is on every resource already")).on_key();
        }
        if !seen.insert(folded) {
            issues.add(&here, format!("a tag `{name}` is here twice: names of tags do not differ by case")).on_key();
        }
        if let Some(bad) = name.chars().find(|c| "<>%&\\?/".contains(*c)) {
            issues.add(&here, format!("the name of a tag holds none of < > % & \\ ? /, this has {bad:?}")).on_key();
        }
        if name.is_empty() || name.chars().count() > 128 {
            issues.add(&here, "the name of a tag has 1 to 128 characters").on_key();
        }
        if value.chars().count() > 256 {
            issues.add(
                &here,
                format!("the value of a tag has at most 256 characters, this has {}", value.chars().count()),
            );
        }
    }
    let tags = texts(tags, at, issues);
    tags.filter(|_| issues.count() == before)
}

/// Names and values as free text.
pub(super) fn texts(tags: &BTreeMap<String, String>, at: &Path, issues: &mut Issues) -> Option<BTreeMap<Text, Text>> {
    let mut texts = Some(BTreeMap::new());
    for (name, value) in tags {
        let here = at.key(name);
        let key = match Text::parse(name) {
            Ok(key) => Some(key),
            Err(why) => {
                issues.add(&here, why).on_key();
                None
            }
        };
        match (key, issues.parse(&here, value, Text::parse), &mut texts) {
            (Some(key), Some(value), Some(map)) => {
                map.insert(key, value);
            }
            _ => texts = None,
        }
    }
    texts
}
