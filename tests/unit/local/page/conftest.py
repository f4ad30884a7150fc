"""An event store in memory and a hub, and the page's door over both."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from local.event_hubs import EventHubs, HubSpec
from tests.unit.local.page.asking import FakeApplication, Page
from tests.unit.local.page.store import EventStore


@pytest.fixture
def store() -> Iterator[EventStore]:
    store = EventStore()
    with closing(store.account.cosmos):
        yield store


@pytest.fixture
def event_hubs() -> Iterator[EventHubs]:
    with EventHubs([HubSpec("domain-events", 2, ("readers",))]) as event_hubs:
        yield event_hubs


@pytest.fixture
def application() -> FakeApplication:
    return FakeApplication()


@pytest.fixture
def page(store: EventStore, event_hubs: EventHubs, application: FakeApplication) -> Page:
    return Page(store.account.cosmos, event_hubs, application)
