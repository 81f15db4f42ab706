// Parameters of the environment qa.
using './main.bicep'

param tags = {
  project: 'diabetes'
  environment: 'qa'
  'managed-by': 'mlops-gen'
  'cost-center': 'ml-research'
  'data-class': 'public'
}

param storageName = 'diabetesqamct4b'
param logsContainer = 'scoring-logs'
param keyVaultName = 'diabetes-qa-mct4b'
param appInsightsName = 'diabetes-qa-insights'
param logAnalyticsName = 'diabetes-qa-logs'
param retentionDays = 90
param scoringIdentityName = 'diabetes-qa-scoring'

param alertPrefix = 'diabetes-qa'
param failedPercent = '5'
param latencyMilliseconds = 100

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
