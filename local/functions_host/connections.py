"""Connection names of bindings, resolved to SDK clients as the real host resolves them.

`NAME` holds a connection string; else `NAME__accountEndpoint` (Cosmos DB) or
`NAME__fullyQualifiedNamespace` (Event Hubs) names the service, with the identity's
`NAME__clientId` where there is one.
"""

from collections.abc import Mapping
from typing import Any

from azure.cosmos.aio import CosmosClient
from azure.eventhub.aio import CheckpointStore, EventHubConsumerClient
from azure.identity.aio import DefaultAzureCredential

from local.functions_host.errors import MissingSetting


def cosmos_client(name: str, settings: Mapping[str, str]) -> CosmosClient:
    """A client for the account of connection `name`. Raises MissingSetting."""
    text = _connection_string(name, settings)
    try:
        if text:
            return CosmosClient.from_connection_string(text)
        endpoint = settings.get(f"{name}__accountEndpoint")
        if endpoint:
            return CosmosClient(endpoint, _identity(name, settings))
    except ValueError as error:
        raise MissingSetting(f"connection '{name}': {error}") from error
    raise _missing(name, "accountEndpoint")


def event_hub_client(
    name: str,
    settings: Mapping[str, str],
    hub: str,
    group: str,
    checkpoints: CheckpointStore,
    prefetch: int,
) -> EventHubConsumerClient:
    """A consumer of `group` of `hub`, in the namespace of connection `name`.

    Raises MissingSetting.
    """
    options: dict[str, Any] = {
        "checkpoint_store": checkpoints,
        "load_balancing_interval": 2,
        "load_balancing_strategy": "greedy",
        "prefetch": prefetch,
    }
    text = _connection_string(name, settings)
    try:
        if text:
            if "EntityPath=" not in text:
                options["eventhub_name"] = hub
            return EventHubConsumerClient.from_connection_string(text, group, **options)
        namespace = settings.get(f"{name}__fullyQualifiedNamespace")
        if namespace:
            credential = _identity(name, settings)
            return EventHubConsumerClient(namespace, hub, group, credential, **options)
    except ValueError as error:
        raise MissingSetting(f"connection '{name}': {error}") from error
    raise _missing(name, "fullyQualifiedNamespace")


def _connection_string(name: str, settings: Mapping[str, str]) -> str | None:
    candidates = (f"AzureWebJobs{name}", f"ConnectionStrings__{name}", name)
    return next((settings[one] for one in candidates if settings.get(one)), None)


def _identity(name: str, settings: Mapping[str, str]) -> DefaultAzureCredential:
    return DefaultAzureCredential(managed_identity_client_id=settings.get(f"{name}__clientId"))


def _missing(name: str, part: str) -> MissingSetting:
    return MissingSetting(f"connection '{name}': neither {name} nor {name}__{part} is set")
