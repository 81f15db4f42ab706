// Lets the control plane of a cluster put nodes and load balancers into its subnet.

param networkName string
param subnetName string
param principalId string

// Network Contributor, on this subnet only.
var networkContributor = '4d97b98b-1d4f-4787-a291-c67834d212e7'

resource network 'Microsoft.Network/virtualNetworks@{= api.network =}' existing = {
  name: networkName
}

resource subnet 'Microsoft.Network/virtualNetworks/subnets@{= api.subnet =}' existing = {
  parent: network
  name: subnetName
}

resource join 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(subnet.id, principalId, networkContributor)
  scope: subnet
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', networkContributor)
  }
}
