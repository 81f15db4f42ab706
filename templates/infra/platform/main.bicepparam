// The platform's parameters.
using './main.bicep'

param tags = {
{% for tag in tags %}
  {= tag.name =}: {= tag.value =}
{% endfor %}
}

param workspaceName = {= workspace =}
param workspaceIdentityName = {= workspace_identity =}
param displayName = {= display_name =}
param summary = {= summary =}
param storageName = {= storage =}
param containers = [
{% for container in containers %}
  {= container =}
{% endfor %}
]
param keyVaultName = {= key_vault =}
param registryName = {= registry =}
param appInsightsName = {= app_insights =}
param logAnalyticsName = {= log_analytics =}
param retentionDays = {= retention_days =}
param trainingIdentityName = {= training_identity =}
{% if events %}
param eventsIdentityName = {= events_identity =}
{% endif %}

{% for cluster in clusters %}
param {= cluster.parameter =} = {
  name: {= cluster.name =}
  vmSize: {= cluster.vm_size =}
  priority: {= cluster.priority =}
  minNodes: {= cluster.min_nodes =}
  maxNodes: {= cluster.max_nodes =}
  idleTime: {= cluster.idle_time =}
}

{% endfor %}
{% if events %}
// What starts by itself. The pipelines' numbers are known once Azure DevOps has the pipelines.
param modelName = {= model =}
param organization = {= organization =}
param project = {= project =}
param branch = {= branch =}
param releasePipelineId = int(readEnvironmentVariable('RELEASE_PIPELINE_ID', '0'))
{% if new_data %}
param retrainPipelineId = int(readEnvironmentVariable('RETRAIN_PIPELINE_ID', '0'))
param newDataContainer = {= new_data.container =}
param newDataPrefix = {= new_data.prefix =}
{% endif %}
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
{% for network in private.networks %}

param {= network.parameter =} = {
  name: {= network.name =}
  subscription: {= network.subscription =}
  group: {= network.group =}
  ranges: [
{% for range in network.ranges %}
    {= range =}
{% endfor %}
  ]
  endpoints: {= network.endpoints =}
  work: {= network.work_range =}
{% if network.agents %}
  agents: {= network.agents =}
{% endif %}
{% if network.scoring %}
  // The service that the subnet for work is handed to, if any.
  delegation: {= network.delegation =}
{% endif %}
}
{% endfor %}
{% for known in private.known %}
param {= known.parameter =} = {= known.id =}
{% endfor %}
{% if private.firewall %}
param firewall = {= private.firewall =}
{% endif %}
{% if private.zones %}
param zonesSubscriptionId = {= private.zones.subscription =}
param zonesResourceGroup = {= private.zones.group =}
{% endif %}
{% endif %}
