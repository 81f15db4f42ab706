// The AKS cluster that the scoring image runs on.

param location string
param tags object
param name string
param vmSize string

@minValue(1)
param minNodes int

@minValue(1)
param maxNodes int

@description('Log Analytics workspace of container insights.')
param logAnalyticsId string

@description('The scoring identity, which pods act as.')
param identityName string

@description('Namespace and name of the service account that may act as the scoring identity.')
param serviceAccount string

resource cluster 'Microsoft.ContainerService/managedClusters@2026-04-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: 'Base'
    // With an availability promise of the API server.
    tier: 'Standard'
  }
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    // Names of clusters hold what names of hosts do not.
    dnsPrefix: 'aks-${uniqueString(resourceGroup().id, name)}'
    enableRBAC: true
    // Entra accounts with Azure roles only: a cluster has no administrator's certificate to lose.
    disableLocalAccounts: true
    aadProfile: {
      managed: true
      enableAzureRBAC: true
    }
    // Pods get tokens of the scoring identity; no secret is stored in the cluster for that.
    oidcIssuerProfile: {
      enabled: true
    }
    securityProfile: {
      workloadIdentity: {
        enabled: true
      }
      imageCleaner: {
        enabled: true
        intervalHours: 168
      }
    }
    networkProfile: {
      networkPlugin: 'azure'
      networkPluginMode: 'overlay'
      networkDataplane: 'cilium'
      networkPolicy: 'cilium'
      loadBalancerSku: 'standard'
      // Ranges inside the cluster, apart from those of virtual networks.
      podCidr: '192.168.0.0/16'
      serviceCidr: '172.16.0.0/16'
      dnsServiceIP: '172.16.0.10'
    }
    autoUpgradeProfile: {
      upgradeChannel: 'patch'
      nodeOSUpgradeChannel: 'NodeImage'
    }
    addonProfiles: {
      omsagent: {
        enabled: true
        config: {
          logAnalyticsWorkspaceResourceID: logAnalyticsId
          useAADAuth: 'true'
        }
      }
      azurepolicy: {
        enabled: true
      }
    }
    agentPoolProfiles: [
      {
        name: 'system'
        mode: 'System'
        type: 'VirtualMachineScaleSets'
        osType: 'Linux'
        osSKU: 'AzureLinux'
        vmSize: vmSize
        count: minNodes
        minCount: minNodes
        maxCount: maxNodes
        enableAutoScaling: true
        maxPods: 110
      }
    ]
  }
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

// The cluster's tokens for this one service account are as good as the scoring identity.
resource federation 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: identity
  name: name
  properties: {
    issuer: cluster.properties.oidcIssuerProfile.issuerURL
    subject: 'system:serviceaccount:${serviceAccount}'
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
}

output id string = cluster.id
output kubeletPrincipalId string = cluster.properties.identityProfile.kubeletidentity.objectId
