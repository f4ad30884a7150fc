"""A short tour: `make demo` against a stack of its own, `make demo API=…` against one that runs."""

import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
from rich.console import Console
from rich.markup import escape
from rich.table import Table

READY_SECONDS: Final = 30
PATIENCE_SECONDS: Final = 15

type Json = dict[str, Any]

ORDER: Final[Json] = {
    "orderId": "order-1",
    "customerId": "ada",
    "items": [
        {"productId": "lamp", "quantity": 2, "price": 29.99},
        {"productId": "bulb", "quantity": 6, "price": 3.5},
    ],
}


class DemoFailed(Exception):
    """The tour cannot go on; the message says why."""


class Tour:
    """The tour's steps, told on a terminal as they happen."""

    def __init__(self, console: Console, session: aiohttp.ClientSession, api: str) -> None:
        self._console = console
        self._session = session
        self._api = api
        self._steps = itertools.count(1)

    async def run(self) -> None:
        self._step("A command appends an event to the event store")
        await self._post("/orders", ORDER)
        self._step("The change feed and Event Hubs carry it to the read model")
        await self._watch("order-1", "placed")
        self._step("Each command adds an event; nothing is overwritten")
        await self._post("/orders/order-1/ship", {"trackingNumber": "1Z-204", "carrier": "Post"})
        await self._watch("order-1", "shipped")
        self._step("A rule is a rule")
        await self._post("/orders/order-1/cancel", {"reason": "changed my mind"})
        self._step("The same command twice is the same command once")
        other = {**ORDER, "orderId": "order-2", "customerId": "grace"}
        await self._post("/orders", other, {"Idempotency-Key": "checkout-42"})
        await self._post("/orders", other, {"Idempotency-Key": "checkout-42"})
        await self._post("/orders/order-2/cancel", {"reason": "changed my mind"})
        await self._watch("order-2", "cancelled")
        self._step("Stock is reserved, and never oversold")
        await self._post("/products/lamp/receive", {"quantity": 3})
        await self._post("/products/lamp/reserve", {"orderId": "order-1", "quantity": 2})
        await self._post("/products/lamp/reserve", {"orderId": "order-3", "quantity": 2})
        self._step("The history is all there")
        await self._history("/orders/order-1/events")
        self._step("And any moment of it can be seen again")
        await self._show("/orders/order-1?version=1")
        await self._show("/orders/order-1?minVersion=2")

    def _step(self, title: str) -> None:
        self._console.print()
        self._console.rule(f"[bold]{next(self._steps)}. {title}", align="left", style="cyan")

    async def _post(self, path: str, body: Json, headers: dict[str, str] | None = None) -> None:
        started = time.perf_counter()
        async with self._session.post(self._api + path, json=body, headers=headers) as response:
            answer = await response.json(content_type=None)
            took = (time.perf_counter() - started) * 1000
            colour = "green" if response.status < 300 else "yellow"
            said = answer.get("status") if response.status < 300 else answer.get("code")
            again = (
                "  (the first answer again)" if "Idempotent-Replayed" in response.headers else ""
            )
        key = "".join(f"  {name}: {value}" for name, value in (headers or {}).items())
        self._console.print(f"  POST {path}{key}", highlight=False)
        self._console.print(
            f"  [{colour}]{response.status}[/] {said}{again} [dim]{took:.0f} ms[/]", highlight=False
        )
        for event in answer.get("events", []):
            self._console.print(
                f"      version {event['version']}  [magenta]{event['eventType']}[/]",
                highlight=False,
            )

    async def _watch(self, order_id: str, status: str) -> None:
        """Asks for the read model until it has arrived where the command led."""
        started = time.perf_counter()
        while time.perf_counter() - started < PATIENCE_SECONDS:
            async with self._session.get(f"{self._api}/orders/{order_id}") as response:
                seen = (await response.json()).get("status") if response.status == 200 else None
            if seen == status:
                took = (time.perf_counter() - started) * 1000
                self._console.print(
                    f"  GET  /orders/{order_id}\n"
                    f"  [green]200[/] {status} [dim]in the read model {took:.0f} ms later[/]",
                    highlight=False,
                )
                return
            await asyncio.sleep(0.02)
        raise DemoFailed(f"the read model of {order_id} did not become '{status}'")

    async def _history(self, path: str) -> None:
        table = Table("version", "event", "time (UTC)", "data", box=None, padding=(0, 2))
        async with self._session.get(self._api + path) as response:
            for event in (await response.json())["events"]:
                data = ", ".join(f"{name} {_brief(value)}" for name, value in event["data"].items())
                moment = event["timestamp"][11:23]
                table.add_row(str(event["version"]), event["eventType"], moment, escape(data))
        self._console.print(f"  GET  {path}", highlight=False)
        self._console.print(table)

    async def _show(self, path: str) -> None:
        async with self._session.get(self._api + path) as response:
            view, source = await response.json(), response.headers["X-Read-Source"]
        self._console.print(f"  GET  {path}", highlight=False)
        self._console.print(
            f"  [green]{response.status}[/] {view['status']}, {view['totalAmount']} "
            f"{view['currency']} [dim]from the {source}[/]",
            highlight=False,
        )


def _brief(value: Any) -> str:
    return f"({len(value)})" if isinstance(value, list) else str(value)


@asynccontextmanager
async def _stack(data: Path) -> AsyncIterator[str]:
    """A local stack on free ports; yields the address of its API."""
    command = [sys.executable, "-m", "local", "--data", str(data)]
    ports = ["--http-port", "0", "--cosmos-port", "0", "--eventhubs-port", "0"]
    process = await asyncio.create_subprocess_exec(
        *command, *ports, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        yield await asyncio.wait_for(_api(process), READY_SECONDS)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def _api(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    api, lines = "", []
    async for line in process.stdout:
        text = line.decode().strip()
        lines.append(text)
        if text.startswith("Functions "):
            api = text.split()[1]
        if text == "ready":
            return api
    raise DemoFailed("the stack did not start:\n" + "\n".join(lines))


async def _tour_of(console: Console, api: str) -> None:
    async with aiohttp.ClientSession() as session:
        await Tour(console, session, api).run()


async def _tour(console: Console) -> None:
    with tempfile.TemporaryDirectory() as folder:
        console.print("Starting Cosmos DB, Event Hubs and the Functions host on this machine …")
        async with _stack(Path(folder)) as api:
            await _tour_of(console, api)
        console.print("\nThat was it. [bold]make run[/] starts a stack to play with yourself.")


def main() -> int:
    """`python -m local.demo [API]`: the address of an empty stack's API, up to the routes."""
    console = Console()
    try:
        asyncio.run(_tour_of(console, *sys.argv[1:2]) if sys.argv[1:] else _tour(console))
    except (DemoFailed, aiohttp.ClientError, TimeoutError) as error:
        console.print(f"[red]The tour ended early:[/] {escape(str(error))}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
