"""Requests about databases, containers, ranges and throughput."""

from collections.abc import Callable
from typing import Any, Final

from local.cosmos.account import account_document
from local.cosmos.catalog import Catalog
from local.cosmos.container import Container
from local.cosmos.documents import Documents
from local.cosmos.errors import ServiceError, bad_request
from local.cosmos.queries import asked
from local.cosmos.ranges import partition_ranges
from local.cosmos.resource_ids import offer_rid
from local.cosmos.routing import Target, is_query
from local.cosmos.wire import ITEM_COUNT, Answer, Request

QUOTA_WANTED: Final = "x-ms-documentdb-populatequotainfo"
USAGE: Final = "x-ms-resource-usage"


class Metadata:
    """Answers everything that is not about documents."""

    def __init__(
        self,
        catalog: Catalog,
        documents: Documents,
        consistency: str,
        clock: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._catalog = catalog
        self._documents = documents
        self._consistency = consistency

    def answer(self, request: Request, target: Target) -> Answer:
        """Raises 400, 404, 405, 409."""
        match target:
            case Target(database=None, feed=None):
                return Answer(200, account_document(request.base_url, self._consistency), 0.0)
            case Target(database=None, feed="dbs"):
                return self._databases(request)
            case Target(database=None, feed="offers", document=offer):
                return self._offers(request, offer)
            case Target(database=str() as database, container=None, feed=None):
                return self._database(request, database)
            case Target(database=str() as database, container=None, feed="colls"):
                return self._containers(request, database)
            case Target(database=str() as database, container=str() as container, feed=None):
                return self._container(request, self._catalog.container(database, container))
            case Target(database=str() as database, container=str() as container, feed="pkranges"):
                return partition_ranges(request, self._catalog.container(database, container))
            case _:
                raise bad_request("Request url is invalid.")

    def _databases(self, request: Request) -> Answer:
        if request.method == "POST" and not is_query(request):
            return _written(201, self._catalog.create_database(request.object))
        return _listed(request, "Databases", self._catalog.databases())

    def _database(self, request: Request, name: str) -> Answer:
        match request.method:
            case "GET":
                return _written(200, self._catalog.database(name))
            case "DELETE":
                self._catalog.delete_database(name)
                return Answer(204)
            case method:
                raise _not_allowed(method)

    def _containers(self, request: Request, database: str) -> Answer:
        if request.method == "POST" and not is_query(request):
            throughput = request.count("x-ms-offer-throughput", 0) or None
            created = self._catalog.create_container(database, request.object, throughput)
            return _written(201, created.properties)
        found = [container.properties for container in self._catalog.containers(database)]
        return _listed(request, "DocumentCollections", found)

    def _container(self, request: Request, container: Container) -> Answer:
        match request.method:
            case "GET":
                answer = _written(200, container.properties)
                if request.flag(QUOTA_WANTED):
                    answer.headers[USAGE] = self._usage(container)
                return answer
            case "PUT":
                replaced = self._catalog.replace_container(container, request.object)
                self._documents.set_expiry(replaced)
                return _written(200, replaced.properties)
            case "DELETE":
                self._catalog.delete_container(container)
                return Answer(204)
            case method:
                raise _not_allowed(method)

    def _usage(self, container: Container) -> str:
        """What is used of a container's quota; sizes in KB."""
        now = self._clock()
        kilobytes = -(-self._documents.size(container, now) // 1024)
        count = self._documents.count(container, now)
        return f"documentsSize={kilobytes};documentsCount={count};collectionSize={kilobytes}"

    def _offers(self, request: Request, offer: str | None) -> Answer:
        offers = {offer[0]: _offer(*offer) for offer in self._catalog.offers()}
        if offer is None:
            return _listed(request, "Offers", list(offers.values()))
        for number, document in offers.items():
            if document["id"] == offer:
                return self._offer(request, number, document)
        raise ServiceError(404, "Resource Not Found")

    def _offer(self, request: Request, number: int, document: dict[str, Any]) -> Answer:
        if request.method == "PUT":
            units = _throughput(request.object)
            self._catalog.set_throughput(number, units)
            document["content"]["offerThroughput"] = units
        return _written(200, document)


def _throughput(offer: dict[str, Any]) -> int:
    match offer:
        case {"content": {"offerThroughput": int() as units}} if units > 0:
            return units
        case _:
            raise bad_request("content.offerThroughput must be a positive number.")


def _offer(number: int, throughput: int, properties: dict[str, Any]) -> dict[str, Any]:
    rid = offer_rid(number)
    return {
        "id": rid,
        "_rid": rid,
        "_self": f"offers/{rid}/",
        "offerVersion": "V2",
        "offerType": "Invalid",
        "resource": properties["_self"],
        "offerResourceId": properties["_rid"],
        "content": {"offerThroughput": throughput},
        "_etag": properties["_etag"],
        "_ts": properties["_ts"],
    }


def _written(status: int, document: dict[str, Any]) -> Answer:
    return Answer(status, document, headers={"etag": str(document["_etag"])})


def _listed(request: Request, name: str, documents: list[dict[str, Any]]) -> Answer:
    """A feed of resources, all or those that a query in the body selects."""
    if is_query(request):
        query = asked(request)
        rows = query.evaluator.matches(((None, d) for d in documents), query.parameters)
        documents = list(query.evaluator.finish(rows, query.parameters))
    body = {"_rid": "", name: documents, "_count": len(documents)}
    return Answer(200, body, headers={ITEM_COUNT: str(len(documents))})


def _not_allowed(method: str) -> ServiceError:
    return ServiceError(405, f"The method {method} is not allowed on this resource.")
