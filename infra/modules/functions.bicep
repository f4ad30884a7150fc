metadata description = 'The function app on Flex Consumption, behind platform authentication, as its own identity.'

import { Names } from 'types.bicep'

param location string
param tags object
param names Names

param database string
param hubName string

@description('Where the deployed package lies.')
param deploymentContainer string

@description('Whether the app may act as the archive too.')
param actsAsArchive bool

@description('Age in days at which events are archived every night; 0 for never.')
param archiveAfterDays int

@description('Who is told of every event (docs/notifications.md). What signs is the secret notification-secret of the vault.')
param notificationWebhooks string[]

@description('Whether answers of read models are also kept in Table Storage.')
param cacheReadModels bool

@description('Client id of the app registration whose tokens open the door.')
param authClientId string

@description('Whether the app is reached, and goes out, through the private network only.')
param privateNetwork bool
param zoneRedundant bool
param alwaysReadyInstances int
param maximumInstances int
param instanceMemoryMB int

@description('Requests that one instance takes at a time; beyond, the platform adds an instance.')
param httpConcurrency int

// What the host, its triggers and the SDKs read.
var platformSettings = {
  AzureWebJobsStorage__accountName: names.hostStorage
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  CosmosDB__credential: 'managedidentity'
  EventHub__credential: 'managedidentity'
  AZURE_CLIENT_ID: identity.properties.clientId
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  PYTHON_ENABLE_OPENTELEMETRY: 'true' // the worker hands over the host's trace; the app exports by itself
}

// What the application itself reads: the names in settings/model.py.
var settings = {
  CosmosDB__accountEndpoint: cosmos.properties.documentEndpoint
  CosmosDB__clientId: identity.properties.clientId
  EventHub__fullyQualifiedNamespace: '${names.eventHubs}.servicebus.windows.net'
  EventHub__clientId: identity.properties.clientId
  ARCHIVE__blobServiceUri: archiveStorage.properties.primaryEndpoints.blob
  ARCHIVE__clientId: actsAsArchive ? archiveIdentity.properties.clientId : ''
  ARCHIVE_AFTER_DAYS: archiveAfterDays > 0 && !actsAsArchive
    ? fail('To archive by itself the application has to act as the archive.')
    : string(archiveAfterDays)
  KEY_VAULT_URL: vault.properties.vaultUri
  COSMOS_DATABASE: database
  EVENT_HUB_NAME: hubName
  FEED_POLL_MILLISECONDS: '500'
  HTTP_AUTH: 'platform'
  TRUSTED_PROXIES: '1' // the gateway, which appends the caller's address
  AGGREGATE_CACHE_ENTRIES: '10000'
  AGGREGATE_CACHE_BYTES: string(64 * 1024 * 1024)
  SNAPSHOT_INTERVALS: 'Order=500,Product=50'
  SHARDS: '16'
  RECONCILE_BEHIND_SECONDS: '120'
  NOTIFICATION_WEBHOOKS: join(notificationWebhooks, ',')
  NOTIFICATION_SECRET: empty(notificationWebhooks)
    ? ''
    : '@Microsoft.KeyVault(SecretUri=${vault.properties.vaultUri}secrets/notification-secret)'
  READ_MODEL_CACHE__tableServiceUri: cacheReadModels ? hostStorage.properties.primaryEndpoints.table : ''
  READ_MODEL_CACHE__clientId: cacheReadModels ? identity.properties.clientId : ''
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  OTEL_EXPORTER_OTLP_ENDPOINT: ''
  OTEL_TRACES_EXPORTER: 'otlp'
  OTEL_METRICS_EXPORTER: 'otlp'
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.appIdentity
}

resource archiveIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.archiveIdentity
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' existing = {
  name: names.cosmos
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: names.vault
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: names.hostStorage
}

resource archiveStorage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: names.archiveStorage
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: names.insights
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' existing = if (privateNetwork) {
  name: names.network

  resource subnet 'subnets' existing = {
    name: 'app'
  }
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: names.plan
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: names.app
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: toObject(
      actsAsArchive ? [identity.id, archiveIdentity.id] : [identity.id],
      id => id,
      id => {}
    )
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    virtualNetworkSubnetId: privateNetwork ? network::subnet.id : null
    keyVaultReferenceIdentity: identity.id
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainer
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReadyInstances == 0 ? [] : [{ name: 'http', instanceCount: alwaysReadyInstances }]
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(platformSettings, settings)
  }

  // Every request needs a token of this tenant for this application. Only the health check is open: it
  // names no address and no error.
  resource authentication 'config' = {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'Return401'
        excludedPaths: ['/api/health']
      }
      httpSettings: { requireHttps: true }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: authClientId
            openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
          }
          validation: { allowedAudiences: [authClientId, 'api://${authClientId}'] }
        }
      }
      login: { tokenStore: { enabled: false } }
    }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

output url string = 'https://${app.properties.defaultHostName}'
