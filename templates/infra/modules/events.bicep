// What happens by itself: a registered model starts the release pipeline{% if new_data %}, new data starts the retrain pipeline{% endif %}.
//
// Event Grid delivers each event at least once to a Logic App. The Logic App claims it by writing a blob that must not
// exist yet, so a second delivery finds the claim and stops; then it starts the pipeline as a managed identity. If that
// fails, the claim is taken back and the delivery counts as failed: Event Grid tries again for a day, and what never
// works ends as a blob in the same container.

param location string
param tags object
param storageName string

@description('Container of claims and undelivered events.')
param eventsContainer string

param workspaceName string

@description('Identity that writes claims and starts pipelines; it is a user of the Azure DevOps organization.')
param identityId string

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

// Azure DevOps, as an audience of tokens: the same id in every tenant.
var azureDevOps = '499b84ac-1321-427f-aa17-267ca6975798'
var pipelines = 'https://dev.azure.com/${organization}/${uriComponent(project)}/_apis/pipelines'
var claims = 'https://${storageName}.blob.${environment().suffixes.storage}/${eventsContainer}/claims'

{% for flow in flows %}
{% if flow.comment %}
// {= flow.comment =}
{% endif %}
resource {= flow.symbol =} 'Microsoft.Logic/workflows@{= api.workflow =}' = if ({= flow.pipeline =} > 0) {
  name: {= flow.name =}
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
      '$schema': 'https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#'
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
                  uri: {= flow.claim =}
                  headers: {
                    'If-None-Match': '*'
                    'x-ms-blob-type': 'BlockBlob'
                    'x-ms-version': '2023-11-03'
                  }
                  body: '@{triggerBody()?[0]?[\'id\']}'
                  authentication: {
                    type: 'ManagedServiceIdentity'
                    identity: '@parameters(\'identity\')'
                    audience: 'https://storage.azure.com/'
                  }
                }
              }
              Claim_refused: {
                type: 'Response'
                kind: 'Http'
                runAfter: {
                  Claim: [
                    'Failed'
                    'TimedOut'
                  ]
                }
                inputs: {
                  // A duplicate is done with; anything else is tried again.
                  statusCode: '@if(equals(outputs(\'Claim\')?[\'statusCode\'], 409), 200, 503)'
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
                    templateParameters: {
{% for parameter in flow.parameters %}
                      {= parameter.name =}: {= parameter.value =}
{% endfor %}
                    }
                  }
                  authentication: {
                    type: 'ManagedServiceIdentity'
                    identity: '@parameters(\'identity\')'
                    audience: '@parameters(\'audience\')'
                  }
                }
              }
              Accepted: {
                type: 'Response'
                kind: 'Http'
                runAfter: {
                  Run_pipeline: [
                    'Succeeded'
                  ]
                }
                inputs: {
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
                  uri: {= flow.claim =}
                  headers: {
                    'x-ms-version': '2023-11-03'
                  }
                  authentication: {
                    type: 'ManagedServiceIdentity'
                    identity: '@parameters(\'identity\')'
                    audience: 'https://storage.azure.com/'
                  }
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
        value: '${pipelines}/${string({= flow.pipeline =})}/runs?api-version=7.1'
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

resource {= flow.topic =} 'Microsoft.EventGrid/systemTopics@{= api.system_topic =}' = if ({= flow.pipeline =} > 0) {
  name: {= flow.topic_name =}
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    source: resourceId({= flow.source_type =}, {= flow.source_name =})
    topicType: {= flow.topic_type =}
  }
}

resource {= flow.subscription =} 'Microsoft.EventGrid/systemTopics/eventSubscriptions@{= api.event_subscription =}' = if ({= flow.pipeline =} > 0) {
  parent: {= flow.topic =}
  name: 'pipeline'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: listCallbackUrl('${{= flow.symbol =}.id}/triggers/event', '{= api.workflow =}').value
        maxEventsPerBatch: 1
      }
    }
    filter: {
{% for line in flow.filter %}
      {= line =}
{% endfor %}
    }
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
{% if not loop.last %}

{% endif %}
{% endfor %}
