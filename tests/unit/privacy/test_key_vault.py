"""Key Vault through its SDK, against a stand-in for the service."""

import asyncio
import base64
from collections.abc import AsyncIterator

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.identity import CredentialUnavailableError

from privacy import key_vault
from privacy.errors import KeysUnavailable
from privacy.key_ring import KeyRing
from privacy.key_vault import PATIENCE, KeyVault, secret_client
from tests.unit.privacy.key_vault_service import URL, Identity, VaultService

SECRET = bytes(range(32))
NEWEST = "GET /secrets/event-encryption-key/"


@pytest.fixture
def service() -> VaultService:
    service = VaultService()
    service.secrets.append(("v1", base64.b64encode(SECRET).decode()))
    return service


@pytest.fixture
def identity() -> Identity:
    return Identity()


@pytest.fixture
async def vault(service: VaultService, identity: Identity) -> AsyncIterator[KeyVault]:
    async with secret_client(URL, identity, transport=service) as client:
        yield KeyVault(client)


async def test_the_secret_is_the_key_and_its_version_the_keys(
    vault: KeyVault, service: VaultService
) -> None:
    newest = await vault.newest()
    assert newest is not None
    assert (newest.version, newest.secret) == ("v1", SECRET)
    assert service.requests == [NEWEST]


async def test_a_rotated_secret_is_readable_in_every_version(
    vault: KeyVault, service: VaultService
) -> None:
    made = await vault.rotate()
    assert made.version == "v2"
    assert len(made.secret) == 32
    assert made.secret != SECRET
    assert await vault.newest() == made
    assert await vault.version("v2") == made
    assert (await vault.version("v1")).secret == SECRET


async def test_before_the_first_rotation_there_is_no_secret(
    vault: KeyVault, service: VaultService
) -> None:
    service.secrets.clear()
    assert await vault.newest() is None
    with pytest.raises(KeysUnavailable, match="rotate-key"):
        await KeyRing(vault).newest()
    made = await vault.rotate()
    assert await KeyRing(vault).newest() == made


async def test_a_version_that_is_missing_is_no_key(vault: KeyVault) -> None:
    with pytest.raises(KeysUnavailable, match="404"):
        await vault.version("v7")


async def test_who_may_not_read_it_is_told_so_at_once(
    vault: KeyVault, service: VaultService
) -> None:
    service.refusals.append((403, {}))
    with pytest.raises(KeysUnavailable, match="403"):
        await vault.newest()
    assert service.requests == [NEWEST]


@pytest.mark.parametrize(
    "refusal", [(429, {"Retry-After": "1"}), (429, {}), (500, {}), (503, {"Retry-After": "2"})]
)
async def test_throttling_and_failures_are_waited_out(
    vault: KeyVault, service: VaultService, refusal: tuple[int, dict[str, str]]
) -> None:
    service.refusals.extend([refusal] * 2)
    newest = await vault.newest()
    assert newest is not None
    assert newest.secret == SECRET
    assert service.requests == [NEWEST] * 3
    if "Retry-After" in refusal[1]:
        assert service.slept == [float(refusal[1]["Retry-After"])] * 2


@pytest.mark.parametrize("status", [429, 503])
async def test_patience_ends_before_the_callers(
    vault: KeyVault, service: VaultService, status: int
) -> None:
    service.refusals.extend([(status, {})] * 100)
    with pytest.raises(KeysUnavailable, match=str(status)):
        await vault.newest()
    assert len(service.requests) == 1 + PATIENCE["retry_total"]
    assert sum(service.slept) <= PATIENCE["retry_total"] * PATIENCE["retry_backoff_max"]


async def test_nobody_waits_as_long_as_a_throttled_vault_may_ask_for(
    vault: KeyVault, service: VaultService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forever(_: float) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(service, "sleep", forever)
    monkeypatch.setattr(key_vault, "LONGEST_SECONDS", 0.01)
    service.refusals.append((429, {"Retry-After": "3600"}))
    with pytest.raises(KeysUnavailable, match="in time"):
        await vault.newest()


@pytest.mark.parametrize(
    "value", ["", "zzsecret!", base64.b64encode(b"zzsecret").decode(), "é", "A" * 43]
)
async def test_a_secret_that_is_no_key_is_refused_without_showing_it(
    vault: KeyVault, service: VaultService, value: str
) -> None:
    service.secrets[:] = [("v1", value)]
    with pytest.raises(KeysUnavailable) as refusal:
        await vault.newest()
    assert "32 bytes" in str(refusal.value)
    assert not value or value not in str(refusal.value)


async def test_a_token_is_used_until_it_is_refused_then_renewed(
    vault: KeyVault, service: VaultService, identity: Identity
) -> None:
    await vault.newest()
    await vault.newest()
    assert identity.tokens == 1
    service.revoked.add("token-1")
    await vault.newest()
    assert identity.tokens == 2


async def test_an_expired_token_is_renewed_before_it_is_used(
    service: VaultService,
) -> None:
    identity = Identity(seconds=1)
    async with secret_client(URL, identity, transport=service) as client:
        await KeyVault(client).newest()
        await KeyVault(client).newest()
    assert identity.tokens == 2


async def test_who_cannot_sign_in_is_told_so(vault: KeyVault, identity: Identity) -> None:
    identity.error = CredentialUnavailableError("no identity here")
    with pytest.raises(KeysUnavailable, match="accept"):
        await vault.newest()


async def test_a_token_that_is_never_accepted_ends_in_a_refusal(
    vault: KeyVault, service: VaultService
) -> None:
    service.revoked.update(f"token-{number}" for number in range(100))
    with pytest.raises(KeysUnavailable, match="accept"):
        await vault.newest()


async def test_a_vault_that_cannot_be_reached_is_named(
    vault: KeyVault, service: VaultService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable(*_: object, **__: object) -> None:
        raise ServiceRequestError("no route to zzhost")

    monkeypatch.setattr(service, "send", unreachable)
    with pytest.raises(KeysUnavailable, match="cannot be reached"):
        await vault.newest()
