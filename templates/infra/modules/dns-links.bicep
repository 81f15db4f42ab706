// Lets one network resolve the project's zones. A network that is linked to a zone of the same name already cannot be
// linked to a second one.

param tags object
param zones array

@description('Name of the links.')
param name string

param networkId string

resource zone 'Microsoft.Network/privateDnsZones@{= api.dns_zone =}' existing = [
  for zoneName in zones: {
    name: zoneName
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@{= api.dns_link =}' = [
  for (zoneName, index) in zones: {
    parent: zone[index]
    name: name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: networkId
      }
    }
  }
]
