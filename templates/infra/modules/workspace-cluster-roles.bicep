// What a workspace that brings its own identity asks for on a cluster, before the cluster is attached to it.

param clusterName string

@description('The identity of the workspace, and where it lives.')
param identityName string
param identitySubscriptionId string
param identityResourceGroup string

var roles = [
  // Reader.
  'acdd72a7-3385-48ef-bd42-f606fba81ae7'
  // Kubernetes Extension Contributor: finds the extension.
  '85cb6faf-e071-4c9b-8136-154b5a04f717'
  // Azure Kubernetes Service Cluster Admin Role.
  '0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8'
]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: identityName
  scope: resourceGroup(identitySubscriptionId, identityResourceGroup)
}

resource cluster 'Microsoft.ContainerService/managedClusters@{= api.cluster =}' existing = {
  name: clusterName
}

resource attach 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = [
  for role in roles: {
    name: guid(cluster.id, identity.id, role)
    scope: cluster
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]
