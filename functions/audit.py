"""`GET /operations/audit-log`: everything that happened, by aggregate, user and time, newest first."""

from functools import partial
from typing import Any, Final

import azure.functions as func
import msgspec

from domain.values import Moment
from functions import requests
from functions.endpoint import Call
from functions.requests import Version
from functions.route import Route
from wiring import Application

PAGE: Final = 100
LARGEST_PAGE: Final = 1000
ROUTE: Final = Route("read_audit_log", "GET", "operations/audit-log", "operator")


class AuditEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One event: who caused it, when, on which command's account."""

    event_id: str
    aggregate_id: str
    version: Version
    event_type: str
    timestamp: Moment
    user_id: str | None
    correlation_id: str
    command_id: str


class AuditLog(msgspec.Struct, frozen=True):
    """The newest entries that were asked for, the newest first."""

    entries: list[AuditEntry]


FIELDS: Final = tuple(field.encode_name for field in msgspec.structs.fields(AuditEntry))


def blueprint(application: Application) -> func.Blueprint:
    audit = func.Blueprint()

    async def read(call: Call) -> func.HttpResponse:
        given = requests.query(call.request, "aggregateId", "userId", "from", "to", "limit")
        times = {name: given[name] for name in ("from", "to") if name in given}
        moments = requests.all_of(
            partial(requests.moment, text, name) for name, text in times.items()
        )
        limit = requests.version(given.get("limit", str(PAGE)), "limit", LARGEST_PAGE)
        entries = await application.journal_reader.read(
            aggregate_id=given.get("aggregateId"),
            user_id=given.get("userId"),
            limit=limit,
            **dict(zip((f"{name}_" for name in times), moments, strict=True)),
        )
        return call.answer({"entries": [_shown(entry) for entry in entries]})

    ROUTE.serve(audit, read, application)
    return audit


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in FIELDS}
