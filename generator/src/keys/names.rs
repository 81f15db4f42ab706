//! What services demand of names, by the key that holds one: the schema knows them as texts.

use crate::project::name::{
    AssetName, ClusterName, ComputeName, ContainerGroupName, ContainerName, DevOpsName, DevOpsProjectName,
    EndpointName, EnvironmentName, HostName, KeyVaultName, Location, NamespaceName, OrganizationName, ProjectName,
    RegistryName, ResourceGroupName, ResourceName, Rule, SecretName, StorageAccountName, WorkspaceName,
};

/// Keys and their rules. A key that stands in several places is named by its end.
const NAMES: [(&str, &Rule); 40] = [
    ("project.name", &ProjectName::RULE),
    ("azure.resourceGroup", &ResourceGroupName::RULE),
    ("azure.location", &Location::RULE),
    ("serviceConnection", &DevOpsName::RULE),
    ("azure.names.workspace", &WorkspaceName::RULE),
    ("names.storage", &StorageAccountName::RULE),
    ("names.keyVault", &KeyVaultName::RULE),
    ("azure.names.registry", &RegistryName::RULE),
    ("names.appInsights", &ResourceName::RULE),
    ("names.logAnalytics", &ResourceName::RULE),
    ("azure.names.trainingIdentity", &ResourceName::RULE),
    ("azure.names.eventsIdentity", &ResourceName::RULE),
    ("azure.names.dataContainer", &ContainerName::RULE),
    ("azure.names.modelsContainer", &ContainerName::RULE),
    ("devops.organization", &OrganizationName::RULE),
    ("devops.project", &DevOpsProjectName::RULE),
    ("devops.repository", &DevOpsName::RULE),
    ("data.asset", &AssetName::RULE),
    ("model.name", &AssetName::RULE),
    ("training.compute.name", &ComputeName::RULE),
    ("batch.compute.name", &ComputeName::RULE),
    ("training.onNewData.container", &ContainerName::RULE),
    ("training.scoringLogs.outcomesContainer", &ContainerName::RULE),
    ("training.scoringLogs.environment", &EnvironmentName::RULE),
    ("monitoring.drift.environment", &EnvironmentName::RULE),
    ("training.endpoint", &EndpointName::RULE),
    ("batch.endpoint", &EndpointName::RULE),
    ("environments.name", &EnvironmentName::RULE),
    ("environments.devopsEnvironment", &DevOpsName::RULE),
    ("environments.tls.hostName", &HostName::RULE),
    ("environments.tls.certificate", &SecretName::RULE),
    ("environments.names.logsContainer", &ContainerName::RULE),
    ("environments.names.identity", &ResourceName::RULE),
    ("environments.names.containerGroup", &ContainerGroupName::RULE),
    ("environments.names.endpoint", &EndpointName::RULE),
    ("environments.names.compute", &ComputeName::RULE),
    ("environments.names.cluster", &ClusterName::RULE),
    ("environments.names.namespace", &NamespaceName::RULE),
    ("variableGroups.name", &DevOpsName::RULE),
    ("devops.agent.pool", &DevOpsName::RULE),
];

/// The rule for the text of a key, in words.
pub(super) fn rule(path: &str) -> Option<String> {
    let fits = |end: &str| path.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let (_, rule) = NAMES.iter().find(|(end, _)| fits(end))?;
    Some(format!("{} to {} characters: {}", rule.min, rule.max, rule.allowed))
}
