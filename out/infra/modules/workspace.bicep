// The Azure ML workspace. A second deployment updates it in place: what it is linked to never changes.

param location string
param tags object
param name string

@description('Shown in the studio.')
param displayName string

@description('Shown in the studio.')
param summary string

@description('Identity that the workspace acts with; it has its roles before the workspace is made.')
param identityId string

param storageId string
param keyVaultId string
param registryId string
param appInsightsId string

@description('Log Analytics workspace that keeps what happens to jobs, models and clusters.')
param logAnalyticsId string

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' = {
  name: name
  location: location
  tags: tags
  kind: 'Default'
  sku: {
    name: 'Basic'
    tier: 'Basic'
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    friendlyName: displayName
    description: summary
    primaryUserAssignedIdentity: identityId
    storageAccount: storageId
    keyVault: keyVaultId
    containerRegistry: registryId
    applicationInsights: appInsightsId
    hbiWorkspace: false
    v1LegacyMode: false
    // The storage account has no keys: datastores are read with the identity of whoever reads.
    systemDatastoresAuthMode: 'Identity'
    publicNetworkAccess: 'Enabled'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: workspace
  properties: {
    workspaceId: logAnalyticsId
    logs: [
      {
        category: 'AmlComputeClusterEvent'
        enabled: true
      }
      {
        category: 'AmlRunStatusChangedEvent'
        enabled: true
      }
      {
        category: 'ModelsChangeEvent'
        enabled: true
      }
    ]
  }
}

output id string = workspace.id
output name string = workspace.name
