"""host.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.functions_host.errors import HostJsonError
from local.functions_host.host_json import HostJson, parse_time_span, read_host_json


def read(folder: Path, content: Any) -> HostJson:
    (folder / "host.json").write_text(json.dumps(content))
    return read_host_json(folder)


def test_what_is_not_said_has_the_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, {"version": "2.0"}) == HostJson(
        route_prefix="api",
        max_outstanding_requests=None,
        function_timeout=1800.0,
        event_batch_size=100,
        prefetch_count=300,
    )


def test_what_is_said_is_read(tmp_path: Path) -> None:
    content = {
        "functionTimeout": "00:05:00",
        "extensions": {
            "http": {"routePrefix": "/v1/", "maxOutstandingRequests": 7},
            "eventHubs": {"maxEventBatchSize": 9, "prefetchCount": 11},
        },
    }
    assert read(tmp_path, content) == HostJson("v1", 7, 300.0, 9, 11)


def test_minus_one_is_no_limit(tmp_path: Path) -> None:
    http = {"http": {"maxOutstandingRequests": -1}}
    read_back = read(tmp_path, {"functionTimeout": "-1", "extensions": http})
    assert (read_back.function_timeout, read_back.max_outstanding_requests) == (None, None)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ([], "host.json must be an object"),
        ({"extensions": 1}, "extensions must be an object"),
        ({"extensions": {"http": {"routePrefix": 1}}}, "extensions http routePrefix"),
        ({"extensions": {"eventHubs": {"maxEventBatchSize": "9"}}}, "eventHubs maxEventBatchSize"),
        ({"extensions": {"eventHubs": {"maxEventBatchSize": True}}}, "maxEventBatchSize"),
        ({"functionTimeout": "five minutes"}, "functionTimeout must be hh:mm:ss"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(tmp_path: Path, content: Any, place: str) -> None:
    with pytest.raises(HostJsonError, match=place):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("00:00:01", 1.0), ("01:02:03", 3723.0), ("1.00:00:00", 86_400.0), ("00:00:00.25", 0.25)],
)
def test_a_time_span_is_seconds(text: str, seconds: float) -> None:
    assert parse_time_span(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "00:60:00", "24:00:00", "00:00:60", "a:b:c"])
def test_what_is_no_time_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_time_span(text)
