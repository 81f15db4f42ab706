//! Projects of other layouts, read for what a spec can take from them: `mlops-gen init --from DIR`.
//!
//! Each layout is a table: which key of which file is which key of the spec, or why nothing in a spec stands for it. What
//! is in no table is told too: nothing is lost in silence.

mod flat;
pub mod join;
mod layout;
mod mlops_python;
mod mlops_stacks;
mod mlops_v2;
mod python_code;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use flat::Said;
pub use layout::Layout;
pub use settings::Settings;

/// Text files of a project by their paths below its folder, with `/`; files that are no text, or large, are empty.
pub type Files = BTreeMap<String, String>;

/// What a project of another layout says.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Whose layout it is.
    pub layout: Layout,
    /// What the spec takes.
    pub settings: Settings,
    /// What went where: the place, the key of the spec, and its value there.
    pub mapped: Vec<(Said, &'static str, String)>,
    /// What nothing in the spec stands for, and why.
    pub left: Vec<(Said, String)>,
}

/// Reads a project, if its layout is known.
pub fn read(files: &Files) -> Option<Origin> {
    let layout = Layout::of(files)?;
    let mut origin = Origin { layout, settings: Settings::default(), mapped: Vec::new(), left: Vec::new() };
    for said in layout.said(files) {
        origin.take(said);
    }
    python_code::read(files, layout, &mut origin);
    origin.settings.data = data(files);
    let lists = files.iter().filter(|(path, _)| layout.is_requirements(path));
    origin.settings.requirements = lists.flat_map(|(path, text)| packages(path, text)).collect();
    origin.settings.requirements.sort();
    origin.settings.requirements.dedup();
    Some(origin)
}

impl Origin {
    fn take(&mut self, said: Said) {
        match self.layout.meaning(&said) {
            Meaning::Key(key) => self.set(key, said),
            Meaning::Left(why) => self.left.push((said, why.to_owned())),
            Meaning::Unsaid => {}
            Meaning::Unknown => self.left.push((said, "nothing in a spec stands for it".to_owned())),
        }
    }

    /// Gives a key its value: the first file that says it decides.
    fn set(&mut self, key: Key, said: Said) {
        if said.value.is_empty() {
            self.left.push((said, "it has no value".to_owned()));
            return;
        }
        let before = self.mapped.iter().find(|(_, name, _)| *name == key.name()).map(|(_, _, value)| value.clone());
        match self.settings.taken(key, &said.value) {
            Ok(value) if before.as_ref().is_some_and(|before| *before != value) => {
                self.left.push((said, format!("`{}` is {} already", key.name(), before.unwrap_or_default())));
            }
            Ok(_) if before.is_some() => {}
            Ok(value) => {
                self.settings.set(key, &value);
                self.mapped.push((said, key.name(), value));
            }
            Err(why) => self.left.push((said, why)),
        }
    }
}

/// What a key of another layout is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// A key of the spec.
    Key(Key),
    /// Nothing, for a reason that helps.
    Left(&'static str),
    /// Nothing that anybody misses: the tool's own business.
    Unsaid,
    /// Nobody knows.
    Unknown,
}

/// A key of the spec that another layout has too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Name,
    Location,
    AgentImage,
    Asset,
    Target,
    ModelName,
    Alpha,
    ComputeName,
    ComputeSku,
    MinNodes,
    MaxNodes,
    Priority,
    Cron,
    Cpu,
    MemoryGib,
    ReplicasMin,
    ReplicasMax,
    TargetCpu,
    Authentication,
}

impl Key {
    /// As the spec has it.
    fn name(self) -> &'static str {
        match self {
            Self::Name => "project.name",
            Self::Location => "azure.location",
            Self::AgentImage => "devops.agent.image",
            Self::Asset => "data.asset",
            Self::Target => "data.target",
            Self::ModelName => "model.name",
            Self::Alpha => "model.parameters.alpha",
            Self::ComputeName => "training.compute.name",
            Self::ComputeSku => "training.compute.sku",
            Self::MinNodes => "training.compute.minNodes",
            Self::MaxNodes => "training.compute.maxNodes",
            Self::Priority => "training.compute.priority",
            Self::Cron => "training.schedules",
            Self::Cpu => "scoring.cpu",
            Self::MemoryGib => "scoring.memoryGiB",
            Self::ReplicasMin => "scoring.replicas.min",
            Self::ReplicasMax => "scoring.replicas.max",
            Self::TargetCpu => "scoring.replicas.targetCpuPercent",
            Self::Authentication => "scoring.authentication",
        }
    }
}

/// The file to learn from: the one that an Azure ML data asset names, else the one in a folder of data with the shortest
/// name: beside it lie bad rows for tests, and requests.
fn data(files: &Files) -> Option<String> {
    let asset = files.iter().filter(|(path, _)| path.ends_with("train/data.yml"));
    let mut named = asset.filter_map(|(path, text)| {
        let said = flat::yaml(path, text).into_iter().find(|said| said.key == "path")?;
        beside(path, &said.value).filter(|path| files.contains_key(path))
    });
    let is_data = |path: &&String| {
        let ending = path.rsplit('.').next().unwrap_or_default();
        let folder = path.split('/').rev().nth(1).unwrap_or_default();
        folder == "data" && ["csv", "tsv", "parquet", "xlsx"].contains(&ending)
    };
    named.next().or_else(|| files.keys().filter(is_data).min_by_key(|path| (path.len(), (*path).clone())).cloned())
}

/// A relative path that a file gives, from the project's folder on; none if it leads out of that.
fn beside(file: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()?),
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

fn packages(path: &str, text: &str) -> Vec<String> {
    if path.ends_with(".txt") { flat::requirements(text) } else { flat::conda(text) }
}
