// The Container Registry of training environments and scoring images. Nobody has a password for it.

param location string
param tags object
param name string

@description('Log Analytics workspace that keeps who signed in, and what was pushed and deleted.')
param logAnalyticsId string

resource registry 'Microsoft.ContainerRegistry/registries@{= api.registry =}' = {
  name: name
  location: location
  tags: tags
  sku: {
{% if private %}
    // Only Premium has private endpoints.
    name: 'Premium'
{% else %}
    name: 'Standard'
{% endif %}
  }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    networkRuleBypassOptions: 'AzureServices'
{% if private %}
    publicNetworkAccess: 'Disabled'
    dataEndpointEnabled: true
    policies: {
      retentionPolicy: {
        status: 'enabled'
        days: 30
      }
    }
{% else %}
    publicNetworkAccess: 'Enabled'
{% endif %}
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@{= api.diagnostics =}' = {
  name: 'logs'
  scope: registry
  properties: {
    workspaceId: logAnalyticsId
    logs: [
      {
        category: 'ContainerRegistryLoginEvents'
        enabled: true
      }
      {
        category: 'ContainerRegistryRepositoryEvents'
        enabled: true
      }
    ]
  }
}

output id string = registry.id
output name string = registry.name
output loginServer string = registry.properties.loginServer
