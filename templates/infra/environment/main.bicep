// The {= title =}: what the scoring server runs on, and what it needs.

param location string = resourceGroup().location

@description('Tags of every resource.')
param tags object

param storageName string

@description('Container of the scoring log.')
param logsContainer string

param keyVaultName string
param appInsightsName string
param logAnalyticsName string

@description('Days that logs are kept.')
param retentionDays int

@description('Identity of the scoring server.')
param scoringIdentityName string
{% if platform %}

@description('Subscription of the platform.')
param platformSubscriptionId string

@description('Resource group of the platform.')
param platformResourceGroup string
{% endif %}
{% if reads_logs %}

@description('The platform\'s identity of training jobs, which learns from the scoring log.')
param trainingIdentityName string
{% endif %}
{% if cluster %}

param clusterName string

@description('Identities of the control plane and of the nodes, made with the scoring identity.')
param controlPlaneIdentityName string
param kubeletIdentityName string

@description('Size of the nodes that scoring runs on.')
param nodeSize string

@minValue({= least_nodes =})
param minNodes int

@minValue(1)
param maxNodes int

@description('Ranges of pods and services, apart from each other and from every virtual network that is reached.')
param podRange string
param serviceRange string
param dnsServiceAddress string

@description('Namespace of the scoring workload.')
param namespaceName string

@description('Service account of the scoring workload.')
param serviceAccountName string
{% endif %}
{% if compute %}

@description('Identity that the workspace acts with.')
param workspaceIdentityName string
{% endif %}
{% if alerts %}

@description('Name that alerts start with.')
param alertPrefix string

@description('Greatest share of failed requests, in percent, as a decimal number.')
param failedPercent string

@description('Greatest mean duration of a request, in milliseconds.')
param latencyMilliseconds int
{% endif %}
{% if budget %}

@description('Monthly budget, in the billing currency.')
param budgetAmount int

@description('First day of the first month of the budget.')
param budgetStart string

@description('Shares of the budget at which mail is sent, in percent.')
param budgetThresholds array
{% endif %}
{% if mail %}

@description('Who gets mail.')
param mail array
{% endif %}
{% if private %}

@description('The environment\'s network, which the platform makes and peers.')
param networkName string

@description('Where the private DNS zones are.')
param zonesSubscriptionId string
param zonesResourceGroup string

var zones = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  vault: 'privatelink.vaultcore.azure.net'
{% if cluster %}
  cluster: 'privatelink.${location}.azmk8s.io'
{% endif %}
}
{% endif %}

module monitoring '../../modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    location: location
    tags: tags
    logAnalyticsName: logAnalyticsName
    appInsightsName: appInsightsName
    retentionDays: retentionDays
  }
}

// Made by `mlops-gen apply` before the first deployment, with its rights on the platform, which nobody here may give.
resource scoringIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: scoringIdentityName
}

module storage '../../modules/storage.bicep' = {
  name: 'storage'
  params: {
    location: location
    tags: tags
    name: storageName
    sku: 'Standard_LRS'
    containers: [
      logsContainer
    ]
    expiringContainers: [
      logsContainer
    ]
    retentionDays: retentionDays
    logAnalyticsId: monitoring.outputs.logAnalyticsId
  }
}

module keyVault '../../modules/key-vault.bicep' = {
  name: 'key-vault'
  params: {
    location: location
    tags: tags
    name: keyVaultName
    logAnalyticsId: monitoring.outputs.logAnalyticsId
{% if template_secrets %}
    // scoring.bicep and router.bicep take secrets from here.
    enabledForTemplateDeployment: true
{% endif %}
  }
}

module roles '../../modules/environment-roles.bicep' = {
  name: 'roles'
  // Names that came from outputs would hide from what-if what is made here.
  dependsOn: [
{% if logs %}
    storage
{% endif %}
    keyVault
  ]
  params: {
{% if logs %}
    storageName: storageName
    logsContainer: logsContainer
{% endif %}
    keyVaultName: keyVaultName
{% if logs %}
    scoringIdentityName: scoringIdentityName
{% endif %}
    deployerPrincipalId: deployer().objectId
    keepsSecrets: {= keeps_secrets =}
{% if any_certificate %}
    makesCertificate: {= certificate =}
{% endif %}
  }
}
{% if reads_logs %}

module trainingLogs '../../modules/container-read.bicep' = {
  name: 'training-logs'
  dependsOn: [
    storage
  ]
  params: {
    storageName: storageName
    containerName: logsContainer
    identityName: trainingIdentityName
    identitySubscriptionId: platformSubscriptionId
    identityResourceGroup: platformResourceGroup
  }
}
{% endif %}
{% if private %}
{% for endpoint in endpoints %}

module {= endpoint.symbol =} '../../modules/private-endpoint.bicep' = {
  name: {= endpoint.name =}
  params: {
    location: location
    tags: tags
    name: '${networkName}-{= endpoint.suffix =}'
    subnetId: resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'endpoints')
    targetId: {= endpoint.target =}
    groupId: {= endpoint.group =}
    zones: [
{% for zone in endpoint.zones %}
      {= zone =}
{% endfor %}
    ]
    zonesSubscriptionId: zonesSubscriptionId
    zonesResourceGroup: zonesResourceGroup
  }
}
{% endfor %}
{% endif %}
{% if cluster %}

module clusterRoles '../../modules/cluster-roles.bicep' = {
  name: 'cluster-roles'
  params: {
    controlPlaneIdentityName: controlPlaneIdentityName
    kubeletIdentityName: kubeletIdentityName
  }
}
{% if private %}

module networkRoles '../../modules/network-roles.bicep' = {
  name: 'network-roles'
  params: {
    networkName: networkName
    identityName: controlPlaneIdentityName
  }
}
{% endif %}

module kubernetes '../../modules/kubernetes.bicep' = {
  name: 'kubernetes'
  // The control plane needs the nodes' identity{% if private %} and its network{% endif %} from the start.
  dependsOn: [
    clusterRoles
{% if private %}
    networkRoles
{% endif %}
  ]
  params: {
    location: location
    tags: tags
    name: clusterName
    vmSize: nodeSize
    minNodes: minNodes
    maxNodes: maxNodes
    logAnalyticsId: monitoring.outputs.logAnalyticsId
    identityName: scoringIdentityName
    controlPlaneIdentityName: controlPlaneIdentityName
    kubeletIdentityName: kubeletIdentityName
{% if any_kubernetes_endpoint %}
    localAccounts: {= compute =}
{% endif %}
    podRange: podRange
    serviceRange: serviceRange
    dnsServiceAddress: dnsServiceAddress
    serviceAccount: '${namespaceName}:${serviceAccountName}'
{% if private %}
    subnetId: resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'scoring')
    apiZoneId: resourceId(zonesSubscriptionId, zonesResourceGroup, 'Microsoft.Network/privateDnsZones', zones.cluster)
{% endif %}
  }
}
{% endif %}
{% if compute %}

module workspaceRoles '../../modules/workspace-cluster-roles.bicep' = {
  name: 'workspace-cluster-roles'
  dependsOn: [
    kubernetes
  ]
  params: {
    clusterName: clusterName
    identityName: workspaceIdentityName
    identitySubscriptionId: platformSubscriptionId
    identityResourceGroup: platformResourceGroup
  }
}
{% endif %}
{% if alerts %}

module alerts '../../modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    location: location
    tags: tags
    prefix: alertPrefix
    appInsightsId: monitoring.outputs.appInsightsId
    mail: mail
    failedPercent: failedPercent
    latencyMilliseconds: latencyMilliseconds
  }
}
{% endif %}
{% if budget %}

module budget '../../modules/budget.bicep' = {
  name: 'budget'
  params: {
    name: {= budget_name =}
    amount: budgetAmount
    startDate: budgetStart
    thresholds: budgetThresholds
    mail: mail
  }
}
{% endif %}

output scoringClientId string = scoringIdentity.properties.clientId
output keyVaultName string = keyVault.outputs.name
{% if cluster %}
output clusterName string = clusterName
{% endif %}
