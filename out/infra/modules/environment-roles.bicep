// Who may do what in an environment: the scoring server writes its log, and that is all; its key and the like are
// handed to it.

param storageName string
param logsContainer string
param keyVaultName string
param scoringIdentityName string

@description('Principal of whoever deploys, who also keeps the secrets.')
param deployerPrincipalId string

@description('Whether the service connection has the vault make a certificate for the server.')
param makesCertificate bool

@description('Whether people keep secrets in the vault.')
param keepsSecrets bool

// Built-in roles of Azure, by their fixed ids.
var roles = {
  blobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  certificatesOfficer: 'a4417e6f-fecd-4de8-b567-7b0420556985'
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
}

resource storage 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: storageName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' existing = {
  parent: storage
  name: 'default'
}

resource logs 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' existing = {
  parent: blobs
  name: logsContainer
}

resource keyVault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: keyVaultName
}

resource scoringIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: scoringIdentityName
}

// Appends inputs and predictions to the scoring log; sees no other container.
resource scoringLogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(logs.id, scoringIdentity.id, roles.blobDataContributor)
  scope: logs
  properties: {
    principalId: scoringIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataContributor)
  }
}

// Writes the secrets that variable groups read.
resource deployerKeyVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (keepsSecrets) {
  name: guid(keyVault.id, deployerPrincipalId, roles.keyVaultSecretsOfficer)
  scope: keyVault
  properties: {
    principalId: deployerPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)
  }
}

// Has the vault make and sign the server's certificate.
resource deployerCertificates 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (makesCertificate) {
  name: guid(keyVault.id, deployerPrincipalId, roles.certificatesOfficer)
  scope: keyVault
  properties: {
    principalId: deployerPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.certificatesOfficer)
  }
}
