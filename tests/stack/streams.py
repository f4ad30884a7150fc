"""What must hold for every stored stream."""

from collections.abc import Mapping, Sequence
from typing import Any

from event_store.chain import is_intact
from event_store.documents import document_id


def assert_sound(stream: Sequence[Mapping[str, Any]]) -> None:
    """Versions 1 to n, no command twice, time never going back, the chain of hashes unbroken."""
    assert [document["version"] for document in stream] == list(range(1, len(stream) + 1))
    assert [d["id"] for d in stream] == [document_id(d["version"]) for d in stream]
    keys = [document["commandKey"] for document in stream]
    assert len(set(keys)) == len(keys)
    times = [document["timestamp"] for document in stream]
    assert times == sorted(times)
    assert all(is_intact(document) for document in stream)
    hashes = [None, *(document["hash"] for document in stream)]
    assert [document["previousHash"] for document in stream] == hashes[:-1]
