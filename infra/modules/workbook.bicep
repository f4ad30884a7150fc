metadata description = 'The workbook: each figure of the pattern against its target.'

import { Names } from 'types.bicep'

param location string
param tags object
param names Names

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: names.workspace
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'event-sourcing')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Event sourcing'
    category: 'workbook'
    version: '1.0'
    sourceId: workspace.id
    serializedData: string(union(loadJsonContent('../workbook.json'), { fallbackResourceIds: [workspace.id] }))
  }
}
