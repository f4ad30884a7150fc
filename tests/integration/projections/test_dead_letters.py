"""Dead letters: what they say and never say, and how a mended fold and a replay heal everything."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from domain.events import Recorded
from event_store.canonical import canonical_json
from event_store.errors import DamagedEvent
from projections.dead_letters import DeadLetter, DeadLetters, parked_id, projection_of
from projections.projection import Projection
from projections.replay import Replayer, UnknownDeadLetter
from tests.stack.in_process import Account
from tests.stack.log import Log
from tests.stack.projections import JOURNAL, RECEIVED, RECEIVED_BY_SHARD, WIDE, Received
from tests.stack.transport import Overtaken
from wiring import Application

SECRET = "4000-0000-0000-0002"


def failing(view: Received | None, recorded: Recorded[Any]) -> Received:
    raise ValueError(f"{SECRET} of {recorded.aggregate_id}")


def entry(recorded: Recorded[Any]) -> dict[str, Any]:
    raise ValueError(SECRET)


DEFECTIVE: list[Projection] = [
    replace(RECEIVED, evolve=failing),
    replace(RECEIVED_BY_SHARD, evolve=failing),
    replace(WIDE, evolve=failing),
    replace(JOURNAL, entry=entry),
]
MENDED: list[Projection] = [RECEIVED, RECEIVED_BY_SHARD, WIDE, JOURNAL]


def replayer(application: Application, projections: list[Projection]) -> Replayer:
    return Replayer(projections, application.dead_letters, application.engine, application.codec)


async def letters(application: Application, projection: str) -> list[DeadLetter]:
    return [letter async for letter in application.dead_letters.of(projection)]


async def test_a_record_says_what_was_raised_and_where_and_never_what_was_in_the_event(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    application = await account.instance()
    log = Log(application)
    events = await log.receive("p", 1)
    for projection in DEFECTIVE:
        await application.engine.catch_up(projection, events)
    for projection, place in zip(DEFECTIVE, ["failing"] * 3 + ["entry"], strict=True):
        (letter,) = await letters(application, projection.name)
        assert letter.kind == "parked"
        assert (letter.projection, letter.aggregate_id) == (projection.name, "product-p")
        assert letter.generation == 1
        assert letter.error.startswith(f"ValueError at {place}:")
    everything = [str(document) for document in await account.documents("deadletters")]
    assert SECRET not in "".join([*everything, caplog.text])


async def test_a_refusal_of_cosmos_db_is_told_without_what_was_refused(account: Account) -> None:
    def large(view: Received | None, recorded: Recorded[Any]) -> Received:
        return Received(tuple(range(400_000)), 0)

    application = await account.instance()
    events = await Log(application).receive("p", 1)
    await application.engine.catch_up(replace(RECEIVED, evolve=large), events)
    (letter,) = await letters(application, "received")
    assert "413" in letter.error
    assert len(letter.error) < 200


async def test_ids_are_of_the_aggregate_and_the_generation_and_fit_into_a_route(
    account: Account,
) -> None:
    application = await account.instance()
    ids = {
        parked_id(name, generation, stream)
        for name in ("received", "wide")
        for generation in (1, 2)
        for stream in ("product-p", "product-a/b?c#d", "product-é")
    }
    assert len(ids) == 12
    assert all(id_.replace(".", "").replace("_", "").isalnum() for id_ in ids)
    assert {projection_of(id_) for id_ in ids} == {"received", "wide"}
    events = await Log(application).receive("p", 1)
    for _ in range(2):
        await application.engine.catch_up(DEFECTIVE[0], events)
    (letter,) = await letters(application, "received")
    assert letter.id == parked_id("received", 1, "product-p")


async def test_all_are_listed_by_projection_and_group_the_oldest_first(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    for name in "pqr":
        await application.engine.catch_up(DEFECTIVE[0], await log.receive(name, 1))
    await application.engine.catch_up(DEFECTIVE[3], log.all("product-q"))
    await application.dead_letters.keep_message("g", "3", 7, b"junk", DamagedEvent("no JSON"))
    found = await replayer(application, MENDED).all()
    assert [(letter.projection, letter.kind) for letter in found] == [
        ("g", "unreadable"),
        ("journal", "parked"),
        *[("received", "parked")] * 3,
    ]
    assert [letter.aggregate_id for letter in found[2:]] == ["product-p", "product-q", "product-r"]


async def test_a_mended_fold_and_a_replay_heal_everything(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    for name in "pqr":
        for projection in DEFECTIVE:
            await application.engine.catch_up(projection, await log.receive(name, 1))
    before = await replayer(application, DEFECTIVE).all()
    assert len(before) == 12
    for letter in before:
        assert not await replayer(application, DEFECTIVE).replay(letter.id)
    assert {letter.id for letter in await replayer(application, MENDED).all()} == {
        letter.id for letter in before
    }
    for letter in before:
        assert await replayer(application, MENDED).replay(letter.id)
    assert await replayer(application, MENDED).all() == []
    for projection in MENDED:
        found = await application.lag_meter.versions(projection, log.streams)
        assert dict(found) == dict.fromkeys(log.streams, 4)


async def test_a_replay_by_another_process_finds_what_was_parked_a_moment_ago(
    account: Account,
) -> None:
    operator, projector = await account.instance(), await account.instance()
    log = Log(projector)
    await operator.engine.catch_up(RECEIVED, await log.receive("q", 1))
    await projector.engine.catch_up(DEFECTIVE[0], await log.receive("p", 1))
    (letter,) = await replayer(operator, MENDED).all()
    assert await replayer(operator, MENDED).replay(letter.id)
    assert await letters(operator, "received") == []


async def test_what_healed_meanwhile_or_never_was_is_told(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    await application.engine.catch_up(DEFECTIVE[0], await log.receive("p", 1))
    (letter,) = await letters(application, "received")
    await application.engine.catch_up(RECEIVED, await log.receive("p", 1))
    for unknown in (letter.id, "received.0", "nothing", "", "a/b"):
        with pytest.raises(UnknownDeadLetter):
            await replayer(application, MENDED).replay(unknown)


async def test_one_of_a_projection_that_is_gone_goes_too(account: Account) -> None:
    application = await account.instance()
    await application.engine.catch_up(DEFECTIVE[0], await Log(application).receive("p", 1))
    (letter,) = await letters(application, "received")
    assert await replayer(application, [JOURNAL]).replay(letter.id)
    assert await letters(application, "received") == []


async def test_one_of_a_generation_that_is_no_longer_written_goes_and_writes_nothing(
    account: Account,
) -> None:
    application = await account.instance()
    events = await Log(application).receive("p", 1)
    await application.engine.catch_up_generation(DEFECTIVE[0], 7, {"product-p": events})
    (letter,) = await letters(application, "received")
    assert await replayer(application, MENDED).replay(letter.id)
    assert await account.documents("product_read_model") == []


async def test_success_deletes_a_record_that_another_process_wrote(account: Account) -> None:
    one = await account.instance()
    log = Log(one)
    await one.engine.catch_up(DEFECTIVE[0], await log.receive("p", 1))
    other = await account.instance()
    await other.engine.catch_up(RECEIVED, await log.receive("p", 1))
    assert await letters(one, "received") == []


async def test_success_asks_for_records_once_in_a_while_only(account: Account) -> None:
    now = 0.0
    application = await account.instance()
    application.dead_letters = DeadLetters(await account.container("deadletters"), lambda: now)
    log = Log(application)
    for number in range(5):
        now = number * 10.0
        await application.engine.catch_up(RECEIVED, await log.receive("p", 1))
    assert account.requests_to("deadletters") == {"query": 2}


async def test_a_record_that_two_processes_delete_is_gone(account: Account) -> None:
    one, log = await account.instance(), Log(await account.instance())
    await one.engine.catch_up(DEFECTIVE[0], await log.receive("p", 1))
    (letter,) = await letters(one, "received")
    overtaken = await account.instance(
        partial(Overtaken, others=lambda: one.dead_letters.delete(letter.id))
    )
    await overtaken.dead_letters.delete(letter.id)
    assert await letters(one, "received") == []


async def test_a_message_that_cannot_be_read_is_kept_as_it_came_with_its_place(
    account: Account,
) -> None:
    application = await account.instance()
    body = b"\xff\x00 no JSON " + SECRET.encode()
    for _ in range(2):
        await application.dead_letters.keep_message("g", "3", 4711, body, DamagedEvent("no JSON"))
    await application.dead_letters.keep_message("g", "2", 4711, b"", DamagedEvent("no JSON"))
    found = await letters(application, "g")
    assert [(one.kind, one.partition, one.sequence_number, one.body) for one in found] == [
        ("unreadable", "3", 4711, body),
        ("unreadable", "2", 4711, b""),
    ]
    assert [one.error for one in found] == ["DamagedEvent"] * 2


async def test_a_message_that_the_code_learned_to_read_is_brought_to_its_groups_projections(
    account: Account,
) -> None:
    application = await account.instance()
    await Log(application).receive("p", 1, 2)
    (_, stored) = await account.stream("product-p")
    body = canonical_json({k: v for k, v in stored.items() if not k.startswith("_")})
    keep = application.dead_letters.keep_message
    await keep("g", "1", 1, body, DamagedEvent("unknown then"))
    await keep("g", "1", 2, b"{}", DamagedEvent("unknown for ever"))
    readable, unreadable = await letters(application, "g")
    assert await replayer(application, MENDED).replay(readable.id)
    assert not await replayer(application, MENDED).replay(unreadable.id)
    assert await letters(application, "g") == [unreadable]
    for projection in MENDED:
        assert await application.lag_meter.versions(projection, ["product-p"]) == {"product-p": 2}
