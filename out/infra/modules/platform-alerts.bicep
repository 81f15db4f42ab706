// Who hears of it when training fails.

param tags object

@description('Name that the alerts start with.')
param prefix string

param workspaceId string

@description('Mail addresses of the action group.')
param mail array

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${prefix}-team'
  location: 'Global'
  tags: tags
  properties: {
    enabled: true
    // Shown in text messages: twelve characters at the most.
    groupShortName: take(prefix, 12)
    emailReceivers: [
      for (address, index) in mail: {
        name: 'mail-${index}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

resource training 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: '${prefix}-training'
  location: 'global'
  tags: tags
  properties: {
    description: 'A job of Azure Machine Learning has failed.'
    enabled: true
    severity: 2
    scopes: [
      workspaceId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'failed'
          metricNamespace: 'Microsoft.MachineLearningServices/workspaces'
          metricName: 'Failed Runs'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [
      {
        actionGroupId: actionGroup.id
      }
    ]
  }
}

output actionGroupId string = actionGroup.id
