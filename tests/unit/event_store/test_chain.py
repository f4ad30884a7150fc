"""The hash chain: no change of a stored document stays unseen."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Context
from domain.order import ORDER, OrderCancelled, OrderEvent
from event_store.canonical import canonical_json
from event_store.chain import (
    COSMOS_FIELDS,
    chained,
    digest,
    is_intact,
    is_intact_body,
    stored_fields,
)
from event_store.documents import Codec, Head
from tests.strategies.contexts import contexts
from tests.strategies.json_values import scalars
from tests.strategies.orders import events

CODEC = Codec([ORDER])
NOW = datetime(2026, 11, 1, 12, 30, 5, 120000, tzinfo=UTC)
CONTEXT = Context(correlation_id="c-1", causation_id="k-1", command_hash="0" * 64)


def stored(*data: OrderEvent, context: Context = CONTEXT) -> list[dict[str, Any]]:
    return chained(CODEC.encode("order-789", Head(), data, context, NOW), None)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a document holds something, each member and each item."""
    members: Any = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list | tuple):
        members = enumerate(value)
    for key, member in members:
        yield (*path, key)
        yield from paths(member, (*path, key))


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of a document with another value at a path."""
    if not path:
        return value
    changed = dict(document) if isinstance(document, dict) else list(document)
    changed[path[0]] = replaced(changed[path[0]], path[1:], value)
    return changed


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


@given(events, contexts, scalars, st.data())
def test_any_single_change_of_a_stored_event_is_found(
    event: OrderEvent, context: Context, value: Any, data: st.DataObject
) -> None:
    (document,) = stored(event, context=context)
    path = data.draw(st.sampled_from(list(paths(document))))
    before = at(document, path)
    altered = replaced(document, path, value)
    same = before == value and isinstance(before, bool) == isinstance(value, bool)
    assert is_intact(altered) == same
    assert is_intact_body(canonical_json(altered), altered["hash"]) == same


@given(events, st.data())
def test_a_field_that_is_gone_is_found(event: OrderEvent, data: st.DataObject) -> None:
    (document,) = stored(event)
    del document[data.draw(st.sampled_from(sorted(document)))]
    assert not is_intact(document)


@given(events)
def test_a_field_that_was_added_is_found(event: OrderEvent) -> None:
    (document,) = stored(event)
    assert is_intact(document)
    assert not is_intact(document | {"approved": True})


def test_what_cosmos_adds_is_no_part_of_an_event() -> None:
    (document,) = stored(OrderCancelled(order_id="789", reason="late"))
    read = document | dict.fromkeys(COSMOS_FIELDS, "of the service")
    assert is_intact(read)
    assert stored_fields(read) == document


def test_the_hash_is_over_the_canonical_form() -> None:
    (document,) = stored(OrderCancelled(order_id="789", reason="late"))
    backwards = dict(reversed(document.items()))
    assert digest(backwards) == digest(document) == document["hash"]
    assert len(document["hash"]) == 64


def test_hashing_leaves_the_document_alone() -> None:
    (document,) = stored(OrderCancelled(order_id="789", reason="late"))
    before = copy.deepcopy(document)
    digest(document)
    assert document == before


def test_every_event_names_the_hash_of_the_one_before_it() -> None:
    first, second, third = stored(
        *(OrderCancelled(order_id="789", reason=reason) for reason in ("a", "b", "c"))
    )
    assert first["previousHash"] is None
    assert second["previousHash"] == first["hash"]
    assert third["previousHash"] == second["hash"]


def test_an_altered_event_breaks_the_chain_even_where_its_own_hash_was_renewed() -> None:
    first, second = stored(
        *(OrderCancelled(order_id="789", reason=reason) for reason in ("a", "b"))
    )
    forged = first | {"userId": "somebody else"}
    forged["hash"] = digest(forged)
    assert is_intact(forged)
    assert second["previousHash"] != forged["hash"]


@pytest.mark.parametrize("hash_", [None, "", "0" * 64])
def test_an_event_without_its_own_hash_is_not_intact(hash_: str | None) -> None:
    (document,) = stored(OrderCancelled(order_id="789", reason="late"))
    assert not is_intact(document | {"hash": hash_})
