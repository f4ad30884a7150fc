"""What of an event is sealed before it reaches Cosmos DB, and opened for those who may see it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from domain.events import Context, Event
from privacy.errors import Erased
from privacy.fields import Place, sensitive_values
from privacy.sealing import Sealed, replace_sealed, seal, sealed_in
from privacy.vault import Vault

NOBODY: Final = "_nobody"
"""Whose key seals what belongs to no person, such as the address of who received stock. No customer's
id begins like that."""
ERASED: Final = "[erased]"
MASKED: Final = "[masked]"

type Document = dict[str, Any]


class Sealer:
    """Seals documents under the key of the person that an event is about."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def seal(
        self, documents: Sequence[Document], events: Sequence[Event], subject: str | None
    ) -> None:
        """Puts every sensitive value, of `data` and the address in `metadata`, sealed into its own place.

        A person's key is only asked for where there is something to seal. Raises KeysUnavailable,
        StoreUnavailable; nothing is sealed then.
        """
        found = [
            (document, sensitive)
            for document, event in zip(documents, events, strict=True)
            for sensitive in _sensitive(document, event)
        ]
        if not found:
            return
        key = await self._vault.key_of(subject or NOBODY)
        for document, (holder, name, path) in found:
            holder[name] = seal(holder[name], key, place(document, path))

    async def opened(self, document: Mapping[str, Any], *, masked: bool = False) -> Document:
        """A document with what is sealed in it in clear, erased values as `[erased]`; or all masked.

        Raises Tampered, KeysUnavailable, StoreUnavailable.
        """
        values: dict[str, Any] = {
            path: MASKED if masked else await self._value(sealed, place(document, path))
            for path, sealed in sealed_in(document).items()
        }
        opened: Document = replace_sealed(document, lambda path, _: values[path])
        return opened

    async def _value(self, sealed: Sealed, where: str) -> Any:
        try:
            return await self._vault.open(sealed, where)
        except Erased:
            return ERASED


def place(document: Mapping[str, Any], path: str) -> str:
    """What a sealed value is bound to: stream, version and field."""
    return f"{document['aggregateId']}|{document['version']}|{path}"


def _sensitive(document: Document, event: Event) -> list[Place]:
    return [
        *sensitive_values(document["data"], type(event), "data"),
        *sensitive_values(document["metadata"], Context, "metadata"),
    ]
