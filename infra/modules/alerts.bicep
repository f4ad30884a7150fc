metadata description = 'When somebody is woken: the thresholds of the pattern, each with its entry in the runbook (docs/operations.md).'

import { Names } from 'types.bicep'

param location string
param tags object
param names Names

@description('Who is told; nobody, when empty: then alerts are seen in the portal only.')
param email string

@description('Events a minute that a projection which has work to do should apply at least.')
param expectedEventsPerMinute int

var runbook = 'What to do: docs/operations.md, "'
var actionGroupIds = empty(email) ? [] : [people.id]

// Severity: 0 critical, 1 error, 2 warning. Every query ends in one column, Value.
var measured = [
  {
    name: 'write-latency'
    description: 'Appending an event takes more than 200 ms on average over five minutes.'
    severity: 2
    query: 'AppMetrics | where Name == "event_store.write_duration" | summarize Value = sum(Sum) / sum(ItemCount)'
    operator: 'GreaterThan'
    threshold: 200
    dimension: null
  }
  {
    name: 'projection-lag'
    description: 'A projection is more than 30 seconds behind the event store.'
    severity: 1
    query: 'AppMetrics | where Name == "projection.lag_seconds" | summarize Value = max(Max) by projection = tostring(Properties.projection)'
    operator: 'GreaterThan'
    threshold: 30
    dimension: 'projection'
  }
  {
    name: 'snapshot-hit-rate'
    description: 'Fewer than 60 % of the cold loads of long streams began at a snapshot.'
    severity: 2
    query: 'AppMetrics | where Name in ("snapshot.hits", "snapshot.loads") | summarize hits = sumif(Sum, Name == "snapshot.hits"), loads = sumif(Sum, Name == "snapshot.loads") | where loads >= 20 | project Value = 100.0 * hits / loads'
    operator: 'LessThan'
    threshold: 60
    dimension: null
  }
  {
    name: 'concurrency-conflicts'
    description: 'More than 5 % of the appends met another writer.'
    severity: 2
    query: 'AppMetrics | where Name in ("concurrency.conflicts", "event_store.write_duration") | summarize conflicts = sumif(Sum, Name == "concurrency.conflicts"), appends = sumif(ItemCount, Name == "event_store.write_duration") | where appends >= 20 | project Value = 100.0 * conflicts / appends'
    operator: 'GreaterThan'
    threshold: 5
    dimension: null
  }
  {
    name: 'processing-rate'
    description: 'A projection that is behind applies fewer events a minute than expected.'
    severity: 2
    query: 'AppMetrics | where Name in ("projection.lag_seconds", "projection.events") | summarize lag = maxif(Max, Name == "projection.lag_seconds"), events = sumif(Sum, Name == "projection.events") by projection = tostring(Properties.projection) | where lag > 5 | project projection, Value = events / 5'
    operator: 'LessThan'
    threshold: expectedEventsPerMinute
    dimension: 'projection'
  }
  {
    name: 'dead-letters'
    description: 'A projection has parked an aggregate or kept a message that it cannot read.'
    severity: 1
    query: 'AppMetrics | where Name == "dead_letters" | summarize Value = max(Max) by projection = tostring(Properties.projection)'
    operator: 'GreaterThan'
    threshold: 0
    dimension: 'projection'
  }
  {
    name: 'server-errors'
    description: 'The application answered with a 5xx more than five times in five minutes.'
    severity: 1
    query: 'AppRequests | where toint(ResultCode) between (500 .. 599) | summarize Value = count()'
    operator: 'GreaterThan'
    threshold: 5
    dimension: null
  }
  {
    name: 'silent-application'
    description: 'The lag of projections, due every minute, was not measured for five: the application is down, up without functions, or cut off from Cosmos DB.'
    severity: 0
    query: 'AppMetrics | where Name == "projection.lag_seconds" | summarize Value = count()'
    operator: 'LessThan'
    threshold: 1
    dimension: null
  }
]

var throttled = [
  {
    name: 'cosmos-throttling'
    description: 'Cosmos DB refused more than 100 requests in five minutes for want of throughput.'
    id: cosmos.id
    namespace: 'Microsoft.DocumentDB/databaseAccounts'
    metric: 'TotalRequests'
    aggregation: 'Count'
    threshold: 100
    dimensions: [{ name: 'StatusCode', operator: 'Include', values: ['429'] }]
  }
  {
    name: 'event-hubs-throttling'
    description: 'Event Hubs refused requests for want of throughput units.'
    id: eventHubs.id
    namespace: 'Microsoft.EventHub/namespaces'
    metric: 'ThrottledRequests'
    aggregation: 'Total'
    threshold: 0
    dimensions: []
  }
  {
    name: 'analytics-errors'
    description: 'The Stream Analytics job met errors: the reports in Azure SQL fall behind.'
    id: job.id
    namespace: 'Microsoft.StreamAnalytics/streamingjobs'
    metric: 'Errors'
    aggregation: 'Total'
    threshold: 0
    dimensions: []
  }
  {
    name: 'analytics-lag'
    description: 'The Stream Analytics job is more than five minutes behind the hub.'
    id: job.id
    namespace: 'Microsoft.StreamAnalytics/streamingjobs'
    metric: 'OutputWatermarkDelaySeconds'
    aggregation: 'Maximum'
    threshold: 300
    dimensions: []
  }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: names.workspace
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' existing = {
  name: names.cosmos
}

resource eventHubs 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: names.eventHubs
}

resource job 'Microsoft.StreamAnalytics/streamingjobs@2021-10-01-preview' existing = {
  name: names.analytics
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'people'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'orders'
    enabled: true
    emailReceivers: [{ name: 'operators', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource measuredAlerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in measured: {
    name: alert.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.name
      description: '${alert.description} ${runbook}${alert.name}".'
      severity: alert.severity
      enabled: true
      scopes: [workspace.id]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT5M'
      autoMitigate: true
      // A new workspace may not have the tables yet.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: alert.query
            metricMeasureColumn: 'Value'
            timeAggregation: 'Maximum'
            operator: alert.operator
            threshold: alert.threshold
            dimensions: alert.dimension == null ? [] : [{ name: alert.dimension!, operator: 'Include', values: ['*'] }]
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: actionGroupIds }
    }
  }
]

resource throttledAlerts 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alert in throttled: {
    name: alert.name
    location: 'global'
    tags: tags
    properties: {
      description: '${alert.description} ${runbook}${alert.name}".'
      severity: 2
      enabled: true
      scopes: [alert.id]
      evaluationFrequency: 'PT1M'
      windowSize: 'PT5M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: 'threshold'
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: alert.namespace
            metricName: alert.metric
            timeAggregation: alert.aggregation
            operator: 'GreaterThan'
            threshold: alert.threshold
            dimensions: alert.dimensions
          }
        ]
      }
      actions: map(actionGroupIds, id => { actionGroupId: id })
    }
  }
]
