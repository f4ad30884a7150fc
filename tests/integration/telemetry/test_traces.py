"""One trace from a request through the change feed and the hub to every projection."""

from collections import Counter
from typing import Any

import azure.functions as func
import msgspec
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, SpanKind, StatusCode

from domain.values import to_json
from projections.projection import Reaction
from projections.registry import PROJECTIONS
from tests.stack.in_process import Account
from tests.stack.personal import ADDRESS, MARK, a_personal_order
from tests.stack.pipeline import Pipeline, pipeline

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = CALLER[:-2] + "00"
OTHER = "00-1bf7651916cd43dd8448eb211c80319d-c7ad6b7169203332-01"
ORDER = {"customerId": "c", "items": [{"productId": "p", "quantity": 1, "price": 1}]}
ON = [p for p in PROJECTIONS if not isinstance(p, Reaction)]
"""Without a webhook there are no reactions."""
OF_ORDERS = {p.name for p in ON if p.sees("Order")}
OF_PRODUCTS = {p.name for p in ON if p.sees("Product")}


def personal() -> Any:
    """The body of a request with everything that the contract takes of a person."""
    order = a_personal_order("customer-of-note", order_id="1")
    return msgspec.to_builtins(order, enc_hook=to_json)


class Spans:
    """What was exported, to look through."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self.all = exporter.get_finished_spans()

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.all if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        (span,) = self.named(name)
        return span

    def of_trace(self, traceparent: str) -> "Counter[str]":
        """How many spans of each name a trace has."""
        trace_id = of(traceparent)
        return Counter(span.name for span in self.all if span.context.trace_id == trace_id)


async def place(
    made: Pipeline, identity: str, traceparent: str | None, key: str | None = None
) -> None:
    headers = {"traceparent": traceparent} if traceparent else {}
    headers |= {"idempotency-key": key} if key else {}
    response = await made.call("place_order", {"orderId": identity, **ORDER}, headers)
    assert response.status_code == 201


async def receive(made: Pipeline, identity: str, traceparent: str | None) -> None:
    headers = {"traceparent": traceparent} if traceparent else {}
    response = await made.call("receive_product", {"quantity": 5}, headers, productId=identity)
    assert response.status_code == 201


def parent(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def of(traceparent: str) -> int:
    """The trace's id."""
    return int(traceparent.split("-")[1], 16)


def linked(span: ReadableSpan) -> set[int]:
    return {link.context.span_id for link in span.links}


def written(context: SpanContext) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


async def traceparents(account: Account, stream: str) -> list[Any]:
    return [event["metadata"].get("traceparent") for event in await account.stream(stream)]


async def test_an_order_has_one_trace_from_the_caller_to_every_projection(
    account: Account, exporter: InMemorySpanExporter
) -> None:
    made = await pipeline(account)
    await place(made, "1", CALLER)
    await made.forward()
    await made.project()

    spans = Spans(exporter)
    served, append = spans.one("place_order"), spans.one("append")
    assert served.kind is SpanKind.SERVER
    assert parent(served) == int(CALLER.split("-")[2], 16)
    assert parent(append) == served.context.span_id
    assert await traceparents(account, "order-1") == [written(append.context)]

    sent = spans.one("send domain-events")
    assert sent.kind is SpanKind.PRODUCER
    assert parent(sent) == append.context.span_id
    processed = spans.named("process domain-events")
    assert {span.attributes["projection"] for span in processed if span.attributes} == OF_ORDERS
    assert {span.kind for span in processed} == {SpanKind.CONSUMER}
    assert {parent(span) for span in processed} == {append.context.span_id}
    assert spans.of_trace(CALLER) == {
        "place_order": 1,
        "append": 1,
        "send domain-events": 1,
        "process domain-events": len(OF_ORDERS),
    }


async def test_batches_have_traces_of_their_own_linked_with_those_of_their_events(
    account: Account, exporter: InMemorySpanExporter
) -> None:
    made = await pipeline(account)
    await place(made, "1", CALLER)
    await receive(made, "p", OTHER)
    await receive(made, "q", None)
    await made.forward()
    await made.project()

    spans = Spans(exporter)
    appends = {span.context.span_id for span in spans.named("append")}
    assert len(appends) == 3
    forwarded = spans.one("forward_events")
    assert forwarded.parent is None
    assert linked(forwarded) == appends
    for sent in spans.named("send domain-events"):
        assert linked(sent) == {forwarded.context.span_id}
    runs = [spans.one(group) for group in made.groups]
    assert len({run.context.trace_id for run in (*runs, forwarded)}) == len(runs) + 1
    for run in runs:
        assert linked(run) <= appends
    traced = {
        span.context.span_id for span in spans.named("append") if span.context.trace_id == of(OTHER)
    }
    assert traced < linked(spans.one("product_projector")) < appends
    assert spans.of_trace(OTHER)["process domain-events"] == len(OF_PRODUCTS)
    assert spans.of_trace(CALLER)["process domain-events"] == len(OF_ORDERS)


async def test_a_repeated_command_leaves_the_stored_trace_as_it_is(
    account: Account, exporter: InMemorySpanExporter
) -> None:
    made = await pipeline(account)
    await place(made, "1", CALLER, key="k")
    before = await traceparents(account, "order-1")
    await place(made, "1", OTHER, key="k")
    assert await traceparents(account, "order-1") == before
    assert before[0].split("-")[1] == CALLER.split("-")[1]


async def test_what_is_delivered_twice_is_told_twice_in_the_same_trace(
    account: Account, exporter: InMemorySpanExporter
) -> None:
    made = await pipeline(account)
    await receive(made, "p", CALLER)
    await made.forward()
    await made.forward()
    await made.project("product_projector")
    spans = Spans(exporter)
    assert len(made.messages()) == 2
    assert spans.of_trace(CALLER) == {
        "receive_product": 1,
        "append": 1,
        "send domain-events": 2,
        "process domain-events": 2,
    }


async def test_an_event_without_a_trace_has_no_spans_of_its_own(
    account: Account, request: pytest.FixtureRequest
) -> None:
    made = await pipeline(account)
    await receive(made, "p", None)
    assert await traceparents(account, "product-p") == [None]
    exporter = request.getfixturevalue("exporter")
    await made.forward()
    await made.project("product_projector")
    assert {span.name for span in Spans(exporter).all} == {"forward_events", "product_projector"}


async def test_what_is_no_trace_context_is_passed_over(
    account: Account, exporter: InMemorySpanExporter
) -> None:
    made = await pipeline(account)
    await receive(made, "p", CALLER)
    (event,) = await account.documents("events")
    nonsense: list[Any] = ["no trace", 5, None, {}]
    batch = []
    for number, traceparent in enumerate(nonsense):
        metadata = event["metadata"] | {"traceparent": traceparent}
        batch.append(func.Document.from_dict(event | {"version": number + 2, "metadata": metadata}))
    batch.append(func.Document.from_dict({"id": "no event"}))
    batch.append(func.Document.from_dict(event | {"blob": "a stub's"}))
    await made.functions["forward_events"](func.DocumentList(batch))
    assert Spans(exporter).named("send domain-events") == []


async def test_what_the_caller_does_not_record_nobody_does_but_its_trace_goes_on(
    account: Account, exporter: InMemorySpanExporter
) -> None:
    made = await pipeline(account)
    await receive(made, "p", UNSAMPLED)
    await made.forward()
    await made.project("product_projector")
    (stored,) = await traceparents(account, "product-p")
    assert stored.split("-")[1] == UNSAMPLED.split("-")[1]
    assert stored.endswith("-00")
    assert {span.name for span in Spans(exporter).all} == {"forward_events", "product_projector"}


async def test_with_nobody_to_listen_the_callers_trace_is_stored_as_it_came(
    account: Account,
) -> None:
    made = await pipeline(account)
    await receive(made, "p", CALLER)
    await receive_again(made)
    assert await traceparents(account, "product-p") == [CALLER, None]


async def receive_again(made: Pipeline) -> None:
    response = await made.call("receive_product", {"quantity": 1}, productId="p")
    assert response.status_code == 200


async def test_below_the_hosts_span_a_request_is_no_second_request(
    account: Account, exporter: InMemorySpanExporter
) -> None:
    made = await pipeline(account)
    host = trace.NonRecordingSpan(
        SpanContext(0xABC, 0xDEF, is_remote=True, trace_flags=trace.TraceFlags(1))
    )
    with trace.use_span(host):
        await receive(made, "p", OTHER)
        await made.tick("sign_heads")
    served = Spans(exporter).one("receive_product")
    assert served.kind is SpanKind.INTERNAL
    assert parent(served) == 0xDEF
    assert Spans(exporter).one("sign_heads").kind is SpanKind.INTERNAL


async def test_what_fails_is_marked_by_its_kind_and_never_by_its_text(
    account: Account, exporter: InMemorySpanExporter
) -> None:
    made = await pipeline(account)
    await receive(made, "p", CALLER)
    made.producer.failures = dict.fromkeys(made.producer.partitions, OSError(f"{MARK} is away"))
    with pytest.raises(ExceptionGroup):
        await made.forward()
    spans = Spans(exporter)
    for span in (spans.one("forward_events"), spans.one("send domain-events")):
        assert span.status.status_code is StatusCode.ERROR
        assert span.attributes is not None
        assert span.attributes["error.type"] == "ExceptionGroup"
        assert MARK not in span.to_json()


async def test_a_5xx_is_an_error_and_a_refusal_is_none(
    account: Account, exporter: InMemorySpanExporter
) -> None:
    made = await pipeline(account)
    refused = await made.call("ship_product", {"orderId": "x"}, productId="p")
    account.keys.away = True
    failed = await made.call("place_order", personal())
    assert (refused.status_code, failed.status_code) == (404, 503)
    for name, status, code in (
        ("ship_product", StatusCode.UNSET, 404),
        ("place_order", StatusCode.ERROR, 503),
    ):
        span = Spans(exporter).one(name)
        assert span.status.status_code is status
        assert span.attributes is not None
        assert span.attributes["http.response.status_code"] == code


async def test_nothing_personal_is_in_a_span(
    account: Account, exporter: InMemorySpanExporter
) -> None:
    made = await pipeline(account)
    headers = {"traceparent": CALLER, "x-forwarded-for": f"{ADDRESS}:1"}
    response = await made.call("place_order", personal(), headers)
    assert response.status_code == 201
    await made.forward()
    await made.project()
    await made.tick("reconcile")
    told = [span.to_json() for span in Spans(exporter).all]
    assert any("order-1" in text for text in told)
    for text in told:
        assert MARK not in text
        assert ADDRESS not in text
        assert "customer-of-note" not in text
