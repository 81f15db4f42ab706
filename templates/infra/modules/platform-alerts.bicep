// Who hears of it when training fails{% if drift %}, or when what is scored drifts{% endif %}.

param tags object

@description('Name that the alerts start with.')
param prefix string

{% if alerts %}
param workspaceId string
{% endif %}
{% if drift %}
param location string
param appInsightsId string
{% endif %}

@description('Mail addresses of the action group.')
param mail array

resource actionGroup 'Microsoft.Insights/actionGroups@{= api.action_group =}' = {
  name: '${prefix}-team'
  location: 'Global'
  tags: tags
  properties: {
    enabled: true
    // Shown in text messages: twelve characters at the most.
    groupShortName: take(prefix, 12)
    emailReceivers: [for (address, index) in mail: {
      name: 'mail-${index}'
      emailAddress: address
      useCommonAlertSchema: true
    }]
  }
}

{% if alerts %}
resource training 'Microsoft.Insights/metricAlerts@{= api.metric_alert =}' = {
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

{% endif %}
{% if drift %}
// The drift pipeline sends an event when something is beyond its limit.
resource drift 'Microsoft.Insights/scheduledQueryRules@{= api.query_rule =}' = {
  name: '${prefix}-drift'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: '${prefix}-drift'
    description: 'What is scored has drifted from what the model was trained on.'
    enabled: true
    severity: 2
    scopes: [
      appInsightsId
    ]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT1H'
    // Each event is mail once: the rule is not evaluated again for it.
    muteActionsDuration: 'PT1H'
    autoMitigate: false
    criteria: {
      allOf: [
        {
          query: 'customEvents | where name == "drift"'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
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

{% endif %}
output actionGroupId string = actionGroup.id
