// What happens by itself: a registered model starts the release pipeline{% if new_data %}, new data starts the retrain pipeline{% endif %}.

param location string
param tags object
param storageName string

@description('Container of claims and undelivered events.')
param eventsContainer string

param workspaceName string

@description('Identity that writes claims and starts pipelines; it is a user of the Azure DevOps organization.')
param identityId string

{% if alerts %}
@description('Who hears of events that reached nobody, and of runs that were not started.')
param actionGroupId string

{% endif %}
@description('Name of the registered model whose versions are released.')
param modelName string

@description('Azure DevOps organization.')
param organization string

@description('Azure DevOps project.')
param project string

@description('Branch that pipelines run on, without refs/heads/.')
param branch string

@description('Number of the release pipeline; 0 as long as there is none, and nothing listens.')
@minValue(0)
param releasePipelineId int
{% if new_data %}

@description('Number of the retrain pipeline; 0 as long as there is none, and nothing listens.')
@minValue(0)
param retrainPipelineId int

@description('Container that is watched for new data.')
param dataContainer string

@description('Only blobs whose names start like this count.')
param dataPrefix string
{% endif %}

var pipelines = 'https://dev.azure.com/${organization}/${uriComponent(project)}/_apis/pipelines'

// Pieces of the event, as the Logic App reads them.
var data = 'triggerBody()?[0]?[\'data\']'
var eventModel = '${data}?[\'modelName\']'
// Documented as text and as a number; both occur.
var eventVersion = 'string(${data}?[\'modelVersion\'])'

module modelRegistered './pipeline-trigger.bicep' = if (releasePipelineId > 0) {
  name: 'model-registered'
  params: {
    location: location
    tags: tags
    // Names of Logic Apps have 43 characters at the most, names of topics no underscores.
    name: '${take(workspaceName, 26)}-model-registered'
    topicName: '${replace(workspaceName, '_', '-')}-events'
    sourceId: resourceId('Microsoft.MachineLearningServices/workspaces', workspaceName)
    topicType: 'Microsoft.MachineLearningServices.Workspaces'
    filter: {
      includedEventTypes: [
        'Microsoft.MachineLearningServices.ModelRegistered'
      ]
      // Other models of the workspace have releases of their own.
      subjectBeginsWith: 'models/${modelName}:'
    }
    // A version is released once, however often its registration is told.
    claim: 'model/@{encodeUriComponent(${eventModel})}/@{encodeUriComponent(${eventVersion})}'
    windowMinutes: 0
    templateParameters: {
      modelName: '@{${eventModel}}'
      modelVersion: '@{${eventVersion}}'
    }
    runsAddress: '${pipelines}/${releasePipelineId}/runs?api-version=7.1'
    branch: branch
    identityId: identityId
    storageName: storageName
    eventsContainer: eventsContainer
{% if alerts %}
    actionGroupId: actionGroupId
{% endif %}
  }
}
{% if new_data %}

module dataArrived './pipeline-trigger.bicep' = if (retrainPipelineId > 0) {
  name: 'data-arrived'
  params: {
    location: location
    tags: tags
    name: '${take(workspaceName, 26)}-data-arrived'
    topicName: '${storageName}-events'
    sourceId: resourceId('Microsoft.Storage/storageAccounts', storageName)
    topicType: 'Microsoft.Storage.StorageAccounts'
    filter: {
      includedEventTypes: [
        'Microsoft.Storage.BlobCreated'
      ]
      subjectBeginsWith: '/blobServices/default/containers/${dataContainer}/blobs/${dataPrefix}'
    }
    // Many files that arrive together are one run: it waits until the claim is over before it looks at the data.
    claim: 'data/arrived'
    windowMinutes: {= window_minutes =}
    templateParameters: {
      newData: '@{${data}?[\'url\']}'
    }
    runsAddress: '${pipelines}/${retrainPipelineId}/runs?api-version=7.1'
    branch: branch
    identityId: identityId
    storageName: storageName
    eventsContainer: eventsContainer
{% if alerts %}
    actionGroupId: actionGroupId
{% endif %}
  }
}
{% endif %}
