// Lets the control plane of a cluster put nodes and load balancers into its subnet, and link its network to the private
// zone of API servers.

param networkName string
param identityName string

// Network Contributor.
var networkContributor = '4d97b98b-1d4f-4787-a291-c67834d212e7'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: identityName
}

resource network 'Microsoft.Network/virtualNetworks@{= api.network =}' existing = {
  name: networkName
}

resource join 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(network.id, identity.id, networkContributor)
  scope: network
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', networkContributor)
  }
}
