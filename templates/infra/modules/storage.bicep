// A storage account that only identities can read: no public blobs, no account keys.

param location string
param tags object
param name string

@allowed([
  'Standard_LRS'
  'Standard_GRS'
])
param sku string

@description('Blob containers.')
param containers array

@description('Containers whose blobs are deleted after the retention time; empty for none.')
param expiringContainers array = []

@description('Log Analytics workspace that keeps who wrote and deleted blobs.')
param logAnalyticsId string

@description('Days that blobs of the expiring containers are kept.')
@minValue(1)
param retentionDays int

resource account 'Microsoft.Storage/storageAccounts@{= api.storage =}' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    // Keys cannot be told apart or taken back one by one: everybody comes with an Entra token.
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
{% if private %}
    publicNetworkAccess: 'Disabled'
    networkAcls: {
      // Event Grid and Azure ML are trusted services: they come with their identities.
      bypass: 'AzureServices'
      defaultAction: 'Deny'
    }
{% else %}
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      // Identity guards the account; hosted agents and Azure ML have no addresses of their own.
      defaultAction: 'Allow'
    }
{% endif %}
    encryption: {
      keySource: 'Microsoft.Storage'
      requireInfrastructureEncryption: true
      services: {
        blob: {
          enabled: true
          keyType: 'Account'
        }
        file: {
          enabled: true
          keyType: 'Account'
        }
      }
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@{= api.blob_services =}' = {
  parent: account
  name: 'default'
  properties: {
    // Two weeks to notice that something was deleted.
    deleteRetentionPolicy: {
      enabled: true
      days: 14
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 14
    }
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@{= api.blob_containers =}' = [
  for item in containers: {
    parent: blobs
    name: item
    properties: {
      publicAccess: 'None'
    }
  }
]

resource expiry 'Microsoft.Storage/storageAccounts/managementPolicies@{= api.storage_policies =}' = if (!empty(expiringContainers)) {
  parent: account
  name: 'default'
  // A policy names containers that must be there.
  dependsOn: [
    container
  ]
  properties: {
    policy: {
      rules: [
        {
          name: 'expire-logs'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: [
                'blockBlob'
                'appendBlob'
              ]
              prefixMatch: map(expiringContainers, expiring => '${expiring}/')
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: retentionDays
                }
              }
            }
          }
        }
      ]
    }
  }
}

// Reading is not logged: a training run reads every blob of its data, and each line costs.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@{= api.diagnostics =}' = {
  name: 'logs'
  scope: blobs
  properties: {
    workspaceId: logAnalyticsId
    logs: [
      {
        category: 'StorageWrite'
        enabled: true
      }
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
  }
}

output id string = account.id
output name string = account.name
