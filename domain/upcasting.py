"""Old shapes of events, brought to the newest one step at a time.

An upcaster takes the data of one schema version and gives that of the next. Stored events are never
rewritten: readers see the newest shape only.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

type Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


def order_placed_with_currency(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 knew no currency: every order was in US dollars."""
    return {**data, "currency": "USD"}


UPCASTERS: Final[Mapping[tuple[str, int], Upcaster]] = {
    ("OrderPlaced", 1): order_placed_with_currency,
}


def upcast(event_type: str, data: dict[str, Any], stored: int, current: int) -> dict[str, Any]:
    """The data of an event as its current shape has it. Raises KeyError where a step is missing."""
    for version in range(stored, current):
        data = UPCASTERS[event_type, version](data)
    return data
