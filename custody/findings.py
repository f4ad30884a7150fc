"""What a proof of history finds."""

from typing import Literal

import msgspec

type Kind = Literal["altered", "removed", "inserted", "reordered"]


class Finding(msgspec.Struct, frozen=True):
    """What was done to a stream's history, and the first version that shows it."""

    stream: str
    version: int
    kind: Kind
    detail: str

    def __str__(self) -> str:
        return f"{self.stream} version {self.version} {self.kind}: {self.detail}"
