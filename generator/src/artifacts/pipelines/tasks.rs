//! The one table of what pipelines run: task versions, agent images, tools, with the dates on which they end.
//!
//! Templates take the versions that they print from here, and verification holds every rendered pipeline, templates
//! of a project included, against the same table.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Serialize;

/// The month to which the tables below are up to date, as year and month.
pub const AS_OF: Month = Month(2026, 11);

/// A month: year, month from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(pub u16, pub u8);

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{:02}", self.0, self.1)
    }
}

/// The tasks that templates print, by what they are for.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Tasks {
    /// Scripts signed in to Azure.
    pub azure_cli: &'static str,
    /// Files kept between runs.
    pub cache: &'static str,
    /// A pause that needs no agent.
    pub delay: &'static str,
    /// Signing in to AKS with Entra tokens.
    pub kubelogin: &'static str,
    /// Deployment to Kubernetes.
    pub kubernetes_manifest: &'static str,
    /// A person's yes or no in the middle of a run.
    pub manual_validation: &'static str,
    /// Coverage on the run's page.
    pub publish_coverage: &'static str,
    /// Test results on the run's page.
    pub publish_test_results: &'static str,
    /// A Python of the agent's tool cache.
    pub use_python: &'static str,
}

/// The versions that templates print.
pub const TASKS: Tasks = Tasks {
    azure_cli: "AzureCLI@2",
    cache: "Cache@2",
    delay: "Delay@1",
    kubelogin: "KubeloginInstaller@0",
    kubernetes_manifest: "KubernetesManifest@1",
    manual_validation: "ManualValidation@1",
    publish_coverage: "PublishCodeCoverageResults@2",
    publish_test_results: "PublishTestResults@2",
    use_python: "UsePythonVersion@0",
};

/// Tools that jobs install, each with its exact version.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Tools {
    /// Extension `ml` of the Azure CLI.
    pub azure_ml: &'static str,
    /// Rust toolchain.
    pub rust: &'static str,
    /// cargo-nextest: runs tests, writes JUnit.
    pub nextest: &'static str,
    /// cargo-llvm-cov: measures coverage, writes Cobertura.
    pub llvm_cov: &'static str,
    /// Python.
    pub python: &'static str,
    /// kubelogin.
    pub kubelogin: &'static str,
    /// Trivy as an image, pinned by digest: a tag can be moved, a digest cannot.
    pub scanner: &'static str,
}

/// The versions that templates print.
pub const TOOLS: Tools = Tools {
    azure_ml: "2.44.1",
    rust: "1.95.0",
    nextest: "0.9.128",
    llvm_cov: "0.9.1",
    python: "3.12",
    kubelogin: "v0.2.18",
    scanner: "aquasec/trivy:0.74.0@sha256:62b1e65e8869bc4b4c6aa4fa2b21595256c7c2f6018a9d9ad61caf87187c1969",
};

/// An image of Microsoft's hosted agents.
#[derive(Clone, Copy, Debug)]
pub struct AgentImage {
    /// As in `pool: vmImage:`.
    pub name: &'static str,
    /// The month in which it goes or went away, where that is known.
    pub ends: Option<Month>,
}

/// Hosted Linux images (actions/runner-images; for the ones still there, the end of Ubuntu's standard support).
pub const AGENT_IMAGES: [AgentImage; 6] = [
    AgentImage { name: "ubuntu-latest", ends: None },
    AgentImage { name: "ubuntu-24.04", ends: Some(Month(2029, 4)) },
    AgentImage { name: "ubuntu-22.04", ends: Some(Month(2027, 4)) },
    AgentImage { name: "ubuntu-20.04", ends: Some(Month(2025, 4)) },
    AgentImage { name: "ubuntu-18.04", ends: Some(Month(2023, 4)) },
    AgentImage { name: "ubuntu-16.04", ends: Some(Month(2021, 9)) },
];

/// A task of Azure Pipelines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTask {
    /// `AzureCLI@2`, as its documentation spells it.
    pub reference: &'static str,
    /// Whether Microsoft has declared this version deprecated.
    pub deprecated: bool,
    /// Names of its inputs, and whether each must be given.
    pub inputs: Vec<(&'static str, bool)>,
}

/// The task `reference` (`AzureCLI@2`, case does not count), if Azure Pipelines has it.
pub fn known_task(reference: &str) -> Option<KnownTask> {
    let name = reference.split('@').next()?;
    versions(name).find(|line| head(line).eq_ignore_ascii_case(reference)).map(read)
}

/// The newest version of task `name` that is not deprecated: what to use in place of an old one.
pub fn current_version(name: &str) -> Option<KnownTask> {
    let version = |task: &KnownTask| task.reference.rsplit('@').next().and_then(|v| v.parse::<u32>().ok());
    versions(name).map(read).filter(|task| !task.deprecated).max_by_key(version)
}

/// The image called `name`, if hosted agents have or had it.
pub fn agent_image(name: &str) -> Option<AgentImage> {
    AGENT_IMAGES.into_iter().find(|image| image.name.eq_ignore_ascii_case(name))
}

/// The service's own list: see the file's first lines for its form and source.
const KNOWN: &str = include_str!("known-tasks.txt");

/// The lines of each task, by its name in lower case.
static BY_NAME: LazyLock<HashMap<String, Vec<&'static str>>> = LazyLock::new(|| {
    let mut tasks: HashMap<String, Vec<&'static str>> = HashMap::new();
    for line in lines() {
        let name = head(line).split('@').next().unwrap_or_default();
        tasks.entry(name.to_ascii_lowercase()).or_default().push(line);
    }
    tasks
});

fn versions(name: &str) -> impl Iterator<Item = &'static str> {
    BY_NAME.get(&name.to_ascii_lowercase()).into_iter().flatten().copied()
}

fn lines() -> impl Iterator<Item = &'static str> {
    KNOWN.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

fn head(line: &str) -> &str {
    line.split(' ').next().unwrap_or(line)
}

fn read(line: &'static str) -> KnownTask {
    let mut words = line.split(' ').peekable();
    let reference = words.next().unwrap_or_default();
    let deprecated = words.next_if_eq(&"-").is_some();
    let inputs = words.map(|word| word.strip_suffix('!').map_or((word, false), |name| (name, true))).collect();
    KnownTask { reference, deprecated, inputs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_that_templates_print_is_known_and_current() {
        let printed = serde_json::to_value(TASKS).unwrap();
        for reference in printed.as_object().unwrap().values().map(|v| v.as_str().unwrap()) {
            let task = known_task(reference).unwrap_or_else(|| panic!("{reference} is not in the service's list"));
            assert!(!task.deprecated, "{reference} is deprecated");
            assert_eq!(task.reference, reference);
        }
    }

    #[test]
    fn the_tasks_that_microsoft_gave_up_are_marked() {
        for reference in [
            "AzureCLI@1",
            "AzureKeyVault@1",
            "Docker@0",
            "Docker@1",
            "Kubernetes@0",
            "KubernetesManifest@0",
            "HelmInstaller@0",
            "NodeTool@0",
            "PublishCodeCoverageResults@1",
            "CondaEnvironment@1",
        ] {
            assert!(known_task(reference).is_none_or(|task| task.deprecated), "{reference} counts as current");
        }
        assert_eq!(current_version("Docker").unwrap().reference, "Docker@2");
        assert_eq!(current_version("NoSuchTask"), None);
    }

    #[test]
    fn the_service_demands_the_inputs_that_the_list_marks() {
        let task = known_task("azurecli@2").unwrap();
        assert!(task.inputs.contains(&("azureSubscription", true)));
        assert!(task.inputs.contains(&("workingDirectory", false)));
    }

    #[test]
    fn the_newest_image_outlives_the_table() {
        assert!(agent_image("ubuntu-24.04").unwrap().ends.unwrap() > AS_OF);
        assert!(agent_image("ubuntu-20.04").unwrap().ends.unwrap() < AS_OF);
    }

    #[test]
    fn the_scanner_is_pinned_by_digest() {
        let (_, digest) = TOOLS.scanner.split_once("@sha256:").unwrap();
        assert_eq!(digest.len(), 64);
        assert!(digest.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
