// A Key Vault that is opened by roles. It has no access policies at all: a list of them, even an empty one, would
// overwrite at each deployment what others have added.

param location string
param tags object
param name string

@description('Log Analytics workspace that keeps the audit log.')
param logAnalyticsId string

@description('Whether deployments may read secrets, for parameters that come from the vault.')
param enabledForTemplateDeployment bool = false

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    enabledForTemplateDeployment: enabledForTemplateDeployment
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      // Roles guard the vault; hosted agents, which read the variable group, have no addresses of their own.
      defaultAction: 'Allow'
    }
  }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: logAnalyticsId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

output id string = vault.id
output name string = vault.name
