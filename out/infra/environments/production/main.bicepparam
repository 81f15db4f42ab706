// Parameters of the environment production.
using './main.bicep'

param tags = {
  project: 'diabetes'
  environment: 'production'
  'managed-by': 'mlops-gen'
  'cost-center': 'ml-research'
  'data-class': 'public'
}

param storageName = 'diabetesproductionmct4b'
param logsContainer = 'scoring-logs'
param keyVaultName = 'diabm7j-production-mct4b'
param appInsightsName = 'diabetes-production-insights'
param logAnalyticsName = 'diabetes-production-logs'
param retentionDays = 90
param scoringIdentityName = 'diabetes-production-scoring'

param clusterName = 'diabetes-production'
param controlPlaneIdentityName = 'diabetes-production-control-plane'
param kubeletIdentityName = 'diabetes-production-kubelet'
param nodeSize = 'Standard_D2ds_v5'
param minNodes = 1
param maxNodes = 3
param podRange = '192.168.0.0/16'
param serviceRange = '172.16.0.0/16'
param dnsServiceAddress = '172.16.0.10'
param namespaceName = 'diabetes'
param serviceAccountName = 'diabetes-scoring'

param alertPrefix = 'diabetes-production'
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
