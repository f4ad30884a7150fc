"""Stored events to a real hub: byte for byte, in order per aggregate, at least once."""

import gc
import json
import logging
import warnings
from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any, Final

import pytest
import pytest_asyncio

from domain.order import ORDER, CancelOrder, ShipOrder
from domain.product import PRODUCT, ReceiveStock
from event_store.placement import place_of
from event_store.publisher import HubPublisher, message_body
from local import provision
from local.event_hubs import EventHubs, serve
from local.event_hubs.amqp.messages import PROPERTIES, section_value
from local.functions_host.newtonsoft import dumps
from tests.stack.commanding import an_order, execute
from tests.stack.histories import receive_often
from tests.stack.in_process import ENVIRONMENT, Account
from tests.stack.in_process import account as open_account
from wiring import Application

HUB: Final = ENVIRONMENT["EVENT_HUB_NAME"]
PARTITIONS: Final = 4

DATES_IN_DISGUISE: Final = (
    "2026-11-01T10:00:00.000Z",
    "2026-11-01T10:00:00.120000Z",
    "2026-11-01T10:00:00.123000+00:00",
    "2026-11-01T10:00:00+02:00",
    "2026-11-01T24:00:00Z",
    "2026-11-01T10:00:00.123456Z",
    "2026-11-01T10:00:00Z",
    "2026-11-01T10:00:00",
    "2026-11-01",
    "/Date(1234567890000)/",
    "1.10",
    "1e5",
    "Sun, 01 Nov 2026 10:00:00 GMT",
    "00000000123",
)
"""Tracking numbers and reasons that the Cosmos DB trigger takes for dates, and some that it does not."""


pytestmark = pytest.mark.asyncio(loop_scope="module")
"""One producer for all: the SDK's first send on a new link takes up to a second."""


@pytest.fixture(scope="module")
def hubs() -> Iterator[EventHubs]:
    with EventHubs(provision.hubs(provision.load())) as hubs:
        yield hubs


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def instance(hubs: EventHubs) -> AsyncIterator[tuple[Account, Application]]:
    async with serve(hubs) as serving, open_account() as account:
        application = await account.instance(EventHub=serving.connection_string)
        application.publisher = HubPublisher(application.producer)
        yield account, application
        await application.producer.close()


@pytest.fixture
def account(instance: tuple[Account, Application]) -> Account:
    return instance[0]


@pytest.fixture
def application(instance: tuple[Account, Application]) -> Application:
    return instance[1]


async def feed(account: Account, *streams: str) -> list[dict[str, Any]]:
    """The documents of streams as the trigger hands them over: rewritten, and in any order."""
    documents = [document for stream in streams for document in await account.stream(stream)]
    Random(0).shuffle(documents)
    handed_over: list[dict[str, Any]] = json.loads(dumps(documents))
    return handed_over


def bodies(hubs: EventHubs, *streams: str) -> dict[str, list[bytes]]:
    """What arrived of streams, in order; each in the partition that is its own."""
    arrived: dict[str, list[bytes]] = {}
    for stream in streams:
        events = [event.body for event in hubs.read(HUB, place_of(stream, PARTITIONS))]
        found = [body for body in events if isinstance(body, bytes)]
        arrived[stream] = [body for body in found if json.loads(body)["aggregateId"] == stream]
    return arrived


async def stored(account: Account, stream: str) -> list[bytes]:
    return [message_body(document) for document in await account.stream(stream)]


async def test_what_reaches_the_hub_is_what_is_stored_byte_for_byte(
    account: Account, hubs: EventHubs, application: Application
) -> None:
    streams = []
    for n, disguise in enumerate(DATES_IN_DISGUISE):
        order = an_order(shipping_address={"attention": disguise})
        shipping = ShipOrder(tracking_number=disguise, carrier=disguise)
        await execute(application, ORDER, f"shipped-{n}", order)
        await execute(application, ORDER, f"shipped-{n}", shipping)
        await execute(application, ORDER, f"cancelled-{n}", order)
        await execute(application, ORDER, f"cancelled-{n}", CancelOrder(reason=disguise))
        streams += [f"order-shipped-{n}", f"order-cancelled-{n}"]
    await application.forwarder.forward(await feed(account, *streams))
    arrived = bodies(hubs, *streams)
    assert arrived == {stream: await stored(account, stream) for stream in streams}
    shipped = [json.loads(arrived[stream][1])["data"] for stream in streams[::2]]
    assert [data["trackingNumber"] for data in shipped] == list(DATES_IN_DISGUISE)


async def test_the_trigger_does_rewrite_these(account: Account) -> None:
    """The test above would prove nothing where nothing is altered on the way."""
    changed = [text for text in DATES_IN_DISGUISE if json.loads(dumps(text)) != text]
    assert len(changed) >= 6


async def test_a_message_names_its_event(
    account: Account, hubs: EventHubs, application: Application
) -> None:
    await execute(application, ORDER, "named", an_order())
    await application.forwarder.forward(await feed(account, "order-named"))
    event = hubs.read(HUB, place_of("order-named", PARTITIONS))[-1]
    properties = section_value(event.message, PROPERTIES)
    assert isinstance(properties, list)
    assert properties[0] == (await account.stream("order-named"))[0]["eventId"]
    assert properties[6] == "application/json"
    assert event.properties == {
        "eventType": "OrderPlaced",
        "aggregateType": "Order",
        "schemaVersion": 2,
    }


async def test_a_thousand_documents_arrive_in_the_order_of_their_streams(
    account: Account, hubs: EventHubs, application: Application
) -> None:
    streams = [f"product-long-{n}" for n in range(8)]
    for n in range(8):
        await receive_often(account, application.codec, f"long-{n}", 125)
    await application.forwarder.forward(await feed(account, *streams))
    assert bodies(hubs, *streams) == {stream: await stored(account, stream) for stream in streams}


async def test_after_a_failure_of_one_partition_the_whole_batch_comes_again(
    account: Account, hubs: EventHubs, application: Application
) -> None:
    """The others get repeats, the failed one its events, and none of them a gap."""
    streams = [f"product-again-{n}" for n in range(8)]
    for n in range(8):
        await receive_often(account, application.codec, f"again-{n}", 20)
    batch = await feed(account, *streams)
    failing = place_of(streams[0], PARTITIONS)
    hubs.faults.reject_sends(
        hub=HUB, partition=failing, times=100, condition="amqp:unauthorized-access"
    )
    with pytest.raises(ExceptionGroup, match="not accepted by Event Hubs"):
        await application.forwarder.forward(batch)
    hubs.faults.clear()
    assert bodies(hubs, streams[0]) == {streams[0]: []}
    await application.forwarder.forward(batch)
    arrived = bodies(hubs, *streams)
    for stream in streams:
        times = 1 if place_of(stream, PARTITIONS) == failing else 2
        assert arrived[stream] == await stored(account, stream) * times


async def test_an_answer_that_is_lost_makes_a_repeat_not_a_loss(
    account: Account, hubs: EventHubs, application: Application
) -> None:
    await receive_often(account, application.codec, "lost", 5)
    batch = await feed(account, "product-lost")
    with warnings.catch_warnings():
        # The SDK leaves its socket open when a connection is lost.
        warnings.simplefilter("ignore", ResourceWarning)
        hubs.faults.drop_after_store(hub=HUB)
        await application.forwarder.forward(batch)
        gc.collect()
    once = await stored(account, "product-lost")
    assert bodies(hubs, "product-lost")["product-lost"] == once * 2


async def test_an_event_that_was_tampered_with_is_forwarded_as_stored_and_named(
    account: Account,
    hubs: EventHubs,
    application: Application,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await execute(application, PRODUCT, "altered", ReceiveStock(quantity=1))
    (document,) = await account.stream("product-altered")
    document["data"]["quantity"] = 1000
    await (await account.container("events")).replace_item(document["id"], document)
    with caplog.at_level(logging.ERROR, "event_store"):
        await application.forwarder.forward(await feed(account, "product-altered"))
    (body,) = bodies(hubs, "product-altered")["product-altered"]
    assert json.loads(body)["data"]["quantity"] == 1000
    assert "Event 1 of 'product-altered' does not match its own hash" in caplog.text


async def test_intact_documents_are_forwarded_without_reading_them_again(
    account: Account, hubs: EventHubs, application: Application
) -> None:
    await receive_often(account, application.codec, "intact", 50)
    batch = await feed(account, "product-intact")
    account.requests()
    await application.forwarder.forward(batch)
    assert account.requests() == {}
    assert len(bodies(hubs, "product-intact")["product-intact"]) == 50
