// The scoring image on Azure Container Instances.

param location string
param tags object

@description('The container group, and its DNS label.')
param name string

@description('Identity that pulls the image and writes the scoring log.')
param identityId string

param registryServer string
param image string

@description('CPU cores, as a decimal number.')
param cpu string

@description('Memory in GB, as a decimal number.')
param memoryInGB string

param port int
param livenessPath string
param readinessPath string

@description('Settings of the scoring server that are no secrets, as a list of name and value.')
param settings array

@secure()
param appInsightsConnectionString string
{% if key %}

@secure()
@description('Key that callers must show.')
param scoringKey string
{% endif %}
{% if tls %}

@secure()
@description('Certificate of the server and its key, as PEM.')
param certificate string
{% endif %}
{% if private %}

@description('Subnet of the group, delegated to Container Instances.')
param subnetId string
{% endif %}

var scheme = {= scheme =}

var secrets = [
  {
    name: 'APPLICATIONINSIGHTS_CONNECTION_STRING'
    secureValue: appInsightsConnectionString
  }
{% if key %}
  {
    name: 'SCORE_KEY'
    secureValue: scoringKey
  }
{% endif %}
]

resource group 'Microsoft.ContainerInstance/containerGroups@{= api.container_group =}' = {
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
    sku: 'Standard'
    osType: 'Linux'
    restartPolicy: 'Always'
    imageRegistryCredentials: [
      {
        server: registryServer
        identity: identityId
      }
    ]
{% if private %}
    subnetIds: [
      {
        id: subnetId
      }
    ]
{% endif %}
    ipAddress: {
{% if private %}
      type: 'Private'
{% else %}
      type: 'Public'
      dnsNameLabel: name
{% endif %}
      ports: [
        {
          port: port
          protocol: 'TCP'
        }
      ]
    }
    containers: [
      {
        name: 'scoring'
        properties: {
          image: image
          ports: [
            {
              port: port
              protocol: 'TCP'
            }
          ]
          environmentVariables: concat(settings, secrets)
{% if tls %}
          volumeMounts: [
            {
              name: 'tls'
              mountPath: '/etc/tls'
              readOnly: true
            }
          ]
{% endif %}
          resources: {
            requests: {
              cpu: json(cpu)
              memoryInGB: json(memoryInGB)
            }
            limits: {
              cpu: json(cpu)
              memoryInGB: json(memoryInGB)
            }
          }
          // A server that hangs is restarted; one that is not ready yet gets no traffic.
          livenessProbe: {
            httpGet: {
              path: livenessPath
              port: port
              scheme: scheme
            }
            initialDelaySeconds: 10
            periodSeconds: 10
            timeoutSeconds: 2
            failureThreshold: 6
          }
          readinessProbe: {
            httpGet: {
              path: readinessPath
              port: port
              scheme: scheme
            }
            periodSeconds: 5
            timeoutSeconds: 2
            failureThreshold: 3
          }
        }
      }
    ]
{% if tls %}
    // Files in memory; Azure takes their content in Base64.
    volumes: [
      {
        name: 'tls'
        secret: {
          'tls.pem': base64(certificate)
        }
      }
    ]
{% endif %}
  }
}

{% if private %}
output address string = '${scheme}://${group.properties.ipAddress.ip}:${port}'
{% else %}
output address string = '${scheme}://${group.properties.ipAddress.fqdn}:${port}'
{% endif %}
