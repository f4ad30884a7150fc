"""Blobs in memory, written once as the real ones are."""

from collections.abc import AsyncIterator


class FakeBlobs:
    """`contents` is what there is, by name."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    async def put(self, name: str, content: bytes) -> bool:
        if name in self.contents:
            return False
        self.contents[name] = content
        return True

    async def read(self, name: str) -> bytes | None:
        return self.contents.get(name)

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        for name in sorted(self.contents):
            if name.startswith(prefix):
                yield name
