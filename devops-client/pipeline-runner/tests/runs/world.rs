//! A repository, a folder to work in, and a host that writes everything down.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use azure_pipelines::template::{Files, Knowledge, Request, expand};
use azure_pipelines::{Node, Problem, yaml};
use pipeline_runner::{
    Cancel, Connection, Ended, Event, Facts, Host, Outcome, Patience, Plan, Secret, Settings, Source, Validation,
    Value, Verdict, run,
};
use tempfile::TempDir;

/// Pipelines that were counted.
static PIPELINES: AtomicI64 = AtomicI64::new(3);

/// What was heard.
#[derive(Default)]
pub struct Heard {
    /// Log lines: `stage.job.instance`, step, line.
    pub lines: Vec<(String, usize, String)>,
    /// Issues: kind and text.
    pub issues: Vec<(String, String)>,
    /// Outcomes of steps by job and place.
    pub steps: BTreeMap<(String, usize), Outcome>,
    /// Outcomes of jobs.
    pub jobs: BTreeMap<String, Outcome>,
    /// Everything else, a word each.
    pub other: Vec<String>,
}

pub struct World {
    pub folder: TempDir,
    pub settings: Settings,
    pub groups: BTreeMap<String, Vec<(String, Value)>>,
    pub answer: Verdict,
    pub cancel: Cancel,
    /// A line after which the run is asked to end.
    pub cancel_at: Option<String>,
    pub written: Mutex<Heard>,
}

struct Nothing;

impl Files for Nothing {
    fn load(&self, _: &str) -> Result<Option<Node>, Problem> {
        Ok(None)
    }
}

impl World {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let mut settings = Settings::new(folder.path().join("work"));
        settings.environment =
            ["PATH", "HOME"].iter().map(|n| ((*n).to_owned(), std::env::var(n).unwrap_or_default())).collect();
        settings.patience = Patience {
            interrupt: Duration::from_millis(300),
            terminate: Duration::from_secs(20),
            output: Duration::from_millis(500),
        };
        Self {
            folder,
            settings,
            groups: BTreeMap::new(),
            answer: Verdict::Resume,
            cancel: Cancel::default(),
            cancel_at: None,
            written: Mutex::default(),
        }
    }

    pub fn heard(&self) -> MutexGuard<'_, Heard> {
        self.written.lock().unwrap()
    }

    /// All lines of the logs.
    pub fn log(&self) -> String {
        self.heard().lines.iter().map(|(_, _, line)| format!("{line}\n")).collect()
    }

    pub fn outcome(&self, job: &str) -> Option<Outcome> {
        self.heard().jobs.get(job).copied()
    }

    /// A repository with those files in one commit.
    pub fn source(&self, files: &[(&str, &str)]) -> Source {
        let folder = self.folder.path().join("repository");
        fs::create_dir_all(&folder).unwrap();
        let git = |arguments: &[&str]| {
            let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"];
            let out = Command::new("git").args(identity).args(arguments).current_dir(&folder).output().unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            String::from_utf8(out.stdout).unwrap().trim().to_owned()
        };
        git(&["init", "--quiet"]);
        for (name, text) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--allow-empty", "--message", "first"]);
        Source {
            url: folder.display().to_string(),
            branch: "refs/heads/main".to_owned(),
            commit: git(&["rev-parse", "HEAD"]),
            header: None,
        }
    }

    pub fn facts(&self, source: Source) -> Facts {
        Facts {
            id: 7,
            number: "20261130.1".to_owned(),
            reason: "Manual".to_owned(),
            // an organization that is made anew counts its pipelines anew: what is kept is kept by name
            definition: (PIPELINES.fetch_add(1, Ordering::Relaxed), "build".to_owned()),
            collection: "https://dev.azure.com/contoso/".to_owned(),
            project: ("11111111-0000-0000-0000-000000000000".to_owned(), "shop".to_owned()),
            repository: ("22222222-0000-0000-0000-000000000000".to_owned(), "shop".to_owned()),
            requested_for: ("Ann".to_owned(), "ann@example.com".to_owned()),
            token: Some(["job", "token", "0123456789"].join("-")),
            variables: Vec::new(),
            attempt: 1,
            source,
        }
    }

    /// Carries a pipeline out.
    pub fn run(&self, text: &str) -> Ended {
        self.run_with(text, &[])
    }

    pub fn run_with(&self, text: &str, files: &[(&str, &str)]) -> Ended {
        let facts = self.facts(self.source(files));
        run(&plan(text), &self.settings, &facts, self, &self.cancel)
    }
}

pub fn plan(text: &str) -> Plan {
    let root = yaml::parse("p.yml", text).unwrap();
    let expanded = expand(&Request {
        root: &root,
        path: "p.yml",
        files: &Nothing,
        parameters: Some(Vec::new()),
        payloads: Vec::new(),
        variables: Vec::new(),
        knowledge: Knowledge::All,
    });
    Plan::of(&expanded).unwrap()
}

fn name(place: &pipeline_runner::Where) -> String {
    format!("{}.{}.{}", place.stage, place.job, place.instance).trim_end_matches('.').to_owned()
}

impl Host for World {
    fn event(&self, event: &Event<'_>) {
        let mut heard = self.written.lock().unwrap();
        match event {
            Event::Line(place, step, line) => {
                heard.lines.push((name(place), *step, (*line).to_owned()));
                if self.cancel_at.as_deref() == Some(*line) {
                    self.cancel.ask();
                }
            }
            Event::Issue(_, _, kind, text) => heard.issues.push(((*kind).to_owned(), (*text).to_owned())),
            Event::StepEnded(place, step, outcome) => {
                heard.steps.insert((name(place), *step), *outcome);
            }
            Event::JobEnded(place, outcome, reason) => {
                heard.jobs.insert(name(place), *outcome);
                heard.issues.extend(reason.map(|reason| ("reason".to_owned(), reason.to_owned())));
            }
            Event::Tag(tag) => heard.other.push(format!("tag {tag}")),
            Event::Number(number) => heard.other.push(format!("number {number}")),
            Event::Summary(_, path) => heard.other.push(format!("summary {}", read(path))),
            Event::Attachment(_, kind, name, path) => {
                heard.other.push(format!("attachment {kind} {name} {}", read(path)));
            }
            Event::Artifact(_, artifact) => heard.other.push(format!("artifact {}", artifact.name)),
            Event::Tests(_, title, tests) => {
                heard.other.push(format!("tests {title}: {} of {} failed", tests.failed.len(), tests.total));
            }
            Event::Coverage(_, coverage) => heard.other.push(format!("coverage {}", coverage.percent())),
            _ => {}
        }
    }

    fn group(&self, name: &str) -> Result<Vec<(String, Value)>, String> {
        self.groups.get(name).cloned().ok_or_else(|| format!("there is no variable group `{name}`"))
    }

    fn connection(&self, name: &str) -> Result<Connection, String> {
        let secret = ["sign", "in", name].join("-");
        let environment = vec![("SIGNED_IN_AS".to_owned(), name.to_owned()), ("SIGN_IN".to_owned(), secret.clone())];
        Ok(Connection { environment, secrets: vec![Secret::new(secret)] })
    }

    fn ask(&self, validation: &Validation, _: &Cancel) -> Result<Verdict, String> {
        let text = format!(
            "asked {} of {:?}, own runs {}",
            validation.instructions, validation.approvers, validation.own_runs
        );
        self.written.lock().unwrap().other.push(text);
        Ok(self.answer)
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap().trim().to_owned()
}
