"""The functions that are fed: each hands what it gets to one thing, and fails when that fails."""

from typing import Any, cast

import azure.functions as func
import pytest

from event_store.errors import UnreadableEvent
from event_store.forwarder import Forwarder
from event_store.publisher import message_body
from projections.registry import PROJECTIONS
from tests.fakes.app import FakeApplication
from tests.fakes.http import request

BODY = {
    "orderId": "789",
    "customerId": "c",
    "items": [{"productId": "p", "quantity": 1, "price": 1}],
}


class Fed:
    """An application with an order and a product, and the messages of their events."""

    def __init__(self) -> None:
        self.application = FakeApplication()
        self.functions = self.application.functions()

    async def set(self) -> "Fed":
        await self.functions["place_order"](request("POST", "/api/orders", body=BODY))
        received = request("POST", "/", body={"quantity": 5}, route={"productId": "p"})
        await self.functions["receive_product"](received)
        return self

    def versions(self, container: str) -> dict[str, int]:
        """The version that a container has of each aggregate."""
        documents = self.application.containers[container].documents.values()
        return {document["id"]: document["version"] for document in documents}

    def messages(self) -> list[func.EventHubEvent]:
        streams = self.application.store.streams.values()
        bodies = [message_body(document) for stream in streams for document in stream]
        return [func.EventHubEvent(body=body) for body in bodies]


@pytest.fixture
async def fed() -> Fed:
    return await Fed().set()


async def test_a_projector_keeps_the_views_of_its_group(fed: Fed) -> None:
    messages = fed.messages()
    assert len(messages) == 2
    await fed.functions["order_projector"](messages)
    assert fed.versions("order_read_model") == {"order-789": 1}
    assert fed.versions("order_search") == {"order-789": 1}
    assert fed.versions("product_read_model") == {}
    await fed.functions["product_projector"](messages)
    assert fed.versions("product_read_model") == {"product-p": 1}


async def test_a_projector_that_cannot_keep_up_fails_so_that_the_batch_comes_again(
    fed: Fed,
) -> None:
    fed.application.containers["order_read_model"].failure = ConnectionError("away")
    with pytest.raises(ExceptionGroup):
        await fed.functions["order_projector"](fed.messages())


async def test_an_event_of_a_newer_version_is_not_passed_over(fed: Fed) -> None:
    (document,) = fed.application.store.streams["order-789"]
    newer = message_body(document | {"schemaVersion": 99})
    with pytest.raises(UnreadableEvent):
        await fed.functions["order_projector"]([func.EventHubEvent(body=newer)])


def test_every_group_has_one_projector(fed: Fed) -> None:
    groups = {view.group for view in PROJECTIONS}
    assert groups <= fed.functions.keys()


class Recording:
    def __init__(self) -> None:
        self.batches: list[Any] = []

    async def forward(self, documents: Any) -> None:
        self.batches.append([*documents])
        if len(self.batches) > 1:
            raise ConnectionError("away")


async def test_the_change_feed_goes_to_the_forwarder_and_fails_with_it(fed: Fed) -> None:
    forwarder = Recording()
    fed.application.forwarder = cast("Forwarder", forwarder)
    batch = func.DocumentList([func.Document.from_dict({"id": "1"})])
    await fed.functions["forward_events"](batch)
    assert forwarder.batches == [[{"id": "1"}]]
    with pytest.raises(ConnectionError):
        await fed.functions["forward_events"](batch)


def bindings() -> dict[str, dict[str, Any]]:
    """The trigger of each function that is fed, with its retry policy."""
    from functions import change_feed, projectors

    application = FakeApplication()
    app = func.FunctionApp()
    app.register_functions(change_feed.blueprint(application))
    app.register_functions(projectors.blueprint(application, PROJECTIONS))
    return {
        str(function.get_function_name()): {
            "trigger": trigger.get_dict_repr(),
            "retry": function.get_settings_dict("retry_policy"),
        }
        for function in app.get_functions()
        if (trigger := function.get_trigger()) is not None
    }


def test_whatever_is_fed_is_retried_without_end() -> None:
    for binding in bindings().values():
        assert binding["retry"]["strategy"] == "exponential_backoff"
        assert binding["retry"]["max_retry_count"] == "-1"


def test_the_change_feed_is_read_from_its_beginning() -> None:
    trigger = bindings()["forward_events"]["trigger"]
    assert trigger["containerName"] == "events"
    assert trigger["startFromBeginning"] is True
    assert trigger["leaseContainerPrefix"] == "forward_events"


def test_messages_arrive_as_bytes_and_in_batches() -> None:
    for name, binding in bindings().items():
        if name != "forward_events":
            assert str(binding["trigger"]["dataType"]).endswith(("BINARY", "binary"))
            assert str(binding["trigger"]["cardinality"]).lower().endswith("many")
            assert binding["trigger"]["consumerGroup"] == name
