"""A local Cosmos DB for NoSQL: the REST protocol over SQLite, for the unmodified SDKs."""

from local.cosmos.account import EMULATOR_KEY, connection_string
from local.cosmos.core import Cosmos
from local.cosmos.errors import FolderInUse
from local.cosmos.faults import ConnectionDropped, Fault, Faults, On
from local.cosmos.http_door import Door, PortInUse, serve
from local.cosmos.in_process import InProcessTransport
from local.cosmos.stats import Stats
from local.cosmos.wire import Request, Response

__all__ = [
    "EMULATOR_KEY",
    "ConnectionDropped",
    "Cosmos",
    "Door",
    "Fault",
    "Faults",
    "FolderInUse",
    "InProcessTransport",
    "On",
    "PortInUse",
    "Request",
    "Response",
    "Stats",
    "connection_string",
    "serve",
]
