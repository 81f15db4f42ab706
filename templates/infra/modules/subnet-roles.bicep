// Lets the control plane of a cluster put nodes and load balancers into its subnet.

param networkName string
param subnetName string
param identityName string

// Network Contributor, on this subnet only.
var networkContributor = '4d97b98b-1d4f-4787-a291-c67834d212e7'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: identityName
}

resource network 'Microsoft.Network/virtualNetworks@{= api.network =}' existing = {
  name: networkName
}

resource subnet 'Microsoft.Network/virtualNetworks/subnets@{= api.subnet =}' existing = {
  parent: network
  name: subnetName
}

resource join 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(subnet.id, identity.id, networkContributor)
  scope: subnet
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', networkContributor)
  }
}
