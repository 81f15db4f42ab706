// The platform: everything that training needs, and what its environments share.

param location string = resourceGroup().location

@description('Tags of every resource.')
param tags object

param workspaceName string
param workspaceIdentityName string

@description('Shown in the studio.')
param displayName string

@description('Shown in the studio.')
param summary string

param storageName string

@description('Blob containers of data, models and the like.')
param containers array

param keyVaultName string
param registryName string
param appInsightsName string
param logAnalyticsName string

@description('Days that logs are kept.')
param retentionDays int

@description('Identity of training jobs.')
param trainingIdentityName string

{% if events %}
@description('Identity of the Logic Apps that start pipelines.')
param eventsIdentityName string

{% endif %}
{% for cluster in clusters %}
@description('{= cluster.what =}: name, vmSize, priority, minNodes, maxNodes and idleTime.')
param {= cluster.parameter =} object

{% endfor %}
{% if events %}
@description('Name of the registered model whose versions are released.')
param modelName string

@description('Azure DevOps organization.')
param organization string

@description('Azure DevOps project.')
param project string

@description('Branch that pipelines run on.')
param branch string

@description('Number of the release pipeline in Azure DevOps; 0 as long as there is none.')
param releasePipelineId int = 0
{% if new_data %}

@description('Number of the retrain pipeline in Azure DevOps; 0 as long as there is none.')
param retrainPipelineId int = 0

@description('Container that is watched for new data.')
param newDataContainer string

@description('Only blobs whose names start like this count as new data.')
param newDataPrefix string
{% endif %}
{% endif %}
{% if budget %}

@description('Monthly budget, in the billing currency.')
param budgetAmount int

@description('First day of the first month of the budget.')
param budgetStart string

@description('Shares of the budget at which mail is sent, in percent.')
param budgetThresholds array
{% endif %}
{% if mail %}

@description('Who gets mail.')
param mail array
{% endif %}
{% if private %}
{% for network in networks %}

@description('{= network.what =}: name, place, ranges, and what each is for.')
param {= network.parameter =} object
{% endfor %}
{% for known in known_networks %}

@description('{= known.what =}, by its id.')
param {= known.parameter =} string
{% endfor %}
{% if firewall %}

@description('Private address of the firewall that everything outbound passes.')
param firewall string
{% endif %}

@description('Where the private DNS zones are.')
param zonesSubscriptionId string = subscription().subscriptionId
param zonesResourceGroup string = resourceGroup().name
{% endif %}

{% if events %}
// Claims of events, and events that could not be delivered.
var eventsContainer = 'events'
{% endif %}
{% if private %}

var zones = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  file: 'privatelink.file.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  vault: 'privatelink.vaultcore.azure.net'
  registry: 'privatelink${environment().suffixes.acrLoginServer}'
  workspace: 'privatelink.api.azureml.ms'
  notebooks: 'privatelink.notebooks.azure.net'
{% if clusters_api %}
  cluster: 'privatelink.${location}.azmk8s.io'
{% endif %}
}
{% for network in networks %}

module {= network.symbol =} '../modules/network.bicep' = {
  name: {= network.deployment =}
  scope: resourceGroup({= network.parameter =}.subscription, {= network.parameter =}.group)
  params: {
    location: location
    tags: tags
    name: {= network.parameter =}.name
    addressSpaces: {= network.parameter =}.ranges
    endpointsRange: {= network.parameter =}.endpoints
    workName: {= network.work =}
    workRange: {= network.parameter =}.work
{% if network.agents %}
    agentsRange: {= network.parameter =}.agents
{% endif %}
{% if network.scoring %}
    delegation: {= network.parameter =}.delegation
{% endif %}
{% if firewall %}
    firewall: firewall
{% endif %}
  }
}
{% endfor %}
{% for peering in peerings %}

module {= peering.symbol =} '../modules/peering.bicep' = {
  name: {= peering.deployment =}
  scope: resourceGroup({= peering.from =}.subscription, {= peering.from =}.group)
  dependsOn: [
{% for symbol in peering.after %}
    {= symbol =}
{% endfor %}
  ]
  params: {
    networkName: {= peering.from =}.name
    name: {= peering.name =}
    remoteNetworkId: {= peering.to =}
  }
}
{% endfor %}
{% if own_zones %}

module dnsZones '../modules/dns-zones.bicep' = {
  name: 'dns-zones'
  params: {
    tags: tags
    zones: map(items(zones), zone => zone.value)
  }
}
{% for link in links %}

module {= link.symbol =} '../modules/dns-links.bicep' = {
  name: {= link.deployment =}
  dependsOn: [
    dnsZones
{% if link.after %}
    {= link.after =}
{% endif %}
  ]
  params: {
    tags: tags
    zones: map(items(zones), zone => zone.value)
    name: {= link.name =}
    networkId: {= link.network =}
  }
}
{% endfor %}
{% endif %}
{% endif %}

module monitoring '../modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    location: location
    tags: tags
    logAnalyticsName: logAnalyticsName
    appInsightsName: appInsightsName
    retentionDays: retentionDays
  }
}

module workspaceIdentity '../modules/identity.bicep' = {
  name: 'workspace-identity'
  params: {
    location: location
    tags: tags
    name: workspaceIdentityName
  }
}

module trainingIdentity '../modules/identity.bicep' = {
  name: 'training-identity'
  params: {
    location: location
    tags: tags
    name: trainingIdentityName
  }
}

{% if events %}
module eventsIdentity '../modules/identity.bicep' = {
  name: 'events-identity'
  params: {
    location: location
    tags: tags
    name: eventsIdentityName
  }
}

{% endif %}
module storage '../modules/storage.bicep' = {
  name: 'storage'
  params: {
    location: location
    tags: tags
    name: storageName
    // Data and models are worth a second region.
    sku: 'Standard_GRS'
{% if events %}
    containers: concat(containers, [
      eventsContainer
    ])
    expiringContainers: [
      eventsContainer
    ]
{% else %}
    containers: containers
    expiringContainers: []
{% endif %}
    retentionDays: retentionDays
    logAnalyticsId: monitoring.outputs.logAnalyticsId
  }
}

module keyVault '../modules/key-vault.bicep' = {
  name: 'key-vault'
  params: {
    location: location
    tags: tags
    name: keyVaultName
    logAnalyticsId: monitoring.outputs.logAnalyticsId
  }
}

module registry '../modules/registry.bicep' = {
  name: 'registry'
  params: {
    location: location
    tags: tags
    name: registryName
    logAnalyticsId: monitoring.outputs.logAnalyticsId
  }
}

module roles '../modules/platform-roles.bicep' = {
  name: 'platform-roles'
  // Names that came from outputs would hide from what-if what is made here.
  dependsOn: [
    monitoring
    storage
    keyVault
    registry
    workspaceIdentity
    trainingIdentity
{% if events %}
    eventsIdentity
{% endif %}
  ]
  params: {
    storageName: storageName
    keyVaultName: keyVaultName
    registryName: registryName
    appInsightsName: appInsightsName
    workspaceIdentityName: workspaceIdentityName
    trainingIdentityName: trainingIdentityName
{% if events %}
    eventsIdentityName: eventsIdentityName
    eventsContainer: eventsContainer
{% endif %}
{% if secrets %}
    deployerPrincipalId: deployer().objectId
{% endif %}
  }
}

module workspace '../modules/workspace.bicep' = {
  name: 'workspace'
  // Without its roles the workspace would fail to reach its own storage.
  dependsOn: [
    roles
  ]
  params: {
    location: location
    tags: tags
    name: workspaceName
    displayName: displayName
    summary: summary
    identityId: workspaceIdentity.outputs.id
    storageId: storage.outputs.id
    keyVaultId: keyVault.outputs.id
    registryId: registry.outputs.id
    appInsightsId: monitoring.outputs.appInsightsId
    logAnalyticsId: monitoring.outputs.logAnalyticsId
{% if private %}
    imageBuildCompute: {= image_build =}.name
{% endif %}
  }
}

module workspaceRoles '../modules/workspace-roles.bicep' = {
  name: 'workspace-roles'
  dependsOn: [
    workspace
  ]
  params: {
    workspaceName: workspaceName
    workspaceIdentityName: workspaceIdentityName
    trainingIdentityName: trainingIdentityName
  }
}
{% if private %}
{% for endpoint in endpoints %}

module {= endpoint.symbol =} '../modules/private-endpoint.bicep' = {
  name: {= endpoint.name =}
{% if own_zones %}
  dependsOn: [
    dnsZones
  ]
{% endif %}
  params: {
    location: location
    tags: tags
    name: '${platformNetwork.name}-{= endpoint.suffix =}'
    subnetId: networkOfPlatform.outputs.endpointsSubnetId
    targetId: {= endpoint.target =}
    groupId: {= endpoint.group =}
    zones: [
{% for zone in endpoint.zones %}
      {= zone =}
{% endfor %}
    ]
    zonesSubscriptionId: zonesSubscriptionId
    zonesResourceGroup: zonesResourceGroup
  }
}
{% endfor %}
{% endif %}

{% for cluster in clusters %}
module {= cluster.symbol =} '../modules/compute-cluster.bicep' = {
  name: {= cluster.deployment =}
  dependsOn: [
    workspace
{% if private %}
    // Nodes find workspace and storage by their private names from the start.
    storageBlobEndpoint
    storageFileEndpoint
    storageQueueEndpoint
    storageTableEndpoint
    registryEndpoint
    workspaceEndpoint
{% endif %}
  ]
  params: {
    location: location
    tags: tags
    workspaceName: workspaceName
    name: {= cluster.parameter =}.name
    vmSize: {= cluster.parameter =}.vmSize
    priority: {= cluster.parameter =}.priority
    minNodes: {= cluster.parameter =}.minNodes
    maxNodes: {= cluster.parameter =}.maxNodes
    idleTime: {= cluster.parameter =}.idleTime
    identityId: trainingIdentity.outputs.id
{% if private %}
    subnetId: networkOfPlatform.outputs.workSubnetId
{% endif %}
  }
}

{% endfor %}
{% if alerts or drift %}
module alerts '../modules/platform-alerts.bicep' = {
  name: 'alerts'
  params: {
    tags: tags
    prefix: workspaceName
{% if alerts %}
    workspaceId: workspace.outputs.id
{% endif %}
{% if drift %}
    location: location
    appInsightsId: monitoring.outputs.appInsightsId
{% endif %}
    mail: mail
  }
}

{% endif %}
{% if events %}
module events '../modules/events.bicep' = {
  name: 'events'
  // Undelivered events are written with the identity's role.
  dependsOn: [
    roles
    workspace
  ]
  params: {
    location: location
    tags: tags
    storageName: storageName
    eventsContainer: eventsContainer
    workspaceName: workspaceName
    identityId: eventsIdentity.outputs.id
    modelName: modelName
    organization: organization
    project: project
    branch: branch
    releasePipelineId: releasePipelineId
{% if alerts %}
    actionGroupId: alerts.outputs.actionGroupId
{% endif %}
{% if new_data %}
    retrainPipelineId: retrainPipelineId
    dataContainer: newDataContainer
    dataPrefix: newDataPrefix
{% endif %}
  }
}
{% endif %}
{% if budget %}

module budget '../modules/budget.bicep' = {
  name: 'budget'
  params: {
    name: '${workspaceName}-monthly'
    amount: budgetAmount
    startDate: budgetStart
    thresholds: budgetThresholds
    mail: mail
  }
}
{% endif %}

output workspaceName string = workspace.outputs.name
output registryLoginServer string = registry.outputs.loginServer
output trainingClientId string = trainingIdentity.outputs.clientId
{% if peerings %}
// sync-peerings.sh lets them know the ranges of today.
output peerings array = [
{% for peering in peerings %}
  {= peering.symbol =}.outputs.id
{% endfor %}
]
{% endif %}
{% if events %}
// To be added to the Azure DevOps organization, so that it may start pipelines.
output eventsPrincipalId string = eventsIdentity.outputs.principalId
{% endif %}
