metadata description = 'Who may do what, in one place: every role on Azure resources. Cosmos DB has roles of its own (cosmos-access.bicep).'

import { blobContainers, Names } from 'types.bicep'

param names Names
param hubName string

@description('People who run the application on their machines against this environment.')
param developerPrincipalIds string[]

var role = {
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  blobReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  queueContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  tableContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  hubReceiver: 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
  hubSender: '2b629674-e913-4c01-ae53-ef4638d8f975'
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

var recordNames = [blobContainers.heads, blobContainers.erasures]

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.appIdentity
}

resource archive 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.archiveIdentity
}

resource job 'Microsoft.StreamAnalytics/streamingjobs@2021-10-01-preview' existing = {
  name: names.analytics
}

resource gateway 'Microsoft.ApiManagement/service@2024-05-01' existing = {
  name: names.gateway
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: names.hostStorage
}

resource archiveStorage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: names.archiveStorage

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource archive 'containers' existing = {
      name: blobContainers.archive
    }

    resource records 'containers' existing = [
      for name in recordNames: {
        name: name
      }
    ]
  }
}

resource eventHubs 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: names.eventHubs

  resource hub 'eventhubs' existing = {
    name: hubName
  }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: names.vault
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: names.insights
}

// The Functions host keeps leases, checkpoints and the deployed package in its own account.
resource appOnHostStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in [role.blobOwner, role.queueContributor, role.tableContributor]: {
    scope: hostStorage
    name: guid(hostStorage.id, app.id, id)
    properties: assignment(app.properties.principalId, id)
  }
]

// The application reads what was archived; it cannot alter it.
resource appOnArchive 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: archiveStorage::blobs::archive
  name: guid(archiveStorage::blobs::archive.id, app.id, role.blobReader)
  properties: assignment(app.properties.principalId, role.blobReader)
}

// It adds lists of heads and records of erasures; the containers' own policy keeps it from altering one.
resource appOnRecords 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in recordNames: {
    scope: archiveStorage::blobs::records[i]
    name: guid(archiveStorage::blobs::records[i].id, app.id, role.blobContributor)
    properties: assignment(app.properties.principalId, role.blobContributor)
  }
]

resource archiveOnArchive 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: archiveStorage::blobs::archive
  name: guid(archiveStorage::blobs::archive.id, archive.id, role.blobContributor)
  properties: assignment(archive.properties.principalId, role.blobContributor)
}

resource appOnHub 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in [role.hubSender, role.hubReceiver]: {
    scope: eventHubs::hub
    name: guid(eventHubs::hub.id, app.id, id)
    properties: assignment(app.properties.principalId, id)
  }
]

resource jobOnHub 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: eventHubs::hub
  name: guid(eventHubs::hub.id, job.id, role.hubReceiver)
  properties: assignment(job.identity.principalId, role.hubReceiver)
}

resource appOnVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, app.id, role.secretsUser)
  properties: assignment(app.properties.principalId, role.secretsUser)
}

resource appOnTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, app.id, role.metricsPublisher)
  properties: assignment(app.properties.principalId, role.metricsPublisher)
}

resource gatewayOnTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, gateway.id, role.metricsPublisher)
  properties: assignment(gateway.identity.principalId, role.metricsPublisher)
}

resource developersOnHub 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in developerPrincipalIds: {
    scope: eventHubs::hub
    name: guid(eventHubs::hub.id, principalId, role.hubSender)
    properties: personal(principalId, role.hubSender)
  }
]

// What the application may with people's keys and the archive, they may.
resource developersOnVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in developerPrincipalIds: {
    scope: vault
    name: guid(vault.id, principalId, role.secretsUser)
    properties: personal(principalId, role.secretsUser)
  }
]

resource developersOnArchive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in developerPrincipalIds: {
    scope: archiveStorage::blobs::archive
    name: guid(archiveStorage::blobs::archive.id, principalId, role.blobReader)
    properties: personal(principalId, role.blobReader)
  }
]

resource developersOnErasures 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in developerPrincipalIds: {
    scope: archiveStorage::blobs::records[1]
    name: guid(archiveStorage::blobs::records[1].id, principalId, role.blobContributor)
    properties: personal(principalId, role.blobContributor)
  }
]

// A proof of history compares the log with the lists of heads; lists are the application's to write.
resource developersOnHeads 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in developerPrincipalIds: {
    scope: archiveStorage::blobs::records[0]
    name: guid(archiveStorage::blobs::records[0].id, principalId, role.blobReader)
    properties: personal(principalId, role.blobReader)
  }
]

func personal(principalId string, roleId string) object => {
  principalId: principalId
  principalType: 'User'
  roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
}

func assignment(principalId string, roleId string) object => {
  principalId: principalId
  principalType: 'ServicePrincipal'
  roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
}
