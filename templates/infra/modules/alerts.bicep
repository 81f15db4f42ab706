// Who hears of it when scoring fails or slows down.

param tags object
param location string
param appInsightsId string

@description('Name that the alerts start with.')
param prefix string

@description('Mail addresses of the action group.')
param mail array

@description('Greatest share of failed requests over a quarter of an hour, in percent, as a decimal number.')
param failedPercent string

@description('Greatest mean duration of a request over a quarter of an hour, in milliseconds.')
param latencyMilliseconds int

resource actionGroup 'Microsoft.Insights/actionGroups@{= api.action_group =}' = {
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

resource latency 'Microsoft.Insights/metricAlerts@{= api.metric_alert =}' = {
  name: '${prefix}-latency'
  location: 'global'
  tags: tags
  properties: {
    description: 'Scoring requests take longer than they should.'
    enabled: true
    severity: 2
    scopes: [
      appInsightsId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'duration'
          metricNamespace: 'Microsoft.Insights/components'
          metricName: 'requests/duration'
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: latencyMilliseconds
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

// A share is no metric of its own: it is counted from the logs.
resource failures 'Microsoft.Insights/scheduledQueryRules@{= api.query_rule =}' = {
  name: '${prefix}-failures'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: '${prefix}-failures'
    description: 'Too many scoring requests fail.'
    enabled: true
    severity: 1
    scopes: [
      appInsightsId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: 'requests | summarize failed = 100.0 * countif(success == false) / count()'
          timeAggregation: 'Maximum'
          metricMeasureColumn: 'failed'
          operator: 'GreaterThan'
          threshold: json(failedPercent)
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [
        actionGroup.id
      ]
    }
  }
}

output actionGroupId string = actionGroup.id
