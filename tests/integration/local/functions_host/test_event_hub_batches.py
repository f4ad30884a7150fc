"""What the Event Hubs trigger hands over, against the local Event Hubs, through the real SDK."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.functions_host import FunctionsHost
from tests.integration.local.functions_host.apps import write_app
from tests.integration.local.functions_host.calls import eventually
from tests.integration.local.functions_host.hubs import SEEN, event_hubs, has_seen, seen, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

APP = """
running = most = 0

@hub("batches")
async def batches(events: typing.List[func.EventHubEvent]) -> None:
    seen.append(["batches", bodies(events), events[0].partition_key, events[0].sequence_number])

@hub("failing")
@app.retry(strategy="fixed_delay", max_retry_count="1", delay_interval="00:00:00")
async def failing(events: typing.List[func.EventHubEvent], context: func.Context) -> None:
    seen.append(["failing", bodies(events), context.retry_context.retry_count, context.invocation_id])
    if bodies(events) == ["bad"]:
        raise RuntimeError("not this one")

@hub("untyped", data_type=None)
async def untyped(events: typing.List[func.EventHubEvent]) -> None:
    seen.append(["untyped", bodies(events)])

@hub("single", cardinality=func.Cardinality.ONE)
async def single(events: func.EventHubEvent) -> None:
    global running, most
    running += 1
    most = max(most, running)
    await asyncio.sleep(0.1)
    running -= 1
    seen.append(["single", bodies([events]), most])
"""

type Stand = tuple[FunctionsHost, dict[str, str]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stand(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stand]:
    folder = tmp_path_factory.mktemp("hubs")
    size = {"eventHubs": {"maxEventBatchSize": 2}}
    app = write_app(folder / "app", SEEN + APP, extensions=size)
    async with event_hubs(folder, ["batches", "failing", "untyped", "single"]) as settings:
        await send(settings, "batches", b"1", b"2", b"", b"\xff", b"5", key="k")
        async with FunctionsHost(app, settings, folder / "data") as host:
            yield host, settings


async def test_batches_come_in_order_from_the_beginning_no_larger_than_host_json_says(
    stand: Stand,
) -> None:
    host, _ = stand
    await eventually(has_seen(host, "batches", "1", "2", "", "\xff", "5"))
    found = await seen(host, "batches")
    assert max(len(one[1]) for one in found) == 2
    assert found[0][2:] == ["k", 0]


async def test_the_partition_goes_on_after_exhausted_retries(stand: Stand) -> None:
    host, settings = stand
    await send(settings, "failing", b"bad")
    await eventually(has_seen(host, "failing", "bad", "bad"))
    await send(settings, "failing", b"good")
    await eventually(has_seen(host, "failing", "bad", "bad", "good"))
    found = await seen(host, "failing")
    assert [one[2] for one in found] == [0, 1, 0]
    assert found[0][3] == found[1][3] != found[2][3]


async def test_a_body_that_is_not_json_loses_the_batch_where_no_data_type_is_given(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    host, settings = stand
    await send(settings, "untyped", b"{}", b"plain")

    async def complained() -> bool:
        return any("2 events from partition 0 are lost" in line for line in caplog.messages)

    await eventually(complained)
    await send(settings, "untyped", b'{"at": "2024-01-02T03:04:05.000Z"}')
    await eventually(has_seen(host, "untyped", '{"at": "2024-01-02T03:04:05Z"}'))


async def test_one_at_a_time_is_one_call_an_event_all_of_a_batch_at_once(stand: Stand) -> None:
    host, settings = stand
    await send(settings, "single", b"1", b"2")
    await eventually(has_seen(host, "single", "1", "2"))
    assert {one[2] for one in await seen(host, "single")} == {2}
