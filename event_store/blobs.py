"""Blobs that are written once: what old events, signed heads and erasures are kept in.

There is no way to write over a blob or to delete one. A record that grows is a blob per entry, named so
that the order of the names is the order of the entries.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import quote, unquote

from event_store.errors import StoreUnavailable

if TYPE_CHECKING:
    from azure.storage.blob.aio import ContainerClient

type Tier = Literal["Hot", "Cool"]


class Blobs(Protocol):
    """One container of blobs. Every method raises StoreUnavailable."""

    async def put(self, name: str, content: bytes) -> bool:
        """Stores a blob, durably; False, and nothing done, where there is one of that name already."""

    async def read(self, name: str) -> bytes | None:
        """A blob's content; None where there is no blob of that name."""

    def names(self, prefix: str = "") -> AsyncIterator[str]:
        """The names that begin with a prefix, in order."""


class AzureBlobs:
    """A container of Azure Blob Storage. What is put there is put into one access tier."""

    def __init__(self, container: "ContainerClient", tier: Tier) -> None:
        self._container = container
        self._tier = tier

    async def put(self, name: str, content: bytes) -> bool:
        from azure.core.exceptions import ResourceExistsError
        from azure.storage.blob import StandardBlobTier

        with _translated(f"write blob '{name}'"):
            try:
                await self._container.upload_blob(
                    name, content, standard_blob_tier=StandardBlobTier(self._tier)
                )
            except ResourceExistsError:
                return False
        return True

    async def read(self, name: str) -> bytes | None:
        from azure.core.exceptions import ResourceNotFoundError

        with _translated(f"read blob '{name}'"):
            try:
                content: bytes = await (await self._container.download_blob(name)).readall()
            except ResourceNotFoundError as error:
                if getattr(error, "error_code", None) == "ContainerNotFound":
                    raise
                return None
        return content

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        with _translated(f"list blobs '{prefix}…'"):
            async for name in self._container.list_blob_names(name_starts_with=prefix):
                yield name


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    """Raises what Blob Storage, or signing in, refused as StoreUnavailable: by status and code."""
    from azure.core.exceptions import AzureError, HttpResponseError

    try:
        yield
    except HttpResponseError as error:
        code = f"{error.status_code} {getattr(error, 'error_code', None) or ''}".rstrip()
        raise StoreUnavailable(f"Could not {doing}: Blob Storage answered {code}.") from error
    except (AzureError, TimeoutError, ConnectionError) as error:
        raise StoreUnavailable(f"Could not {doing}: Blob Storage cannot be reached.") from error


class FolderBlobs:
    """A folder that stands for a container, for development: a file per blob."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, content: bytes) -> bool:
        return await asyncio.to_thread(self._put, self._path(name), content)

    async def read(self, name: str) -> bytes | None:
        return await asyncio.to_thread(self._read, self._path(name))

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        for name in await asyncio.to_thread(self._names):
            if name.startswith(prefix):
                yield name

    def _path(self, name: str) -> Path:
        return self._folder.joinpath(*map(_file_name, name.split("/")))

    def _put(self, path: Path, content: bytes) -> bool:
        """Whole or not at all: a link that fails where the name is taken, to a file that is on disk."""
        beside = path.with_name(f".{uuid.uuid4().hex}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            try:
                path.hardlink_to(beside)
            except FileExistsError:
                return False
            finally:
                beside.unlink()
            _sync(path.parent)
        except OSError as error:
            raise StoreUnavailable(f"Could not write '{path.name}': {error.strerror}.") from error
        return True

    def _read(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailable(f"Could not read '{path.name}': {error.strerror}.") from error

    def _names(self) -> list[str]:
        """What begins with a dot is being written, or was when a process died."""
        files = (path for path in self._folder.rglob("*") if path.is_file())
        parts = (path.relative_to(self._folder).parts for path in files)
        return sorted("/".join(map(unquote, p)) for p in parts if not p[-1].startswith("."))


def _file_name(part: str) -> str:
    """A segment of a blob's name as a file's: nothing in it leads elsewhere or is hidden."""
    quoted = quote(part)
    return quoted.replace(".", "%2E", 1) if quoted.startswith(".") else quoted


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
