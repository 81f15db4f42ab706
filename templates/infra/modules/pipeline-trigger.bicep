// A way from an event to a pipeline: Event Grid delivers to a Logic App, which starts the pipeline once.
//
// Event Grid delivers each event at least once, waits 30 seconds for an answer, and delivers again. The Logic App
// claims the event by writing a blob that must not exist yet, starts the pipeline as a managed identity, and
// writes into the claim that it is started. Who finds a claim answers 200 only when it is: as long as it is not,
// the delivery counts as failed, so that Event Grid tries again for a day, and what never works ends as a blob in
// the same container. No action tries again by itself, or the answer would come too late for anybody to hear.

param location string
param tags object

@description('The Logic App.')
param name string

@description('The system topic.')
param topicName string

@description('Resource that the events are about.')
param sourceId string

@description('Kind of the topic: Microsoft.Storage.StorageAccounts…')
param topicType string

@description('Which events count: a filter of an Event Grid subscription.')
param filter object

@description('What is claimed, as a path that may hold workflow expressions: one path, one run.')
param claim string

@description('Minutes that a claim holds: events that come within them belong to the run that is started. 0: for ever.')
@minValue(0)
param windowMinutes int

@description('Values of the pipeline\'s parameters, which may hold workflow expressions.')
param templateParameters object

@description('Address that starts a run.')
param runsAddress string

@description('Branch that the pipeline runs on, without refs/heads/.')
param branch string

@description('Identity that writes claims and starts pipelines; it is a user of the Azure DevOps organization.')
param identityId string

param storageName string

@description('Container of claims and undelivered events.')
param eventsContainer string
{% if alerts %}

@description('Who hears of events that reached nobody, and of runs that were not started.')
param actionGroupId string
{% endif %}

var schema = 'https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#'
// Azure DevOps, as an audience of tokens: the same id in every tenant.
var azureDevOps = '499b84ac-1321-427f-aa17-267ca6975798'
var claims = 'https://${storageName}.blob.${environment().suffixes.storage}/${eventsContainer}/claims'
var claimAddress = '@{parameters(\'claims\')}/${claim}'
// A claim that did not come to a start within ten minutes is nobody's; "for ever" is ten years.
var window = windowMinutes > 0 ? windowMinutes : 5256000
var claimed = 'outputs(\'Look\')?[\'headers\']'
var started = 'equals(${claimed}?[\'x-ms-meta-state\'], \'started\')'
var oldest = 'addMinutes(utcNow(), if(${started}, -${window}, -10))'
var over = 'less(coalesce(${claimed}?[\'x-ms-meta-at\'], utcNow()), ${oldest})'
var refused = 'equals(outputs(\'Claim\')?[\'statusCode\'], 409)'
var done = 'and(${refused}, ${started}, not(${over}))'

resource workflow 'Microsoft.Logic/workflows@{= api.workflow =}' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    state: 'Enabled'
    definition: {
      '$schema': schema
      contentVersion: '1.0.0.0'
      parameters: {
        claims: {
          type: 'String'
        }
        runs: {
          type: 'String'
        }
        refName: {
          type: 'String'
        }
        identity: {
          type: 'String'
        }
        audience: {
          type: 'String'
        }
      }
      triggers: {
        event: {
          type: 'Request'
          kind: 'Http'
          inputs: {
            method: 'POST'
          }
        }
      }
      actions: {
        // Event Grid asks once whether we want its events, and wants its code back.
        Is_handshake: {
          type: 'If'
          runAfter: {}
          expression: {
            and: [
              {
                equals: [
                  '@triggerBody()?[0]?[\'eventType\']'
                  'Microsoft.EventGrid.SubscriptionValidationEvent'
                ]
              }
            ]
          }
          actions: {
            Answer_handshake: {
              type: 'Response'
              kind: 'Http'
              runAfter: {}
              inputs: {
                statusCode: 200
                body: {
                  validationResponse: '@triggerBody()?[0]?[\'data\']?[\'validationCode\']'
                }
              }
            }
          }
          else: {
            actions: {
              // Fails with 409 where the blob exists already: somebody had this event before.
              Claim: {
                type: 'Http'
                runAfter: {}
                inputs: {
                  method: 'PUT'
                  uri: claimAddress
                  headers: {
                    'If-None-Match': '*'
                    'x-ms-blob-type': 'BlockBlob'
                    'x-ms-meta-state': 'claimed'
                    'x-ms-meta-at': '@{utcNow()}'
                    'x-ms-version': '2023-11-03'
                    'x-ms-date': '@{formatDateTime(utcNow(), \'r\')}'
                  }
                  body: '@{triggerBody()?[0]?[\'id\']}'
                  retryPolicy: {
                    type: 'none'
                  }
                  authentication: {
                    type: 'ManagedServiceIdentity'
                    identity: '@parameters(\'identity\')'
                    audience: 'https://storage.azure.com/'
                  }
                }
                limit: {
                  timeout: 'PT4S'
                }
              }
              Look: {
                type: 'Http'
                runAfter: {
                  Claim: [
                    'Failed'
                    'TimedOut'
                  ]
                }
                inputs: {
                  method: 'HEAD'
                  uri: claimAddress
                  headers: {
                    'x-ms-version': '2023-11-03'
                    'x-ms-date': '@{formatDateTime(utcNow(), \'r\')}'
                  }
                  retryPolicy: {
                    type: 'none'
                  }
                  authentication: {
                    type: 'ManagedServiceIdentity'
                    identity: '@parameters(\'identity\')'
                    audience: 'https://storage.azure.com/'
                  }
                }
                limit: {
                  timeout: 'PT4S'
                }
              }
              // Its time is over: the next delivery claims anew. Only the claim that was looked at is let go.
              Is_over: {
                type: 'If'
                runAfter: {
                  Look: [
                    'Succeeded'
                    'Failed'
                    'TimedOut'
                  ]
                }
                expression: '@${over}'
                actions: {
                  Let_go: {
                    type: 'Http'
                    runAfter: {}
                    inputs: {
                      method: 'DELETE'
                      uri: claimAddress
                      headers: {
                        'If-Match': '@{${claimed}?[\'ETag\']}'
                        'x-ms-version': '2023-11-03'
                        'x-ms-date': '@{formatDateTime(utcNow(), \'r\')}'
                      }
                      retryPolicy: {
                        type: 'none'
                      }
                      authentication: {
                        type: 'ManagedServiceIdentity'
                        identity: '@parameters(\'identity\')'
                        audience: 'https://storage.azure.com/'
                      }
                    }
                    limit: {
                      timeout: 'PT4S'
                    }
                  }
                }
              }
              // Not where it is skipped: then the claim is ours, and a run is started.
              Claim_refused: {
                type: 'Response'
                kind: 'Http'
                runAfter: {
                  Is_over: [
                    'Succeeded'
                    'Failed'
                    'TimedOut'
                  ]
                }
                inputs: {
                  // What is started is done with; anything else is delivered again.
                  statusCode: '@if(${done}, 200, 503)'
                }
              }
              // Who comes second has failed to claim; without this its run would count as failed, and raise an alert.
              Is_done: {
                type: 'If'
                runAfter: {
                  Claim_refused: [
                    'Succeeded'
                  ]
                }
                expression: '@${done}'
                actions: {
                  End: {
                    type: 'Terminate'
                    runAfter: {}
                    inputs: {
                      runStatus: 'Succeeded'
                    }
                  }
                }
              }
              Run_pipeline: {
                type: 'Http'
                runAfter: {
                  Claim: [
                    'Succeeded'
                  ]
                }
                inputs: {
                  method: 'POST'
                  uri: '@parameters(\'runs\')'
                  headers: {
                    'Content-Type': 'application/json'
                  }
                  body: {
                    resources: {
                      repositories: {
                        self: {
                          refName: '@parameters(\'refName\')'
                        }
                      }
                    }
                    templateParameters: templateParameters
                  }
                  retryPolicy: {
                    type: 'none'
                  }
                  authentication: {
                    type: 'ManagedServiceIdentity'
                    identity: '@parameters(\'identity\')'
                    audience: '@parameters(\'audience\')'
                  }
                }
                limit: {
                  timeout: 'PT12S'
                }
              }
              Mark_started: {
                type: 'Http'
                runAfter: {
                  Run_pipeline: [
                    'Succeeded'
                  ]
                }
                inputs: {
                  method: 'PUT'
                  uri: claimAddress
                  headers: {
                    'x-ms-blob-type': 'BlockBlob'
                    'x-ms-meta-state': 'started'
                    'x-ms-meta-at': '@{utcNow()}'
                    'x-ms-version': '2023-11-03'
                    'x-ms-date': '@{formatDateTime(utcNow(), \'r\')}'
                  }
                  body: '@{triggerBody()?[0]?[\'id\']}'
                  retryPolicy: {
                    type: 'none'
                  }
                  authentication: {
                    type: 'ManagedServiceIdentity'
                    identity: '@parameters(\'identity\')'
                    audience: 'https://storage.azure.com/'
                  }
                }
                limit: {
                  timeout: 'PT4S'
                }
              }
              Accepted: {
                type: 'Response'
                kind: 'Http'
                runAfter: {
                  Mark_started: [
                    'Succeeded'
                    'Failed'
                    'TimedOut'
                  ]
                }
                inputs: {
                  // The run is there, whatever became of the mark.
                  statusCode: 202
                }
              }
              Take_claim_back: {
                type: 'Http'
                runAfter: {
                  Run_pipeline: [
                    'Failed'
                    'TimedOut'
                  ]
                }
                inputs: {
                  method: 'DELETE'
                  uri: claimAddress
                  headers: {
                    'x-ms-version': '2023-11-03'
                    'x-ms-date': '@{formatDateTime(utcNow(), \'r\')}'
                  }
                  retryPolicy: {
                    type: 'none'
                  }
                  authentication: {
                    type: 'ManagedServiceIdentity'
                    identity: '@parameters(\'identity\')'
                    audience: 'https://storage.azure.com/'
                  }
                }
                limit: {
                  timeout: 'PT4S'
                }
              }
              Try_again: {
                type: 'Response'
                kind: 'Http'
                runAfter: {
                  Take_claim_back: [
                    'Succeeded'
                    'Failed'
                    'TimedOut'
                  ]
                }
                inputs: {
                  statusCode: 503
                }
              }
            }
          }
        }
      }
    }
    parameters: {
      claims: {
        value: claims
      }
      runs: {
        value: runsAddress
      }
      refName: {
        value: 'refs/heads/${branch}'
      }
      identity: {
        value: identityId
      }
      audience: {
        value: azureDevOps
      }
    }
  }
}

resource topic 'Microsoft.EventGrid/systemTopics@{= api.system_topic =}' = {
  name: topicName
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    source: sourceId
    topicType: topicType
  }
}

resource delivery 'Microsoft.EventGrid/systemTopics/eventSubscriptions@{= api.event_subscription =}' = {
  parent: topic
  name: 'pipeline'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: listCallbackUrl('${workflow.id}/triggers/event', '{= api.workflow =}').value
        maxEventsPerBatch: 1
      }
    }
    filter: filter
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
    deadLetterWithResourceIdentity: {
      identity: {
        type: 'UserAssigned'
        userAssignedIdentity: identityId
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: resourceId('Microsoft.Storage/storageAccounts', storageName)
          blobContainerName: eventsContainer
        }
      }
    }
  }
}
{% if alerts %}

// An event that could not be delivered for a day lies in the container: nothing will start by itself any more.
resource undelivered 'Microsoft.Insights/metricAlerts@{= api.metric_alert =}' = {
  name: '${name}-undelivered'
  location: 'global'
  tags: tags
  properties: {
    description: 'An event has reached nobody: what it should have started has to be started by hand.'
    enabled: true
    severity: 1
    scopes: [
      topic.id
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dead-lettered'
          metricNamespace: 'Microsoft.EventGrid/systemTopics'
          metricName: 'DeadLetteredCount'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [
      {
        actionGroupId: actionGroupId
      }
    ]
  }
}

resource broken 'Microsoft.Insights/metricAlerts@{= api.metric_alert =}' = {
  name: '${name}-failed'
  location: 'global'
  tags: tags
  properties: {
    description: 'The Logic App cannot start the pipeline; it is asked again for a day.'
    enabled: true
    severity: 2
    scopes: [
      workflow.id
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
          metricNamespace: 'Microsoft.Logic/workflows'
          metricName: 'RunsFailed'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [
      {
        actionGroupId: actionGroupId
      }
    ]
  }
}
{% endif %}
