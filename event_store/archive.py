"""Old events outside the database: each leaves a stub in its place, which names the blob that holds it.

A blob holds events of one stream as gzip-compressed JSON lines, one per event, in order of version, as they
were stored: what was sealed is sealed there. Its name ends in the SHA-256 of its content.
"""

import gzip
import hashlib
import re
import zlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from event_store.blobs import Blobs
from event_store.canonical import canonical_json
from event_store.chain import stored_fields
from event_store.errors import BlobMissing, DamagedEvent, StoreUnavailable

BLOBS_REMEMBERED: Final = 16
STUB_FIELDS: Final = (
    "id",
    "aggregateId",
    "aggregateType",
    "version",
    "eventId",
    "eventType",
    "timestamp",
    "commandKey",
    "hash",
)
STUB_METADATA: Final = ("correlationId", "causationId", "commandHash")
"""What events are found by, and what says that a repeat is one."""

_BLOB_NAME: Final = re.compile(r".+/(?P<first>\d{12})-\d{12}\.[0-9a-f]{64}\.jsonl\.gz")

type Document = dict[str, Any]


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """What a blob holds: kept beside it, for who has nothing but the archive.

    `previous_hash` is that of the event before the first, `hash` that of the last.
    """

    aggregate_id: str
    first: int
    last: int
    events: int
    bytes: int
    sha256: str
    previous_hash: str | None
    hash: str


def stub(document: Mapping[str, Any], blob: str) -> Document:
    """What stays of an event in the database: its id and command key are taken for ever."""
    metadata = document["metadata"]
    return {
        **{name: document[name] for name in STUB_FIELDS},
        "metadata": {name: metadata[name] for name in STUB_METADATA if name in metadata},
        "blob": blob,
    }


def is_stub(document: Mapping[str, Any]) -> bool:
    return "blob" in document


class Archive:
    """Writes ranges of events into blobs, and gives the events that stubs stand for."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._remembered: OrderedDict[str, list[bytes]] = OrderedDict()

    async def store(self, documents: Sequence[Document]) -> str:
        """Copies successive events of a stream and reads the copy back; the blob's name.

        Raises StoreUnavailable, also where the copy is not what was copied.
        """
        lines = [canonical_json(stored_fields(document)) for document in documents]
        content = gzip.compress(b"\n".join(lines), mtime=0)
        manifest = _manifest(documents, content)
        range_ = f"{manifest.first:012d}-{manifest.last:012d}.{manifest.sha256}"
        name = f"{manifest.aggregate_id}/{range_}.jsonl.gz"
        await self._blobs.put(name, content)
        await self._blobs.put(_manifest_name(name), msgspec.json.encode(manifest))
        if await self._lines(name) != lines:
            raise StoreUnavailable(f"Blob '{name}' is not what was written to it.")
        return name

    async def original(self, document: Document) -> Document:
        """The event that a stub stands for; an event itself as it is.

        Raises BlobMissing, DamagedEvent where the archive holds another event or none, StoreUnavailable.
        """
        if not is_stub(document):
            return document
        where = f"event {document.get('version')} of '{document.get('aggregateId')}'"
        name = _BLOB_NAME.fullmatch(str(document["blob"]))
        if name is None:
            raise DamagedEvent(f"{where}: its stub names no blob of the archive")
        lines = await self._remembering(name[0])
        index = document["version"] - int(name["first"])
        event = _event(lines[index]) if 0 <= index < len(lines) else None
        if event is None or event.get("hash") != document.get("hash"):
            raise DamagedEvent(f"{where} is not in the archive's blob '{name[0]}'")
        return event

    async def _remembering(self, name: str) -> list[bytes]:
        if name not in self._remembered:
            self._remembered[name] = await self._lines(name)
            if len(self._remembered) > BLOBS_REMEMBERED:
                self._remembered.popitem(last=False)
        return self._remembered[name]

    async def _lines(self, name: str) -> list[bytes]:
        content = await self._blobs.read(name)
        if content is None:
            raise BlobMissing(
                f"The archive has no blob '{name}'; is it the one that was written to?"
            )
        if hashlib.sha256(content).hexdigest() not in name:
            raise DamagedEvent(f"the archive's blob '{name}' was altered")
        try:
            return gzip.decompress(content).split(b"\n")
        except (OSError, EOFError, zlib.error) as error:
            raise DamagedEvent(f"the archive's blob '{name}' cannot be unpacked") from error


def _event(line: bytes) -> Document | None:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError:
        return None


def _manifest(documents: Sequence[Document], content: bytes) -> Manifest:
    first, last = documents[0], documents[-1]
    return Manifest(
        aggregate_id=first["aggregateId"],
        first=first["version"],
        last=last["version"],
        events=len(documents),
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        previous_hash=first["previousHash"],
        hash=last["hash"],
    )


def _manifest_name(blob: str) -> str:
    return blob.removesuffix(".jsonl.gz") + ".manifest.json"
