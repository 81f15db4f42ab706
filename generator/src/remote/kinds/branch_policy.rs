//! Build validation: a pull request into the default branch merges only when the pull-request pipeline is green.

use serde_json::Value;

use super::field::{FieldError, FieldValue, Typed, fields, get, get_or_null, or_null};
use crate::remote::desired::Wanted;
use crate::remote::resource::{Fields, Key, Kind, Resource};

const ENABLED: &str = "isEnabled";
const BLOCKING: &str = "isBlocking";
const PIPELINE_FIELD: &str = "settings.pipeline";

/// What the fields of settings begin with; behind it they have the service's own names.
const SETTINGS: &str = "settings.";
/// Setting: how it is shown on a pull request.
pub const DISPLAY_NAME: &str = "displayName";
/// Setting: which pipeline runs, by its number. In a plan its name stands there.
pub const PIPELINE_ID: &str = "buildDefinitionId";
const MANUAL: &str = "manualQueueOnly";
const ON_UPDATE: &str = "queueOnSourceUpdateOnly";
const MINUTES: &str = "validDuration";
const PATTERNS: &str = "filenamePatterns";

/// A policy of build validation.
#[derive(Clone, Debug, PartialEq)]
pub struct BranchPolicy {
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether a pull request waits for it.
    pub blocking: bool,
    /// What it runs.
    pub runs: Runs,
    /// Its other settings.
    pub settings: Settings,
}

/// The pipeline that a policy runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runs {
    /// By name.
    Named(String),
    /// By a number that is no pipeline's of the project.
    Numbered(i64),
    /// None.
    Nothing,
}

impl FieldValue for Runs {
    fn to_value(&self) -> Option<Value> {
        Some(match self {
            Self::Named(name) => name.as_str().into(),
            Self::Numbered(number) => (*number).into(),
            Self::Nothing => Value::Null,
        })
    }

    fn from_value(value: Option<&Value>) -> Result<Self, &'static str> {
        match value {
            Some(Value::Null) => Ok(Self::Nothing),
            Some(Value::String(name)) => Ok(Self::Named(name.clone())),
            other => other.and_then(Value::as_i64).map(Self::Numbered).ok_or("it is neither a name nor a number"),
        }
    }
}

/// Settings of build validation that the service takes as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How it is shown on a pull request.
    pub display_name: Option<String>,
    /// Whether people start it alone.
    pub manual: Option<bool>,
    /// Whether changes of the target branch leave what was green.
    pub on_update: Option<bool>,
    /// Minutes for which a green run counts.
    pub minutes: Option<f64>,
    /// Which files it is for; all where it names none.
    pub patterns: Vec<String>,
}

impl Settings {
    /// Under the service's names; what it leaves open is `null`.
    fn named(&self) -> [(&'static str, Option<Value>); 5] {
        [
            (DISPLAY_NAME, or_null(self.display_name.as_ref())),
            (MANUAL, or_null(self.manual.as_ref())),
            (ON_UPDATE, or_null(self.on_update.as_ref())),
            (MINUTES, or_null(self.minutes.as_ref())),
            (PATTERNS, self.patterns.to_value()),
        ]
    }

    /// As the service takes them.
    pub fn written(&self) -> impl Iterator<Item = (&'static str, Value)> {
        self.named().into_iter().filter_map(|(name, value)| Some((name, value?)))
    }

    /// As the service shows them.
    pub fn shown(settings: &Value) -> Self {
        fn of<V: FieldValue>(settings: &Value, name: &str) -> Option<V> {
            V::from_value(settings.get(name)).ok()
        }
        Self {
            display_name: of(settings, DISPLAY_NAME),
            manual: of(settings, MANUAL),
            on_update: of(settings, ON_UPDATE),
            // The service writes 720 and 720.0 alike.
            minutes: of(settings, MINUTES),
            patterns: of(settings, PATTERNS).unwrap_or_default(),
        }
    }
}

impl Typed for BranchPolicy {
    fn to_fields(&self) -> Fields {
        let mut all = fields([
            (ENABLED, self.enabled.to_value()),
            (BLOCKING, self.blocking.to_value()),
            (PIPELINE_FIELD, self.runs.to_value()),
        ]);
        all.extend(self.settings.written().map(|(name, value)| (field(name), value)));
        all
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        Ok(Self {
            enabled: get(fields, ENABLED)?,
            blocking: get(fields, BLOCKING)?,
            runs: get(fields, PIPELINE_FIELD)?,
            settings: Settings {
                display_name: get_or_null(fields, &field(DISPLAY_NAME))?,
                manual: get_or_null(fields, &field(MANUAL))?,
                on_update: get_or_null(fields, &field(ON_UPDATE))?,
                minutes: get_or_null(fields, &field(MINUTES))?,
                patterns: get(fields, &field(PATTERNS))?,
            },
        })
    }
}

/// The field of a setting.
fn field(setting: &str) -> String {
    [SETTINGS, setting].concat()
}

/// The pipeline that validates.
pub const PIPELINE: &str = "pull-request";

/// What the name of the policy's key ends in.
pub const SUFFIX: &str = "/build-validation";

/// The policy, where the project has the pipeline.
///
/// Every file of the project counts: data, code, infrastructure and pipelines are all validated. A project in a folder of
/// its repository leaves the others alone.
/// (Fields: document policy, settings of build validation after the Terraform provider azuredevops.)
pub(crate) fn desired(wanted: &Wanted<'_>) -> Option<Resource> {
    let devops = &wanted.project.devops;
    let branch = devops.branch.as_str();
    wanted.tree.get(&format!("pipelines/{PIPELINE}.yml"))?;
    let patterns: Vec<String> =
        (!devops.directory.is_top()).then(|| format!("/{}/*", devops.directory.as_str())).into_iter().collect();
    let policy = BranchPolicy {
        enabled: true,
        blocking: true,
        runs: Runs::Named(PIPELINE.to_owned()),
        settings: Settings {
            display_name: Some(display_name(wanted)),
            manual: Some(false),
            on_update: Some(true),
            minutes: Some(720.0),
            patterns,
        },
    };
    let resource = Resource::new(Kind::BranchPolicy, [branch, SUFFIX].concat())
        .with(&policy.to_fields())
        .needs(Key::new(Kind::Repository, devops.repository.as_str()))
        .needs(Key::new(Kind::Files, branch))
        .needs(Key::new(Kind::Pipeline, PIPELINE));
    Some(resource)
}

/// As it is shown on a pull request.
fn display_name(wanted: &Wanted<'_>) -> String {
    format!("{}: {PIPELINE}", wanted.project.name)
}
