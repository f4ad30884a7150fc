"""The physical partition (there is one), and which part of it a request is about."""

from typing import Any, Final

from local.cosmos.container import Container
from local.cosmos.documents import Scope
from local.cosmos.errors import PARTITION_RANGE_GONE, ServiceError
from local.cosmos.partition_key import KeyRange
from local.cosmos.wire import ITEM_COUNT, PARTITION_KEY, RANGE_ID, Answer, Request

_RANGE: Final = "0"
_ETAG: Final = '"1"'


def partition_ranges(request: Request, container: Container) -> Answer:
    """The list of ranges once, then 304: the SDKs ask until they get it."""
    if request.header("if-none-match") == _ETAG:
        return Answer(304, headers={"etag": _ETAG, ITEM_COUNT: "0"})
    only: dict[str, Any] = {
        "_rid": container.rid,
        "id": _RANGE,
        "_etag": '"0"',
        "minInclusive": "",
        "maxExclusive": "FF",
        "ridPrefix": 0,
        "_self": f"{container.properties['_self']}pkranges/0/",
        "throughputFraction": 1,
        "status": "online",
        "parents": [],
        "_ts": container.properties["_ts"],
    }
    body = {"_rid": container.rid, "PartitionKeyRanges": [only], "_count": 1}
    return Answer(200, body, headers={"etag": _ETAG, ITEM_COUNT: "1"})


def requested_scope(request: Request, container: Container) -> Scope:
    """By partition key, by a prefix of one, by hashes, or everything; raises 410 for a foreign range."""
    if request.headers.get(RANGE_ID, _RANGE) not in (_RANGE, f"{container.rid},{_RANGE}"):
        raise ServiceError(410, "The requested resource is gone.", substatus=PARTITION_RANGE_GONE)
    if (header := request.header(PARTITION_KEY)) is not None:
        key, partial = container.key.prefix_from_header(header)
        if partial:
            return Scope(container, hashes=key.prefix_range)
        return Scope(container, key.text)
    start, end = request.header("x-ms-start-epk"), request.header("x-ms-end-epk")
    if start is None or end is None:
        return Scope(container)
    return Scope(container, hashes=KeyRange(start, end))
