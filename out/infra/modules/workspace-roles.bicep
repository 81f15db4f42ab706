// Who may use the workspace, once it is there.

param workspaceName string
param trainingPrincipalId string

// AzureML Data Scientist: runs jobs and registers models, but changes neither clusters nor the workspace.
var dataScientist = 'f6c7c914-8db3-469d-8ca1-694a8f32e121'

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {
  name: workspaceName
}

// The last step of training registers the model and its lineage.
resource training 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, trainingPrincipalId, dataScientist)
  scope: workspace
  properties: {
    principalId: trainingPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataScientist)
  }
}
