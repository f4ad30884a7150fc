metadata description = 'What one that runs the application may do with documents.'

import { Names } from 'types.bicep'

param names Names

@description('Who: the object id, and what the names of the assignments are made from.')
param principal { key: string, id: string }
param database string
param appendOnly string[]
param mutable string[]

@description('Ids of role definitions.')
param roles { metadata: string, append: string, project: string }

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' existing = {
  name: names.cosmos
}

resource readsMetadata 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = {
  parent: account
  name: guid(account.id, principal.key, 'metadata')
  properties: { principalId: principal.id, roleDefinitionId: roles.metadata, scope: account.id }
}

@batchSize(1)
resource appends 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = [
  for container in appendOnly: {
    parent: account
    name: guid(account.id, principal.key, container)
    properties: {
      principalId: principal.id
      roleDefinitionId: roles.append
      scope: '${account.id}/dbs/${database}/colls/${container}'
    }
    dependsOn: [readsMetadata]
  }
]

@batchSize(1)
resource projects 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = [
  for container in mutable: {
    parent: account
    name: guid(account.id, principal.key, container)
    properties: {
      principalId: principal.id
      roleDefinitionId: roles.project
      scope: '${account.id}/dbs/${database}/colls/${container}'
    }
    dependsOn: [appends]
  }
]
