"""What telemetry costs a warm command: beside the same command without its calls."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import azure.functions as func
from azure.cosmos.aio import CosmosClient
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import INVALID_SPAN

from bench.figures import Aim, Effort, Figure, at_most
from bench.measuring import alternately, percentile
from bench.stack import Stack, local_stack
from clients import COSMOS_OPTIONS
from domain.registry import AGGREGATES
from event_store import store
from functions import commands, endpoint
from local.cosmos import EMULATOR_KEY
from ops.in_process import disconnected_application
from telemetry import correlation, metrics, tracing

type Work = Callable[[int], Awaitable[None]]
type Variant = Sequence[tuple[ModuleType, str, Any]]
"""What stands where in the code."""

BODY: Final = b'{"quantity": 5}'
TRACEPARENT: Final = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def run(effort: Effort) -> list[Figure]:
    """Commands in turns, each through its HTTP function and with one request over loopback, every variant
    with a product and a client of its own; a tenth warms up."""
    rounds = effort.of(3000, 600)
    off = _as_it_is()
    bare = [*off, *_without_calls()]
    on = [*off, *_with_sdk()]
    async with (
        local_stack(functions=False) as stack,
        _client(stack, COSMOS_OPTIONS) as hooked,
        _client(stack, {}) as plain,
    ):
        taken = await alternately(
            rounds,
            _receiving(hooked, "off", off),
            _receiving(plain, "bare", bare),
            _receiving(hooked, "on", on),
        )
    _put(off)
    return [
        _figure("off", taken[0], taken[1], at_most(1.05)),
        _figure("on and an exporter that drops", taken[2], taken[1]),
    ]


def _figure(what: str, with_it: list[float], without: list[float], *aims: Aim) -> Figure:
    warm = len(with_it) // 10
    return Figure(
        what=f"a warm command with telemetry {what}, p50",
        value=1000 * percentile(with_it[warm:], 0.5),
        unit="ms",
        beside="the same without its calls",
        beside_value=1000 * percentile(without[warm:], 0.5),
        aims=aims,
    )


def _client(stack: Stack, options: Mapping[str, Any]) -> CosmosClient:
    return CosmosClient(stack.cosmos, EMULATOR_KEY, **options)


def _receiving(client: CosmosClient, product: str, variant: Variant) -> Work:
    """Receipts of one product, without snapshots. Putting a variant in place takes a microsecond."""
    application = disconnected_application(SNAPSHOT_INTERVALS="Product=1000000")
    application.cosmos = client
    app = func.FunctionApp()
    app.register_functions(commands.blueprint(application, AGGREGATES))
    functions = {f.get_function_name(): f.get_user_function() for f in app.get_functions()}
    handler = functions["receive_product"]
    request = func.HttpRequest(
        "POST",
        f"http://127.0.0.1:7071/api/products/{product}/receive",
        headers={"content-type": "application/json", "traceparent": TRACEPARENT},
        route_params={"productId": product},
        body=BODY,
    )

    async def receive(_: int) -> None:
        _put(variant)
        response = await handler(request)
        assert response.status_code < 300, response.get_body()

    return receive


def _put(variant: Variant) -> None:
    for module, name, value in variant:
        setattr(module, name, value)


def _as_it_is() -> Variant:
    """As where nobody listens."""
    return [
        (endpoint, "invocation", tracing.invocation),
        (endpoint, "correlated", correlation.correlated),
        (store, "span", tracing.span),
        (store, "traceparent", tracing.traceparent),
        (store, "metrics", metrics),
        (tracing, "_tracer", None),
        (metrics, "_instruments", metrics._instruments),
    ]


def _without_calls() -> Variant:
    nothing = nullcontext(INVALID_SPAN)

    def within(*_: Any) -> nullcontext[Any]:
        return nothing

    def ignore(*_: Any) -> None:
        return None

    return [
        (endpoint, "invocation", within),
        (endpoint, "correlated", within),
        (store, "span", within),
        (store, "traceparent", lambda given: given),
        (store, "metrics", SimpleNamespace(append_answered=ignore, appended=ignore)),
    ]


def _with_sdk() -> Variant:
    traces = TracerProvider()
    traces.add_span_processor(BatchSpanProcessor(Dropping()))
    meter = MeterProvider([InMemoryMetricReader()]).get_meter("bench")
    return [
        (tracing, "_tracer", traces.get_tracer("bench")),
        (metrics, "_instruments", metrics._Instruments(meter)),
    ]


class Dropping(SpanExporter):
    """Takes spans and forgets them."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS
