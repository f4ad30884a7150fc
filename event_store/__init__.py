"""The write side: streams of events in Cosmos DB, and the one way to append to them."""
