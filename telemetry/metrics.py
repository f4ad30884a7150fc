"""The application's metrics: `infra/metrics.json` is their contract with alerts and the workbook.

Until somebody listens, every call ends in an instrument of the OpenTelemetry API that does nothing.
"""

from opentelemetry.metrics import Meter, MeterProvider, NoOpMeterProvider

from telemetry import SCOPE


class _Instruments:
    def __init__(self, meter: Meter) -> None:
        self.writes = meter.create_counter("event_store.writes", "{event}", "Events appended")
        self.write_duration = meter.create_histogram(
            "event_store.write_duration",
            "ms",
            "Duration of an append, from the request to Cosmos DB to its answer",
        )
        self.size = meter.create_gauge("event_store.size", "By", "Size of the container of events")
        self.lag = meter.create_gauge(
            "projection.lag_seconds",
            "s",
            "Age of the oldest event that a projection has not applied",
        )
        self.applied = meter.create_counter(
            "projection.events", "{event}", "Events that a projection applied"
        )
        self.snapshot_hits = meter.create_counter(
            "snapshot.hits", "{load}", "Cold loads that began at a snapshot"
        )
        self.snapshot_loads = meter.create_counter(
            "snapshot.loads", "{load}", "Cold loads of streams long enough to have a snapshot"
        )
        self.conflicts = meter.create_counter(
            "concurrency.conflicts", "{append}", "Appends that met another's event at their version"
        )
        self.dead_letters = meter.create_gauge(
            "dead_letters",
            "{record}",
            "Aggregates parked and messages kept because they cannot be read",
        )
        self.request_units = meter.create_counter(
            "cosmos.request_units", "{request_unit}", "Request units that Cosmos DB charged"
        )


_instruments = _Instruments(NoOpMeterProvider().get_meter(SCOPE))


def listen(provider: MeterProvider) -> None:
    """Gives all measurements from now on to a provider."""
    global _instruments
    _instruments = _Instruments(provider.get_meter(SCOPE))


def append_answered(aggregate_type: str, seconds: float) -> None:
    """An append came back from Cosmos DB, whatever the answer was."""
    _instruments.write_duration.record(1000 * seconds, {"aggregate_type": aggregate_type})


def appended(aggregate_type: str, events: int) -> None:
    _instruments.writes.add(events, {"aggregate_type": aggregate_type})


def conflicted(aggregate_type: str) -> None:
    """An append met another's event at its version."""
    _instruments.conflicts.add(1, {"aggregate_type": aggregate_type})


def loaded_cold(aggregate_type: str, *, at_snapshot: bool) -> None:
    """A stream that is long enough for a snapshot was loaded."""
    of = {"aggregate_type": aggregate_type}
    _instruments.snapshot_loads.add(1, of)
    if at_snapshot:
        _instruments.snapshot_hits.add(1, of)


def applied(projection: str, events: int) -> None:
    _instruments.applied.add(events, {"projection": projection})


def lag_measured(projection: str, seconds: float) -> None:
    _instruments.lag.set(seconds, {"projection": projection})


def dead_letters_counted(projection: str, records: int) -> None:
    """`projection` is a consumer group for messages that cannot be read."""
    _instruments.dead_letters.set(records, {"projection": projection})


def size_measured(size: int) -> None:
    """The size of the container of events, in bytes."""
    _instruments.size.set(size)


def charged(container: str, operation: str, units: float) -> None:
    _instruments.request_units.add(units, {"container": container, "operation": operation})
