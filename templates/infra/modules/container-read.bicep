// Lets one identity read the blobs of one container: training collects the scoring log, and changes nothing in it.

param storageName string
param containerName string

@description('The identity, and where it lives.')
param identityName string
param identitySubscriptionId string
param identityResourceGroup string

// Storage Blob Data Reader.
var blobDataReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: identityName
  scope: resourceGroup(identitySubscriptionId, identityResourceGroup)
}

resource storage 'Microsoft.Storage/storageAccounts@{= api.storage =}' existing = {
  name: storageName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@{= api.blob_services =}' existing = {
  parent: storage
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@{= api.blob_containers =}' existing = {
  parent: blobs
  name: containerName
}

resource read 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(container.id, identity.id, blobDataReader)
  scope: container
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataReader)
  }
}
