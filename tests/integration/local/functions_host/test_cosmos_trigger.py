"""The Cosmos DB trigger against the local Cosmos DB, through the real SDK."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient

from local.cosmos import Cosmos, connection_string, serve
from local.functions_host import FunctionsHost
from tests.integration.local.functions_host.apps import write_app
from tests.integration.local.functions_host.calls import call, eventually

TRIGGER = """
seen: list[typing.Any] = []
failures = int(os.environ.get("FAILURES", "0"))

@app.route("seen")
async def show(req: func.HttpRequest) -> func.HttpResponse:
    import json
    return func.HttpResponse(json.dumps(seen))

@app.cosmos_db_trigger("docs", connection="CosmosDB", database_name="%DATABASE%", container_name="c",
    lease_container_prefix="p", feed_poll_delay=20, max_items_per_invocation=3, OPTIONS)
RETRY
async def feed(docs: func.DocumentList, context: func.Context) -> None:
    global failures
    retry = context.retry_context
    seen.append([[doc["id"] for doc in docs], context.invocation_id, retry.retry_count, retry.max_retry_count])
    await asyncio.sleep(float(os.environ.get("SECONDS", "0")))
    if failures:
        failures -= 1
        raise RuntimeError("not yet")
"""


def source(options: str = "start_from_beginning=True", retry: str = "") -> str:
    return TRIGGER.replace("OPTIONS", options).replace("RETRY", retry)


@pytest.fixture
async def cosmos() -> AsyncIterator[dict[str, str]]:
    """Settings that reach an empty local account."""
    account = Cosmos(None)
    async with serve(account, port=0) as server:
        yield {"CosmosDB": connection_string(server.endpoint), "DATABASE": "db"}
    account.close()


@contextlib.asynccontextmanager
async def container(settings: dict[str, str]) -> AsyncIterator[ContainerProxy]:
    async with CosmosClient.from_connection_string(settings["CosmosDB"]) as client:
        database = await client.create_database_if_not_exists("db")
        yield await database.create_container_if_not_exists("c", PartitionKey("/pk"))


async def insert(container: ContainerProxy, *ids: str, **fields: Any) -> None:
    for one in ids:
        await container.create_item({"id": one, "pk": "a", **fields})


async def seen(host: FunctionsHost) -> list[Any]:
    return list((await call(host.port, "GET", "/api/seen")).json())


def has_seen(host: FunctionsHost, *batches: list[str]) -> Callable[[], Awaitable[bool]]:
    async def probe() -> bool:
        return [one[0] for one in await seen(host)] == list(batches)

    return probe


async def test_documents_come_in_order_in_pages_of_the_given_size(
    tmp_path: Path, cosmos: dict[str, str]
) -> None:
    async with container(cosmos) as documents:
        await insert(documents, "1", "2", "3", "4")
        async with FunctionsHost(
            write_app(tmp_path / "app", source()), cosmos, tmp_path / "data"
        ) as host:
            await eventually(has_seen(host, ["1", "2", "3"], ["4"]))
            await insert(documents, "5")
            await eventually(has_seen(host, ["1", "2", "3"], ["4"], ["5"]))


async def test_the_lease_outlives_the_host_in_the_data_folder(
    tmp_path: Path, cosmos: dict[str, str]
) -> None:
    app = write_app(tmp_path / "app", source())
    async with container(cosmos) as documents:
        await insert(documents, "1")
        async with FunctionsHost(app, cosmos, tmp_path / "data") as host:
            await eventually(has_seen(host, ["1"]))
        await insert(documents, "2")
        async with FunctionsHost(app, cosmos, tmp_path / "data") as host:
            await eventually(has_seen(host, ["2"]))
        async with FunctionsHost(app, cosmos, tmp_path / "other data") as host:
            await eventually(has_seen(host, ["1", "2"]))


async def test_a_batch_that_fails_without_a_policy_is_lost(
    tmp_path: Path, cosmos: dict[str, str]
) -> None:
    settings = {**cosmos, "FAILURES": "1"}
    async with container(cosmos) as documents:
        await insert(documents, "1", "2", "3", "4")
        async with FunctionsHost(
            write_app(tmp_path / "app", source()), settings, tmp_path / "data"
        ) as host:
            await eventually(has_seen(host, ["1", "2", "3"], ["4"]))


async def test_a_policy_of_n_is_n_plus_one_calls_with_one_invocation_id_then_the_lease_moves_on(
    tmp_path: Path, cosmos: dict[str, str]
) -> None:
    retry = '@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:00")'
    settings = {**cosmos, "FAILURES": "3"}
    app = write_app(tmp_path / "app", source(retry=retry))
    async with container(cosmos) as documents:
        await insert(documents, "1", "2", "3", "4")
        async with FunctionsHost(app, settings, tmp_path / "data") as host:
            await eventually(has_seen(host, *[["1", "2", "3"]] * 3, ["4"]))
            calls = await seen(host)
    assert len({one[1] for one in calls[:3]}) == 1
    assert [one[2:] for one in calls] == [[0, 2], [1, 2], [2, 2], [0, 2]]


async def test_a_policy_without_end_holds_the_lease_until_the_batch_is_done(
    tmp_path: Path, cosmos: dict[str, str]
) -> None:
    retry = '@app.retry(strategy="exponential_backoff", max_retry_count="-1")'
    settings = {**cosmos, "FAILURES": "12"}
    app = write_app(tmp_path / "app", source(retry=retry))
    async with container(cosmos) as documents:
        await insert(documents, "1", "2", "3", "4")
        async with FunctionsHost(app, settings, tmp_path / "data") as host:
            await eventually(has_seen(host, *[["1", "2", "3"]] * 13, ["4"]))


async def test_a_batch_that_ends_after_the_end_began_comes_again(
    tmp_path: Path, cosmos: dict[str, str]
) -> None:
    app = write_app(tmp_path / "app", source())
    async with container(cosmos) as documents:
        await insert(documents, "1")
        async with FunctionsHost(app, {**cosmos, "SECONDS": "0.3"}, tmp_path / "data") as host:
            await eventually(has_seen(host, ["1"]))
        async with FunctionsHost(app, cosmos, tmp_path / "data") as host:
            await eventually(has_seen(host, ["1"]))
            assert (await seen(host))[0][2] == 0


async def test_batches_may_start_for_a_while_after_the_end_began_and_come_again(
    tmp_path: Path, cosmos: dict[str, str]
) -> None:
    written = """
    with open("written", "a") as file:
        file.write(" ".join(doc["id"] for doc in docs))
"""
    app = write_app(tmp_path / "app", source() + written)
    async with container(cosmos) as documents:
        host = FunctionsHost(app, cosmos, tmp_path / "data", last_batches=0.6)
        async with host:
            stopping = asyncio.create_task(host.stop())
            await asyncio.sleep(0.1)
            await insert(documents, "late")
            await stopping
        assert (app / "written").read_text() == "late"
        async with FunctionsHost(app, cosmos, tmp_path / "data") as after:
            await eventually(has_seen(after, ["late"]))


async def test_an_endless_retry_does_not_hold_up_the_end(
    tmp_path: Path, cosmos: dict[str, str]
) -> None:
    retry = '@app.retry(strategy="fixed_delay", max_retry_count="-1", delay_interval="01:00:00")'
    app = write_app(tmp_path / "app", source(retry=retry))
    async with container(cosmos) as documents:
        await insert(documents, "1")
        for failures in ("1000", "0"):
            settings = {**cosmos, "FAILURES": failures}
            async with FunctionsHost(app, settings, tmp_path / "data") as host:
                await eventually(has_seen(host, ["1"]))


async def test_without_a_start_only_what_comes_later_is_seen(
    tmp_path: Path, cosmos: dict[str, str]
) -> None:
    app = write_app(tmp_path / "app", source("start_from_beginning=False"))
    async with container(cosmos) as documents:
        await insert(documents, "early")
        await asyncio.sleep(1.1)  # the start is "now" in whole seconds
        async with FunctionsHost(app, cosmos, tmp_path / "data") as host:
            await asyncio.sleep(0.3)
            await insert(documents, "late")
            await eventually(has_seen(host, ["late"]))


async def test_a_start_time_skips_what_is_older(tmp_path: Path, cosmos: dict[str, str]) -> None:
    app = write_app(tmp_path / "app", source('start_from_time="2020-01-01T00:00:00Z"'))
    async with container(cosmos) as documents:
        await insert(documents, "1")
        async with FunctionsHost(app, cosmos, tmp_path / "data") as host:
            await eventually(has_seen(host, ["1"]))


async def test_a_container_that_is_not_there_yet_is_waited_for(
    tmp_path: Path, cosmos: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    app = write_app(tmp_path / "app", source())
    async with FunctionsHost(app, cosmos, tmp_path / "data") as host:

        async def complained() -> bool:
            return any("trying again" in one.getMessage() for one in caplog.records)

        await eventually(complained)
        async with container(cosmos) as documents:
            await insert(documents, "1")
            await eventually(has_seen(host, ["1"]))


async def test_a_container_made_anew_is_read_from_its_beginning(
    tmp_path: Path, cosmos: dict[str, str]
) -> None:
    async with FunctionsHost(
        write_app(tmp_path / "app", source()), cosmos, tmp_path / "data"
    ) as host:
        async with container(cosmos) as documents:
            await insert(documents, "1")
            await eventually(has_seen(host, ["1"]))
        async with CosmosClient.from_connection_string(cosmos["CosmosDB"]) as client:
            await client.get_database_client("db").delete_container("c")
        async with container(cosmos) as documents:
            await insert(documents, "2")
            await eventually(has_seen(host, ["1"], ["2"]))


async def test_the_wire_value_is_a_compact_array_with_the_services_fields_and_rewritten_dates(
    tmp_path: Path, cosmos: dict[str, str]
) -> None:
    raw = (
        source()
        .replace("docs: func.DocumentList", "docs: str")
        .replace('[doc["id"] for doc in docs]', "docs")
    )
    async with container(cosmos) as documents:
        await insert(documents, "1", at="2024-01-02T03:04:05.120000Z", deep=[{"x": 1e5}])
        async with FunctionsHost(
            write_app(tmp_path / "app", raw), cosmos, tmp_path / "data"
        ) as host:

            async def came() -> bool:
                return bool(await seen(host))

            await eventually(came)
            text = (await seen(host))[0][0]
    assert text.startswith('[{"id":"1","pk":"a","at":"2024-01-02T03:04:05.12Z","deep":[{"x":100000')
    (document,) = json.loads(text)
    assert {"_rid", "_self", "_etag", "_attachments", "_ts", "_lsn"} <= set(document)


async def test_pumps_do_not_starve_requests(tmp_path: Path, cosmos: dict[str, str]) -> None:
    async with container(cosmos) as documents:
        await asyncio.gather(*(insert(documents, str(number)) for number in range(60)))
        app = write_app(tmp_path / "app", source())
        async with FunctionsHost(app, cosmos, tmp_path / "data") as host:
            while_running = 0
            while sum(len(one[0]) for one in await seen(host)) < 60:
                while_running += 1
    assert while_running >= 5


async def test_an_account_that_is_away_is_reached_again_without_a_flood_of_lines(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def complained() -> bool:
        return any("trying again" in line for line in caplog.messages)

    caplog.set_level("INFO", "functions_host")
    account = Cosmos(None)
    async with contextlib.AsyncExitStack() as stack:
        async with serve(account, port=0) as server:
            settings = {"CosmosDB": connection_string(server.endpoint), "DATABASE": "db"}
            async with container(settings) as documents:
                await insert(documents, "1")
            app = write_app(tmp_path / "app", source())
            host = FunctionsHost(app, settings, tmp_path / "data")
            await stack.enter_async_context(host)
            await eventually(has_seen(host, ["1"]))
        await eventually(complained, seconds=20)
        async with serve(account, port=int(server.endpoint.strip("/").rpartition(":")[2])):
            async with container(settings) as documents:
                await insert(documents, "2")
            await eventually(has_seen(host, ["1"], ["2"]), seconds=20)
            await stack.aclose()
    account.close()
    assert len([line for line in caplog.messages if "trying again" in line]) < 4
    assert any("works again" in line for line in caplog.messages)
