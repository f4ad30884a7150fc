"""People's wrapped keys in Cosmos DB: the container `subject_keys`, one document per person."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import msgspec

from event_store.cosmos_errors import translated
from privacy.subject_keys import SubjectKey

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

_OTHERWISE_WRAPPED: Final = "IS_DEFINED(c.keyId) AND c.wrappedBy != @version"


class CosmosSubjectKeys:
    """Implements privacy.subject_keys.SubjectKeys. Read in the account's own consistency: never stale."""

    def __init__(self, container: "ContainerProxy") -> None:
        self._container = container

    async def load(self, subject: str) -> tuple[SubjectKey, str] | None:
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        with translated("read a person's key"):
            try:
                document = await self._container.read_item(subject, subject)
            except CosmosResourceNotFoundError as error:
                if error.sub_status:
                    raise
                return None
        return msgspec.convert(dict(document), SubjectKey), document["_etag"]

    async def save(self, key: SubjectKey, etag: str | None) -> bool:
        from azure.core import MatchConditions
        from azure.cosmos.exceptions import (
            CosmosAccessConditionFailedError,
            CosmosResourceExistsError,
        )

        document = msgspec.to_builtins(key)
        with translated("write a person's key"):
            try:
                if etag is None:
                    await self._container.create_item(document)
                else:
                    unchanged = MatchConditions.IfNotModified
                    await self._container.replace_item(
                        key.id, document, etag=etag, match_condition=unchanged
                    )
            except (CosmosResourceExistsError, CosmosAccessConditionFailedError):
                return False
        return True

    async def count_not_wrapped_by(self, version: str) -> int:
        with translated("count people's keys"):
            counts = self._container.query_items(
                f"SELECT VALUE COUNT(1) FROM c WHERE {_OTHERWISE_WRAPPED}",
                parameters=[{"name": "@version", "value": version}],
            )
            return sum([count async for count in counts])  # type: ignore[misc]  # a VALUE is a number

    async def not_wrapped_by(self, version: str) -> AsyncIterator[tuple[SubjectKey, str]]:
        with translated("read people's keys"):
            async for document in self._container.query_items(
                f"SELECT * FROM c WHERE {_OTHERWISE_WRAPPED}",
                parameters=[{"name": "@version", "value": version}],
            ):
                yield msgspec.convert(document, SubjectKey), document["_etag"]
