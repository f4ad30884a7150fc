"""Blobs and the archive through the real SDK, against Azurite; skipped where that can't be had."""

from collections.abc import AsyncIterator, Iterator

import pytest
from azure.storage.blob.aio import BlobServiceClient

from custody.heads import HeadLists, HeadSigner
from custody.verification import Verification
from domain.product import PRODUCT, ReceiveStock
from event_store.archive import Archive
from event_store.blobs import AzureBlobs, Tier
from event_store.chain import stored_fields
from event_store.errors import StoreUnavailable
from tests.stack import azurite
from tests.stack.archiving import archive, instance, reconcile, stubs
from tests.stack.commanding import execute
from tests.stack.in_process import Account


@pytest.fixture(scope="module")
def connection_string(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azurite.storage("blob", tmp_path_factory.mktemp("azurite")) as connection_string:
        yield connection_string


@pytest.fixture
async def service(connection_string: str) -> AsyncIterator[BlobServiceClient]:
    """A client that does not wait out what is not there."""
    async with BlobServiceClient.from_connection_string(connection_string, retry_total=0) as client:
        yield client


async def container(service: BlobServiceClient, name: str, tier: Tier = "Hot") -> AzureBlobs:
    client = service.get_container_client(name)
    await client.create_container()
    return AzureBlobs(client, tier)


async def test_a_blob_is_written_once_read_and_listed(service: BlobServiceClient) -> None:
    blobs = await container(service, "once", "Cool")
    assert await blobs.put("order-1/b", b"first")
    assert not await blobs.put("order-1/b", b"second")
    assert await blobs.put("order-1/a ü#?%", b"")
    assert await blobs.read("order-1/b") == b"first"
    assert await blobs.read("order-1/a ü#?%") == b""
    assert await blobs.read("order-2/b") is None
    assert [name async for name in blobs.names("order-1/")] == ["order-1/a ü#?%", "order-1/b"]
    properties = await service.get_blob_client("once", "order-1/b").get_blob_properties()
    assert properties.blob_tier == "Cool"


async def test_what_is_not_there_to_be_asked_is_unavailable(service: BlobServiceClient) -> None:
    blobs = AzureBlobs(service.get_container_client("nobody-made-it"), "Hot")
    with pytest.raises(StoreUnavailable, match="404 ContainerNotFound"):
        await blobs.read("a")
    with pytest.raises(StoreUnavailable, match="404 ContainerNotFound"):
        await blobs.put("a", b"")
    with pytest.raises(StoreUnavailable, match="404 ContainerNotFound"):
        assert [name async for name in blobs.names()]


async def test_a_service_that_does_not_answer_is_unavailable() -> None:
    address = "http://127.0.0.1:9/account"
    async with BlobServiceClient(address, retry_total=0) as client:
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            await AzureBlobs(client.get_container_client("a"), "Hot").read("a")


async def test_events_go_into_the_archive_and_come_back(
    account: Account, service: BlobServiceClient
) -> None:
    blobs = await container(service, "archive", "Cool")
    application = await instance(account, blobs=blobs)
    for _ in range(5):
        await execute(application, PRODUCT, "p", ReceiveStock(quantity=1))
    before = [stored_fields(document) for document in await account.stream("product-p")]
    await reconcile(application)
    lists = HeadLists(await container(service, "heads"), application.key_ring)
    signer = HeadSigner(application.feed_reader, application.positions, lists)
    assert await signer.run() == 1
    assert sum(step.archived.events for step in await archive(application)) == 5
    assert stubs(await account.stream("product-p")) == [1, 2, 3, 4, 5]
    reading = await account.instance()
    reading.archive = Archive(blobs)
    del reading.event_store
    found = await reading.event_store.documents("product-p", 1, 5)
    assert [stored_fields(document) for document in found] == before
    verification = Verification(reading.feed_reader, Archive(blobs), lists)
    assert (await verification.run(await verification.ranges(1))).sound
