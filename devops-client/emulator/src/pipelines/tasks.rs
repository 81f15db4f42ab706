//! The tasks that an organization has, and which of their inputs name service connections.

/// The tasks of the service, `name@major` by line (the service's own YAML schema).
const TASKS: &str = include_str!("tasks.txt");

/// Task inputs that name a service connection, without regard to case.
const CONNECTION_INPUTS: &[&str] = &[
    "azureSubscription",
    "azureSubscriptionEndpoint",
    "azureSubscriptionEndpointForSecrets",
    "azureSubscriptionConnection",
    "azureResourceManagerConnection",
    "azureContainerRegistry",
    "ARMConnectedServiceName",
    "connectedServiceName",
    "connectedServiceNameARM",
    "containerRegistry",
    "dockerRegistryServiceConnection",
    "dockerRegistryConnection",
    "dockerRegistryEndpoint",
    "gitHubConnection",
    "kubernetesServiceConnection",
    "kubernetesServiceEndpoint",
    "serviceConnection",
    "azureServiceConnection",
];

/// Every task.
pub fn all() -> impl Iterator<Item = &'static str> {
    TASKS.lines()
}

/// Whether an input names a service connection.
pub fn is_connection(input: &str) -> bool {
    CONNECTION_INPUTS.iter().any(|known| known.eq_ignore_ascii_case(input))
}

/// Refuses a task without version, and one that the organization does not have.
pub fn check(task: &str) -> Result<(), String> {
    let Some((name, version)) = task.split_once('@') else {
        return Err(format!("A task reference needs a version, e.g. {task}@1."));
    };
    let major = version.split('.').next().unwrap_or_default();
    let name = name.rsplit('.').next().unwrap_or(name);
    let wanted = format!("{name}@{major}");
    if all().any(|known| known.eq_ignore_ascii_case(&wanted)) {
        return Ok(());
    }
    let other_version =
        all().any(|known| known.split('@').next().is_some_and(|known| known.eq_ignore_ascii_case(name)));
    let message = if other_version {
        format!(
            "A task is missing. The pipeline references a task called '{name}' with version '{version}', which does not \
             exist."
        )
    } else {
        format!(
            "A task is missing. The pipeline references a task called '{name}'. This usually indicates the task isn't \
             installed, and you may be able to install it from the Marketplace: https://marketplace.visualstudio.com. (Task \
             version {version})"
        )
    };
    Err(message)
}
