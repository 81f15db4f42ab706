//! `mlops-gen sandbox demo`: the whole loop on this machine, from nothing to a prediction of a deployed model.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use mlops_gen::edge::sandbox::Sandbox as Doubles;
use mlops_gen::edge::sandbox_demo::{Prediction, predict};
use mlops_gen::edge::sandbox_run::{ahead, end_all, reset};
use mlops_gen::edge::sandbox_times::Took;
use mlops_gen::edge::{EdgeError, project_dir};
use mlops_gen::project::Project;
use serde_json::{Value, json};

use super::args_place::SPEC;
use super::args_sandbox::SandboxDemo;
use super::failure::Failure;
use super::outcome::Outcome;
use super::output::Output;
use super::runs::block_on;
use super::watch::interrupted;

/// Pause between two looks at a command and at what waits for people.
const LOOK: Duration = Duration::from_millis(200);

/// How long an event has to start a release.
const EVENT: Duration = Duration::from_secs(45);

/// What took fewer seconds is not said at the end.
const WORTH_SAYING: f64 = 1.5;

/// Steps of a demonstration.
const STEPS: usize = 7;

/// What the example's spec is given for a machine that is no cloud: what it says, what it says here, and why.
const CHANGES: [(&str, &str, &str); 2] = [
    (
        "\n    latencyMs: 100\n",
        "\n    latencyMs: 2000\n",
        "latencyMs is 2000, not 100: a shared machine answers later than a server of its own",
    ),
    (
        "\n    canaryPercent: 20\n",
        "\n    canaryPercent: 20\n    canaryBakeMinutes: 0\n",
        "canaryBakeMinutes is 0, not 10: thirty requests beside the old version show as much here as ten minutes",
    ),
];

pub(super) fn run(options: &SandboxDemo, output: Output) -> Result<Outcome, Failure> {
    let root = std::path::absolute(&options.dir).map_err(|error| EdgeError::new("find", &options.dir, error))?;
    let folder = options.state.clone().unwrap_or_else(|| root.join(".mlops-gen/sandbox"));
    let mut demo = Demo { root, folder, done: Vec::new(), times: Vec::new(), output };
    let started = Instant::now();
    let played = demo.play(options);
    // whatever came of it: nothing of it goes on
    if demo.folder.is_dir() {
        end_all(&demo.folder)?;
    }
    let took = started.elapsed().as_secs();
    let prediction = played?;
    if output.is_json() {
        output.data(&json!({
            "project": demo.root, "folder": demo.folder, "steps": demo.done, "seconds": took, "times": demo.times,
            "prediction": prediction,
            "result": if prediction.is_some() { "succeeded" } else { "failed" },
        }));
    }
    demo.show_times();
    match &prediction {
        Some(_) => output.say(&format!(
            "\ndemo: done in {}:{:02}; the project is in {}",
            took / 60,
            took % 60,
            demo.root.display()
        )),
        None => output.say(&format!("\ndemo: failed; what steps have kept is in {}", demo.folder.display())),
    }
    Ok(if prediction.is_some() { Outcome::Clean } else { Outcome::Different })
}

/// A demonstration under way.
struct Demo {
    root: PathBuf,
    folder: PathBuf,
    done: Vec<Value>,
    times: Vec<Took>,
    output: Output,
}

impl Demo {
    fn play(&mut self, options: &SandboxDemo) -> Result<Option<Prediction>, Failure> {
        self.say("project", "a spec, and everything that is rendered from it");
        let began = Instant::now();
        let project = self.project(options)?;
        self.note("project", None, began, true);
        reset(&self.folder)?;
        // Git and renders leave the sandbox alone
        let ignore = self.folder.join(".gitignore");
        fs::write(&ignore, "*\n").map_err(|error| EdgeError::new("write", &ignore, error))?;
        block_on(async {
            let doubles = Doubles::start(std::slice::from_ref(&project), None, 50, Some(&self.folder)).await?;
            doubles.show(&[(self.root.join(SPEC).as_path(), &project)], Some(&self.folder));
            self.output.say(&format!("demo: pipelines, runs and logs are shown at {}", doubles.page()));
            if ahead(&self.folder, &self.root)? > 0 {
                self.output.say("demo: what images begin with is made meanwhile, beside the pipelines");
            }
            let from = Timestamp::now();
            let played = tokio::select! {
                played = self.loop_of(&doubles, &project) => played,
                () = interrupted() => Err(Failure::Services(vec!["stopped; nothing of the demo goes on".to_owned()])),
            };
            self.times = doubles.took(&self.folder, from, WORTH_SAYING)?;
            if options.keep && matches!(played, Ok(Some(_))) && !self.output.is_json() {
                self.output.say(&format!("demo: it goes on until Ctrl-C; pipelines and runs: {}", doubles.page()));
                interrupted().await;
            }
            doubles.stop(None).await?;
            played
        })
    }

    /// The project of the folder; a new one where there is none.
    fn project(&self, options: &SandboxDemo) -> Result<Project, Failure> {
        let spec = self.root.join(SPEC);
        if !spec.exists() {
            let others = fs::read_dir(&self.root).into_iter().flatten().flatten();
            let foreign = others.map(|entry| entry.file_name()).find(|name| name != ".mlops-gen" && name != ".git");
            if let Some(name) = foreign {
                return Err(Failure::Usage(format!(
                    "{} is neither empty nor a project (it has {}): name a new folder",
                    self.root.display(),
                    name.display()
                )));
            }
            let root = self.root.display().to_string();
            let words = ["init", &root, "--yes", "--name", "demo", "--runtime", options.runtime.as_str()];
            self.must(&words, Path::new("."))?;
            let mut text = project_dir::read_spec(&spec)?;
            for (from, to, why) in CHANGES {
                if text.contains(from) {
                    text = text.replacen(from, to, 1);
                    self.output.say(&format!("demo: in its spec {why}"));
                }
            }
            fs::write(&spec, text).map_err(|error| EdgeError::new("write", &spec, error))?;
            self.must(&["render"], &self.root)?;
        }
        let text = project_dir::read_spec(&spec)?;
        mlops_gen::load(&spec.display().to_string(), &text).map_err(|report| Failure::Spec(Box::new(report)))
    }

    /// A command of ours that has to go well.
    fn must(&self, words: &[&str], place: &Path) -> Result<(), Failure> {
        let mut command = self.command(words, place)?;
        let status = command.status().map_err(|error| Failure::Usage(format!("cannot run {}: {error}", words[0])))?;
        match status.success() {
            true => Ok(()),
            false => Err(Failure::Usage(format!("`mlops-gen {}` ended with {status}", words.join(" ")))),
        }
    }

    fn command(&self, words: &[&str], place: &Path) -> Result<Command, Failure> {
        let program =
            std::env::current_exe().map_err(|error| Failure::Usage(format!("cannot find this program: {error}")))?;
        let mut command = Command::new(program);
        command.args(words).current_dir(place).stdin(Stdio::null());
        // the prediction alone is data here
        match self.output.is_json() {
            true => command.stdout(Stdio::null()).stderr(Stdio::null()),
            false => command.stdout(std::io::stderr()),
        };
        Ok(command)
    }

    async fn loop_of(&mut self, doubles: &Doubles, project: &Project) -> Result<Option<Prediction>, Failure> {
        for (name, what, words) in [
            ("apply", "organization, vaults, identities, pipelines: what the spec wants", &["apply", "--yes"][..]),
            ("infrastructure", "the resources of platform and environments", &["run", "infrastructure", "--watch"]),
            ("build", "lint, unit tests, data tests; the training pipeline is published", &["run", "build", "--watch"]),
            ("retrain", "training, comparison with the champion, registration", &["run", "retrain", "--watch"]),
        ] {
            if !self.step(doubles, name, what, words).await? {
                return Ok(None);
            }
        }
        let Some(version) = doubles.registered() else {
            self.output.say("demo: the challenger was not better than the champion: there is nothing to release");
            return Ok(None);
        };
        let (parameter, run) = (format!("modelVersion={version}"), self.started(doubles, &version).await?);
        let words: &[&str] = match &run {
            Some(run) => &["runs", "watch", run],
            None => &["run", "release", "--parameter", &parameter, "--watch"],
        };
        if !self.step(doubles, "release", "image, scan, QA, approval, production with a canary", words).await? {
            return Ok(None);
        }
        self.say("request", "the deployed model answers");
        let began = Instant::now();
        let prediction = predict(doubles, project, &self.root, &self.folder)?;
        self.note("request", None, began, true);
        self.show(&prediction, &version);
        Ok(Some(prediction))
    }

    /// The release that the event of a registered model has started; none if there is no such event, as in private networks.
    async fn started(&self, doubles: &Doubles, version: &str) -> Result<Option<String>, Failure> {
        let began = Instant::now();
        while began.elapsed() < EVENT {
            for line in tokio::task::block_in_place(|| doubles.deliver())? {
                self.output.say(&format!("demo: {line}"));
            }
            if let Some(run) = doubles.started_with("modelVersion", version) {
                self.output.say(&format!("demo: the registration of version {version} has started run {run}"));
                return Ok(Some(run.to_string()));
            }
            tokio::time::sleep(LOOK).await;
        }
        self.output.say(&format!("demo: no event has started a release of version {version}: the demo starts it"));
        Ok(None)
    }

    /// A step by a command of ours; whether it went well.
    async fn step(&mut self, doubles: &Doubles, name: &str, what: &str, words: &[&str]) -> Result<bool, Failure> {
        self.say(name, what);
        let began = Instant::now();
        let mut command = self.command(words, &self.root)?;
        command.envs(doubles.variables());
        let child = command.spawn().map_err(|error| Failure::Usage(format!("cannot run {}: {error}", words[0])))?;
        let status = self.follow(doubles, Ending(child)).await?;
        self.note(name, Some(words), began, status.success());
        Ok(status.success())
    }

    /// Waits for a command, and gives the approvals that runs wait for meanwhile.
    async fn follow(&self, doubles: &Doubles, mut child: Ending) -> Result<ExitStatus, Failure> {
        let mut said = Vec::new();
        loop {
            if let Some(status) = child.0.try_wait().map_err(|error| Failure::Usage(error.to_string()))? {
                return Ok(status);
            }
            for waiting in doubles.waiting() {
                let told = format!("run {} at {}", waiting.run, waiting.stage);
                if !said.contains(&told) {
                    self.output.say(&format!("demo: {told} waits for {}", waiting.approvers.join(", ")));
                    for line in waiting.instructions.lines().filter(|line| !line.trim().is_empty()) {
                        self.output.say(&format!("demo:   {line}"));
                    }
                    said.push(told.clone());
                }
                let id = waiting.run.to_string();
                let mut command =
                    self.command(&["approve", &id, "--yes", "--comment", "given by the demo"], &self.root)?;
                command.envs(doubles.variables()).stdout(Stdio::null()).stderr(Stdio::null());
                // one that came too early is given at the next look
                if command.status().is_ok_and(|status| status.success()) {
                    self.output.say(&format!("demo: {told} is approved by the demo, in their place"));
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn say(&self, name: &str, what: &str) {
        self.output.say(&format!("\n== {}/{STEPS} {name}: {what}", self.done.len() + 1));
    }

    fn note(&mut self, name: &str, words: Option<&[&str]>, began: Instant, good: bool) {
        let took = began.elapsed();
        self.done.push(json!({
            "name": name, "command": words.map(|words| format!("mlops-gen {}", words.join(" "))),
            "seconds": took.as_secs_f64(), "result": if good { "succeeded" } else { "failed" },
        }));
        let word = if good { "done" } else { "failed" };
        self.output.say(&format!("== {name}: {word} in {:.1} s", took.as_secs_f64()));
    }

    /// Where the time went: when something began, how long it took, what it was.
    fn show_times(&self) {
        if self.times.is_empty() {
            return;
        }
        self.output.say(&format!("\ndemo: what took {WORTH_SAYING} s and more"));
        let clock = |seconds: f64| format!("{}:{:04.1}", (seconds / 60.0).floor(), seconds % 60.0);
        for Took { began, seconds, what } in &self.times {
            self.output.say(&format!("  at {:>6}  {seconds:>6.1} s  {what}", clock(*began)));
        }
    }

    /// The prediction, for a person: rows and what came back.
    fn show(&self, prediction: &Prediction, version: &str) {
        if self.output.is_json() {
            return;
        }
        let Prediction { environment, url, request, result, .. } = prediction;
        let mut text = format!("model version {version} in {environment} answers at {url}\n");
        let rows = request.as_array().into_iter().flatten();
        for (row, value) in rows.zip(result.as_array().into_iter().flatten()) {
            text.push_str(&format!("  {row} -> {value}\n"));
        }
        self.output.text(&text);
    }
}

/// A command that is ended when nobody waits for it any more.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        // one that has ended cannot be ended again
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
