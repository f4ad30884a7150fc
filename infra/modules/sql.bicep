metadata description = 'The reporting database: Entra identities only, asleep when nobody asks.'

import { Names } from 'types.bicep'

param location string
param tags object
param names Names
param databaseName string
param administrator { name: string, objectId: string, type: 'User' | 'Group' | 'Application' }
param publicAccess bool
param zoneRedundant bool

@description('Minutes without a query after which the database sleeps; -1 keeps it awake. A running Stream Analytics job keeps it awake while there are events.')
param autoPauseMinutes int = 60

resource server 'Microsoft.Sql/servers@2023-08-01' = {
  name: names.sql
  location: location
  tags: tags
  properties: {
    minimalTlsVersion: '1.2'
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    restrictOutboundNetworkAccess: 'Enabled'
    administrators: {
      administratorType: 'ActiveDirectory'
      azureADOnlyAuthentication: true
      principalType: administrator.type
      login: administrator.name
      sid: administrator.objectId
      tenantId: tenant().tenantId
    }
  }

  // Stream Analytics has no fixed addresses: without private endpoints it comes in as an Azure service,
  // and its identity is what is checked.
  resource azureServices 'firewallRules' = if (publicAccess) {
    name: 'AllowAllWindowsAzureIps'
    properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
  }

  resource database 'databases' = {
    name: databaseName
    location: location
    tags: tags
    sku: { name: 'GP_S_Gen5', tier: 'GeneralPurpose', family: 'Gen5', capacity: 2 }
    properties: {
      autoPauseDelay: autoPauseMinutes
      minCapacity: json('0.5')
      zoneRedundant: zoneRedundant
      requestedBackupStorageRedundancy: zoneRedundant ? 'Zone' : 'Local'
      // Times and ids compare as bytes do: in the order of events.
      collation: 'Latin1_General_100_BIN2_UTF8'
    }

    resource encryption 'transparentDataEncryption' = {
      name: 'current'
      properties: { state: 'Enabled' }
    }
  }
}

output host string = server.properties.fullyQualifiedDomainName
