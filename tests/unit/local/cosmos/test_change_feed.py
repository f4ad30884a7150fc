"""The change feed on the wire."""

from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest

from tests.unit.local.cosmos.account import Account, key


def ids(reply: Any) -> list[str]:
    return [] if reply.status == 304 else [document["id"] for document in reply.json["Documents"]]


def batch(account: Account, *names: str, pk: str = "a") -> None:
    operations = [{"operationType": "Create", "resourceBody": {"id": n, "pk": pk}} for n in names]
    assert account.batch(operations, pk).status == 200


def test_an_empty_feed_is_304_with_an_etag_and_a_count(account: Account) -> None:
    reply = account.feed()
    assert reply.status == 304
    assert (reply.headers["etag"], reply.headers["x-ms-item-count"]) == ('"0"', "0")


def test_documents_of_one_transaction_come_in_a_shuffled_order(account: Account) -> None:
    names = [f"{number:02}" for number in range(20)]
    batch(account, *names)
    found = ids(account.feed())
    assert sorted(found) == names
    assert found != names


def test_the_order_is_the_seeds() -> None:
    def order(seed: int) -> Iterator[str]:
        account = Account(seed=seed)
        account.container()
        batch(account, *map(str, range(10)))
        yield from ids(account.feed())
        account.cosmos.close()

    assert list(order(1)) == list(order(1))
    assert list(order(1)) != list(order(2))


def test_a_transaction_is_never_split(account: Account) -> None:
    account.create({"id": "first", "pk": "a"})
    batch(account, *map(str, range(50)))
    batch(account, "x", "y")
    sizes: list[int] = []
    continuation: dict[str, str] = {}
    while True:
        reply = account.feed(x_ms_max_item_count="3", **continuation)
        sizes.append(len(ids(reply)))
        if reply.status == 304:
            break
        continuation = {"if_none_match": reply.headers["etag"]}
    assert sizes == [51, 2, 0]


def test_the_feed_goes_on_after_what_was_seen(account: Account) -> None:
    account.create({"id": "1", "pk": "a"})
    etag = account.feed().headers["etag"]
    assert account.feed(if_none_match=etag).status == 304
    account.create({"id": "2", "pk": "b"})
    assert ids(account.feed(if_none_match=etag)) == ["2"]
    assert ids(account.feed(if_none_match="*")) == []


def test_a_document_comes_once_with_its_latest_state(account: Account) -> None:
    for number in range(3):
        account.upsert({"id": "1", "pk": "a", "n": number})
    account.create({"id": "2", "pk": "a"})
    account.delete("2")
    (document,) = account.feed().json["Documents"]
    assert (document["n"], document["_lsn"]) == (2, 3)


def test_the_feed_is_narrowed_by_key_and_by_range(account: Account) -> None:
    for pk in ("a", "b"):
        account.create({"id": pk, "pk": pk})
    by_key = account.feed(**{n.replace("-", "_"): v for n, v in key("a").items()})
    assert ids(by_key) == ["a"]
    halves = [("", "1FFF"), ("1FFF", "FF")]
    found = [ids(account.feed(x_ms_start_epk=start, x_ms_end_epk=end)) for start, end in halves]
    assert sorted(name for names in found for name in names) == ["a", "b"]


def test_the_feed_starts_at_a_time(account: Account) -> None:
    account.create({"id": "1", "pk": "a"})
    account.clock.now += 100
    account.create({"id": "2", "pk": "a"})
    since = formatdate(account.clock.now - 50, usegmt=True)
    assert ids(account.feed(if_modified_since=since)) == ["2"]


@pytest.mark.parametrize(
    "header",
    [
        {"if_none_match": '"x"'},
        {"if_modified_since": "yesterday"},
        {"a_im": "Full-Fidelity Feed"},
        {"x_ms_max_item_count": "many"},
    ],
)
def test_what_the_feed_does_not_know_is_refused(account: Account, header: dict[str, str]) -> None:
    assert account.feed(**header).status == 400


def test_a_large_page_ends_at_four_megabytes(account: Account) -> None:
    for number in range(4):
        account.create({"id": str(number), "pk": "a", "text": "x" * 1_900_000})
    assert len(ids(account.feed())) == 3
