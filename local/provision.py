"""Creates what `infra/resources.json` names: the database with its containers, and the hubs' definitions."""

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any, Final

from azure.core.exceptions import AzureError
from azure.cosmos import PartitionKey
from azure.cosmos.aio import CosmosClient, DatabaseProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from local.event_hubs import HubSpec

logger = logging.getLogger(__name__)

RESOURCES: Final = Path(__file__).parent.parent / "infra" / "resources.json"


type Resources = dict[str, Any]


class ProvisionError(Exception):
    """What exists is not what the application needs."""


def load(path: Path = RESOURCES) -> Resources:
    """The resources that the application needs. Raises ProvisionError."""
    try:
        resources: Resources = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ProvisionError(f"{path} is missing: 'make generate' writes it") from None
    except ValueError as error:
        raise ProvisionError(f"{path} is no JSON ({error}): 'make generate' writes it") from None
    return resources


def hubs(resources: Resources) -> list[HubSpec]:
    return [
        HubSpec(
            hub["name"],
            partitions=hub["partitions"],
            consumer_groups=tuple(hub["consumerGroups"]),
            retention_hours=hub["retentionHours"],
        )
        for hub in resources["eventHubs"]
    ]


async def create_containers(client: CosmosClient, resources: Resources) -> None:
    """Creates the database and the containers that are not there yet.

    Raises ProvisionError where one is there with another partition key or other unique keys.
    """
    database = await client.create_database_if_not_exists(resources["database"])
    for container in resources["containers"]:
        await _create(database, container)


async def _create(database: DatabaseProxy, container: dict[str, Any]) -> None:
    wanted = _definition(container)
    try:
        found = await database.get_container_client(container["name"]).read()
    except CosmosResourceNotFoundError:
        await database.create_container(container["name"], **wanted)
        return
    has = {"partitionKey": found["partitionKey"]["paths"], "uniqueKeys": _unique_keys(found)}
    needs = {name: container[name] for name in has}
    if has != needs:
        raise ProvisionError(
            f"container '{container['name']}' has {json.dumps(has)}, the application needs "
            f"{json.dumps(needs)}; neither can be changed: use another data folder"
        )


def _definition(container: dict[str, Any]) -> dict[str, Any]:
    paths = container["partitionKey"]
    definition: dict[str, Any] = {
        "partition_key": PartitionKey(
            path=paths if len(paths) > 1 else paths[0],
            kind="MultiHash" if len(paths) > 1 else "Hash",
        ),
    }
    if container["indexingPolicy"]:
        definition["indexing_policy"] = container["indexingPolicy"]
    if container["uniqueKeys"]:
        definition["unique_key_policy"] = {
            "uniqueKeys": [{"paths": paths} for paths in container["uniqueKeys"]]
        }
    if container.get("defaultTtl") is not None:
        definition["default_ttl"] = container["defaultTtl"]
    return definition


def _unique_keys(found: dict[str, Any]) -> list[list[str]]:
    policy = found.get("uniqueKeyPolicy") or {}
    return [list(key["paths"]) for key in policy.get("uniqueKeys", [])]


async def provision(connection_string: str) -> int:
    """Creates the containers in an account, such as an official emulator; how many there are.

    Raises ProvisionError and AzureError.
    """
    resources = load()
    try:
        account = CosmosClient.from_connection_string(connection_string)
    except ValueError:
        raise ProvisionError("expected 'AccountEndpoint=…;AccountKey=…;'") from None
    async with account as client:
        await create_containers(client, resources)
    return len(resources["containers"])


def main(arguments: list[str]) -> int:
    """`python -m local.provision CONNECTION_STRING`."""
    if len(arguments) != 1:
        print("usage: python -m local.provision CONNECTION_STRING", file=sys.stderr)
        return 2
    try:
        count = asyncio.run(provision(arguments[0]))
    except (ProvisionError, AzureError) as error:
        print(f"Cannot provision: {error}", file=sys.stderr)
        return 1
    print(f"{count} containers are there.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
