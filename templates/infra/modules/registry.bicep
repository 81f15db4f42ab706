// The Container Registry of training environments and scoring images. Nobody has a password for it.

param location string
param tags object
param name string

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

output id string = registry.id
output name string = registry.name
output loginServer string = registry.properties.loginServer
