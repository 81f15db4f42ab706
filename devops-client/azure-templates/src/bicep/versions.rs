//! Versions of the API that resources are asked for.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::ast::{File, Kind};
use crate::Problem;

/// Resources of `file` whose API version is more than two years old on the day `today` while `known`, given their type,
/// has a newer one; and previews of what is there for good. What `known` gives need not be in order.
///
/// The rule `use-recent-api-versions` of the Bicep compiler, with the table of versions that the caller has.
pub fn old_api_versions<'v>(file: &File, today: Date, known: &dyn Fn(&str) -> &'v [&'v str]) -> Vec<Problem> {
    let mut found = Vec::new();
    for declaration in &file.declarations {
        let Kind::Resource(block) = &declaration.kind else {
            continue;
        };
        let Some((kind, version)) = block.reference.split_once('@') else {
            continue;
        };
        let Some(day) = date(version) else {
            continue;
        };
        let stable = |version: &&&str| version.len() == "2026-01-01".len();
        let newest = known(kind).iter().filter(stable).filter_map(|version| Some((date(version)?, *version))).max();
        let Some((newest_day, newest)) = newest else {
            continue;
        };
        let preview = version.len() > "2026-01-01".len();
        // 730 days, as the compiler counts two years.
        let old = day < today.saturating_sub(730.days());
        let message = if preview && newest_day >= day {
            format!("API version {version} of {kind} is a preview, and {newest} is there")
        } else if old && newest_day > day {
            format!("API version {version} of {kind} is more than two years old, and {newest} is there")
        } else {
            continue;
        };
        found.push(Problem::new(block.reference_at, "use-recent-api-versions", message));
    }
    found
}

/// The day of a version.
fn date(version: &str) -> Option<Date> {
    version.get(..10)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn what_is_two_years_old_is_named_where_there_is_something_newer() {
        let file = parse(
            "resource a 'A.B/c@2023-12-01' = {\n  name: 'a'\n}\nresource b 'A.B/c@2025-01-01' existing = {\n  name: 'b'\n}\n\
             resource c 'A.B/old@2019-05-01' = {\n  name: 'c'\n}\nresource d 'A.B/c@2024-06-01-preview' = {\n  name: 'd'\n}\n",
        )
        .unwrap();
        let known = |kind: &str| -> &[&str] {
            match kind {
                "A.B/c" => &["2023-12-01", "2026-03-01", "2026-09-01-preview", "2025-01-01"],
                "A.B/old" => &["2019-05-01"],
                _ => &[],
            }
        };
        let today = Date::constant(2026, 11, 30);
        let found: Vec<(usize, String)> =
            old_api_versions(&file, today, &known).into_iter().map(|p| (p.at.line, p.message)).collect();
        assert_eq!(
            found,
            [
                (1, "API version 2023-12-01 of A.B/c is more than two years old, and 2026-03-01 is there".to_owned()),
                (10, "API version 2024-06-01-preview of A.B/c is a preview, and 2026-03-01 is there".to_owned()),
            ]
        );
        let early = old_api_versions(&file, Date::constant(2025, 11, 29), &known);
        assert_eq!(early.len(), 1, "a day before two years are over: {early:?}");
    }
}
