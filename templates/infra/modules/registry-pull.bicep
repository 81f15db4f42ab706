// Lets one identity pull images. It is deployed into the platform's resource group, from the environment that needs it.

param registryName string
param principalId string

// AcrPull: reads images, and nothing else.
var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d'

resource registry 'Microsoft.ContainerRegistry/registries@{= api.registry =}' existing = {
  name: registryName
}

resource pull 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(registry.id, principalId, acrPull)
  scope: registry
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPull)
  }
}
