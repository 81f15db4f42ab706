//! `PublishTestResults@2` and `PublishCodeCoverageResults@2`.

use std::fs;

use crate::files::{find, wrong};
use crate::host::Event;
use crate::job::bench::Now;
use crate::outcome::Outcome;
use crate::results::{Coverage, Tests};

pub(super) const TESTS: &[&str] = &[
    "testResultsFormat",
    "testRunner",
    "testResultsFiles",
    "searchFolder",
    "mergeTestResults",
    "failTaskOnFailedTests",
    "failTaskOnFailureToPublishResults",
    "failTaskOnMissingResultsFile",
    "testRunTitle",
    "publishRunAttachments",
];
pub(super) const COVERAGE: &[&str] = &["summaryFileLocation", "pathToSources", "failIfCoverageEmpty"];

pub(super) fn tests(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    let format = now.input("testResultsFormat").or(now.input("testRunner")).unwrap_or("JUnit");
    if !format.eq_ignore_ascii_case("JUnit") {
        return Err(format!("results of the format {format} cannot be read here; JUnit can"));
    }
    let folder = now.folder_of("searchFolder");
    let patterns = now.input("testResultsFiles").unwrap_or("**/TEST-*.xml").to_owned();
    let files = find(&patterns, &folder);
    if files.is_empty() {
        let text =
            format!("No test result files matching '{}' were found.", patterns.lines().collect::<Vec<_>>().join(", "));
        if now.flag("failTaskOnMissingResultsFile") {
            return Err(text);
        }
        now.issue("warning", &text);
        return Ok(Outcome::Succeeded);
    }
    let mut all = Tests::default();
    for file in files {
        let text = fs::read_to_string(&file).map_err(wrong("read", &file))?;
        match Tests::junit(&text) {
            Ok(tests) => all = all.and(tests),
            Err(error) if now.flag("failTaskOnFailureToPublishResults") => {
                return Err(format!("{}: {error}", file.display()));
            }
            Err(error) => now.issue("warning", &format!("{}: {error}", file.display())),
        }
    }
    let title = now.input("testRunTitle").unwrap_or("Tests").to_owned();
    now.output(&format!("{title}: {} tests, {} failed, {} skipped", all.total, all.failed.len(), all.skipped));
    for (name, message) in all.failed.clone() {
        now.output(&format!("failed: {name}: {message}"));
    }
    now.host().event(&Event::Tests(now.place(), &title, &all));
    if !all.failed.is_empty() && now.flag("failTaskOnFailedTests") {
        return Err(format!(
            "There are one or more test failures detected in {title}: {} of {}",
            all.failed.len(),
            all.total
        ));
    }
    Ok(Outcome::Succeeded)
}

pub(super) fn coverage(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    let patterns = now.input("summaryFileLocation").ok_or("input `summaryFileLocation` is empty")?.to_owned();
    let files = find(&patterns, &now.paths().sources());
    let mut all = Coverage::default();
    for file in &files {
        let text = fs::read_to_string(file).map_err(wrong("read", file))?;
        let found = Coverage::cobertura(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        all = Coverage { covered: all.covered + found.covered, valid: all.valid + found.valid };
    }
    if all.valid == 0 {
        let text = format!("No code coverage results were found with the pattern '{patterns}'.");
        if now.flag("failIfCoverageEmpty") {
            return Err(text);
        }
        now.issue("warning", &text);
        return Ok(Outcome::Succeeded);
    }
    now.output(&format!("{:.1} % of {} lines are covered", all.percent(), all.valid));
    now.host().event(&Event::Coverage(now.place(), &all));
    Ok(Outcome::Succeeded)
}
