"""What the application needs of Azure: containers, the hub with its consumer groups, the settings' names."""

from typing import Any, Final

import settings
from projections.registry import PROJECTIONS

DATABASE: Final = "EventSourcingDB"
HUB: Final = "domain-events"
PARTITIONS: Final = 4
RETENTION_HOURS: Final = 7 * 24

EVENTS_INDEX: Final = ("/version", "/metadata/causationId", "/metadata/correlationId")
"""What streams are read by; every other path costs request units at each append, for nothing."""


def resources() -> dict[str, Any]:
    """The document that Bicep and the local Azure read."""
    return {
        "database": DATABASE,
        "containers": [events(), snapshots(), leases(), *read_models()],
        "eventHubs": [
            {
                "name": HUB,
                "partitions": PARTITIONS,
                "retentionHours": RETENTION_HOURS,
                "consumerGroups": sorted({view.group for view in PROJECTIONS}),
            }
        ],
        "settings": list(settings.NAMES),
    }


def events() -> dict[str, Any]:
    """Unique keys and the partition key can't be changed later: they are there from the first day."""
    return {
        "name": "events",
        "partitionKey": ["/aggregateId"],
        "uniqueKeys": [["/commandKey"]],
        "indexingPolicy": indexed(*EVENTS_INDEX),
    }


def snapshots() -> dict[str, Any]:
    """Read and replaced by id alone."""
    return {
        "name": "snapshots",
        "partitionKey": ["/aggregateId"],
        "uniqueKeys": [],
        "indexingPolicy": indexed(),
    }


def leases() -> dict[str, Any]:
    """The change feed trigger's own."""
    return {"name": "leases", "partitionKey": ["/id"], "uniqueKeys": [], "indexingPolicy": None}


def read_models() -> list[dict[str, Any]]:
    """A container for each that a projection names; views are read by id alone."""
    names = dict.fromkeys(view.container for view in PROJECTIONS)
    return [
        {"name": name, "partitionKey": ["/pk"], "uniqueKeys": [], "indexingPolicy": indexed()}
        for name in names
    ]


def indexed(*paths: str) -> dict[str, Any]:
    """An index policy of these paths and no other."""
    return {
        "indexingMode": "consistent",
        "includedPaths": [{"path": f"{path}/?"} for path in paths],
        "excludedPaths": [{"path": "/*"}],
    }
