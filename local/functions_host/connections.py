"""Connection names of bindings, resolved to SDK clients as the real host resolves them.

`NAME` holds a connection string; else `NAME__accountEndpoint` (Cosmos DB) or
`NAME__fullyQualifiedNamespace` (Event Hubs) names the service, with the identity's
`NAME__clientId` where there is one.
"""

from collections.abc import Callable, Mapping
from typing import Any

from azure.cosmos.aio import CosmosClient
from azure.eventhub.aio import CheckpointStore, EventHubConsumerClient
from azure.identity.aio import DefaultAzureCredential

from local.functions_host.errors import MissingSetting

type EventHubConnect = Callable[[str, str, CheckpointStore, int], EventHubConsumerClient]
"""A client for hub, consumer group, checkpoints and prefetch count."""

RECONNECT: Mapping[str, float] = {
    "load_balancing_interval": 1,
    "retry_total": 1,
    "retry_backoff_factor": 0.2,
}
"""A lost receiver is soon made anew, for ever, by the processor's round rather than by retries."""


def cosmos_connection(name: str, settings: Mapping[str, str]) -> Callable[[], CosmosClient]:
    """What makes clients for the account of connection `name`. Raises MissingSetting."""
    text = _connection_string(name, settings)
    if text:
        _check(name, text, "AccountEndpoint", "AccountKey")
        return lambda: CosmosClient.from_connection_string(text)
    endpoint = settings.get(f"{name}__accountEndpoint")
    if not endpoint:
        raise _missing(name, "accountEndpoint")
    credential = _identity(name, settings)
    return lambda: CosmosClient(endpoint, credential)


def event_hub_connection(name: str, settings: Mapping[str, str]) -> EventHubConnect:
    """What makes consumers in the namespace of connection `name`. Raises MissingSetting."""
    text = _connection_string(name, settings)
    if text:
        _check(name, text, "Endpoint", "SharedAccessKeyName", "SharedAccessKey")
        entity = "EntityPath=" in text

        def by_string(
            hub: str, group: str, checkpoints: CheckpointStore, prefetch: int
        ) -> EventHubConsumerClient:
            options = _options(checkpoints, prefetch)
            if not entity:
                options["eventhub_name"] = hub
            return EventHubConsumerClient.from_connection_string(text, group, **options)

        return by_string
    namespace = settings.get(f"{name}__fullyQualifiedNamespace")
    if not namespace:
        raise _missing(name, "fullyQualifiedNamespace")
    credential = _identity(name, settings)

    def by_identity(
        hub: str, group: str, checkpoints: CheckpointStore, prefetch: int
    ) -> EventHubConsumerClient:
        options = _options(checkpoints, prefetch)
        return EventHubConsumerClient(namespace, hub, group, credential, **options)

    return by_identity


def _options(checkpoints: CheckpointStore, prefetch: int) -> dict[str, Any]:
    return {
        "checkpoint_store": checkpoints,
        "load_balancing_strategy": "greedy",
        "prefetch": prefetch,
        **RECONNECT,
    }


def _connection_string(name: str, settings: Mapping[str, str]) -> str | None:
    candidates = (f"AzureWebJobs{name}", f"ConnectionStrings__{name}", name)
    return next((settings[one] for one in candidates if settings.get(one)), None)


def _check(name: str, text: str, *parts: str) -> None:
    given = {part.partition("=")[0] for part in text.split(";")}
    absent = [part for part in parts if part not in given]
    if absent:
        raise MissingSetting(f"connection '{name}': no {', '.join(absent)} in the string")


def _identity(name: str, settings: Mapping[str, str]) -> DefaultAzureCredential:
    return DefaultAzureCredential(managed_identity_client_id=settings.get(f"{name}__clientId"))


def _missing(name: str, part: str) -> MissingSetting:
    return MissingSetting(f"connection '{name}': neither {name} nor {name}__{part} is set")
