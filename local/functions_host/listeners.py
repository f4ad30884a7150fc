"""From functions to pumps: what runs in the background of a host, and what runs by hand."""

import functools
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from local.functions_host.admin import RunByHand
from local.functions_host.checkpoints import Checkpoints
from local.functions_host.connections import cosmos_connection, event_hub_connection
from local.functions_host.cosmos_trigger import CosmosPump, parse_cosmos_trigger
from local.functions_host.errors import MissingSetting, TriggerError
from local.functions_host.event_hub_shapes import HubEvent, Partition
from local.functions_host.event_hub_trigger import (
    EventHubPump,
    event_hub_calls,
    parse_event_hub_trigger,
)
from local.functions_host.functions import Function
from local.functions_host.host_json import HostJson
from local.functions_host.invocation import Invoker
from local.functions_host.shutdown import Shutdown
from local.functions_host.state import State
from local.functions_host.timer_trigger import TimerPump, parse_timer_trigger
from local.functions_host.worker import Datum

logger = logging.getLogger("functions_host")


class Pump(Protocol):
    """Brings a function what it is triggered by, until the host closes."""

    async def run(self) -> None:
        """Run until the host closes, or for ever."""
        ...


@dataclass(frozen=True, slots=True)
class Listener:
    """A function's pump, and how it is run by hand."""

    function: Function
    pump: Pump
    run_by_hand: RunByHand


@dataclass(frozen=True, slots=True)
class Listening:
    """All that a listener is made of."""

    settings: Mapping[str, str]
    host_json: HostJson
    state: State
    invoker: Invoker
    shutdown: Shutdown
    makers: Mapping[str, Callable[["Listening", Function], Listener]] = field(
        default_factory=lambda: {
            "cosmosDBTrigger": _cosmos,
            "eventHubTrigger": _event_hub,
            "timerTrigger": _timer,
        }
    )

    def listener(self, function: Function) -> Listener | None:
        """The function's listener; None, with a loud line, where a setting is missing.

        Raises TriggerError for arguments that no listener can be made of.
        """
        try:
            return self.makers[function.trigger["type"]](self, function)
        except MissingSetting as missing:
            logger.error("Function '%s' is DISABLED: %s", function.name, missing)
            return None


def refuse_shared_leases(listeners: Iterable[Listener]) -> None:
    """On the real host two functions with the same leases get a part of the documents each.

    Raises TriggerError.
    """
    owners: dict[tuple[str, ...], str] = {}
    for listener in listeners:
        if isinstance(listener.pump, CosmosPump):
            name = listener.function.name
            other = owners.setdefault(listener.pump.lease, name)
            if other != name:
                raise TriggerError(
                    f"functions '{other}' and '{name}' read one container with the same leases: "
                    "give each its own lease_container_prefix"
                )


def _cosmos(of: Listening, function: Function) -> Listener:
    trigger = parse_cosmos_trigger(function, of.settings)
    connect = cosmos_connection(trigger.connection, of.settings)
    pump = CosmosPump(function, trigger, connect, of.state, of.invoker, of.shutdown)

    async def run_by_hand(function: Function, text: str) -> None:
        await of.invoker.with_retries(function, Datum(text, "string"), {})

    return Listener(function, pump, run_by_hand)


def _event_hub(of: Listening, function: Function) -> Listener:
    trigger = parse_event_hub_trigger(function, of.settings)

    checkpoints = Checkpoints(of.state, function.name)
    connect = functools.partial(
        event_hub_connection(trigger.connection, of.settings),
        trigger.hub,
        trigger.group,
        checkpoints,
        of.host_json.prefetch_count,
    )
    pump = EventHubPump(
        function,
        trigger,
        connect,
        of.host_json.event_batch_size,
        of.invoker,
        of.shutdown,
    )

    async def run_by_hand(function: Function, text: str) -> None:
        source = Partition("local", trigger.hub, trigger.group, "0")
        event = HubEvent(text.encode(), 0, "0", datetime.now(UTC))
        for call in event_hub_calls(trigger, [event], source):
            await of.invoker.with_retries(function, *call)

    return Listener(function, pump, run_by_hand)


def _timer(of: Listening, function: Function) -> Listener:
    trigger = parse_timer_trigger(function, of.settings)
    pump = TimerPump(function, trigger, of.state, of.invoker)
    return Listener(function, pump, pump.run_by_hand)
