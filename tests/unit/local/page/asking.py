"""Requests to the page's door as its server makes them, and an application for what it hands on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.cosmos import Cosmos
from local.event_hubs import EventHubs
from local.forwarding import Forwarded, Forwarder, Unreachable
from local.page import Door
from local.page.door import Message
from local.page.routes import Routes
from local.page.servers import Servers
from local.page.streams import Streams


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class FakeApplication(Forwarder):
    """Gives the same answer to everything, or none."""

    runs: bool = True
    answer: Forwarded = field(default_factory=lambda: Forwarded(200, {}, b"{}"))
    asked: list[Asked] = field(default_factory=list)
    address: str = "http://127.0.0.1:7071"

    async def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Forwarded:
        self.asked.append(Asked(method, target, headers, body))
        if not self.runs:
            raise Unreachable("nobody answers at http://127.0.0.1:7071 (refused)")
        return self.answer


class Page:
    """The door over servers in memory, without a socket."""

    def __init__(self, cosmos: Cosmos, event_hubs: EventHubs, application: Forwarder) -> None:
        servers = Servers(cosmos, event_hubs, "d")
        self._door = Door(Routes(servers, Streams(cosmos, "d"), application))

    async def get(self, target: str, **headers: str) -> Answer:
        return await self.ask("GET", target, **headers)

    async def ask(self, method: str, target: str, body: bytes = b"", /, **headers: str) -> Answer:
        """`target` begins with `/_local`; an underscore in a header's name stands for a hyphen."""
        path, _, query = target.partition("?")
        named = {"host": "127.0.0.1:7071", **headers}
        scope: Message = {
            "method": method,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(n.replace("_", "-").encode(), v.encode()) for n, v in named.items()],
        }
        parts: list[Message] = [{"body": body[:3], "more_body": True}, {"body": body[3:]}]
        sent: list[Message] = []

        async def receive() -> Message:
            return parts.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        await self._door(scope, receive, send)
        start, rest = sent
        lines = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], lines, rest["body"])
