{% if logs %}
// Who may do what in an environment: the scoring server writes its log, and that is all; its key and the like are
// handed to it.
{% else %}
// Who may do what in an environment: the scoring server nothing, because it keeps no log; its key and the like are
// handed to it.
{% endif %}

{% if logs %}
param storageName string
param logsContainer string
{% endif %}
param keyVaultName string
{% if logs %}
param scoringIdentityName string
{% endif %}

@description('Principal of whoever deploys, who also keeps the secrets.')
param deployerPrincipalId string
{% if certificate %}

@description('Whether the service connection has the vault make a certificate for the server.')
param makesCertificate bool
{% endif %}

@description('Whether people keep secrets in the vault.')
param keepsSecrets bool

// Built-in roles of Azure, by their fixed ids.
var roles = {
{% if logs %}
  blobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
{% endif %}
{% if certificate %}
  certificatesOfficer: 'a4417e6f-fecd-4de8-b567-7b0420556985'
{% endif %}
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
}
{% if logs %}

resource storage 'Microsoft.Storage/storageAccounts@{= api.storage =}' existing = {
  name: storageName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@{= api.blob_services =}' existing = {
  parent: storage
  name: 'default'
}

resource logs 'Microsoft.Storage/storageAccounts/blobServices/containers@{= api.blob_containers =}' existing = {
  parent: blobs
  name: logsContainer
}
{% endif %}

resource keyVault 'Microsoft.KeyVault/vaults@{= api.key_vault =}' existing = {
  name: keyVaultName
}
{% if logs %}

resource scoringIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: scoringIdentityName
}

// Appends inputs and predictions to the scoring log; sees no other container.
resource scoringLogs 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(logs.id, scoringIdentity.id, roles.blobDataContributor)
  scope: logs
  properties: {
    principalId: scoringIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataContributor)
  }
}
{% endif %}

// Writes the secrets that variable groups read.
resource deployerKeyVault 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = if (keepsSecrets) {
  name: guid(keyVault.id, deployerPrincipalId, roles.keyVaultSecretsOfficer)
  scope: keyVault
  properties: {
    principalId: deployerPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)
  }
}
{% if certificate %}

// Has the vault make and sign the server's certificate.
resource deployerCertificates 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = if (makesCertificate) {
  name: guid(keyVault.id, deployerPrincipalId, roles.certificatesOfficer)
  scope: keyVault
  properties: {
    principalId: deployerPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.certificatesOfficer)
  }
}
{% endif %}
