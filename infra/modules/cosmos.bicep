metadata description = 'The event store and the read models: account, database and containers as resources.json names them.'

import { Container, Names } from 'types.bicep'

param location string
param tags object
param names Names
param database string
param containers Container[]

@description('Autoscale maximum in RU/s, for the events and for all else each; 0 makes the account serverless. It cannot be changed from one to the other later.')
param autoscaleMaxThroughput int

param zoneRedundant bool
param publicAccess bool

@allowed(['Continuous7Days', 'Continuous30Days'])
param backupTier string

@description('Whether a lock keeps the account from being deleted, by azd down too.')
param locked bool

var serverless = autoscaleMaxThroughput == 0
var autoscale = serverless ? {} : { autoscaleSettings: { maxThroughput: autoscaleMaxThroughput } }

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' = {
  name: names.cosmos
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: zoneRedundant }]
    capabilities: serverless ? [{ name: 'EnableServerless' }] : []
    // Reads that commands are decided on must not be stale; queries relax to session by themselves.
    consistencyPolicy: {
      defaultConsistencyLevel: 'BoundedStaleness'
      maxStalenessPrefix: 100000
      maxIntervalInSeconds: 300
    }
    backupPolicy: { type: 'Continuous', continuousModeProperties: { tier: backupTier } }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    networkAclBypass: 'None'
  }

  resource sql 'sqlDatabases' = {
    name: database
    properties: { resource: { id: database }, options: autoscale }

    resource container 'containers' = [
      for container in containers: {
        name: container.name
        properties: {
          resource: union(
            {
              id: container.name
              partitionKey: {
                paths: container.partitionKey
                kind: length(container.partitionKey) > 1 ? 'MultiHash' : 'Hash'
                version: 2
              }
              uniqueKeyPolicy: { uniqueKeys: map(container.uniqueKeys, paths => { paths: paths }) }
            },
            indexing(container.?indexingPolicy),
            timeToLive(container.?defaultTtl)
          )
          // The events have throughput of their own: no projection can starve an append.
          options: container.name == 'events' ? autoscale : {}
        }
      }
    ]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (locked) {
  scope: account
  name: 'source-of-truth'
  properties: { level: 'CanNotDelete', notes: 'The event store is the source of truth.' }
}

func indexing(policy object?) object => policy == null ? {} : { indexingPolicy: policy! }

func timeToLive(seconds int?) object => seconds == null ? {} : { defaultTtl: seconds! }
