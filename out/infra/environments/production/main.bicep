// The environment production: what the scoring server runs on, and what it needs.

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

@description('Name that alerts start with.')
param alertPrefix string

@description('Greatest share of failed requests, in percent, as a decimal number.')
param failedPercent string

@description('Greatest mean duration of a request, in milliseconds.')
param latencyMilliseconds int

@description('Monthly budget, in the billing currency.')
param budgetAmount int

@description('First day of the first month of the budget.')
param budgetStart string

@description('Shares of the budget at which mail is sent, in percent.')
param budgetThresholds array

@description('Who gets mail.')
param mail array

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
  }
}

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

module kubernetes '../../modules/kubernetes.bicep' = {
  name: 'kubernetes'
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
  name: 'diabetes-production-kubelet-pull'
  scope: resourceGroup(platformSubscriptionId, platformResourceGroup)
  params: {
    registryName: registryName
    principalId: kubernetes.outputs.kubeletPrincipalId
  }
}

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

module budget '../../modules/budget.bicep' = {
  name: 'budget'
  params: {
    name: 'diabetes-production-monthly'
    amount: budgetAmount
    startDate: budgetStart
    thresholds: budgetThresholds
    mail: mail
  }
}

output scoringClientId string = scoringIdentity.outputs.clientId
output keyVaultName string = keyVault.outputs.name
output clusterName string = clusterName
