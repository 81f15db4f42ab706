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

param clusterName string

@description('Identities of the control plane and of the nodes, made with the scoring identity.')
param controlPlaneIdentityName string
param kubeletIdentityName string

@description('Size of the nodes that scoring runs on.')
param nodeSize string

@minValue(1)
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

// Made by `mlops-gen apply` before the first deployment, with its rights on the platform, which nobody here may give.
resource scoringIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
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
  }
}

module roles '../../modules/environment-roles.bicep' = {
  name: 'roles'
  // Names that came from outputs would hide from what-if what is made here.
  dependsOn: [
    storage
    keyVault
  ]
  params: {
    storageName: storageName
    logsContainer: logsContainer
    keyVaultName: keyVaultName
    scoringIdentityName: scoringIdentityName
    deployerPrincipalId: deployer().objectId
    keepsSecrets: true
    makesCertificate: true
  }
}

module clusterRoles '../../modules/cluster-roles.bicep' = {
  name: 'cluster-roles'
  params: {
    controlPlaneIdentityName: controlPlaneIdentityName
    kubeletIdentityName: kubeletIdentityName
  }
}

module kubernetes '../../modules/kubernetes.bicep' = {
  name: 'kubernetes'
  // The control plane needs the nodes' identity from the start.
  dependsOn: [
    clusterRoles
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
    podRange: podRange
    serviceRange: serviceRange
    dnsServiceAddress: dnsServiceAddress
    serviceAccount: '${namespaceName}:${serviceAccountName}'
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

output scoringClientId string = scoringIdentity.properties.clientId
output keyVaultName string = keyVault.outputs.name
output clusterName string = clusterName
