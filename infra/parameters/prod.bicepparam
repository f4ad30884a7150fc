using '../main.bicep'

// For steady load: autoscale, zones, warm instances, the hub captured, the store locked; no developer in it.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param authClientId = readEnvironmentVariable('AUTH_CLIENT_ID', '00000000-0000-0000-0000-00000000000a')
param publisherEmail = readEnvironmentVariable('PUBLISHER_EMAIL', 'nobody@example.com')
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', 'nobody@example.com')
param sqlAdministrator = {
  name: readEnvironmentVariable('SQL_ADMINISTRATOR_NAME', 'reporting-administrators')
  objectId: readEnvironmentVariable('SQL_ADMINISTRATOR_ID', '00000000-0000-0000-0000-00000000000b')
  type: 'Group'
}
param gatewaySku = 'StandardV2'
param cosmosAutoscaleMaxThroughput = 4000
param lockEventStore = true
param captureEvents = true
param cacheReadModels = true
param eventHubsMaximumThroughputUnits = 10
param alwaysReadyInstances = 2
param maximumInstances = 100
param zoneRedundant = true
param logRetentionDays = 90
