metadata description = 'The right to write captures; apart, because it is needed before the hub exists.'

import { blobContainers, Names } from 'types.bicep'

param names Names

var blobContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource capture 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.captureIdentity
}

resource archiveStorage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: names.archiveStorage

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource container 'containers' existing = {
      name: blobContainers.capture
    }
  }
}

resource captureOnContainer 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: archiveStorage::blobs::container
  name: guid(archiveStorage::blobs::container.id, capture.id, blobContributor)
  properties: {
    principalId: capture.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobContributor)
  }
}
