"""What was overwritten or deleted is in no file any more, as soon as the server has tidied up."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient

from local.cosmos import EMULATOR_KEY, Cosmos, InProcessTransport, http_door, serve


@pytest.fixture
async def cosmos(tmp_path: Path) -> AsyncIterator[Cosmos]:
    with closing(Cosmos(tmp_path)) as cosmos:
        yield cosmos


@pytest.fixture
async def container(cosmos: Cosmos) -> AsyncIterator[ContainerProxy]:
    transport = InProcessTransport(cosmos)
    async with CosmosClient("http://127.0.0.1/", EMULATOR_KEY, transport=transport) as client:
        database = await client.create_database("d")
        yield await database.create_container("c", PartitionKey("/pk"))


def content(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("cosmos.db*")))


def copy(folder: Path) -> Path:
    """The database's files as they are now, in a folder of their own."""
    left = folder / "left"
    left.mkdir()
    for path in folder.glob("cosmos.db*"):
        (left / path.name).write_bytes(path.read_bytes())
    return left


def seen(folder: Path) -> set[str]:
    """Whose texts are in the files, be it in part."""
    return {found.decode() for found in re.findall(rb"secret-(\d+)-", content(folder))}


def secret(number: int, random: Random) -> str:
    """A text of its own, from a few bytes to several pages of the database."""
    return f"secret-{number}-" * random.choice([1, 5, 100, 4000])


@pytest.mark.parametrize("way", ["replace", "delete"])
async def test_what_is_gone_is_in_no_file(
    container: ContainerProxy, cosmos: Cosmos, tmp_path: Path, way: str
) -> None:
    random = Random(1)
    texts = {str(number): secret(number, random) for number in range(300)}
    for identity, text in texts.items():
        await container.create_item({"id": identity, "pk": identity, "text": text})
    gone = random.sample(sorted(texts), 100)
    cosmos.tidy()
    assert seen(tmp_path) == texts.keys()
    for identity in gone:
        if way == "delete":
            await container.delete_item(identity, identity)
        else:
            await container.replace_item(identity, {"id": identity, "pk": identity})
    cosmos.tidy()
    assert seen(tmp_path) == texts.keys() - set(gone)


async def test_a_server_tidies_up_by_itself(
    container: ContainerProxy, cosmos: Cosmos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_door, "TIDY_SECONDS", 0.01)
    async with serve(cosmos):
        await container.create_item({"id": "1", "pk": "1", "text": "secret-1-"})
        await container.replace_item("1", {"id": "1", "pk": "1"})
        async with asyncio.timeout(30):
            while seen(tmp_path):  # noqa: ASYNC110  # files tell nobody that they changed
                await asyncio.sleep(0.01)


async def test_a_server_that_was_killed_forgets_when_it_starts_again(
    container: ContainerProxy, tmp_path: Path
) -> None:
    """A copy of the files as they are between two tidyings is what a killed process leaves."""
    await container.create_item({"id": "1", "pk": "1", "text": "secret-1-"})
    await container.replace_item("1", {"id": "1", "pk": "1"})
    left = copy(tmp_path)
    assert seen(left) == {"1"}
    with closing(Cosmos(left)):
        assert seen(left) == set()
