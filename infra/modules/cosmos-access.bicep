metadata description = 'Who may do what with documents: history is created and read; only the archive may replace an event by its stub, nobody may delete one.'

import { Names } from 'types.bicep'

param names Names
param database string
param containers string[]

@description('Containers whose documents are never altered.')
param appendOnly string[]

@description('People who run the application on their machines against this environment.')
param developerPrincipalIds string[]

var documents = 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers'
var read = ['${documents}/items/read', '${documents}/executeQuery', '${documents}/readChangeFeed']
var mutable = filter(containers, name => !contains(appendOnly, name))
var roles = { metadata: metadataReader.id, append: appender.id, project: projector.id }

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' existing = {
  name: names.cosmos
}

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.appIdentity
}

resource archive 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.archiveIdentity
}

// The SDKs read the account's and the containers' metadata before anything else.
resource metadataReader 'Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions@2025-04-15' = {
  parent: account
  name: guid(account.id, 'metadata-reader')
  properties: {
    roleName: 'Metadata reader'
    type: 'CustomRole'
    assignableScopes: [account.id]
    permissions: [{ dataActions: ['Microsoft.DocumentDB/databaseAccounts/readMetadata'] }]
  }
}

resource appender 'Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions@2025-04-15' = {
  parent: account
  name: guid(account.id, 'appender')
  properties: {
    roleName: 'Appender: create and read, never replace or delete'
    type: 'CustomRole'
    assignableScopes: [account.id]
    permissions: [{ dataActions: concat(read, ['${documents}/items/create']) }]
  }
  dependsOn: [metadataReader]
}

resource projector 'Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions@2025-04-15' = {
  parent: account
  name: guid(account.id, 'projector')
  properties: {
    roleName: 'Projector: documents that can be made again'
    type: 'CustomRole'
    assignableScopes: [account.id]
    permissions: [{ dataActions: concat(read, ['${documents}/items/*']) }]
  }
  dependsOn: [appender]
}

resource reader 'Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions@2025-04-15' = {
  parent: account
  name: guid(account.id, 'reader')
  properties: {
    roleName: 'Reader of documents'
    type: 'CustomRole'
    assignableScopes: [account.id]
    permissions: [{ dataActions: read }]
  }
  dependsOn: [projector]
}

resource archivist 'Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions@2025-04-15' = {
  parent: account
  name: guid(account.id, 'archivist')
  properties: {
    roleName: 'Archivist: read, and replace an event by its stub'
    type: 'CustomRole'
    assignableScopes: [account.id]
    permissions: [{ dataActions: concat(read, ['${documents}/items/replace']) }]
  }
  dependsOn: [reader]
}

// One at a time, because the account takes one change of its access at a time.
module forApplication 'cosmos-application-access.bicep' = {
  params: {
    names: names
    principal: { key: app.id, id: app.properties.principalId }
    database: database
    appendOnly: appendOnly
    mutable: mutable
    roles: roles
  }
}

@batchSize(1)
module forDevelopers 'cosmos-application-access.bicep' = [
  for developer in developerPrincipalIds: {
    name: 'cosmos-access-${uniqueString(developer)}'
    params: {
      names: names
      principal: { key: developer, id: developer }
      database: database
      appendOnly: appendOnly
      mutable: mutable
      roles: roles
    }
    dependsOn: [forApplication]
  }
]

resource archiveReadsMetadata 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = {
  parent: account
  name: guid(account.id, archive.id, 'metadata')
  properties: {
    principalId: archive.properties.principalId
    roleDefinitionId: metadataReader.id
    scope: account.id
  }
  dependsOn: [forDevelopers]
}

// Compaction keeps what a snapshot does not cover: the archive looks at snapshots.
resource archiveReadsSnapshots 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = {
  parent: account
  name: guid(account.id, archive.id, 'snapshots')
  properties: {
    principalId: archive.properties.principalId
    roleDefinitionId: reader.id
    scope: '${account.id}/dbs/${database}/colls/snapshots'
  }
  dependsOn: [archiveReadsMetadata]
}

resource archiveReplacesEvents 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = {
  parent: account
  name: guid(account.id, archive.id, 'events')
  properties: {
    principalId: archive.properties.principalId
    roleDefinitionId: archivist.id
    scope: '${account.id}/dbs/${database}/colls/events'
  }
  dependsOn: [archiveReadsSnapshots]
}
