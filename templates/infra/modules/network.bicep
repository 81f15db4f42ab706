// The virtual network of one place: private endpoints in one subnet, work in another that reaches out through one
// address and cannot be reached from outside.

param location string
param tags object
param name string
param addressSpaces array
param endpointsRange string
param workName string
param workRange string

@description('Service that the work subnet is handed to, if any.')
param delegation string = ''

{% if agents_subnet %}
@description('Range of the pipelines\' agents; empty for none.')
param agentsRange string = ''

{% endif %}
{% if firewall %}
@description('Private address of the firewall that everything outbound passes.')
param firewall string

{% endif %}
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

{% if firewall %}
resource routes 'Microsoft.Network/routeTables@{= api.route_table =}' = {
  name: '${name}-routes'
  location: location
  tags: tags
  properties: {
    routes: [
      {
        name: 'everything-outbound'
        properties: {
          addressPrefix: '0.0.0.0/0'
          nextHopType: 'VirtualAppliance'
          nextHopIpAddress: firewall
        }
      }
    ]
  }
}

{% else %}
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

{% endif %}
{% if agents_subnet %}
var agents = [
  {
    name: 'agents'
    properties: {
      addressPrefix: agentsRange
      defaultOutboundAccess: false
      networkSecurityGroup: {
        id: noInbound.id
      }
{% if firewall %}
      routeTable: {
        id: routes.id
      }
{% else %}
      natGateway: {
        id: nat.id
      }
{% endif %}
    }
  }
]

{% endif %}
// Subnets stand inside the network: as resources of their own they would be taken out at the next deployment.
resource network 'Microsoft.Network/virtualNetworks@{= api.network =}' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: addressSpaces
    }
    subnets: {% if agents_subnet %}concat(empty(agentsRange) ? [] : agents, {% endif %}[
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
{% if firewall %}
          routeTable: {
            id: routes.id
          }
{% else %}
          natGateway: {
            id: nat.id
          }
{% endif %}
          delegations: empty(delegation)
            ? []
            : [
                {
                  name: 'work'
                  properties: {
                    serviceName: delegation
                  }
                }
              ]
        }
      }
    ]{% if agents_subnet %}){% endif %}
  }
}

output id string = network.id
output endpointsSubnetId string = '${network.id}/subnets/endpoints'
output workSubnetId string = '${network.id}/subnets/${workName}'
