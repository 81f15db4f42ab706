//! What a run has published of its tests.

use devops_client::RunId;

use super::{Runs, RunsError};
use crate::remote::runs::Tests;

impl Runs {
    /// Results of tests that a run has published, and what share of lines its tests reach, in percent.
    ///
    /// # Errors
    /// If they cannot be read; a token may be good for runs and not for tests.
    pub async fn tests(&self, id: i64) -> Result<(Vec<Tests>, Vec<(String, f64)>), RunsError> {
        let wrong = || RunsError::of(format!("read the results of tests of run {id}"));
        let api = self.devops.test_runs();
        let mut all = Vec::new();
        for found in api.of_run(RunId(id)).all().await.map_err(wrong())? {
            let bad = found.with_outcome("Failed");
            let failed = if bad > 0 { api.failures(found.id).all().await.map_err(wrong())? } else { Vec::new() };
            let mut failed: Vec<(String, String)> =
                failed.into_iter().map(|one| (one.test_case_title, one.error_message.unwrap_or_default())).collect();
            let count = |number: i64| usize::try_from(number).unwrap_or(0);
            let left = count(bad).saturating_sub(failed.len());
            failed.extend((0..left).map(|_| ("a failure behind the first thousand".to_owned(), String::new())));
            let place = found.pipeline_reference;
            let names = [place.stage_reference.stage_name, place.job_reference.job_name];
            all.push(Tests {
                title: found.name,
                place: names.into_iter().flatten().collect::<Vec<_>>().join(" / "),
                total: count(found.total_tests),
                skipped: count(found.total_tests - found.passed_tests - bad),
                failed,
            });
        }
        let coverage = api.coverage(RunId(id)).await.map_err(wrong())?.coverage_data;
        let lines = coverage.iter().flat_map(|data| &data.coverage_stats);
        let lines = lines.filter(|one| one.total > 0 && one.label.eq_ignore_ascii_case("lines"));
        let percent =
            |one: &devops_client::api::test_runs::CoverageStatistics| one.covered as f64 * 100.0 / one.total as f64;
        Ok((all, lines.map(|one| ("The run".to_owned(), percent(one))).collect()))
    }
}
