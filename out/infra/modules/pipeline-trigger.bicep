// A way from an event to a pipeline: Event Grid delivers to a Logic App, which starts the pipeline once.
//
// Event Grid delivers each event at least once. The Logic App claims it by writing a blob that must not exist yet, so a
// second delivery finds the claim and stops; then it starts the pipeline as a managed identity. If that fails, the
// claim is taken back and the delivery counts as failed: Event Grid tries again for a day, and what never works ends as
// a blob in the same container.

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

var schema = 'https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#'
// Azure DevOps, as an audience of tokens: the same id in every tenant.
var azureDevOps = '499b84ac-1321-427f-aa17-267ca6975798'
var claims = 'https://${storageName}.blob.${environment().suffixes.storage}/${eventsContainer}/claims'
var claimAddress = '@{parameters(\'claims\')}/${claim}'

resource workflow 'Microsoft.Logic/workflows@2019-05-01' = {
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
                    'x-ms-version': '2023-11-03'
                    'x-ms-date': '@{formatDateTime(utcNow(), \'r\')}'
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
                    templateParameters: templateParameters
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
                  uri: claimAddress
                  headers: {
                    'x-ms-version': '2023-11-03'
                    'x-ms-date': '@{formatDateTime(utcNow(), \'r\')}'
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

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
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

resource delivery 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'pipeline'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: listCallbackUrl('${workflow.id}/triggers/event', '2019-05-01').value
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
