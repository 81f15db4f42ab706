// Who may do what on the platform. Each role is on the smallest scope that works, and its name is a function of scope,
// identity and role, so that a second deployment finds the same assignment, and what-if shows it before.

param storageName string
param keyVaultName string
param registryName string
param appInsightsName string
param workspaceIdentityName string
param trainingIdentityName string
{% if events %}
param eventsIdentityName string

@description('Container of the events: claims, and events that could not be delivered.')
param eventsContainer string
{% endif %}
{% if secrets %}

@description('Principal of whoever deploys, who also keeps the secrets.')
param deployerPrincipalId string
{% endif %}

// Built-in roles of Azure, by their fixed ids.
var roles = {
  contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c'
  acrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d'
  blobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  fileDataPrivilegedContributor: '69566ab7-960f-475b-8e7c-b3118f30c6bd'
  keyVaultAdministrator: '00482a5a-887f-4fb3-b363-3b7fe8e74483'
{% if secrets %}
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
{% endif %}
  managedIdentityOperator: 'f1a07417-d97a-45cb-824c-7a7467783830'
}

// What Azure ML asks for of a workspace that brings its own identity, resource by resource.
var workspaceOnStorage = [
  // Finds the account and its containers.
  roles.contributor
  // Reads and writes the default datastore: snapshots of code, logs and outputs of jobs.
  roles.blobDataContributor
  // The same for the file share of the workspace.
  roles.fileDataPrivilegedContributor
]
var workspaceOnKeyVault = [
  // Finds the vault.
  roles.contributor
  // Keeps the secrets of connections and datastores.
  roles.keyVaultAdministrator
]

resource storage 'Microsoft.Storage/storageAccounts@{= api.storage =}' existing = {
  name: storageName
}

{% if events %}
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@{= api.blob_services =}' existing = {
  parent: storage
  name: 'default'
}

resource events 'Microsoft.Storage/storageAccounts/blobServices/containers@{= api.blob_containers =}' existing = {
  parent: blobs
  name: eventsContainer
}

{% endif %}
resource keyVault 'Microsoft.KeyVault/vaults@{= api.key_vault =}' existing = {
  name: keyVaultName
}

resource registry 'Microsoft.ContainerRegistry/registries@{= api.registry =}' existing = {
  name: registryName
}

resource appInsights 'Microsoft.Insights/components@{= api.app_insights =}' existing = {
  name: appInsightsName
}

resource workspaceIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: workspaceIdentityName
}

{% if events %}
resource eventsIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: eventsIdentityName
}

{% endif %}
resource trainingIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@{= api.identity =}' existing = {
  name: trainingIdentityName
}

resource workspaceStorage 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = [
  for role in workspaceOnStorage: {
    name: guid(storage.id, workspaceIdentity.id, role)
    scope: storage
    properties: {
      principalId: workspaceIdentity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

resource workspaceKeyVault 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = [
  for role in workspaceOnKeyVault: {
    name: guid(keyVault.id, workspaceIdentity.id, role)
    scope: keyVault
    properties: {
      principalId: workspaceIdentity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

// Builds and pushes the images of training environments.
resource workspaceRegistry 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(registry.id, workspaceIdentity.id, roles.contributor)
  scope: registry
  properties: {
    principalId: workspaceIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.contributor)
  }
}

// Reads the connection string for jobs that report to it.
resource workspaceAppInsights 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(appInsights.id, workspaceIdentity.id, roles.contributor)
  scope: appInsights
  properties: {
    principalId: workspaceIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.contributor)
  }
}

// Hands the training identity to the nodes of the cluster.
resource workspaceTraining 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(trainingIdentity.id, workspaceIdentity.id, roles.managedIdentityOperator)
  scope: trainingIdentity
  properties: {
    principalId: workspaceIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.managedIdentityOperator)
  }
}

// Reads training data, writes models, logs and outputs. On the whole account, because Azure ML names the container of
// its default datastore itself.
resource trainingStorage 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(storage.id, trainingIdentity.id, roles.blobDataContributor)
  scope: storage
  properties: {
    principalId: trainingIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataContributor)
  }
}

// Pulls the image of the training environment.
resource trainingRegistry 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(registry.id, trainingIdentity.id, roles.acrPull)
  scope: registry
  properties: {
    principalId: trainingIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.acrPull)
  }
}
{% if events %}

// Marks events as handled and keeps those that could not be delivered; sees no other container.
resource eventsStorage 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(events.id, eventsIdentity.id, roles.blobDataContributor)
  scope: events
  properties: {
    principalId: eventsIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataContributor)
  }
}
{% endif %}
{% if secrets %}

// Writes the secrets that pipelines read.
resource deployerKeyVault 'Microsoft.Authorization/roleAssignments@{= api.role_assignment =}' = {
  name: guid(keyVault.id, deployerPrincipalId, roles.keyVaultSecretsOfficer)
  scope: keyVault
  properties: {
    principalId: deployerPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)
  }
}
{% endif %}
