//! The tasks that can be carried out here, each with the inputs that it takes. A task or input that is not among them fails
//! by name: nothing is left out in silence.

mod artifacts;
mod azure;
mod azure_cli;
mod cache;
mod checkout;
mod kubernetes;
mod published;
mod server;
mod shell;
mod tools;

pub(crate) use cache::save as cache_save;
pub use kubernetes::canary_pods;

use crate::job::bench::Now;
use crate::outcome::Outcome;

/// A task.
struct Task {
    name: &'static str,
    /// Its inputs, in any case.
    inputs: &'static [&'static str],
    /// Whether it belongs to jobs without an agent.
    server: bool,
    run: fn(&mut Now<'_, '_>) -> Result<Outcome, String>,
}

const TASKS: &[Task] = &[
    Task { name: "Bash@3", inputs: shell::BASH, server: false, run: shell::bash },
    Task { name: "CmdLine@2", inputs: shell::COMMAND_LINE, server: false, run: shell::bash },
    Task { name: "Checkout@1", inputs: checkout::INPUTS, server: false, run: checkout::run },
    Task { name: "PublishPipelineArtifact@1", inputs: artifacts::PUBLISH, server: false, run: artifacts::publish },
    Task { name: "DownloadPipelineArtifact@2", inputs: artifacts::DOWNLOAD, server: false, run: artifacts::download },
    Task { name: "Cache@2", inputs: cache::INPUTS, server: false, run: cache::restore },
    Task { name: "PublishTestResults@2", inputs: published::TESTS, server: false, run: published::tests },
    Task { name: "PublishCodeCoverageResults@2", inputs: published::COVERAGE, server: false, run: published::coverage },
    Task { name: "AzureCLI@2", inputs: azure_cli::INPUTS, server: false, run: azure_cli::run },
    Task { name: "AzureKeyVault@2", inputs: azure::VAULT, server: false, run: azure::vault },
    Task {
        name: "AzureResourceManagerTemplateDeployment@3",
        inputs: azure::TEMPLATE,
        server: false,
        run: azure::template,
    },
    Task { name: "UsePythonVersion@0", inputs: tools::PYTHON, server: false, run: tools::python },
    Task { name: "KubeloginInstaller@0", inputs: tools::KUBELOGIN, server: false, run: tools::kubelogin },
    Task { name: "KubernetesManifest@1", inputs: kubernetes::INPUTS, server: false, run: kubernetes::run },
    Task { name: "Delay@1", inputs: server::DELAY, server: true, run: server::delay },
    Task { name: "ManualValidation@1", inputs: server::VALIDATION, server: true, run: server::validate },
];

/// The tasks that can be carried out here, `Name@major`.
pub fn known() -> impl Iterator<Item = &'static str> {
    TASKS.iter().map(|task| task.name)
}

/// Carries out the task of a step.
///
/// # Errors
/// Why it failed.
pub(crate) fn run(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    let asked = now.step.task.as_str();
    let (name, version) = asked.split_once('@').unwrap_or((asked, ""));
    let wanted = format!("{}@{}", name, version.split('.').next().unwrap_or_default());
    let Some(task) = TASKS.iter().find(|task| task.name.eq_ignore_ascii_case(&wanted)) else {
        return Err(format!("task {asked} is not known here; {} are", known().collect::<Vec<_>>().join(", ")));
    };
    if task.server != now.server {
        let place = if task.server { "a job with `pool: server`" } else { "a job with an agent" };
        return Err(format!("task {asked} belongs to {place}"));
    }
    let known = |input: &str| task.inputs.iter().any(|known| known.eq_ignore_ascii_case(input));
    if let Some((input, _)) = now.inputs.iter().find(|(input, value)| !known(input) && !value.is_empty()) {
        return Err(format!("task {asked}: input `{input}` is not known here; {} are", task.inputs.join(", ")));
    }
    (task.run)(now)
}
