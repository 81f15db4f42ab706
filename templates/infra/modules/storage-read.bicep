// Lets one identity read blobs of the workspace's storage account, as a managed endpoint must to start. It is deployed
// into the platform's resource group, from the environment that needs it.

param storageName string
param principalId string

// Storage Blob Data Reader. On the whole account, because Azure ML names the container of its assets itself.
var blobDataReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'

resource storage 'Microsoft.Storage/storageAccounts@{= api.storage =}' existing = {
  name: storageName
}

resource read 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(storage.id, principalId, blobDataReader)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataReader)
  }
}
