// The private DNS zones of the project: one set, which every network resolves.

param tags object
param zones array

resource zone 'Microsoft.Network/privateDnsZones@{= api.dns_zone =}' = [
  for zoneName in zones: {
    name: zoneName
    location: 'global'
    tags: tags
  }
]
