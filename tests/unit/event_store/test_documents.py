"""The stored form of an event: what it has, and that nothing is lost on the way there and back."""

import re
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Context
from domain.order import ORDER, Item, OrderCancelled, OrderEvent, OrderPlaced, OrderShipped
from domain.values import Money, Price
from event_store.chain import chained
from event_store.documents import Codec, Head, document_id, event_id, head_of, timestamp
from event_store.errors import UnreadableEvent
from tests.strategies.contexts import contexts
from tests.strategies.orders import events

CODEC = Codec([ORDER])
NOW = datetime(2026, 11, 1, 12, 30, 5, tzinfo=UTC)
CONTEXT = Context(correlation_id="c-1", causation_id="k-1", command_hash="0" * 64, user_id="ada")
PLACED = OrderPlaced(
    order_id="789",
    customer_id="customer-1",
    items=(Item("product-1", 2, Price("10.50")),),
    total_amount=Money("21.00"),
    currency="EUR",
)
SHIPPED = OrderShipped(order_id="789", tracking_number="1Z")
ONE_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")

moments = st.datetimes(
    datetime(2000, 1, 1),
    datetime(2200, 1, 1),
    timezones=st.integers(-720, 840).map(lambda m: timezone(timedelta(minutes=m))),
)


def encode(
    *data: OrderEvent, head: Head | None = None, context: Context = CONTEXT, now: datetime = NOW
) -> list[dict[str, Any]]:
    head = head or Head()
    return chained(CODEC.encode("order-789", head, data, context, now), head.hash)


def through_json(document: dict[str, Any]) -> dict[str, Any]:
    """As the store gives it back: JSON, with the service's own fields."""
    stored: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return stored | {"_rid": "a", "_self": "b", "_etag": '"c"', "_attachments": "d", "_ts": 1}


def test_a_stored_event_has_the_fields_of_the_contract() -> None:
    (document,) = encode(PLACED)
    assert (
        through_json(document).items()
        >= {
            "id": "000000000001",
            "aggregateId": "order-789",
            "aggregateType": "Order",
            "version": 1,
            "eventId": event_id("order-789", "k-1", 0),
            "eventType": "OrderPlaced",
            "schemaVersion": 2,
            "timestamp": "2026-11-01T12:30:05.000000Z",
            "userId": "ada",
            "data": {
                "orderId": "789",
                "customerId": "customer-1",
                "items": [{"productId": "product-1", "quantity": 2, "price": 10.5}],
                "totalAmount": 21,
                "currency": "EUR",
            },
            "metadata": {
                "correlationId": "c-1",
                "causationId": "k-1",
                "commandHash": "0" * 64,
                "userId": "ada",
                "ipAddress": None,
                "traceparent": None,
            },
            "commandKey": "k-1:0",
            "previousHash": None,
        }.items()
    )
    assert re.fullmatch(r"[0-9a-f]{64}", document["hash"])


@given(events, contexts, moments)
def test_an_event_comes_back_from_the_store_as_it_went_in(
    event: OrderEvent, context: Context, now: datetime
) -> None:
    (document,) = encode(event, context=context, now=now)
    recorded = CODEC.decode(through_json(document))
    assert recorded.data == event
    assert type(recorded.data) is type(event)
    assert recorded.metadata == context
    assert recorded.aggregate_id == "order-789"
    assert recorded.version == 1
    assert recorded.event_id == document["eventId"]
    assert recorded.timestamp == document["timestamp"]
    assert recorded.hash == document["hash"]
    assert head_of(recorded) == Head(1, recorded.timestamp, recorded.hash)


def test_an_append_goes_on_where_the_head_ends() -> None:
    head = Head(41, "2026-11-01T00:00:00.000000Z", "f" * 64)
    first, second = encode(SHIPPED, SHIPPED, head=head)
    assert (first["version"], second["version"]) == (42, 43)
    assert (first["id"], second["id"]) == ("000000000042", "000000000043")
    assert first["previousHash"] == "f" * 64
    assert (first["commandKey"], second["commandKey"]) == ("k-1:0", "k-1:1")


@given(st.integers(1, 10**12 - 1), st.integers(1, 10**12 - 1))
def test_document_ids_sort_as_versions_do(one: int, other: int) -> None:
    assert (document_id(one) < document_id(other)) == (one < other)


@given(moments)
def test_a_timestamp_has_one_form(moment: datetime) -> None:
    text = timestamp(moment)
    assert ONE_FORM.fullmatch(text)
    assert datetime.fromisoformat(text) == moment


@given(moments, moments)
def test_timestamps_sort_as_time_does(one: datetime, other: datetime) -> None:
    assert (timestamp(one) < timestamp(other)) == (one < other)


@given(st.lists(moments, min_size=1, max_size=8))
def test_time_never_goes_back_within_a_stream_even_where_the_clock_does(
    clock: list[datetime],
) -> None:
    head, stream = Head(), list[str]()
    for now in clock:
        *_, last = documents = encode(SHIPPED, SHIPPED, head=head, now=now)
        stream.extend(document["timestamp"] for document in documents)
        head = head_of(CODEC.decode(last))
    assert stream == sorted(stream)
    assert stream[-1] == max(map(timestamp, clock))


def test_a_command_gets_the_same_event_ids_on_every_try() -> None:
    first = encode(PLACED, SHIPPED)
    later = encode(
        PLACED, SHIPPED, head=Head(7, "2026-11-01T00:00:00.000000Z", "a"), now=NOW + timedelta(1)
    )
    assert [d["eventId"] for d in first] == [d["eventId"] for d in later]
    assert all(str(uuid.UUID(document["eventId"])) == document["eventId"] for document in first)


def test_event_ids_are_pinned() -> None:
    assert event_id("order-789", "k-1", 0) == "8b75aabe-5893-5e5f-bb6e-1cdf2df9afea"


def test_other_commands_streams_and_indices_have_other_event_ids() -> None:
    ids = {
        event_id(stream, command, index)
        for stream in ("order-1", "order-2")
        for command in ("k", "l")
        for index in range(3)
    }
    assert len(ids) == 12


def test_an_old_shape_is_read_as_the_newest() -> None:
    (document,) = encode(PLACED)
    document["schemaVersion"] = 1
    del document["data"]["currency"]
    assert CODEC.decode(through_json(document)).data == msgspec.structs.replace(
        PLACED, currency="USD"
    )


def test_what_a_newer_version_of_the_application_wrote_is_not_guessed_at() -> None:
    (document,) = encode(PLACED)
    with pytest.raises(UnreadableEvent, match=r"event 1 of 'order-789'.*3.*newer than 2"):
        CODEC.decode(through_json(document | {"schemaVersion": 3}))


@pytest.mark.parametrize("change", [{"eventType": "OrderEaten"}, {"aggregateType": "Invoice"}])
def test_an_event_that_was_never_registered_is_not_guessed_at(change: dict[str, Any]) -> None:
    (document,) = encode(PLACED)
    with pytest.raises(UnreadableEvent, match="not registered"):
        CODEC.decode(through_json(document | change))


DAMAGES: list[dict[str, Any]] = [
    {"data": {}},
    {"data": None},
    {"data": []},
    {"data": {"orderId": 1}},
    {"schemaVersion": 0},
    {"schemaVersion": -1},
    {"schemaVersion": "2"},
    {"schemaVersion": None},
    {"metadata": {}},
    {"metadata": None},
    {"version": "1"},
    {"timestamp": 5},
]


@pytest.mark.parametrize("damage", DAMAGES, ids=repr)
def test_a_damaged_event_is_unreadable_and_named(damage: dict[str, Any]) -> None:
    (document,) = encode(OrderCancelled(order_id="789", reason="late"))
    with pytest.raises(UnreadableEvent, match="of 'order-789'"):
        CODEC.decode(through_json(document) | damage)


@pytest.mark.parametrize(
    "name", ["aggregateType", "eventType", "schemaVersion", "data", "metadata", "version", "hash"]
)
def test_an_event_that_lacks_a_field_is_unreadable(name: str) -> None:
    document = through_json(encode(PLACED)[0])
    del document[name]
    with pytest.raises(UnreadableEvent):
        CODEC.decode(document)


def test_an_amount_beyond_its_limits_is_damage() -> None:
    (document,) = encode(PLACED)
    document["data"]["totalAmount"] = -1
    with pytest.raises(UnreadableEvent, match="OrderPlaced cannot be read"):
        CODEC.decode(through_json(document))
