"""What is measured is the contract that alerts and charts are made of: `infra/metrics.json`."""

from collections.abc import Iterator
from typing import Any, Final

import azure.functions as func
import msgspec
import pytest
from azure.functions.meta import Datum
from opentelemetry.sdk.metrics.export import (
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    InMemoryMetricReader,
    Metric,
    Sum,
)

from event_store import request_units
from projections.gauges import documents_size
from tests.rules.repository import ROOT
from tests.stack.in_process import Account
from tests.stack.pipeline import Pipeline, pipeline

ORDER: Final = {"customerId": "c", "items": [{"productId": "p", "quantity": 1, "price": 1}]}
CONTRACT: Final = msgspec.json.decode((ROOT / "infra/metrics.json").read_bytes())


def measured(reader: InMemoryMetricReader) -> Iterator[Metric]:
    data = reader.get_metrics_data()
    for resource in data.resource_metrics if data else ():
        for scope in resource.scope_metrics:
            yield from scope.metrics


def kind(metric: Metric) -> str:
    match metric.data:
        case Histogram():
            return "histogram"
        case Gauge():
            return "gauge"
        case Sum(is_monotonic=True):
            return "counter"
        case other:
            return type(other).__name__


def points(metrics: list[Metric], name: str) -> dict[tuple[Any, ...], Any]:
    """The values of a metric by those of its attributes; of a histogram, how many were recorded."""
    (metric,) = (metric for metric in metrics if metric.name == name)
    return {
        tuple((point.attributes or {}).values()): point.count
        if isinstance(point, HistogramDataPoint)
        else point.value
        for point in metric.data.data_points
        if not isinstance(point, ExponentialHistogramDataPoint)
    }


async def everything(account: Account) -> Pipeline:
    """Commands, cold loads with and without snapshots, a conflict, deliveries, and what is damaged."""
    made = await pipeline(account, SNAPSHOT_INTERVALS="Product=2")
    await receive(made, times=2)
    await made.call("place_order", {"orderId": "1", **ORDER})
    await made.application.snapshotter.settled()
    cold = await pipeline(account, SNAPSHOT_INTERVALS="Product=2")
    await receive(cold)
    await receive(made)
    await made.forward()
    await made.project()
    await made.functions["order_projector"]([damaged()])
    await made.tick("reconcile")
    return made


async def receive(made: Pipeline, times: int = 1) -> None:
    for _ in range(times):
        response = await made.call("receive_product", {"quantity": 5}, productId="p")
        assert response.status_code < 300


def damaged() -> func.EventHubEvent:
    place = {"PartitionContext": Datum('{"PartitionId": "0"}', "json")}
    return func.EventHubEvent(body=b"no event", trigger_metadata=place, sequence_number=7)


async def test_exactly_what_the_contract_names_is_measured(
    account: Account, reader: InMemoryMetricReader
) -> None:
    await everything(account)
    found = {
        metric.name: {
            "name": metric.name,
            "instrument": kind(metric),
            "unit": metric.unit,
            "description": metric.description,
            "attributes": [*(metric.data.data_points[0].attributes or {})],
        }
        for metric in measured(reader)
    }
    assert found == {metric["name"]: metric for metric in CONTRACT}


async def test_every_point_has_every_attribute(
    account: Account, reader: InMemoryMetricReader
) -> None:
    await everything(account)
    attributes = {metric["name"]: set(metric["attributes"]) for metric in CONTRACT}
    for metric in measured(reader):
        for point in metric.data.data_points:
            assert (point.attributes or {}).keys() == attributes[metric.name]


async def test_appends_conflicts_and_cold_loads_are_counted(
    account: Account, reader: InMemoryMetricReader
) -> None:
    await everything(account)
    metrics = list(measured(reader))
    assert points(metrics, "event_store.writes") == {("Product",): 4, ("Order",): 1}
    conflicts = points(metrics, "concurrency.conflicts")[("Product",)]
    assert conflicts >= 1
    appends = points(metrics, "event_store.write_duration")
    assert appends == {("Product",): 4 + conflicts, ("Order",): 1}
    assert (
        points(metrics, "snapshot.loads") == points(metrics, "snapshot.hits") == {("Product",): 1}
    )


async def test_a_long_stream_without_a_snapshot_is_a_load_and_no_hit(
    account: Account, reader: InMemoryMetricReader
) -> None:
    made = await pipeline(account, SNAPSHOT_INTERVALS="Product=100")
    await receive(made, times=3)
    short = await pipeline(account, SNAPSHOT_INTERVALS="Product=100")
    await receive(short)
    cold = await pipeline(account, SNAPSHOT_INTERVALS="Product=2")
    await receive(cold)
    metrics = list(measured(reader))
    assert points(metrics, "snapshot.loads") == {("Product",): 1}
    assert "snapshot.hits" not in {metric.name for metric in metrics}


async def test_events_are_counted_for_every_projection_that_applied_them_and_once(
    account: Account, reader: InMemoryMetricReader
) -> None:
    made = await everything(account)
    await made.project()
    applied = points(list(measured(reader)), "projection.events")
    assert applied == {
        (p.name,): 4 * p.sees("Product") + p.sees("Order") for p in made.application.projections
    }


async def test_every_minute_tells_lags_dead_letters_and_the_stores_size(
    account: Account, reader: InMemoryMetricReader
) -> None:
    made = await pipeline(account)
    await receive(made, times=3)
    await made.tick("reconcile")
    metrics = list(measured(reader))
    lags = points(metrics, "projection.lag_seconds")
    projections = made.application.projections
    assert lags.keys() == {(projection.name,) for projection in projections}
    assert {name for (name,), lag in lags.items() if lag} == {
        projection.name for projection in projections if projection.sees("Product")
    }
    size = points(metrics, "event_store.size")[()]
    stored = sum(len(msgspec.json.encode(event)) for event in await account.documents("events"))
    assert stored <= size <= stored + 1024

    await made.forward()
    await made.project()
    await made.functions["order_projector"]([damaged()])
    await made.tick("reconcile")
    metrics = list(measured(reader))
    assert set(points(metrics, "projection.lag_seconds").values()) == {0.0}
    letters = points(metrics, "dead_letters")
    assert letters.pop(("order_projector",)) == 1
    assert set(letters.values()) == {0}
    assert letters.keys() >= {(projection.name,) for projection in projections}


async def test_what_is_not_measured_again_is_not_told_again(
    account: Account, reader: InMemoryMetricReader
) -> None:
    """A timer runs on one instance at a time: the others' last values would contradict it."""
    made = await pipeline(account)
    await made.tick("reconcile")
    assert "projection.lag_seconds" in {metric.name for metric in measured(reader)}
    assert "projection.lag_seconds" not in {metric.name for metric in measured(reader)}


async def test_request_units_are_what_cosmos_charged(
    account: Account, reader: InMemoryMetricReader
) -> None:
    made = await pipeline(account)
    before = sum(points(list(measured(reader)), "cosmos.request_units").values())
    account.cosmos.stats.reset()
    await receive(made, times=2)
    stats = account.cosmos.stats.snapshot()
    units = points(list(measured(reader)), "cosmos.request_units")
    assert units[("events", "batch")] > 0
    assert sum(units.values()) - before == pytest.approx(stats["request_units"])


@pytest.mark.parametrize(
    ("method", "path", "headers", "expected"),
    [
        ("GET", "/dbs/d/colls/c/docs/1", {}, ("c", "point_read")),
        ("PUT", "/dbs/d/colls/c/docs/1", {}, ("c", "replace")),
        ("PATCH", "/dbs/d/colls/c/docs/1", {}, ("c", "patch")),
        ("DELETE", "/dbs/d/colls/c/docs/1", {}, ("c", "delete")),
        ("GET", "/dbs/d/colls/c/docs/", {"A-IM": "Incremental feed"}, ("c", "change_feed")),
        ("GET", "/dbs/d/colls/c/docs", {}, ("c", "query")),
        ("POST", "/dbs/d/colls/c/docs", {}, ("c", "create")),
        ("POST", "/dbs/d/colls/c/docs", {"x-ms-documentdb-is-upsert": "True"}, ("c", "upsert")),
        ("POST", "/dbs/d/colls/c/docs", {"x-ms-documentdb-isquery": "true"}, ("c", "query")),
        ("POST", "/dbs/d/colls/c/docs", {"x-ms-cosmos-is-batch-request": True}, ("c", "batch")),
        (
            "POST",
            "/dbs/d/colls/c/docs",
            {"x-ms-cosmos-is-query-plan-request": "True", "x-ms-documentdb-isquery": "True"},
            ("c", "metadata"),
        ),
        ("GET", "/dbs/d/colls/c/pkranges/", {}, ("c", "metadata")),
        ("GET", "/dbs/d/colls/c", {}, ("c", "metadata")),
        ("GET", "/", {}, ("", "metadata")),
    ],
)
def test_a_request_is_told_by_its_container_and_operation(
    method: str, path: str, headers: dict[str, Any], expected: tuple[str, str]
) -> None:
    url = f"https://account.documents.azure.com:443{path}"
    assert request_units.described(method, url, headers) == expected


def test_a_size_that_is_not_told_is_none() -> None:
    assert documents_size("documentsSize=12;documentsCount=3;collectionSize=15") == 12 * 1024
    assert documents_size("") is None
    assert documents_size("documentsSize=unknown") is None
