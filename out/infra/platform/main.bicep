// The platform: everything that training needs, and what its environments share.

param location string = resourceGroup().location

@description('Tags of every resource.')
param tags object

param workspaceName string
param workspaceIdentityName string

@description('Shown in the studio.')
param displayName string

@description('Shown in the studio.')
param summary string

param storageName string

@description('Blob containers of data, models and the like.')
param containers array

param keyVaultName string
param registryName string
param appInsightsName string
param logAnalyticsName string

@description('Days that logs are kept.')
param retentionDays int

@description('Identity of training jobs.')
param trainingIdentityName string

@description('Identity of the Logic Apps that start pipelines.')
param eventsIdentityName string

@description('Cluster of training jobs: name, vmSize, priority, minNodes, maxNodes and idleTime.')
param trainingCluster object

@description('Name of the registered model whose versions are released.')
param modelName string

@description('Azure DevOps organization.')
param organization string

@description('Azure DevOps project.')
param project string

@description('Branch that pipelines run on.')
param branch string

@description('Number of the release pipeline in Azure DevOps; 0 as long as there is none.')
param releasePipelineId int = 0

@description('Number of the retrain pipeline in Azure DevOps; 0 as long as there is none.')
param retrainPipelineId int = 0

@description('Container that is watched for new data.')
param newDataContainer string

@description('Only blobs whose names start like this count as new data.')
param newDataPrefix string

@description('Monthly budget, in the billing currency.')
param budgetAmount int

@description('First day of the first month of the budget.')
param budgetStart string

@description('Shares of the budget at which mail is sent, in percent.')
param budgetThresholds array

@description('Who gets mail.')
param mail array

// Claims of events, and events that could not be delivered.
var eventsContainer = 'events'

module monitoring '../modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    location: location
    tags: tags
    logAnalyticsName: logAnalyticsName
    appInsightsName: appInsightsName
    retentionDays: retentionDays
  }
}

module workspaceIdentity '../modules/identity.bicep' = {
  name: 'workspace-identity'
  params: {
    location: location
    tags: tags
    name: workspaceIdentityName
  }
}

module trainingIdentity '../modules/identity.bicep' = {
  name: 'training-identity'
  params: {
    location: location
    tags: tags
    name: trainingIdentityName
  }
}

module eventsIdentity '../modules/identity.bicep' = {
  name: 'events-identity'
  params: {
    location: location
    tags: tags
    name: eventsIdentityName
  }
}

module storage '../modules/storage.bicep' = {
  name: 'storage'
  params: {
    location: location
    tags: tags
    name: storageName
    // Data and models are worth a second region.
    sku: 'Standard_GRS'
    containers: concat(containers, [
      eventsContainer
    ])
    expiringContainers: [
      eventsContainer
    ]
    retentionDays: retentionDays
    logAnalyticsId: monitoring.outputs.logAnalyticsId
  }
}

module keyVault '../modules/key-vault.bicep' = {
  name: 'key-vault'
  params: {
    location: location
    tags: tags
    name: keyVaultName
    logAnalyticsId: monitoring.outputs.logAnalyticsId
  }
}

module registry '../modules/registry.bicep' = {
  name: 'registry'
  params: {
    location: location
    tags: tags
    name: registryName
    logAnalyticsId: monitoring.outputs.logAnalyticsId
  }
}

module roles '../modules/platform-roles.bicep' = {
  name: 'platform-roles'
  // Names that came from outputs would hide from what-if what is made here.
  dependsOn: [
    monitoring
    storage
    keyVault
    registry
    workspaceIdentity
    trainingIdentity
    eventsIdentity
  ]
  params: {
    storageName: storageName
    keyVaultName: keyVaultName
    registryName: registryName
    appInsightsName: appInsightsName
    workspaceIdentityName: workspaceIdentityName
    trainingIdentityName: trainingIdentityName
    eventsIdentityName: eventsIdentityName
    eventsContainer: eventsContainer
    deployerPrincipalId: deployer().objectId
  }
}

module workspace '../modules/workspace.bicep' = {
  name: 'workspace'
  // Without its roles the workspace would fail to reach its own storage.
  dependsOn: [
    roles
  ]
  params: {
    location: location
    tags: tags
    name: workspaceName
    displayName: displayName
    summary: summary
    identityId: workspaceIdentity.outputs.id
    storageId: storage.outputs.id
    keyVaultId: keyVault.outputs.id
    registryId: registry.outputs.id
    appInsightsId: monitoring.outputs.appInsightsId
    logAnalyticsId: monitoring.outputs.logAnalyticsId
  }
}

module workspaceRoles '../modules/workspace-roles.bicep' = {
  name: 'workspace-roles'
  dependsOn: [
    workspace
  ]
  params: {
    workspaceName: workspaceName
    workspaceIdentityName: workspaceIdentityName
    trainingIdentityName: trainingIdentityName
  }
}

module trainingCompute '../modules/compute-cluster.bicep' = {
  name: 'training-compute'
  dependsOn: [
    workspace
  ]
  params: {
    location: location
    tags: tags
    workspaceName: workspaceName
    name: trainingCluster.name
    vmSize: trainingCluster.vmSize
    priority: trainingCluster.priority
    minNodes: trainingCluster.minNodes
    maxNodes: trainingCluster.maxNodes
    idleTime: trainingCluster.idleTime
    identityId: trainingIdentity.outputs.id
  }
}

module alerts '../modules/platform-alerts.bicep' = {
  name: 'alerts'
  params: {
    tags: tags
    prefix: workspaceName
    workspaceId: workspace.outputs.id
    mail: mail
  }
}

module events '../modules/events.bicep' = {
  name: 'events'
  // Undelivered events are written with the identity's role.
  dependsOn: [
    roles
    workspace
  ]
  params: {
    location: location
    tags: tags
    storageName: storageName
    eventsContainer: eventsContainer
    workspaceName: workspaceName
    identityId: eventsIdentity.outputs.id
    modelName: modelName
    organization: organization
    project: project
    branch: branch
    releasePipelineId: releasePipelineId
    actionGroupId: alerts.outputs.actionGroupId
    retrainPipelineId: retrainPipelineId
    dataContainer: newDataContainer
    dataPrefix: newDataPrefix
  }
}

module budget '../modules/budget.bicep' = {
  name: 'budget'
  params: {
    name: '${workspaceName}-monthly'
    amount: budgetAmount
    startDate: budgetStart
    thresholds: budgetThresholds
    mail: mail
  }
}

output workspaceName string = workspace.outputs.name
output registryLoginServer string = registry.outputs.loginServer
output trainingClientId string = trainingIdentity.outputs.clientId
// To be added to the Azure DevOps organization, so that it may start pipelines.
output eventsPrincipalId string = eventsIdentity.outputs.principalId
