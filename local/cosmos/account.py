"""The account: its public well-known key, its connection string, what `GET /` answers."""

from typing import Any, Final

from local.cosmos.wire import encode_json

EMULATOR_KEY: Final = (
    "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="
)
"""The key of every Cosmos DB emulator, published by Microsoft: no secret."""

CONSISTENCY_LEVELS: Final = (
    "Eventual",
    "ConsistentPrefix",
    "Session",
    "BoundedStaleness",
    "Strong",
)
"""From the weakest to the strongest."""

_QUERY_ENGINE: Final = {
    "maxSqlQueryInputLength": 262144,
    "maxJoinsPerSqlQuery": 5,
    "maxLogicalAndPerSqlQuery": 500,
    "maxLogicalOrPerSqlQuery": 500,
    "maxUdfRefPerSqlQuery": 10,
    "maxInExpressionItemsCount": 16000,
    "queryMaxInMemorySortDocumentCount": 500,
    "maxQueryRequestTimeoutFraction": 0.9,
    "sqlAllowNonFiniteNumbers": False,
    "sqlAllowAggregateFunctions": True,
    "sqlAllowSubQuery": True,
    "sqlAllowScalarSubQuery": True,
    "allowNewKeywords": True,
    "sqlAllowLike": True,
    "sqlAllowGroupByClause": True,
}


def connection_string(endpoint: str, key: str = EMULATOR_KEY) -> str:
    """What SDKs and settings take: `AccountEndpoint=…;AccountKey=…;`."""
    return f"AccountEndpoint={endpoint};AccountKey={key};"


def stronger(level: str, than: str) -> bool:
    return CONSISTENCY_LEVELS.index(level) > CONSISTENCY_LEVELS.index(than)


def account_document(base_url: str, consistency: str) -> dict[str, Any]:
    """The database account; both SDKs go on at the address it names, so it is the client's own."""
    locations = [{"name": "Local", "databaseAccountEndpoint": base_url}]
    replication = {"minReplicaSetSize": 1, "maxReplicasetSize": 4}
    return {
        "_self": "",
        "id": "local",
        "_rid": "local",
        "media": "//media/",
        "addresses": "//addresses/",
        "_dbs": "//dbs/",
        "writableLocations": locations,
        "readableLocations": locations,
        "enableMultipleWriteLocations": False,
        "userReplicationPolicy": {"asyncReplication": False, **replication},
        "userConsistencyPolicy": {
            "defaultConsistencyLevel": consistency,
            "maxStalenessPrefix": 100_000,
            "maxStalenessIntervalInSeconds": 300,
        },
        "systemReplicationPolicy": replication,
        "readPolicy": {"primaryReadCoefficient": 1, "secondaryReadCoefficient": 1},
        "queryEngineConfiguration": encode_json(_QUERY_ENGINE).decode(),
    }
