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

@description('Subscription of the platform.')
param platformSubscriptionId string

@description('Resource group of the platform.')
param platformResourceGroup string

@description('The platform\'s Container Registry, which holds the scoring image.')
param registryName string
{% if reads_logs %}

@description('The platform\'s identity of training jobs, which learns from the scoring log.')
param trainingIdentityName string
{% endif %}
{% if managed_endpoint %}

@description('The storage account of the Azure ML workspace.')
param platformStorageName string
{% endif %}
{% if cluster %}

param clusterName string

@description('Size of the nodes that scoring runs on.')
param nodeSize string

@minValue(0)
param minNodes int

@minValue(1)
param maxNodes int

@description('Namespace of the scoring workload.')
param namespaceName string

@description('Service account of the scoring workload.')
param serviceAccountName string
{% endif %}
{% if compute %}

@description('The Azure ML workspace that the cluster is attached to.')
param workspaceName string

@description('Name of the cluster in the workspace.')
param computeName string

@description('Region of the workspace.')
param workspaceLocation string
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

param networkName string
param addressSpace string
param endpointsRange string
param scoringRange string

var zones = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  vault: 'privatelink.vaultcore.azure.net'
  registry: 'privatelink${environment().suffixes.acrLoginServer}'
}

module network '../../modules/network.bicep' = {
  name: 'network'
  params: {
    location: location
    tags: tags
    name: networkName
    addressSpace: addressSpace
    endpointsRange: endpointsRange
    workName: 'scoring'
    workRange: scoringRange
{% if delegation %}
    delegation: {= delegation =}
{% endif %}
    zones: [
      zones.blob
      zones.vault
      zones.registry
    ]
  }
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

module scoringIdentity '../../modules/identity.bicep' = {
  name: 'scoring-identity'
  params: {
    location: location
    tags: tags
    name: scoringIdentityName
  }
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
    // scoring.bicep takes the scoring key from here.
    enabledForTemplateDeployment: true
{% endif %}
  }
}
{% if reads_logs %}

resource trainingIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: trainingIdentityName
  scope: resourceGroup(platformSubscriptionId, platformResourceGroup)
}
{% endif %}

module roles '../../modules/environment-roles.bicep' = {
  name: 'roles'
  params: {
    storageName: storage.outputs.name
    logsContainer: logsContainer
    keyVaultName: keyVault.outputs.name
    scoringPrincipalId: scoringIdentity.outputs.principalId
    deployerPrincipalId: deployer().objectId
  }
}
{% if reads_logs %}

module trainingLogs '../../modules/container-read.bicep' = {
  name: 'training-logs'
  params: {
    storageName: storage.outputs.name
    containerName: logsContainer
    principalId: trainingIdentity.properties.principalId
  }
}
{% endif %}
{% if scoring_pulls %}

// The registry lives with the platform, so this assignment does too.
module scoringPull '../../modules/registry-pull.bicep' = {
  name: {= scoring_pull_name =}
  scope: resourceGroup(platformSubscriptionId, platformResourceGroup)
  params: {
    registryName: registryName
    principalId: scoringIdentity.outputs.principalId
  }
}
{% endif %}
{% if managed_endpoint %}

module scoringStorage '../../modules/storage-read.bicep' = {
  name: {= storage_read_name =}
  scope: resourceGroup(platformSubscriptionId, platformResourceGroup)
  params: {
    storageName: platformStorageName
    principalId: scoringIdentity.outputs.principalId
  }
}
{% endif %}
{% if private %}

resource registry 'Microsoft.ContainerRegistry/registries@{= api.registry =}' existing = {
  name: registryName
  scope: resourceGroup(platformSubscriptionId, platformResourceGroup)
}
{% for endpoint in endpoints %}

module {= endpoint.symbol =} '../../modules/private-endpoint.bicep' = {
  name: {= endpoint.name =}
  params: {
    location: location
    tags: tags
    name: '${networkName}-{= endpoint.suffix =}'
    subnetId: network.outputs.endpointsSubnetId
    targetId: {= endpoint.target =}
    groupId: {= endpoint.group =}
    zones: [
{% for zone in endpoint.zones %}
      {= zone =}
{% endfor %}
    ]
  }
}
{% endfor %}
{% endif %}
{% if cluster %}
{% if private %}

module controlPlaneIdentity '../../modules/identity.bicep' = {
  name: 'control-plane-identity'
  params: {
    location: location
    tags: tags
    name: '${clusterName}-control-plane'
  }
}

module subnetRoles '../../modules/subnet-roles.bicep' = {
  name: 'subnet-roles'
  dependsOn: [
    network
  ]
  params: {
    networkName: networkName
    subnetName: 'scoring'
    principalId: controlPlaneIdentity.outputs.principalId
  }
}
{% endif %}

module kubernetes '../../modules/kubernetes.bicep' = {
  name: 'kubernetes'
{% if private %}
  // The control plane needs its subnet from the start.
  dependsOn: [
    subnetRoles
  ]
{% endif %}
  params: {
    location: location
    tags: tags
    name: clusterName
    vmSize: nodeSize
    minNodes: minNodes
    maxNodes: maxNodes
    logAnalyticsId: monitoring.outputs.logAnalyticsId
    identityName: scoringIdentity.outputs.name
    serviceAccount: '${namespaceName}:${serviceAccountName}'
{% if private %}
    controlPlaneIdentityId: controlPlaneIdentity.outputs.id
    subnetId: network.outputs.workSubnetId
{% endif %}
  }
}

module kubernetesRoles '../../modules/kubernetes-roles.bicep' = {
  name: 'kubernetes-roles'
  dependsOn: [
    kubernetes
  ]
  params: {
    clusterName: clusterName
    deployerPrincipalId: deployer().objectId
  }
}

// Nodes pull images with the identity of their kubelet, not with the pods'.
module kubeletPull '../../modules/registry-pull.bicep' = {
  name: {= kubelet_pull_name =}
  scope: resourceGroup(platformSubscriptionId, platformResourceGroup)
  params: {
    registryName: registryName
    principalId: kubernetes.outputs.kubeletPrincipalId
  }
}
{% endif %}
{% if compute %}

module machineLearning '../../modules/machine-learning-extension.bicep' = {
  name: 'machine-learning-extension'
  dependsOn: [
    kubernetes
  ]
  params: {
    clusterName: clusterName
  }
}

module compute '../../modules/kubernetes-compute.bicep' = {
  name: {= compute_deployment_name =}
  scope: resourceGroup(platformSubscriptionId, platformResourceGroup)
  // The workspace talks to the cluster through the extension.
  dependsOn: [
    machineLearning
  ]
  params: {
    location: workspaceLocation
    tags: tags
    workspaceName: workspaceName
    name: computeName
    clusterId: kubernetes.outputs.id
    namespaceName: namespaceName
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

output scoringClientId string = scoringIdentity.outputs.clientId
output keyVaultName string = keyVault.outputs.name
{% if cluster %}
output clusterName string = clusterName
{% endif %}
