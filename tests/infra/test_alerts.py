"""Alerts and charts name what is really measured, at the thresholds of the pattern, each with its runbook."""

import re
from typing import Any, Final

import msgspec
import pytest

from tests.infra.compiler import PARAMETERS
from tests.infra.deployment import Deployment, deployment
from tests.rules.repository import ROOT

ALERTS: Final = "Microsoft.Insights/scheduledQueryRules"
PLATFORM_ALERTS: Final = "Microsoft.Insights/metricAlerts"
METRIC: Final = re.compile(r'"([a-z_]+(?:\.[a-z_]+)+|dead_letters)"')
PLATFORM: Final = {
    ("Microsoft.DocumentDB/databaseAccounts", "TotalRequests"),
    ("Microsoft.EventHub/namespaces", "ThrottledRequests"),
    ("Microsoft.StreamAnalytics/streamingjobs", "Errors"),
    ("Microsoft.StreamAnalytics/streamingjobs", "OutputWatermarkDelaySeconds"),
}
"""Metrics that Azure itself has (Azure Monitor, "Supported metrics")."""


class Metric(msgspec.Struct, frozen=True):
    name: str
    instrument: str
    unit: str
    description: str
    attributes: tuple[str, ...]


METRICS: Final = {
    metric.name: metric
    for metric in msgspec.json.decode(
        (ROOT / "infra/metrics.json").read_bytes(), type=tuple[Metric, ...]
    )
}


@pytest.fixture(params=PARAMETERS)
def made(request: pytest.FixtureRequest) -> Deployment:
    return deployment(request.param)


def charts(made: Deployment) -> list[dict[str, Any]]:
    workbook = made.one("Microsoft.Insights/workbooks").properties
    items = msgspec.json.decode(workbook["serializedData"])["items"]
    return [item["content"] for item in items if item["type"] == 3]


def criterion(made: Deployment, alert: str) -> dict[str, Any]:
    (found,) = made.one(ALERTS, alert).properties["criteria"]["allOf"]
    return dict(found)


def queries(made: Deployment) -> list[str]:
    return [
        *(criterion(made, alert.name)["query"] for alert in made.all(ALERTS)),
        *(chart["query"] for chart in charts(made)),
    ]


def test_every_metric_that_an_alert_or_chart_names_is_one_the_code_emits(made: Deployment) -> None:
    for query in queries(made):
        named = METRIC.findall(query)
        assert bool(named) is query.startswith("AppMetrics"), query
        assert set(named) <= METRICS.keys(), query


def test_every_metric_is_seen_in_the_workbook(made: Deployment) -> None:
    shown = {name for chart in charts(made) for name in METRIC.findall(chart["query"])}
    assert shown == METRICS.keys()


def test_queries_divide_by_the_attributes_that_metrics_have(made: Deployment) -> None:
    for query in queries(made):
        asked = set(re.findall(r"Properties\.(\w+)", query))
        for name in METRIC.findall(query):
            assert asked <= set(METRICS[name].attributes), query


def test_counters_are_summed_and_gauges_are_compared_or_their_measurements_counted(
    made: Deployment,
) -> None:
    for query in queries(made):
        for name in METRIC.findall(query):
            if METRICS[name].instrument == "gauge":
                assert not re.search(rf'sumif\(\w+, Name == "{name}"', query), query
                assert re.search(r"maxif\(Max|= (max\(Max|count\()\)", query), query


@pytest.mark.parametrize(
    ("alert", "metric", "operator", "threshold"),
    [
        ("write-latency", "event_store.write_duration", "GreaterThan", 200),
        ("projection-lag", "projection.lag_seconds", "GreaterThan", 30),
        ("snapshot-hit-rate", "snapshot.hits", "LessThan", 60),
        ("concurrency-conflicts", "concurrency.conflicts", "GreaterThan", 5),
        ("processing-rate", "projection.events", "LessThan", 60),
        ("dead-letters", "dead_letters", "GreaterThan", 0),
    ],
)
def test_the_thresholds_are_the_patterns(
    made: Deployment, alert: str, metric: str, operator: str, threshold: int
) -> None:
    found = criterion(made, alert)
    assert metric in METRIC.findall(found["query"])
    assert (found["operator"], found["threshold"]) == (operator, threshold)
    assert found["metricMeasureColumn"] == "Value"
    assert re.search(r"\bValue = ", found["query"])


def test_throttling_5xx_and_an_application_without_functions_are_alerts_too(
    made: Deployment,
) -> None:
    names = {alert.name for alert in (*made.all(ALERTS), *made.all(PLATFORM_ALERTS))}
    assert names >= {
        "cosmos-throttling",
        "event-hubs-throttling",
        "server-errors",
        "silent-application",
    }


def test_the_platforms_metrics_exist(made: Deployment) -> None:
    named = {
        (part["metricNamespace"], part["metricName"])
        for alert in made.all(PLATFORM_ALERTS)
        for part in alert.properties["criteria"]["allOf"]
    }
    assert named == PLATFORM


def test_every_alert_has_its_entry_in_the_runbook(made: Deployment) -> None:
    runbook = (ROOT / "docs/operations.md").read_text()
    for alert in (*made.all(ALERTS), *made.all(PLATFORM_ALERTS)):
        assert f"### {alert.name}\n" in runbook
        assert f'docs/operations.md, "{alert.name}"' in alert.properties["description"]


def test_the_workbook_shows_each_figure_against_its_target(made: Deployment) -> None:
    titles = [chart["title"] for chart in charts(made)]
    for target in (
        "target: below 50, alert: above 200",
        "target: below 5, alert: above 30",
        "target: above 80, alert: below 60",
        "target: below 1, alert: above 5",
    ):
        assert sum(target in title for title in titles) == 1


@pytest.mark.parametrize("parameters", ["prod", "private"])
def test_somebody_is_told_in_production(parameters: str) -> None:
    made = deployment(parameters)
    (group,) = made.all("Microsoft.Insights/actionGroups")
    for alert in made.all(ALERTS):
        assert alert.properties["actions"]["actionGroups"] == [group.id]
    for alert in made.all(PLATFORM_ALERTS):
        assert alert.properties["actions"] == [{"actionGroupId": group.id}]
