"""A Functions host: one function app, its HTTP door and its pumps, in one event loop."""

import asyncio
import logging
import socket
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from local.forwarding import Forwarder
from local.functions_host.admin import Admin
from local.functions_host.errors import TriggerError
from local.functions_host.functions import Function
from local.functions_host.host_json import HostJson, read_host_json
from local.functions_host.http_app import HttpApp
from local.functions_host.http_server import DRAIN_SECONDS, HttpServer, listen
from local.functions_host.invocation import Invoker
from local.functions_host.keys import Keys, load_keys
from local.functions_host.listeners import Listener, Listening, Pump, refuse_shared_leases
from local.functions_host.router import Router
from local.functions_host.settings import effective_settings
from local.functions_host.shutdown import Shutdown
from local.functions_host.state import State
from local.functions_host.timer_trigger import TimerPump
from local.functions_host.worker import Worker

logger = logging.getLogger("functions_host")

BINDINGS = ("httpTrigger", "http", "cosmosDBTrigger", "eventHubTrigger", "timerTrigger")
LAST_BATCHES_SECONDS = 2.0
"""How long batches may still start after SIGTERM; the real host's figure."""


class FunctionsHost:
    """Runs the app of a folder from `async with` to its end.

    `settings` are the app's, before local.settings.json; they are in `os.environ` while the host
    runs. `port` 0 takes a free one. `last_batches` are the seconds in which pumps still start
    batches when the end has begun. `beside` is the address that is asked for what lies under
    `/_local`. Raises HostStartError. One host a process at a time.
    """

    def __init__(
        self,
        app: Path,
        settings: Mapping[str, str],
        data: Path,
        port: int = 0,
        require_keys: bool = False,
        last_batches: float = 0.0,
        listener: socket.socket | None = None,
        on_worker_lost: Callable[[str], None] | None = None,
        beside: str | None = None,
    ) -> None:
        self.functions: Mapping[str, Function] = {}
        self.keys: Keys | None = None
        self._app = app.resolve()
        self._data = data.resolve()
        self._given_settings = settings
        self._port = port
        self._require_keys = require_keys
        self._last_batches = last_batches
        self._given_listener = listener
        self._on_worker_lost = on_worker_lost
        self._beside = beside
        self._shutdown = Shutdown()
        self._pumps: list[asyncio.Task[None]] = []
        self._timers: list[asyncio.Task[None]] = []
        self._stack = AsyncExitStack()

    @property
    def port(self) -> int:
        """The port of the HTTP door."""
        return self._port

    @property
    def url(self) -> str:
        """The HTTP door, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """End as on SIGTERM: the port closes at once, what runs ends, batches are not checkpointed."""
        await self._stack.aclose()

    async def _start(self) -> None:
        host_json = read_host_json(self._app)
        settings = effective_settings(self._app, self._given_settings)
        door = self._given_listener or listen(self._port)
        self._port = door.getsockname()[1]
        self._stack.callback(door.close)
        state = self._stack.enter_context(State(self._data))
        worker = await Worker(self._app, settings).open()
        self._stack.callback(worker.close)
        self.functions = {one.name: one for one in worker.functions}
        _refuse_other_bindings(worker.functions)
        router = Router(worker.functions, host_json.route_prefix)
        invoker = Invoker(
            worker.invoke, host_json.function_timeout, self._shutdown, self._worker_lost
        )
        listeners = self._listeners(Listening(settings, host_json, state, invoker, self._shutdown))
        self.keys = load_keys(state) if self._require_keys else None
        await self._open_door(door, router, invoker, host_json, listeners)
        self._say_what_runs(router)

    def _listeners(self, listening: Listening) -> dict[str, Listener]:
        found = (
            listening.listener(one)
            for one in self.functions.values()
            if one.trigger["type"] != "httpTrigger"
        )
        listeners = {listener.function.name: listener for listener in found if listener}
        refuse_shared_leases(listeners.values())
        return listeners

    async def _open_door(
        self,
        door: socket.socket,
        router: Router,
        invoker: Invoker,
        host_json: HostJson,
        listeners: Mapping[str, Listener],
    ) -> None:
        async def run_by_hand(function: Function, text: str) -> None:
            if function.name in listeners:
                await listeners[function.name].run_by_hand(function, text)
            else:
                logger.error("'%s' can't be run by hand", function.name)

        admin = Admin(self.functions, run_by_hand)
        beside = None
        if self._beside is not None:
            beside = await self._stack.enter_async_context(Forwarder(self._beside))
        app = HttpApp(router, invoker, admin, self.keys, host_json.max_outstanding_requests, beside)
        server = HttpServer(app, door)
        await server.start()
        self._stack.push_async_callback(self._end, server, admin)
        for listener in listeners.values():
            kind = self._timers if isinstance(listener.pump, TimerPump) else self._pumps
            kind.append(asyncio.create_task(_run_on(listener.function.name, listener.pump)))

    async def _end(self, server: HttpServer, admin: Admin) -> None:
        self._shutdown.began.set()
        closing = asyncio.create_task(server.stop())
        if self._pumps:
            await asyncio.sleep(self._last_batches)
        self._shutdown.closed.set()
        await asyncio.gather(closing, _drain({*self._pumps, *admin.running}))
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(*self._timers, return_exceptions=True)

    def _worker_lost(self, reason: str) -> None:
        logger.error("%s: the real host starts a new worker process here", reason)
        if self._on_worker_lost:
            self._on_worker_lost(reason)

    def _say_what_runs(self, router: Router) -> None:
        if not self.functions:
            logger.warning("No functions found in %s", self._app)
            return
        logger.info("Found the following functions:")
        for name in sorted(self.functions, key=str.lower):
            logger.info("Host.Functions.%s", name)
        for route in router.routes:
            logger.info("%s", route.describe())
        if self.keys:
            logger.info("Admin key: %s", self.keys.master)
            logger.info("Function key: %s", self.keys.function)


async def _run_on(name: str, pump: Pump) -> None:
    """A pump lives on: what it did not expect is logged, then it starts again."""
    while True:
        try:
            return await pump.run()
        except Exception:
            logger.exception("the listener of '%s' failed; it starts again", name)
            await asyncio.sleep(1)


async def _drain(tasks: Collection[asyncio.Task[None]]) -> None:
    """Wait for batches and runs by hand to end, but not for ever."""
    if not tasks:
        return
    _, running = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
    for task in running:
        logger.error("a function still ran after %d s and was cut off", DRAIN_SECONDS)
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def _refuse_other_bindings(functions: Iterable[Function]) -> None:
    """Bindings that this host does not have stop the start: nothing is left out in silence."""
    for function in functions:
        for binding in function.bindings:
            if binding["type"] not in BINDINGS:
                raise TriggerError(
                    f"function '{function.name}': this host has no {binding['type']}; "
                    f"it has {', '.join(BINDINGS)}"
                )
