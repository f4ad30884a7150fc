"""The proof of history: whatever one thing is changed in what is stored, it is found and named."""

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, cast

import msgspec
import pytest

from custody.archive_run import Wanted
from custody.heads import HeadLists, HeadSigner
from custody.verification import Report, Restore, Verification
from domain.order import ORDER, CancelOrder
from domain.product import PRODUCT, ReceiveStock
from event_store.archive import Archive
from event_store.chain import digest, stored_fields
from event_store.documents import document_id
from privacy.key_ring import KeyRing
from projections.feed_reader import FeedReader
from tests.fakes.blobs import FakeBlobs
from tests.fakes.keys import FakeKeySource
from tests.stack.archiving import instance, reconcile
from tests.stack.commanding import an_order, execute
from tests.stack.feed import Feed
from tests.stack.in_process import Account
from wiring import Application

P = "product-p"
ALTERATIONS = 1000


class Log:
    """A stored history: documents of the database, blobs of the archive, signed lists, keys."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.lists = FakeBlobs()
        self.keys = account.keys
        self.documents: list[dict[str, Any]] = []
        self.archive: dict[str, bytes] = {}

    async def sign(self, application: Application) -> int:
        lists = HeadLists(self.lists, KeyRing(self.keys))
        return await HeadSigner(application.feed_reader, application.positions, lists).run()

    async def read(self) -> None:
        self.documents = [stored_fields(d) for d in await self.account.documents("events")]
        self.archive = dict(self.account.blobs.contents)

    async def verify(self, seed: int = 0, *restores: Restore) -> Report:
        """Of what was read, and maybe changed since."""
        blobs = FakeBlobs()
        blobs.contents = self.archive
        feed = Feed(self.documents, seed)
        lists = HeadLists(self.lists, KeyRing(self.keys))
        verification = Verification(cast("FeedReader", feed), Archive(blobs), lists)
        return await verification.run(await feed.ranges(), restores=restores)

    def changed(self) -> "Log":
        """A copy to change."""
        log = copy.copy(self)
        log.documents = copy.deepcopy(self.documents)
        log.archive = dict(self.archive)
        return log

    def place(self, stream: str, version: int) -> dict[str, Any]:
        (found,) = (
            d for d in self.documents if (d["aggregateId"], d["version"]) == (stream, version)
        )
        return found


@pytest.fixture
async def application(account: Account) -> Application:
    return await instance(account, SNAPSHOT_INTERVALS="Product=4")


@pytest.fixture
async def log(account: Account, application: Application) -> Log:
    """Orders, a product whose older half is archived, one that is archived whole: all of it signed."""
    for _ in range(9):
        await execute(application, PRODUCT, "p", ReceiveStock(quantity=1))
    for order in "123":
        await execute(application, ORDER, order, an_order())
        await execute(application, ORDER, order, CancelOrder(reason="for no reason"))
    for _ in range(3):
        await execute(application, PRODUCT, "q", ReceiveStock(quantity=7))
    await application.snapshotter.settled()
    await reconcile(application)
    old = await application.archive_run.old(Wanted(30))
    await application.archiver.archive("product-q", old)
    assert (await application.archiver.archive(P, old, keep_last=2)).events == 7
    log = Log(account)
    assert await log.sign(application) == 5
    await log.read()
    return log


async def named(log: Log) -> list[tuple[str, int, str]]:
    return [(f.stream, f.version, f.kind) for f in (await log.verify()).findings]


async def test_a_history_that_nobody_touched_is_sound(log: Log) -> None:
    for seed in range(20):
        report = await log.verify(seed)
        assert report.sound, report
        assert (report.events, report.streams, report.heads) == (18, 5, 5)


async def test_what_a_restore_took_back_is_no_finding_where_it_is_known(log: Log) -> None:
    (signed,) = [one async for one in HeadLists(log.lists, KeyRing(log.keys)).all()]
    log.documents.remove(log.place("order-1", 2))
    assert [f.stream for f in (await log.verify()).findings] == ["order-1"]
    before, after = "2026-01-01T00:00:00.000000Z", "9999-01-01T00:00:00.000000Z"
    assert (await log.verify(0, Restore(before, after))).sound
    assert (await log.verify(0, Restore(signed.at, signed.at))).sound
    for other in (Restore(before, before), Restore(after, after)):
        assert not (await log.verify(0, other)).sound


async def test_a_restore_explains_no_alteration(log: Log) -> None:
    """Lists are left out, the chain is not."""
    log.place("order-1", 1)["data"]["customerId"] = "another"
    everything = Restore("2026-01-01T00:00:00.000000Z", "9999-01-01T00:00:00.000000Z")
    assert [f.stream for f in (await log.verify(0, everything)).findings] == ["order-1"]


async def test_each_of_a_thousand_alterations_is_found(log: Log) -> None:
    random = Random(0)
    for number in range(ALTERATIONS):
        changed = log.changed()
        kind = random.choice(KINDS)
        stream, versions = kind(changed, random)
        report = await changed.verify(seed=number)
        assert not report.sound, (number, kind.__name__, stream, versions)
        first = {finding.stream: finding.version for finding in report.findings}
        assert first[stream] in versions, (number, kind.__name__, stream, versions, report)


type Place = tuple[str, set[int]]
"""The stream that was altered, and the versions that may be named."""


def flip_a_bit(log: Log, random: Random) -> Place:
    """Of any value, at any depth, of any event or stub; but of its place."""
    document = random.choice(log.documents)
    place = (document["aggregateId"], {document["version"]})
    leaves = [leaf for leaf in _leaves(document) if leaf[1] not in ("id", "aggregateId")]
    holder, key = random.choice(leaves)
    holder[key] = _flipped(holder[key], random)
    return place


def rename_a_field(log: Log, random: Random) -> Place:
    document = random.choice(log.documents)
    place = (document["aggregateId"], {document["version"]})
    names = document.keys() - {"id", "aggregateId"}
    name = random.choice(sorted(names))
    document[name + "2"] = document.pop(name)
    return place


def add_a_field(log: Log, random: Random) -> Place:
    document = random.choice(log.documents)
    random.choice([document, document["metadata"]])["added"] = None
    return document["aggregateId"], {document["version"]}


def delete(log: Log, random: Random) -> Place:
    document = log.documents.pop(random.randrange(len(log.documents)))
    return document["aggregateId"], {document["version"]}


def cut_a_tail(log: Log, random: Random) -> Place:
    document = random.choice(log.documents)
    stream, version = document["aggregateId"], document["version"]
    log.documents = [
        d for d in log.documents if d["aggregateId"] != stream or d["version"] < version
    ]
    newest = max(version, *(v for s, v in HEADS.items() if s == stream))
    return stream, {version, newest}


def swap_places(log: Log, random: Random) -> Place:
    """Two events change places, whole."""
    one, other = _two(log, random)
    one["id"], other["id"] = other["id"], one["id"]
    return one["aggregateId"], {min(one["version"], other["version"])}


def swap_contents(log: Log, random: Random) -> Place:
    one, other = _two(log, random)
    earlier = min(one["version"], other["version"])
    one["eventId"], other["eventId"] = other["eventId"], one["eventId"]
    return one["aggregateId"], {earlier}


def insert(log: Log, random: Random) -> Place:
    """A copy of an event: behind the stream's end, or under an id that is none."""
    document = random.choice(log.documents)
    stream = document["aggregateId"]
    end = HEADS[stream] + 1
    strange = dict(document, id=random.choice(["stranger", "1", "000000000000", f"{end}"]))
    added = random.choice([dict(document, id=document_id(end)), strange])
    log.documents.append(added)
    return stream, {document["version"], end}


def forge(log: Log, random: Random) -> Place:
    """An event is changed and hashed anew, as somebody would who knows how."""
    events = [document for document in log.documents if "blob" not in document]
    document = random.choice(events)
    name = random.choice(["eventId", "userId", "timestamp", "eventType"])
    document[name] = "forged"
    document["hash"] = digest(document)
    return document["aggregateId"], {document["version"]}


def forge_a_link(log: Log, random: Random) -> Place:
    events = [document for document in log.documents if "blob" not in document]
    document = random.choice(events)
    document["previousHash"] = "0" * 64
    document["hash"] = digest(document)
    version = document["version"]
    return document["aggregateId"], {version, max(1, version - 1)}


def flip_a_bit_of_the_archive(log: Log, random: Random) -> Place:
    name = random.choice([name for name in sorted(log.archive) if name.endswith(".gz")])
    content = bytearray(log.archive[name])
    content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    log.archive[name] = bytes(content)
    return name.split("/")[0], {1}


def delete_from_the_archive(log: Log, random: Random) -> Place:
    name = random.choice([name for name in sorted(log.archive) if name.endswith(".gz")])
    del log.archive[name]
    return name.split("/")[0], {1}


HEADS = {"order-1": 2, "order-2": 2, "order-3": 2, P: 9, "product-q": 3}
KINDS: list[Callable[[Log, Random], Place]] = [
    flip_a_bit,
    flip_a_bit,
    flip_a_bit,
    rename_a_field,
    add_a_field,
    delete,
    cut_a_tail,
    swap_places,
    swap_contents,
    insert,
    forge,
    forge_a_link,
    flip_a_bit_of_the_archive,
    delete_from_the_archive,
]


def _leaves(holder: Any) -> Iterator[tuple[Any, Any]]:
    """Every place within a document that holds no object and no list."""
    for key, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
        if isinstance(value, dict | list) and value:
            yield from _leaves(value)
        else:
            yield holder, key


def _flipped(value: Any, random: Random) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value ^ (1 << random.randrange(16))
        case str() if value:
            index = random.randrange(len(value))
            flipped = chr(ord(value[index]) ^ (1 << random.randrange(5)))
            return value[:index] + flipped + value[index + 1 :]
        case float():
            return value + 1
        case _:
            return "something"


def _two(log: Log, random: Random) -> list[dict[str, Any]]:
    """Two documents of one stream."""
    stream = random.choice(sorted(HEADS))
    return random.sample([d for d in log.documents if d["aggregateId"] == stream], 2)


async def test_a_cut_tail_is_named_by_the_first_event_that_was_signed(log: Log) -> None:
    log.documents = [d for d in log.documents if (d["aggregateId"], d["version"]) != (P, 9)]
    assert await named(log) == [(P, 9, "removed")]


async def test_a_stream_that_is_gone_is_missed(log: Log) -> None:
    log.documents = [d for d in log.documents if d["aggregateId"] != "order-2"]
    assert await named(log) == [("order-2", 2, "removed")]


async def test_a_history_that_was_hashed_anew_to_its_end_is_found(log: Log) -> None:
    forged = [log.place("order-1", version) for version in (1, 2)]
    forged[0]["userId"] = "somebody else"
    forged[0]["hash"] = digest(forged[0])
    forged[1]["previousHash"] = forged[0]["hash"]
    forged[1]["hash"] = digest(forged[1])
    assert await named(log) == [("order-1", 2, "altered")]


async def test_a_tail_that_was_cut_and_grew_again_is_found_although_it_was_signed_again(
    account: Account, application: Application, log: Log
) -> None:
    events = await account.container("events")
    await events.delete_item(document_id(2), "order-1")
    fresh = await instance(account)
    await execute(fresh, ORDER, "1", CancelOrder(reason="another one"))
    assert await log.sign(application) == 1
    await log.read()
    assert await named(log) == [("order-1", 2, "altered")]


async def test_each_stream_is_named_once_by_its_first(log: Log) -> None:
    for stream, version in ((P, 8), (P, 9), ("order-3", 1), ("order-3", 2)):
        log.place(stream, version)["userId"] = "somebody else"
    assert await named(log) == [("order-3", 1, "altered"), (P, 8, "altered")]


async def test_without_lists_a_cut_tail_is_not_seen_and_the_report_says_why(log: Log) -> None:
    log.lists.contents.clear()
    log.documents = [d for d in log.documents if (d["aggregateId"], d["version"]) != (P, 9)]
    report = await log.verify()
    assert report.sound
    assert report.heads == 0


@pytest.mark.parametrize("change", ["altered", "unreadable", "missing", "of another key"])
async def test_a_list_that_was_tampered_with_is_named(
    application: Application, log: Log, change: str
) -> None:
    await execute(application, ORDER, "4", an_order())
    await log.sign(application)
    await log.read()
    first = min(log.lists.contents)
    match change:
        case "altered":
            content = log.lists.contents[first]
            log.lists.contents[first] = content.replace(b'"order-1"', b'"order-7"')
        case "unreadable":
            log.lists.contents[first] = b"{"
        case "missing":
            del log.lists.contents[first]
        case _:
            log.keys = FakeKeySource()
    report = await log.verify()
    assert not report.sound
    assert report.lists is not None
    assert first in report.lists


async def test_lists_outlive_a_rotation_of_the_key(application: Application, log: Log) -> None:
    await log.keys.rotate()
    await execute(application, ORDER, "4", an_order())
    assert await log.sign(application) == 1
    await log.read()
    assert (await log.verify()).sound
    newest = msgspec.json.decode(log.lists.contents[max(log.lists.contents)])
    assert newest["keyVersion"] == "2"


async def test_what_did_not_move_is_not_listed_again(application: Application, log: Log) -> None:
    assert await log.sign(application) == 0
    assert len(log.lists.contents) == 1


async def test_the_log_is_read_as_it_lies_in_cosmos_db_by_several_workers(
    account: Account, application: Application, log: Log
) -> None:
    """The same, without a feed of the test's own."""
    lists = HeadLists(log.lists, KeyRing(log.keys))
    verification = Verification(application.feed_reader, Archive(account.blobs), lists)
    seen: list[int] = []
    ranges = await verification.ranges(4)
    report = await verification.run(ranges, lambda number, page: seen.append(number))
    assert report.sound
    assert (report.events, report.streams) == (18, 5)
    assert len(set(seen)) > 1
    events = await account.container("events")
    for stream, version in (("order-1", 1), (P, 3)):
        forged = await events.read_item(document_id(version), stream)
        forged["timestamp"] = "2026-01-01T00:00:00.000000Z"
        await events.replace_item(forged["id"], forged)
    report = await verification.run(ranges)
    found = [(finding.stream, finding.version) for finding in report.findings]
    assert found == [("order-1", 1), (P, 3)]
