"""The forwarder: stored events reach the hub byte for byte, although the trigger hands over altered ones."""

import copy
import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Context
from domain.order import ORDER, OrderCancelled, OrderShipped
from event_store.archive import stub
from event_store.chain import chained, digest
from event_store.documents import Codec, Head
from event_store.forwarder import Forwarder
from event_store.publisher import Outgoing, message_body

CODEC = Codec([ORDER])
OF_COSMOS = {"_rid": "a==", "_self": "dbs/a==/", "_etag": '"1"', "_attachments": "a/", "_ts": 1}

type Document = dict[str, Any]


class FakeStore:
    """Stored documents, and the ranges that were asked for."""

    def __init__(self, *documents: Document) -> None:
        self.by_key = {(d["aggregateId"], d["version"]): d for d in documents}
        self.queries: list[tuple[str, int, int]] = []

    async def documents(self, stream: str, first: int, last: int) -> list[Document]:
        self.queries.append((stream, first, last))
        return [
            document | OF_COSMOS
            for (owner, version), document in self.by_key.items()
            if owner == stream and first <= version <= last
        ]


class FakePublisher:
    """What was published, as the hub's messages."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.events: list[Outgoing] = []
        self.failure = failure

    async def publish(self, events: Sequence[Outgoing]) -> None:
        if self.failure:
            raise self.failure
        self.events.extend(events)

    @property
    def messages(self) -> list[bytes]:
        return [event.body for event in self.events]


def stored(
    *reasons: str, stream: str = "order-789", moment: datetime = datetime(2026, 11, 1, tzinfo=UTC)
) -> list[Document]:
    """A stream of events that carry texts."""
    documents: list[Document] = []
    head = Head()
    for index, reason in enumerate(reasons):
        context = Context(
            correlation_id=reason, causation_id=f"k-{index}", command_hash="0" * 64, user_id=reason
        )
        event = OrderCancelled(order_id="789", reason=reason)
        now = moment + timedelta(seconds=index)
        documents += chained(CODEC.encode(stream, head, [event], context, now), head.hash)
        last = documents[-1]
        head = Head(last["version"], last["timestamp"], last["hash"])
    return documents


def handed_over(document: Any) -> Any:
    """A document as the trigger hands it over: every text in it that looks like a date is rewritten
    (azure-functions-host issues 7114 and 9610), and Cosmos DB's own fields are there."""
    match document:
        case dict():
            return {name: handed_over(value) for name, value in document.items()}
        case list() | tuple():
            return [handed_over(value) for value in document]
        case str():
            return as_a_date(document)
        case _:
            return document


def as_a_date(text: str) -> str:
    if match := re.fullmatch(r"/Date\((-?\d+)\)/", text):
        moment = datetime.fromtimestamp(int(match[1]) / 1000, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    match = re.fullmatch(
        r"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?", text
    )
    if not match:
        return text
    day, hour, rest, fraction, zone = match.groups()
    fraction = f".{fraction}".rstrip("0").rstrip(".") if fraction else ""
    if zone not in (None, "Z"):
        whole = datetime.fromisoformat(f"{day}T{hour}:{rest}{zone}").astimezone(UTC)
        return f"{whole:%Y-%m-%dT%H:%M:%S}{fraction}+00:00"
    if hour == "24":
        tomorrow = datetime.fromisoformat(day) + timedelta(days=1)
        return f"{tomorrow:%Y-%m-%d}T00:{rest}{fraction}{zone or ''}"
    return f"{day}T{hour}:{rest}{fraction}{zone or ''}"


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ("2026-11-01T12:30:05.000Z", "2026-11-01T12:30:05Z"),
        ("2026-11-01T12:30:05.120000Z", "2026-11-01T12:30:05.12Z"),
        ("2026-11-01T12:30:05.123000+00:00", "2026-11-01T12:30:05.123+00:00"),
        ("2026-11-01T05:04:05+02:00", "2026-11-01T03:04:05+00:00"),
        ("2026-11-01T24:00:00Z", "2026-11-02T00:00:00Z"),
        ("/Date(1234567890000)/", "2009-02-13T23:31:30Z"),
        ("2026-11-01T12:30:05.123456Z", "2026-11-01T12:30:05.123456Z"),
        ("2026-11-01", "2026-11-01"),
        ("no date", "no date"),
    ],
)
def test_the_rewriting_here_is_the_triggers_as_it_was_seen(text: str, rewritten: str) -> None:
    assert as_a_date(text) == rewritten


REWRITTEN = [
    "2026-11-01T12:30:05.120000Z",
    "2026-11-01T12:30:05.000000Z",
    "2026-11-01T05:04:05+02:00",
    "/Date(1234567890000)/",
    "2026-11-01T24:00:00Z",
]


@pytest.mark.parametrize("text", REWRITTEN)
async def test_a_text_that_the_trigger_rewrote_is_forwarded_as_it_was_stored(text: str) -> None:
    documents = stored(text)
    store, publisher = FakeStore(*documents), FakePublisher()
    altered = [handed_over(document) | OF_COSMOS for document in documents]
    assert altered[0]["data"] != documents[0]["data"]

    await Forwarder(store, publisher).forward(altered)

    assert publisher.messages == [message_body(document) for document in documents]
    assert store.queries == [("order-789", 1, 1)]


@pytest.mark.parametrize("microseconds", [0, 120_000, 123_400, 1, 999_999, 100_000])
async def test_a_timestamp_that_was_shortened_costs_no_query(microseconds: int) -> None:
    documents = stored("a", "b", moment=datetime(2026, 11, 1, 12, 30, 5, microseconds, tzinfo=UTC))
    store, publisher = FakeStore(*documents), FakePublisher()
    await Forwarder(store, publisher).forward([handed_over(d) | OF_COSMOS for d in documents])
    assert publisher.messages == [message_body(document) for document in documents]
    assert store.queries == []


texts = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.sampled_from(REWRITTEN),
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)).map(
        lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
    ),
)


@given(
    st.dictionaries(
        st.sampled_from(["order-1", "order-2", "order-3"]),
        st.lists(texts, min_size=1, max_size=4),
        min_size=1,
    ),
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)).map(lambda m: m.replace(tzinfo=UTC)),
    st.randoms(use_true_random=False),
)
async def test_whatever_the_trigger_hands_over_the_hub_gets_what_is_stored_in_order(
    streams: dict[str, list[str]], moment: datetime, random: Any
) -> None:
    documents = [
        document
        for stream, reasons in sorted(streams.items())
        for document in stored(*reasons, stream=stream, moment=moment)
    ]
    store, publisher = FakeStore(*documents), FakePublisher()
    batch = [handed_over(document) | OF_COSMOS for document in documents]
    random.shuffle(batch)

    await Forwarder(store, publisher).forward(batch)

    assert publisher.messages == [message_body(document) for document in documents]
    asked = [stream for stream, _, _ in store.queries]
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("place", ["data", "metadata", "zone"])
async def test_a_field_that_is_called_hash_elsewhere_is_hashed_with_the_rest(place: str) -> None:
    (event,) = stored("a")
    document = event | {place: {"hash": "f" * 64, "other": 1}}
    document["hash"] = digest(document)
    store, publisher = FakeStore(document), FakePublisher()
    await Forwarder(store, publisher).forward([document])
    assert store.queries == []
    altered = document | {place: {"hash": document["hash"], "other": 1}}
    await Forwarder(store, publisher).forward([altered])
    assert store.queries == [("order-789", 1, 1)]
    assert publisher.messages == 2 * [message_body(document)]


async def test_one_query_an_aggregate_brings_all_that_was_altered() -> None:
    date = "2026-11-01T12:30:05.000Z"
    one, other = stored("a", date, "b", date, "c"), stored("a", date, stream="order-790")
    store, publisher = FakeStore(*one, *other), FakePublisher()
    await Forwarder(store, publisher).forward(map(handed_over, [*one, *other]))
    assert store.queries == [("order-789", 2, 4), ("order-790", 2, 2)]
    assert publisher.messages == [message_body(document) for document in [*one, *other]]


async def test_an_event_that_the_store_holds_altered_is_forwarded_as_stored_and_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    good, bad = stored("a", "b")
    forged = bad | {"data": {"orderId": "789", "reason": "forged"}}
    publisher = FakePublisher()
    await Forwarder(FakeStore(good, forged), publisher).forward([good, copy.deepcopy(forged)])
    assert publisher.messages == [message_body(good), message_body(forged)]
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith("Event 2 of 'order-789' does not match its own hash")


async def test_an_altered_event_that_the_store_does_not_have_is_forwarded_and_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    (document,) = stored("2026-11-01T12:30:05.000Z")
    publisher = FakePublisher()
    await Forwarder(FakeStore(), publisher).forward([handed_over(document)])
    assert [outgoing.event["version"] for outgoing in publisher.events] == [1]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


@pytest.mark.parametrize(
    "document",
    [
        {"id": "stranger"},
        {},
        {"id": "stranger", "aggregateId": 1},
        {"id": "stranger", **dict.fromkeys(["aggregateId", "eventId", "timestamp"], "a")},
    ],
)
async def test_what_is_no_event_is_named_and_left(
    document: Document, caplog: pytest.LogCaptureFixture
) -> None:
    (event,) = stored("a")
    publisher = FakePublisher()
    await Forwarder(FakeStore(event), publisher).forward([document, event])
    assert publisher.messages == [message_body(event)]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_the_stub_of_an_archived_event_is_not_carried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    archived, event = stored("a", "b")
    publisher = FakePublisher()
    left = stub(archived, "order-789/blob")
    await Forwarder(FakeStore(event), publisher).forward([handed_over(left), event])
    assert publisher.messages == [message_body(event)]
    assert not caplog.records


async def test_an_unreadable_timestamp_stops_nobody() -> None:
    (event,) = stored("a")
    odd = event | {"timestamp": "yesterday"}
    publisher = FakePublisher()
    await Forwarder(FakeStore(event), publisher).forward([odd])
    assert publisher.messages == [message_body(event)]


async def test_a_publisher_that_fails_fails_the_batch_so_that_it_comes_again() -> None:
    failure = ExceptionGroup("events were not accepted", [ConnectionError()])
    with pytest.raises(ExceptionGroup) as raised:
        await Forwarder(FakeStore(), FakePublisher(failure)).forward(stored("a"))
    assert raised.value is failure


async def test_a_store_that_cannot_be_read_fails_the_batch_before_anything_is_sent() -> None:
    class Away(FakeStore):
        async def documents(self, stream: str, first: int, last: int) -> list[Document]:
            raise ConnectionError("away")

    publisher = FakePublisher()
    batch = [handed_over(document) for document in stored("a", "2026-11-01T12:30:05.000Z")]
    with pytest.raises(ConnectionError):
        await Forwarder(Away(), publisher).forward(batch)
    assert publisher.events == []


async def test_the_documents_that_were_handed_over_are_left_alone() -> None:
    (event,) = stored("a")
    given_ = handed_over(event) | OF_COSMOS
    before = copy.deepcopy(given_)
    await Forwarder(FakeStore(event), FakePublisher()).forward([given_])
    assert given_ == before


def test_a_message_is_the_stored_document_and_nothing_of_cosmos() -> None:
    shipped = OrderShipped(order_id="789", tracking_number="1Z")
    context = Context(correlation_id="c", causation_id="k", command_hash="0" * 64)
    now = datetime(2026, 11, 1, tzinfo=UTC)
    (document,) = chained(CODEC.encode("order-789", Head(), [shipped], context, now), None)
    assert message_body(document | OF_COSMOS) == message_body(document)
    assert message_body(document).startswith(b'{"aggregateId":"order-789"')
