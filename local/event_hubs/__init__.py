"""Event Hubs on loopback: AMQP 1.0 for the unmodified SDKs over a durable log. For development and tests."""

from local.event_hubs.broker import EventHubs, PartitionStats, Stats
from local.event_hubs.events import StoredEvent
from local.event_hubs.faults import Faults
from local.event_hubs.folder_lock import FolderInUse
from local.event_hubs.hub_spec import HubSpec
from local.event_hubs.server import Serving, serve

__all__ = [
    "EventHubs",
    "Faults",
    "FolderInUse",
    "HubSpec",
    "PartitionStats",
    "Serving",
    "Stats",
    "StoredEvent",
    "serve",
]
