metadata description = 'Who acts: the application, the archive, and what captures the hub. What each may do stands in access.bicep and cosmos-access.bicep.'

import { Names } from 'types.bicep'

param location string
param tags object
param names Names

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = [
  for name in [names.appIdentity, names.archiveIdentity, names.captureIdentity]: {
    name: name
    location: location
    tags: tags
  }
]
