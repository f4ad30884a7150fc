metadata description = 'One private endpoint of one service, with its name.'

import { Names, zoneNames } from 'types.bicep'

param location string
param tags object
param names Names
param name string
param serviceId string

@description('The part of the service that is reached: blob, Sql, namespace, vault, sqlServer, sites …')
param part string

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: names.network

  resource subnet 'subnets' existing = {
    name: 'endpoints'
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: zoneNames[part]
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: network::subnet.id }
    privateLinkServiceConnections: [
      { name: name, properties: { privateLinkServiceId: serviceId, groupIds: [part] } }
    ]
  }

  resource names 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: part, properties: { privateDnsZoneId: zone.id } }]
    }
  }
}
