// The private address of one service in a virtual network.

param location string
param tags object
param name string
param subnetId string

@description('The service.')
param targetId string

@description('Which of its endpoints: blob, vault, registry…')
param groupId string

@description('Private DNS zones that get the address, and where they are.')
param zones array
param zonesSubscriptionId string
param zonesResourceGroup string

resource endpoint 'Microsoft.Network/privateEndpoints@{= api.private_endpoint =}' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: groupId
        properties: {
          privateLinkServiceId: targetId
          groupIds: [
            groupId
          ]
        }
      }
    ]
  }
}

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@{= api.dns_zone_group =}' = {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      for zone in zones: {
        name: replace(zone, '.', '-')
        properties: {
          privateDnsZoneId: resourceId(
            zonesSubscriptionId,
            zonesResourceGroup,
            'Microsoft.Network/privateDnsZones',
            zone
          )
        }
      }
    ]
  }
}

output id string = endpoint.id
