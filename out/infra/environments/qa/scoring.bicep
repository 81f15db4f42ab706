// One released model in the environment qa: the scoring image of that version on Container Instances.
// The release pipeline deploys this file with the image and the version, after main.bicep has made what it refers to.

param location string = resourceGroup().location

@description('The scoring image, with the model version as its tag.')
param image string

@description('Version of the model in the image.')
param modelVersion string

@description('Time of this deployment: the time to live counts from it.')
param deployedAt string = utcNow()

param name string = 'diabetes-qa-mct4b'
param identityName string = 'diabetes-qa-scoring'
param appInsightsName string = 'diabetes-qa-insights'
param keyVaultName string = 'diabetes-qa-mct4b'
param registryServer string = 'diabetesmct4b.azurecr.io'

@description('CPU cores and memory in GB, as decimal numbers.')
param cpu string = '0.5'
param memoryInGB string = '1'

@description('What cannot be changed on a group that runs: where it differs, the release makes the group anew.')
param shape string = '0.5-cores-1-gib-https-8080-public'

param tags object = {
  project: 'diabetes'
  environment: 'qa'
  'managed-by': 'mlops-gen'
  'cost-center': 'ml-research'
  'data-class': 'public'
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource appInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: appInsightsName
}

resource keyVault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: keyVaultName
}

module group '../../modules/container-group.bicep' = {
  name: 'container-group'
  params: {
    location: location
    tags: union(tags, {
      'model-version': modelVersion
      shape: shape
      // cleanup.yml takes the group down after this time.
      expiresOn: dateTimeAdd(deployedAt, 'PT12H')
    })
    name: name
    identityId: identity.id
    registryServer: registryServer
    image: image
    cpu: cpu
    memoryInGB: memoryInGB
    port: 8080
    livenessPath: '/livez'
    readinessPath: '/readyz'
    settings: [
      {
        name: 'SCORE_WORKERS'
        value: '1'
      }
      {
        name: 'SCORE_LOG_CONTAINER_URL'
        value: 'https://diabetesqamct4b.blob.${environment().suffixes.storage}/scoring-logs'
      }
      {
        name: 'SCORE_LOG_SAMPLE'
        value: '0.1'
      }
      {
        name: 'SCORE_LOG_OMIT'
        value: 'age,sex'
      }
      {
        name: 'SCORE_TLS_CERT_FILE'
        value: '/etc/tls/tls.pem'
      }
      {
        name: 'SCORE_TLS_KEY_FILE'
        value: '/etc/tls/tls.pem'
      }
      // Which of its identities the server uses for the scoring log.
      {
        name: 'AZURE_CLIENT_ID'
        value: identity.properties.clientId
      }
    ]
    appInsightsConnectionString: appInsights.properties.ConnectionString
    // Read by Azure during the deployment: no pipeline sees it.
    scoringKey: keyVault.getSecret('scoring-key')
    // Certificate and key, as the vault keeps them.
    certificate: keyVault.getSecret('scoring-tls')
  }
}

output address string = group.outputs.address
