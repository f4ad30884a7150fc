"""The HTTP door: statistics, dropped connections, TLS, what a client sees of them."""

import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest
from azure.core.exceptions import AzureError
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceExistsError

from local.cosmos import EMULATOR_KEY, Cosmos, InProcessTransport, On, PortInUse, serve
from local.cosmos.http_door import Message, Receive, Send


async def _container(client: CosmosClient) -> ContainerProxy:
    database = await client.create_database("d")
    return await database.create_container("c", PartitionKey("/pk"))


def _client(cosmos: Cosmos, endpoint: str, way: str) -> CosmosClient:
    if way == "http":
        return CosmosClient(endpoint, EMULATOR_KEY)
    return CosmosClient(endpoint, EMULATOR_KEY, transport=InProcessTransport(cosmos))


@pytest.fixture
def cosmos() -> Iterator[Cosmos]:
    with closing(Cosmos()) as cosmos:
        yield cosmos


async def test_statistics_are_read_and_reset_without_authorization(cosmos: Cosmos) -> None:
    async with serve(cosmos) as door, aiohttp.ClientSession() as session:
        async with CosmosClient(door.endpoint, EMULATOR_KEY) as client:
            container = await _container(client)
            await container.create_item({"id": "1", "pk": "a"})
        async with session.get(f"{door.endpoint}_local/stats") as reply:
            snapshot = await reply.json()
        assert snapshot["modelled"] is True
        assert snapshot["containers"]["c"]["requests"]["create"] == 1
        assert snapshot["request_units"] > 4.95
        async with session.delete(f"{door.endpoint}_local/stats") as reply:
            assert reply.status == 204
        assert cosmos.stats.snapshot()["requests"]["create"] == 0


async def test_what_is_beside_the_account_is_asked_for_all_but_the_statistics(
    cosmos: Cosmos,
) -> None:
    async def beside(scope: Message, receive: Receive, send: Send) -> None:
        text = scope["raw_path"] + (await receive())["body"]
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": text})

    async def asked(path: str) -> tuple[int, bytes]:
        async with session.post(f"{door.endpoint}{path}", data=b" said") as reply:
            return reply.status, await reply.read()

    async with serve(cosmos, beside=beside) as door, aiohttp.ClientSession() as session:
        assert await asked("_local") == (202, b"/_local said")
        assert await asked("_local/a%20b") == (202, b"/_local/a%20b said")
        assert (await asked("_local/stats"))[0] == 200
        assert (await asked("_localities"))[0] >= 400
    async with serve(cosmos) as door, aiohttp.ClientSession() as session:
        assert (await asked("_local/streams"))[0] >= 400


async def test_a_port_that_is_taken_is_named(cosmos: Cosmos) -> None:
    async with serve(cosmos) as door:
        with pytest.raises(PortInUse, match=f"Port {door.port} on 127.0.0.1 is taken"):
            async with serve(cosmos, door.port):
                pass


async def test_the_door_can_open_again_on_the_same_port(cosmos: Cosmos) -> None:
    async with serve(cosmos) as door:
        port = door.port
    async with serve(cosmos, port) as door:
        assert door.endpoint == f"http://127.0.0.1:{port}/"


@pytest.mark.parametrize("way", ["http", "in process"])
async def test_a_lost_answer_is_an_error_to_the_client_although_the_work_is_done(
    cosmos: Cosmos, way: str
) -> None:
    async with serve(cosmos) as door, _client(cosmos, door.endpoint, way) as client:
        container = await _container(client)
        fault = cosmos.faults.drop_after(On("create", "c"), times=None)
        with pytest.raises((AzureError, CosmosResourceExistsError)):
            await container.create_item({"id": "1", "pk": "a"})
        assert fault.hits >= 1
        cosmos.faults.clear()
        assert (await container.read_item("1", "a"))["id"] == "1"


@pytest.mark.parametrize("way", ["http", "in process"])
async def test_a_connection_dropped_before_the_work_is_tried_again(
    cosmos: Cosmos, way: str
) -> None:
    async with serve(cosmos) as door, _client(cosmos, door.endpoint, way) as client:
        container = await _container(client)
        await container.create_item({"id": "1", "pk": "a"})
        fault = cosmos.faults.drop_before(On("point_read", "c"))
        assert (await container.read_item("1", "a"))["id"] == "1"
        assert fault.hits == 1


async def test_the_sdk_waits_out_a_throttle(cosmos: Cosmos) -> None:
    async with _client(cosmos, "http://local/", "in process") as client:
        container = await _container(client)
        fault = cosmos.faults.throttle(On("create", "c"), times=2, retry_after_ms=1)
        await container.create_item({"id": "1", "pk": "a"})
        assert fault.hits == 2
        cosmos.faults.throttle(On("create", "c"), times=None, retry_after_ms=1)
        with pytest.raises(CosmosHttpResponseError) as refused:
            await container.create_item({"id": "2", "pk": "a"})
        assert refused.value.status_code == 429


async def test_https_has_a_certificate_that_is_kept(tmp_path: Path) -> None:
    for _ in range(2):
        cosmos = Cosmos(tmp_path)
        async with serve(cosmos, tls=True) as door:
            trust = ssl.create_default_context(cafile=str(tmp_path / "localhost.pem"))
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{door.endpoint}_local/stats", ssl=trust) as reply,
            ):
                assert reply.status == 200
            async with CosmosClient(door.endpoint, EMULATOR_KEY) as client:
                await client.create_database_if_not_exists("d")
        cosmos.close()
