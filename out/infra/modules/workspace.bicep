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

output id string = workspace.id
output name string = workspace.name
