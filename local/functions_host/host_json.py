"""host.json, as far as it steers this host."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.functions_host.errors import HostJsonError

DEFAULT_TIMEOUT = 30 * 60.0
"""Seconds an invocation may take when host.json says nothing (plans other than Consumption)."""


@dataclass(frozen=True, slots=True)
class HostJson:
    """The values that this host reads; times are seconds."""

    route_prefix: str = "api"
    max_outstanding_requests: int | None = None
    function_timeout: float | None = DEFAULT_TIMEOUT
    event_batch_size: int = 100
    prefetch_count: int = 300


def read_host_json(app: Path) -> HostJson:
    """Read `app`/host.json. Raises HostJsonError; the file must be there, as for the real host."""
    path = app / "host.json"
    if not path.is_file():
        raise HostJsonError(f"{path}: no such file; a function app needs one, with a version")
    try:
        root = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise HostJsonError(f"{path}: not JSON: {error}") from error
    try:
        return _parse(_Reader(root, "host.json"))
    except HostJsonError as error:
        raise HostJsonError(f"{path}: {error}") from error


def parse_time_span(text: str) -> float:
    """Seconds of a .NET TimeSpan, `[d.]hh:mm:ss[.fff]`. Raises ValueError."""
    days, _, clock = text.rpartition(".") if text.find(".") < text.find(":") else ("", "", text)
    hours, minutes, seconds = clock.split(":")
    if not (0 <= int(hours) < 24 and 0 <= int(minutes) < 60 and 0 <= float(seconds) < 60):
        raise ValueError(f"{text!r} is not a time span; expected [d.]hh:mm:ss")
    whole_days = int(days) if days else 0
    return ((whole_days * 24 + int(hours)) * 60 + int(minutes)) * 60 + float(seconds)


def _parse(root: "_Reader") -> HostJson:
    http = root.section("extensions").section("http")
    hubs = root.section("extensions").section("eventHubs")
    outstanding = http.integer("maxOutstandingRequests", -1)
    return HostJson(
        route_prefix=http.text("routePrefix", "api").strip("/"),
        max_outstanding_requests=outstanding if outstanding > 0 else None,
        function_timeout=root.time_span("functionTimeout", DEFAULT_TIMEOUT),
        event_batch_size=hubs.integer("maxEventBatchSize", 100),
        prefetch_count=hubs.integer("prefetchCount", 300),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """One object of the file and where it stands; every fault names its place."""

    value: Any
    where: str

    def _object(self) -> Mapping[str, Any]:
        if not isinstance(self.value, dict):
            raise HostJsonError(f"{self.where} must be an object, not {self.value!r}")
        return self.value

    def section(self, name: str) -> "_Reader":
        return _Reader(self._object().get(name, {}), f"{self.where} {name}")

    def text(self, name: str, default: str) -> str:
        value = self._object().get(name, default)
        if not isinstance(value, str):
            raise HostJsonError(f"{self.where} {name} must be a string, not {value!r}")
        return value

    def integer(self, name: str, default: int) -> int:
        value = self._object().get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise HostJsonError(f"{self.where} {name} must be a whole number, not {value!r}")
        return value

    def time_span(self, name: str, default: float) -> float | None:
        value = self.text(name, "")
        if not value:
            return default
        if value == "-1":
            return None
        try:
            return parse_time_span(value)
        except ValueError as error:
            raise HostJsonError(
                f"{self.where} {name} must be hh:mm:ss or -1, not {value!r}"
            ) from error
