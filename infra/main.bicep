metadata description = 'Everything that the order system runs on, in a resource group of its own, without a key anywhere.'
targetScope = 'subscription'

@minLength(1)
@maxLength(32)
@description('Name of the environment; names of resources follow from it.')
param environmentName string

@description('Region of all resources.')
param location string

@minLength(36)
@maxLength(36)
@description('Client id of the app registration for which callers\' tokens are made.')
param authClientId string

@description('Who administers the reporting database: an Entra user, group or application.')
param sqlAdministrator { name: string, objectId: string, type: 'User' | 'Group' | 'Application' }

@description('People who may run the application on their machines against this environment, by object id.')
param developerPrincipalIds string[] = []

@description('The gateway\'s tier. Standard v2 limits the rate of each caller and reaches into a private network.')
param gatewaySku 'Consumption' | 'StandardV2' = 'Consumption'
param publisherName string = 'Order system'
param publisherEmail string
param requestsPerMinute int = gatewaySku == 'Consumption' ? 6000 : 600

@description('Autoscale maximum of Cosmos DB in RU/s, for the events and for all else each; 0 makes it serverless.')
param cosmosAutoscaleMaxThroughput int = 0
param backupTier 'Continuous7Days' | 'Continuous30Days' = 'Continuous30Days'

@description('Name of the account of Cosmos DB that a restore has made; without one it follows from the environment.')
param cosmosAccountName string = ''

@description('Whether a lock keeps the event store from being deleted.')
param lockEventStore bool = false

param eventHubsThroughputUnits int = 1

@description('How far throughput units grow by themselves; 0 lets them stay.')
param eventHubsMaximumThroughputUnits int = 4

@description('Whether every message of the hub is also kept as Avro in the archive account.')
param captureEvents bool = false

@description('Instances that are always warm for HTTP; 0 accepts cold starts.')
param alwaysReadyInstances int = 0
param maximumInstances int = 40
param instanceMemoryMB 512 | 2048 | 4096 = 2048
param httpConcurrency int = 16

@description('URLs that are told of every event; they need the secret notification-secret in the vault.')
param notificationWebhooks string[] = []

@description('Whether answers of read models are also kept in Table Storage, which is cheaper than request units.')
param cacheReadModels bool = false

@description('Whether the app may act as the archive too, for a timer or operation that archives. Otherwise only who is given that identity can replace events.')
param archiveInApp bool = false

@description('Age in days at which events are archived every night; 0 for never. Needs archiveInApp.')
param archiveAfterDays int = 0

@description('Whether services are reached through private endpoints only. Needs Standard v2 of the gateway.')
param privateNetwork bool = false
param zoneRedundant bool = false

param logRetentionDays int = 30

@description('Who is told of alerts.')
param alertEmail string = ''
param expectedEventsPerMinute int = 60

var resources = loadJsonContent('resources.json')
var hub = resources.eventHubs[0]
var containers = map(resources.containers, container => container.name)
var developers = filter(developerPrincipalIds, id => !empty(id))
var tags = { 'azd-env-name': environmentName }
var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))
var names = {
  appIdentity: 'id-app-${resourceToken}'
  archiveIdentity: 'id-archive-${resourceToken}'
  captureIdentity: 'id-capture-${resourceToken}'
  hostStorage: 'st${resourceToken}'
  archiveStorage: 'starch${resourceToken}'
  cosmos: empty(cosmosAccountName) ? 'cosmos-${resourceToken}' : cosmosAccountName
  eventHubs: 'evhns-${resourceToken}'
  vault: 'kv-${resourceToken}'
  plan: 'plan-${resourceToken}'
  app: 'func-${resourceToken}'
  gateway: 'apim-${resourceToken}'
  sql: 'sql-${resourceToken}'
  analytics: 'asa-${resourceToken}'
  analyticsCluster: 'asacluster-${resourceToken}'
  workspace: 'log-${resourceToken}'
  insights: 'appi-${resourceToken}'
  network: 'vnet-${resourceToken}'
}
var reportingDatabase = 'reporting'

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { location: location, tags: tags, names: names }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: { location: location, tags: tags, names: names, retentionDays: logRetentionDays }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  params: { location: location, tags: tags, names: names }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    names: names
    zoneRedundant: zoneRedundant
    publicAccess: !privateNetwork
  }
}

module cosmos 'modules/cosmos.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    names: names
    database: resources.database
    containers: resources.containers
    autoscaleMaxThroughput: cosmosAutoscaleMaxThroughput
    zoneRedundant: zoneRedundant
    publicAccess: !privateNetwork
    backupTier: backupTier
    locked: lockEventStore
  }
}

module eventHubs 'modules/event-hubs.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    names: names
    hub: hub
    publicAccess: !privateNetwork
    throughputUnits: eventHubsThroughputUnits
    maximumThroughputUnits: eventHubsMaximumThroughputUnits
    captured: captureEvents
  }
  dependsOn: [captureAccess]
}

module vault 'modules/key-vault.bicep' = {
  scope: group
  params: { location: location, tags: tags, names: names, publicAccess: !privateNetwork }
}

module app 'modules/functions.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    names: names
    database: resources.database
    hubName: hub.name
    deploymentContainer: storage.outputs.deploymentContainer
    actsAsArchive: archiveInApp
    archiveAfterDays: archiveAfterDays
    notificationWebhooks: notificationWebhooks
    cacheReadModels: cacheReadModels
    authClientId: authClientId
    privateNetwork: privateNetwork
    zoneRedundant: zoneRedundant
    alwaysReadyInstances: alwaysReadyInstances
    maximumInstances: maximumInstances
    instanceMemoryMB: instanceMemoryMB
    httpConcurrency: httpConcurrency
  }
  dependsOn: [identity, cosmos, eventHubs, vault, monitoring, network]
}

module gateway 'modules/api-management.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    names: names
    sku: privateNetwork && gatewaySku == 'Consumption'
      ? fail('A private network needs the gateway tier StandardV2.')
      : gatewaySku
    publisherName: publisherName
    publisherEmail: publisherEmail
    authClientId: authClientId
    privateNetwork: privateNetwork
    requestsPerMinute: requestsPerMinute
  }
  dependsOn: [app]
}

module sql 'modules/sql.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    names: names
    databaseName: reportingDatabase
    administrator: sqlAdministrator
    publicAccess: !privateNetwork
    zoneRedundant: zoneRedundant
  }
}

module analyticsCluster 'modules/stream-analytics-cluster.bicep' = if (privateNetwork) {
  scope: group
  params: { location: location, tags: tags, names: names }
  dependsOn: [eventHubs, sql]
}

module analytics 'modules/stream-analytics.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    names: names
    hubName: hub.name
    consumerGroup: 'stream_analytics'
    sqlDatabase: reportingDatabase
    query: loadTextContent('sql/stream-analytics.sql')
    tables: ['order_events', 'order_items']
    privateNetwork: privateNetwork
  }
  dependsOn: [eventHubs, sql, analyticsCluster]
}

module access 'modules/access.bicep' = {
  scope: group
  params: { names: names, hubName: hub.name, developerPrincipalIds: developers }
  dependsOn: [identity, storage, eventHubs, vault, monitoring, analytics, gateway]
}

// Before the hub, which tries its right to write as soon as capture is switched on.
module captureAccess 'modules/capture-access.bicep' = {
  scope: group
  params: { names: names }
  dependsOn: [identity, storage]
}

module cosmosAccess 'modules/cosmos-access.bicep' = {
  scope: group
  params: {
    names: names
    database: resources.database
    containers: containers
    appendOnly: filter(containers, name => contains(['events', 'access_log'], name))
    developerPrincipalIds: developers
  }
  dependsOn: [identity, cosmos]
}

module diagnostics 'modules/diagnostics.bicep' = {
  scope: group
  params: { names: names }
  dependsOn: [monitoring, cosmos, eventHubs, vault, analytics]
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    names: names
    email: alertEmail
    expectedEventsPerMinute: expectedEventsPerMinute
  }
  dependsOn: [monitoring, cosmos, eventHubs, analytics]
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: { location: location, tags: tags, names: names }
  dependsOn: [monitoring]
}

module privateEndpoints 'modules/private-endpoints.bicep' = if (privateNetwork) {
  scope: group
  params: { location: location, tags: tags, names: names }
  dependsOn: [network, storage, cosmos, eventHubs, vault, sql, app]
}

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_TENANT_ID string = tenant().tenantId
output API_URL string = '${gateway.outputs.url}/api'
output APP_NAME string = names.app
output APP_URL string = app.outputs.url
output COSMOS_ENDPOINT string = 'https://${names.cosmos}.documents.azure.com:443/'
output EVENT_HUBS_NAMESPACE string = '${names.eventHubs}.servicebus.windows.net'
output SQL_SERVER string = sql.outputs.host
output SQL_DATABASE string = reportingDatabase
output STREAM_ANALYTICS_JOB string = names.analytics
output KEY_VAULT_NAME string = names.vault
output KEY_VAULT_URL string = vault.outputs.url
output ARCHIVE_ENDPOINT string = storage.outputs.archiveEndpoint
