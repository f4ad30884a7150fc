metadata description = 'The event bus: the hub and its consumer groups as resources.json names them.'

import { blobContainers, Hub, Names } from 'types.bicep'

param location string
param tags object
param names Names
param hub Hub
param publicAccess bool

@description('Throughput units at rest, and how far they grow by themselves; 0 lets them stay.')
param throughputUnits int
param maximumThroughputUnits int

@description('Whether every message is also kept as Avro in the archive account.')
param captured bool

resource captureIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.captureIdentity
}

resource archiveStorage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: names.archiveStorage
}

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: names.eventHubs
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Standard', capacity: throughputUnits }
  identity: captured
    ? { type: 'UserAssigned', userAssignedIdentities: { '${captureIdentity.id}': {} } }
    : { type: 'None' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    isAutoInflateEnabled: maximumThroughputUnits > throughputUnits
    maximumThroughputUnits: maximumThroughputUnits > throughputUnits ? maximumThroughputUnits : 0
  }

  resource eventHub 'eventhubs' = {
    name: hub.name
    properties: {
      partitionCount: hub.partitions
      retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: hub.retentionHours }
      captureDescription: captured
        ? {
            enabled: true
            encoding: 'Avro'
            intervalInSeconds: 300
            sizeLimitInBytes: 314572800
            skipEmptyArchives: true
            destination: {
              name: 'EventHubArchive.AzureBlockBlob'
              identity: { type: 'UserAssigned', userAssignedIdentity: captureIdentity.id }
              properties: {
                storageAccountResourceId: archiveStorage.id
                blobContainer: blobContainers.capture
                archiveNameFormat: '{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}'
              }
            }
          }
        : null
    }

    resource group 'consumergroups' = [
      for group in hub.consumerGroups: {
        name: group
      }
    ]
  }
}
