//! Lines of a step's output, and the logging commands in them.

use std::fs;
use std::path::{Path, PathBuf};

use super::bench::Now;
use crate::commands::Command;
use crate::files::{copy, make, wrong};
use crate::host::{Artifact, Event};
use crate::outcome::Outcome;
use crate::variables::{Value, environment_name};

/// Why a logging command was not carried out.
enum Refused {
    /// The step goes on with a warning.
    Passed(String),
    /// The step fails (azure-pipelines-agent, `WorkerCommandManager`: `CommandResult`).
    Failed(String),
}

impl From<String> for Refused {
    fn from(message: String) -> Self {
        Self::Failed(message)
    }
}

impl From<&str> for Refused {
    fn from(message: &str) -> Self {
        Self::Failed(message.to_owned())
    }
}

/// The areas of commands that an agent knows.
const AREAS: [&str; 5] = ["task.", "artifact.", "build.", "results.", "codecoverage."];

impl Now<'_, '_> {
    /// A line of output: shown without secrets, a logging command in it carried out.
    pub fn output(&mut self, line: &str) {
        let command = Command::parse(line);
        let shown = match &command {
            Some(command) if command.name == "task.setvariable" && command.flag("issecret") => {
                self.hide(&command.data);
                line.to_owned()
            }
            Some(command) if command.name == "task.setsecret" => {
                self.hide(&command.data);
                line.to_owned()
            }
            Some(command) if command.name == "task.logissue" => {
                format!("##[{}]{}", command.property("type").unwrap_or("error"), command.data)
            }
            Some(command) if command.name == "task.debug" => format!("##[debug]{}", command.data),
            _ => line.to_owned(),
        };
        let shown = self.bench.start.mask.hide(&shown);
        self.host().event(&Event::Line(self.place(), self.index, &shown));
        match command.map(|command| (self.obey(&command), command)) {
            None if line.contains("##vso") => {
                self.issue("warning", &format!("'{line}' has the keyword ##vso of logging commands, and is none"));
            }
            None | Some((Ok(()), _)) => {}
            Some((Err(Refused::Passed(message)), command)) => {
                self.issue("warning", &format!("##vso[{}]: {message}", command.name));
            }
            // whatever becomes of the task: a command that cannot be carried out fails its step
            Some((Err(Refused::Failed(message)), command)) => {
                self.broken = true;
                self.issue("error", &format!("Unable to process command '{line}' successfully."));
                self.issue("error", &format!("##vso[{}]: {message}", command.name));
            }
        }
    }

    /// Something to show beside the step.
    pub fn issue(&mut self, kind: &str, text: &str) {
        self.issues = true;
        let text = self.bench.start.mask.hide(text);
        self.host().event(&Event::Issue(self.place(), self.index, kind, &text));
    }

    fn obey(&mut self, command: &Command) -> Result<(), Refused> {
        match command.name.as_str() {
            "task.setvariable" => self.set_variable(command)?,
            "task.setsecret" | "task.debug" | "task.setprogress" | "task.logdetail" | "build.uploadlog" => {}
            "task.logissue" => {
                let kind = command.property("type").filter(|kind| ["error", "warning"].contains(kind));
                self.issue(kind.ok_or("`type` is `error` or `warning`")?, &command.data);
            }
            "task.complete" => {
                self.told = Some(match command.property("result").ok_or("`result` is needed")? {
                    result if result.eq_ignore_ascii_case("Succeeded") => Outcome::Succeeded,
                    result if result.eq_ignore_ascii_case("SucceededWithIssues") => Outcome::SucceededWithIssues,
                    result if result.eq_ignore_ascii_case("Failed") => Outcome::Failed,
                    result if result.eq_ignore_ascii_case("Canceled") => Outcome::Canceled,
                    other => return Err(format!("there is no result `{other}`").into()),
                });
            }
            "task.prependpath" => self.prepend(PathBuf::from(&command.data)),
            "task.uploadsummary" => {
                let kept = self.keep("summaries", &command.data)?;
                self.host().event(&Event::Summary(self.place(), &kept));
            }
            "task.uploadfile" => {
                let kept = self.keep("files", &command.data)?;
                self.host().event(&Event::Attachment(
                    self.place(),
                    "DistributedTask.Core.FileAttachment",
                    "file",
                    &kept,
                ));
            }
            "task.addattachment" => {
                let (Some(kind), Some(name)) = (command.property("type"), command.property("name")) else {
                    return Err("`type` and `name` are needed".into());
                };
                let kept = self.keep("attachments", &command.data)?;
                self.host().event(&Event::Attachment(self.place(), kind, name, &kept));
            }
            "artifact.upload" => {
                let name = command.property("artifactname").ok_or("`artifactname` is needed")?;
                self.keep_artifact(name, &self.paths().sources().join(&command.data))?;
            }
            "build.addbuildtag" => self.host().event(&Event::Tag(&command.data)),
            "build.updatebuildnumber" => {
                self.set("Build.BuildNumber", Value::plain(command.data.as_str()).literal());
                self.host().event(&Event::Number(&command.data));
            }
            other if AREAS.iter().any(|area| other.starts_with(area)) => {
                return Err(format!("{other} is not carried out here, or is no logging command").into());
            }
            other => return Err(Refused::Passed(format!("there is no logging command {other}"))),
        }
        Ok(())
    }

    fn set_variable(&mut self, command: &Command) -> Result<(), Refused> {
        let name = command.property("variable").ok_or("`variable` is needed")?.to_owned();
        if command.flag("issecret") && command.data.contains('\n') {
            return Err("Secrets cannot contain multiple lines".into());
        }
        let output = command.flag("isoutput");
        let own = self.step.name.clone().unwrap_or_default();
        let full = if output && !own.is_empty() { format!("{own}.{name}") } else { name.clone() };
        if self.variables().get(&full).is_some_and(Value::is_readonly) {
            return Err(Refused::Passed(format!("`{full}` is read-only and keeps its value")));
        }
        if environment_name(&full) == "PATH" {
            return Err(Refused::Passed("`PATH` is set by task.prependpath".to_owned()));
        }
        let mut value = match command.flag("issecret") {
            true => Value::secret(command.data.as_str()),
            false => Value::plain(command.data.as_str()).literal(),
        };
        if command.flag("isreadonly") {
            value = value.readonly();
        }
        if output {
            self.bench.outputs.insert(full.clone(), command.data.clone());
        }
        self.set(&full, value);
        Ok(())
    }

    /// Keeps a file or folder as an artifact: there is no second one of a name.
    pub fn keep_artifact(&self, name: &str, path: &Path) -> Result<(), String> {
        if name.is_empty() || name.contains(['/', '\\', ':', '"', '<', '>', '|', '*', '?']) || name.starts_with('.') {
            return Err(format!("`{name}` is no name of an artifact"));
        }
        if !path.exists() {
            return Err(format!("Path does not exist: {}", path.display()));
        }
        let folder = self.kept().join("artifacts").join(name);
        make(&self.kept().join("artifacts"))?;
        if let Err(error) = fs::create_dir(&folder) {
            return Err(match error.kind() {
                std::io::ErrorKind::AlreadyExists => {
                    format!("Artifact {name} already exists for build {}.", self.facts().id)
                }
                _ => wrong("make", &folder)(error),
            });
        }
        if path.is_dir() {
            copy(path, &folder)?;
        } else {
            copy(path, &folder.join(path.file_name().unwrap_or_default()))?;
        }
        self.host().event(&Event::Artifact(self.place(), &Artifact { name: name.to_owned(), folder }));
        Ok(())
    }

    /// Keeps a file of the step beside the run; gives back where.
    fn keep(&self, kind: &str, path: &str) -> Result<PathBuf, String> {
        let path = Path::new(path);
        if !path.is_file() {
            return Err(format!("there is no file {}", path.display()));
        }
        let place = self.place();
        let folder = self.kept().join(kind);
        make(&folder)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let kept = folder.join(format!("{}.{}.{}{}-{file}", place.stage, place.job, place.instance, self.index));
        copy(path, &kept)?;
        Ok(kept)
    }
}
