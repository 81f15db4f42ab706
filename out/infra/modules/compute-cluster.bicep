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

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {
  name: workspaceName
}

resource cluster 'Microsoft.MachineLearningServices/workspaces/computes@2025-12-01' = {
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
    }
  }
}

output id string = cluster.id
