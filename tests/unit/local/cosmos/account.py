"""A small signed client of the core, for tests that need to see headers and statuses."""

import json
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

from local.cosmos import EMULATOR_KEY, Cosmos, Response
from local.cosmos.authorization import sign

BASE_URL = "http://127.0.0.1:8081/"
DOCUMENTS = "/dbs/d/colls/c/docs"


@dataclass
class Reply:
    response: Response

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> dict[str, str]:
        return self.response.headers

    @property
    def substatus(self) -> int:
        return int(self.headers.get("x-ms-substatus", "0"))

    @property
    def charge(self) -> float:
        return float(self.headers["x-ms-request-charge"])

    @property
    def json(self) -> Any:
        return json.loads(self.response.body)


@dataclass
class Clock:
    """Time that stands still until it is told to go on."""

    now: float = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Account:
    """An account in memory with database `d`; containers are made by `container`."""

    clock: Clock = field(default_factory=Clock)
    consistency: str = "Session"
    seed: int = 0

    def __post_init__(self) -> None:
        self.cosmos = Cosmos(clock=self.clock, consistency=self.consistency, seed=self.seed)
        self.send("POST", "/dbs", {"id": "d"})

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """A signed request; `body` is JSON unless it is bytes."""
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        signed = {**signature(self.clock(), method, path), **(headers or {})}
        return Reply(self.cosmos.handle(method, path, signed, raw, base_url=BASE_URL))

    def container(self, **properties: Any) -> Reply:
        given = {"id": "c", "partitionKey": {"paths": ["/pk"], "kind": "Hash"}, **properties}
        return self.send("POST", "/dbs/d/colls", given)

    def create(self, document: Any, **headers: str) -> Reply:
        return self.send("POST", DOCUMENTS, document, _keyed(document, headers))

    def upsert(self, document: Any, **headers: str) -> Reply:
        flag = {"x-ms-documentdb-is-upsert": "True"}
        return self.send("POST", DOCUMENTS, document, _keyed(document, headers) | flag)

    def replace(self, document: Any, **headers: str) -> Reply:
        path = f"{DOCUMENTS}/{document['id']}"
        return self.send("PUT", path, document, _keyed(document, headers))

    def read(self, id_: str, pk: Any = "a", **headers: str) -> Reply:
        return self.send("GET", f"{DOCUMENTS}/{id_}", None, key(pk) | _names(headers))

    def delete(self, id_: str, pk: Any = "a", **headers: str) -> Reply:
        return self.send("DELETE", f"{DOCUMENTS}/{id_}", None, key(pk) | _names(headers))

    def patch(self, id_: str, body: Any, pk: Any = "a", **headers: str) -> Reply:
        return self.send("PATCH", f"{DOCUMENTS}/{id_}", body, key(pk) | _names(headers))

    def batch(self, operations: list[dict[str, Any]], pk: Any = "a") -> Reply:
        headers = {"x-ms-cosmos-is-batch-request": "True", "x-ms-cosmos-batch-atomic": "True"}
        return self.send("POST", DOCUMENTS, operations, key(pk) | headers)

    def query(self, text: str, pk: Any = None, /, **headers: str) -> Reply:
        scope = {} if pk is None else key(pk)
        return self.send(
            "POST",
            DOCUMENTS,
            {"query": text},
            {"x-ms-documentdb-isquery": "true"} | scope | _names(headers),
        )

    def feed(self, **headers: str) -> Reply:
        return self.send("GET", DOCUMENTS, None, {"a-im": "Incremental Feed"} | _names(headers))


def signature(now: float, method: str, path: str) -> dict[str, str]:
    """The headers that sign a request by names."""
    date = formatdate(now, usegmt=True)
    parts = [part for part in path.split("/") if part]
    by_type = len(parts) % 2 == 1
    kind = "" if not parts else parts[-1] if by_type else parts[-2]
    link = "/".join(parts[:-1] if by_type else parts)
    if "operations" in parts:
        kind, link = "colls", "/".join(parts[:4])
    if parts[:1] == ["offers"] and not by_type:
        link = parts[1].lower()
    signed = sign(EMULATOR_KEY, method, kind, link, date)
    return {"x-ms-date": date, "authorization": quote(f"type=master&ver=1.0&sig={signed}", safe="")}


def key(*components: Any) -> dict[str, str]:
    return {"x-ms-documentdb-partitionkey": json.dumps(list(components))}


def _keyed(document: Any, headers: dict[str, str]) -> dict[str, str]:
    return key(document.get("pk", {})) | _names(headers)


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
