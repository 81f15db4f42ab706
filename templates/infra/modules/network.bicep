// The virtual network of one place: private endpoints in one subnet, work in another that reaches out through one
// address and cannot be reached.

param location string
param tags object
param name string
param addressSpace string
param endpointsRange string
param workName string
param workRange string

@description('Service that the work subnet is handed to, if any.')
param delegation string = ''

@description('Private DNS zones that the network resolves.')
param zones array

resource noInbound 'Microsoft.Network/networkSecurityGroups@{= api.security_group =}' = {
  name: '${name}-nsg'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'refuse-internet'
        properties: {
          description: 'Nothing in this network is meant to be called from outside.'
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource outboundAddress 'Microsoft.Network/publicIPAddresses@{= api.public_address =}' = {
  name: '${name}-nat-ip'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
  }
}

// Subnets have no way out of their own any more.
resource nat 'Microsoft.Network/natGateways@{= api.nat_gateway =}' = {
  name: '${name}-nat'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIpAddresses: [
      {
        id: outboundAddress.id
      }
    ]
  }
}

// Subnets stand inside the network: as resources of their own they would be taken out at the next deployment.
resource network 'Microsoft.Network/virtualNetworks@{= api.network =}' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        addressSpace
      ]
    }
    subnets: [
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointsRange
          defaultOutboundAccess: false
          privateEndpointNetworkPolicies: 'Enabled'
          networkSecurityGroup: {
            id: noInbound.id
          }
        }
      }
      {
        name: workName
        properties: {
          addressPrefix: workRange
          defaultOutboundAccess: false
          networkSecurityGroup: {
            id: noInbound.id
          }
          natGateway: {
            id: nat.id
          }
          delegations: empty(delegation) ? [] : [
            {
              name: 'work'
              properties: {
                serviceName: delegation
              }
            }
          ]
        }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@{= api.dns_zone =}' = [for zoneName in zones: {
  name: zoneName
  location: 'global'
  tags: tags
}]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@{= api.dns_link =}' = [for (zoneName, index) in zones: {
  parent: zone[index]
  name: name
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: network.id
    }
  }
}]

output id string = network.id
output endpointsSubnetId string = '${network.id}/subnets/endpoints'
output workSubnetId string = '${network.id}/subnets/${workName}'
