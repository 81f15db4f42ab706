//! Whose layout a project has.

use super::files::{Files, name};
use super::flat::{self, Said};
use super::key::Meaning;
use super::{mlops_python, mlops_stacks, mlops_v2};

/// A layout that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `microsoft/MLOpsPython`: `.pipelines/…-variables-template.yml`, `ml_service/`.
    MlopsPython,
    /// `Azure/mlops-v2` and projects made from it: `config-infra-….yml`, `mlops/`, `data-science/`.
    MlopsV2,
    /// `databricks/mlops-stacks`: `databricks.yml`, `resources/`.
    MlopsStacks,
}

impl std::fmt::Display for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::MlopsPython => "microsoft/MLOpsPython",
            Self::MlopsV2 => "Azure/mlops-v2",
            Self::MlopsStacks => "databricks/mlops-stacks",
        })
    }
}

impl Layout {
    /// The layouts, as a person reads them.
    pub const ALL: &'static str = "microsoft/MLOpsPython, Azure/mlops-v2 and databricks/mlops-stacks";

    /// The layout of a project, by the files that only it has.
    pub fn of(files: &Files) -> Option<Self> {
        let any = |is: &dyn Fn(&str) -> bool| files.keys().any(|path| is(path));
        if any(&|path| path.starts_with(".pipelines/") && path.ends_with("variables-template.yml")) {
            Some(Self::MlopsPython)
        } else if any(&|path| path.starts_with("config-infra-") && path.ends_with(".yml")) {
            Some(Self::MlopsV2)
        } else if any(&|path| name(path) == "databricks.yml") {
            Some(Self::MlopsStacks)
        } else {
            None
        }
    }

    /// Everything that its files of settings say, in the order in which they decide.
    pub(super) fn said(self, files: &Files) -> Vec<Said> {
        let mut found = Vec::new();
        for wanted in self.files() {
            for (path, text) in files.iter().filter(|(path, _)| wanted(path)) {
                let is_environment = name(path).starts_with(".env");
                found.extend(if is_environment { flat::environment(path, text) } else { flat::yaml(path, text) });
            }
        }
        found
    }

    /// What a key is here.
    pub(super) fn meaning(self, said: &Said) -> Meaning {
        match self {
            Self::MlopsPython => mlops_python::meaning(said),
            Self::MlopsV2 => mlops_v2::meaning(said),
            Self::MlopsStacks => mlops_stacks::meaning(said),
        }
    }

    /// Its files of settings, the first ones decide.
    fn files(self) -> &'static [fn(&str) -> bool] {
        match self {
            Self::MlopsPython => &mlops_python::FILES,
            Self::MlopsV2 => &mlops_v2::FILES,
            Self::MlopsStacks => &mlops_stacks::FILES,
        }
    }

    /// What trains: code that may say the target and the estimator.
    pub(super) fn is_training_code(self, path: &str) -> bool {
        let python = path.ends_with(".py") && !name(path).starts_with("test_") && !name(path).ends_with("_test.py");
        python && path.contains("train")
    }

    /// Whether a file lists what Python needs.
    pub(super) fn is_requirements(self, path: &str) -> bool {
        let conda = path.ends_with("conda_dependencies.yml") || path.ends_with("train-conda.yml");
        conda || name(path) == "requirements.txt" || name(path) == "train-requirements.txt"
    }
}
