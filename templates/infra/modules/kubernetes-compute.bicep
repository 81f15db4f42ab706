// Attaches a cluster to the workspace. It is deployed into the platform's resource group, from the environment that has
// the cluster.

param location string
param tags object
param workspaceName string

@description('Name of the cluster in the workspace.')
param name string

param clusterId string
param namespaceName string

resource workspace 'Microsoft.MachineLearningServices/workspaces@{= api.workspace =}' existing = {
  name: workspaceName
}

resource compute 'Microsoft.MachineLearningServices/workspaces/computes@{= api.compute =}' = {
  parent: workspace
  name: name
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    computeType: 'Kubernetes'
    resourceId: clusterId
    properties: {
      namespace: namespaceName
    }
  }
}

output id string = compute.id
