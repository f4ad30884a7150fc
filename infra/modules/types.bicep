metadata description = 'Shapes that modules share.'

@export()
@description('The name of every resource: a module finds those of others by it.')
type Names = {
  appIdentity: string
  archiveIdentity: string
  captureIdentity: string
  hostStorage: string
  archiveStorage: string
  cosmos: string
  eventHubs: string
  vault: string
  plan: string
  app: string
  gateway: string
  sql: string
  analytics: string
  analyticsCluster: string
  workspace: string
  insights: string
  network: string
}

@export()
@description('A container as resources.json describes it.')
type Container = {
  name: string
  partitionKey: string[]
  uniqueKeys: string[][]
  indexingPolicy: object?
  defaultTtl: int?
}

@export()
@description('A hub as resources.json describes it.')
type Hub = {
  name: string
  partitions: int
  retentionHours: int
  consumerGroups: string[]
}

@export()
@description('Containers of the archive account.')
var blobContainers = { archive: 'archive', capture: 'capture', erasures: 'erasures', heads: 'heads' }

@export()
@description('The zones in which private endpoints are found, by the part of a service that they stand for.')
var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  Sql: 'privatelink.documents.azure.com'
  namespace: 'privatelink.servicebus.windows.net'
  vault: 'privatelink.vaultcore.azure.net'
  sqlServer: 'privatelink${environment().suffixes.sqlServerHostname}'
  sites: 'privatelink.azurewebsites.net'
}
