metadata description = 'The gateway: one door with one contract (openapi.public.json), tokens and no keys.'

import { Names } from 'types.bicep'

param location string
param tags object
param names Names

@allowed(['Consumption', 'StandardV2'])
param sku string
param publisherName string
param publisherEmail string

param authClientId string

@description('Whether the gateway reaches the application through the private network; Standard v2 only.')
param privateNetwork bool

@description('Requests a minute: of each caller with Standard v2, of all callers together with Consumption, which cannot tell them apart.')
param requestsPerMinute int

var consumption = sku == 'Consumption'
var rateLimit = consumption
  ? '<rate-limit calls="${requestsPerMinute}" renewal-period="60" />'
  : '<rate-limit-by-key calls="${requestsPerMinute}" renewal-period="60" counter-key="@(((Jwt)context.Variables["token"]).Subject)" />'

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: names.insights
}

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: names.app
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' existing = if (privateNetwork) {
  name: names.network

  resource subnet 'subnets' existing = {
    name: 'gateway'
  }
}

resource gateway 'Microsoft.ApiManagement/service@2024-05-01' = {
  name: names.gateway
  location: location
  tags: tags
  sku: { name: sku, capacity: consumption ? 0 : 1 }
  identity: { type: 'SystemAssigned' }
  properties: {
    publisherName: publisherName
    publisherEmail: publisherEmail
    virtualNetworkType: privateNetwork ? 'External' : 'None'
    virtualNetworkConfiguration: privateNetwork ? { subnetResourceId: network::subnet.id } : null
    customProperties: consumption
      ? {
          'Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Protocols.Tls10': 'False'
          'Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Protocols.Tls11': 'False'
        }
      : {}
  }

  resource tenantId 'namedValues' = {
    name: 'tenant-id'
    properties: { displayName: 'tenant-id', value: tenant().tenantId }
  }

  resource applicationId 'namedValues' = {
    name: 'application-id'
    properties: { displayName: 'application-id', value: authClientId }
  }

  resource application 'backends' = {
    name: 'application'
    properties: {
      protocol: 'http'
      url: 'https://${app.properties.defaultHostName}/api'
      tls: { validateCertificateChain: true, validateCertificateName: true }
    }
  }

  resource product 'products' = {
    name: 'order-system'
    properties: {
      displayName: 'Order system'
      description: 'Orders, products and their reports. A token opens it; there are no keys.'
      subscriptionRequired: false
      state: 'published'
    }

    resource api 'apis' = {
      name: gateway::api.name
    }
  }

  resource api 'apis' = {
    name: 'order-system'
    properties: {
      displayName: 'Order system'
      path: 'api'
      protocols: ['https']
      subscriptionRequired: false
      format: 'openapi+json'
      value: string(loadJsonContent('../../openapi.public.json'))
      apiType: 'http'
    }

    resource policy 'policies' = {
      name: 'policy'
      properties: { format: 'rawxml', value: replace(loadTextContent('../policies/api.xml'), 'RATE-LIMIT', rateLimit) }
      dependsOn: [tenantId, applicationId, application]
    }

    resource diagnostics 'diagnostics' = {
      name: 'applicationinsights'
      properties: {
        loggerId: gateway::logger.id
        alwaysLog: 'allErrors'
        httpCorrelationProtocol: 'W3C'
        logClientIp: false
        sampling: { samplingType: 'fixed', percentage: 100 }
      }
    }
  }

  // The connection string says where telemetry goes; what may be sent there is decided by identity.
  resource logger 'loggers' = {
    name: 'application-insights'
    properties: {
      loggerType: 'applicationInsights'
      resourceId: insights.id
      credentials: { connectionString: insights.properties.ConnectionString, identityClientId: 'SystemAssigned' }
    }
  }
}

output url string = gateway.properties.gatewayUrl
