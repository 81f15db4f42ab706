// Who may deploy to the cluster: the service connection of the release pipeline, through Azure roles.

param clusterName string

@description('Principal of the service connection that deploys.')
param deployerPrincipalId string

// Azure Kubernetes Service RBAC Cluster Admin: the release makes the namespace and everything in it.
var clusterAdmin = 'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b'

resource cluster 'Microsoft.ContainerService/managedClusters@2026-04-01' existing = {
  name: clusterName
}

resource deployer 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(cluster.id, deployerPrincipalId, clusterAdmin)
  scope: cluster
  properties: {
    principalId: deployerPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', clusterAdmin)
  }
}
