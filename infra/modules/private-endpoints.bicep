metadata description = 'Every service that the application talks to, inside the network.'

import { Names } from 'types.bicep'

param location string
param tags object
param names Names

var endpoints = [
  { name: 'host-blob', serviceId: hostStorage.id, part: 'blob' }
  { name: 'host-queue', serviceId: hostStorage.id, part: 'queue' }
  { name: 'host-table', serviceId: hostStorage.id, part: 'table' }
  { name: 'archive-blob', serviceId: archiveStorage.id, part: 'blob' }
  { name: 'cosmos', serviceId: cosmos.id, part: 'Sql' }
  { name: 'event-hubs', serviceId: eventHubs.id, part: 'namespace' }
  { name: 'key-vault', serviceId: vault.id, part: 'vault' }
  { name: 'sql', serviceId: sql.id, part: 'sqlServer' }
  { name: 'app', serviceId: app.id, part: 'sites' }
]

resource hostStorage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: names.hostStorage
}

resource archiveStorage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: names.archiveStorage
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' existing = {
  name: names.cosmos
}

resource eventHubs 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: names.eventHubs
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: names.vault
}

resource sql 'Microsoft.Sql/servers@2023-08-01' existing = {
  name: names.sql
}

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: names.app
}

module endpoint 'private-endpoint.bicep' = [
  for endpoint in endpoints: {
    name: 'endpoint-${endpoint.name}'
    params: {
      location: location
      tags: tags
      names: names
      name: 'pe-${endpoint.name}'
      serviceId: endpoint.serviceId
      part: endpoint.part
    }
  }
]
