"""What of an event is sealed, under whose key, and how it comes back."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given

from domain.events import Context, Event
from domain.order import Contact, Item, OrderDelivered, OrderEvent, OrderPlaced, Payment
from domain.registry import AGGREGATES
from domain.values import Money, Price, Sensitive, to_json
from event_store.chain import chained
from event_store.documents import Codec, Head
from event_store.errors import EventTooLarge
from event_store.sealer import ERASED, MASKED, NOBODY, Sealer
from event_store.store import refuse_too_large
from privacy.errors import KeysUnavailable, Tampered
from privacy.fields import ALWAYS, bare, public, sensitive_tree, sensitive_values
from privacy.key_ring import KeyRing
from privacy.sealing import sealed_in
from privacy.subject_keys import SubjectKey
from privacy.vault import Vault
from tests.fakes.keys import FakeKeySource, FakeSubjectKeys
from tests.strategies.contexts import contexts
from tests.strategies.orders import events

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CODEC = Codec(AGGREGATES)
CONTEXT = Context(
    correlation_id="c", causation_id="k", command_hash="0" * 64, ip_address="203.0.113.77"
)
PLACED = OrderPlaced(
    order_id="1",
    customer_id="ada",
    items=(Item("p-1", 1, Price("9.99")),),
    total_amount=Money("9.99"),
    currency="EUR",
    shipping_address={"street": "zz Street", "city": "zz City"},
    contact=Contact(name="zz Name", email="zz@example.net"),
    payment=Payment(credit_card="4111 zz"),
)


class House:
    def __init__(self) -> None:
        self.source = FakeKeySource()
        self.keys = FakeSubjectKeys()
        self.sealer = self.another()

    def another(self) -> Sealer:
        """A sealer as of another process."""
        return Sealer(Vault(KeyRing(self.source), self.keys))

    async def sealed(
        self, *of: Event, context: Context = CONTEXT, subject: str | None = "ada"
    ) -> list[dict[str, Any]]:
        plain = CODEC.encode("order-1", Head(), of, context, NOW)
        await self.sealer.seal(plain, of, subject)
        return chained(plain, None)


@pytest.fixture
def house() -> House:
    return House()


@given(events, contexts)
def test_an_event_comes_back_whole_and_nothing_of_it_stood_in_clear(
    event: OrderEvent, context: Context
) -> None:
    async def round_trip() -> None:
        house = House()
        (plain,) = CODEC.encode("order-1", Head(), [event], context, NOW)
        (document,) = await house.sealed(event, context=context)
        stored = msgspec.json.decode(msgspec.json.encode(document))
        opened = await house.another().opened(stored)
        expected = msgspec.json.decode(msgspec.json.encode(plain))
        assert opened | {"hash": 0, "previousHash": 0} == expected | {"hash": 0, "previousHash": 0}
        decoded = CODEC.decode(stored)
        assert (decoded.data, decoded.metadata) == (bare(event), bare(context))

    asyncio.run(round_trip())


async def test_every_sensitive_value_is_sealed_and_the_rest_is_as_it_was(house: House) -> None:
    (document,) = await house.sealed(PLACED)
    assert b"zz" not in msgspec.json.encode(document)
    assert b"203.0.113.77" not in msgspec.json.encode(document)
    assert sealed_in(document).keys() == {
        "data/shippingAddress",
        "data/contact/name",
        "data/contact/email",
        "data/payment/creditCard",
        "metadata/ipAddress",
    }
    assert {sealed.subject for sealed in sealed_in(document).values()} == {"ada"}
    assert document["data"]["customerId"] == "ada"
    assert document["metadata"]["commandHash"] == "0" * 64


async def test_what_is_not_there_is_not_sealed_and_costs_no_key(house: House) -> None:
    context = msgspec.structs.replace(CONTEXT, ip_address=None)
    (document,) = await house.sealed(OrderDelivered(order_id="1"), context=context)
    assert document["metadata"]["ipAddress"] is None
    assert sealed_in(document) == {}
    assert house.keys.asked == []
    assert house.source.asked == []


async def test_what_belongs_to_nobody_is_sealed_under_nobodys_key(house: House) -> None:
    await house.sealed(OrderDelivered(order_id="1"), subject=None)
    assert house.keys.stored.keys() == {NOBODY}


async def test_a_value_cannot_be_moved_to_another_stream_version_or_field(house: House) -> None:
    (document,) = await house.sealed(PLACED)
    contact = document["data"]["contact"]
    swapped = contact | {"name": contact["email"], "email": contact["name"]}
    for altered in (
        document | {"aggregateId": "order-2"},
        document | {"version": 2},
        document | {"data": document["data"] | {"contact": swapped}},
    ):
        with pytest.raises(Tampered):
            await house.sealer.opened(altered)


async def test_a_value_cannot_be_given_to_another_person(house: House) -> None:
    (document,) = await house.sealed(PLACED)
    await house.sealed(PLACED, subject="eve")
    key = house.keys.stored["eve"][0].key_id
    contact = document["data"]["contact"]
    name = contact["name"] | {"subject": "eve", "key": key}
    altered = document | {"data": document["data"] | {"contact": contact | {"name": name}}}
    with pytest.raises(Tampered):
        await house.sealer.opened(altered)


async def test_what_was_erased_is_shown_as_erased(house: House) -> None:
    (document,) = await house.sealed(PLACED)
    house.keys.stored["ada"] = (SubjectKey("ada", erased_at="then"), "e")
    opened = await house.another().opened(document)
    assert opened["data"]["contact"] == {"name": ERASED, "email": ERASED}
    assert opened["data"]["shippingAddress"] == ERASED
    assert opened["metadata"]["ipAddress"] == ERASED
    assert opened["data"]["items"] == list(document["data"]["items"])
    assert CODEC.decode(document).data == bare(PLACED)


async def test_what_is_masked_asks_for_no_key(house: House) -> None:
    (document,) = await house.sealed(PLACED)
    house.keys.asked.clear()
    opened = await house.another().opened(document, masked=True)
    assert opened["data"]["contact"] == {"name": MASKED, "email": MASKED}
    assert house.keys.asked == []


async def test_an_event_that_was_stored_before_sealing_is_read_as_it_is(house: House) -> None:
    (plain,) = chained(CODEC.encode("order-1", Head(), [PLACED], CONTEXT, NOW), None)
    plain = msgspec.json.decode(msgspec.json.encode(plain))
    assert await house.sealer.opened(plain) == plain
    assert CODEC.decode(plain).data == PLACED
    assert house.keys.asked == []


async def test_without_keys_nothing_is_sealed(house: House) -> None:
    house.source.away = True
    with pytest.raises(KeysUnavailable):
        await house.sealed(PLACED)


async def test_a_sealed_event_is_measured_as_it_is_sealed(house: House) -> None:
    """Base64 takes a third more: what just fits in clear does not fit any more."""
    of = [msgspec.structs.replace(PLACED, shipping_address="x" * 220_000)]
    refuse_too_large(CODEC.encode("order-1", Head(), of, CONTEXT, NOW))
    with pytest.raises(EventTooLarge):
        refuse_too_large(await house.sealed(*of))


# What no event of today has, but one of tomorrow may.


class Part(msgspec.Struct, frozen=True, rename="camel"):
    note: Sensitive[str] | None = None
    size: int = 0


class Everything(Event, frozen=True, kw_only=True):
    parts: tuple[Part, ...] = ()
    by_name: dict[str, Part] = msgspec.field(default_factory=dict)
    either: Part | int | None = None
    free: Annotated[dict[str, Any], "as the caller wrote it"] = msgspec.field(default_factory=dict)
    lines: list[Sensitive[str]] | None = None
    answers: dict[str, Sensitive[str]] = msgspec.field(default_factory=dict)
    texts: Sensitive[list[str]] | None = None


EVERYTHING = Everything(
    parts=(Part("zz1", 1), Part(None, 2)),
    by_name={"a": Part("zz2")},
    either=Part("zz3"),
    free={"ssn": "zz4", "deep": [{"password": {"now": "zz5"}, "fine": 1}], "creditCard": None},
    texts=["zz6"],
    lines=["zz7"],
    answers={"a": "zz8"},
)


def test_marks_are_found_in_lists_dicts_and_unions_and_some_names_at_any_depth() -> None:
    left = msgspec.to_builtins(EVERYTHING, enc_hook=to_json)
    found = sensitive_values(left, Everything, "data")
    assert {path: holder[name] for holder, name, path in found} == {
        "data/parts/0/note": "zz1",
        "data/byName/a/note": "zz2",
        "data/either/note": "zz3",
        "data/free/ssn": "zz4",
        "data/free/deep/0/password": {"now": "zz5"},
        "data/texts": ["zz6"],
        "data/lines": ["zz7"],
        "data/answers/a": "zz8",
    }
    for holder, name, _ in found:
        holder[name] = "*"
    assert b"zz" not in msgspec.json.encode(left)
    assert list(left["parts"]) == [{"note": "*", "size": 1}, {"note": None, "size": 2}]
    assert left["free"]["deep"][0]["fine"] == 1
    assert left["free"]["creditCard"] is None


def test_bare_is_without_what_is_marked() -> None:
    left = bare(EVERYTHING)
    assert left.parts == (Part(None, 1), Part(None, 2))
    assert left.by_name == {"a": Part()}
    assert left.either == Part()
    assert left.texts is None
    assert left.lines is None
    assert left.answers == {}
    assert public(left) == public(EVERYTHING)
    assert b"zz" not in msgspec.json.encode(public(EVERYTHING)["parts"])
    assert bare(msgspec.structs.replace(EVERYTHING, either=7)).either == 7


def test_what_is_always_sensitive_is_what_the_contract_names() -> None:
    assert {"creditCard", "ssn", "password"} == ALWAYS


@pytest.mark.parametrize(
    "kind", [kind for aggregate in AGGREGATES for kind in aggregate.events] + [Context]
)
def test_every_sensitive_value_may_be_absent(kind: type[msgspec.Struct]) -> None:
    """Without it an event is read by the domain and by projections, before and after an erasure."""
    for field in msgspec.structs.fields(kind):
        if sensitive_tree(kind).get(field.encode_name, {}) is None:
            assert field.default is None, f"{kind.__name__}.{field.name} has no default"
