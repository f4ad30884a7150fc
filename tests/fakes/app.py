"""The application over fakes, and its functions by name, as the host would index them."""

from typing import Any, cast

import azure.functions as func

import settings
from domain.registry import AGGREGATES
from event_store.snapshots import Snapshotter
from event_store.store import CosmosEventStore
from functions import change_feed, commands, health, history, projectors, queries
from ops.resources import resources
from projections.registry import PROJECTIONS
from tests.fakes.container import FakeContainer
from tests.fakes.event_store import FakeEventStore
from tests.fakes.snapshots import FakeSnapshotStore
from wiring import Application

ENVIRONMENT = {
    "CosmosDB": "AccountEndpoint=http://127.0.0.1:8081/;AccountKey=a2V5;",
    "EventHub": "Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=n;SharedAccessKey=a2V5;",
    "ARCHIVE__blobServiceUri": "file:///nowhere/archive",
    "KEY_VAULT_URL": "file:///nowhere/keys.json",
    "COSMOS_DATABASE": "EventSourcingDB",
    "EVENT_HUB_NAME": "domain-events",
}


class FakeApplication(Application):
    """Wired as the real one is, down to the stores."""

    def __init__(self, **environment: str) -> None:
        super().__init__(settings.read(ENVIRONMENT | environment))
        self.store = FakeEventStore(*AGGREGATES)
        self.event_store = cast("CosmosEventStore", self.store)
        self.sealer = self.store.sealer
        self.containers = {
            container["name"]: FakeContainer(container["partitionKey"][0].removeprefix("/"))
            for container in resources()["containers"]
        }
        self._containers = cast("dict[str, Any]", self.containers)
        self.snapshotter = Snapshotter(FakeSnapshotStore(), every={})

    def functions(self) -> dict[str, Any]:
        """Every function, by the name that the host knows it by."""
        app = func.FunctionApp()
        app.register_functions(commands.blueprint(self, AGGREGATES))
        app.register_functions(queries.blueprint(self, PROJECTIONS))
        app.register_functions(history.blueprint(self, AGGREGATES))
        app.register_functions(change_feed.blueprint(self))
        app.register_functions(projectors.blueprint(self, PROJECTIONS))
        app.register_functions(health.blueprint(self))
        return {
            str(function.get_function_name()): function.get_user_function()
            for function in app.get_functions()
        }
