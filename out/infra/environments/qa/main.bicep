// The environment qa: what the scoring server runs on, and what it needs.

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
    // scoring.bicep and router.bicep take secrets from here.
    enabledForTemplateDeployment: true
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
    name: 'diabetes-qa-monthly'
    amount: budgetAmount
    startDate: budgetStart
    thresholds: budgetThresholds
    mail: mail
  }
}

output scoringClientId string = scoringIdentity.properties.clientId
output keyVaultName string = keyVault.outputs.name
