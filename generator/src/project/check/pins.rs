//! `pins:`

use std::collections::BTreeMap;

use super::issues::Issues;
use crate::project::pins::Pins;
use crate::spec::SpecFile;
use crate::spec::located::path::Path;

/// Versions that the team holds still.
pub(super) fn check(spec: &SpecFile, issues: &mut Issues) -> Option<Pins> {
    let at = Path::root().key("pins");
    let before = issues.count();
    let own = env!("CARGO_PKG_VERSION");
    if let Some(pinned) = &spec.pins.generator
        && issues.parse(&at.key("generator"), pinned, version).is_some()
        && pinned != own
    {
        issues
            .add(&at.key("generator"), format!("this is mlops-gen {own}, and the spec wants {pinned}"))
            .help(format!("install mlops-gen {pinned}, or change the pin"));
    }
    let at = at.key("apiVersions");
    let mut api_versions = BTreeMap::new();
    for (kind, version) in &spec.pins.api_versions {
        let here = at.key(kind);
        if let Err(why) = resource_type(kind) {
            issues.add(&here, why).on_key();
        }
        if issues.parse(&here, version, api_version).is_some() {
            api_versions.insert(kind.clone(), version.clone());
        }
    }
    (issues.count() == before).then(|| Pins { generator: spec.pins.generator.clone(), api_versions })
}

fn version(text: &str) -> Result<(), String> {
    let parts: Vec<&str> = text.split('.').collect();
    let number = |t: &&str| !t.is_empty() && t.len() <= 9 && t.bytes().all(|b| b.is_ascii_digit());
    if parts.len() == 3 && parts.iter().all(number) {
        Ok(())
    } else {
        Err(format!("a version has the form `{}`", env!("CARGO_PKG_VERSION")))
    }
}

fn resource_type(text: &str) -> Result<(), String> {
    let mut segments = text.split('/');
    let provider = segments.next().unwrap_or_default();
    let good = |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    let types: Vec<&str> = segments.collect();
    if provider.starts_with("Microsoft.") && good(provider) && !types.is_empty() && types.iter().all(|t| good(t)) {
        Ok(())
    } else {
        Err("a resource type looks like `Microsoft.Storage/storageAccounts`".to_owned())
    }
}

fn api_version(text: &str) -> Result<(), String> {
    let date = text.strip_suffix("-preview").unwrap_or(text);
    let parts: Vec<&str> = date.split('-').collect();
    let number = |t: &str, digits: usize, low: u32, high: u32| {
        t.len() == digits && t.bytes().all(|b| b.is_ascii_digit()) && t.parse().is_ok_and(|n| (low..=high).contains(&n))
    };
    match parts.as_slice() {
        [year, month, day] if number(year, 4, 2014, 2099) && number(month, 2, 1, 12) && number(day, 2, 1, 31) => Ok(()),
        _ => Err("an API version looks like `2025-06-01` or `2025-06-01-preview`".to_owned()),
    }
}
