metadata description = 'A dedicated cluster, because only such a one reaches services through private endpoints. Each must be approved once (docs/deploy.md).'

import { Names } from 'types.bicep'

param location string
param tags object
param names Names

resource eventHubs 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: names.eventHubs
}

resource sql 'Microsoft.Sql/servers@2023-08-01' existing = {
  name: names.sql
}

resource cluster 'Microsoft.StreamAnalytics/clusters@2020-03-01' = {
  name: names.analyticsCluster
  location: location
  tags: tags
  sku: { name: 'DefaultV2', capacity: 120 }

  resource toEventHubs 'privateEndpoints' = {
    name: 'to-event-hubs'
    properties: {
      manualPrivateLinkServiceConnections: [
        { properties: { privateLinkServiceId: eventHubs.id, groupIds: ['namespace'] } }
      ]
    }
  }

  resource toSql 'privateEndpoints' = {
    name: 'to-sql'
    properties: {
      manualPrivateLinkServiceConnections: [
        { properties: { privateLinkServiceId: sql.id, groupIds: ['sqlServer'] } }
      ]
    }
  }
}
