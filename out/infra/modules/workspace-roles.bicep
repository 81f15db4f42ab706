// Who may use the workspace, once it is there.

param workspaceName string
param workspaceIdentityName string
param trainingIdentityName string

// Contributor: a workspace that brings its own identity manages its computes and endpoints with it.
var contributor = 'b24988ac-6180-42a0-ab88-20f7382dd24c'
// AzureML Data Scientist: runs jobs and registers models, but changes neither clusters nor the workspace.
var dataScientist = 'f6c7c914-8db3-469d-8ca1-694a8f32e121'

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {
  name: workspaceName
}

resource workspaceIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: workspaceIdentityName
}

resource trainingIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: trainingIdentityName
}

resource own 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, workspaceIdentity.id, contributor)
  scope: workspace
  properties: {
    principalId: workspaceIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', contributor)
  }
}

// The last step of training registers the model and its lineage.
resource training 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, trainingIdentity.id, dataScientist)
  scope: workspace
  properties: {
    principalId: trainingIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataScientist)
  }
}
