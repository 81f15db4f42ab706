//! What a spec takes from another layout, each value as the spec has it.

use super::key::Key;
use crate::project::check::may_be_called;
use crate::project::rules;

/// The values that were found. What is not there has the spec's own default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Project name.
    pub name: Option<String>,
    /// Region, in its short form.
    pub location: Option<String>,
    /// Name of the column to predict, as the code has it.
    pub target: Option<String>,
    /// The file to learn from, below the project's folder.
    pub data: Option<String>,
    /// Algorithm, as `model.algorithm` has it.
    pub algorithm: Option<&'static str>,
    /// Parameters of the algorithm with their values as YAML, in the order of the code.
    pub parameters: Vec<(String, String)>,
    /// What Python needs, as its lists have it.
    pub requirements: Vec<String>,
    plain: std::collections::BTreeMap<Key, String>,
}

impl Settings {
    /// A value as the spec has it, or why it has none such.
    pub(super) fn taken(&self, key: Key, value: &str) -> Result<String, String> {
        match key {
            Key::Name => short_name(value, 24).and_then(|name| may_be_called(&name).map(|()| name)),
            Key::ModelName | Key::Asset => {
                let plain = value.rsplit_once('.').filter(|(_, end)| ["pkl", "joblib", "onnx"].contains(end));
                short_name(plain.map_or(value, |(name, _)| name), 60)
            }
            Key::ComputeName => short_name(value, 24),
            Key::Location => Ok(value.to_lowercase().replace(' ', "")),
            Key::AgentImage => match value {
                "ubuntu-22.04" | "ubuntu-24.04" | "ubuntu-latest" => Ok(value.to_owned()),
                _ => Err("that image is no more or is no Linux: agents are ubuntu-24.04".to_owned()),
            },
            Key::ComputeSku => size(value),
            Key::Priority => match value.to_lowercase().replace(['-', '_', ' '], "").as_str() {
                "lowpriority" => Ok("low-priority".to_owned()),
                "dedicated" => Ok("dedicated".to_owned()),
                _ => Err("a cluster is `low-priority` or `dedicated`".to_owned()),
            },
            Key::MinNodes | Key::MaxNodes | Key::ReplicasMin | Key::ReplicasMax | Key::TargetCpu => {
                let whole = value.parse::<u32>().map(|number| number.to_string());
                whole.map_err(|_| "it is no whole number".to_owned())
            }
            Key::Alpha | Key::Cpu | Key::MemoryGib => match value.parse::<f64>() {
                Ok(number) if number.is_finite() && number > 0.0 => Ok(number.to_string()),
                _ => Err("it is no number above zero".to_owned()),
            },
            Key::Authentication => match value {
                "true" | "key" => Ok("key".to_owned()),
                "aad_token" => Ok("entra".to_owned()),
                _ => Err("`scoring.authentication` is `key` or `entra`".to_owned()),
            },
            Key::Cron => cron(value),
            Key::Target => Ok(value.to_owned()),
        }
    }

    pub(super) fn set(&mut self, key: Key, value: &str) {
        match key {
            Key::Name => self.name = Some(value.to_owned()),
            Key::Location => self.location = Some(value.to_owned()),
            Key::Target => self.target = Some(value.to_owned()),
            Key::Alpha => self.parameters.push(("alpha".to_owned(), value.to_owned())),
            _ => drop(self.plain.insert(key, value.to_owned())),
        }
    }

    /// The lines that belong into sections of the spec: the section, and `key: value` pairs below it, sections within
    /// sections as `compute: {…}`.
    pub fn sections(&self) -> Vec<(&'static str, Vec<String>)> {
        let pair = |key: Key, name: &str| self.plain.get(&key).map(|value| format!("{name}: {value}"));
        let inside = |name: &str, keys: &[(Key, &str)]| {
            let pairs: Vec<String> = keys.iter().filter_map(|(key, name)| pair(*key, name)).collect();
            (!pairs.is_empty()).then(|| format!("{name}: {{{}}}", pairs.join(", ")))
        };
        let compute = inside(
            "compute",
            &[
                (Key::ComputeName, "name"),
                (Key::ComputeSku, "sku"),
                (Key::MinNodes, "minNodes"),
                (Key::MaxNodes, "maxNodes"),
                (Key::Priority, "priority"),
            ],
        );
        let replicas = inside(
            "replicas",
            &[(Key::ReplicasMin, "min"), (Key::ReplicasMax, "max"), (Key::TargetCpu, "targetCpuPercent")],
        );
        let schedule = self
            .plain
            .get(&Key::Cron)
            .map(|cron| format!("schedules: [{{name: taken-over, cron: \"{cron}\", always: true}}]"));
        let parameters = (!self.parameters.is_empty()).then(|| {
            let pairs: Vec<String> = self.parameters.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            format!("parameters: {{{}}}", pairs.join(", "))
        });
        let all = [
            ("devops", vec![inside("agent", &[(Key::AgentImage, "image")])]),
            ("data", vec![pair(Key::Asset, "asset")]),
            (
                "model",
                vec![
                    pair(Key::ModelName, "name"),
                    self.algorithm.map(|algorithm| format!("algorithm: {algorithm}")),
                    parameters,
                ],
            ),
            ("training", vec![compute, schedule]),
            (
                "scoring",
                vec![
                    pair(Key::Cpu, "cpu"),
                    pair(Key::MemoryGib, "memoryGiB"),
                    replicas,
                    pair(Key::Authentication, "authentication"),
                ],
            ),
        ];
        all.into_iter().map(|(section, lines)| (section, lines.into_iter().flatten().collect())).collect()
    }
}

/// A name that resources can have: lower-case letters, digits and single hyphens, a letter first.
fn short_name(text: &str, longest: usize) -> Result<String, String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("-");
    let name: String = joined.trim_start_matches(|c: char| !c.is_ascii_lowercase()).chars().take(longest).collect();
    let name = name.trim_end_matches('-');
    if name.len() < 3 { Err("no name can be made of it".to_owned()) } else { Ok(name.to_owned()) }
}

/// A size in Azure's spelling; for one that is retired, the one to take instead.
fn size(text: &str) -> Result<String, String> {
    let mut parts = text.split('_');
    let tier = parts.next().unwrap_or_default();
    if !tier.eq_ignore_ascii_case("standard") {
        return Err("it is no size of virtual machines: `Standard_…`".to_owned());
    }
    let rest: Vec<String> = parts
        .map(|part| match part.strip_prefix(['V', 'v']) {
            Some(version) if version.parse::<u32>().is_ok() => format!("v{version}"),
            _ => part.to_owned(),
        })
        .collect();
    let size = format!("Standard_{}", rest.join("_"));
    Ok(rules::retirement(&size).map_or(size, |retirement| retirement.instead.to_owned()))
}

/// A schedule of Quartz as cron has it: without seconds and years, `?` for any day.
fn cron(text: &str) -> Result<String, String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [_, minute, hour, day, month, weekday, ..] = fields[..] else {
        return Err("it is no schedule with six fields".to_owned());
    };
    let plain = |field: &str| field.chars().all(|c| c.is_ascii_digit() || "*,-/".contains(c));
    let any = |field: &str| if field == "?" { "*".to_owned() } else { field.to_owned() };
    // Days of the week count from 1 there, and from 0 in cron: names would be safe, numbers are not.
    match [minute, hour, &any(day), month].iter().all(|field| plain(field)) && any(weekday) == "*" {
        true => Ok(format!("{minute} {hour} {} {month} *", any(day))),
        false => Err("write it to `training.schedules` as cron has it: minute, hour, day, month, weekday".to_owned()),
    }
}
