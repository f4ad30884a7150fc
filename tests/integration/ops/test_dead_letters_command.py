"""`python -m ops dead-letters` over a Cosmos DB: what is shown, and what a replay says and leaves."""

from dataclasses import replace
from typing import Any

import pytest

from domain.events import Recorded
from ops import dead_letters
from projections.dead_letters import DeadLetter
from projections.notification_handler import NOTIFICATION_HANDLER
from projections.product_read_model import PRODUCT_READ_MODEL, ProductView
from projections.replay import Replayer
from tests.stack.in_process import Account
from tests.stack.log import Log
from wiring import Application


def failing(view: ProductView | None, recorded: Recorded[Any]) -> ProductView:
    raise ValueError("a defect")


DEFECTIVE = replace(PRODUCT_READ_MODEL, evolve=failing)


@pytest.fixture
async def application(account: Account) -> Application:
    """Two parked products and a message that nobody can read."""
    application = await account.instance()
    log = Log(application)
    for product in ("p", "q"):
        await application.engine.catch_up(DEFECTIVE, await log.receive(product, 1))
    group = PRODUCT_READ_MODEL.group
    await application.dead_letters.keep_message(group, "3", 41, b"{", ValueError("no"))
    return application


async def parked(application: Application) -> list[DeadLetter]:
    return [letter for letter in await application.replayer.all() if letter.kind == "parked"]


async def test_the_table_says_which_and_why(
    application: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    assert await dead_letters.show(application) == 0
    shown = capsys.readouterr().out
    for letter in await application.replayer.all():
        assert letter.id in shown
        assert letter.error in shown
    assert "product-p in generation 1" in shown
    assert "message 41 of partition 3" in shown


async def test_where_there_is_none_it_says_so(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await dead_letters.show(await account.instance()) == 0
    assert capsys.readouterr().out == "There are no dead letters.\n"


async def test_a_replay_of_one_leaves_the_others(
    application: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = await parked(application)
    assert await dead_letters.replay_one(application, one.id) == 0
    assert capsys.readouterr().out == f"{one.id}: healed\n"
    assert await parked(application) == [other]


async def test_what_still_fails_is_told_as_a_failure(
    application: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    application.replayer = Replayer(
        [DEFECTIVE], application.dead_letters, application.engine, application.codec
    )
    one, _ = await parked(application)
    assert await dead_letters.replay_one(application, one.id) == 1
    assert capsys.readouterr().out == f"{one.id}: still cannot be digested\n"


async def test_an_unknown_one_is_an_error(
    application: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await dead_letters.replay_one(application, "none") == 1
    assert "There is no dead letter 'none'" in capsys.readouterr().err


async def test_all_heals_what_can_be_healed_and_counts_it(
    application: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await dead_letters.replay_all(application) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "2 of 3 healed."
    (left,) = await application.replayer.all()
    assert left.kind == "unreadable"


async def test_a_letter_of_a_reaction_that_these_settings_turn_off_is_left_alone(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    application = await account.instance()
    await application.dead_letters.park(NOTIFICATION_HANDLER.name, 1, "order-o", ValueError())
    (document,) = await account.documents("deadletters")
    assert await dead_letters.replay_one(application, document["id"]) == 1
    assert "'notification_handler' is off" in capsys.readouterr().err
    assert len(await account.documents("deadletters")) == 1
