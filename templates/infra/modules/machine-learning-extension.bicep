// The Azure ML extension of a cluster, which runs online endpoints on it.

param clusterName string

@description('Whether the router has three replicas, one a node; with fewer nodes it never gets ready.')
param highAvailability bool

resource cluster 'Microsoft.ContainerService/managedClusters@{= api.cluster =}' existing = {
  name: clusterName
}

resource extension 'Microsoft.KubernetesConfiguration/extensions@{= api.extension =}' = {
  name: 'azureml'
  scope: cluster
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    extensionType: 'Microsoft.AzureML.Kubernetes'
    autoUpgradeMinorVersion: true
    releaseTrain: 'Stable'
    scope: {
      cluster: {
        releaseNamespace: 'azureml'
      }
    }
    configurationSettings: {
      // Scoring only: training has its own cluster in the workspace.
      enableTraining: 'False'
      enableInference: 'True'
{% if private %}
      internalLoadBalancerProvider: 'azure'
{% endif %}
      inferenceRouterHA: highAvailability ? 'True' : 'False'
{% if gpu %}
      // Without it, no pod of a GPU node sees a GPU.
      installNvidiaDevicePlugin: 'True'
{% endif %}
      inferenceRouterServiceType: 'LoadBalancer'
      // Callers are told apart by key or token, and the router has no certificate of ours to show.
      allowInsecureConnections: 'True'
    }
  }
}

output id string = extension.id
