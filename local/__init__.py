"""The local Azure: stand-ins for Cosmos DB, Event Hubs and the Functions host, for development and tests."""
