"""The archive: old events leave stubs, and everything goes on as if they were still there."""

import gzip
from typing import Any

import msgspec
import pytest

from custody.archive_job import NeverArchived
from custody.archive_run import ArchiveRun, NotReconciled, TooYoung, Wanted
from domain.product import PRODUCT, ReceiveStock
from event_store.archiver import EVENTS_PER_BLOB
from event_store.chain import stored_fields
from event_store.errors import BlobMissing, DamagedEvent
from tests.fakes.blobs import FakeBlobs
from tests.stack.archiving import WANTED, archive, instance, reconcile, stubs
from tests.stack.commanding import an_order, execute
from tests.stack.histories import receive_often
from tests.stack.in_process import Account
from tests.stack.projections import RECEIVED
from tests.stack.streams import assert_sound
from wiring import Application

P = "product-p"


@pytest.fixture
def blobs(account: Account) -> FakeBlobs:
    return account.blobs


@pytest.fixture
async def application(account: Account) -> Application:
    return await instance(account)


async def receive(application: Application, times: int, product: str = "p") -> None:
    for _ in range(times):
        await execute(application, PRODUCT, product, ReceiveStock(quantity=1))


async def archived(application: Application, wanted: Wanted = WANTED) -> int:
    """How many events a run archived."""
    return sum(step.archived.events for step in await archive(application, wanted))


async def originals(application: Application, stream: str) -> list[dict[str, Any]]:
    found = await application.event_store.documents(stream, 1, 10**6)
    return [stored_fields(document) for document in found]


async def test_old_events_leave_stubs_and_are_read_as_before(
    account: Account, application: Application
) -> None:
    await receive(application, 3)
    before = [stored_fields(document) for document in await account.stream(P)]
    await reconcile(application)
    assert await archived(application) == 3
    assert stubs(await account.stream(P)) == [1, 2, 3]
    assert await originals(application, P) == before
    assert_sound(before)


async def test_a_stub_keeps_what_must_stay_taken_and_nothing_of_what_happened(
    account: Account, application: Application
) -> None:
    await receive(application, 1)
    (event,) = await account.stream(P)
    await reconcile(application)
    await archive(application)
    (stub,) = await account.stream(P)
    for name in ("id", "version", "eventType", "commandKey", "hash", "timestamp"):
        assert stub[name] == event[name]
    assert stub["metadata"]["commandHash"] == event["metadata"]["commandHash"]
    assert not {"data", "userId"} & stub.keys()


async def test_a_blob_is_json_lines_with_a_manifest_beside_it(
    account: Account, application: Application, blobs: FakeBlobs
) -> None:
    await receive(application, 2)
    events = [stored_fields(document) for document in await account.stream(P)]
    await reconcile(application)
    await archive(application)
    name, manifest_name = sorted(blobs.contents, key=lambda name: name.endswith(".json"))
    content = blobs.contents[name]
    lines = gzip.decompress(content).splitlines()
    assert [msgspec.json.decode(line) for line in lines] == events
    manifest = msgspec.json.decode(blobs.contents[manifest_name])
    assert (manifest["first"], manifest["last"], manifest["events"]) == (1, 2, 2)
    assert (manifest["previousHash"], manifest["hash"]) == (None, events[-1]["hash"])
    assert manifest["sha256"] in name
    assert manifest["bytes"] == len(content)


async def test_what_is_sealed_lies_sealed_in_the_archive(
    application: Application, blobs: FakeBlobs
) -> None:
    from domain.order import ORDER, Contact

    placed = an_order(contact=Contact(email="zz-secret@example.com"))
    await execute(application, ORDER, "1", placed)
    await reconcile(application)
    assert await archived(application) == 1
    for content in blobs.contents.values():
        clear = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        assert b"zz-secret" not in clear
    (document,) = await application.event_store.documents("order-1", 1, 1)
    opened = await application.sealer.opened(document)
    assert opened["data"]["contact"]["email"] == "zz-secret@example.com"


async def test_a_stream_that_wakes_up_goes_on(
    account: Account, application: Application, blobs: FakeBlobs
) -> None:
    await receive(application, 3)
    await reconcile(application)
    await archive(application)
    cold = await instance(account)
    executed = await execute(cold, PRODUCT, "p", ReceiveStock(quantity=1))
    assert (executed.head.version, executed.state.on_hand) == (4, 4)
    assert stubs(await account.stream(P)) == [1, 2, 3]
    assert_sound(await originals(cold, P))


async def test_an_instance_with_a_stale_head_still_writes_no_twin(
    account: Account, application: Application, blobs: FakeBlobs
) -> None:
    await receive(application, 2)
    stale = await instance(account)
    await receive(stale, 1)
    await receive(application, 1)
    await reconcile(application)
    await archive(application)
    executed = await execute(stale, PRODUCT, "p", ReceiveStock(quantity=1))
    assert executed.head.version == 5
    assert_sound(await originals(application, P))


async def test_a_repeat_of_an_archived_command_gets_its_first_answer(
    account: Account, application: Application, blobs: FakeBlobs
) -> None:
    first = await execute(application, PRODUCT, "p", ReceiveStock(quantity=5), key="k")
    await receive(application, 2)
    await reconcile(application)
    await archive(application)
    for instance_ in (application, await instance(account)):
        again = await execute(instance_, PRODUCT, "p", ReceiveStock(quantity=5), key="k")
        assert again.replayed
        assert (again.head, again.state) == (first.head, first.state)


async def test_a_correlation_finds_archived_events(
    account: Account, application: Application
) -> None:
    await receive(application, 1)
    (event,) = await account.stream(P)
    await reconcile(application)
    await archive(application)
    (found,) = await application.event_store.correlated(event["metadata"]["correlationId"])
    assert found.event_id == event["eventId"]


async def test_the_past_is_read_from_the_archive(
    account: Account, application: Application
) -> None:
    await receive(application, 5)
    moment = (await account.stream(P))[2]["timestamp"]
    await reconcile(application)
    await archive(application)
    store = application.event_store
    assert [e.version async for e in store.read(P, as_of=moment)] == [1, 2, 3]
    assert [e.version async for e in store.read(P, 1, until=4)] == [2, 3, 4]


async def test_a_rebuild_has_archived_events(account: Account, application: Application) -> None:
    await receive_often(account, application.codec, "p", 600)
    await reconcile(application)
    assert await archived(application) == 600
    await receive(application, 2)
    await application.rebuilder.start(RECEIVED)
    await application.rebuilder.step(RECEIVED, seconds=60)
    live = (await application.generations.read(RECEIVED)).live
    keeper = application.keepers.of(RECEIVED, live)
    view = (await keeper.load(keeper.partition(P), [P]))[P].cursor.view
    assert live > 0
    assert view is not None
    assert view.versions == tuple(range(1, 603))


async def test_reconcile_and_the_lag_pass_over_stubs(
    account: Account, application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    await receive(application, 3)
    await reconcile(application, [RECEIVED])
    await archive(application)
    assert (await application.lag_meter.measure(RECEIVED)).events == 0
    await reconcile(application, [RECEIVED])
    assert (await application.lag_meter.measure(RECEIVED)).events == 0
    assert not caplog.records


async def test_a_cold_command_behind_a_snapshot_reads_no_blob(
    account: Account, application: Application, blobs: FakeBlobs
) -> None:
    application = await instance(account, SNAPSHOT_INTERVALS="Product=3")
    await receive(application, 7)
    await application.snapshotter.settled()
    await reconcile(application)
    assert await archived(application, Wanted(30, keep_last=1)) == 5
    assert stubs(await account.stream(P)) == [1, 2, 3, 4, 5]
    blobs.contents.clear()
    cold = await instance(account)
    account.requests()
    executed = await execute(cold, PRODUCT, "p", ReceiveStock(quantity=1))
    assert executed.state.on_hand == 8
    assert account.requests() == {"point_read": 1, "query": 1, "batch": 1}


async def test_compaction_keeps_so_many_and_all_from_the_snapshot_on(
    account: Account, blobs: FakeBlobs
) -> None:
    application = await instance(account, SNAPSHOT_INTERVALS="Product=10")
    await receive(application, 14)
    await receive(application, 9, "young")
    await application.snapshotter.settled()
    await reconcile(application)
    assert await archived(application, Wanted(30, keep_last=12)) == 2
    await reconcile(application)
    assert await archived(application, Wanted(30, keep_last=0)) == 7
    assert stubs(await account.stream(P)) == list(range(1, 10))
    assert stubs(await account.stream("product-young")) == []


async def test_a_long_stream_goes_into_a_blob_per_range(
    account: Account, application: Application, blobs: FakeBlobs
) -> None:
    await receive_often(account, application.codec, "p", 2 * EVENTS_PER_BLOB + 1)
    before = [stored_fields(document) for document in await account.stream(P)]
    await reconcile(application)
    steps = await archive(application)
    assert sum(step.archived.blobs for step in steps) == 3
    assert len(blobs.contents) == 6
    assert await originals(application, P) == before


async def test_nothing_is_archived_twice(account: Account, application: Application) -> None:
    await receive(application, 3)
    await reconcile(application)
    assert await archived(application) == 3
    assert await archived(application) == 0
    await reconcile(application)
    assert await archived(application) == 0


async def test_a_dry_run_counts_and_changes_nothing(
    account: Account, application: Application, blobs: FakeBlobs
) -> None:
    await receive(application, 3)
    await receive(application, 2, "q")
    await reconcile(application)
    assert await archived(application, Wanted(30, dry_run=True)) == 5
    assert blobs.contents == {}
    assert stubs(await account.stream(P)) == []


async def test_what_reconcile_has_not_passed_stays(
    account: Account, application: Application
) -> None:
    await receive(application, 2)
    with pytest.raises(NotReconciled):
        await archive(application)
    await reconcile(application)
    await receive(application, 1, "later")
    await archive(application)
    assert stubs(await account.stream("product-later")) == []


async def test_what_is_younger_than_asked_for_stays(
    account: Account, application: Application
) -> None:
    await receive(application, 2)
    await reconcile(application)
    assert await archived(application, Wanted(366)) == 0
    assert await archived(application, Wanted(364)) == 2


async def test_what_the_hub_still_keeps_is_never_archived(application: Application) -> None:
    with pytest.raises(TooYoung, match="at least, not 6"):
        await application.archive_run.old(Wanted(6))


async def test_what_was_written_lately_stays_however_old_it_says_it_is(
    account: Account, application: Application
) -> None:
    """As after a restore: the hub has it, or gets it, now."""
    await receive_often(account, application.codec, "p", 2)
    await reconcile(application)
    today = ArchiveRun(
        application.feed_reader,
        application.positions,
        application.undelivered,
        application.archiver,
    )
    old = await today.old(Wanted(7))
    assert (await application.archiver.archive(P, old)).events == 0
    old = msgspec.structs.replace(old, written=old.written + 8 * 86_400)
    assert (await application.archiver.archive(P, old)).events == 2


async def test_an_altered_event_is_left_alone_with_its_stream_named(
    account: Account, application: Application
) -> None:
    await receive(application, 3)
    await receive(application, 1, "q")
    forged = (await account.stream(P))[1]
    forged["data"]["quantity"] = 1000
    await (await account.container("events")).replace_item(forged["id"], forged)
    await reconcile(application)
    steps = await archive(application)
    assert [name for step in steps for name in step.damaged] == [P]
    assert stubs(await account.stream(P)) == []
    assert stubs(await account.stream("product-q")) == [1]


async def test_a_blob_that_is_gone_or_altered_is_said(
    account: Account, application: Application, blobs: FakeBlobs
) -> None:
    await receive(application, 1)
    await reconcile(application)
    await archive(application)
    (name,) = (name for name in blobs.contents if name.endswith(".gz"))
    content = blobs.contents.pop(name)
    with pytest.raises(BlobMissing):
        await originals(await instance(account), P)
    blobs.contents[name] = content[:-1] + b"?"
    with pytest.raises(DamagedEvent, match="altered"):
        await originals(await instance(account), P)


class Lying(FakeBlobs):
    """Blobs that lose the last byte of what they take."""

    async def put(self, name: str, content: bytes) -> bool:
        return await super().put(name, content[:-1])


async def test_nothing_is_replaced_before_its_copy_was_read_back(account: Account) -> None:
    application = await instance(account, blobs=Lying())
    await receive(application, 2)
    await reconcile(application)
    steps = await archive(application)
    assert [name for step in steps for name in step.damaged] == [P]
    assert stubs(await account.stream(P)) == []


async def test_an_event_that_changed_since_it_was_copied_is_not_replaced(
    account: Account, application: Application
) -> None:
    await receive(application, 2)
    documents = await account.stream(P)
    touched = await (await account.container("events")).replace_item(
        documents[1]["id"], documents[1]
    )
    assert touched["_etag"] != documents[1]["_etag"]
    assert not await application.archiver._replace(P, documents, "a/blob")
    assert stubs(await account.stream(P)) == []


async def test_a_job_goes_on_by_itself(
    account: Account, application: Application, blobs: FakeBlobs
) -> None:
    with pytest.raises(NeverArchived):
        await application.archive_job.progress()
    await receive(application, 3)
    await reconcile(application)
    await application.archive_job.start(WANTED)
    assert (await application.archive_job.progress()).phase == "running"
    await application.archive_job.step(seconds=0)
    successor = await instance(account)
    await successor.archive_job.step(seconds=60)
    done = await successor.archive_job.progress()
    assert (done.phase, done.share, done.streams, done.events, done.blobs) == ("done", 1.0, 1, 3, 1)
    await successor.archive_job.step(seconds=60)
    assert await successor.archive_job.progress() == done


async def test_a_job_that_is_done_can_be_followed_by_another(
    account: Account, application: Application
) -> None:
    for round_ in (1, 2):
        await receive(application, 2)
        await reconcile(application)
        await application.archive_job.start(WANTED)
        assert (await application.archive_job.progress()).phase == "running"
        await application.archive_job.step(seconds=60)
        assert (await application.archive_job.progress()).events == 2, round_
    assert stubs(await account.stream(P)) == [1, 2, 3, 4]


async def test_what_may_not_have_reached_the_hub_stays_until_it_was_sent_again(
    account: Account, application: Application
) -> None:
    await receive(application, 3)
    await receive(application, 2, "q")
    await reconcile(application)
    (_, lost) = await account.stream("product-q")
    await application.undelivered.mark([application.codec.decode(lost)])
    assert await archived(application) == 3
    assert stubs(await account.stream("product-q")) == []
    await reconcile(application)
    assert account.hub.sent == [("product-q", 2)]
    assert await archived(application) == 2
