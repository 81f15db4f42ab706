//! A command of a job: in its environment's image, with inputs and outputs as folders.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

use super::access::{self, Nodes};
use super::bind::Bound;
use super::log::say;
use super::work::{Work, is_cancelled};
use crate::images::{self, Image};
use crate::processes;
use crate::store::{at, slot};

/// How often somebody looks whether the job is to end.
const LOOK: Duration = Duration::from_millis(100);

/// How a command ended.
pub(super) enum Ended {
    Well,
    Badly(String),
    Cancelled,
}

/// Carries out the command of `component`; `job` is where it is used.
pub(super) fn run(
    work: &Work<'_>,
    job: &Value,
    component: &Value,
    bound: &Bound,
    folder: &Path,
) -> Result<Ended, String> {
    let command = component["command"].as_str().ok_or("the component has no command")?;
    let command = bound.fill(command)?;
    let own = folder.join("work");
    fs::create_dir_all(&own).map_err(|error| format!("cannot make {}: {error}", own.display()))?;
    note(work, folder, "Preparing");
    let compute = access::compute(job).or_else(|| access::compute(component)).unwrap_or(&work.compute);
    if let Some(nodes) = Nodes::of(work.store, work.workspace, compute)? {
        nodes.image(component["environment"].as_str().unwrap_or_default())?;
        nodes.data(work.store, component, bound)?;
    }
    let image = environment(work, component)?;
    note(work, folder, "Running");
    let mut environment: Vec<(String, String)> = vec![
        ("MLFLOW_TRACKING_URI".to_owned(), work.registry.address()),
        ("MLFLOW_EXPERIMENT_NAME".to_owned(), work.experiment.clone()),
        ("AZUREML_ARM_WORKSPACE_NAME".to_owned(), work.workspace.to_owned()),
        ("AZUREML_RUN_ID".to_owned(), work.name.to_owned()),
    ];
    for from in [component, job] {
        for (name, value) in from["environment_variables"].as_object().cloned().unwrap_or_default() {
            environment.push((name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
        }
    }
    let seconds = [job, component].iter().find_map(|from| from["limits"]["timeout"].as_u64());
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let log = folder.join("std_log.txt");
    let file = fs::File::create(&log).map_err(|error| format!("cannot write {}: {error}", log.display()))?;
    let mut process = image.command(&["bash", "-c", &command], &own, &environment, work.store)?;
    let copy = file.try_clone().map_err(|error| format!("cannot write {}: {error}", log.display()))?;
    process.stdin(Stdio::null()).stdout(copy).stderr(file).process_group(0);
    let mut child = process.spawn().map_err(|error| format!("cannot start the command: {error}"))?;
    processes::note(work.store, child.id())?;
    let ended = wait(work, &mut child, until);
    end(&mut child);
    processes::end(work.store, child.id());
    let text = fs::read_to_string(&log).unwrap_or_default();
    say(work.store, work.name, &format!("{}:\n{text}", folder.display()));
    let ended = ended?;
    note(work, folder, if ended == Some(0) { "Completed" } else { "Failed" });
    match ended {
        Some(0) => Ok(Ended::Well),
        Some(code) => {
            let last = text.lines().rev().take(5).collect::<Vec<_>>();
            let last: Vec<&str> = last.into_iter().rev().collect();
            Ok(Ended::Badly(format!("the command ended with {code}: {}", last.join(" / "))))
        }
        None if is_cancelled(work) => Ok(Ended::Cancelled),
        None => Ok(Ended::Badly(format!("the command took longer than {} s", seconds.unwrap_or_default()))),
    }
}

/// Writes down how far a step of the job is, by the name of its folder.
fn note(work: &Work<'_>, folder: &Path, status: &str) {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // who asks for steps learns nothing more; the job itself goes on
    let _ = work.store.change(|state| {
        *slot(state, &["ml", work.workspace, "jobs", work.name, "steps", &name]) = Value::from(status);
        *slot(state, &["ml", work.workspace, "jobs", work.name, "times", &name, status]) =
            Value::from(jiff::Timestamp::now().as_millisecond());
        Ok::<(), String>(())
    });
}

/// The exit code; none if it is to end before.
fn wait(work: &Work<'_>, child: &mut Child, until: Option<Instant>) -> Result<Option<i32>, String> {
    let mut looked = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(|error| format!("cannot wait for the command: {error}"))? {
            return Ok(Some(status.code().unwrap_or(-1)));
        }
        if until.is_some_and(|until| until <= Instant::now()) {
            return Ok(None);
        }
        if looked.elapsed() > LOOK * 3 {
            looked = Instant::now();
            if is_cancelled(work) {
                return Ok(None);
            }
        }
        std::thread::sleep(LOOK / 4);
    }
}

/// Ends what is left of the command's group.
fn end(child: &mut Child) {
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    let _ = child.wait();
}

/// The image of the component's environment.
fn environment(work: &Work<'_>, component: &Value) -> Result<Image, String> {
    let name = component["environment"].as_str().ok_or("the component has no environment")?;
    let reference = name.strip_prefix("azureml:").and_then(|rest| rest.split_once(':'));
    let (name, version) = reference.ok_or_else(|| format!("environment `{name}` is not azureml:NAME:VERSION"))?;
    let found = work.store.read(|state| at(state, &["ml", work.workspace, "environments", name, version]).cloned())?;
    let body = found.ok_or_else(|| format!("there is no environment {name}:{version}"))?;
    let context =
        body["build"]["path"].as_str().ok_or_else(|| format!("environment {name} is built from no folder"))?;
    let file = body["build"]["dockerfile_path"].as_str().unwrap_or("Dockerfile");
    images::build(work.store, Path::new(context), file, &[], &mut |line| say(work.store, work.name, line))
}
