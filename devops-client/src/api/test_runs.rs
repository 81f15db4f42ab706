//! Results of tests that runs of pipelines have published, and what tests reach. (Documents: test runs, test results, code
//! coverage.)
//!
//! ```no_run
//! # use devops_client::{Project, Result, RunId};
//! # async fn example(project: Project, run: RunId) -> Result<()> {
//! for tests in project.test_runs().of_run(run).all().await? {
//!     println!("{}: {} of {} passed", tests.name, tests.passed_tests, tests.total_tests);
//! }
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use crate::client::Project;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::route::Route;
use crate::id::{RunId, TestRunId};
use crate::page::Pages;

/// Failed results that are read of one publication.
const MOST: u32 = 1000;

/// A name, where a publication says what it is of.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PartReference {
    /// The stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_name: Option<String>,
    /// The job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_name: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What of a run has published.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PipelineReference {
    /// The stage.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub stage_reference: PartReference,
    /// The job.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub job_reference: PartReference,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How many results have an outcome.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RunStatistic {
    /// The outcome: `Passed`, `Failed`, `NotExecuted` and others.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub outcome: String,
    /// How many.
    #[serde(default)]
    pub count: i64,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One publication of results: what a step of a run has handed in at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TestRun {
    /// Its id.
    pub id: TestRunId,
    /// Its title.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub name: String,
    /// How many results it has.
    #[serde(default)]
    pub total_tests: i64,
    /// How many passed.
    #[serde(default)]
    pub passed_tests: i64,
    /// How many have which outcome.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub run_statistics: Vec<RunStatistic>,
    /// Who has published it.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub pipeline_reference: PipelineReference,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl TestRun {
    /// How many results have an outcome, in whatever case it is written.
    pub fn with_outcome(&self, outcome: &str) -> i64 {
        let own = self.run_statistics.iter().filter(|one| one.outcome.eq_ignore_ascii_case(outcome));
        own.map(|one| one.count).sum()
    }
}

/// The result of one test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TestResult {
    /// What was tested.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub test_case_title: String,
    /// What came of it.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub outcome: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Parts of the code, and how many of them tests reach.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CoverageStatistics {
    /// What is counted: `Lines`, `Blocks`.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub label: String,
    /// How many there are.
    #[serde(default)]
    pub total: i64,
    /// How many are reached.
    #[serde(default)]
    pub covered: i64,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What the tests of a run reach, of one platform and flavour.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CoverageData {
    /// By what is counted.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub coverage_stats: Vec<CoverageStatistics>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What the tests of a run reach.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CoverageSummary {
    /// By platform and flavour.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub coverage_data: Vec<CoverageData>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Results of tests.
#[derive(Debug, Clone)]
pub struct TestRuns {
    project: Project,
}

impl Project {
    /// Results of tests.
    pub fn test_runs(&self) -> TestRuns {
        TestRuns { project: self.clone() }
    }
}

impl TestRuns {
    fn route(&self) -> Route {
        self.project.route().path("_apis/test")
    }

    /// What a run of a pipeline has published.
    pub fn of_run(&self, id: RunId) -> Pages<TestRun> {
        let uri = format!("vstfs:///Build/Build/{id}");
        Pages::new(self.route().path("runs").query("buildUri", uri).query("includeRunDetails", true).get())
    }

    /// Results that are failures, of one publication: the first thousand.
    pub fn failures(&self, id: TestRunId) -> Pages<TestResult> {
        let route = self.route().path("runs").segment(id).path("results");
        Pages::new(route.query("outcomes", "Failed").query("$top", MOST).get())
    }

    /// What the tests of a run of a pipeline reach.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn coverage(&self, id: RunId) -> Result<CoverageSummary> {
        self.route()
            .path("codecoverage")
            .query("buildId", id)
            .preview()
            .get()?
            .read(|answer| if answer.is_blank() { Ok(CoverageSummary::default()) } else { answer.decode() })
            .await
    }
}
