metadata description = 'The job that carries the hub into the reporting database, by its own consumer group.'

import { Names } from 'types.bicep'

param location string
param tags object
param names Names
param hubName string
param consumerGroup string
param sqlDatabase string
param query string

@description('The tables that the query writes; each is an output of the same name.')
param tables string[]

@description('Whether the job runs in a cluster with private endpoints, not in the shared service.')
param privateNetwork bool

resource sql 'Microsoft.Sql/servers@2023-08-01' existing = {
  name: names.sql
}

resource cluster 'Microsoft.StreamAnalytics/clusters@2020-03-01' existing = if (privateNetwork) {
  name: names.analyticsCluster
}

resource job 'Microsoft.StreamAnalytics/streamingjobs@2021-10-01-preview' = {
  name: names.analytics
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    sku: { name: 'Standard' }
    compatibilityLevel: '1.2'
    jobType: 'Cloud'
    cluster: privateNetwork ? { id: cluster.id } : null
    // A row that the database refuses stops the job and raises an alert: a dropped one would be missed by nobody.
    outputErrorPolicy: 'Stop'
    eventsOutOfOrderPolicy: 'Adjust'
    eventsOutOfOrderMaxDelayInSeconds: 0
    eventsLateArrivalMaxDelayInSeconds: -1
    transformation: { name: 'query', properties: { streamingUnits: privateNetwork ? 10 : 3, query: query } }
  }

  resource input 'inputs' = {
    name: 'domain_events'
    properties: {
      type: 'Stream'
      serialization: { type: 'Json', properties: { encoding: 'UTF8' } }
      datasource: {
        type: 'Microsoft.EventHub/EventHub'
        properties: {
          authenticationMode: 'Msi'
          serviceBusNamespace: names.eventHubs
          eventHubName: hubName
          consumerGroupName: consumerGroup
        }
      }
    }
  }

  resource outputs 'outputs' = [
    for table in tables: {
      name: table
      properties: {
        datasource: {
          type: 'Microsoft.Sql/Server/Database'
          properties: {
            authenticationMode: 'Msi'
            server: sql.properties.fullyQualifiedDomainName
            database: sqlDatabase
            table: 'sales.${table}'
            maxBatchCount: 10000
            maxWriterCount: 1
          }
        }
      }
    }
  ]
}
