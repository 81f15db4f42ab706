// One released model in the {= title =}: the scoring image of that version on Container Instances.
// The release pipeline deploys this file with the image and the version, after main.bicep has made what it refers to.

param location string = resourceGroup().location

@description('The scoring image, with the model version as its tag.')
param image string

@description('Version of the model in the image.')
param modelVersion string
{% if time_to_live %}

@description('Time of this deployment: the time to live counts from it.')
param deployedAt string = utcNow()
{% endif %}

param name string = {= group =}
param identityName string = {= identity =}
param appInsightsName string = {= app_insights =}
{% if key or certificate %}
param keyVaultName string = {= key_vault =}
{% endif %}
{% if private %}
param networkName string = {= network =}
{% endif %}
param registryServer string = {= registry_server =}

@description('CPU cores and memory in GB, as decimal numbers.')
param cpu string = {= cpu =}
param memoryInGB string = {= memory =}

@description('What cannot be changed on a group that runs: where it differs, the release makes the group anew.')
param shape string = {= shape =}

param tags object = {
{% for tag in tags %}
  {= tag.name =}: {= tag.value =}
{% endfor %}
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: identityName
}

resource appInsights 'Microsoft.Insights/components@{= api.app_insights =}' existing = {
  name: appInsightsName
}
{% if key or certificate %}

resource keyVault 'Microsoft.KeyVault/vaults@{= api.key_vault =}' existing = {
  name: keyVaultName
}
{% endif %}

module group '../../modules/container-group.bicep' = {
  name: 'container-group'
  params: {
    location: location
    tags: union(tags, {
      'model-version': modelVersion
      shape: shape
{% if time_to_live %}
      // cleanup.yml takes the group down after this time.
      expiresOn: dateTimeAdd(deployedAt, {= time_to_live =})
{% endif %}
    })
    name: name
    identityId: identity.id
    registryServer: registryServer
    image: image
    cpu: cpu
    memoryInGB: memoryInGB
    port: {= port =}
    livenessPath: {= liveness =}
    readinessPath: {= readiness =}
    settings: [
{% for setting in settings %}
      {
        name: {= setting.name =}
        value: {= setting.value =}
      }
{% endfor %}
      // Which of its identities the server uses for the scoring log.
      {
        name: 'AZURE_CLIENT_ID'
        value: identity.properties.clientId
      }
    ]
    appInsightsConnectionString: appInsights.properties.ConnectionString
{% if key %}
    // Read by Azure during the deployment: no pipeline sees it.
    scoringKey: keyVault.getSecret({= key_secret =})
{% endif %}
{% if certificate %}
    // Certificate and key, as the vault keeps them.
    certificate: keyVault.getSecret({= certificate =})
{% endif %}
{% if private %}
    subnetId: resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'scoring')
{% endif %}
  }
}

output address string = group.outputs.address
