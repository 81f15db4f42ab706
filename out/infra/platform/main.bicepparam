// The platform's parameters.
using './main.bicep'

param tags = {
  project: 'diabetes'
  environment: 'platform'
  'managed-by': 'mlops-gen'
  'cost-center': 'ml-research'
  'data-class': 'public'
}

param workspaceName = 'diabetes-ml'
param workspaceIdentityName = 'diabetes-ml-identity'
param displayName = 'diabetes'
param summary = 'Predicts the progression of diabetes one year after baseline'
param storageName = 'diabetesmlmct4b'
param containers = [
  'data'
  'models'
]
param keyVaultName = 'diabetes-ml-mct4b'
param registryName = 'diabetesmct4b'
param appInsightsName = 'diabetes-ml-insights'
param logAnalyticsName = 'diabetes-ml-logs'
param retentionDays = 90
param trainingIdentityName = 'diabetes-training'
param eventsIdentityName = 'diabetes-events'

param trainingCluster = {
  name: 'cpu-cluster'
  vmSize: 'Standard_D4ds_v5'
  priority: 'LowPriority'
  minNodes: 0
  maxNodes: 4
  idleTime: 'PT300S'
}

// What starts by itself. The pipelines' numbers are known once Azure DevOps has the pipelines.
param modelName = 'diabetes'
param organization = 'contoso'
param project = 'health-ml'
param branch = 'main'
param releasePipelineId = int(readEnvironmentVariable('RELEASE_PIPELINE_ID', '0'))
param retrainPipelineId = int(readEnvironmentVariable('RETRAIN_PIPELINE_ID', '0'))
param newDataContainer = 'data'
param newDataPrefix = 'incoming/'

param budgetAmount = 300
param budgetStart = '2026-12-01'
param budgetThresholds = [
  50
  80
  100
]

param mail = [
  'ml-team@contoso.example'
]
