//! Every field that takes text, and where it ends up in a project.

use crate::project::Project;
use crate::project::data::DataSource;
use crate::project::devops::Agent;
use crate::project::environment::Target;
use crate::project::variables::GroupContent;

/// A field: its path, and where it ends up.
pub(super) type Field = (&'static str, fn(&Project) -> Option<String>);

/// A spec in which every field that takes text stands on a line of its own, as `<value>`.
pub(super) const FIELDS: &str = "\
version: 1
project:
  name: churn
  description: <project.description>
  tags:
    tag: <project.tags.tag>
    <project.tags>: value
azure:
  location: <azure.location>
  resourceGroup: <azure.resourceGroup>
  serviceConnection: <azure.serviceConnection>
  suffix: <azure.suffix>
  names:
    workspace: <azure.names.workspace>
    keyVault: <azure.names.keyVault>
    dataContainer: <azure.names.dataContainer>
devops:
  organization: <devops.organization>
  project: <devops.project>
  repository: <devops.repository>
  branch: <devops.branch>
  agent:
    pool: <devops.agent.pool>
    demands:
      - <devops.agent.demands[0]>
data:
  asset: <data.asset>
  path: <data.path>
  target: what-is-predicted
  columns:
    - <data.columns[0]>
    - what-is-predicted
model:
  name: <model.name>
  runtime: python
  tags:
    tag: <model.tags.tag>
    <model.tags>: value
training:
  compute:
    sku: <training.compute.sku>
  schedules:
    - name: <training.schedules[0].name>
      cron: '0 0 * * *'
  onNewData:
    prefix: <training.onNewData.prefix>
scoring:
  contract:
    route: <scoring.contract.route>
environments:
  - name: <environments[0].name>
    target: kubernetes
    serviceConnection: <environments[0].serviceConnection>
    devopsEnvironment: <environments[0].devopsEnvironment>
    approvals:
      approvers:
        - <environments[0].approvals.approvers[0]>
      instructions: <environments[0].approvals.instructions>
    checks:
      businessHours:
        timeZone: <environments[0].checks.businessHours.timeZone>
      branches:
        - <environments[0].checks.branches[0]>
    names:
      namespace: <environments[0].names.namespace>
      cluster: <environments[0].names.cluster>
variableGroups:
  - name: <variableGroups[0].name>
    description: <variableGroups[0].description>
    pipelines: [release]
    variables:
      PLAIN: <variableGroups[0].variables.PLAIN>
      <variableGroups[0].variables>: value
  - name: vault
    pipelines: [build]
    keyVault: platform
    secrets:
      - <variableGroups[1].secrets[0]>
monitoring:
  mail:
    - <monitoring.mail[0]>
";

/// What stands in the fields that are not under test.
pub(super) fn usual(field: &str) -> &'static str {
    match field {
        "azure.location" => "westeurope",
        "azure.suffix" => "abc12",
        "data.path" => "data/churn.csv",
        "scoring.contract.route" => "/score",
        "training.compute.sku" => "Standard_D4ds_v5",
        "training.onNewData.prefix" => "usual/",
        "environments[0].checks.businessHours.timeZone" => "UTC",
        "monitoring.mail[0]" => "a@b.example",
        "devops.branch" | "environments[0].checks.branches[0]" => "main",
        "azure.resourceGroup" => "group",
        "azure.names.dataContainer" => "inputs",
        "variableGroups[0].variables" => "OTHER",
        "project.tags" | "model.tags" => "other",
        _ => "usual",
    }
}

pub(super) fn fields() -> Vec<Field> {
    vec![
        ("project.description", |p| Some(p.description.to_string())),
        ("project.tags.tag", |p| p.tags.iter().find(|(k, _)| k.as_str() == "tag").map(|(_, v)| v.to_string())),
        ("project.tags", |p| p.tags.keys().find(|k| k.as_str() != "tag").map(|k| k.to_string())),
        ("azure.location", |p| Some(p.platform.place.location.to_string())),
        ("azure.resourceGroup", |p| Some(p.platform.place.resource_group.to_string())),
        ("azure.serviceConnection", |p| Some(p.platform.service_connection.to_string())),
        ("azure.suffix", |p| Some(p.platform.suffix.clone())),
        ("azure.names.workspace", |p| Some(p.platform.workspace.to_string())),
        ("azure.names.keyVault", |p| Some(p.platform.key_vault.to_string())),
        ("azure.names.dataContainer", |p| Some(p.platform.data_container.to_string())),
        ("devops.organization", |p| Some(p.devops.organization.to_string())),
        ("devops.project", |p| Some(p.devops.project.to_string())),
        ("devops.repository", |p| Some(p.devops.repository.to_string())),
        ("devops.branch", |p| Some(p.devops.branch.as_str().to_owned())),
        ("devops.agent.pool", |p| match &p.devops.agent {
            Agent::Pool { name, .. } => Some(name.to_string()),
            Agent::Hosted { .. } => None,
        }),
        ("devops.agent.demands[0]", |p| match &p.devops.agent {
            Agent::Pool { demands, .. } => demands.first().map(|d| d.to_string()),
            Agent::Hosted { .. } => None,
        }),
        ("data.asset", |p| Some(p.data.asset.to_string())),
        ("data.path", |p| match &p.data.source {
            DataSource::Repository(s) | DataSource::Remote(s) => Some(s.clone()),
        }),
        ("data.columns[0]", |p| p.data.columns.first().map(|c| c.name.to_string())),
        ("model.name", |p| Some(p.model.name.to_string())),
        ("model.tags.tag", |p| p.model.tags.iter().find(|(k, _)| k.as_str() == "tag").map(|(_, v)| v.to_string())),
        ("model.tags", |p| p.model.tags.keys().find(|k| k.as_str() != "tag").map(|k| k.to_string())),
        ("training.compute.sku", |p| Some(p.training.compute.sku.as_str().to_owned())),
        ("training.schedules[0].name", |p| p.training.schedules.first().map(|s| s.name.to_string())),
        ("training.onNewData.prefix", |p| p.training.on_new_data.as_ref().map(|n| n.prefix.to_string())),
        ("scoring.contract.route", |p| Some(p.scoring.contract.route.as_str().to_owned())),
        ("environments[0].name", |p| Some(p.environments[0].name.to_string())),
        ("environments[0].serviceConnection", |p| Some(p.environments[0].service_connection.to_string())),
        ("environments[0].devopsEnvironment", |p| Some(p.environments[0].devops_environment.to_string())),
        ("environments[0].approvals.approvers[0]", |p| {
            p.environments[0].approvals.as_ref().map(|a| a.approvers[0].to_string())
        }),
        ("environments[0].approvals.instructions", |p| {
            p.environments[0].approvals.as_ref().and_then(|a| a.instructions.as_ref()).map(|t| t.to_string())
        }),
        ("environments[0].checks.businessHours.timeZone", |p| {
            p.environments[0].checks.business_hours.as_ref().map(|h| h.time_zone.to_string())
        }),
        ("environments[0].checks.branches[0]", |p| {
            p.environments[0].checks.branches.first().map(|b| b.as_str().to_owned())
        }),
        ("environments[0].names.namespace", |p| match &p.environments[0].target {
            Target::Kubernetes(cluster) => Some(cluster.namespace.to_string()),
            _ => None,
        }),
        ("environments[0].names.cluster", |p| match &p.environments[0].target {
            Target::Kubernetes(cluster) => Some(cluster.name.to_string()),
            _ => None,
        }),
        ("variableGroups[0].name", |p| Some(p.variable_groups[0].name.to_string())),
        ("variableGroups[0].description", |p| Some(p.variable_groups[0].description.to_string())),
        ("variableGroups[0].variables.PLAIN", |p| match &p.variable_groups[0].content {
            GroupContent::Plain(variables) => {
                variables.iter().find(|(k, _)| k.as_str() == "PLAIN").map(|(_, v)| v.to_string())
            }
            _ => None,
        }),
        ("variableGroups[0].variables", |p| match &p.variable_groups[0].content {
            GroupContent::Plain(variables) => variables.keys().find(|k| k.as_str() != "PLAIN").map(|k| k.to_string()),
            _ => None,
        }),
        ("variableGroups[1].secrets[0]", |p| match &p.variable_groups[1].content {
            GroupContent::KeyVault { secrets, .. } => secrets.first().map(|s| s.to_string()),
            _ => None,
        }),
        ("monitoring.mail[0]", |p| p.monitoring.mail.first().map(|m| m.as_str().to_owned())),
    ]
}

/// The fields that take any text that is not dangerous.
pub(super) const FREE: [&str; 8] = [
    "project.description",
    "project.tags.tag",
    "model.tags.tag",
    "model.tags",
    "environments[0].approvals.approvers[0]",
    "environments[0].approvals.instructions",
    "variableGroups[0].description",
    "variableGroups[0].variables.PLAIN",
];
