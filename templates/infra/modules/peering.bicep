// One direction of a peering: traffic passes when the other network has its direction too.

param networkName string

@description('Name of the peering.')
param name string

param remoteNetworkId string

resource network 'Microsoft.Network/virtualNetworks@{= api.network =}' existing = {
  name: networkName
}

resource peering 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@{= api.peering =}' = {
  parent: network
  name: name
  properties: {
    allowVirtualNetworkAccess: true
    // What comes through a firewall of a hub has been forwarded.
    allowForwardedTraffic: true
    remoteVirtualNetwork: {
      id: remoteNetworkId
    }
  }
}

output id string = peering.id
