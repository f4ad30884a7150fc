"""The server without a transport: one request in, one response out."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Final
from uuid import uuid4

from local.cosmos.account import CONSISTENCY_LEVELS, EMULATOR_KEY
from local.cosmos.authorization import verify
from local.cosmos.catalog import Catalog
from local.cosmos.container import Container
from local.cosmos.database import Database
from local.cosmos.documents import Documents
from local.cosmos.errors import ServiceError, owner_not_found
from local.cosmos.faults import ConnectionDropped, Faults
from local.cosmos.history import History
from local.cosmos.inspection import Inspection
from local.cosmos.items import Items
from local.cosmos.metadata import Metadata
from local.cosmos.operations import Operations, refusal
from local.cosmos.request_units import MISS
from local.cosmos.routing import Target, target
from local.cosmos.stats import Stats
from local.cosmos.transactions import Transactions
from local.cosmos.unique_keys import UniqueKeys
from local.cosmos.wire import CHARGE, SUBSTATUS, Answer, Request, Response, encode_json

_log = logging.getLogger(__name__)
_API_VERSION: Final = "2020-07-15"


class Cosmos:
    """A Cosmos DB account over one folder, or in memory when `folder` is None.

    `seed` fixes the order in which the feed gives the documents of one transaction; `clock` gives
    the time in seconds since 1970. Raises FolderInUse when another process has the folder.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        key: str = EMULATOR_KEY,
        consistency: str = "BoundedStaleness",
        seed: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if consistency not in CONSISTENCY_LEVELS:
            raise ValueError(f"consistency must be one of {', '.join(CONSISTENCY_LEVELS)}.")
        self.faults = Faults()
        self.stats = Stats()
        self.folder = folder
        self._key = key
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._database = Database(folder)
        self._catalog = Catalog(self._database, clock)
        self._compose(consistency, Random(seed))

    def _compose(self, consistency: str, random: Random) -> None:
        database, catalog, clock = self._database, self._catalog, self._clock
        documents = Documents(database)
        self.inspection = Inspection(self._one_at_a_time, catalog, documents, clock)
        operations = Operations(documents, UniqueKeys(database))
        transactions = Transactions(database, catalog, documents, History(), clock, random)
        self._metadata = Metadata(catalog, documents, consistency, clock)
        self._items = Items(
            catalog, documents, operations, transactions, self.faults, consistency, clock
        )

    def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, base_url: str
    ) -> Response:
        """Answer one request; header names are in lower case, `path` is still percent-encoded.

        `base_url` is the address under which the client reached us: the account advertises it.
        Raises ConnectionDropped when a fault asks for it, nothing else.
        """
        request = Request(method, path, headers, body, base_url)
        aim = target(request)
        with self._one_at_a_time:
            container = self._container(aim)
            name = None if container is None else container.name
            answer = self._answer(request, aim, container)
            self.stats.add(aim.kind, name, answer.charge)
            if answer.status < 400:
                self.faults.after(request, aim.kind, name)
        return _response(request, answer)

    def tidy(self) -> None:
        """Leave nothing in the folder's files of what was overwritten or deleted."""
        with self._one_at_a_time:
            self._database.tidy()

    def close(self) -> None:
        """Close the database and free the folder."""
        with self._one_at_a_time:
            self._database.close()

    def _answer(self, request: Request, aim: Target, container: Container | None) -> Answer:
        rid, name = (None, None) if container is None else (container.rid, container.name)
        try:
            verify(request, self._key, rid, self._clock())
            self.faults.before(request, aim.kind, name)
            return self._dispatch(request, aim, container)
        except ServiceError as error:
            return _refused(error)
        except ConnectionDropped:
            raise
        except Exception:  # noqa: BLE001  # a fault of ours must not end the server
            _log.exception("%s %s failed", request.method, request.path)
            return _refused(ServiceError(500, "The local server failed, see its log."))

    def _container(self, aim: Target) -> Container | None:
        """The container that the path names, None when it names none or there is none."""
        if aim.database is None or aim.container is None:
            return None
        try:
            return self._catalog.container(aim.database, aim.container)
        except ServiceError:
            return None

    def _dispatch(self, request: Request, aim: Target, container: Container | None) -> Answer:
        if aim.feed not in ("docs", "partitionkeydelete"):
            return self._metadata.answer(request, aim)
        if container is None:
            raise owner_not_found()
        return self._items.answer(request, aim, container)


def _refused(error: ServiceError) -> Answer:
    headers = dict(error.headers)
    if error.substatus:
        headers[SUBSTATUS] = str(error.substatus)
    charge = 0.0 if error.status in (401, 403, 429, 500) else MISS
    return Answer(error.status, refusal(error), charge, headers)


def _response(request: Request, answer: Answer) -> Response:
    headers = {
        "content-type": "application/json",
        CHARGE: f"{answer.charge:.2f}",
        "x-ms-activity-id": request.headers.get("x-ms-activity-id") or str(uuid4()),
        "x-ms-version": _API_VERSION,
        **answer.headers,
    }
    return Response(answer.status, headers, _body(answer))


def _body(answer: Answer) -> bytes:
    if answer.body is None:
        return b""
    return answer.body if isinstance(answer.body, bytes) else encode_json(answer.body)
