"""The key-encryption key as a secret in Key Vault, its versions those of the secret."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from privacy.errors import KeysUnavailable
from privacy.key_ring import WrappingKey
from privacy.sealing import KEY_BYTES

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.keyvault.secrets import KeyVaultSecret
    from azure.keyvault.secrets.aio import SecretClient

SECRET: Final = "event-encryption-key"

PATIENCE: Final = {
    "retry_total": 3,
    "retry_backoff_max": 2,
    "connection_timeout": 5,
    "read_timeout": 5,
}
"""The SDK's own would let a command wait for minutes."""
LONGEST_SECONDS: Final = 15.0
"""For one question in all: the SDK waits as long as Key Vault asks for."""


class KeyVault:
    """A key source over the secret `event-encryption-key`: base64 of 32 bytes."""

    def __init__(self, client: "SecretClient") -> None:
        self._client = client

    async def newest(self) -> WrappingKey | None:
        from azure.core.exceptions import ResourceNotFoundError

        async with _answering():
            try:
                return _key(await self._client.get_secret(SECRET))
            except ResourceNotFoundError:
                return None

    async def version(self, version: str) -> WrappingKey:
        async with _answering():
            return _key(await self._client.get_secret(SECRET, version))

    async def rotate(self) -> WrappingKey:
        secret = base64.b64encode(os.urandom(KEY_BYTES)).decode()
        async with _answering():
            return _key(await self._client.set_secret(SECRET, secret))


def secret_client(url: str, credential: "AsyncTokenCredential", **options: Any) -> "SecretClient":
    """A client of the vault at a URL; `options` are the SDK's."""
    from azure.keyvault.secrets.aio import SecretClient

    return SecretClient(url, credential, **PATIENCE, **options)


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    """Raises what Key Vault, or signing in, refused as KeysUnavailable: by status, never by content."""
    from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            yield
    except TimeoutError as error:
        raise KeysUnavailable("Key Vault does not answer in time.") from error
    except ClientAuthenticationError as error:
        raise KeysUnavailable("Key Vault does not accept who is asking.") from error
    except HttpResponseError as error:
        raise KeysUnavailable(f"Key Vault answered {error.status_code}.") from error
    except AzureError as error:
        raise KeysUnavailable("Key Vault cannot be reached.") from error


def _key(secret: "KeyVaultSecret") -> WrappingKey:
    try:
        raw = base64.b64decode(secret.value or "", validate=True)
    except ValueError:
        raw = b""
    if len(raw) != KEY_BYTES:
        raise KeysUnavailable(f"The secret '{SECRET}' is not base64 of {KEY_BYTES} bytes.")
    return WrappingKey(secret.properties.version or "", raw)
