"""Where an HTTP function is found, and who may call it."""

from typing import Literal

import azure.functions as func
import msgspec

from event_store.access_log import OPERATIONS
from functions.endpoint import Answer, Call, endpoint
from functions.principal import Level
from wiring import Application


class Route(msgspec.Struct, frozen=True):
    """One method on one path. `name` is the function's and the operationId of openapi.json, by which API
    Management knows the operation: it is never renamed."""

    name: str
    method: Literal["GET", "POST", "DELETE"]
    path: str
    level: Level = "reader"

    def serve(self, blueprint: func.Blueprint, answer: Answer, application: Application) -> None:
        """Adds the function that answers here. What operators do is recorded before it is done."""
        if self.level == "operator":
            answer = recorded(answer, OPERATIONS)
        route = blueprint.route(
            self.path, methods=[self.method], auth_level=self._host_level(application)
        )
        blueprint.function_name(self.name)(
            route(endpoint(answer, self.name, self.level, application))
        )

    def _host_level(self, application: Application) -> func.AuthLevel:
        """What the host asks for: its keys, or nothing where the platform authenticates callers."""
        if self.level == "anyone" or application.settings.http_auth == "platform":
            return func.AuthLevel.ANONYMOUS
        return func.AuthLevel.ADMIN if self.level == "operator" else func.AuthLevel.FUNCTION


def recorded(answer: Answer, aggregate_id: str) -> Answer:
    """The same answer, once it is on record who asked for it."""

    async def record_first(call: Call) -> func.HttpResponse:
        await call.record(aggregate_id)
        return await answer(call)

    record_first.__doc__ = answer.__doc__
    return record_first
