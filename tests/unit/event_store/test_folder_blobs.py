"""A folder as a container of blobs: written once, whole or not at all, whatever the names."""

import asyncio
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_store.blobs import FolderBlobs
from event_store.errors import StoreUnavailable

SEGMENTS = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=12)
NAMES = st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join)


async def names(blobs: FolderBlobs, prefix: str = "") -> list[str]:
    return [name async for name in blobs.names(prefix)]


async def test_what_was_put_is_read(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    assert await blobs.put("order-1/a.gz", b"content")
    assert await FolderBlobs(tmp_path).read("order-1/a.gz") == b"content"


async def test_a_blob_is_never_written_over(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    assert await blobs.put("a", b"first")
    assert not await blobs.put("a", b"second")
    assert await blobs.read("a") == b"first"


async def test_of_many_that_put_at_once_one_succeeds(tmp_path: Path) -> None:
    put = await asyncio.gather(*(FolderBlobs(tmp_path).put("a", b"%d" % n) for n in range(20)))
    assert sum(put) == 1
    assert await FolderBlobs(tmp_path).read("a") == b"%d" % put.index(True)
    assert len(os.listdir(tmp_path)) == 1


async def test_there_is_nothing_where_nothing_was_put(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "not-made-yet")
    assert await blobs.read("a") is None
    assert await names(blobs) == []


async def test_names_are_listed_by_prefix_in_order(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    for name in ("b/2", "a/1", "b/10", "bb"):
        await blobs.put(name, b"")
    assert await names(blobs, "b/") == ["b/10", "b/2"]
    assert await names(blobs) == ["a/1", "b/10", "b/2", "bb"]


async def test_what_a_dead_process_left_half_written_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / ".0123").write_bytes(b"half")
    assert await names(FolderBlobs(tmp_path)) == []


@given(st.dictionaries(NAMES, st.binary(max_size=20), max_size=5))
async def test_every_name_is_its_own_and_stays_within_the_folder(blobs: dict[str, bytes]) -> None:
    with TemporaryDirectory() as folder:
        inner = Path(folder) / "inner"
        kept = FolderBlobs(inner)
        put = {name for name, content in blobs.items() if await taken(kept, name, content)}
        assert os.listdir(folder) in ([], ["inner"])
        assert await names(kept) == sorted(put)
        assert all([await kept.read(name) == blobs[name] for name in put])


async def taken(blobs: FolderBlobs, name: str, content: bytes) -> bool:
    """False where one name is the folder of another, which a folder can't have."""
    try:
        return await blobs.put(name, content)
    except StoreUnavailable:
        return False


async def test_what_the_disk_refuses_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StoreUnavailable, match="Could not write"):
        await FolderBlobs(tmp_path).put("a/b", b"")
