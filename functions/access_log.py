"""`GET /operations/access-log`: who read what, the newest first."""

from typing import Final

import azure.functions as func
import msgspec

from event_store.access_log import Access
from functions import requests
from functions.endpoint import Call
from functions.route import Route
from wiring import Application

PAGE: Final = 100
LARGEST_PAGE: Final = 1000

READ_ACCESS_LOG: Final = Route("read_access_log", "GET", "operations/access-log", "operator")


class Accesses(msgspec.Struct, frozen=True):
    """Reads, the newest first."""

    entries: list[Access]


def blueprint(application: Application) -> func.Blueprint:
    accesses = func.Blueprint()

    async def read(call: Call) -> func.HttpResponse:
        given = requests.query(call.request, "aggregateId", "userId", "limit")
        limit = requests.version(given.get("limit", str(PAGE)), "limit", LARGEST_PAGE)
        found = application.access_log.find(given.get("aggregateId"), given.get("userId"), limit)
        return call.answer(Accesses([access async for access in found]))

    READ_ACCESS_LOG.serve(accesses, read, application)
    return accesses
