"""From the cost of each command to the bill of a month."""

from collections.abc import Iterator
from math import ceil
from statistics import mean
from typing import Final

import msgspec

from ops.spending import Spending

HOURS: Final = 730
"""Of a month, as Azure's price pages count it."""
MEGABYTE: Final = 10**6
SECONDS: Final = HOURS * 3600


class Prices(msgspec.Struct, frozen=True):
    """Per million request units (serverless), per throughput unit and hour, per million events in."""

    million_request_units: float
    throughput_unit_hour: float
    million_events: float


class Load(msgspec.Struct, frozen=True):
    """What is asked of the system; every verb is asked for as often as it is among the samples."""

    commands_per_second: float
    poll_milliseconds: int
    consumer_groups: int


class Traffic(msgspec.Struct, frozen=True):
    """What goes through the hub each second: every consumer group reads all of it."""

    events: float
    bytes_in: float
    consumer_groups: int

    def needs(self) -> dict[str, float]:
        """Throughput units by what asks for them ("Azure Event Hubs quotas and limits")."""
        return {
            "ingress, 1,000 events/s": self.events / 1000,
            "ingress, 1 MB/s": self.bytes_in / MEGABYTE,
            "egress, 4,096 events/s": self.consumer_groups * self.events / 4096,
            "egress, 2 MB/s": self.consumer_groups * self.bytes_in / (2 * MEGABYTE),
        }

    @property
    def throughput_units(self) -> int:
        return max(1, ceil(max(self.needs().values())))


class Line(msgspec.Struct, frozen=True):
    """An entry of the bill: how much of what, a month, and its price."""

    what: str
    amount: float
    unit: str
    price: float


def traffic(spending: Spending, load: Load) -> Traffic:
    rate, commands = load.commands_per_second, spending.commands
    events = mean(len(spent.messages) for spent in commands)
    size = mean(sum(spent.messages) for spent in commands)
    return Traffic(rate * events, rate * size, load.consumer_groups)


def bill(spending: Spending, load: Load, prices: Prices) -> Iterator[Line]:
    """The lines of a month's bill: request units by what spends them, then the hub."""
    for what, units in _request_units(spending, load).items():
        millions = units * SECONDS / 10**6
        yield Line(what, millions, "million RU", millions * prices.million_request_units)
    hub = traffic(spending, load)
    hours = hub.throughput_units * HOURS
    yield Line("throughput units", hours, "hours", hours * prices.throughput_unit_hour)
    events = hub.events * SECONDS / 10**6
    yield Line("events into the hub", events, "million", events * prices.million_events)


def _request_units(spending: Spending, load: Load) -> dict[str, float]:
    """Request units per second. Each poll delay ends with a page and its checkpoint, or with neither."""
    rate, polls = load.commands_per_second, 1000 / load.poll_milliseconds
    commands = spending.commands
    return {
        "commands": rate * mean(spent.command for spent in commands),
        "projections": rate * mean(sum(spent.projections.values()) for spent in commands),
        "change feed, events": rate * mean(spent.feed for spent in commands),
        "change feed, polls": polls * spending.empty_poll,
        "change feed, checkpoints": min(polls, rate) * spending.checkpoint,
    }
