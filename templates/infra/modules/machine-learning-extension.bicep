// The Azure ML extension of a cluster, whose router serves online endpoints.

param location string
param clusterName string

@description('Whether the router has three replicas, one a node; with fewer nodes it never gets ready.')
param highAvailability bool
{% if tls %}

@description('Host name in the certificate, by which callers know the router.')
param hostName string

@secure()
@description('Certificate of the router and its key in one text, as a vault keeps them (PEM).')
param certificate string

var begin = '-----BEGIN CERTIFICATE-----'
var end = '-----END CERTIFICATE-----'

// The router takes chain and key apart, in Base64. What stands outside of the certificates is the key.
var parts = split(certificate, begin)
var chain = join(map(skip(parts, 1), part => '${begin}${first(split(part, end))}${end}\n'), '')
var key = join(map(parts, part => last(split(part, end))), '')
{% endif %}

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
      clusterPurpose: highAvailability ? 'FastProd' : 'DevTest'
      clusterId: cluster.id
      cluster_name: cluster.id
      cluster_name_friendly: clusterName
      domain: location
      jobSchedulerLocation: location
      'servicebus.enabled': 'False'
      'relayserver.enabled': 'False'
      'nginxIngress.enabled': 'True'
      inferenceRouterServiceType: 'LoadBalancer'
{% if private %}
      internalLoadBalancerProvider: 'azure'
      'scoringFe.serviceType.internalLoadBalancer': 'True'
{% endif %}
      inferenceRouterHA: highAvailability ? 'True' : 'False'
{% if gpu %}
      // Without it, no pod of a GPU node sees a GPU.
      installNvidiaDevicePlugin: 'True'
{% endif %}
{% if tls %}
      allowInsecureConnections: 'False'
      sslCname: hostName
{% else %}
      // The spec asks for clear text: whoever is on the way reads keys, rows and predictions.
      allowInsecureConnections: 'True'
{% endif %}
    }
{% if tls %}
    configurationProtectedSettings: {
      'scoringFe.sslCert': base64(chain)
      'scoringFe.sslKey': base64(key)
    }
{% endif %}
  }
}

output id string = extension.id
