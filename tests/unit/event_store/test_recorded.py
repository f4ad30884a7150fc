"""What an append returns without reading it back is what reading it back would give."""

import asyncio
from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Context
from domain.order import ORDER, OrderEvent
from event_store.chain import chained
from event_store.documents import Codec, Head, recorded
from privacy.fields import bare
from tests.fakes.keys import sealer
from tests.strategies.contexts import contexts
from tests.strategies.orders import events

CODEC = Codec([ORDER])
SEALER = sealer()


@given(events, contexts, st.integers(0, 10**6))
def test_an_event_is_recorded_as_its_document_is_read(
    event: OrderEvent, context: Context, version: int
) -> None:
    head = Head(version, "2026-11-01T12:00:00.000000Z", "0" * 64)
    plain = CODEC.encode("order-789", head, [event], context, datetime.now(UTC))
    asyncio.run(SEALER.seal(plain, [event], "customer-1"))
    (document,) = chained(plain, head.hash)
    stored = msgspec.json.decode(msgspec.json.encode(document))
    assert recorded(document, bare(event), bare(context)) == CODEC.decode(stored)
