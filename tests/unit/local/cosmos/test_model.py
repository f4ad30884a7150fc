"""The server against a model: any sequence of operations, through the wire."""

import itertools
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.unit.local.cosmos.account import Account, Reply

IDS = st.sampled_from(["1", "2", "3"])
PARTITIONS = st.sampled_from(["a", "b"])
NUMBERS = st.integers(0, 3)
CONDITIONS = st.sampled_from(["none", "current", "old"])
STEPS = st.tuples(
    st.sampled_from(["Create", "Upsert", "Read", "Replace", "Delete", "Patch"]), IDS, NUMBERS
)

type Place = tuple[str, str]


class CosmosModel(RuleBasedStateMachine):
    """Documents are a dict; the feed is the order of last changes; `k` is a unique key."""

    def __init__(self) -> None:
        super().__init__()
        self.account = Account()
        self.documents: dict[Place, dict[str, Any]] = {}
        self.etags: dict[Place, str] = {}
        self.changed: dict[Place, int] = {}
        self.transactions = 0

    @initialize()
    def make_container(self) -> None:
        self.account.container(uniqueKeyPolicy={"uniqueKeys": [{"paths": ["/k"]}]})

    def teardown(self) -> None:
        self.account.cosmos.close()

    def clashes(self, documents: dict[Place, dict[str, Any]], pk: str, id_: str, k: int) -> bool:
        return any(
            place[0] == pk and place[1] != id_ and document["k"] == k
            for place, document in documents.items()
        )

    def expected(
        self, documents: dict[Place, dict[str, Any]], kind: str, pk: str, id_: str, k: int
    ) -> int:
        """The status of an operation on the model, which it changes when that is a success."""
        place, exists = (pk, id_), (pk, id_) in documents
        if kind == "Create" and exists:
            return 409
        if kind in ("Replace", "Patch", "Delete", "Read") and not exists:
            return 404
        if kind == "Read":
            return 200
        if kind == "Delete":
            del documents[place]
            return 204
        if self.clashes(documents, pk, id_, k):
            return 409
        documents[place] = {"id": id_, "pk": pk, "k": k}
        return 200 if exists else 201

    def apply(self, kind: str, pk: str, id_: str, k: int, reply: Reply) -> None:
        assert reply.status == self.expected(self.documents, kind, pk, id_, k)
        if reply.status < 300 and kind != "Read":
            self.commit({(pk, id_)})
            self.remember((pk, id_), reply.headers.get("etag"))

    def commit(self, places: set[Place]) -> None:
        self.transactions += 1
        for place in places:
            self.changed.pop(place, None)
            if place in self.documents:
                self.changed[place] = self.transactions

    def remember(self, place: Place, etag: str | None) -> None:
        if etag is not None:
            assert etag not in self.etags.values()
            self.etags[place] = etag

    @rule(pk=PARTITIONS, id_=IDS, k=NUMBERS)
    def create(self, pk: str, id_: str, k: int) -> None:
        reply = self.account.create({"id": id_, "pk": pk, "k": k})
        self.apply("Create", pk, id_, k, reply)

    @rule(pk=PARTITIONS, id_=IDS, k=NUMBERS, condition=CONDITIONS)
    def replace(self, pk: str, id_: str, k: int, condition: str) -> None:
        document = {"id": id_, "pk": pk, "k": k}
        exists = (pk, id_) in self.documents
        if condition == "none":
            self.apply("Replace", pk, id_, k, self.account.replace(document))
        elif condition == "old":
            reply = self.account.replace(document, if_match='"an old one"')
            assert reply.status == (412 if exists else 404)
        elif exists:
            reply = self.account.replace(document, if_match=self.etags[pk, id_])
            self.apply("Replace", pk, id_, k, reply)

    @rule(pk=PARTITIONS, id_=IDS, k=NUMBERS)
    def upsert(self, pk: str, id_: str, k: int) -> None:
        reply = self.account.upsert({"id": id_, "pk": pk, "k": k})
        self.apply("Upsert", pk, id_, k, reply)

    @rule(pk=PARTITIONS, id_=IDS, k=NUMBERS)
    def patch(self, pk: str, id_: str, k: int) -> None:
        reply = self.account.patch(id_, {"operations": [step_of(k)]}, pk)
        self.apply("Patch", pk, id_, k, reply)

    @rule(pk=PARTITIONS, id_=IDS)
    def delete(self, pk: str, id_: str) -> None:
        self.apply("Delete", pk, id_, 0, self.account.delete(id_, pk))

    @rule(pk=PARTITIONS, steps=st.lists(STEPS, min_size=1, max_size=4))
    def batch(self, pk: str, steps: list[tuple[str, str, int]]) -> None:
        after = dict(self.documents)
        statuses: list[int] = []
        for kind, id_, k in steps:
            statuses.append(self.expected(after, kind, pk, id_, k))
            if statuses[-1] >= 400:
                break
        reply = self.account.batch([operation(pk, *step) for step in steps], pk)
        found = [result["statusCode"] for result in reply.json]
        if statuses[-1] >= 400:
            assert found == [424] * (len(statuses) - 1) + statuses[-1:] + [424] * (
                len(steps) - len(statuses)
            )
            return
        assert found == statuses
        self.documents = after
        self.commit({(pk, id_) for kind, id_, _ in steps if kind != "Read"})
        for (kind, id_, _), result in zip(steps, reply.json, strict=True):
            if kind != "Read":
                self.remember((pk, id_), result.get("eTag"))

    @invariant()
    def reads_agree(self) -> None:
        for pk, id_ in itertools.product("ab", "123"):
            reply = self.account.read(id_, pk)
            document = self.documents.get((pk, id_))
            assert reply.status == (404 if document is None else 200)
            if document is not None:
                assert own(reply.json) == document
                assert reply.headers["etag"] == self.etags[pk, id_]
                same = self.account.read(id_, pk, if_none_match=self.etags[pk, id_])
                assert same.status == 304

    @invariant()
    def queries_agree(self) -> None:
        for pk in "ab":
            reply = self.account.query("SELECT VALUE c.id FROM c ORDER BY c.id", pk)
            if reply.status == 200:
                assert reply.json["Documents"] == sorted(i for p, i in self.documents if p == pk)

    @invariant()
    def the_feed_agrees(self) -> None:
        found: dict[Place, int] = {}
        headers: dict[str, str] = {}
        while (reply := self.account.feed(x_ms_max_item_count="1", **headers)).status == 200:
            page = reply.json["Documents"]
            assert len({document["_lsn"] for document in page}) == 1
            found |= {(d["pk"], d["id"]): d["_lsn"] for d in page}
            headers = {"if_none_match": reply.headers["etag"]}
        assert found == self.changed
        assert list(found.values()) == sorted(found.values())


def own(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if not name.startswith("_")}


def step_of(k: int) -> dict[str, Any]:
    return {"op": "set", "path": "/k", "value": k}


def operation(pk: str, kind: str, id_: str, k: int) -> dict[str, Any]:
    document = {"id": id_, "pk": pk, "k": k}
    match kind:
        case "Create" | "Upsert":
            return {"operationType": kind, "resourceBody": document}
        case "Replace":
            return {"operationType": kind, "id": id_, "resourceBody": document}
        case "Patch":
            return {"operationType": kind, "id": id_, "resourceBody": {"operations": [step_of(k)]}}
        case _:
            return {"operationType": kind, "id": id_}


CosmosModel.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestCosmosModel = CosmosModel.TestCase
