// A cluster that grows with its queue and shrinks to nothing.

param location string
param tags object
param workspaceName string
param name string
param vmSize string

@allowed([
  'Dedicated'
  'LowPriority'
])
param priority string

@minValue(0)
param minNodes int

@minValue(1)
param maxNodes int

@description('Idle time before a node is given back, as an ISO 8601 duration.')
param idleTime string

@description('Identity that jobs use for data, images and the model registry.')
param identityId string
{% if private %}

@description('Subnet of the nodes, which have no public addresses.')
param subnetId string
{% endif %}

resource workspace 'Microsoft.MachineLearningServices/workspaces@{= api.workspace =}' existing = {
  name: workspaceName
}

resource cluster 'Microsoft.MachineLearningServices/workspaces/computes@{= api.compute =}' = {
  parent: workspace
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    computeType: 'AmlCompute'
    computeLocation: location
    // Nobody logs on to a node.
    disableLocalAuth: true
    properties: {
      osType: 'Linux'
      vmSize: vmSize
      vmPriority: priority
      scaleSettings: {
        minNodeCount: minNodes
        maxNodeCount: maxNodes
        nodeIdleTimeBeforeScaleDown: idleTime
      }
      remoteLoginPortPublicAccess: 'Disabled'
{% if private %}
      enableNodePublicIp: false
      subnet: {
        id: subnetId
      }
{% endif %}
    }
  }
}

output id string = cluster.id
