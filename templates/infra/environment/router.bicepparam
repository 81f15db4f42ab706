// Parameters of the router of the {= title =}.
using './router.bicep'

param tags = {
{% for tag in tags %}
  {= tag.name =}: {= tag.value =}
{% endfor %}
}

param clusterName = {= cluster =}
param minNodes = {= min_nodes =}
param namespaceName = {= namespace =}
{% if host %}
param hostName = {= host =}
param keyVaultName = {= key_vault =}
{% endif %}

// The platform.
param platformSubscriptionId = {= platform_subscription =}
param platformResourceGroup = {= platform_resource_group =}
param workspaceName = {= workspace =}
param computeName = {= compute =}
param workspaceLocation = {= workspace_location =}
