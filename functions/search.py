"""`GET /orders`: orders by customer, status, product, time and total, the newest first."""

import base64
from collections.abc import Callable
from functools import partial
from typing import Any, Final, get_args

import azure.functions as func
import msgspec

from domain.order import Status
from domain.values import Money, from_json, is_id
from functions import requests
from functions.endpoint import Call
from functions.faults import Fault
from functions.route import Route
from projections.order_search import ORDER_SEARCH, FoundOrder
from projections.search import Condition, Key
from wiring import Application

PAGE: Final = 20
LARGEST_PAGE: Final = 100
STATUSES: Final[tuple[str, ...]] = get_args(Status.__value__)
ROUTE: Final = Route("search_orders", "GET", "orders")

type Parse = Callable[[str, str], Any]


def an_id(text: str, name: str) -> str:
    if is_id(text):
        return text
    raise requests.InvalidRequest(Fault(f"/{name}", "Expected an id."))


def a_status(text: str, name: str) -> str:
    if text in STATUSES:
        return text
    raise requests.InvalidRequest(Fault(f"/{name}", f"Expected one of {', '.join(STATUSES)}."))


def an_amount(text: str, name: str) -> int | float:
    try:
        return Money.parse(float(text)).number()
    except ValueError:
        raise requests.InvalidRequest(Fault(f"/{name}", "Expected an amount.")) from None


FILTERS: Final[dict[str, tuple[str, Parse]]] = {
    "customerId": ("c.view.customerId = @customerId", an_id),
    "status": ("c.view.status = @status", a_status),
    "productId": ("ARRAY_CONTAINS(c.view.productIds, @productId)", an_id),
    "placedFrom": ("c.view.placedAt >= @placedFrom", requests.moment),
    "placedTo": ("c.view.placedAt <= @placedTo", requests.moment),
    "minTotal": ("c.view.totalAmount >= @minTotal", an_amount),
    "maxTotal": ("c.view.totalAmount <= @maxTotal", an_amount),
}


class OrderPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Orders, the newest first; `cursor` asks for the next page, if there is one."""

    items: list[FoundOrder]
    cursor: str | None = None


def blueprint(application: Application) -> func.Blueprint:
    search = func.Blueprint()

    async def find(call: Call) -> func.HttpResponse:
        given = requests.query(call.request, *FILTERS, "limit", "cursor")
        conditions = requests.all_of(
            partial(_condition, name, text) for name, text in given.items() if name in FILTERS
        )
        limit = requests.version(given.get("limit", str(PAGE)), "limit", LARGEST_PAGE)
        after = _decoded(given["cursor"]) if "cursor" in given else None
        found = await application.search.find(ORDER_SEARCH, conditions, limit, after)
        items = msgspec.convert(found.views, list[FoundOrder], dec_hook=from_json)
        return call.answer(OrderPage(items, _encoded(found.next) if found.next else None))

    ROUTE.serve(search, find, application)
    return search


def _condition(name: str, text: str) -> Condition:
    clause, parse = FILTERS[name]
    return Condition(clause, f"@{name}", parse(text, name))


def _encoded(key: Key) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def _decoded(cursor: str) -> Key:
    """Raises InvalidRequest."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(text, type=tuple[str, str])
    except (ValueError, msgspec.DecodeError):
        fault = Fault("/cursor", "Expected the cursor of an earlier answer.")
        raise requests.InvalidRequest(fault) from None
