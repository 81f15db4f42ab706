//! What a run costs by itself: steps that do nothing, and jobs that only compute, by how many go at once.
//!
//! `cargo run --release --package pipeline-runner --example cost`
#![expect(clippy::print_stdout, reason = "it prints what it measures")]

use std::time::{Duration, Instant};

use azure_pipelines::template::{Files, Knowledge, Request, expand};
use azure_pipelines::{Node, Problem, yaml};
use pipeline_runner::{Cancel, Event, Facts, Host, Plan, Settings, Source, run};

struct Nothing;

impl Files for Nothing {
    fn load(&self, _: &str) -> Result<Option<Node>, Problem> {
        Ok(None)
    }
}

impl Host for Nothing {
    fn event(&self, _: &Event<'_>) {}
}

fn plan(text: &str) -> Plan {
    let root = yaml::parse("p.yml", text).expect("YAML");
    let expanded = expand(&Request {
        root: &root,
        path: "p.yml",
        files: &Nothing,
        parameters: Some(Vec::new()),
        payloads: Vec::new(),
        variables: Vec::new(),
        knowledge: Knowledge::All,
    });
    Plan::of(&expanded).expect("a pipeline")
}

fn time(text: &str, agents: usize) -> Duration {
    let plan = plan(text);
    let folder = std::env::temp_dir().join(format!("pipeline-runner-cost-{}", std::process::id()));
    let mut settings = Settings::new(&folder);
    settings.agents = agents;
    settings.environment = vec![("PATH".to_owned(), std::env::var("PATH").unwrap_or_default())];
    let facts = Facts {
        id: 1,
        number: "1".to_owned(),
        reason: "Manual".to_owned(),
        definition: (1, "cost".to_owned()),
        collection: "https://dev.azure.com/x/".to_owned(),
        project: (String::new(), "p".to_owned()),
        repository: (String::new(), "r".to_owned()),
        requested_for: ("n".to_owned(), "m".to_owned()),
        token: None,
        variables: Vec::new(),
        attempt: 1,
        source: Source {
            url: String::new(),
            branch: "refs/heads/main".to_owned(),
            commit: String::new(),
            header: None,
        },
    };
    let start = Instant::now();
    let ended = run(&plan, &settings, &facts, &Nothing, &Cancel::default());
    let took = start.elapsed();
    assert!(ended.outcome.is_good(), "{ended:?}");
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    took
}

fn main() {
    let steps = format!("steps:\n- checkout: none\n{}", "- bash: ':'\n".repeat(200));
    let mut all: Vec<Duration> = (0..5).map(|_| time(&steps, 1)).collect();
    all.sort();
    println!("200 empty steps: {:.2} s (median of 5)", all[2].as_secs_f64());
    let work = "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done";
    let job = |at: usize| format!("- job: J{at}\n  steps: [{{checkout: none}}, {{bash: '{work}'}}]\n");
    let jobs = format!("jobs:\n{}", (0..10).map(job).collect::<String>());
    for agents in [1, 2, 4, 10] {
        println!("10 jobs that compute, {agents} at once: {:.2} s", time(&jobs, agents).as_secs_f64());
    }
}
