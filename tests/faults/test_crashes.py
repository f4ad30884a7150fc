"""kill -9 under load: what was acknowledged is there, once, and every read model arrives."""

import asyncio
from random import Random
from typing import Final

from tests.faults.load import Load
from tests.stack.client import client_of
from tests.stack.local_azure import LocalAzure

KILLS: Final = 10
HOST_KILLS: Final = 2
SEED: Final = 20261101


async def test_the_whole_stack_is_killed_ten_times_under_load(stack: LocalAzure) -> None:
    random = Random(SEED)
    async with client_of(stack.url) as client:
        load = Load(client, random)
        running = asyncio.create_task(load.run())
        for _ in range(KILLS):
            await asyncio.sleep(random.uniform(0.1, 0.7))
            await asyncio.to_thread(stack.restart)
        load.stopping = True
        await running
        await load.check(stack)


async def test_the_host_alone_is_killed_under_load_and_comes_back(stack: LocalAzure) -> None:
    random = Random(SEED)
    async with client_of(stack.url) as client:
        load = Load(client, random)
        running = asyncio.create_task(load.run())
        for kills in range(1, HOST_KILLS + 1):
            await asyncio.sleep(random.uniform(0.5, 1.0))
            stack.kill_host()
            await asyncio.to_thread(stack.wait_until_said, "starting it again", kills)
            await asyncio.to_thread(stack.wait_until_said, "Functions host on", kills + 1)
        load.stopping = True
        await running
        await load.check(stack)
    assert stack.said().count("\nready\n") == 1, "the servers stayed as they were"
