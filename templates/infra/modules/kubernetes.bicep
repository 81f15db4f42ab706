// The AKS cluster that the scoring image runs on.

param location string
param tags object
param name string
param vmSize string

{% if gpu %}
@minValue(0)
{% else %}
@minValue(1)
{% endif %}
param minNodes int

@minValue(1)
param maxNodes int

@description('Log Analytics workspace of container insights.')
param logAnalyticsId string

@description('The scoring identity, which pods act as.')
param identityName string

@description('Namespace and name of the service account that may act as the scoring identity.')
param serviceAccount string

@description('Identity of the control plane.')
param controlPlaneIdentityName string

@description('Identity of the nodes, which pulls images.')
param kubeletIdentityName string
{% if kubernetes_endpoint %}

@description('Whether the cluster keeps local accounts: endpoints of Azure ML ask for them.')
param localAccounts bool
{% endif %}

@description('Ranges of pods and services, apart from each other and from every virtual network that is reached.')
param podRange string
param serviceRange string
param dnsServiceAddress string
{% if private %}

@description('Subnet of the nodes.')
param subnetId string

@description('Private DNS zone of API servers, which agents resolve too.')
param apiZoneId string
{% endif %}

// What container insights collect; the type definitions list only what the agent itself knows.
var insights = [
  'Microsoft-ContainerInsights-Group-Default'
]

resource controlPlaneIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: controlPlaneIdentityName
}

resource kubeletIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: kubeletIdentityName
}

resource cluster 'Microsoft.ContainerService/managedClusters@{= api.cluster =}' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: 'Base'
    // With an availability promise of the API server.
    tier: 'Standard'
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${controlPlaneIdentity.id}': {}
    }
  }
  properties: {
    // Azure's own name, of group, cluster and region, can be longer than it takes itself.
    nodeResourceGroup: 'MC_${take(name, 30)}_${uniqueString(resourceGroup().id, name)}'
    identityProfile: {
      kubeletidentity: {
        resourceId: kubeletIdentity.id
        clientId: kubeletIdentity.properties.clientId
        objectId: kubeletIdentity.properties.principalId
      }
    }
    // Names of clusters hold what names of hosts do not.
    dnsPrefix: 'aks-${uniqueString(resourceGroup().id, name)}'
    enableRBAC: true
{% if kubernetes_endpoint %}
    disableLocalAccounts: !localAccounts
{% else %}
    // Entra accounts with Azure roles only: a cluster has no administrator's certificate to lose.
    disableLocalAccounts: true
{% endif %}
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
{% if private %}
      outboundType: {% if firewall %}'userDefinedRouting'{% else %}'userAssignedNATGateway'{% endif %}

{% endif %}
      podCidr: podRange
      serviceCidr: serviceRange
      dnsServiceIP: dnsServiceAddress
    }
{% if private %}
    apiServerAccessProfile: {
      enablePrivateCluster: true
      privateDNSZone: apiZoneId
    }
{% endif %}
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
{% if gpu %}
      // What the cluster itself runs stays off the dear nodes.
      {
        name: 'system'
        mode: 'System'
        type: 'VirtualMachineScaleSets'
        osType: 'Linux'
        osSKU: 'AzureLinux'
        vmSize: 'Standard_D2s_v5'
        count: 1
        minCount: 1
        maxCount: 2
        enableAutoScaling: true
        maxPods: 110
{% if private %}
        vnetSubnetID: subnetId
{% endif %}
      }
      {
        name: 'scoring'
        mode: 'User'
        type: 'VirtualMachineScaleSets'
        osType: 'Linux'
        osSKU: 'AzureLinux'
        vmSize: vmSize
        count: minNodes
        minCount: minNodes
        maxCount: maxNodes
        enableAutoScaling: true
        maxPods: 110
        // Only pods that ask for a GPU come here.
        nodeTaints: [
          'sku=gpu:NoSchedule'
        ]
{% if private %}
        vnetSubnetID: subnetId
{% endif %}
      }
{% else %}
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
{% if private %}
        vnetSubnetID: subnetId
{% endif %}
      }
{% endif %}
    ]
  }
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: identityName
}

// The cluster's tokens for this one service account are as good as the scoring identity.
resource federation 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@{= api.federation =}' = {
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

// The add-on asks this rule what to collect, and where to; without it, it collects nothing.
resource collection 'Microsoft.Insights/dataCollectionRules@{= api.collection_rule =}' = {
  name: take('MSCI-${location}-${name}', 64)
  location: location
  tags: tags
  kind: 'Linux'
  properties: {
    dataSources: {
      extensions: [
        {
          name: 'ContainerInsightsExtension'
          extensionName: 'ContainerInsights'
          streams: insights
        }
      ]
    }
    destinations: {
      logAnalytics: [
        {
          name: 'logs'
          workspaceResourceId: logAnalyticsId
        }
      ]
    }
    dataFlows: [
      {
        streams: insights
        destinations: [
          'logs'
        ]
      }
    ]
  }
}

resource collected 'Microsoft.Insights/dataCollectionRuleAssociations@{= api.collection_association =}' = {
  name: 'ContainerInsightsExtension'
  scope: cluster
  properties: {
    dataCollectionRuleId: collection.id
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@{= api.diagnostics =}' = {
  name: 'logs'
  scope: cluster
  properties: {
    workspaceId: logAnalyticsId
    logs: [
      {
        category: 'kube-audit-admin'
        enabled: true
      }
      {
        category: 'cluster-autoscaler'
        enabled: true
      }
      {
        category: 'guard'
        enabled: true
      }
    ]
  }
}

output id string = cluster.id
