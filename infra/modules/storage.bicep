metadata description = 'Two accounts: one for the Functions host, one for what must outlive it (the archive, the lists of heads, the record of erasures, the captured hub).'

import { blobContainers, Names } from 'types.bicep'

param location string
param tags object
param names Names
param zoneRedundant bool
param publicAccess bool

@description('Days for which a blob that was deleted can be brought back.')
param deletedDays int = 30

@description('Days for which a list of heads, or the record of an erasure, can be neither altered nor deleted.')
param recordDays int = 365

var redundancy = zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'
var hardened = {
  accessTier: 'Hot'
  allowBlobPublicAccess: false
  allowCrossTenantReplication: false
  allowSharedKeyAccess: false
  defaultToOAuthAuthentication: true
  minimumTlsVersion: 'TLS1_2'
  publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
  supportsHttpsTrafficOnly: true
  networkAcls: { defaultAction: publicAccess ? 'Allow' : 'Deny', bypass: publicAccess ? 'AzureServices' : 'None' }
}

resource host 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: names.hostStorage
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: hardened

  resource blobs 'blobServices' = {
    name: 'default'

    resource deployments 'containers' = {
      name: 'deployments'
    }
  }

  resource tables 'tableServices' = {
    name: 'default'

    resource cache 'tables' = {
      name: 'readmodels'
    }
  }
}

resource archive 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: names.archiveStorage
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  // Event Hubs writes captures as a trusted service; nobody else comes round the firewall.
  properties: union(hardened, {
    networkAcls: { defaultAction: publicAccess ? 'Allow' : 'Deny', bypass: 'AzureServices' }
  })

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      isVersioningEnabled: true
      deleteRetentionPolicy: { enabled: true, days: deletedDays }
      containerDeleteRetentionPolicy: { enabled: true, days: deletedDays }
    }

    resource events 'containers' = {
      name: blobContainers.archive
    }

    resource capture 'containers' = {
      name: blobContainers.capture
    }

    resource heads 'containers' = {
      name: blobContainers.heads

      resource immutable 'immutabilityPolicies' = {
        name: 'default'
        properties: { immutabilityPeriodSinceCreationInDays: recordDays, allowProtectedAppendWrites: false }
      }
    }

    resource erasures 'containers' = {
      name: blobContainers.erasures

      resource immutable 'immutabilityPolicies' = {
        name: 'default'
        properties: { immutabilityPeriodSinceCreationInDays: recordDays, allowProtectedAppendWrites: false }
      }
    }
  }
}

@description('Where the deployed package lies.')
output deploymentContainer string = '${host.properties.primaryEndpoints.blob}${host::blobs::deployments.name}'

@description('Where archived events and records lie.')
output archiveEndpoint string = archive.properties.primaryEndpoints.blob
