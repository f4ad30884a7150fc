"""An event store in memory, as the page finds it: database `d` with a container of events."""

from typing import Any

from tests.unit.local.cosmos.account import Account, key

EVENTS = "/dbs/d/colls/events/docs"


class EventStore:
    """Streams of events in an account; `append` is one transaction."""

    def __init__(self) -> None:
        self.account = Account()
        partitioned = {"paths": ["/aggregateId"], "kind": "Hash"}
        made = self.account.send(
            "POST", "/dbs/d/colls", {"id": "events", "partitionKey": partitioned}
        )
        assert made.status == 201

    def append(self, stream: str, after: int, count: int = 1) -> None:
        """Adds `count` events to a stream of `after` events."""
        versions = range(after + 1, after + count + 1)
        operations = [
            {"operationType": "Create", "resourceBody": event(stream, version)}
            for version in versions
        ]
        batch = {"x-ms-cosmos-is-batch-request": "True", "x-ms-cosmos-batch-atomic": "True"}
        reply = self.account.send("POST", EVENTS, operations, {**key(stream), **batch})
        assert reply.status == 200

    def replace(self, stream: str, version: int, **fields: Any) -> None:
        """Puts another document in the place of an event."""
        path = f"{EVENTS}/{version:012d}"
        document = {"id": f"{version:012d}", "aggregateId": stream, "version": version, **fields}
        assert self.account.send("PUT", path, document, key(stream)).status == 200


def event(stream: str, version: int) -> dict[str, Any]:
    return {
        "id": f"{version:012d}",
        "aggregateId": stream,
        "version": version,
        "eventType": f"Happened{version}",
        "timestamp": f"2026-11-23T18:46:{version % 60:02d}.000000Z",
        "data": {"version": version},
        "hash": f"hash of {version}",
    }
