using '../main.bicep'

// The cheapest that is whole: everything sleeps when nobody asks.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param authClientId = readEnvironmentVariable('AUTH_CLIENT_ID', '00000000-0000-0000-0000-00000000000a')
param publisherEmail = readEnvironmentVariable('PUBLISHER_EMAIL', 'nobody@example.com')
param sqlAdministrator = {
  name: readEnvironmentVariable('SQL_ADMINISTRATOR_NAME', 'nobody@example.com')
  objectId: readEnvironmentVariable('SQL_ADMINISTRATOR_ID', '00000000-0000-0000-0000-00000000000b')
  type: 'User'
}
param developerPrincipalIds = [
  readEnvironmentVariable('DEVELOPER_PRINCIPAL_ID', '00000000-0000-0000-0000-00000000000b')
]
param backupTier = 'Continuous7Days'
