"""`GET /operations/audit-log`: everything that happened, by aggregate, user and time, newest first."""

from functools import partial
from typing import Any, Final

import azure.functions as func

from functions import requests
from functions.endpoint import Call, admin_level, endpoint
from wiring import Application

PAGE: Final = 100
LARGEST_PAGE: Final = 1000
FIELDS: Final = (
    "eventId",
    "aggregateId",
    "version",
    "eventType",
    "timestamp",
    "userId",
    "correlationId",
    "commandId",
)


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

    audit.function_name("read_audit_log")(
        audit.route(
            "operations/audit-log",
            methods=["GET"],
            auth_level=admin_level(application.settings.http_auth),
        )(endpoint(read))
    )
    return audit


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in FIELDS}
