// Parameters of the {= title =}.
using './main.bicep'

param tags = {
{% for tag in tags %}
  {= tag.name =}: {= tag.value =}
{% endfor %}
}

param storageName = {= storage =}
param logsContainer = {= logs_container =}
param keyVaultName = {= key_vault =}
param appInsightsName = {= app_insights =}
param logAnalyticsName = {= log_analytics =}
param retentionDays = {= retention_days =}
param scoringIdentityName = {= identity =}
{% if platform %}

// The platform.
param platformSubscriptionId = {= platform_subscription =}
param platformResourceGroup = {= platform_resource_group =}
{% endif %}
{% if training_identity %}
param trainingIdentityName = {= training_identity =}
{% endif %}
{% if cluster %}

param clusterName = {= cluster.name =}
param controlPlaneIdentityName = {= cluster.control_plane =}
param kubeletIdentityName = {= cluster.kubelet =}
param nodeSize = {= cluster.node_size =}
param minNodes = {= cluster.min_nodes =}
param maxNodes = {= cluster.max_nodes =}
param podRange = {= cluster.pods =}
param serviceRange = {= cluster.services =}
param dnsServiceAddress = {= cluster.dns =}
param namespaceName = {= cluster.namespace =}
param serviceAccountName = {= cluster.service_account =}
{% endif %}
{% if workspace_identity %}
param workspaceIdentityName = {= workspace_identity =}
{% endif %}
{% if alerts %}

param alertPrefix = {= alerts.prefix =}
param failedPercent = {= alerts.failed_percent =}
param latencyMilliseconds = {= alerts.latency_ms =}
{% endif %}
{% if budget %}

param budgetAmount = {= budget.amount =}
param budgetStart = {= budget.start =}
param budgetThresholds = [
{% for threshold in budget.thresholds %}
  {= threshold =}
{% endfor %}
]
{% endif %}
{% if mail %}

param mail = [
{% for address in mail %}
  {= address =}
{% endfor %}
]
{% endif %}
{% if private %}

param networkName = {= private.name =}
param zonesSubscriptionId = {= private.zones_subscription =}
param zonesResourceGroup = {= private.zones_group =}
{% endif %}
