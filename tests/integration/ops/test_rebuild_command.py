"""`python -m ops rebuild` over a Cosmos DB: it ends with the new generation live, or says why not."""

from dataclasses import replace
from typing import Any

import pytest

from domain.events import Recorded
from ops import rebuild
from projections.product_read_model import PRODUCT_READ_MODEL, ProductView
from projections.rebuild import Rebuilder
from tests.integration.projections.rebuilding import Clock, instance
from tests.stack.in_process import Account
from tests.stack.log import Log

EVENTS = 40


class Stopping(Rebuilder):
    """Ctrl-C comes after so many steps."""

    stop_after: float = float("inf")

    async def step(self, *arguments: Any, **named: Any) -> Any:
        if self.stop_after == 0:
            raise KeyboardInterrupt
        self.stop_after -= 1
        return await super().step(*arguments, **named)


@pytest.fixture
async def log(account: Account) -> Log:
    log = Log(await account.instance())
    for number in range(EVENTS // 2):
        await log.receive(str(number), 1, 2)
    return log


async def test_it_ends_when_the_new_generation_is_live(
    account: Account, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    application = await account.instance()
    assert await rebuild.rebuild(application, PRODUCT_READ_MODEL, workers=3) == 0
    assert (await application.generations.read(PRODUCT_READ_MODEL)).live == 2
    said = capsys.readouterr().out
    assert "product_read_model" in said
    assert f"100% {EVENTS} events" in said
    assert "Generation 2 of product_read_model is live." in said
    assert "timer clears the old one" in said
    answer = await (await account.instance()).view_reader.read(PRODUCT_READ_MODEL, "7")
    assert answer.view.on_hand == 3


async def test_a_second_start_goes_on_where_the_first_was_stopped(
    account: Account, log: Log, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rebuild, "STEP_SECONDS", 0.0)
    application = await instance(account, Clock(), page_size=1)
    application.rebuilder.__class__ = Stopping
    assert isinstance(application.rebuilder, Stopping)
    application.rebuilder.stop_after = 5
    with pytest.raises(KeyboardInterrupt):
        await rebuild.rebuild(application, PRODUCT_READ_MODEL, workers=2)
    stopped = await application.rebuilder.progress(PRODUCT_READ_MODEL)
    assert (stopped.phase, stopped.generation) == ("running", 2)
    assert 5 <= stopped.events < EVENTS
    monkeypatch.setattr(rebuild, "STEP_SECONDS", 60.0)
    assert await rebuild.rebuild(await account.instance(), PRODUCT_READ_MODEL, workers=9) == 0
    assert f"100% {EVENTS} events" in capsys.readouterr().out
    ended = await application.rebuilder.progress(PRODUCT_READ_MODEL)
    assert (ended.phase, ended.generation, ended.events) == ("settling", 2, EVENTS)


async def test_one_that_is_live_already_is_not_built_again_before_the_old_one_is_cleared(
    account: Account, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    application = await account.instance()
    for _ in range(2):
        assert await rebuild.rebuild(application, PRODUCT_READ_MODEL, workers=1) == 0
        assert "Generation 2 of product_read_model is live." in capsys.readouterr().out


async def test_a_refused_one_is_told_as_a_failure(
    account: Account, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(view: ProductView | None, recorded: Recorded[Any]) -> ProductView:
        raise ValueError("a defect")

    application = await account.instance()
    defective = replace(PRODUCT_READ_MODEL, evolve=failing)
    assert await rebuild.rebuild(application, defective, workers=1) == 1
    assert "Generation 2 of product_read_model was refused" in capsys.readouterr().err
    assert (await application.generations.read(PRODUCT_READ_MODEL)).live == 1
