"""What is where under `/_local`: the page's files, what the servers know, and the way to the application."""

from http import HTTPStatus
from typing import Final

import msgspec

from local.forwarding import Forwarder, Unreachable
from local.page.replies import Refused, Reply, Request, file_reply, json_reply, problem
from local.page.servers import Servers
from local.page.streams import Streams

HANDED_ON: Final = ("accept", "content-type", "if-none-match", "x-functions-key", "x-purpose")
"""The headers that the application gets to see."""

STREAMS: Final = 100
MOST_STREAMS: Final = 1_000
EVENTS: Final = 100
MOST_EVENTS: Final = 1_000
MOST_VERSION: Final = 10**12 - 1


class Application(msgspec.Struct, frozen=True):
    """Where the application answers when it runs."""

    api: str


class Routes:
    """`application` reaches the app, which need not be there."""

    def __init__(self, servers: Servers, streams: Streams, application: Forwarder) -> None:
        self._servers = servers
        self._streams = streams
        self._application = application

    async def answer(self, request: Request) -> Reply:
        """Raises Refused for what is not there and for what is malformed."""
        match request.path.split("/")[1:]:
            case []:
                return Reply(HTTPStatus.PERMANENT_REDIRECT, headers={"location": "/_local/"})
            case ["api", *_]:
                return await self._ask_application(request)
            case _ if request.method != "GET":
                raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method}: only GET is here.")
            case ["streams"]:
                return await self._list_streams(request)
            case ["streams", stream, "events"]:
                return self._history(request, stream)
            case ["application"]:
                return json_reply(Application(f"{self._application.address}/api"))
            case ["containers"]:
                return json_reply(self._servers.containers())
            case ["event-hubs"]:
                return json_reply(self._servers.hubs())
            case [name]:
                return file_reply(name or "index.html")
        raise Refused(HTTPStatus.NOT_FOUND, f"There is no {request.path} under /_local.")

    async def _list_streams(self, request: Request) -> Reply:
        limit = _number(request, "limit", STREAMS, 1, MOST_STREAMS)
        return json_reply(await self._streams.listing(request.query.get("id", ""), limit))

    def _history(self, request: Request, stream: str) -> Reply:
        after = _number(request, "after", 0, 0, MOST_VERSION)
        limit = _number(request, "limit", EVENTS, 1, MOST_EVENTS)
        return json_reply(self._streams.history(stream, after, limit))

    async def _ask_application(self, request: Request) -> Reply:
        headers = {name: request.headers[name] for name in HANDED_ON if name in request.headers}
        try:
            answer = await self._application.send(
                request.method, request.target, headers, request.body
            )
        except Unreachable as error:
            return problem(
                HTTPStatus.BAD_GATEWAY,
                f"The application is not running: {error}. Start it there with 'func start', or leave out "
                "--no-functions.",
            )
        return Reply(answer.status, answer.body, answer.headers)


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or not least <= int(text[:20]) <= most:
        raise Refused(
            HTTPStatus.BAD_REQUEST, f"{name} is '{text}'; it must be {least} to {most:,}."
        )
    return int(text)
