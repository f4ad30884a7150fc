"""A container's change feed, asked by hand: for what measures."""

from collections.abc import Mapping
from typing import Any

from azure.core.utils import CaseInsensitiveDict
from azure.cosmos.aio import ContainerProxy


class Feed:
    """Reads on from where it was left, at first from the beginning; `documents` are the newest."""

    def __init__(self, container: ContainerProxy) -> None:
        self._container = container
        self._from: dict[str, Any] = {"start_time": "Beginning"}
        self.documents: list[dict[str, Any]] = []

    async def read(self) -> None:
        continuation = ""

        def remember(headers: Mapping[str, str], _: object) -> None:
            nonlocal continuation
            continuation = CaseInsensitiveDict(headers)["etag"]

        pages = self._container.query_items_change_feed(**self._from, response_hook=remember)
        self.documents = [document async for document in pages]
        self._from = {"continuation": continuation}
