"""What the application needs of Azure: containers, the hub with its consumer groups, the settings' names."""

from typing import Any, Final

import settings
import wiring
from event_store.publisher import RETENTION_DAYS
from projections.projection import Journal, Projection, Reaction, Report, View
from projections.registry import PROJECTIONS

DATABASE: Final = "EventSourcingDB"
HUB: Final = "domain-events"
PARTITIONS: Final = 4
RETENTION_HOURS: Final = RETENTION_DAYS * 24
STREAM_ANALYTICS: Final = "stream_analytics"
"""The consumer group of what carries the hub into Azure SQL (infra/sql/stream-analytics.sql)."""

EVENTS_INDEX: Final = ("/version", "/metadata/causationId", "/metadata/correlationId")
"""What streams are read by; every other path costs request units at each append, for nothing."""


def resources() -> dict[str, Any]:
    """The document that Bicep and the local Azure read."""
    return {
        "database": DATABASE,
        "containers": [*write_side(), *read_models(), *read_side()],
        "eventHubs": [
            {
                "name": HUB,
                "partitions": PARTITIONS,
                "retentionHours": RETENTION_HOURS,
                "consumerGroups": consumer_groups(),
            }
        ],
        "blobContainers": blob_containers(),
        "settings": list(settings.NAMES),
    }


def consumer_groups() -> list[str]:
    """One for each projector, and one for the Stream Analytics job."""
    return sorted({STREAM_ANALYTICS, *(projection.group for projection in PROJECTIONS)})


def write_side() -> list[dict[str, Any]]:
    """Unique keys and partition keys can't be changed later: they are there from the first day."""
    return [
        container(
            wiring.EVENTS,
            "/aggregateId",
            index=indexed(*EVENTS_INDEX),
            unique_keys=[["/commandKey"]],
        ),
        container(wiring.SNAPSHOTS, "/aggregateId", index=indexed()),
        container(wiring.SUBJECT_KEYS, "/id", index=indexed()),
        container("leases", "/id"),
    ]


def read_models() -> list[dict[str, Any]]:
    """A container for each that a projection names."""
    by_container = {projection.container: projection for projection in PROJECTIONS}
    return [
        container(name, key_of(projection), index=index_of(projection))
        for name, projection in by_container.items()
    ]


def read_side() -> list[dict[str, Any]]:
    """What the engine itself keeps."""
    return [
        container(wiring.PROJECTION_STATE, "/projection", index=indexed("/id")),
        container(wiring.DEAD_LETTERS, "/projection", index=indexed("/at")),
        container(
            wiring.ACCESS_LOG,
            "/aggregateId",
            index=indexed("/userId", "/at") | newest_first("at", "id"),
        ),
    ]


def blob_containers() -> list[dict[str, Any]]:
    """What may only grow, by the storage account's own policy, is immutable."""
    return [
        {"name": wiring.ARCHIVE, "immutable": False},
        {"name": wiring.HEADS, "immutable": True},
        {"name": wiring.ERASURES, "immutable": True},
    ]


def key_of(projection: Projection) -> str:
    return "/aggregateId" if isinstance(projection, Journal) else "/pk"


def index_of(projection: Projection) -> dict[str, Any]:
    """What each kind is asked by; views of one aggregate each are read by id alone."""
    match projection:
        case Report():
            return indexed(*(f"/row/{field}" for field in projection.row.__struct_fields__))
        case View(searched_by=[*fields], ordered_by=[*order]):
            policy = indexed(*(f"/view/{field}" for field in fields))
            return policy | newest_first(*(f"view/{field}" for field in order))
        case Journal():
            return indexed("/userId", "/timestamp") | newest_first("timestamp", "eventId")
        case View() | Reaction() | Projection():
            return indexed()


def container(
    name: str,
    key: str,
    *,
    index: dict[str, Any] | None = None,
    unique_keys: list[list[str]] | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "partitionKey": [key],
        "uniqueKeys": unique_keys or [],
        "indexingPolicy": index,
    }


def indexed(*paths: str) -> dict[str, Any]:
    """An index policy of these paths and no other."""
    return {
        "indexingMode": "consistent",
        "includedPaths": [{"path": f"{path}/?"} for path in paths],
        "excludedPaths": [{"path": "/*"}],
    }


def newest_first(*fields: str) -> dict[str, Any]:
    """The composite index that an order by several fields, all descending, needs; none for no field."""
    composite = [{"path": f"/{field}", "order": "descending"} for field in fields]
    return {"compositeIndexes": [composite]} if composite else {}
