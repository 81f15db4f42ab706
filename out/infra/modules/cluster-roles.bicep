// What the identities of a cluster may do: the control plane hands the nodes their identity.

param controlPlaneIdentityName string
param kubeletIdentityName string

// Managed Identity Operator, on this one identity.
var managedIdentityOperator = 'f1a07417-d97a-45cb-824c-7a7467783830'

resource controlPlaneIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: controlPlaneIdentityName
}

resource kubeletIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: kubeletIdentityName
}

resource hand 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(kubeletIdentity.id, controlPlaneIdentity.id, managedIdentityOperator)
  scope: kubeletIdentity
  properties: {
    principalId: controlPlaneIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', managedIdentityOperator)
  }
}
