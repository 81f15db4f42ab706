// The {= title =}: the router that its online endpoint is reached through, and the cluster in the workspace.
{% if certificate %}
// infrastructure.yml deploys this file when main.bicep has made the cluster and the vault has the certificate; a
// release deploys it again when the vault has another one than the router shows.
{% else %}
// infrastructure.yml deploys this file when main.bicep has made the cluster.
{% endif %}

param location string = resourceGroup().location

@description('Tags of every resource.')
param tags object

param clusterName string

@description('Least number of nodes.')
param minNodes int

@description('Namespace of the scoring workload.')
param namespaceName string
{% if certificate %}

@description('Host name in the certificate, by which callers know the router.')
param hostName string

param keyVaultName string
{% endif %}

@description('Subscription of the platform.')
param platformSubscriptionId string

@description('Resource group of the platform.')
param platformResourceGroup string

@description('The Azure ML workspace that the cluster is attached to.')
param workspaceName string

@description('Name of the cluster in the workspace.')
param computeName string

@description('Region of the workspace.')
param workspaceLocation string
{% if certificate %}

resource keyVault 'Microsoft.KeyVault/vaults@{= api.key_vault =}' existing = {
  name: keyVaultName
}
{% endif %}

module machineLearning '../../modules/machine-learning-extension.bicep' = {
  name: 'machine-learning-extension'
  params: {
    location: location
    clusterName: clusterName
    // The router has a replica on each of three nodes.
    highAvailability: minNodes >= 3
{% if certificate %}
    hostName: hostName
    // Read by Azure during the deployment: no pipeline sees the key.
    certificate: keyVault.getSecret({= certificate =})
{% endif %}
  }
}

module compute '../../modules/kubernetes-compute.bicep' = {
  name: {= compute_deployment_name =}
  scope: resourceGroup(platformSubscriptionId, platformResourceGroup)
  // The workspace talks to the cluster through the extension.
  dependsOn: [
    machineLearning
  ]
  params: {
    location: workspaceLocation
    tags: tags
    workspaceName: workspaceName
    name: computeName
    clusterId: resourceId('Microsoft.ContainerService/managedClusters', clusterName)
    namespaceName: namespaceName
  }
}
